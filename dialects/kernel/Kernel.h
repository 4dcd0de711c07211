// The kernel dialect: kernel contracts on buffers. See KernelOps.td.
#ifndef TINYC_DIALECTS_KERNEL_KERNEL_H
#define TINYC_DIALECTS_KERNEL_KERNEL_H

#include "dialects/loop/Loop.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace tinyc::kernel {

/// The row of runtime/kernels.def that an op needs, up to the ISA. Element types are `s8`, `s16` or `f32`, of weights `s4`
/// and `s2` too; `weight` is `none` where the kernel has no weights, or the type of the result of a change of type.
struct Contract {
  llvm::StringRef op, input, weight;
};

/// Rows of an image [1, H, W, C] that an op touches to compute its row y.
struct RowAccess {
  enum class Kind {
    Whole, ///< all rows, or no image at all
    Same,  ///< row y
    Window ///< rows [y * stride - pad, y * stride - pad + extent) that the image has
  };
  Kind kind = Kind::Whole;
  int32_t stride = 1, extent = 1, pad = 0;

  /// The rows [first, second) of an image of `height` rows that the op's rows [begin, end) touch; may be empty.
  std::pair<int64_t, int64_t> getRows(int64_t begin, int64_t end, int64_t height) const;
};

/// True if the elements lie in memory in row-major order without gaps, at any offset.
bool isContiguous(mlir::MemRefType type);

/// Bytes of the elements of a statically shaped buffer.
int64_t getByteSize(mlir::MemRefType type);

/// Attribute names; see the dialect's description.
inline constexpr llvm::StringLiteral kTypeAttr = "kernel.type";
inline constexpr llvm::StringLiteral kOutputAttr = "kernel.output";
inline constexpr llvm::StringLiteral kPortAttr = "kernel.port";
inline constexpr llvm::StringLiteral kInputsAttr = "kernel.inputs";
inline constexpr llvm::StringLiteral kOutputsAttr = "kernel.outputs";
inline constexpr llvm::StringLiteral kStreamedAttr = "streamed"; // in an entry of kernel.inputs, kernel.outputs
inline constexpr llvm::StringLiteral kPassesAttr = "passes"; // in an entry of kernel.inputs
inline constexpr llvm::StringLiteral kPlanAttr = "kernel.plan";
inline constexpr llvm::StringLiteral kRegionsAttr = "kernel.regions";
inline constexpr llvm::StringLiteral kMemoryAttr = "kernel.memory"; // of a memref.global
inline constexpr llvm::StringLiteral kStripeAttr = "kernel.stripe";
inline constexpr llvm::StringLiteral kWordKindsAttr = "kernel.word_kinds"; // of a memref.global
inline constexpr llvm::StringLiteral kMacsAttr = "kernel.macs";

namespace detail {
// Defaults of KernelOpInterface.
int32_t getRowCount(mlir::Operation *op);
RowAccess getRowAccess(mlir::Operation *op, unsigned operand);
bool isRowLocal(mlir::Operation *op);
mlir::LogicalResult verifyRowsPerStep(mlir::Operation *op);
} // namespace detail

} // namespace tinyc::kernel

#include "dialects/kernel/KernelDialect.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/kernel/KernelAttributes.h.inc"
#include "dialects/kernel/KernelInterfaces.h.inc"
#define GET_OP_CLASSES
#include "dialects/kernel/KernelOps.h.inc"

#endif // TINYC_DIALECTS_KERNEL_KERNEL_H
