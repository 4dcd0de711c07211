// add, sub, mul, the unary functions, and the changes of type.
#include "compiler/interpreter/Kernels.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace tinyc::nn {

namespace {

// A broadcast of two operands over the result: sizes and element strides, outermost first, the innermost contiguous in
// the result. Neighbouring dimensions that both operands walk alike are merged.
struct Broadcast {
  SmallVector<int64_t> sizes, lhsStrides, rhsStrides;

  Broadcast(RankedTensorType lhs, RankedTensorType rhs, RankedTensorType result) {
    int64_t lhsStride = 1, rhsStride = 1;
    for (int64_t axis = result.getRank() - 1; axis >= 0; --axis) {
      int64_t size = result.getDimSize(axis);
      int64_t left = lhs.getDimSize(axis) == 1 ? 0 : lhsStride, right = rhs.getDimSize(axis) == 1 ? 0 : rhsStride;
      lhsStride *= lhs.getDimSize(axis);
      rhsStride *= rhs.getDimSize(axis);
      if (size == 1)
        continue;
      if (!sizes.empty() && left == lhsStrides.back() * sizes.back() && right == rhsStrides.back() * sizes.back()) {
        sizes.back() *= size;
        continue;
      }
      sizes.push_back(size);
      lhsStrides.push_back(left);
      rhsStrides.push_back(right);
    }
    if (sizes.empty()) {
      sizes.push_back(1);
      lhsStrides.push_back(0);
      rhsStrides.push_back(0);
    }
    std::reverse(sizes.begin(), sizes.end());
    std::reverse(lhsStrides.begin(), lhsStrides.end());
    std::reverse(rhsStrides.begin(), rhsStrides.end());
  }

  // out[i] = f(lhs element, rhs element).
  template <typename T, typename F> void apply(const T *lhs, const T *rhs, T *out, F f) const {
    applyFrom(0, lhs, rhs, out, f);
  }

private:
  template <typename T, typename F> void applyFrom(size_t axis, const T *lhs, const T *rhs, T *&out, F f) const {
    int64_t size = sizes[axis], left = lhsStrides[axis], right = rhsStrides[axis];
    if (axis + 1 < sizes.size()) {
      for (int64_t i = 0; i < size; ++i)
        applyFrom(axis + 1, lhs + i * left, rhs + i * right, out, f);
      return;
    }
    // The innermost strides are 0 or 1; constants let the compiler use vectors.
    if (left == 1 && right == 1)
      for (int64_t i = 0; i < size; ++i)
        out[i] = f(lhs[i], rhs[i]);
    else
      for (int64_t i = 0; i < size; ++i)
        out[i] = f(lhs[i * left], rhs[i * right]);
    out += size;
  }
};

template <typename T, typename F> Kernel makeBinary(const Broadcast &broadcast, F f) {
  return Kernel([=](Operands operands, HostTensor &out) {
    broadcast.apply(operands[0]->get<T>().data(), operands[1]->get<T>().data(), out.get<T>().data(), f);
  });
}

template <typename F> Kernel makeUnary(F f) {
  return Kernel([=](Operands operands, HostTensor &out) {
    for (auto [value, x] : llvm::zip(out.get<float>(), operands[0]->get<float>()))
      value = f(x);
  });
}

} // namespace

FailureOr<Kernel> compileBinary(Operation *op) {
  auto type = [](Value value) { return cast<RankedTensorType>(value.getType()); };
  Broadcast broadcast(type(op->getOperand(0)), type(op->getOperand(1)), type(op->getResult(0)));
  auto fused = cast<FusedActivationOpInterface>(op);
  quant::UniformQuantizedType result = getPerTensor(op->getResult(0).getType());
  if (!result) {
    FloatClamp clamp(fused);
    if (isa<AddOp>(op))
      return makeBinary<float>(broadcast, [clamp](float a, float b) { return clamp(a + b); });
    if (isa<SubOp>(op))
      return makeBinary<float>(broadcast, [clamp](float a, float b) { return clamp(a - b); });
    return makeBinary<float>(broadcast, [clamp](float a, float b) { return clamp(a * b); });
  }
  for (Value value : {op->getOperand(0), op->getOperand(1), Value(op->getResult(0))})
    if (failed(expectInteger(op, value.getType())))
      return failure();
  quant::UniformQuantizedType lhs = getPerTensor(op->getOperand(0).getType());
  quant::UniformQuantizedType rhs = getPerTensor(op->getOperand(1).getType());
  if (isa<MulOp>(op)) {
    OutputStage stage(computeConvolutionRequantization(lhs, rhs, result, 1), result, fused);
    int32_t lhsZeroPoint = static_cast<int32_t>(lhs.getZeroPoint());
    int32_t rhsZeroPoint = static_cast<int32_t>(rhs.getZeroPoint());
    return dispatchInteger(op->getResult(0).getType(), [&](auto zero) {
      using T = decltype(zero);
      return makeBinary<T>(broadcast, [stage, lhsZeroPoint, rhsZeroPoint](T a, T b) {
        return static_cast<T>(stage((a - lhsZeroPoint) * (b - rhsZeroPoint)));
      });
    });
  }
  AddConstants constants = computeAdd(lhs, rhs, result, isa<SubOp>(op));
  tinyc_elementwise_s8_params params = {};
  params.lhs_multiplier = constants.lhsMultiplier;
  params.rhs_multiplier = constants.rhsMultiplier;
  params.offset = constants.offset;
  params.output.shift = constants.shift;
  std::tie(params.output.clamp_min, params.output.clamp_max) =
      computeClamp(result, fused.getLowerBound(), fused.getUpperBound());
  if (isInt16Activation(result))
    return makeBinary<int16_t>(broadcast, [params](int16_t a, int16_t b) { return tinyc_add_stage_s16(a, b, &params); });
  return makeBinary<int8_t>(broadcast, [params](int8_t a, int8_t b) { return tinyc_add_stage_s8(a, b, &params); });
}

// In integer form of 16 bits: an output stage, or straight lines.
static Kernel compileUnary16(Operation *op) {
  if (std::optional<AffineFunction> affine = computeAffine(op)) {
    OutputStage stage;
    stage.stage = {affine->offset, affine->clampMin, affine->clampMax, affine->requantization.shift, 0};
    stage.multipliers = affine->requantization.multipliers;
    return Kernel([stage = std::move(stage)](Operands operands, HostTensor &out) {
      for (auto [value, q] : llvm::zip(out.get<int16_t>(), operands[0]->get<int16_t>()))
        value = static_cast<int16_t>(stage(q));
    });
  }
  return Kernel([table = computeTable16(op)](Operands operands, HostTensor &out) {
    for (auto [value, q] : llvm::zip(out.get<int16_t>(), operands[0]->get<int16_t>()))
      value = tinyc_interpolate_s16(q, table.data());
  });
}

FailureOr<Kernel> compileUnary(Operation *op) {
  if (getQuantizedElement(op->getResult(0).getType())) {
    if (failed(expectInteger(op, op->getOperand(0).getType())) || failed(expectInteger(op, op->getResult(0).getType())))
      return failure();
    if (isInt16Activation(getPerTensor(op->getResult(0).getType())))
      return compileUnary16(op);
    return Kernel([table = computeTable(op)](Operands operands, HostTensor &out) {
      for (auto [value, q] : llvm::zip(out.get<int8_t>(), operands[0]->get<int8_t>()))
        value = table[static_cast<uint8_t>(q)];
    });
  }
  return llvm::TypeSwitch<Operation *, FailureOr<Kernel>>(op)
      .Case([](ClampOp clamp) {
        FloatClamp bounds;
        if (auto min = clamp.getMin())
          bounds.low = min->convertToFloat();
        if (auto max = clamp.getMax())
          bounds.high = max->convertToFloat();
        return makeUnary(bounds);
      })
      .Case([](LeakyReluOp leaky) {
        float alpha = leaky.getAlpha().convertToFloat();
        return makeUnary([alpha](float x) { return x < 0.0f ? alpha * x : x; });
      })
      .Case([](SigmoidOp) { return makeUnary([](float x) { return tinyc_logistic_f32(x); }); })
      .Case([](HardSigmoidOp hard) {
        float alpha = hard.getAlpha().convertToFloat(), beta = hard.getBeta().convertToFloat();
        return makeUnary([alpha, beta](float x) { return tinyc_limit_f32(alpha * x + beta, 0.0f, 1.0f); });
      })
      .Case([](HardSwishOp) {
        return makeUnary([](float x) { return x * tinyc_limit_f32(1.0f / 6.0f * x + 0.5f, 0.0f, 1.0f); });
      })
      .Default([](Operation *other) -> FailureOr<Kernel> { return other->emitOpError("has no reference semantics"); });
}

FailureOr<Kernel> compileRequantize(RequantizeOp op) {
  if (failed(expectInteger(op, op.getInput().getType())) || failed(expectInteger(op, op.getOutput().getType())))
    return failure();
  quant::UniformQuantizedType input = getPerTensor(op.getInput().getType());
  quant::UniformQuantizedType result = getPerTensor(op.getOutput().getType());
  OutputStage stage(computeConvolutionRequantization(input, nullptr, result, 1), result);
  int32_t zeroPoint = static_cast<int32_t>(input.getZeroPoint());
  return dispatchInteger(op.getInput().getType(), [&](auto from) {
    return dispatchInteger(op.getOutput().getType(), [&](auto to) -> FailureOr<Kernel> {
      using From = decltype(from);
      using To = decltype(to);
      return Kernel([stage, zeroPoint](Operands operands, HostTensor &out) {
        for (auto [value, q] : llvm::zip(out.get<To>(), operands[0]->get<From>()))
          value = static_cast<To>(stage(q - zeroPoint));
      });
    });
  });
}

FailureOr<Kernel> compileQuantize(quant::QuantizeCastOp op) {
  auto type = cast<RankedTensorType>(op.getResult().getType());
  quant::UniformQuantizedType perTensor = getPerTensor(type);
  if (perTensor && perTensor.isSigned() && perTensor.getStorageTypeIntegralWidth() == 8 &&
      perTensor.getStorageTypeMin() == -128 && perTensor.getStorageTypeMax() == 127) {
    float inverseScale = computeInverseScale(perTensor);
    int32_t zeroPoint = static_cast<int32_t>(perTensor.getZeroPoint());
    return Kernel([=](Operands operands, HostTensor &out) {
      for (auto [value, x] : llvm::zip(out.get<int8_t>(), operands[0]->get<float>()))
        value = tinyc_quantize_value_s8(x, inverseScale, zeroPoint);
    });
  }
  if (perTensor && isInt16Activation(perTensor)) {
    float inverseScale = computeInverseScale(perTensor);
    return Kernel([=](Operands operands, HostTensor &out) {
      for (auto [value, x] : llvm::zip(out.get<int16_t>(), operands[0]->get<float>()))
        value = tinyc_quantize_value_s16(x, inverseScale);
    });
  }
  quant::QuantizedType element = getQuantizedElement(type);
  return Kernel([element, scales = ElementScales(type)](Operands operands, HostTensor &out) {
    ArrayRef<float> input = operands[0]->get<float>();
    dispatchElement(element, [&](auto zero) {
      using T = decltype(zero);
      MutableArrayRef<T> values = out.get<T>();
      for (size_t i = 0; i < values.size(); ++i)
        values[i] = static_cast<T>(quantizeReal(input[i], element, scales.channel(i)));
    });
  });
}

FailureOr<Kernel> compileDequantize(quant::DequantizeCastOp op) {
  return Kernel(
      [](Operands operands, HostTensor &out) { llvm::copy(operands[0]->toReal(), out.get<float>().begin()); });
}

} // namespace tinyc::nn
