#include "passes/compress/ScoreGradients.h"

#include "passes/compress/DenseMath.h"

using namespace mlir;

namespace tinyc::compress {

static Value skipSoftmax(Value value) {
  Value scores = value;
  while (Operation *op = scores.getDefiningOp<nn::ReshapeOp>())
    scores = op->getOperand(0);
  Operation *op = scores.getDefiningOp();
  return isa_and_present<nn::SoftmaxOp, nn::LogSoftmaxOp>(op) ? op->getOperand(0) : value;
}

static bool isDifferentiable(Operation *op) {
  if (isa<nn::ReshapeOp>(op))
    return true;
  if (isa<nn::AddOp>(op))
    return op->getOperand(0).getType() == op->getOperand(1).getType();
  auto pool = dyn_cast<nn::AvgPoolOp>(op);
  return pool && llvm::all_of(pool.getPads(), [](int64_t pad) { return pad == 0; });
}

std::optional<ScoreGradients> ScoreGradients::create(func::FuncOp function) {
  ScoreGradients gradients;
  DenseMap<Value, unsigned> numbers;
  auto addValue = [&](Value value) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type || !type.getElementType().isF32())
      return false;
    numbers[value] = static_cast<unsigned>(gradients.types.size());
    gradients.types.push_back(type);
    return true;
  };
  for (Value argument : function.getArguments())
    if (!addValue(argument))
      return std::nullopt;
  gradients.arguments = function.getNumArguments();
  Operation *terminator = function.getBody().front().getTerminator();
  SmallVector<Value> scores(llvm::map_range(terminator->getOperands(), skipSoftmax));
  for (Operation &op : function.getBody().front().without_terminator()) {
    if (op.hasTrait<OpTrait::ConstantLike>() || isa<nn::SoftmaxOp, nn::LogSoftmaxOp>(op))
      continue;
    if (llvm::any_of(op.getOperands(), [](Value operand) { return operand.getDefiningOp<nn::SoftmaxOp>(); }))
      continue; // a reshape of the probabilities; as a result it is missing below
    Step step;
    step.op = &op;
    std::optional<Layer> layer = Layer::get(&op);
    if (layer && !op.getOperand(1).hasOneUse())
      return std::nullopt;
    if (!layer && !isDifferentiable(&op))
      return std::nullopt;
    for (Value operand : op.getOperands().take_front(layer ? 1 : op.getNumOperands())) {
      auto number = numbers.find(operand);
      if (number == numbers.end())
        return std::nullopt;
      step.operands.push_back(number->second);
    }
    if (!addValue(op.getResult(0)))
      return std::nullopt;
    step.result = static_cast<unsigned>(gradients.types.size()) - 1;
    if (auto fused = dyn_cast<nn::FusedActivationOpInterface>(op)) {
      step.lower = fused.getLowerBound();
      step.upper = fused.getUpperBound();
    }
    if (layer) {
      step.layer = static_cast<int>(gradients.layers.size());
      gradients.parameters.arrays.push_back(std::as_const(*layer).weight.get<float>().vec());
      gradients.parameters.arrays.push_back(layer->bias);
      gradients.layers.push_back(std::move(*layer));
    }
    gradients.steps.push_back(std::move(step));
  }
  for (Value value : scores) {
    auto number = numbers.find(value);
    if (number == numbers.end())
      return std::nullopt;
    gradients.results.push_back(number->second);
  }
  return gradients;
}

ScoreGradients::Parameters ScoreGradients::makeZeros() const {
  Parameters zeros;
  for (const std::vector<float> &array : parameters.arrays)
    zeros.arrays.emplace_back(array.size(), 0.0f);
  return zeros;
}

void ScoreGradients::store() {
  for (auto [number, layer] : llvm::enumerate(layers)) {
    llvm::copy(parameters.arrays[2 * number], layer.weight.get<float>().begin());
    layer.bias = parameters.arrays[2 * number + 1];
    layer.store();
  }
}

void ScoreGradients::clamp(const Step &step, MutableArrayRef<float> values) const {
  for (float &value : values) {
    if (step.lower)
      value = std::max(value, *step.lower);
    if (step.upper)
      value = std::min(value, *step.upper);
  }
}

void ScoreGradients::runLayer(const Step &step, Values &values) const {
  const Layer &layer = layers[step.layer];
  const std::vector<float> &weights = parameters.arrays[2 * step.layer], &bias = parameters.arrays[2 * step.layer + 1];
  MutableArrayRef<float> results = values[step.result].get<float>();
  int64_t channels = layer.getChannels(), depth = layer.depth, outputs = layer.outputs;
  std::vector<float> patches(layer.rows * depth), transposed(depth * outputs);
  for (int64_t row = 0; row < layer.rows; ++row)
    llvm::copy(bias, results.begin() + row * channels);
  for (int64_t group = 0; group < layer.groups; ++group) {
    for (int64_t row = 0; row < layer.rows; ++row)
      layer.gather(values[step.operands[0]], group, row, patches.data() + row * depth);
    for (int64_t output = 0; output < outputs; ++output)
      for (int64_t k = 0; k < depth; ++k)
        transposed[k * outputs + output] = weights[(group * outputs + output) * depth + k];
    multiplyAdd(patches.data(), depth, 1, transposed.data(), outputs, results.data() + group * outputs, channels,
                layer.rows, outputs, depth);
  }
}

void ScoreGradients::runOther(const Step &step, Values &values) const {
  ArrayRef<float> first = std::as_const(values[step.operands[0]]).get<float>();
  MutableArrayRef<float> results = values[step.result].get<float>();
  if (isa<nn::AddOp>(step.op)) {
    ArrayRef<float> second = std::as_const(values[step.operands[1]]).get<float>();
    for (size_t i = 0; i < results.size(); ++i)
      results[i] = first[i] + second[i];
  } else if (isa<nn::ReshapeOp>(step.op)) {
    llvm::copy(first, results.begin());
  } else {
    SmallVector<const nn::HostTensor *> operands = {&values[step.operands[0]]};
    if (FailureOr<nn::HostTensor> result = nn::evaluate(step.op, operands); succeeded(result))
      values[step.result] = std::move(*result);
  }
}

ScoreGradients::Values ScoreGradients::runAll(const std::vector<nn::HostTensor> &inputs) const {
  Values values;
  for (auto [number, type] : llvm::enumerate(types))
    values.push_back(number < arguments ? inputs[number] : nn::HostTensor(type));
  for (const Step &step : steps) {
    if (step.layer >= 0)
      runLayer(step, values);
    else
      runOther(step, values);
    clamp(step, values[step.result].get<float>());
  }
  return values;
}

std::vector<float> ScoreGradients::run(const std::vector<nn::HostTensor> &inputs) const {
  Values values = runAll(inputs);
  std::vector<float> scores;
  for (unsigned result : results)
    llvm::append_range(scores, values[result].get<float>());
  return scores;
}

void ScoreGradients::accumulate(const std::vector<nn::HostTensor> &inputs, const std::vector<float> &wanted,
                                Parameters &gradient) const {
  Values values = runAll(inputs);
  std::vector<std::vector<float>> slopes; // of each value
  for (RankedTensorType type : types)
    slopes.emplace_back(type.getNumElements(), 0.0f);
  size_t next = 0;
  for (unsigned result : results)
    for (auto [slope, value] : llvm::zip_equal(slopes[result], values[result].get<float>()))
      slope += value - wanted[next++];
  for (const Step &step : llvm::reverse(steps)) {
    ArrayRef<float> outputs = std::as_const(values[step.result]).get<float>();
    for (auto [slope, value] : llvm::zip_equal(slopes[step.result], outputs))
      if ((step.lower && value <= *step.lower) || (step.upper && value >= *step.upper))
        slope = 0.0f;
    if (step.layer >= 0)
      passLayer(step, values, slopes, gradient);
    else
      passOther(step, values, slopes);
  }
}

void ScoreGradients::passLayer(const Step &step, const Values &values, std::vector<std::vector<float>> &slopes,
                               Parameters &gradient) const {
  const Layer &layer = layers[step.layer];
  const std::vector<float> &weights = parameters.arrays[2 * step.layer];
  std::vector<float> &weightSlopes = gradient.arrays[2 * step.layer], &biasSlopes = gradient.arrays[2 * step.layer + 1];
  const std::vector<float> &resultSlopes = slopes[step.result];
  int64_t channels = layer.getChannels(), depth = layer.depth, outputs = layer.outputs;
  for (int64_t row = 0; row < layer.rows; ++row)
    for (int64_t channel = 0; channel < channels; ++channel)
      biasSlopes[channel] += resultSlopes[row * channels + channel];
  bool isFirst = step.operands[0] < arguments;
  std::vector<float> patches(layer.rows * depth), patchSlopes;
  for (int64_t group = 0; group < layer.groups; ++group) {
    for (int64_t row = 0; row < layer.rows; ++row)
      layer.gather(values[step.operands[0]], group, row, patches.data() + row * depth);
    const float *from = resultSlopes.data() + group * outputs;
    multiplyAdd(from, 1, channels, patches.data(), depth, weightSlopes.data() + group * outputs * depth, depth, outputs,
                depth, layer.rows);
    if (isFirst)
      continue;
    patchSlopes.assign(layer.rows * depth, 0.0f);
    multiplyAdd(from, channels, 1, weights.data() + group * outputs * depth, depth, patchSlopes.data(), depth,
                layer.rows, depth, outputs);
    for (int64_t row = 0; row < layer.rows; ++row)
      layer.scatter(patchSlopes.data() + row * depth, group, row, slopes[step.operands[0]]);
  }
}

void ScoreGradients::passOther(const Step &step, const Values &values, std::vector<std::vector<float>> &slopes) const {
  const std::vector<float> &resultSlopes = slopes[step.result];
  auto pool = dyn_cast<nn::AvgPoolOp>(step.op);
  if (!pool) {
    for (unsigned operand : step.operands)
      addScaled(slopes[operand].data(), resultSlopes.data(), 1.0f, static_cast<int64_t>(resultSlopes.size()));
    return;
  }
  ArrayRef<int64_t> in = types[step.operands[0]].getShape(), out = types[step.result].getShape();
  ArrayRef<int64_t> kernel = pool.getKernel(), strides = pool.getStrides(), dilations = pool.getDilations();
  float share = 1.0f / static_cast<float>(kernel[0] * kernel[1]);
  for (int64_t pixel = 0; pixel < out[0] * out[1] * out[2]; ++pixel) {
    int64_t image = pixel / (out[1] * out[2]), y = pixel / out[2] % out[1], x = pixel % out[2];
    for (int64_t ky = 0; ky < kernel[0]; ++ky)
      for (int64_t kx = 0; kx < kernel[1]; ++kx) {
        int64_t row = y * strides[0] + ky * dilations[0], column = x * strides[1] + kx * dilations[1];
        addScaled(slopes[step.operands[0]].data() + ((image * in[1] + row) * in[2] + column) * in[3],
                  resultSlopes.data() + pixel * out[3], share, out[3]);
      }
  }
}

} // namespace tinyc::compress
