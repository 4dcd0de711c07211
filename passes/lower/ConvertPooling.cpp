// nn -> kernel: pooling, resize and softmax.
#include "dialects/nn/QuantizedArithmetic.h"
#include "passes/lower/KernelBuilder.h"

#include <limits>

using namespace mlir;

namespace tinyc::lower {

template <typename Op> static kernel::WindowAttr makeWindow(Op op) {
  auto at = [](ArrayRef<int64_t> values, unsigned i) { return static_cast<int32_t>(values[i]); };
  return kernel::WindowAttr::get(op.getContext(), at(op.getKernel(), 0), at(op.getKernel(), 1), at(op.getStrides(), 0),
                                 at(op.getStrides(), 1), at(op.getDilations(), 0), at(op.getDilations(), 1),
                                 at(op.getPads(), 0), at(op.getPads(), 1));
}

// Calls `create` with the input and output buffers of each sample.
template <typename Op>
static void forEachSample(Op op, KernelBuilder &builder, llvm::function_ref<void(Value, Value)> create) {
  RankedTensorType input = op.getInput().getType(), output = op.getOutput().getType();
  Value from = builder.getBuffer(op.getInput(), op), to = builder.createBuffer(cast<OpResult>(op.getOutput()));
  SmallVector<int64_t> inputSample(input.getShape()), outputSample(output.getShape());
  inputSample[0] = outputSample[0] = 1;
  for (int64_t n = 0; n < input.getDimSize(0); ++n) {
    Value sample = builder.slice(op.getLoc(), from, n, inputSample);
    create(sample, builder.slice(op.getLoc(), to, n, outputSample));
  }
}

LogicalResult convertAvgPool(nn::AvgPoolOp op, KernelBuilder &builder) {
  Value multipliers;
  int32_t shift = 0, zeroPoint = 0;
  int64_t firstCount = 1;
  if (quant::UniformQuantizedType input = nn::getPerTensor(op.getInput().getType())) {
    int64_t area = op.getKernel()[0] * op.getKernel()[1], greatest = nn::isInt16Activation(input) ? 32767 : 256;
    if (area > std::numeric_limits<int32_t>::max() / greatest)
      return op.emitOpError("has an accumulator of ") << area << " elements that can leave 32 bits";
    nn::AvgPoolRequantization average = nn::computeAvgPoolRequantization(op);
    multipliers = builder.createConstant(op.getLoc(), average.requantization.multipliers, "multipliers");
    shift = average.requantization.shift;
    firstCount = average.firstCount;
    zeroPoint = static_cast<int32_t>(input.getZeroPoint());
  }
  Attribute stage = makeStage(cast<nn::FusedActivationOpInterface>(op.getOperation()), shift);
  forEachSample(op, builder, [&](Value from, Value to) {
    kernel::AvgPoolOp::create(builder, op.getLoc(), from, multipliers, to, /*scratch=*/Value(), makeWindow(op),
                              op.getIncludePad(), static_cast<uint32_t>(firstCount), static_cast<uint32_t>(zeroPoint),
                              stage, FlatSymbolRefAttr());
  });
  return success();
}

LogicalResult convertMaxPool(nn::MaxPoolOp op, KernelBuilder &builder) {
  Attribute stage = makeStage(cast<nn::FusedActivationOpInterface>(op.getOperation()));
  forEachSample(op, builder, [&](Value from, Value to) {
    kernel::MaxPoolOp::create(builder, op.getLoc(), from, to, /*scratch=*/Value(), makeWindow(op), stage,
                              FlatSymbolRefAttr());
  });
  return success();
}

LogicalResult convertResize(nn::ResizeOp op, KernelBuilder &builder) {
  // A constant of rank 1, rows first.
  auto makeConstant = [&](Type element, auto values, StringRef suffix) {
    auto type = RankedTensorType::get({static_cast<int64_t>(values.size())}, element);
    return builder.createConstant(op.getLoc(), DenseElementsAttr::get(type, ArrayRef(values)), suffix);
  };
  SmallVector<uint16_t> indices;
  for (int64_t index : llvm::concat<const int64_t>(op.getRows(), op.getColumns()))
    indices.push_back(static_cast<uint16_t>(index));
  Value table = makeConstant(builder.getIntegerType(16, /*isSigned=*/false), indices, "indices"), weights;
  quant::UniformQuantizedType type = nn::getPerTensor(op.getInput().getType());
  if (op.getRowWeights() && type) {
    SmallVector<int16_t> integers = nn::quantizeResizeWeights(*op.getRowWeights(), op.getRowTaps());
    llvm::append_range(integers, nn::quantizeResizeWeights(*op.getColumnWeights(), op.getColumnTaps()));
    weights = makeConstant(builder.getI16Type(), integers, "weights");
  } else if (op.getRowWeights()) {
    SmallVector<float> reals(*op.getRowWeights());
    llvm::append_range(reals, *op.getColumnWeights());
    weights = makeConstant(builder.getF32Type(), reals, "weights");
  }
  forEachSample(op, builder, [&](Value from, Value to) {
    kernel::ResizeOp::create(builder, op.getLoc(), from, table, weights, to, /*scratch=*/Value(),
                             static_cast<uint32_t>(op.getRowTaps()), static_cast<uint32_t>(op.getColumnTaps()),
                             static_cast<uint32_t>(type ? type.getZeroPoint() : 0), FlatSymbolRefAttr());
  });
  return success();
}

LogicalResult convertSoftmax(Operation *op, KernelBuilder &builder) {
  bool logarithm = isa<nn::LogSoftmaxOp>(op);
  Value exponentials;
  nn::SoftmaxConstants constants = {};
  int32_t zeroPoint = 0;
  quant::UniformQuantizedType input = nn::getPerTensor(op->getOperand(0).getType()),
                              output = nn::getPerTensor(op->getResult(0).getType());
  if (output) {
    int64_t length = cast<RankedTensorType>(op->getOperand(0).getType()).getShape().back();
    if (length > 65536)
      return op->emitOpError("expects at most 65536 elements in integer form, got ") << length;
    constants = nn::computeSoftmax(input, output, logarithm);
    ArrayRef<uint16_t> table = constants.exponentials;
    auto type = RankedTensorType::get({static_cast<int64_t>(table.size())}, builder.getIntegerType(16, /*isSigned=*/false));
    exponentials = builder.createConstant(op->getLoc(), DenseElementsAttr::get(type, table), "exponentials");
    zeroPoint = static_cast<int32_t>(output.getZeroPoint());
  }
  Value from = builder.getBuffer(op->getOperand(0), op), to = builder.createBuffer(op->getResult(0));
  auto create = [&]<typename Kernel>(Kernel *) {
    Kernel::create(builder, op->getLoc(), from, exponentials, to, /*scratch=*/Value(),
                   static_cast<uint32_t>(constants.inputMultiplier), static_cast<uint32_t>(constants.outputMultiplier),
                   static_cast<uint32_t>(constants.outputShift), static_cast<uint32_t>(zeroPoint), FlatSymbolRefAttr());
  };
  if (logarithm)
    create(static_cast<kernel::LogSoftmaxOp *>(nullptr));
  else
    create(static_cast<kernel::SoftmaxOp *>(nullptr));
  return success();
}

} // namespace tinyc::lower
