#include "passes/compress/StepwiseRun.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Threading.h"

#include <random>

using namespace mlir;

namespace tinyc::compress {

bool StepwiseRun::isVariable(Value value) {
  Operation *op = value.getDefiningOp();
  return !op || llvm::any_of(op->getOperands(), isVariable);
}

StepwiseRun::StepwiseRun(func::FuncOp function, const CalibrationData &data, int64_t count) : count(count) {
  std::vector<std::vector<nn::HostTensor>> inputs(count);
  parallelFor(function.getContext(), 0, count, [&](size_t sample) { inputs[sample] = data.getInputs(sample); });
  for (BlockArgument argument : function.getArguments()) {
    Samples &samples = values[argument];
    for (std::vector<nn::HostTensor> &tensors : inputs)
      samples.push_back(std::move(tensors[argument.getArgNumber()]));
  }
}

ArrayRef<nn::HostTensor> StepwiseRun::get(Value value) const {
  auto found = values.find(value);
  return found == values.end() ? ArrayRef<nn::HostTensor>() : ArrayRef(found->second);
}

/// A copy of the constant `value` and of what it is computed from, at the builder's insertion point.
static void copyConstant(OpBuilder &builder, Value value, IRMapping &mapping) {
  if (mapping.contains(value))
    return;
  Operation *op = value.getDefiningOp();
  for (Value operand : op->getOperands())
    copyConstant(builder, operand, mapping);
  builder.clone(*op, mapping);
}

FailureOr<StepwiseRun::Samples> StepwiseRun::evaluate(Operation *op) const {
  SmallVector<Value> operands;
  for (Value operand : op->getOperands())
    if (isVariable(operand) && !llvm::is_contained(operands, operand))
      operands.push_back(operand);
  OpBuilder builder(op->getContext());
  auto type = FunctionType::get(op->getContext(), TypeRange(ValueRange(operands)), op->getResultTypes());
  OwningOpRef<func::FuncOp> function = func::FuncOp::create(op->getLoc(), "step", type);
  Block *block = function->addEntryBlock();
  builder.setInsertionPointToEnd(block);
  IRMapping mapping;
  mapping.map(ValueRange(operands), block->getArguments());
  for (Value operand : op->getOperands())
    copyConstant(builder, operand, mapping);
  Operation *copy = builder.clone(*op, mapping);
  func::ReturnOp::create(builder, op->getLoc(), copy->getResults());

  FailureOr<nn::Interpreter> interpreter = nn::Interpreter::create(*function);
  if (failed(interpreter))
    return failure();
  Samples results(count);
  auto getInputs = [&](int64_t sample) {
    std::vector<nn::HostTensor> inputs;
    for (Value operand : operands)
      inputs.push_back(get(operand)[sample]);
    return inputs;
  };
  auto consume = [&](int64_t sample, std::vector<nn::HostTensor> outputs) {
    results[sample] = std::move(outputs.front());
  };
  if (failed(interpreter->runAll(count, getInputs, consume)))
    return failure();
  return results;
}

static bool isReadAfter(Value value, Operation *op) {
  return llvm::any_of(value.getUsers(), [&](Operation *user) { return op->isBeforeInBlock(user); });
}

void StepwiseRun::release(Operation *op) {
  for (Value operand : op->getOperands())
    if (!isReadAfter(operand, op))
      values.erase(operand);
}

int64_t StepwiseRun::limitSamples(func::FuncOp function, int64_t wanted, int64_t bytes) {
  auto getBytes = [](Value value) -> int64_t {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    return type ? type.getNumElements() * static_cast<int64_t>(sizeof(float)) : 0;
  };
  int64_t live = 0, peak = 0;
  for (BlockArgument argument : function.getArguments())
    live += getBytes(argument);
  for (Operation &op : function.getBody().front().without_terminator()) {
    if (!isVariable(op.getResult(0)))
      continue;
    live += getBytes(op.getResult(0));
    peak = std::max(peak, live);
    llvm::SmallDenseSet<Value> dead;
    for (Value operand : op.getOperands())
      if (isVariable(operand) && !isReadAfter(operand, &op) && dead.insert(operand).second)
        live -= getBytes(operand);
  }
  return std::clamp<int64_t>(bytes / std::max<int64_t>(peak, 1), 1, wanted);
}

void roundToType(MutableArrayRef<float> values, quant::UniformQuantizedType type) {
  auto scale = static_cast<float>(type.getScale()), inverse = static_cast<float>(1.0 / type.getScale());
  auto zeroPoint = static_cast<float>(type.getZeroPoint());
  float least = static_cast<float>(type.getStorageTypeMin()) - zeroPoint;
  float greatest = static_cast<float>(type.getStorageTypeMax()) - zeroPoint;
  for (float &value : values)
    value = std::nearbyint(std::min(std::max(value * inverse, least), greatest)) * scale;
}

void roundToType(MutableArrayRef<nn::HostTensor> samples, quant::UniformQuantizedType type) {
  parallelFor(type.getContext(), 0, samples.size(),
              [&](size_t sample) { roundToType(samples[sample].get<float>(), type); });
}

CalibrationData makeRandomData(func::FuncOp function, int64_t samples, uint64_t seed, double low, double high) {
  SmallVector<RankedTensorType> types;
  for (Type type : function.getArgumentTypes())
    types.push_back(cast<RankedTensorType>(type));
  auto getInputs = [types, seed, low, high](int64_t sample) {
    std::mt19937_64 engine(seed * 0x9e3779b97f4a7c15ull + static_cast<uint64_t>(sample));
    std::vector<nn::HostTensor> inputs;
    for (RankedTensorType type : types) {
      inputs.emplace_back(type);
      if (!type.getElementType().isF32())
        continue; // integers of a quantized argument stay 0
      for (float &value : inputs.back().get<float>())
        value = static_cast<float>(low + (high - low) * std::ldexp(static_cast<double>(engine() >> 11), -53));
    }
    return inputs;
  };
  return {getInputs, samples};
}

FailureOr<CalibrationData> chooseSamples(func::FuncOp function, const CalibrationData &data, int64_t wanted,
                                         int64_t bytes) {
  CalibrationData all = data.getInputs ? data : makeRandomData(function, wanted, /*seed=*/1, -1.0, 1.0);
  if (std::min(wanted, all.count) < 1)
    return function.emitError("expects at least one calibration sample");
  CalibrationData chosen = all;
  chosen.count = StepwiseRun::limitSamples(function, std::min(wanted, all.count), bytes);
  chosen.getInputs = [all, count = chosen.count](int64_t sample) { return all.getInputs(sample * all.count / count); };
  if (all.getNumber)
    chosen.getNumber = [all, count = chosen.count](int64_t sample) { return all.getNumber(sample * all.count / count); };
  return chosen;
}

} // namespace tinyc::compress
