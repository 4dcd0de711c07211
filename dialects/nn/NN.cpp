#include "dialects/nn/NN.h"

#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/TypeSwitch.h"

namespace tinyc::nn {

static bool isElement(mlir::Type type) {
  if (type.isF32())
    return true;
  auto quantized = llvm::dyn_cast<mlir::quant::QuantizedType>(type);
  return llvm::isa_and_nonnull<mlir::quant::UniformQuantizedType, mlir::quant::UniformQuantizedPerAxisType>(
             quantized) &&
         quantized.getExpressedType().isF32() && llvm::isa<mlir::IntegerType>(quantized.getStorageType());
}

static bool isInteger(mlir::Type type) {
  auto integer = llvm::dyn_cast<mlir::IntegerType>(type);
  if (!integer || integer.isSigned())
    return false;
  return llvm::is_contained({8u, 16u, 32u, 64u}, integer.getWidth()) || integer.isSignlessInteger(1);
}

static bool isStatic(mlir::RankedTensorType tensor) {
  if (!tensor.hasStaticShape())
    return false;
  int64_t elements = 1, most = int64_t(1) << 40;
  for (int64_t size : tensor.getShape()) {
    if (size < 1 || size > most / elements)
      return false;
    elements *= size;
  }
  return true;
}

static bool isTensor(mlir::Type type) {
  auto tensor = llvm::dyn_cast<mlir::RankedTensorType>(type);
  if (!tensor || !isStatic(tensor) || !isElement(tensor.getElementType()))
    return false;
  auto perAxis = llvm::dyn_cast<mlir::quant::UniformQuantizedPerAxisType>(tensor.getElementType());
  if (!perAxis)
    return true;
  int64_t axis = perAxis.getQuantizedDimension();
  return axis >= 0 && axis < tensor.getRank() &&
         static_cast<int64_t>(perAxis.getScales().size()) == tensor.getDimSize(axis);
}

static bool isAnyTensor(mlir::Type type) {
  auto tensor = llvm::dyn_cast<mlir::RankedTensorType>(type);
  return isTensor(type) || (tensor && isStatic(tensor) && isInteger(tensor.getElementType()));
}

} // namespace tinyc::nn

using tinyc::loop::parseBody;
using tinyc::loop::printBody;

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

bool isInt16Activation(quant::UniformQuantizedType type) {
  return type.isSigned() && type.getStorageTypeIntegralWidth() == 16 && type.getStorageTypeMin() == -32767 &&
         type.getStorageTypeMax() == 32767 && type.getZeroPoint() == 0;
}

Type getStorageType(Type elementType) {
  if (auto quantized = dyn_cast<quant::QuantizedType>(elementType))
    return quantized.getStorageType();
  if (auto integer = dyn_cast<IntegerType>(elementType))
    return IntegerType::get(integer.getContext(), integer.getWidth());
  return elementType;
}

static LogicalResult verifyBounds(Operation *op) {
  auto fused = dyn_cast<FusedActivationOpInterface>(op);
  if (!fused || !fused.getLowerBound() || !fused.getUpperBound() || *fused.getLowerBound() <= *fused.getUpperBound())
    return success();
  return op->emitOpError("expects clampMin <= clampMax, got ")
         << *fused.getLowerBound() << " and " << *fused.getUpperBound();
}

/// The dialect's A1.
static LogicalResult verifyActivations(Operation *op) {
  auto quantizable = dyn_cast<QuantizableOpInterface>(op);
  if (!quantizable)
    return success();
  SmallVector<Type> types(op->getResultTypes());
  for (unsigned operand : quantizable.getActivationOperands())
    types.push_back(op->getOperand(operand).getType());
  for (Type type : types) {
    quant::UniformQuantizedType element = getPerTensor(type), first = getPerTensor(types.front());
    if (!element || !first)
      continue;
    if (element.getStorageTypeIntegralWidth() > 8 && !isInt16Activation(element))
      return op->emitOpError("expects activations of at most 8 bits or of i16<-32767:32767> with a zero point of 0, got ")
             << type << " (A1)";
    if (element.getStorageTypeIntegralWidth() > 8 && !op->hasTrait<Int16Form>())
      return op->emitOpError("has no integer form of 16 bits, got ") << type << " (A1)";
    if (isInt16Activation(element) != isInt16Activation(first))
      return op->emitOpError("expects activations of one width, got ") << type << " and " << types.front() << " (A1)";
  }
  return success();
}

LogicalResult verifySameForm(Operation *op, StringRef constraint) {
  if (failed(verifyBounds(op)))
    return failure();
  std::optional<bool> quantized;
  for (Type type : llvm::concat<Type>(llvm::to_vector(op->getOperandTypes()), llvm::to_vector(op->getResultTypes()))) {
    bool now = getQuantizedElement(type) != nullptr;
    if (quantized && *quantized != now)
      return op->emitOpError("expects operands and result to be all float or all quantized (") << constraint << ")";
    quantized = now;
  }
  return quantized.value_or(false) ? verifyActivations(op) : success();
}

LogicalResult verifyPerTensor(Operation *op, StringRef constraint) {
  if (failed(verifySameForm(op, constraint)))
    return failure();
  for (Type type : llvm::concat<Type>(llvm::to_vector(op->getOperandTypes()), llvm::to_vector(op->getResultTypes())))
    if (getQuantizedElement(type) && !getPerTensor(type))
      return op->emitOpError("expects quantization per tensor, got ") << type << " (" << constraint << ")";
  return success();
}

} // namespace tinyc::nn
