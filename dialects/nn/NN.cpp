#include "dialects/nn/NN.h"

#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/TypeSwitch.h"

#include "dialects/nn/NNDialect.cpp.inc"
#include "dialects/nn/NNInterfaces.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/nn/NNOps.cpp.inc"

using namespace mlir;

namespace tinyc::nn {

void NNDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/nn/NNOps.cpp.inc"
      >();
}

quant::QuantizedType getQuantizedElement(Type tensor) {
  return dyn_cast<quant::QuantizedType>(cast<ShapedType>(tensor).getElementType());
}

quant::UniformQuantizedType getPerTensor(Type tensor) {
  return dyn_cast<quant::UniformQuantizedType>(cast<ShapedType>(tensor).getElementType());
}

double getScale(quant::QuantizedType type, int64_t channel) {
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type))
    return perAxis.getScales()[channel];
  return cast<quant::UniformQuantizedType>(type).getScale();
}

Type getStorageType(Type elementType) {
  if (auto quantized = dyn_cast<quant::QuantizedType>(elementType))
    return quantized.getStorageType();
  return elementType;
}

LogicalResult verifySameForm(Operation *op) {
  std::optional<bool> quantized;
  for (Type type : llvm::concat<Type>(llvm::to_vector(op->getOperandTypes()), llvm::to_vector(op->getResultTypes()))) {
    bool now = getQuantizedElement(type) != nullptr;
    if (quantized && *quantized != now)
      return op->emitOpError("expects operands and result to be all float or all quantized");
    quantized = now;
  }
  return success();
}

LogicalResult verifyPerTensor(Operation *op) {
  if (failed(verifySameForm(op)))
    return failure();
  for (Type type : llvm::concat<Type>(llvm::to_vector(op->getOperandTypes()), llvm::to_vector(op->getResultTypes())))
    if (getQuantizedElement(type) && !getPerTensor(type))
      return op->emitOpError("expects quantization per tensor, got ") << type;
  return success();
}

} // namespace tinyc::nn
