#include "passes/compress/Parameters.h"
#include "passes/compress/Passes.h"
#include "passes/graph/Bounds.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace tinyc::compress {

#define GEN_PASS_DEF_FUSETABLESPASS
#include "passes/compress/Passes.h.inc"

namespace {

/// Ops that one function may be made of.
constexpr size_t kMostOps = 16;

/// The one number that all elements of a float constant are.
std::optional<float> getNumber(Value value) {
  if (!value.getDefiningOp<nn::ConstantOp>() || !value.getType() || !getElementTypeOrSelf(value).isF32())
    return std::nullopt;
  std::optional<nn::HostTensor> tensor = getStoredConstant(value);
  if (!tensor || tensor->getNumElements() == 0 || !llvm::all_equal(tensor->get<float>()))
    return std::nullopt;
  return tensor->get<float>().front();
}

/// The operands that are no numbers.
SmallVector<Value> getVariables(Operation *op) {
  SmallVector<Value> variables;
  for (Value operand : op->getOperands())
    if (!getNumber(operand))
      variables.push_back(operand);
  return variables;
}

/// Whether each element of a nest's result is computed of the elements at the same place, and of numbers.
bool isElementwise(nn::LoopNestOp op) {
  loop::Nest nest = op.getNest();
  if (nest.hasReduction() || !nest.maps.back().isIdentity())
    return false;
  for (auto [number, input] : llvm::enumerate(op.getInputs()))
    if (!nest.isMapped(number) || (!getNumber(input) && !nest.maps[number].isIdentity()))
      return false;
  return llvm::none_of(*nest.body, [](Operation &each) { return isa<loop::LoadOp, loop::IndexOp>(each); });
}

/// Whether the op maps elements of float tensors of one shape to its result's, all of 8 bits once they are quantized.
bool mapsElements(Operation *op) {
  if (!op || op->getNumResults() != 1)
    return false;
  auto bits = op->getAttrOfType<IntegerAttr>(nn::kActivationBitsAttr);
  auto nest = dyn_cast<nn::LoopNestOp>(op);
  if ((bits && bits.getInt() != 8) || (nest && !isElementwise(nest)) ||
      (!nest && !isa<nn::AddOp, nn::SubOp, nn::MulOp, nn::ClampOp, nn::LeakyReluOp, nn::SigmoidOp, nn::HardSigmoidOp,
                     nn::HardSwishOp>(op)))
    return false;
  auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  return type && type.getElementType().isF32() &&
         llvm::all_of(getVariables(op), [&](Value variable) { return variable.getType() == type; });
}

using Ops = llvm::SetVector<Operation *>;

/// Collects the ops that make `value` of `input`; false if it is made of other values too, or of too many ops.
bool collect(Value value, Value input, Ops &ops) {
  if (value == input)
    return true;
  Operation *op = value.getDefiningOp();
  if (ops.contains(op))
    return true;
  if (!mapsElements(op) || ops.size() >= kMostOps)
    return false;
  SmallVector<Value> variables = getVariables(op);
  if (variables.empty() || !llvm::all_of(variables, [&](Value each) { return collect(each, input, ops); }))
    return false;
  ops.insert(op);
  return true;
}

/// The ops of a function of one tensor that `root` ends, operands first: root reads two values, both made of that tensor, and
/// nothing else reads what lies between. Empty if there is none; `input` is the tensor.
Ops findFunction(Operation *root, Value &input) {
  SmallVector<Value> variables = getVariables(root);
  if (variables.size() < 2)
    return {};
  // The nearest value that all others may be made of is on the way up from the first.
  llvm::SetVector<Value> candidates;
  candidates.insert_range(variables);
  for (size_t index = 0; index < candidates.size() && index < kMostOps; ++index)
    if (Operation *op = candidates[index].getDefiningOp(); mapsElements(op))
      candidates.insert_range(getVariables(op));
  for (Value candidate : candidates) {
    Ops ops;
    if (!collect(root->getResult(0), candidate, ops) || ops.size() < 2)
      continue;
    const bool isClosed = llvm::all_of(ops, [&](Operation *op) {
      return op == root || llvm::all_of(op->getUsers(), [&](Operation *user) { return ops.contains(user); });
    });
    // Sums and products of clamped values alone gain nothing.
    const bool hasCurve =
        llvm::any_of(ops, [](Operation *op) { return isa<nn::SigmoidOp, nn::HardSigmoidOp, nn::LoopNestOp>(op); });
    if (!isClosed || !hasCurve)
      continue;
    input = candidate;
    return ops;
  }
  return {};
}

/// Builds scalars of the body of a nest.
class ScalarBuilder {
public:
  ScalarBuilder(OpBuilder &builder, Location loc) : builder(builder), loc(loc) {}

  Value build(Operation *op, ArrayRef<Value> operands) {
    if (auto nest = dyn_cast<nn::LoopNestOp>(op)) {
      IRMapping mapping;
      Block &body = nest.getBody().front();
      mapping.map(body.getArguments(), ValueRange(operands));
      for (Operation &each : body.without_terminator())
        builder.clone(each, mapping);
      return mapping.lookupOrDefault(cast<loop::YieldOp>(body.getTerminator()).getValue());
    }
    if (auto clamp = dyn_cast<nn::ClampOp>(op))
      return bound(operands[0], graph::getBounds(clamp));
    if (auto leaky = dyn_cast<nn::LeakyReluOp>(op)) {
      Value isNegative = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT, operands[0], number(0));
      return arith::SelectOp::create(builder, loc, isNegative, multiply(number(leaky.getAlpha().convertToFloat()), operands[0]),
                                     operands[0]);
    }
    if (isa<nn::SigmoidOp>(op)) {
      Value exponent = arith::NegFOp::create(builder, loc, operands[0]);
      Value power = loop::CallOp::create(builder, loc, builder.getF32Type(), "exp", exponent);
      return arith::DivFOp::create(builder, loc, number(1), arith::AddFOp::create(builder, loc, number(1), power));
    }
    if (auto hard = dyn_cast<nn::HardSigmoidOp>(op))
      return makeHardSigmoid(operands[0], hard.getAlpha().convertToFloat(), hard.getBeta().convertToFloat());
    if (isa<nn::HardSwishOp>(op))
      return multiply(operands[0], makeHardSigmoid(operands[0], 1.0f / 6.0f, 0.5f));
    Value result = isa<nn::MulOp>(op)   ? multiply(operands[0], operands[1])
                   : isa<nn::AddOp>(op) ? Value(arith::AddFOp::create(builder, loc, operands[0], operands[1]))
                                        : Value(arith::SubFOp::create(builder, loc, operands[0], operands[1]));
    return bound(result, graph::getBounds(cast<nn::FusedActivationOpInterface>(op)));
  }

  Value number(float value) { return arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(value)); }

private:
  Value multiply(Value lhs, Value rhs) { return arith::MulFOp::create(builder, loc, lhs, rhs); }

  Value makeHardSigmoid(Value operand, float alpha, float beta) {
    Value line = arith::AddFOp::create(builder, loc, multiply(number(alpha), operand), number(beta));
    return bound(line, {0.0f, 1.0f});
  }

  Value bound(Value value, const graph::Bounds &bounds) {
    auto choose = [&](arith::CmpFPredicate predicate, float limit) {
      Value constant = number(limit);
      Value isOutside = arith::CmpFOp::create(builder, loc, predicate, value, constant);
      value = arith::SelectOp::create(builder, loc, isOutside, constant, value);
    };
    if (bounds.lower)
      choose(arith::CmpFPredicate::OLT, *bounds.lower);
    if (bounds.upper)
      choose(arith::CmpFPredicate::OGT, *bounds.upper);
    return value;
  }

  OpBuilder &builder;
  const Location loc;
};

/// "Sigmoid+Mul": the operators of the function, each once.
std::string describe(const Ops &ops) {
  llvm::SetVector<StringRef> names;
  for (Operation *op : ops) {
    auto nest = dyn_cast<nn::LoopNestOp>(op);
    names.insert(nest ? nest.getOnnxOperator() : op->getName().stripDialect());
  }
  return llvm::join(names, "+");
}

void fuse(Operation *root, Value input, const Ops &ops) {
  OpBuilder builder(root);
  const Location loc = root->getLoc();
  auto type = cast<RankedTensorType>(root->getResult(0).getType());
  AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
  auto nest = nn::LoopNestOp::create(builder, loc, type, builder.getStringAttr(describe(ops)), input,
                                     builder.getDenseI64ArrayAttr(type.getShape()), builder.getI64IntegerAttr(type.getRank()),
                                     builder.getAffineMapArrayAttr({identity, identity}), /*init=*/Attribute());
  Block &body = nest.getBody().emplaceBlock();
  llvm::DenseMap<Value, Value> scalars;
  scalars[input] = body.addArgument(builder.getF32Type(), loc);
  builder.setInsertionPointToStart(&body);
  ScalarBuilder scalarBuilder(builder, loc);
  for (Operation *op : ops) {
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(scalars.contains(operand) ? scalars[operand] : scalarBuilder.number(*getNumber(operand)));
    scalars[op->getResult(0)] = scalarBuilder.build(op, operands);
  }
  loop::YieldOp::create(builder, loc, scalars[root->getResult(0)]);
  root->getResult(0).replaceAllUsesWith(nest.getOutput());
  for (Operation *op : llvm::reverse(ops.getArrayRef()))
    op->erase();
}

struct FuseTablesPass : impl::FuseTablesPassBase<FuseTablesPass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (auto bits = function->getAttrOfType<IntegerAttr>(nn::kActivationBitsAttr); bits && bits.getInt() != 8)
      return;
    SmallVector<Operation *> roots;
    for (Operation &op : function.getBody().front().without_terminator())
      if (mapsElements(&op))
        roots.push_back(&op);
    // From the end: a function holds those inside it. What one removes is before its root.
    llvm::DenseSet<Operation *> removed;
    for (Operation *root : llvm::reverse(roots)) {
      Value input;
      if (removed.contains(root))
        continue;
      if (Ops ops = findFunction(root, input); !ops.empty()) {
        removed.insert_range(ops);
        fuse(root, input, ops);
      }
    }
  }
};

} // namespace

} // namespace tinyc::compress
