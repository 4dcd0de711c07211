#include "passes/compress/QDQCasts.h"

using namespace mlir;

namespace tinyc::compress {

using quant::DequantizeCastOp;
using quant::QuantizeCastOp;

/// True if `value` is a dequantized one, perhaps moved.
static bool isDequantized(Value value) {
  while (isa_and_nonnull<nn::TransposeOp, nn::ReshapeOp>(value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  return value.getDefiningOp<DequantizeCastOp>() != nullptr;
}

/// True if nothing but casts read `value`, perhaps moved and clamped on the way.
static bool isQuantizedLater(Value value) {
  return !value.use_empty() && llvm::all_of(value.getUsers(), [](Operation *user) {
    return isa<QuantizeCastOp>(user) ||
           (isa<nn::TransposeOp, nn::ReshapeOp, nn::ClampOp>(user) && isQuantizedLater(user->getResult(0)));
  });
}

/// A weight [C, 1, 1, 1] of one number for each channel, as 127 or -127 steps: exact but for the rounding of scales.
static Value createChannelWeight(RewriterBase &rewriter, Location location, ArrayRef<double> numbers) {
  SmallVector<double> scales;
  for (double number : numbers) {
    const double scale = static_cast<double>(static_cast<float>(std::abs(number) / 127.0));
    scales.push_back(std::isnormal(static_cast<float>(scale)) ? scale : 1.0);
  }
  nn::HostTensor floats(RankedTensorType::get({static_cast<int64_t>(numbers.size()), 1, 1, 1}, rewriter.getF32Type()));
  llvm::copy(numbers, floats.get<float>().begin());
  Value stored = createWeight(rewriter, location, floats, scales);
  return DequantizeCastOp::create(rewriter, location, floats.getType(), stored);
}

static void convert(nn::BatchNormOp norm, RewriterBase &rewriter) {
  const double epsilon = norm.getEpsilon().convertToDouble();
  std::optional<nn::HostTensor> parameters[4];
  for (unsigned index = 0; index < 4; ++index)
    if (!(parameters[index] = getRealConstant(norm->getOperand(index + 1))))
      return;
  auto type = cast<RankedTensorType>(norm.getOutput().getType());
  const int64_t channels = type.getShape().back();
  SmallVector<double> scale;
  nn::HostTensor bias(RankedTensorType::get({channels}, rewriter.getF32Type()));
  for (int64_t channel = 0; channel < channels; ++channel) {
    auto get = [&](unsigned index) { return static_cast<double>(parameters[index]->get<float>()[channel]); };
    scale.push_back(get(0) / std::sqrt(get(3) + epsilon));
    bias.get<float>()[channel] = static_cast<float>(get(1) - get(2) * scale.back());
    if (!std::isfinite(static_cast<float>(scale.back())) || !std::isfinite(bias.get<float>()[channel]))
      return;
  }
  rewriter.setInsertionPoint(norm);
  Location location = norm.getLoc();
  const int64_t ones[] = {1, 1}, pads[] = {0, 0, 0, 0};
  RankedTensorType flat = type.clone({1, 1, type.getNumElements() / channels, channels});
  RankedTensorType inner = type.getRank() == 4 ? type : flat;
  auto reshape = [&](Value value, RankedTensorType to) {
    return value.getType() == to ? value : nn::ReshapeOp::create(rewriter, location, to, value).getResult();
  };
  Value weight = createChannelWeight(rewriter, location, scale);
  Value offset = nn::ConstantOp::create(rewriter, location, bias.getType(), bias.toElements());
  Value result = nn::Conv2DOp::create(rewriter, location, inner, reshape(norm.getInput(), inner), weight, offset, ones,
                                      pads, ones, static_cast<uint64_t>(channels), FloatAttr(), FloatAttr());
  rewriter.replaceOp(norm, reshape(result, type));
}

void convertBatchNorms(Block &block, RewriterBase &rewriter) {
  for (Operation &op : llvm::make_early_inc_range(block))
    if (auto norm = dyn_cast<nn::BatchNormOp>(op))
      if (isDequantized(norm.getInput()) && isQuantizedLater(norm.getOutput()))
        convert(norm, rewriter);
}

} // namespace tinyc::compress
