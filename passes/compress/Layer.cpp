#include "passes/compress/Layer.h"

using namespace mlir;

namespace tinyc::compress {

std::optional<Layer> Layer::get(Operation *op) {
  if (!isa<nn::Conv2DOp, nn::FullyConnectedOp>(op) || !isFloat(op->getResult(0)))
    return std::nullopt;
  std::optional<nn::HostTensor> weight = getStoredConstant(op->getOperand(1));
  if (!weight || !isFloat(op->getOperand(1)) || !op->getOperand(1).getDefiningOp<nn::ConstantOp>())
    return std::nullopt;
  Layer layer;
  layer.op = op;
  RankedTensorType type = weight->getType();
  layer.bias.assign(type.getDimSize(0), 0.0f);
  if (op->getNumOperands() > 2) {
    std::optional<nn::HostTensor> bias = getStoredConstant(op->getOperand(2));
    if (!bias || !op->getOperand(2).getDefiningOp<nn::ConstantOp>() || !isFloat(op->getOperand(2)))
      return std::nullopt;
    llvm::copy(bias->get<float>(), layer.bias.begin());
  }
  layer.weight = std::move(*weight);
  layer.depth = type.getNumElements() / type.getDimSize(0);
  auto in = cast<RankedTensorType>(op->getOperand(0).getType());
  auto out = cast<RankedTensorType>(op->getResult(0).getType());
  layer.inputChannels = in.getShape().back();
  layer.groupInputs = layer.inputChannels;
  layer.rows = out.getNumElements() / out.getShape().back();
  layer.outputs = type.getDimSize(0);
  auto conv = dyn_cast<nn::Conv2DOp>(op);
  if (!conv)
    return layer;
  layer.groups = conv.getGroups();
  layer.outputs /= layer.groups;
  layer.groupInputs /= layer.groups;
  for (int axis : {0, 1}) {
    layer.input[axis] = in.getDimSize(1 + axis);
    layer.output[axis] = out.getDimSize(1 + axis);
    layer.kernel[axis] = type.getDimSize(1 + axis);
    layer.strides[axis] = conv.getStrides()[axis];
    layer.dilations[axis] = conv.getDilations()[axis];
    layer.pads[axis] = conv.getPads()[axis];
  }
  return layer;
}

int64_t Layer::getInputChannel(int64_t channel, int64_t index) const {
  return channel / outputs * groupInputs + index % groupInputs;
}

void Layer::gather(const nn::HostTensor &tensor, int64_t group, int64_t row, float *patch) const {
  const float *values = tensor.get<float>().data();
  if (isa<nn::FullyConnectedOp>(op)) {
    std::copy_n(values + row * depth, depth, patch);
    return;
  }
  int64_t pixels = output[0] * output[1], position = row % pixels;
  const float *image = values + row / pixels * input[0] * input[1] * inputChannels + group * groupInputs;
  int64_t top = position / output[1] * strides[0] - pads[0], left = position % output[1] * strides[1] - pads[1];
  for (int64_t ky = 0; ky < kernel[0]; ++ky)
    for (int64_t kx = 0; kx < kernel[1]; ++kx, patch += groupInputs) {
      int64_t y = top + ky * dilations[0], x = left + kx * dilations[1];
      if (y >= 0 && y < input[0] && x >= 0 && x < input[1])
        std::copy_n(image + (y * input[1] + x) * inputChannels, groupInputs, patch);
      else
        std::fill_n(patch, groupInputs, 0.0f);
    }
}

void Layer::scatter(const float *patch, int64_t group, int64_t row, MutableArrayRef<float> sums) const {
  auto add = [&](int64_t first, int64_t count) {
    for (int64_t k = 0; k < count; ++k)
      sums[first + k] += patch[k];
  };
  if (isa<nn::FullyConnectedOp>(op)) {
    add(row * depth, depth);
    return;
  }
  int64_t pixels = output[0] * output[1], position = row % pixels;
  int64_t image = row / pixels * input[0] * input[1] * inputChannels + group * groupInputs;
  int64_t top = position / output[1] * strides[0] - pads[0], left = position % output[1] * strides[1] - pads[1];
  for (int64_t ky = 0; ky < kernel[0]; ++ky)
    for (int64_t kx = 0; kx < kernel[1]; ++kx, patch += groupInputs) {
      int64_t y = top + ky * dilations[0], x = left + kx * dilations[1];
      if (y >= 0 && y < input[0] && x >= 0 && x < input[1])
        add(image + (y * input[1] + x) * inputChannels, groupInputs);
    }
}

void Layer::store() {
  OpBuilder builder(op);
  Value old = op->getOperand(1);
  op->setOperand(1, nn::ConstantOp::create(builder, old.getLoc(), weight.getType(), weight.toElements()));
  if (old.use_empty())
    old.getDefiningOp()->erase();
  Operation *oldBias = op->getNumOperands() > 2 ? op->getOperand(2).getDefiningOp() : nullptr;
  if (!oldBias && llvm::all_of(bias, [](float value) { return value == 0.0f; }))
    return;
  nn::HostTensor values(RankedTensorType::get({getChannels()}, builder.getF32Type()));
  llvm::copy(bias, values.get<float>().begin());
  Value constant = nn::ConstantOp::create(builder, oldBias ? oldBias->getLoc() : op->getLoc(), values.getType(),
                                          values.toElements());
  if (oldBias)
    op->setOperand(2, constant);
  else
    op->insertOperands(2, constant);
  if (oldBias && oldBias->use_empty())
    oldBias->erase();
}

std::vector<std::pair<int64_t, int64_t>> spreadRows(int64_t samples, int64_t rows, int64_t count) {
  constexpr double kGolden = 0.6180339887498949; // fractions of its multiples are spread evenly: no row is preferred
  int64_t total = samples * rows;
  count = std::min(count, total);
  std::vector<std::pair<int64_t, int64_t>> chosen;
  for (int64_t i = 0; i < count; ++i) {
    double jitter = count == total ? 0.0 : std::fmod(static_cast<double>(i) * kGolden, 1.0);
    auto index = static_cast<int64_t>((static_cast<double>(i) + jitter) * static_cast<double>(total) /
                                      static_cast<double>(count));
    index = std::min(index, total - 1);
    chosen.push_back({index / rows, index % rows});
  }
  return chosen;
}

} // namespace tinyc::compress
