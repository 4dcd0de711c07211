#include "passes/compress/LoopForms.h"

#include "dialects/nn/QuantizedArithmetic.h"
#include "mlir/IR/IRMapping.h"

#include <limits>

using namespace mlir;

namespace tinyc::compress {

static bool isReal(Value value) { return value.getType().isF32(); }

/// The integer comparison that gives what a comparison of numbers gives, none of them NaN.
static std::optional<arith::CmpIPredicate> getIntegerPredicate(arith::CmpFPredicate predicate) {
  switch (predicate) {
  case arith::CmpFPredicate::OEQ:
  case arith::CmpFPredicate::UEQ: return arith::CmpIPredicate::eq;
  case arith::CmpFPredicate::ONE:
  case arith::CmpFPredicate::UNE: return arith::CmpIPredicate::ne;
  case arith::CmpFPredicate::OLT:
  case arith::CmpFPredicate::ULT: return arith::CmpIPredicate::slt;
  case arith::CmpFPredicate::OLE:
  case arith::CmpFPredicate::ULE: return arith::CmpIPredicate::sle;
  case arith::CmpFPredicate::OGT:
  case arith::CmpFPredicate::UGT: return arith::CmpIPredicate::sgt;
  case arith::CmpFPredicate::OGE:
  case arith::CmpFPredicate::UGE: return arith::CmpIPredicate::sge;
  default: return std::nullopt;
  }
}

/// Whether a constant that the nest reads holds infinities or NaN, which no quantized type has.
static bool readsInfinities(nn::LoopNestOp op) {
  return llvm::any_of(op.getInputs(), [](Value input) {
    std::optional<nn::HostTensor> constant = isFloat(input) ? getRealConstant(input) : std::nullopt;
    return constant && llvm::any_of(constant->get<float>(), [](float real) { return !std::isfinite(real); });
  });
}

/// Whether real numbers of the body are only loaded, selected, and compared with each other. A comparison with a constant is not of
/// the same result on integers.
static bool movesReals(nn::LoopNestOp op) {
  Block &body = op.getBody().front();
  bool hasComparison = false;
  for (Operation &each : body.without_terminator()) {
    const bool touchesReals = llvm::any_of(each.getOperands(), isReal) || llvm::any_of(each.getResults(), isReal);
    if (!touchesReals || isa<loop::LoadOp, arith::SelectOp>(each))
      continue;
    if (auto constant = dyn_cast<arith::ConstantOp>(each)) {
      if (!cast<FloatAttr>(constant.getValue()).getValue().isFinite())
        return false;
      continue;
    }
    auto compare = dyn_cast<arith::CmpFOp>(each);
    if (!compare || !getIntegerPredicate(compare.getPredicate()) ||
        llvm::any_of(each.getOperands(), [](Value value) { return value.getDefiningOp<arith::ConstantOp>() != nullptr; }))
      return false;
    hasComparison = true;
  }
  // Numbers of one tensor, or of tensors that share a type with the result, compare as their integers do.
  return !hasComparison || isReal(cast<loop::YieldOp>(body.getTerminator()).getValue()) ||
         llvm::count_if(op.getInputs(), [](Value input) { return isFloat(input); }) == 1;
}

/// Whether each element of the result depends on one element of the one variable operand, a real number, and on constants of one
/// element.
static bool mapsElements(nn::LoopNestOp op) {
  loop::Nest nest = op.getNest();
  if (nest.hasReduction() || !isFloat(op.getOutput()))
    return false;
  unsigned variables = 0;
  for (auto [number, input] : llvm::enumerate(op.getInputs())) {
    if (getStoredConstant(input)) {
      if (nest.types[number].getNumElements() != 1 || !nest.isMapped(number))
        return false;
      continue;
    }
    if (++variables > 1 || !isFloat(input) || !nest.isMapped(number))
      return false;
  }
  return variables == 1 && llvm::none_of(*nest.body, [](Operation &each) { return isa<loop::LoadOp, loop::IndexOp>(each); });
}

LoopForm getLoopForm(nn::LoopNestOp op) {
  if (llvm::none_of(op.getInputs(), [](Value input) { return isFloat(input) && !getStoredConstant(input); }))
    return LoopForm::None;
  if (movesReals(op))
    return readsInfinities(op) ? LoopForm::None : LoopForm::Moves;
  return mapsElements(op) ? LoopForm::Table : LoopForm::None;
}

bool keepsScale(Operation *op) {
  if (auto nest = dyn_cast_or_null<nn::LoopNestOp>(op))
    return getLoopForm(nest) == LoopForm::Moves && isFloat(nest.getOutput());
  auto quantizable = dyn_cast_or_null<nn::QuantizableOpInterface>(op);
  return quantizable && quantizable.sharesScale();
}

SmallVector<unsigned> getActivationOperands(Operation *op) {
  if (auto quantizable = dyn_cast<nn::QuantizableOpInterface>(op))
    return quantizable.getActivationOperands();
  auto nest = dyn_cast<nn::LoopNestOp>(op);
  LoopForm form = nest ? getLoopForm(nest) : LoopForm::None;
  SmallVector<unsigned> numbers;
  for (OpOperand &operand : op->getOpOperands())
    if (form != LoopForm::None && isFloat(operand.get()) && (form == LoopForm::Moves || !getStoredConstant(operand.get())))
      numbers.push_back(operand.getOperandNumber());
  return numbers;
}

std::optional<Range> getBodyConstants(nn::LoopNestOp op) {
  std::optional<Range> range;
  for (auto constant : op.getBody().getOps<arith::ConstantOp>())
    if (auto real = dyn_cast<FloatAttr>(constant.getValue())) {
      double value = real.getValueAsDouble();
      range = range ? Range(std::min(range->first, value), std::max(range->second, value)) : Range(value, value);
    }
  return range;
}

//===----------------------------------------------------------------------===//
// Nests that move
//===----------------------------------------------------------------------===//

void moveIntegers(nn::LoopNestOp op, quant::UniformQuantizedType type, RewriterBase &rewriter) {
  Type storage = loop::getScalarType(type);
  auto toInteger = [&](Attribute real) {
    double value = cast<FloatAttr>(real).getValueAsDouble();
    return rewriter.getIntegerAttr(storage, nn::quantizeReal(value, type));
  };
  rewriter.modifyOpInPlace(op, [&] {
    if (op.getInit() && isa<FloatAttr>(*op.getInit()))
      op.setInitAttr(toInteger(*op.getInit()));
    Block &body = op.getBody().front();
    for (BlockArgument argument : body.getArguments())
      if (isReal(argument))
        argument.setType(storage);
    for (Operation &each : llvm::make_early_inc_range(body.without_terminator())) {
      rewriter.setInsertionPoint(&each);
      if (auto compare = dyn_cast<arith::CmpFOp>(each)) {
        rewriter.replaceOpWithNewOp<arith::CmpIOp>(compare, *getIntegerPredicate(compare.getPredicate()), compare.getLhs(),
                                                   compare.getRhs());
      } else if (auto constant = dyn_cast<arith::ConstantOp>(each); constant && isReal(constant)) {
        rewriter.replaceOpWithNewOp<arith::ConstantOp>(constant, toInteger(constant.getValue()));
      } else if (each.getNumResults() == 1 && isReal(each.getResult(0))) {
        each.getResult(0).setType(storage);
      }
    }
  });
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

std::vector<float> evaluateTable(nn::LoopNestOp op, ArrayRef<float> operands) {
  MLIRContext *context = op.getContext();
  OpBuilder builder(context);
  const auto count = static_cast<int64_t>(operands.size());
  auto type = RankedTensorType::get({count}, builder.getF32Type());
  OwningOpRef<func::FuncOp> function = func::FuncOp::create(op.getLoc(), "table", builder.getFunctionType({type}, {type}));
  builder.setInsertionPointToEnd(function->addEntryBlock());
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  for (auto [number, input] : llvm::enumerate(op.getInputs())) {
    if (!getStoredConstant(input)) {
      inputs.push_back(function->getArgument(0));
      maps.push_back(AffineMap::getMultiDimIdentityMap(1, context));
      continue;
    }
    nn::HostTensor constant = *getStoredConstant(input);
    if (isFloat(input))
      constant = *getRealConstant(input);
    inputs.push_back(nn::ConstantOp::create(builder, op.getLoc(), constant.getType(), constant.toElements()));
    SmallVector<AffineExpr> zeros(constant.getType().getRank(), builder.getAffineConstantExpr(0));
    maps.push_back(AffineMap::get(1, 0, zeros, context));
  }
  maps.push_back(AffineMap::getMultiDimIdentityMap(1, context));
  auto nest = nn::LoopNestOp::create(builder, op.getLoc(), type, op.getOnnxOperatorAttr(), inputs,
                                     builder.getDenseI64ArrayAttr({count}), builder.getI64IntegerAttr(1),
                                     builder.getAffineMapArrayAttr(maps), /*init=*/Attribute());
  IRMapping mapping;
  op.getBody().cloneInto(&nest.getBody(), mapping);
  func::ReturnOp::create(builder, op.getLoc(), nest.getOutput());

  FailureOr<nn::Interpreter> interpreter = nn::Interpreter::create(*function);
  if (failed(interpreter))
    return {};
  nn::HostTensor values(type);
  llvm::copy(operands, values.get<float>().begin());
  FailureOr<std::vector<nn::HostTensor>> outputs = interpreter->run(values);
  if (failed(outputs))
    return {};
  std::vector<float> results(outputs->front().get<float>().begin(), outputs->front().get<float>().end());
  std::vector<int64_t> numbers; // indices of those that are some
  for (auto [index, value] : llvm::enumerate(results))
    if (!std::isnan(value))
      numbers.push_back(static_cast<int64_t>(index));
  if (numbers.empty())
    return {};
  std::vector<float> filled = results;
  for (int64_t index = 0; index < count; ++index) {
    auto right = llvm::lower_bound(numbers, index);
    auto left = right == numbers.begin() ? right : std::prev(right);
    const bool isLeft = right == numbers.end() || (*right != index && index - *left <= *right - index);
    filled[index] = results[isLeft ? *left : *right];
  }
  return filled;
}

/// The real numbers that the 256 integers of a type stand for, from the least.
static std::vector<float> listReals(quant::UniformQuantizedType type) {
  std::vector<float> reals;
  for (int64_t stored = type.getStorageTypeMin(); stored <= type.getStorageTypeMax(); ++stored)
    reals.push_back(static_cast<float>(static_cast<double>(stored - type.getZeroPoint()) * type.getScale()));
  return reals;
}

void lookUp(nn::LoopNestOp op, RewriterBase &rewriter) {
  const auto number = static_cast<unsigned>(
      llvm::find_if(op.getInputs(), [](Value input) { return !getStoredConstant(input); }) - op.getInputs().begin());
  quant::UniformQuantizedType operand = nn::getPerTensor(op.getInputs()[number].getType());
  quant::UniformQuantizedType result = nn::getPerTensor(op.getOutput().getType());
  std::vector<float> reals = evaluateTable(op, listReals(operand));
  SmallVector<int8_t, 256> table(256);
  for (auto [index, real] : llvm::enumerate(reals)) {
    auto stored = static_cast<uint8_t>(static_cast<int64_t>(index) + operand.getStorageTypeMin());
    table[stored] = static_cast<int8_t>(nn::quantizeReal(real, result));
  }
  rewriter.setInsertionPoint(op);
  auto type = RankedTensorType::get({256}, rewriter.getI8Type());
  Value constant = nn::ConstantOp::create(rewriter, op.getLoc(), type, DenseElementsAttr::get(type, ArrayRef<int8_t>(table)));
  loop::Nest nest = op.getNest();
  AffineMap unmapped = AffineMap::get(nest.sizes.size(), 0, rewriter.getContext());
  auto looked = nn::LoopNestOp::create(
      rewriter, op.getLoc(), op.getOutput().getType(), op.getOnnxOperatorAttr(), ValueRange{op.getInputs()[number], constant},
      op.getSizesAttr(), op.getParallelAttr(),
      rewriter.getAffineMapArrayAttr({nest.maps[number], unmapped, nest.maps.back()}), /*init=*/Attribute());
  Block &body = looked.getBody().emplaceBlock();
  Value byte = body.addArgument(rewriter.getI8Type(), op.getLoc());
  rewriter.setInsertionPointToStart(&body);
  Value index = arith::ExtUIOp::create(rewriter, op.getLoc(), rewriter.getI32Type(), byte);
  Value found = loop::LoadOp::create(rewriter, op.getLoc(), rewriter.getI8Type(), /*tensor=*/1, index);
  loop::YieldOp::create(rewriter, op.getLoc(), found);
  rewriter.replaceOp(op, looked.getOutput());
}

double estimateTableNoise(nn::LoopNestOp op, Range operand, Range result) {
  constexpr int64_t kPoints = 2048;
  quant::UniformQuantizedType from = chooseActivationType(op.getContext(), operand),
                              to = chooseActivationType(op.getContext(), result);
  std::vector<float> exact, rounded;
  for (int64_t point = 0; point < kPoints; ++point) {
    double real = operand.first + (operand.second - operand.first) * (static_cast<double>(point) + 0.5) / kPoints;
    exact.push_back(static_cast<float>(real));
    double stored = static_cast<double>(nn::quantizeReal(real, from) - from.getZeroPoint());
    rounded.push_back(static_cast<float>(stored * from.getScale()));
  }
  exact = evaluateTable(op, exact);
  rounded = evaluateTable(op, rounded);
  double signal = 0.0, noise = 0.0;
  for (int64_t point = 0; point + 1 < static_cast<int64_t>(exact.size()); ++point) {
    double wanted = std::clamp<double>(exact[point], result.first, result.second);
    double next = std::clamp<double>(exact[point + 1], result.first, result.second);
    double got = static_cast<double>(nn::quantizeReal(rounded[point], to) - to.getZeroPoint()) * to.getScale();
    double weight = std::abs(next - wanted);
    signal += weight * wanted * wanted;
    noise += weight * (got - wanted) * (got - wanted);
  }
  return noise > 0.0 ? 10.0 * std::log10(signal / noise) : std::numeric_limits<double>::infinity();
}

} // namespace tinyc::compress
