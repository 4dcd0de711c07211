// Whether a method of quantization helps a network, by measurement.
#ifndef TINYC_COMPILER_METHODTRIAL_H
#define TINYC_COMPILER_METHODTRIAL_H

#include "mlir/IR/BuiltinOps.h"
#include "passes/compress/Passes.h"

namespace tinyc {

/// Quantizes a module at the end of phase Graph by `one` and by `other`, each calibrated on either half of one's
/// samples and compared with the float module on the other half; up to 256 samples of 10^9 MACs in all. True if `other`
/// loses less: by the sum over the samples of the root of what getDistortion says of a sample, which is about in
/// proportion to the samples that change class. False with fewer than 8 samples, and if a program cannot be made.
bool losesLess(mlir::ModuleOp module, const compress::CompressOptions &one, const compress::CompressOptions &other);

} // namespace tinyc

#endif // TINYC_COMPILER_METHODTRIAL_H
