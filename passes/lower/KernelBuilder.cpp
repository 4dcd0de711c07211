#include "passes/lower/KernelBuilder.h"

#include "dialects/nn/QuantizedArithmetic.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "passes/lower/Emission.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace tinyc::lower {

KernelBuilder::KernelBuilder(func::FuncOp function, SymbolTable &symbols)
    : OpBuilder(function.getBody()), function(function), symbols(symbols) {}

MemRefType getBufferType(Type tensor) {
  auto type = cast<RankedTensorType>(tensor);
  Type element = nn::getStorageType(type.getElementType());
  return MemRefType::get(type.getShape(), element.isInteger(1) ? IntegerType::get(element.getContext(), 8) : element);
}

Attribute makeStage(Type result, std::optional<float> lower, std::optional<float> upper, int32_t shift,
                    bool perChannel) {
  MLIRContext *context = result.getContext();
  Builder builder(context);
  if (quant::UniformQuantizedType type = nn::getPerTensor(result)) {
    auto [min, max] = nn::computeClamp(type, lower, upper);
    return kernel::OutputS8Attr::get(context, static_cast<int32_t>(type.getZeroPoint()), min, max, shift, perChannel);
  }
  auto toAttribute = [&](std::optional<float> bound) { return bound ? builder.getF32FloatAttr(*bound) : FloatAttr(); };
  return kernel::OutputF32Attr::get(context, toAttribute(lower), toAttribute(upper));
}

Attribute makeStage(nn::FusedActivationOpInterface op, int32_t shift, bool perChannel) {
  return makeStage(op->getResult(0).getType(), op.getLowerBound(), op.getUpperBound(), shift, perChannel);
}

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

Value KernelBuilder::getBuffer(Value tensor, Operation *user) {
  if (DenseElementsAttr value = getConstantValue(tensor)) {
    if (value.getElementType().isInteger(1))
      value = value.mapValues(getI8Type(), [](const APInt &bit) { return bit.zext(8); });
    return createConstant(user->getLoc(), value, "constant");
  }
  return buffers.lookup(tensor);
}

Value KernelBuilder::createBuffer(OpResult result) {
  Location location = result.getOwner()->getLoc();
  MemRefType type = getBufferType(result.getType());
  Value buffer;
  if (Value output = outputs.lookup(result)) {
    buffer = reshape(location, output, type.getShape());
  } else if (auto assigned = parts.find(result); assigned != parts.end()) {
    OpResult whole = assigned->second.whole;
    if (!buffers.contains(whole))
      createBuffer(whole);
    buffer = part(location, buffers.lookup(whole), assigned->second.offset, type.getShape());
  } else {
    buffer = memref::AllocOp::create(*this, location, type);
  }
  buffers[result] = buffer;
  return buffer;
}

void KernelBuilder::setView(OpResult result, Value operand) {
  Operation *op = result.getOwner();
  buffers[result] = reshape(op->getLoc(), getBuffer(operand, op), getBufferType(result.getType()).getShape());
}

Value KernelBuilder::reshape(Location location, Value buffer, ArrayRef<int64_t> shape) {
  if (cast<MemRefType>(buffer.getType()).getShape() == shape)
    return buffer;
  return part(location, buffer, 0, shape);
}

Value KernelBuilder::slice(Location location, Value buffer, int64_t index, ArrayRef<int64_t> shape) {
  int64_t elements = ShapedType::getNumElements(shape);
  if (elements == cast<MemRefType>(buffer.getType()).getNumElements())
    return reshape(location, buffer, shape);
  return part(location, buffer, index * elements, shape);
}

Value KernelBuilder::part(Location location, Value buffer, int64_t offset, ArrayRef<int64_t> shape) {
  auto source = cast<MemRefType>(buffer.getType());
  auto [sourceStrides, sourceOffset] = source.getStridesAndOffset();
  offset += sourceOffset;
  SmallVector<int64_t> strides(shape.size(), 1);
  for (int64_t i = static_cast<int64_t>(shape.size()) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * shape[i + 1];
  // memref.reinterpret_cast replaces the offset of its source, so views of views need no chain.
  if (auto cast = buffer.getDefiningOp<memref::ReinterpretCastOp>())
    buffer = cast.getSource();
  MemRefLayoutAttrInterface layout;
  if (offset != 0)
    layout = StridedLayoutAttr::get(getContext(), offset, strides);
  auto type = MemRefType::get(shape, source.getElementType(), layout);
  return memref::ReinterpretCastOp::create(*this, location, type, buffer, offset, llvm::to_vector(shape), strides);
}

bool KernelBuilder::isPartOf(Value tensor, OpResult whole, int64_t offset) const {
  auto part = parts.find(tensor);
  return part != parts.end() && part->second.whole == whole && part->second.offset == offset;
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

DenseElementsAttr KernelBuilder::getConstantValue(Value tensor) {
  auto constant = tensor ? tensor.getDefiningOp<nn::ConstantOp>() : nn::ConstantOp();
  if (!constant)
    return nullptr;
  if (auto dense = dyn_cast<DenseElementsAttr>(constant.getValue()))
    return dense;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(constant.getValue()))
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      return DenseElementsAttr::getFromRawBuffer(resource.getType(), blob->getData());
  return nullptr;
}

// The ONNX node's name as an identifier.
static std::string makeName(Location location, StringRef suffix) {
  std::string name;
  for (char c : getNodeName(location))
    name += llvm::isAlnum(c) ? c : '_';
  while (!name.empty() && name.front() == '_')
    name.erase(name.begin());
  return name.empty() ? suffix.str() : name + "_" + suffix.str();
}

Value KernelBuilder::createConstant(Location location, DenseElementsAttr value, StringRef suffix) {
  auto tensor = cast<RankedTensorType>(value.getType());
  auto type = MemRefType::get(tensor.getShape(), tensor.getElementType());
  memref::GlobalOp &global = constants[value];
  if (!global) {
    OpBuilder::InsertionGuard guard(*this);
    setInsertionPoint(function);
    global =
        memref::GlobalOp::create(*this, location, makeName(location, suffix), getStringAttr("private"), type, value,
                                 /*constant=*/true, /*alignment=*/IntegerAttr());
    symbols.insert(global);
  }
  return memref::GetGlobalOp::create(*this, location, type, global.getSymName());
}

Value KernelBuilder::createConstant(Location location, ArrayRef<int32_t> values, StringRef suffix) {
  auto type = RankedTensorType::get({static_cast<int64_t>(values.size())}, getI32Type());
  return createConstant(location, DenseElementsAttr::get(type, values), suffix);
}

} // namespace tinyc::lower
