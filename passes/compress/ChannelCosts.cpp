#include "passes/compress/ChannelCosts.h"

using namespace mlir;

namespace tinyc::compress {

/// Bytes of a bias and a multiplier.
static constexpr double kChannelBytes = 8.0;

ChannelCosts::ChannelCosts(func::FuncOp function, const ChannelGroups &groups, ChannelCost measure)
    : measure(measure), shares(groups.getCount()), parts(groups.getCount()) {
  auto addValue = [&](Value value) {
    if (!groups.getAxis(value))
      return;
    llvm::MapVector<unsigned, int64_t> counts;
    for (unsigned group : groups.getGroups(value))
      ++counts[group];
    auto number = static_cast<unsigned>(sizes.size());
    for (auto [group, count] : counts)
      parts[group].push_back({number, count});
    auto channels = static_cast<int64_t>(groups.getGroups(value).size());
    int64_t elements = cast<RankedTensorType>(value.getType()).getNumElements();
    numbers[value] = number;
    sizes.push_back({channels, elements / std::max<int64_t>(channels, 1)});
  };
  llvm::for_each(function.getArguments(), addValue);
  for (Operation &op : function.getBody().front()) {
    llvm::for_each(op.getResults(), addValue);
    if (isa<nn::Conv2DOp, nn::FullyConnectedOp>(op))
      addLayer(&op, groups);
    else if (auto cost = dyn_cast<nn::CostOpInterface>(op); cost && measure == ChannelCost::Macs)
      fixedCost += static_cast<double>(cost.getMacs());
  }
  if (measure == ChannelCost::Activations)
    findLives(function, groups);
}

void ChannelCosts::addLayer(Operation *op, const ChannelGroups &groups) {
  Value input = op->getOperand(0), output = op->getResult(0);
  auto conv = dyn_cast<nn::Conv2DOp>(op);
  bool isGrouped = conv && conv.getGroups() != 1;
  auto weight = cast<RankedTensorType>(op->getOperand(1).getType());
  Layer layer;
  layer.mixes = !isGrouped;
  layer.inputs = cast<RankedTensorType>(input.getType()).getShape().back();
  layer.outputs = cast<RankedTensorType>(output.getType()).getShape().back();
  layer.single = measure == ChannelCost::Weights ? kChannelBytes : 0.0;
  double pairs = static_cast<double>(layer.outputs) * (layer.mixes ? layer.inputs : 1);
  double all = measure == ChannelCost::Macs ? static_cast<double>(cast<nn::CostOpInterface>(op).getMacs())
                                            : static_cast<double>(weight.getNumElements());
  layer.pair = measure == ChannelCost::Activations ? 0.0 : all / pairs;
  if (isGrouped && !conv.isDepthwise()) {
    fixedCost += layer.getCost();
    return;
  }
  llvm::MapVector<unsigned, Share> counts;
  auto getShare = [&](unsigned group) -> Share & {
    Share &share = counts[group];
    share.layer = static_cast<unsigned>(layers.size());
    return share;
  };
  if (layer.mixes && groups.getAxis(input) == cast<RankedTensorType>(input.getType()).getRank() - 1)
    for (unsigned group : groups.getGroups(input))
      ++getShare(group).inputs;
  for (unsigned group : groups.getGroups(output))
    ++getShare(group).outputs;
  for (auto &[group, share] : counts)
    shares[group].push_back(share);
  layers.push_back(layer);
}

void ChannelCosts::findLives(func::FuncOp function, const ChannelGroups &groups) {
  llvm::SmallSetVector<Value, 8> live;
  live.insert(function.args_begin(), function.args_end());
  auto isReadAfter = [](Value value, Operation *op) {
    return llvm::any_of(value.getUsers(), [&](Operation *user) { return op->isBeforeInBlock(user); });
  };
  for (Operation &op : function.getBody().front().without_terminator()) {
    if (op.hasTrait<OpTrait::ConstantLike>())
      continue;
    live.insert(op.result_begin(), op.result_end());
    double fixed = 0.0;
    auto &values = lives.emplace_back();
    for (Value value : live)
      if (auto number = numbers.find(value); number != numbers.end())
        values.push_back(number->second);
      else if (auto type = dyn_cast<RankedTensorType>(value.getType()))
        fixed += static_cast<double>(type.getNumElements());
    fixedLives.push_back(fixed);
    live.remove_if([&](Value value) { return !isReadAfter(value, &op); });
  }
}

double ChannelCosts::getPeak() const {
  constexpr double kNorm = 8.0;
  double sum = 0.0;
  for (auto [values, fixed] : llvm::zip_equal(lives, fixedLives)) {
    double bytes = fixed;
    for (unsigned value : values)
      bytes += static_cast<double>(sizes[value].channels * sizes[value].bytes);
    sum += std::pow(bytes, kNorm);
  }
  return std::pow(sum, 1.0 / kNorm);
}

double ChannelCosts::getCost() const {
  if (measure == ChannelCost::Activations)
    return getPeak();
  double cost = fixedCost;
  for (const Layer &layer : layers)
    cost += layer.getCost();
  return cost;
}

double ChannelCosts::getSavings(unsigned group) const {
  if (measure == ChannelCost::Activations) {
    ChannelCosts without = *this;
    without.remove(group);
    return getPeak() - without.getPeak();
  }
  double savings = 0.0;
  for (const Share &share : shares[group]) {
    Layer layer = layers[share.layer];
    savings += layer.getCost();
    layer.inputs -= share.inputs;
    layer.outputs -= share.outputs;
    savings -= layer.getCost();
  }
  return savings;
}

void ChannelCosts::change(unsigned group, int64_t sign) {
  for (const Share &share : shares[group]) {
    layers[share.layer].inputs += sign * share.inputs;
    layers[share.layer].outputs += sign * share.outputs;
  }
  for (const Part &part : parts[group])
    sizes[part.value].channels += sign * part.channels;
}

bool ChannelCosts::isLast(unsigned group) const {
  return llvm::any_of(parts[group], [&](const Part &part) { return sizes[part.value].channels == part.channels; });
}

} // namespace tinyc::compress
