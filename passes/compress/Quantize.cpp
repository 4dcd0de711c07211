#include "passes/compress/ActivationBits.h"
#include "passes/compress/FloatIslands.h"
#include "passes/compress/LayerParameters.h"
#include "passes/compress/LoopForms.h"
#include "passes/compress/Passes.h"
#include "passes/compress/ScaleGroups.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;

namespace tinyc::compress {

#define GEN_PASS_DEF_QUANTIZEPASS
#include "passes/compress/Passes.h.inc"

namespace {

/// Rewrites one function, given the types of its activations and the ops that stay float.
class Quantizer {
public:
  Quantizer(func::FuncOp function, const ScaleGroups &groups, const FloatIslands &islands, unsigned weightBits,
            unsigned activationBits)
      : function(function), groups(groups), islands(islands), weightBits(weightBits), activationBits(activationBits),
        rewriter(function.getContext()) {}

  LogicalResult run() {
    Block &block = function.getBody().front();
    SmallVector<Operation *> ops;
    for (Operation &op : block)
      if (!isConstant(&op) &&
          llvm::any_of(llvm::concat<Value>(llvm::to_vector(op.getOperands()), llvm::to_vector(op.getResults())),
                       isFloat))
        ops.push_back(&op);
    for (Operation *op : ops)
      if (auto nest = dyn_cast<nn::LoopNestOp>(op))
        forms[op] = getLoopForm(nest);
    for (const auto &[value, reason] : groups.getObstacles())
      if (Operation *op = value.getDefiningOp(); op && !islands.contains(op))
        op->emitRemark("has results of int8: ") << reason;
    // Types are chosen before any changes: groups look values up by their float types.
    SmallVector<std::pair<Value, quant::UniformQuantizedType>> chosen, casts;
    auto choose = [&](Value value) {
      if (quant::UniformQuantizedType type = groups.getType(value))
        (islands.isFloatValue(value) ? casts : chosen).push_back({value, type});
    };
    llvm::for_each(block.getArguments(), choose);
    for (Operation &op : block)
      llvm::for_each(op.getResults(), choose);
    for (Operation *op : ops)
      for (OpOperand &operand : op->getOpOperands())
        if (quant::UniformQuantizedType type = groups.getReadType(op, operand.get()))
          reads[&operand] = type;

    for (auto [value, type] : chosen)
      value.setType(cast<RankedTensorType>(value.getType()).clone(type));
    for (auto [value, type] : casts)
      quantizeReads(value, type);
    for (Operation *op : ops) {
      if (islands.contains(op))
        keepFloat(op);
      else if (failed(quantize(op)))
        return failure();
    }
    cleanUp();
    updateFunctionType(function);
    return success();
  }

private:
  /// An nn.constant or the quant.dcast of one.
  static bool isConstant(Operation *op) { return op->getNumResults() == 1 && getStoredConstant(op->getResult(0)); }

  /// A float value of an island, or a float argument, as integer ops read it. Of a cast of the model, the value itself is read.
  void quantizeReads(Value value, quant::UniformQuantizedType type) {
    auto readsIntegers = [&](OpOperand &use) {
      Operation *user = use.getOwner();
      return !islands.contains(user) && !isa<func::ReturnOp, quant::QuantizeCastOp>(user);
    };
    if (llvm::none_of(value.getUses(), readsIntegers))
      return;
    rewriter.setInsertionPointAfterValue(value);
    auto cast = quant::QuantizeCastOp::create(
        rewriter, value.getLoc(), mlir::cast<RankedTensorType>(value.getType()).clone(type), value);
    rewriter.replaceUsesWithIf(value, cast.getResult(),
                               [&](OpOperand &use) { return use.getOwner() != cast && readsIntegers(use); });
  }

  LogicalResult quantize(Operation *op) {
    if (auto cast = dyn_cast<quant::DequantizeCastOp>(op)) {
      // The result carries the operand's type now, or, joined with others, theirs.
      return replaceCast(op, cast.getInput());
    }
    if (auto cast = dyn_cast<quant::QuantizeCastOp>(op))
      return replaceCast(op, cast.getInput());
    if (isa<func::ReturnOp>(op)) {
      for (OpOperand &operand : op->getOpOperands())
        if (isFloat(operand.get()) && !islands.isFloatValue(operand.get()) &&
            failed(quantizeConstant(operand, {}, activationBits)))
          return failure();
      return success();
    }

    if (auto nest = dyn_cast<nn::LoopNestOp>(op))
      return quantizeNest(nest);
    auto quantizable = cast<nn::QuantizableOpInterface>(op);
    quant::UniformQuantizedType result = nn::getPerTensor(op->getResult(0).getType());
    for (unsigned index : quantizable.getActivationOperands()) {
      OpOperand &operand = op->getOpOperand(index);
      if (isFloat(operand.get())) {
        if (failed(quantizeConstant(operand, quantizable.sharesScale() ? result : quant::UniformQuantizedType(),
                                    std::max(8u, result.getStorageTypeIntegralWidth()))))
          return failure();
        continue;
      }
      quant::UniformQuantizedType type = nn::getPerTensor(operand.get().getType());
      if (quantizable.sharesScale() && type != result)
        set(operand, requantize(operand.get(), result));
      else if (nn::isInt16Activation(type) != nn::isInt16Activation(result)) // 4 bits stand beside 8
        set(operand, requantize(operand.get(), reads.lookup(&operand)));
    }
    if (lacksActivationBits(op, activationBits))
      op->emitRemark("is computed in int8: it has no integer form of 16 bits");
    // The lines of its table are to be as short as may be: beyond 12 the result is 1 but for less than a step.
    constexpr double limit = 12.0 / 32767;
    if (auto sigmoid = dyn_cast<nn::SigmoidOp>(op); sigmoid && nn::isInt16Activation(result))
      if (nn::getPerTensor(sigmoid.getInput().getType()).getScale() > limit)
        set(op->getOpOperand(0), requantize(sigmoid.getInput(), chooseActivationType(op->getContext(), {-12.0, 12.0}, 16)));
    if (auto swish = dyn_cast<nn::HardSwishOp>(op); swish && nn::isInt16Activation(result)) {
      expandHardSwish(swish);
      return success();
    }
    if (failed(quantizeParameters(quantizable, rewriter, weightBits)))
      return failure();
    removeChoices(op);
    return success();
  }

  LogicalResult quantizeNest(nn::LoopNestOp op) {
    if (forms.lookup(op) == LoopForm::Table) {
      removeChoices(op);
      lookUp(op, rewriter);
      return success();
    }
    // Operands have the result's type; of a result that is no real number, the first operand's.
    quant::UniformQuantizedType type = nn::getPerTensor(op.getOutput().getType());
    for (OpOperand &operand : op->getOpOperands())
      if (quant::UniformQuantizedType given = nn::getPerTensor(operand.get().getType())) {
        type = type ? type : given;
        if (given != type)
          set(operand, requantize(operand.get(), type));
      }
    for (OpOperand &operand : op->getOpOperands())
      if (isFloat(operand.get()) && failed(quantizeConstant(operand, type, type.getStorageTypeIntegralWidth())))
        return failure();
    moveIntegers(op, type, rewriter);
    removeChoices(op);
    return success();
  }

  /// x * hard_sigmoid(x), whose integer form of 16 bits has no table.
  void expandHardSwish(nn::HardSwishOp op) {
    rewriter.setInsertionPoint(op);
    auto type = cast<RankedTensorType>(op.getOutput().getType());
    auto share = nn::HardSigmoidOp::create(
        rewriter, op.getLoc(), type.clone(chooseFixedType(op.getContext(), {0.0, 1.0}, 16)), op.getInput(),
        rewriter.getF32FloatAttr(1.0f / 6.0f), rewriter.getF32FloatAttr(0.5f));
    rewriter.replaceOpWithNewOp<nn::MulOp>(op, type, op.getInput(), share.getOutput(), FloatAttr(), FloatAttr());
  }

  /// An op of an island reads integer activations dequantized, once for all ops of the island. Its results stay float.
  void keepFloat(Operation *op) {
    if (auto found = islands.getReasons().find(op); found != islands.getReasons().end())
      op->emitRemark("stays in float: ") << found->second;
    for (OpOperand &operand : op->getOpOperands()) {
      auto type = dyn_cast<RankedTensorType>(operand.get().getType());
      if (!type || !nn::getPerTensor(type) || isa<quant::DequantizeCastOp>(op))
        continue;
      Value &real = dequantized[{operand.get(), islands.getIsland(op)}];
      if (!real) {
        rewriter.setInsertionPoint(op);
        real = quant::DequantizeCastOp::create(rewriter, op->getLoc(), type.clone(rewriter.getF32Type()), operand.get());
      }
      set(operand, real);
    }
    removeChoices(op);
  }

  /// What was chosen for the op is in its types now.
  static void removeChoices(Operation *op) {
    for (StringRef name : {nn::kRangeAttr, nn::kWeightBitsAttr, nn::kActivationBitsAttr, nn::kWeightScalesAttr,
                           nn::kFloatWeightAttr, nn::kFloatBiasAttr, nn::kMeanAttr, nn::kDeviationAttr})
      op->removeAttr(name);
  }

  /// A cast of the model whose operand and result are both quantized by now.
  LogicalResult replaceCast(Operation *op, Value input) {
    if (isFloat(input)) { // qcast of a float constant
      std::optional<nn::HostTensor> constant = getRealConstant(input);
      quant::UniformQuantizedType type = nn::getPerTensor(op->getResult(0).getType());
      if (!constant || !type)
        return success(); // of an island
      rewriter.setInsertionPoint(op);
      rewriter.replaceOp(op, createActivationConstant(rewriter, op->getLoc(), *constant, type));
      return success();
    }
    quant::UniformQuantizedType type = nn::getPerTensor(op->getResult(0).getType());
    rewriter.replaceOp(op, nn::getPerTensor(input.getType()) == type ? input : requantize(input, type));
    return success();
  }

  /// `value` in another type; made once, right after its definition.
  Value requantize(Value value, quant::UniformQuantizedType type) {
    Value &made = requantized[{value, type}];
    if (!made) {
      rewriter.setInsertionPointAfterValue(value);
      made = nn::RequantizeOp::create(rewriter, value.getLoc(), cast<RankedTensorType>(value.getType()).clone(type),
                                      value);
    }
    return made;
  }

  /// An operand that is still float is a constant: it gets `type`, or, if that is null, the type of its own range in `bits`.
  LogicalResult quantizeConstant(OpOperand &operand, quant::UniformQuantizedType type, unsigned bits) {
    Operation *op = operand.getOwner();
    std::optional<nn::HostTensor> constant = getRealConstant(operand.get());
    if (constant && !type)
      type = chooseConstantType(op->getContext(), *constant, bits);
    if (!constant || !type)
      return op->emitOpError("expects a finite constant as operand ") << operand.getOperandNumber() << " to quantize";
    rewriter.setInsertionPoint(op);
    set(operand, createActivationConstant(rewriter, operand.get().getLoc(), *constant, type));
    return success();
  }

  void set(OpOperand &operand, Value value) {
    rewriter.modifyOpInPlace(operand.getOwner(), [&] { operand.set(value); });
  }

  void cleanUp() {
    for (BlockArgument argument : function.getArguments())
      function.removeArgAttr(argument.getArgNumber(), nn::kRangeAttr);
    function->removeAttr(nn::kActivationBitsAttr);
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(function.getBody().front())))
      if (op.use_empty() && isConstant(&op))
        rewriter.eraseOp(&op);
  }

  func::FuncOp function;
  const ScaleGroups &groups;
  const FloatIslands &islands;
  unsigned weightBits;     // where an op has no nn.weight_bits
  unsigned activationBits; // where op and function have no nn.activation_bits
  IRRewriter rewriter;
  DenseMap<Operation *, LoopForm> forms; // of loop nests
  DenseMap<std::pair<Value, Type>, Value> requantized;
  DenseMap<std::pair<Value, unsigned>, Value> dequantized; // of a value in an island
  DenseMap<OpOperand *, quant::UniformQuantizedType> reads; // types in which ops read their operands
};

struct QuantizePass : impl::QuantizePassBase<QuantizePass> {
  using QuantizePassBase::QuantizePassBase;

  LogicalResult initialize(MLIRContext *context) override {
    weightBits = llvm::StringSwitch<unsigned>(weights).Case("int8", 8).Case("int4", 4).Case("int2", 2).Default(0);
    if (weightBits == 0)
      return mlir::emitError(UnknownLoc::get(context), "expects weights of type int8, int4 or int2, got ") << weights;
    activationBits = llvm::StringSwitch<unsigned>(activations).Case("int8", 8).Case("int16", 16).Case("int4", 4).Default(0);
    if (activationBits == 0)
      return mlir::emitError(UnknownLoc::get(context), "expects activations of type int8, int16 or int4, got ") << activations;
    return success();
  }

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    FloatIslands islands = FloatIslands::find(function, activationBits);
    if (fullInteger && failed(expectNoIslands(function, islands)))
      return signalPassFailure();
    FailureOr<ScaleGroups> groups = ScaleGroups::create(function, islands, activationBits);
    if (failed(groups) || failed(Quantizer(function, *groups, islands, weightBits, activationBits).run()))
      signalPassFailure();
  }

  /// One error that names every op without an integer form.
  static LogicalResult expectNoIslands(func::FuncOp function, const FloatIslands &islands) {
    if (islands.getReasons().empty())
      return success();
    std::string names;
    llvm::raw_string_ostream out(names);
    llvm::interleaveComma(islands.getReasons(), out,
                          [&](const auto &entry) { out << describeOp(entry.first) << " (" << entry.second << ")"; });
    return mlir::emitError(function.getLoc(), "expects ops with an integer form only, but these have none: ") << names;
  }

  unsigned weightBits = 8, activationBits = 8;
};
} // namespace

} // namespace tinyc::compress
