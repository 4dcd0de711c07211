// What each channel of a stream's values is like.
#ifndef TINYC_PASSES_COMPRESS_CHANNELSTATISTICS_H
#define TINYC_PASSES_COMPRESS_CHANNELSTATISTICS_H

#include "passes/compress/ChannelStreams.h"
#include "passes/compress/Passes.h"

namespace tinyc::compress {

/// Of one value, each channel's: bounds that its elements have kept to, how far beyond them it may be expected to go on
/// other inputs, mean, mean square and the share that is not 0, which quantization represents exactly.
struct ChannelStatistics {
  std::vector<double> least, greatest, below, above, mean, square, active;

  /// x -> (x - shift[c]) / factor[c]; no shifts: 0.
  void transform(llvm::ArrayRef<double> factors, llvm::ArrayRef<double> shifts);
};

using StatisticsMap = llvm::DenseMap<mlir::Value, ChannelStatistics>;

/// The statistics of all values of the streams, and of what the layers read, on at most `samples` samples. The result
/// does not depend on the number of threads.
mlir::FailureOr<StatisticsMap> observeChannels(mlir::func::FuncOp function, llvm::ArrayRef<Layer> layers,
                                               llvm::ArrayRef<ChannelStream> streams, const CalibrationData &data,
                                               int64_t samples);

/// The statistics from batch norms (nn.mean, nn.deviation), as they pass the clamps: ranges of mean -+ 6 deviations
/// (Nagel et al. 2019, section 5), sums as of independent values. Values that are not computed from such stay out.
StatisticsMap deriveChannels(llvm::ArrayRef<ChannelStream> streams);

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_CHANNELSTATISTICS_H
