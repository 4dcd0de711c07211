// constant, reshape, transpose, concat, pad.
#include "dialects/nn/Verification.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace tinyc::nn {

static LogicalResult verifyEqualElements(Operation *op, StringRef constraint) {
  Type expected = cast<RankedTensorType>(op->getResult(0).getType()).getElementType();
  for (Value operand : op->getOperands())
    if (cast<RankedTensorType>(operand.getType()).getElementType() != expected)
      return op->emitOpError("expects operands of the result's element type, got ")
             << operand.getType() << " and " << op->getResult(0).getType() << " (" << constraint << ")";
  return success();
}

//===----------------------------------------------------------------------===//
// ConstantOp
//===----------------------------------------------------------------------===//

LogicalResult ConstantOp::verify() {
  RankedTensorType output = getOutput().getType();
  if (getValue().getShapedType().getShape() != output.getShape())
    return emitOpError("expects a value of the result's shape, got ")
           << getValue().getShapedType() << " for " << output << " (C1)";
  if (getValue().getElementType() != getStorageType(output.getElementType()))
    return emitOpError("expects a value of element type ")
           << getStorageType(output.getElementType()) << ", got " << getValue().getElementType() << " (C2)";
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(getValue())) {
    unsigned bits = getValue().getElementType().getIntOrFloatBitWidth();
    if (bits != 8 && bits != 16 && bits != 32)
      return emitOpError("expects a resource of 8, 16 or 32-bit elements, got ") << bits << " bits (C3)";
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    int64_t bytes = output.getNumElements() * bits / 8;
    if (!blob || static_cast<int64_t>(blob->getData().size()) != bytes)
      return emitOpError("expects a resource of ")
             << bytes << " bytes, got " << (blob ? std::to_string(blob->getData().size()) : "none") << " (C3)";
  }
  return success();
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

//===----------------------------------------------------------------------===//
// ReshapeOp
//===----------------------------------------------------------------------===//

LogicalResult ReshapeOp::verify() {
  if (getInput().getType().getNumElements() != getOutput().getType().getNumElements())
    return emitOpError("expects equal numbers of elements, got ")
           << getInput().getType() << " and " << getOutput().getType() << " (C2)";
  if (isa_and_nonnull<quant::UniformQuantizedPerAxisType>(getQuantizedElement(getInput().getType())))
    return emitOpError("expects quantization per tensor, got ") << getInput().getType() << " (C1)";
  return verifyEqualElements(*this, "C1");
}

OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  return getInput().getType() == getOutput().getType() ? getInput() : Value();
}

namespace {
/// reshape(reshape(x)) -> reshape(x)
struct MergeReshapes : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReshapeOp op, PatternRewriter &rewriter) const override {
    auto producer = op.getInput().getDefiningOp<ReshapeOp>();
    if (!producer)
      return rewriter.notifyMatchFailure(op, "operand is no reshape");
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), producer.getInput());
    return success();
  }
};

/// transpose(transpose(x)) -> transpose(x) with the composed permutation
struct MergeTransposes : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransposeOp op, PatternRewriter &rewriter) const override {
    auto producer = op.getInput().getDefiningOp<TransposeOp>();
    if (!producer)
      return rewriter.notifyMatchFailure(op, "operand is no transpose");
    SmallVector<int64_t> composed;
    for (int64_t axis : op.getPermutation())
      composed.push_back(producer.getPermutation()[axis]);
    rewriter.replaceOpWithNewOp<TransposeOp>(op, op.getType(), producer.getInput(), composed);
    return success();
  }
};

/// A transpose that leaves the order of the elements (it moves dimensions of size 1 only) is a reshape.
struct TransposeOfUnits : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransposeOp op, PatternRewriter &rewriter) const override {
    int64_t last = -1;
    for (int64_t axis : op.getPermutation()) {
      if (op.getInput().getType().getDimSize(axis) == 1)
        continue;
      if (axis < last)
        return rewriter.notifyMatchFailure(op, "reorders elements");
      last = axis;
    }
    if (isa_and_nonnull<quant::UniformQuantizedPerAxisType>(getQuantizedElement(op.getType())))
      return rewriter.notifyMatchFailure(op, "quantized per axis");
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), op.getInput());
    return success();
  }
};
} // namespace

void ReshapeOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<MergeReshapes>(context);
}

SmallVector<unsigned> ReshapeOp::getActivationOperands() { return {0}; }
bool ReshapeOp::sharesScale() { return true; }

//===----------------------------------------------------------------------===//
// TransposeOp
//===----------------------------------------------------------------------===//

LogicalResult TransposeOp::verify() {
  RankedTensorType input = getInput().getType(), output = getOutput().getType();
  ArrayRef<int64_t> permutation = getPermutation();
  SmallVector<bool> seen(input.getRank(), false);
  if (static_cast<int64_t>(permutation.size()) != input.getRank() || output.getRank() != input.getRank())
    return emitOpError("expects a permutation of ")
           << input.getRank() << " dimensions, got " << permutation.size() << " (C1)";
  for (auto [index, axis] : llvm::enumerate(permutation)) {
    if (axis < 0 || axis >= input.getRank() || seen[axis])
      return emitOpError("expects a permutation of 0 to ") << input.getRank() - 1 << ", got " << axis << " at "
                                                           << index << " (C1)";
    seen[axis] = true;
    if (output.getDimSize(index) != input.getDimSize(axis))
      return emitOpError("expects a result dimension ")
             << index << " of " << input.getDimSize(axis) << ", got " << output.getDimSize(index) << " (C2)";
  }
  auto inputAxis = dyn_cast_or_null<quant::UniformQuantizedPerAxisType>(getQuantizedElement(input));
  auto outputAxis = dyn_cast_or_null<quant::UniformQuantizedPerAxisType>(getQuantizedElement(output));
  if (inputAxis && outputAxis) {
    bool same = inputAxis.getStorageType() == outputAxis.getStorageType() &&
                inputAxis.isSigned() == outputAxis.isSigned() && inputAxis.getScales() == outputAxis.getScales() &&
                inputAxis.getZeroPoints() == outputAxis.getZeroPoints() &&
                inputAxis.getStorageTypeMin() == outputAxis.getStorageTypeMin() &&
                inputAxis.getStorageTypeMax() == outputAxis.getStorageTypeMax();
    if (!same || permutation[outputAxis.getQuantizedDimension()] != inputAxis.getQuantizedDimension())
      return emitOpError("expects the quantized axis to follow the permutation, got ")
             << input << " and " << output << " (C3)";
    return success();
  }
  return verifyEqualElements(*this, "C3");
}

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  bool identity = llvm::equal(getPermutation(), llvm::seq<int64_t>(0, getPermutation().size()));
  return identity ? getInput() : Value();
}

void TransposeOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<MergeTransposes, TransposeOfUnits>(context);
}

SmallVector<unsigned> TransposeOp::getActivationOperands() { return {0}; }
bool TransposeOp::sharesScale() { return true; }

//===----------------------------------------------------------------------===//
// ConcatOp
//===----------------------------------------------------------------------===//

LogicalResult ConcatOp::verify() {
  RankedTensorType output = getOutput().getType();
  int64_t axis = getAxis();
  if (getInputs().empty())
    return emitOpError("expects at least one operand (C1)");
  if (axis < 0 || axis >= output.getRank())
    return emitOpError("expects an axis of 0 to ") << output.getRank() - 1 << ", got " << axis << " (C1)";
  int64_t sum = 0;
  for (Value input : getInputs()) {
    auto type = cast<RankedTensorType>(input.getType());
    if (type.getRank() != output.getRank())
      return emitOpError("expects operands of rank ") << output.getRank() << ", got " << type << " (C2)";
    for (int64_t i = 0; i < output.getRank(); ++i)
      if (i != axis && type.getDimSize(i) != output.getDimSize(i))
        return emitOpError("expects operand dimension ")
               << i << " of " << output.getDimSize(i) << ", got " << type.getDimSize(i) << " (C2)";
    sum += type.getDimSize(axis);
  }
  if (sum != output.getDimSize(axis))
    return emitOpError("expects a result dimension ")
           << axis << " of " << sum << ", got " << output.getDimSize(axis) << " (C2)";
  if (failed(verifyPerTensor(*this, "C3")))
    return failure();
  return verifyEqualElements(*this, "C3");
}

SmallVector<unsigned> ConcatOp::getActivationOperands() {
  return llvm::to_vector(llvm::seq<unsigned>(0, getInputs().size()));
}
bool ConcatOp::sharesScale() { return true; }

//===----------------------------------------------------------------------===//
// PadOp
//===----------------------------------------------------------------------===//

LogicalResult PadOp::verify() {
  RankedTensorType input = getInput().getType(), output = getOutput().getType();
  int64_t rank = input.getRank();
  if (static_cast<int64_t>(getBefore().size()) != rank || static_cast<int64_t>(getAfter().size()) != rank ||
      output.getRank() != rank)
    return emitOpError("expects ") << rank << " numbers before and after, got " << getBefore().size() << " and "
                                   << getAfter().size() << " (C1)";
  for (int64_t i = 0; i < rank; ++i) {
    for (int64_t size : {getBefore()[i], getAfter()[i]})
      if (size < 0 || size > std::numeric_limits<int32_t>::max())
        return emitOpError("expects padding of 0 to 2147483647, got ") << size << " (C1)";
    int64_t expected = getBefore()[i] + input.getDimSize(i) + getAfter()[i];
    if (output.getDimSize(i) != expected)
      return emitOpError("expects a result dimension ")
             << i << " of " << expected << ", got " << output.getDimSize(i) << " (C2)";
  }
  if (failed(verifyPerTensor(*this, "C3")))
    return failure();
  return verifyEqualElements(*this, "C3");
}

SmallVector<unsigned> PadOp::getActivationOperands() { return {0}; }
bool PadOp::sharesScale() { return true; }

} // namespace tinyc::nn
