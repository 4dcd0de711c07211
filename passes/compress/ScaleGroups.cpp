#include "passes/compress/ScaleGroups.h"

#include "passes/compress/ActivationBits.h"
#include "passes/compress/LoopForms.h"

using namespace mlir;

namespace tinyc::compress {

static double getWidth(Range range) { return std::max(range.second, 0.0) - std::min(range.first, 0.0); }

static Range unite(Range range, Range other) {
  return {std::min(range.first, other.first), std::max(range.second, other.second)};
}

FailureOr<ScaleGroups> ScaleGroups::create(func::FuncOp function, const FloatIslands &islands, unsigned activationBits) {
  FailureOr<ActivationBits> chosen = chooseActivationBits(
      function, activationBits, [&](Operation *op) { return islands.contains(op); });
  if (failed(chosen))
    return failure();
  ScaleGroups groups;
  groups.bits = std::move(chosen->bits);
  groups.obstacles = std::move(chosen->obstacles);
  if (failed(groups.addValues(function, islands)))
    return failure();
  for (Operation &op : function.getBody().front())
    if (keepsScale(&op) && !islands.contains(&op) && isFloat(op.getResult(0)) && failed(groups.connect(&op)))
      return failure();
  return groups;
}

LogicalResult ScaleGroups::addValue(Value value, DenseF64ArrayAttr attribute, Location location, bool isSource) {
  parents.insert({value, value});
  Operation *op = value.getDefiningOp();
  Group &group = groups[value];
  group.bits = bits.lookup(value);
  if (auto cast = dyn_cast_or_null<quant::DequantizeCastOp>(op)) {
    group.given = nn::getPerTensor(cast.getInput().getType());
    if (group.given) {
      double scale = group.given.getScale(), zeroPoint = static_cast<double>(group.given.getZeroPoint());
      ranges[value] = group.range = {(group.given.getStorageTypeMin() - zeroPoint) * scale,
                                     (group.given.getStorageTypeMax() - zeroPoint) * scale};
      group.hasRange = true;
      return success();
    }
  }
  if (auto quantizable = dyn_cast_or_null<nn::QuantizableOpInterface>(op))
    if (std::optional<Range> fixed = quantizable.getFixedRange()) {
      ranges[value] = *fixed;
      group = {*fixed, /*hasRange=*/true, /*fixed=*/true, {}, group.bits};
      return success();
    }
  size_t index = op ? cast<OpResult>(value).getResultNumber() : 0;
  if (!attribute || static_cast<size_t>(attribute.size()) < 2 * index + 2)
    return mlir::emitError(location, "expects a calibrated range in ") << nn::kRangeAttr << " to quantize by";
  Range range = {attribute[2 * index], attribute[2 * index + 1]};
  if (!std::isfinite(range.first) || !std::isfinite(range.second) || range.first > range.second)
    return mlir::emitError(location, "expects a finite range from low to high, got ") << attribute;
  if (auto clamped = dyn_cast_or_null<nn::FusedActivationOpInterface>(op)) {
    if (std::optional<float> lower = clamped.getLowerBound())
      range = {std::max<double>(range.first, *lower), std::max<double>(range.second, *lower)};
    if (std::optional<float> upper = clamped.getUpperBound())
      range = {std::min<double>(range.first, *upper), std::min<double>(range.second, *upper)};
  }
  ranges[value] = range;
  if (isSource || !keepsScale(op)) {
    group.range = range;
    group.hasRange = true;
  }
  return success();
}

LogicalResult ScaleGroups::addValues(func::FuncOp function, const FloatIslands &islands) {
  for (BlockArgument argument : function.getArguments())
    if (isFloat(argument) && islands.needsType(argument))
      if (failed(addValue(argument,
                          function.getArgAttrOfType<DenseF64ArrayAttr>(argument.getArgNumber(), nn::kRangeAttr),
                          argument.getLoc(), /*isSource=*/true)))
        return failure();
  for (Operation &op : function.getBody().front())
    if (op.getNumResults() > 0 && !getStoredConstant(op.getResult(0)))
      for (Value result : op.getResults())
        if (isFloat(result) && islands.needsType(result))
          if (failed(addValue(result, op.getAttrOfType<DenseF64ArrayAttr>(nn::kRangeAttr), op.getLoc(),
                              islands.contains(&op))))
            return failure();
  return success();
}

/// Joins the operands of an op that keeps scales with its result, unless an operand that others read too would lose
/// more than one bit, or has another width: then its range stays its own and only widens the result's.
LogicalResult ScaleGroups::connect(Operation *op) {
  Value result = op->getResult(0);
  for (unsigned operand : getActivationOperands(op)) {
    Value value = op->getOperand(operand);
    if (!parents.contains(value)) { // a constant takes the group's type
      if (std::optional<nn::HostTensor> constant = getRealConstant(value)) {
        Group &group = groups[find(result)];
        if (!llvm::all_of(constant->get<float>(), [](float real) { return std::isfinite(real); }))
          return op->emitOpError("expects finite constants to quantize");
        for (float real : constant->get<float>())
          group.range = group.hasRange ? compress::unite(group.range, {real, real}) : Range(real, real);
        group.hasRange = group.hasRange || constant->getNumElements() > 0;
        group.fixed = false;
      }
      continue;
    }
    const Group &mine = groups[find(value)], &others = groups[find(result)];
    bool wider = !value.hasOneUse() && getWidth(ranges[result]) > 2.0 * getWidth(ranges[value]);
    if ((mine.given && others.given && mine.given != others.given) || wider || mine.bits != others.bits) {
      Group &group = groups[find(result)];
      group.range = group.hasRange ? compress::unite(group.range, ranges[value]) : ranges[value];
      group.fixed = false;
      group.hasRange = true;
      continue;
    }
    unite(value, result);
  }
  if (auto pad = dyn_cast<nn::PadOp>(op))
    if (double real = pad.getValue().convertToFloat(); std::isfinite(real))
      widen(result, {real, real});
  if (auto nest = dyn_cast<nn::LoopNestOp>(op))
    if (std::optional<Range> constants = getBodyConstants(nest))
      widen(result, *constants);
  return success();
}

void ScaleGroups::widen(Value value, Range constants) {
  Group &group = groups[find(value)];
  // Every type holds 0.
  Range range = {std::min(group.range.first, 0.0), std::max(group.range.second, 0.0)};
  if (constants.first >= range.first && constants.second <= range.second)
    return;
  group.range = compress::unite(group.range, constants);
  group.fixed = false;
}

Value ScaleGroups::find(Value value) const {
  for (Value parent = parents.lookup(value); parent != value; parent = parents.lookup(value))
    value = parent;
  return value;
}

void ScaleGroups::unite(Value value, Value other) {
  Value root = find(value), joined = find(other);
  if (root == joined)
    return;
  Group &mine = groups[root], others = groups[joined];
  if (others.hasRange) {
    mine.fixed = mine.hasRange ? mine.fixed && others.fixed && mine.range == others.range : others.fixed;
    mine.range = mine.hasRange ? compress::unite(mine.range, others.range) : others.range;
    mine.hasRange = true;
  }
  if (!mine.given)
    mine.given = others.given;
  parents[joined] = root;
}

quant::UniformQuantizedType ScaleGroups::getType(Value value) const {
  if (!parents.contains(value))
    return {};
  const Group &group = groups.find(find(value))->second;
  MLIRContext *context = value.getContext();
  if (group.given)
    return group.given;
  return group.fixed ? chooseFixedType(context, group.range, group.bits)
                     : chooseActivationType(context, group.range, group.bits);
}

quant::UniformQuantizedType ScaleGroups::getReadType(Operation *op, Value operand) const {
  quant::UniformQuantizedType type = getType(operand);
  if (!type || op->getNumResults() != 1 || !parents.contains(op->getResult(0)))
    return type;
  const Group &group = groups.find(find(operand))->second;
  unsigned wanted = groups.find(find(op->getResult(0)))->second.bits;
  if (getActivationOperands(op).empty() || (wanted > 8) == (group.bits > 8))
    return type;
  return changeWidth(type, group.range, wanted);
}

} // namespace tinyc::compress
