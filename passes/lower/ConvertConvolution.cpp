// nn -> kernel: convolutions and products.
#include "dialects/nn/QuantizedArithmetic.h"
#include "passes/lower/KernelBuilder.h"

using namespace mlir;

namespace tinyc::lower {

// The constants of a weighted op beside its activations.
struct Weighted {
  Value weights, bias, multipliers;
  Attribute stage;
};

// The bias with the input zero point folded in; fails where an accumulator could leave 32 bits.
static FailureOr<SmallVector<int32_t>> makeBias(Operation *op, DenseElementsAttr weight, DenseElementsAttr bias,
                                                quant::UniformQuantizedType input) {
  int64_t overflow = 0;
  FailureOr<SmallVector<int32_t>> folded = nn::foldInputZeroPoint(
      weight, bias, static_cast<int32_t>(input.getZeroPoint()), &overflow, nn::getGreatestActivation(input));
  if (failed(folded))
    return op->emitOpError("has an accumulator that can leave 32 bits in output channel ") << overflow;
  return folded;
}

// The same for a kernel that subtracts the zero point from each element, because not every weight meets one: the bias
// alone.
static FailureOr<SmallVector<int32_t>> makePlainBias(Operation *op, DenseElementsAttr weight, DenseElementsAttr bias) {
  SmallVector<int64_t> most(weight.getType().getDimSize(0), 0);
  SmallVector<int32_t> plain(most.size(), 0);
  if (bias)
    for (auto [o, value] : llvm::enumerate(bias.getValues<APInt>()))
      plain[o] = static_cast<int32_t>(value.getSExtValue());
  for (auto [i, value] : llvm::enumerate(weight.getValues<APInt>()))
    most[i / (weight.getNumElements() / most.size())] += 255 * std::abs(value.getSExtValue());
  for (auto [o, magnitude] : llvm::enumerate(most))
    if (magnitude + std::abs(static_cast<int64_t>(plain[o])) > std::numeric_limits<int32_t>::max())
      return op->emitOpError("has an accumulator that can leave 32 bits in output channel ") << o;
  return plain;
}

template <typename Op> static FailureOr<Weighted> makeWeighted(Op op, KernelBuilder &builder) {
  auto result = cast<RankedTensorType>(op.getOutput().getType());
  DenseElementsAttr weight = builder.getConstantValue(op.getWeight()), bias = builder.getConstantValue(op.getBias());
  auto clamped = cast<nn::FusedActivationOpInterface>(op.getOperation());
  quant::UniformQuantizedType output = nn::getPerTensor(result);
  if (!output) {
    Weighted weighted;
    weighted.weights =
        weight ? builder.createConstant(op.getLoc(), weight, "weights") : builder.getBuffer(op.getWeight(), op);
    if (op.getBias())
      weighted.bias = bias ? builder.createConstant(op.getLoc(), bias, "bias") : builder.getBuffer(op.getBias(), op);
    weighted.stage = makeStage(clamped);
    return weighted;
  }
  if (!weight || (op.getBias() && !bias))
    return op.emitOpError("expects constant weights and bias in integer form");
  if (!llvm::is_contained({8u, 4u, 2u}, weight.getElementType().getIntOrFloatBitWidth()))
    return op.emitOpError("expects weights stored in 8, 4 or 2 bits, got ") << weight.getElementType();
  quant::UniformQuantizedType input = nn::getPerTensor(op.getInput().getType());
  int64_t channels = weight.getType().getDimSize(0);
  FailureOr<SmallVector<int32_t>> folded = isa<nn::ConvTranspose2DOp>(op.getOperation())
                                               ? makePlainBias(op, weight, bias)
                                               : makeBias(op, weight, bias, input);
  if (failed(folded))
    return failure();
  nn::Requantization requantization =
      nn::computeConvolutionRequantization(input, nn::getQuantizedElement(op.getWeight().getType()), output, channels);
  if (llvm::all_equal(requantization.multipliers))
    requantization.multipliers.truncate(1);
  bool perChannel = requantization.multipliers.size() > 1;
  return Weighted{builder.createConstant(op.getLoc(), weight, "weights"),
                  builder.createConstant(op.getLoc(), *folded, "bias"),
                  builder.createConstant(op.getLoc(), requantization.multipliers, "multipliers"),
                  makeStage(clamped, requantization.shift, perChannel)};
}

static int32_t getZeroPoint(Value tensor) {
  quant::UniformQuantizedType type = nn::getPerTensor(tensor.getType());
  return type ? static_cast<int32_t>(type.getZeroPoint()) : 0;
}

// The window of a convolution or transposed convolution; null with an error at the op.
template <typename Op> static kernel::WindowAttr makeWindow(Op op) {
  ArrayRef<int64_t> weight = op.getWeight().getType().getShape();
  auto narrow = [](int64_t size) { return static_cast<int32_t>(size); };
  return kernel::WindowAttr::getChecked([&] { return op.emitOpError(); }, op.getContext(), narrow(weight[1]),
                                        narrow(weight[2]), narrow(op.getStrides()[0]), narrow(op.getStrides()[1]),
                                        narrow(op.getDilations()[0]), narrow(op.getDilations()[1]),
                                        narrow(op.getPads()[0]), narrow(op.getPads()[1]));
}

// A kernel for each sample.
template <typename Kernel, typename Op> static LogicalResult createConvolution(Op op, KernelBuilder &builder) {
  RankedTensorType input = op.getInput().getType(), output = op.getOutput().getType();
  FailureOr<Weighted> weighted = makeWeighted(op, builder);
  if (failed(weighted))
    return failure();
  kernel::WindowAttr window = makeWindow(op);
  Value from = builder.getBuffer(op.getInput(), op), to = builder.createBuffer(cast<OpResult>(op.getOutput()));
  SmallVector<int64_t> inputSample(input.getShape()), outputSample(output.getShape());
  inputSample[0] = outputSample[0] = 1;
  for (int64_t n = 0; n < input.getDimSize(0); ++n) {
    Value sample = builder.slice(op.getLoc(), from, n, inputSample);
    Value result = builder.slice(op.getLoc(), to, n, outputSample);
    Kernel::create(builder, op.getLoc(), sample, weighted->weights, weighted->bias, weighted->multipliers, result,
                   /*scratch=*/Value(), window, static_cast<uint32_t>(op.getGroups()),
                   static_cast<uint32_t>(getZeroPoint(op.getInput())), weighted->stage, FlatSymbolRefAttr());
  }
  return success();
}

LogicalResult convertConvolution(nn::Conv2DOp op, KernelBuilder &builder) {
  if (!op.isDepthwise())
    return createConvolution<kernel::Conv2DOp>(op, builder);
  if (!builder.getConstantValue(op.getWeight()))
    return op.emitOpError("expects constant weights in depthwise form");
  return createConvolution<kernel::DepthwiseConv2DOp>(op, builder);
}

LogicalResult convertConvTranspose(nn::ConvTranspose2DOp op, KernelBuilder &builder) {
  return createConvolution<kernel::ConvTranspose2DOp>(op, builder);
}

LogicalResult convertFullyConnected(nn::FullyConnectedOp op, KernelBuilder &builder) {
  FailureOr<Weighted> weighted = makeWeighted(op, builder);
  if (failed(weighted))
    return failure();
  Value from = builder.getBuffer(op.getInput(), op), to = builder.createBuffer(cast<OpResult>(op.getOutput()));
  kernel::FullyConnectedOp::create(builder, op.getLoc(), from, weighted->weights, weighted->bias, weighted->multipliers,
                                   to, /*scratch=*/Value(), weighted->stage, FlatSymbolRefAttr());
  return success();
}

LogicalResult convertMatMul(nn::MatMulOp op, KernelBuilder &builder) {
  auto lhs = cast<RankedTensorType>(op.getLhs().getType()), rhs = cast<RankedTensorType>(op.getRhs().getType());
  auto output = cast<RankedTensorType>(op.getOutput().getType());
  Value multipliers;
  int32_t shift = 0;
  if (quant::UniformQuantizedType type = nn::getPerTensor(output)) {
    nn::Requantization requantization =
        nn::computeConvolutionRequantization(nn::getPerTensor(lhs), nn::getPerTensor(rhs), type, /*channels=*/1);
    multipliers = builder.createConstant(op.getLoc(), requantization.multipliers, "multipliers");
    shift = requantization.shift;
  }
  Attribute stage = makeStage(cast<nn::FusedActivationOpInterface>(op.getOperation()), shift);
  Value left = builder.getBuffer(op.getLhs(), op), right = builder.getBuffer(op.getRhs(), op);
  Value to = builder.createBuffer(cast<OpResult>(op.getOutput()));
  int64_t batch = ShapedType::getNumElements(output.getShape().drop_back(2));
  for (int64_t n = 0; n < batch; ++n) {
    Value leftSample = builder.slice(op.getLoc(), left, n, lhs.getShape().take_back(2));
    Value rightSample = builder.slice(op.getLoc(), right, n, rhs.getShape().take_back(2));
    Value result = builder.slice(op.getLoc(), to, n, output.getShape().take_back(2));
    kernel::MatMulOp::create(builder, op.getLoc(), leftSample, rightSample, multipliers, result, /*scratch=*/Value(),
                             static_cast<uint32_t>(getZeroPoint(op.getLhs())),
                             static_cast<uint32_t>(getZeroPoint(op.getRhs())), stage, FlatSymbolRefAttr());
  }
  return success();
}

} // namespace tinyc::lower
