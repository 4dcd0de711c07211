// The kernel dialect: kernel contracts on buffers. See KernelOps.td.
#ifndef TINYC_DIALECTS_KERNEL_KERNEL_H
#define TINYC_DIALECTS_KERNEL_KERNEL_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace tinyc::kernel {

/// The row of runtime/kernels.def that an op needs, up to the ISA. Element types are `s8` or `f32`; `weight` is `none`
/// where the kernel has no weights.
struct Contract {
  llvm::StringRef op, input, weight;
};

/// True if the elements lie in memory in row-major order without gaps, at any offset.
bool isContiguous(mlir::MemRefType type);

/// Bytes of the elements of a statically shaped buffer.
int64_t getByteSize(mlir::MemRefType type);

/// Attribute names; see the dialect's description.
inline constexpr llvm::StringLiteral kTypeAttr = "kernel.type";
inline constexpr llvm::StringLiteral kOutputAttr = "kernel.output";
inline constexpr llvm::StringLiteral kInputsAttr = "kernel.inputs";
inline constexpr llvm::StringLiteral kOutputsAttr = "kernel.outputs";
inline constexpr llvm::StringLiteral kPlanAttr = "kernel.plan";
inline constexpr llvm::StringLiteral kMacsAttr = "kernel.macs";

} // namespace tinyc::kernel

#include "dialects/kernel/KernelDialect.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/kernel/KernelAttributes.h.inc"
#include "dialects/kernel/KernelInterfaces.h.inc"
#define GET_OP_CLASSES
#include "dialects/kernel/KernelOps.h.inc"

#endif // TINYC_DIALECTS_KERNEL_KERNEL_H
