// Which kernels a program uses when its flash is to be the least.
#ifndef TINYC_PASSES_LOWER_SMALLESTKERNELS_H
#define TINYC_PASSES_LOWER_SMALLESTKERNELS_H

#include "targets/Target.h"

#include "llvm/ADT/SmallVector.h"

#include <vector>

namespace tinyc::lower {

/// What one op costs by one kernel.
struct KernelUse {
  const targets::Kernel *kernel;
  double cycles;
  int64_t constantBytes; ///< of its weights, biases and multipliers in the kernel's layout
};

/// For each op the number of one of its uses, so that the flash of all is the least: the code of each kernel in use counts
/// once, the constants of each op. The sum of the cycles is at most `maxCycles`, or, where that is below it, the sum of
/// the fewest of each op. Of equal flash the fewest cycles. Every op has a use; all uses of an op are kernels of one
/// operation and element types. Exact for any number of ops, but for one way out: of the uses of an op within a set of
/// kernels only the smallest and the fastest are looked at.
std::vector<size_t> chooseSmallestKernels(llvm::ArrayRef<llvm::SmallVector<KernelUse>> ops,
                                          llvm::function_ref<int64_t(const targets::Kernel &)> getCodeBytes,
                                          double maxCycles);

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_SMALLESTKERNELS_H
