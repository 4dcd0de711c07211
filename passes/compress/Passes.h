// Phase Compress: calibration and quantization.
#ifndef TINYC_PASSES_COMPRESS_PASSES_H
#define TINYC_PASSES_COMPRESS_PASSES_H

#include "dialects/nn/Interpreter.h"
#include "mlir/Pass/Pass.h"

#include <functional>

namespace tinyc::compress {

#define GEN_PASS_DECL
#include "passes/compress/Passes.h.inc"

/// Samples to calibrate with. `getInputs(i)` returns the function's arguments for sample i, 0 <= i < count; it is
/// called from many threads at once.
struct CalibrationData {
  std::function<std::vector<nn::HostTensor>(int64_t)> getInputs;
  int64_t count = 0;
  std::function<int64_t(int64_t)> getNumber = nullptr; ///< of sample i in the user's files; null: i
};

/// compress-calibrate on given data.
std::unique_ptr<mlir::Pass> createCalibratePass(CalibratePassOptions options, CalibrationData data);

struct CompressOptions {
  /// Quantize what is still float, with the ranges that `data` shows.
  bool quantize = false;
  CalibratePassOptions calibration;
  QuantizePassOptions precision;
  CalibrationData data;
  /// Remove channels that are constant or that nothing reads.
  bool removeChannels = true;
  /// Called with the function right before it is quantized, all choices made, and right after, all its channels there.
  std::function<void(mlir::func::FuncOp)> observeFloat, observeQuantized;
  /// Refuse a result with float values.
  bool fullInteger = false;
};

/// What does not depend on the precision of layers: the ranges of activations.
void buildPreparePipeline(mlir::OpPassManager &manager, const CompressOptions &options);
/// From a prepared function, whose layers may have nn.weight_bits and nn.activation_bits, to its integer form, without dead channels, verified.
void buildFinishPipeline(mlir::OpPassManager &manager, const CompressOptions &options);
/// Both: calibrate and quantize where asked for, remove dead channels, then verify. Q/DQ pairs are folded earlier, before the graph
/// passes.
void buildCompressPipeline(mlir::OpPassManager &manager, const CompressOptions &options);

#define GEN_PASS_REGISTRATION
#include "passes/compress/Passes.h.inc"

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_PASSES_H
