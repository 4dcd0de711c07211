// Streamed inputs and outputs of the model.
#include "dialects/kernel/Kernel.h"

#include "mlir/IR/Builders.h"

using namespace mlir;

namespace tinyc::kernel {

template <typename OpTy> static LogicalResult verifyTransfer(OpTy op, MemRefType buffer) {
  if (buffer.getRank() != 4 || buffer.getDimSize(0) != 1)
    return op.emitOpError("expects a buffer [1, height, width, channels], got ") << buffer;
  auto tensor = cast<RankedTensorType>(op.getTensorType());
  bool isFloat = buffer.getElementType().isF32();
  if (tensor.getShape() != buffer.getShape() || tensor.getElementType().isF32() != isFloat)
    return op.emitOpError("expects a tensorType as ") << buffer << ", got " << tensor;
  if (static_cast<int32_t>(op.getPort()) < 0)
    return op.emitOpError("expects a port >= 0, got ") << static_cast<int32_t>(op.getPort());
  return success();
}

template <typename OpTy> static DictionaryAttr describe(OpTy op, MemRefType buffer) {
  Builder builder(op.getContext());
  NamedAttrList entry;
  entry.set("name", op.getNameAttr());
  entry.set("type", op.getTensorTypeAttr());
  if (DenseI64ArrayAttr permutation = op.getPermutationAttr())
    entry.set("permutation", permutation);
  entry.set(kStreamedAttr, builder.getUnitAttr());
  entry.set("bytes", builder.getI64IntegerAttr(getByteSize(buffer)));
  return entry.getDictionary(op.getContext());
}

static ParamsAttr getEmptyParams(Operation *op) {
  Builder builder(op->getContext());
  return ParamsAttr::get(op->getContext(), builder.getStringAttr(""), builder.getArrayAttr({}),
                         builder.getArrayAttr({}));
}

static int32_t getHeight(MemRefType type) { return type.getDimSize(1); }

//===----------------------------------------------------------------------===//
// kernel.receive
//===----------------------------------------------------------------------===//

LogicalResult ReceiveOp::verify() { return verifyTransfer(*this, getOutput().getType()); }
DictionaryAttr ReceiveOp::getDescription() { return describe(*this, getOutput().getType()); }
Contract ReceiveOp::getContract() { return {"receive", "none", "none"}; }
ParamsAttr ReceiveOp::getParams() { return getEmptyParams(*this); }
std::pair<int32_t, int32_t> ReceiveOp::getRows() { return {0, getHeight(getOutput().getType())}; }
SmallVector<Value> ReceiveOp::getCallArguments() { return {getOutput()}; }
Value ReceiveOp::getOutputBuffer() { return getOutput(); }
Value ReceiveOp::getScratchBuffer() { return nullptr; }
void ReceiveOp::setScratchBuffer(Value) {}
StringRef ReceiveOp::getSymbol() { return ""; }
void ReceiveOp::setSymbol(StringRef) {}

//===----------------------------------------------------------------------===//
// kernel.send
//===----------------------------------------------------------------------===//

LogicalResult SendOp::verify() { return verifyTransfer(*this, getInput().getType()); }
DictionaryAttr SendOp::getDescription() { return describe(*this, getInput().getType()); }
Contract SendOp::getContract() { return {"send", "none", "none"}; }
ParamsAttr SendOp::getParams() { return getEmptyParams(*this); }
std::pair<int32_t, int32_t> SendOp::getRows() { return {0, getHeight(getInput().getType())}; }
SmallVector<Value> SendOp::getCallArguments() { return {getInput()}; }
Value SendOp::getOutputBuffer() { return getInput(); }
Value SendOp::getScratchBuffer() { return nullptr; }
void SendOp::setScratchBuffer(Value) {}
StringRef SendOp::getSymbol() { return ""; }
void SendOp::setSymbol(StringRef) {}

} // namespace tinyc::kernel
