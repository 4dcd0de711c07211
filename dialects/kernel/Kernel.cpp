#include "dialects/kernel/Kernel.h"
#include "dialects/kernel/Params.h"

#include "mlir/Dialect/MemRef/Utils/MemRefUtils.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/ADT/bit.h"

using namespace mlir;

#include "dialects/kernel/KernelDialect.cpp.inc"
#include "dialects/kernel/KernelInterfaces.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/kernel/KernelAttributes.cpp.inc"

namespace tinyc::kernel {

void KernelDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/kernel/KernelAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/kernel/KernelOps.cpp.inc"
      >();
}

bool isContiguous(MemRefType type) { return memref::isStaticShapeAndContiguousRowMajor(type); }

int64_t getByteSize(MemRefType type) {
  return llvm::divideCeil(type.getNumElements() * type.getElementTypeBitWidth(), 8);
}

LogicalResult ParamsAttr::verify(function_ref<InFlightDiagnostic()> emitError, StringAttr type, ArrayAttr fields,
                                 ArrayAttr values) {
  if (fields.size() != values.size())
    return emitError() << "expects one value for each field, got " << fields.size() << " fields and " << values.size()
                       << " values";
  for (auto [field, value] : llvm::zip_equal(fields, values)) {
    if (!isa<StringAttr>(field))
      return emitError() << "expects field names as strings, got " << field;
    auto typed = dyn_cast<TypedAttr>(value);
    if (!typed || !(typed.getType().isInteger(32) || typed.getType().isF32()))
      return emitError() << "expects the value of " << field << " to be i32 or f32, got " << value;
  }
  return success();
}

SmallVector<uint32_t> ParamsAttr::getWords() const {
  return llvm::map_to_vector(getValues(), [](Attribute value) -> uint32_t {
    if (auto real = dyn_cast<FloatAttr>(value))
      return llvm::bit_cast<uint32_t>(real.getValue().convertToFloat());
    return static_cast<uint32_t>(cast<IntegerAttr>(value).getInt());
  });
}

LogicalResult WindowAttr::verify(function_ref<InFlightDiagnostic()> emitError, int32_t kernelHeight,
                                 int32_t kernelWidth, int32_t strideHeight, int32_t strideWidth, int32_t dilationHeight,
                                 int32_t dilationWidth, int32_t padTop, int32_t padLeft) {
  if (std::min({kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight, dilationWidth}) < 1)
    return emitError() << "expects kernel, strides and dilations >= 1";
  if (std::min(padTop, padLeft) < 0)
    return emitError() << "expects pads >= 0, got [" << padTop << ", " << padLeft << "]";
  return success();
}

LogicalResult StepAttr::verify(function_ref<InFlightDiagnostic()> emitError, int32_t rows, int32_t scale,
                               DenseI32ArrayAttr bands, DenseI32ArrayAttr tables) {
  if (rows < 1 || scale < 0)
    return emitError() << "expects rows >= 1 and scale >= 0, got " << rows << " and " << scale;
  return success();
}

LogicalResult OutputS8Attr::verify(function_ref<InFlightDiagnostic()> emitError, int32_t zeroPoint, int32_t clampMin,
                                   int32_t clampMax, int32_t shift, bool perChannel) {
  if (clampMin < -32767 || clampMax > 32767 || clampMin > clampMax)
    return emitError() << "expects -32767 <= clampMin <= clampMax <= 32767, got " << clampMin << " and " << clampMax;
  if (shift < 0 || shift > 62)
    return emitError() << "expects a shift of 0 to 62, got " << shift;
  return success();
}

} // namespace tinyc::kernel
