#include "passes/compress/Parameters.h"
#include "passes/compress/Passes.h"

#include "dialects/nn/QuantizedArithmetic.h"

#include <cmath>

using namespace mlir;

namespace tinyc::compress {

#define GEN_PASS_DEF_SHORTENPARAMETERSPASS
#include "passes/compress/Passes.h.inc"

namespace {

/// The scales of the weights of a layer, moved so that input scale * weight scale / result scale is a multiple of one power of two, by
/// which the least of them has `bits` bits.
SmallVector<double> shortenScales(ArrayRef<double> scales, double input, double result, int64_t bits) {
  double least = *llvm::min_element(scales) * input / result;
  double unit = std::ldexp(1.0, std::ilogb(least) + 1 - static_cast<int>(bits));
  SmallVector<double> shortened;
  for (double scale : scales)
    shortened.push_back(std::nearbyint(scale * input / result / unit) * unit * result / input);
  return shortened;
}

struct ShortenParametersPass : impl::ShortenParametersPassBase<ShortenParametersPass> {
  using ShortenParametersPassBase::ShortenParametersPassBase;

  void runOnOperation() override {
    if (multiplierBits < 2 || multiplierBits > 24) {
      getOperation().emitError("expects multipliers of 2 to 24 bits, got ") << multiplierBits.getValue();
      return signalPassFailure();
    }
    SmallVector<Operation *> layers;
    getOperation().walk([&](Operation *op) {
      if (isa<nn::Conv2DOp, nn::FullyConnectedOp>(op) && op->getNumOperands() > 2)
        layers.push_back(op);
    });
    for (Operation *op : layers)
      shorten(op);
  }

private:
  void shorten(Operation *op) const {
    auto isOwn = [](Value value) { return value.getDefiningOp<nn::ConstantOp>() && value.hasOneUse(); };
    quant::UniformQuantizedType input = nn::getPerTensor(op->getOperand(0).getType()),
                                result = nn::getPerTensor(op->getResult(0).getType());
    auto type = dyn_cast_if_present<quant::UniformQuantizedPerAxisType>(nn::getQuantizedElement(op->getOperand(1).getType()));
    if (!input || !result || !type || !isOwn(op->getOperand(1)) || !isOwn(op->getOperand(2)))
      return;
    nn::HostTensor weight = *getStoredConstant(op->getOperand(1)), bias = *getStoredConstant(op->getOperand(2));
    SmallVector<double> scales = shortenScales(type.getScales(), input.getScale(), result.getScale(), multiplierBits);
    auto shortType = quant::UniformQuantizedPerAxisType::get(
        type.getFlags(), type.getStorageType(), type.getExpressedType(), scales, type.getZeroPoints(),
        type.getQuantizedDimension(), type.getStorageTypeMin(), type.getStorageTypeMax());
    nn::HostTensor moved(RankedTensorType::get(weight.getType().getShape(), shortType));
    llvm::copy(weight.getBytes(), moved.getBytes().begin());

    // The kernels' bias has the input's zero point folded in. Its multiples of a sixteenth of a step of the result stay, which is
    // off by a thirty-second at the most.
    double greatest = *llvm::max_element(scales) * input.getScale() / result.getScale();
    double unit = std::exp2(std::max(0.0, std::floor(-std::log2(16.0 * greatest))));
    int64_t channels = bias.getNumElements(), depth = weight.getNumElements() / channels;
    SmallVector<double> reals;
    for (int64_t channel = 0; channel < channels; ++channel) {
      int64_t sum = 0;
      for (int8_t integer : weight.get<int8_t>().slice(channel * depth, depth))
        sum += integer;
      double folded = static_cast<double>(input.getZeroPoint() * sum), step = input.getScale() * scales[channel];
      double real = bias.get<int32_t>()[channel] * input.getScale() * type.getScales()[channel];
      reals.push_back((std::nearbyint((real / step - folded) / unit) * unit + folded) * step);
    }
    OpBuilder builder(op);
    int64_t channel = 0;
    FailureOr<Value> rounded =
        createBias(builder, op->getOperand(2).getLoc(), reals, input.getScale(), shortType, channel);
    if (failed(rounded))
      return; // a bias at the end of its range
    Value constant =
        nn::ConstantOp::create(builder, op->getOperand(1).getLoc(), moved.getType(), moved.toElements());
    Operation *before[] = {op->getOperand(1).getDefiningOp(), op->getOperand(2).getDefiningOp()};
    op->setOperand(1, constant);
    op->setOperand(2, *rounded);
    for (Operation *old : before)
      old->erase();
  }
};
} // namespace

} // namespace tinyc::compress
