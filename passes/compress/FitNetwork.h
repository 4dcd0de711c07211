// The layers behind removed channels, fitted one after the other to what the original network computes.
#ifndef TINYC_PASSES_COMPRESS_FITNETWORK_H
#define TINYC_PASSES_COMPRESS_FITNETWORK_H

#include "passes/compress/ChannelGroups.h"
#include "passes/compress/Passes.h"

namespace tinyc::compress {

/// Fits the layers of a float function whose inputs change when the groups that are not `kept` become zero (He et al.
/// 2017, Channel Pruning, section 3.1), each on inputs as the fitted layers before it give them, to the results of the
/// function as it was (FitLayer). The channels stay in the function, to be sliced off. Layers of one shared weight are
/// left as they are. Holds all samples in memory. Fails, with a diagnostic at the op, for ops without reference
/// semantics and inputs that are not finite.
mlir::LogicalResult fitNetwork(mlir::func::FuncOp function, const ChannelGroups &groups, const llvm::BitVector &kept,
                               const CalibrationData &data);

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_FITNETWORK_H
