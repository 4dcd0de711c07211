#include "dialects/kernel/Kernel.h"
#include "dialects/kernel/Params.h"

using namespace mlir;

namespace tinyc::kernel {

//===----------------------------------------------------------------------===//
// Two operands
//===----------------------------------------------------------------------===//

static Loops getLoops(Operation *op, Value output) {
  auto shape = [](Value value) { return cast<MemRefType>(value.getType()).getShape(); };
  return getBroadcastLoops(shape(op->getOperand(0)), shape(op->getOperand(1)), shape(output));
}

// Whether an operand or the output has 4 bits.
static bool isPacked(KernelOpInterface op) {
  return llvm::any_of(op->getOperandTypes(), [](Type type) { return isInt4(cast<MemRefType>(type)); });
}

template <typename Op> static LogicalResult verifyBinary(Op op) {
  auto lhs = cast<MemRefType>(op.getLhs().getType()), rhs = cast<MemRefType>(op.getRhs().getType()),
       output = cast<MemRefType>(op.getOutput().getType());
  if (!haveOneForm(lhs, output) || !haveOneForm(rhs, output))
    return op.emitOpError("expects one element type, got ")
           << lhs.getElementType() << ", " << rhs.getElementType() << " and " << output.getElementType();
  for (MemRefType operand : {lhs, rhs}) {
    if (operand.getRank() != output.getRank())
      return op.emitOpError("expects operands of the output's rank, got ") << operand << " and " << output;
    for (auto [size, wanted] : llvm::zip_equal(operand.getShape(), output.getShape()))
      if (size != wanted && size != 1)
        return op.emitOpError("expects each dimension of an operand to be the output's or 1, got ")
               << operand << " and " << output;
  }
  if (isPacked(op) && (lhs.getShape() != output.getShape() || rhs.getShape() != output.getShape()))
    return op.emitOpError("expects operands of the output's shape beside 4-bit elements, got ") << lhs << " and " << rhs;
  if (failed(verifyRowsInt4(op, {lhs, rhs, output})))
    return failure();
  if (size_t count = getLoops(op, op.getOutput()).sizes.size(); count > 4)
    return op.emitOpError("expects at most 4 dimensions after merging, got ") << count;
  return verifyStage(op, output, op.getStage());
}

template <typename Op, typename Params> static void fillShapes(Op op, Params &params) {
  int32_t *strides[] = {params.lhs_strides, params.rhs_strides};
  auto fill = [&](const Loops &loops) {
    int64_t first = 4 - loops.sizes.size();
    for (int64_t i = 0; i < 4; ++i) {
      params.dims[i] = i < first ? 1 : loops.sizes[i - first];
      for (int operand : {0, 1})
        strides[operand][i] = i < first ? 0 : loops.strides[operand][i - first];
    }
  };
  if (op.getRowsPerStep() == 0)
    return fill(getLoops(op, op.getOutput()));
  // In a stream the contract's rows are those of the image.
  auto shape = [](Value value) { return cast<MemRefType>(value.getType()).getShape(); };
  ArrayRef<int64_t> lhs = shape(op.getLhs()), rhs = shape(op.getRhs());
  fill(getBroadcastLoops(lhs.drop_front(2), rhs.drop_front(2), shape(op.getOutput()).drop_front(2)));
  params.dims[0] = op.getRowsPerStep();
  for (auto [operand, sizes] : llvm::enumerate(ArrayRef<ArrayRef<int64_t>>{lhs, rhs}))
    strides[operand][0] = sizes[1] == 1 ? 0 : sizes[2] * sizes[3];
}

template <typename Op> static ParamsAttr getBinaryParams(Op op) {
  if (isFloat(cast<MemRefType>(op.getOutput().getType()))) {
    tinyc_elementwise_f32_params params = {};
    fillShapes(op, params);
    params.output = makeOutputF32(op.getStage());
    return makeParams(op.getContext(), params);
  }
  tinyc_elementwise_s8_params params = {};
  if (!isPacked(op))
    fillShapes(op, params);
  params.lhs_zero_point = op.getLhsZeroPoint();
  params.rhs_zero_point = op.getRhsZeroPoint();
  params.lhs_multiplier = op.getLhsMultiplier();
  params.rhs_multiplier = op.getRhsMultiplier();
  params.offset = op.getOffset();
  params.output = makeOutputS8(op.getStage());
  if (!isPacked(op))
    return makeParams(op.getContext(), params);
  auto bits = [](Value value) { return isInt4(cast<MemRefType>(value.getType())) ? 4 : 8; };
  auto [rows, length] = getRowsAndLength(getBandType(op, cast<MemRefType>(op.getOutput().getType())));
  for (int i = 0; i < 3; ++i)
    params.dims[i] = 1;
  params.dims[3] = length;
  params.lhs_strides[3] = params.rhs_strides[3] = 1;
  return makeParams(op.getContext(), tinyc_elementwise_s4_params{params, rows, bits(op.getLhs()), bits(op.getRhs()),
                                                                 bits(op.getOutput())});
}

// A row is an index of the contract's outermost dimension.
static std::pair<int32_t, int32_t> getBinaryRows(Operation *op, Value output) {
  if (isPacked(cast<KernelOpInterface>(op)))
    return {0, getRowsAndLength(cast<MemRefType>(output.getType())).first};
  Loops loops = getLoops(op, output);
  return {0, loops.sizes.size() == 4 ? loops.sizes[0] : 1};
}

// An operand that is not broadcast is read at the address the result goes to. The other operand may be broadcast: it
// must then lie elsewhere, which is the planner's rule anyway.
template <typename Op> static SmallVector<unsigned> getBinaryInPlace(Op op) {
  SmallVector<unsigned> operands;
  for (unsigned i : {0u, 1u})
    if (auto operand = cast<MemRefType>(op->getOperand(i).getType()), output = cast<MemRefType>(op.getOutput().getType());
        operand.getShape() == output.getShape() && operand.getElementType() == output.getElementType())
      operands.push_back(i);
  return operands;
}

template <typename Op> static Contract getBinaryContract(StringRef name, Op op) {
  return {name, isPacked(op) ? StringRef("s4") : getElementName(cast<MemRefType>(op.getOutput().getType())), "none"};
}

LogicalResult AddOp::verify() { return verifyBinary(*this); }
Contract AddOp::getContract() { return getBinaryContract("add", *this); }
ParamsAttr AddOp::getParams() { return getBinaryParams(*this); }
std::pair<int32_t, int32_t> AddOp::getRows() { return getBinaryRows(*this, getOutput()); }
SmallVector<unsigned> AddOp::getInPlaceOperands() { return getBinaryInPlace(*this); }

LogicalResult SubOp::verify() { return verifyBinary(*this); }
Contract SubOp::getContract() { return getBinaryContract("sub", *this); }
ParamsAttr SubOp::getParams() { return getBinaryParams(*this); }
std::pair<int32_t, int32_t> SubOp::getRows() { return getBinaryRows(*this, getOutput()); }
SmallVector<unsigned> SubOp::getInPlaceOperands() { return getBinaryInPlace(*this); }

LogicalResult MulOp::verify() { return verifyBinary(*this); }
Contract MulOp::getContract() { return getBinaryContract("mul", *this); }
ParamsAttr MulOp::getParams() { return getBinaryParams(*this); }
std::pair<int32_t, int32_t> MulOp::getRows() { return getBinaryRows(*this, getOutput()); }
SmallVector<unsigned> MulOp::getInPlaceOperands() { return getBinaryInPlace(*this); }

//===----------------------------------------------------------------------===//
// One operand
//===----------------------------------------------------------------------===//

template <typename Op> static LogicalResult verifyUnary(Op op) {
  auto input = cast<MemRefType>(op.getInput().getType()), output = cast<MemRefType>(op.getOutput().getType());
  if (input.getShape() != output.getShape())
    return op.emitOpError("expects input and output of one shape, got ") << input << " and " << output;
  return success();
}

template <typename Op>
static ParamsAttr getUnaryF32Params(Op op, float alpha, float beta, Attribute stage = Attribute()) {
  auto [rows, length] = getRowsAndLength(getBandType(op, cast<MemRefType>(op.getOutput().getType())));
  if (!stage)
    stage = OutputF32Attr::get(op.getContext(), FloatAttr(), FloatAttr());
  return makeParams(op.getContext(), tinyc_unary_f32_params{rows, length, alpha, beta, makeOutputF32(stage)});
}

static std::pair<int32_t, int32_t> getUnaryRows(MemRefType output) { return {0, getRowsAndLength(output).first}; }

LogicalResult ClampOp::verify() { return verifyUnary(*this); }
Contract ClampOp::getContract() { return {"clamp", "f32", "none"}; }
ParamsAttr ClampOp::getParams() { return getUnaryF32Params(*this, 0, 0, getStage()); }
std::pair<int32_t, int32_t> ClampOp::getRows() { return getUnaryRows(getOutput().getType()); }
SmallVector<unsigned> ClampOp::getInPlaceOperands() { return {0}; }

LogicalResult LeakyReluOp::verify() { return verifyUnary(*this); }
Contract LeakyReluOp::getContract() { return {"leaky_relu", "f32", "none"}; }
ParamsAttr LeakyReluOp::getParams() { return getUnaryF32Params(*this, getAlpha().convertToFloat(), 0); }
std::pair<int32_t, int32_t> LeakyReluOp::getRows() { return getUnaryRows(getOutput().getType()); }
SmallVector<unsigned> LeakyReluOp::getInPlaceOperands() { return {0}; }

LogicalResult SigmoidOp::verify() { return verifyUnary(*this); }
Contract SigmoidOp::getContract() { return {"sigmoid", "f32", "none"}; }
ParamsAttr SigmoidOp::getParams() { return getUnaryF32Params(*this, 0, 0); }
std::pair<int32_t, int32_t> SigmoidOp::getRows() { return getUnaryRows(getOutput().getType()); }
SmallVector<unsigned> SigmoidOp::getInPlaceOperands() { return {0}; }

LogicalResult HardSigmoidOp::verify() { return verifyUnary(*this); }
Contract HardSigmoidOp::getContract() { return {"hard_sigmoid", "f32", "none"}; }
ParamsAttr HardSigmoidOp::getParams() {
  return getUnaryF32Params(*this, getAlpha().convertToFloat(), getBeta().convertToFloat());
}
std::pair<int32_t, int32_t> HardSigmoidOp::getRows() { return getUnaryRows(getOutput().getType()); }
SmallVector<unsigned> HardSigmoidOp::getInPlaceOperands() { return {0}; }

LogicalResult HardSwishOp::verify() { return verifyUnary(*this); }
Contract HardSwishOp::getContract() { return {"hard_swish", "f32", "none"}; }
ParamsAttr HardSwishOp::getParams() {
  return getUnaryF32Params(*this, getAlpha().convertToFloat(), getBeta().convertToFloat());
}
std::pair<int32_t, int32_t> HardSwishOp::getRows() { return getUnaryRows(getOutput().getType()); }
SmallVector<unsigned> HardSwishOp::getInPlaceOperands() { return {0}; }

LogicalResult LookupOp::verify() {
  Type element = getInput().getType().getElementType();
  if (getTable().getType().getElementType() != element || getOutput().getType().getElementType() != element)
    return emitOpError("expects input, table and output of one element type, got ")
           << element << ", " << getTable().getType().getElementType() << " and " << getOutput().getType().getElementType();
  if (int64_t count = element.isInteger(16) ? 513 : 256; getTable().getType().getNumElements() != count)
    return emitOpError("expects a table of ") << count << " elements, got " << getTable().getType();
  return verifyUnary(*this);
}
Contract LookupOp::getContract() { return {"lookup", getElementName(getInput().getType()), "none"}; }
ParamsAttr LookupOp::getParams() {
  auto [rows, length] = getRowsAndLength(getBandType(*this, getOutput().getType()));
  return makeParams(getContext(), tinyc_lookup_s8_params{rows, length});
}
std::pair<int32_t, int32_t> LookupOp::getRows() { return getUnaryRows(getOutput().getType()); }
SmallVector<unsigned> LookupOp::getInPlaceOperands() { return {0}; }

LogicalResult RequantizeOp::verify() {
  MemRefType input = getInput().getType(), output = getOutput().getType();
  if (failed(verifyStage(*this, output, getStage())) || failed(verifyRowsInt4(*this, {input, output})))
    return failure();
  if ((isInt4(input) || isInt4(output)) && !haveOneForm(input, output))
    return emitOpError("expects i4 or i8 buffers beside i4 buffers, got ") << input << " and " << output;
  return verifyUnary(*this);
}
Contract RequantizeOp::getContract() {
  if (isPacked(*this))
    return {"requantize", "s4", "none"};
  StringRef input = getElementName(getInput().getType()), output = getElementName(getOutput().getType());
  return {"requantize", input, input == output ? "none" : output};
}
ParamsAttr RequantizeOp::getParams() {
  auto [rows, length] = getRowsAndLength(getBandType(*this, getOutput().getType()));
  tinyc_requantize_s8_params params = {rows, length, static_cast<int32_t>(getInputZeroPoint()),
                                       static_cast<int32_t>(getMultiplier()), makeOutputS8(getStage())};
  if (!isPacked(*this))
    return makeParams(getContext(), params);
  params.rows = 1;
  return makeParams(getContext(), tinyc_requantize_s4_params{params, rows, isInt4(getInput().getType()) ? 4 : 8,
                                                             isInt4(getOutput().getType()) ? 4 : 8});
}
std::pair<int32_t, int32_t> RequantizeOp::getRows() { return getUnaryRows(getOutput().getType()); }
SmallVector<unsigned> RequantizeOp::getInPlaceOperands() {
  if (getInput().getType().getElementType() != getOutput().getType().getElementType())
    return {};
  return {0};
}

template <typename Op> static ParamsAttr getQuantizeParams(Op op) {
  auto [rows, length] = getRowsAndLength(getBandType(op, cast<MemRefType>(op.getOutput().getType())));
  return makeParams(op.getContext(), tinyc_quantize_params{rows, length, op.getScale().convertToFloat(),
                                                           static_cast<int32_t>(op.getZeroPoint())});
}

// Elements of different sizes: no operand shares its addresses with the output.
LogicalResult QuantizeOp::verify() { return verifyUnary(*this); }
Contract QuantizeOp::getContract() {
  StringRef output = getElementName(getOutput().getType());
  return {"quantize", "f32", output == "s8" ? "none" : output};
}
ParamsAttr QuantizeOp::getParams() { return getQuantizeParams(*this); }
std::pair<int32_t, int32_t> QuantizeOp::getRows() { return getUnaryRows(getOutput().getType()); }
SmallVector<unsigned> QuantizeOp::getInPlaceOperands() { return {}; }

LogicalResult DequantizeOp::verify() { return verifyUnary(*this); }
Contract DequantizeOp::getContract() { return {"dequantize", getElementName(getInput().getType()), "none"}; }
ParamsAttr DequantizeOp::getParams() { return getQuantizeParams(*this); }
std::pair<int32_t, int32_t> DequantizeOp::getRows() { return getUnaryRows(getOutput().getType()); }
SmallVector<unsigned> DequantizeOp::getInPlaceOperands() { return {}; }

} // namespace tinyc::kernel
