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

/// The passes that fit weights, on given data.
std::unique_ptr<mlir::Pass> createEqualizePass(EqualizePassOptions options, CalibrationData data);
std::unique_ptr<mlir::Pass> createChooseWeightScalesPass(ChooseWeightScalesPassOptions options, CalibrationData data);
std::unique_ptr<mlir::Pass> createRoundGPTQPass(RoundGPTQPassOptions options, CalibrationData data);
std::unique_ptr<mlir::Pass> createRoundAdaRoundPass(RoundAdaRoundPassOptions options, CalibrationData data);
std::unique_ptr<mlir::Pass> createRoundCodedPass(RoundCodedPassOptions options, CalibrationData data);
std::unique_ptr<mlir::Pass> createSparsifyPass(SparsifyPassOptions options, CalibrationData data);
std::unique_ptr<mlir::Pass> createCorrectBiasPass(CorrectBiasPassOptions options, CalibrationData data);

struct CompressOptions {
  /// Quantize what is still float, with the ranges that `data` shows.
  bool quantize = false;
  CalibratePassOptions calibration;
  QuantizePassOptions precision;
  CalibrationData data;
  /// Run compress-equalize.
  bool equalize = true;
  /// Method of compress-choose-weight-scales; empty: weighted where weights of less than 8 bits are rounded to nearest.
  std::string weightScales;
  /// nearest, gptq or adaround (after gptq); empty: gptq for weights of less than 8 bits.
  std::string rounding;
  /// Options of compress-round-coded, which takes the place of `rounding` and `weightScales`.
  std::optional<RoundCodedPassOptions> roundCoded;
  /// Run compress-shorten-parameters.
  bool shortenParameters = false;
  /// Method of compress-correct-bias, or none; empty: empirical for weights that are rounded to nearest.
  std::string correctBias;
  /// Remove channels that are constant or that nothing reads.
  bool removeChannels = true;
  /// Called with the function when its ranges are known, before weights are rounded, and when it is quantized, all its
  /// channels there.
  std::function<void(mlir::func::FuncOp)> observeFloat, observeQuantized;
  /// Refuse a result with float values.
  bool fullInteger = false;
};

/// Equalize, then calibrate: nn.range on a float function.
void buildPreparePipeline(mlir::OpPassManager &manager, const CompressOptions &options);
/// On a prepared function, whose layers may have nn.weight_bits: choose scales, round weights, correct biases.
void buildFitPipeline(mlir::OpPassManager &manager, const CompressOptions &options);
/// From a fitted function to its integer form where asked for, without dead channels, verified.
void buildQuantizePipeline(mlir::OpPassManager &manager, const CompressOptions &options);
/// All of these. Q/DQ pairs are folded earlier, before the graph passes.
void buildCompressPipeline(mlir::OpPassManager &manager, const CompressOptions &options);

#define GEN_PASS_REGISTRATION
#include "passes/compress/Passes.h.inc"

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_PASSES_H
