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
  int64_t channels = weight.getType().getDimSize(0), overflow = 0;
  FailureOr<SmallVector<int32_t>> folded =
      nn::foldInputZeroPoint(weight, bias, static_cast<int32_t>(input.getZeroPoint()), &overflow,
                             nn::getGreatestActivation(input));
  if (failed(folded))
    return op.emitOpError("has an accumulator that can leave 32 bits in output channel ") << overflow;
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

LogicalResult convertConvolution(nn::Conv2DOp op, KernelBuilder &builder) {
  RankedTensorType input = op.getInput().getType(), output = op.getOutput().getType(),
                   weight = op.getWeight().getType();
  if (op.isDepthwise() && !builder.getConstantValue(op.getWeight()))
    return op.emitOpError("expects constant weights in depthwise form");
  FailureOr<Weighted> weighted = makeWeighted(op, builder);
  if (failed(weighted))
    return failure();
  auto window = kernel::WindowAttr::getChecked(
      [&] { return op.emitOpError(); }, op.getContext(), static_cast<int32_t>(weight.getDimSize(1)),
      static_cast<int32_t>(weight.getDimSize(2)), static_cast<int32_t>(op.getStrides()[0]),
      static_cast<int32_t>(op.getStrides()[1]), static_cast<int32_t>(op.getDilations()[0]),
      static_cast<int32_t>(op.getDilations()[1]), static_cast<int32_t>(op.getPads()[0]),
      static_cast<int32_t>(op.getPads()[1]));
  Value from = builder.getBuffer(op.getInput(), op), to = builder.createBuffer(cast<OpResult>(op.getOutput()));
  SmallVector<int64_t> inputSample(input.getShape()), outputSample(output.getShape());
  inputSample[0] = outputSample[0] = 1;
  for (int64_t n = 0; n < input.getDimSize(0); ++n) {
    Value sample = builder.slice(op.getLoc(), from, n, inputSample);
    Value result = builder.slice(op.getLoc(), to, n, outputSample);
    auto create = [&]<typename Kernel>(Kernel *) {
      Kernel::create(builder, op.getLoc(), sample, weighted->weights, weighted->bias, weighted->multipliers, result,
                     /*scratch=*/Value(), window, static_cast<uint32_t>(op.getGroups()),
                     static_cast<uint32_t>(getZeroPoint(op.getInput())), weighted->stage, FlatSymbolRefAttr());
    };
    if (op.isDepthwise())
      create(static_cast<kernel::DepthwiseConv2DOp *>(nullptr));
    else
      create(static_cast<kernel::Conv2DOp *>(nullptr));
  }
  return success();
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
