// What the ops of a function cost, whole and by rows, on a target.
#ifndef TINYC_PASSES_LOWER_STREAMCOSTS_H
#define TINYC_PASSES_LOWER_STREAMCOSTS_H

#include "passes/lower/StreamChoice.h"

#include "mlir/IR/SymbolTable.h"

namespace tinyc::lower {

/// The kernel of the target for an op that reads no weights, or null; `input` is s8 or f32.
const targets::Kernel *findUnweighted(const targets::Target &target, llvm::StringRef op, llvm::StringRef input);

/// The costs of all ops of a graph whose kernels are selected; `symbols` holds the constants. A word of constants costs
/// `flashRead` cycles. Says of each op of the graph whether one of its kernels may write over its input
/// (GraphOp::overwrites). Streams have at most `mostRows` rows per step. With `keepKernels` the selected ones are all.
OpCosts getOpCosts(const targets::Target &target, double flashRead, BufferGraph &graph, mlir::SymbolTable &symbols,
                   int32_t mostRows = std::end(kRowsPerStep)[-1], bool keepKernels = false);

/// Fails, with an error at the module, unless `optimize` is ram, balanced, speed or size.
mlir::LogicalResult checkOptimize(mlir::ModuleOp module, llvm::StringRef optimize);

/// Chooses the kernel of an op, and allocates its scratch buffer: the first row that works, or one that skips the zeros of its weights
/// if its estimated cycles are fewer; with `explains` a remark says what both take. Emits an error if the target has none.
mlir::LogicalResult selectKernel(kernel::KernelOpInterface op, const targets::Target &target, mlir::SymbolTable &symbols,
                                 bool explains = false);

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_STREAMCOSTS_H
