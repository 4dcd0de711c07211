// What quantization does to a model, layer by layer: the float function and the quantized one, side by side on samples.
#ifndef TINYC_COMPILER_QUANTIZATIONERRORS_H
#define TINYC_COMPILER_QUANTIZATIONERRORS_H

#include "compiler/ErrorSums.h"
#include "compiler/Options.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <optional>

namespace tinyc {

/// A layer whose result is quantized, or an input of the model, or an op that is left in float.
struct LayerErrors {
  std::string op, node;    ///< op "input": an input of the model
  std::string weights;     ///< "int8", "int4" ...; empty: the op has none
  std::string activations; ///< of the result; "float32": the op is left in float
  double scale = 0;        ///< of the result
  int64_t zeroPoint = 0;
  double low = 0, high = 0;       ///< the real numbers that the result's type reaches
  double least = 0, greatest = 0; ///< the float model's result on the samples
  double clipped = 0;             ///< share of the float model's results more than half a step outside of low .. high
  std::optional<ErrorSums> weightErrors; ///< of the weights; absent if their float values are not known (Q/DQ models)
  ErrorSums output;                      ///< of the result, with the errors of all layers before it
  ErrorSums alone;                       ///< of the model's outputs, if this layer alone is quantized
  int64_t aloneAgreement = 0;            ///< samples whose greatest output is the float model's then

  bool isQuantized() const { return activations != "float32"; }
};

struct QuantizationErrors {
  int64_t samples = 0;
  std::vector<LayerErrors> layers; ///< in the order of the program
  ErrorSums outputs;               ///< of the model's outputs
  int64_t agreement = 0;           ///< samples whose greatest output is the float model's
  std::vector<unsigned>
      raiseFirst; ///< numbers of layers, the one whose quantization alone hurts the outputs most first

  /// The share of a layer in the noise that all layers, each alone, give the outputs.
  double getNoiseShare(const LayerErrors &layer) const;
};

/// The float form of a function in which some or all ops are quantized: integer constants become their real values,
/// requantizations and casts vanish, and results that were quantized stay in the range of their type (which may be all
/// that is left of a ReLU). Ops, their order and locations stay.
mlir::OwningOpRef<mlir::ModuleOp> makeFloatForm(mlir::ModuleOp module);

/// Compares `quantized` (phase Compress) with `reference`, its float form, op by op on calibration samples of
/// `options`: at most 32, fewer where many layers or great tensors would take long; the number depends on the model
/// alone. Fails, with an error printed, if there are no samples or the functions do not match.
mlir::FailureOr<QuantizationErrors> measureQuantization(mlir::ModuleOp reference, mlir::ModuleOp quantized,
                                                        const Options &options);

} // namespace tinyc

#endif // TINYC_COMPILER_QUANTIZATIONERRORS_H
