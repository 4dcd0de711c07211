// Ops of the nn dialect as functions on host tensors. An op is compiled once (weights packed, integer constants
// computed) and then run for each sample, by many threads at once.
#ifndef TINYC_COMPILER_INTERPRETER_KERNELS_H
#define TINYC_COMPILER_INTERPRETER_KERNELS_H

#include "compiler/interpreter/Gemm.h"
#include "dialects/nn/Interpreter.h"
#include "dialects/nn/QuantizedArithmetic.h"
#include "tinyc/arithmetic.h"

#include "llvm/ADT/FunctionExtras.h"

#include <limits>

namespace tinyc::nn {

using Operands = llvm::ArrayRef<const HostTensor *>;

/// Computes the op's result, which has the result's type and holds zeros, from its operands.
using Kernel = llvm::unique_function<void(Operands, HostTensor &) const>;

/// Each compiles the ops of one file. `constants` holds a tensor for each operand known now, null for the others, and
/// is not referred to after the return. They fail with a diagnostic at the op.
mlir::FailureOr<Kernel> compileConvolution(Conv2DOp op, Operands constants);
mlir::FailureOr<Kernel> compileConvTranspose(ConvTranspose2DOp op);
mlir::FailureOr<Kernel> compileFullyConnected(FullyConnectedOp op, Operands constants);
mlir::FailureOr<Kernel> compileMatMul(MatMulOp op);
mlir::FailureOr<Kernel> compileBatchNorm(BatchNormOp op);
mlir::FailureOr<Kernel> compileBinary(mlir::Operation *op);
mlir::FailureOr<Kernel> compileUnary(mlir::Operation *op);
mlir::FailureOr<Kernel> compileAvgPool(AvgPoolOp op);
mlir::FailureOr<Kernel> compileMaxPool(MaxPoolOp op);
mlir::FailureOr<Kernel> compileSoftmax(mlir::Operation *op);
mlir::FailureOr<Kernel> compileReshape(ReshapeOp op);
mlir::FailureOr<Kernel> compileTranspose(TransposeOp op);
mlir::FailureOr<Kernel> compileConcat(ConcatOp op);
mlir::FailureOr<Kernel> compilePad(PadOp op);
mlir::FailureOr<Kernel> compileResize(ResizeOp op);
mlir::FailureOr<Kernel> compileLoopNest(LoopNestOp op);
mlir::FailureOr<Kernel> compileRecurrent(RecurrentOp op);
mlir::FailureOr<Kernel> compileRequantize(RequantizeOp op);
mlir::FailureOr<Kernel> compileQuantize(mlir::quant::QuantizeCastOp op);
mlir::FailureOr<Kernel> compileDequantize(mlir::quant::DequantizeCastOp op);

/// Fails unless `type`, an operand's or the result's, is quantized per tensor with signed storage of at most 8 bits, or of 16 bits
/// as the dialect's A1 says.
mlir::LogicalResult expectInteger(mlir::Operation *op, mlir::Type type);

/// Calls `make` with an int16_t if the activation `type` has 16 bits, else with an int8_t.
template <typename F> mlir::FailureOr<Kernel> dispatchInteger(mlir::Type type, F &&make) {
  return isInt16Activation(getPerTensor(type)) ? make(int16_t()) : make(int8_t());
}

/// Fused clamp of a float form; bounds are infinite where absent.
struct FloatClamp {
  float low = -std::numeric_limits<float>::infinity(), high = std::numeric_limits<float>::infinity();

  FloatClamp() = default;
  explicit FloatClamp(FusedActivationOpInterface op) {
    if (std::optional<float> lower = op.getLowerBound())
      low = *lower;
    if (std::optional<float> upper = op.getUpperBound())
      high = *upper;
  }
  float operator()(float x) const { return tinyc_limit_f32(x, low, high); }
};

/// Output stage of an integer form: requantization, zero point, fused clamp.
struct OutputStage {
  tinyc_output_s8 stage = {};
  llvm::SmallVector<int32_t> multipliers;

  OutputStage() = default;
  OutputStage(Requantization requantization, mlir::quant::UniformQuantizedType result,
              std::optional<float> lower = std::nullopt, std::optional<float> upper = std::nullopt);
  OutputStage(Requantization requantization, mlir::quant::UniformQuantizedType result, FusedActivationOpInterface op)
      : OutputStage(std::move(requantization), result, op.getLowerBound(), op.getUpperBound()) {}
  int32_t operator()(int32_t acc, int64_t channel = 0) const {
    return tinyc_output_stage(acc, multipliers[channel], &stage);
  }
  /// Of `rows` x `channels` accumulators; there is a multiplier for each channel. T is int8_t or int16_t.
  template <typename T> void apply(const int32_t *accumulators, int64_t rows, int64_t channels, T *out) const {
    if (stage.shift >= 32)
      return requantizeRows(accumulators, rows, channels, multipliers.data(), stage, out);
    for (int64_t i = 0; i < rows * channels; ++i)
      out[i] = static_cast<T>((*this)(accumulators[i], i % channels));
  }
};

/// Calls `f` with a value of the C++ type that holds elements of `elementType`; false for an element type that no
/// host tensor holds.
template <typename F> bool dispatchElement(mlir::Type elementType, F &&f) {
  if (elementType.isF32())
    return f(float()), true;
  auto quantized = llvm::dyn_cast<mlir::quant::QuantizedType>(elementType);
  auto integer = llvm::dyn_cast<mlir::IntegerType>(elementType);
  if (!quantized && !integer)
    return false;
  unsigned width = quantized ? quantized.getStorageTypeIntegralWidth() : integer.getWidth();
  bool isSigned = quantized ? quantized.isSigned() : integer.isSignless() && width > 1; // i1 is a byte, 0 or 1
  if (width <= 8)
    return isSigned ? f(int8_t()) : f(uint8_t()), true;
  if (width <= 16)
    return isSigned ? f(int16_t()) : f(uint16_t()), true;
  if (width <= 32)
    return isSigned ? f(int32_t()) : f(uint32_t()), true;
  return isSigned ? f(int64_t()) : f(uint64_t()), true;
}

/// Scale and zero point of each element of a tensor in row-major order: channel = (index / inner) % scales.size().
struct ElementScales {
  llvm::SmallVector<double> scales;
  llvm::SmallVector<int64_t> zeroPoints;
  int64_t inner = 1;

  explicit ElementScales(mlir::RankedTensorType type);
  int64_t channel(int64_t index) const { return scales.size() == 1 ? 0 : index / inner % scales.size(); }
};

} // namespace tinyc::nn

#endif // TINYC_COMPILER_INTERPRETER_KERNELS_H
