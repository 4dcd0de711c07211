// A float function on all calibration samples at once, one op after the other.
#ifndef TINYC_PASSES_COMPRESS_STEPWISERUN_H
#define TINYC_PASSES_COMPRESS_STEPWISERUN_H

#include "passes/compress/Parameters.h"
#include "passes/compress/Passes.h"

namespace tinyc::compress {

/// The values of a function's body on many samples, computed op by op: a pass looks at the operands of an op on all
/// samples, changes the op's constants, and then runs it.
class StepwiseRun {
public:
  using Samples = std::vector<nn::HostTensor>;

  /// Holds the arguments of samples 0 .. count - 1.
  StepwiseRun(mlir::func::FuncOp function, const CalibrationData &data, int64_t count);
  StepwiseRun(mlir::func::FuncOp function, const CalibrationData &data) : StepwiseRun(function, data, data.count) {}

  int64_t size() const { return count; }
  /// The values of an argument, or of an op's result that was set and not released; empty for constants.
  llvm::ArrayRef<nn::HostTensor> get(mlir::Value value) const;
  llvm::MutableArrayRef<nn::HostTensor> get(mlir::Value value) { return values[value]; }

  /// The op's result on all samples, from the operands held here. Constants are read from the function as it is now.
  /// Fails, with a diagnostic at the op, for ops without reference semantics.
  mlir::FailureOr<Samples> evaluate(mlir::Operation *op) const;
  void set(mlir::Value value, Samples samples) { values[value] = std::move(samples); }
  /// Forgets the operands of `op` that no later op of the block reads.
  void release(mlir::Operation *op);

  /// True if the value depends on the function's arguments.
  static bool isVariable(mlir::Value value);

  /// The number of samples, at most `wanted`, whose values fit `bytes` of memory where they are most.
  static int64_t limitSamples(mlir::func::FuncOp function, int64_t wanted, int64_t bytes);

private:
  int64_t count;
  llvm::DenseMap<mlir::Value, Samples> values;
};

/// What quantization of activations does to real values: each rounded to the nearest value of the type.
void roundToType(llvm::MutableArrayRef<float> values, mlir::quant::UniformQuantizedType type);
void roundToType(llvm::MutableArrayRef<nn::HostTensor> samples, mlir::quant::UniformQuantizedType type);

/// Uniform random inputs from low to high for all float arguments; zeros for others. Sample i depends on the seed and i
/// alone.
CalibrationData makeRandomData(mlir::func::FuncOp function, int64_t samples, uint64_t seed, double low, double high);

/// The samples that a pass works on: at most `wanted` of `data`, spread evenly over all, or random inputs of -1 .. 1 if it has
/// none; fewer where the values of a StepwiseRun would not fit `bytes` of memory. Fails, with an error at the function, if there
/// is not one sample.
mlir::FailureOr<CalibrationData> chooseSamples(mlir::func::FuncOp function, const CalibrationData &data, int64_t wanted,
                                               int64_t bytes = int64_t(1) << 29);

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_STEPWISERUN_H
