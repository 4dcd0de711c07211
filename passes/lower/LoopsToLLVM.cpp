// The function of a loop nest in the LLVM dialect: a block before, inside and behind each loop.
#include "passes/lower/Emission.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace tinyc::lower {

namespace {

class LoopLowering {
public:
  LoopLowering(kernel::LoopFunctionOp op, ModuleOp module)
      : op(op), nest(op.getNest()), module(module), builder(op), loc(op.getLoc()),
        pointer(LLVM::LLVMPointerType::get(op.getContext())), i32(builder.getI32Type()) {}

  LogicalResult run(StringRef name) {
    SmallVector<Type> types(nest.types.size() + 2, pointer); // parameters and scratch, too
    types.append({i32, i32});
    auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(op.getContext()), types);
    function = LLVM::LLVMFuncOp::create(builder, loc, name, type, LLVM::Linkage::Internal);
    declarations.emplace(builder);
    declarations->setInsertionPoint(function);
    Block *entry = function.addEntryBlock(builder);
    builder.setInsertionPointToStart(entry);
    for (size_t number = 0; number < nest.types.size(); ++number)
      buffers.push_back(entry->getArgument(1 + number));
    indices.resize(nest.sizes.size());

    SmallVector<Loop> outer = openLoops(0, nest.parallel, Value());
    Value sum, result;
    SmallVector<Loop> inner;
    if (nest.hasReduction()) {
      inner = openLoops(nest.parallel, nest.sizes.size(), createConstant(nest.init));
      sum = inner.back().sum;
    }
    if (failed(lowerBody(sum, result)))
      return failure();
    if (!nest.hasReduction() || nest.isScan())
      store(result);
    result = closeLoops(inner, result);
    if (nest.hasReduction() && !nest.isScan())
      store(result);
    closeLoops(outer, Value());
    LLVM::ReturnOp::create(builder, loc, ValueRange());
    return success();
  }

private:
  struct Loop {
    Block *head, *exit;
    Value index, sum; // arguments of head
  };

  /// Loops [from, to), the insertion point inside of the last; `sum`, if there is one, is carried through all.
  SmallVector<Loop> openLoops(int64_t from, int64_t to, Value sum) {
    SmallVector<Loop> loops;
    for (int64_t number = from; number < to; ++number) {
      Loop loop;
      loop.head = function.addBlock();
      loop.index = loop.head->addArgument(i32, loc);
      SmallVector<Value> initial = {createInteger(0)};
      if (sum) {
        loop.sum = loop.head->addArgument(sum.getType(), loc);
        initial.push_back(sum);
        sum = loop.sum;
      }
      LLVM::BrOp::create(builder, loc, initial, loop.head);
      builder.setInsertionPointToStart(loop.head);
      indices[number] = loop.index;
      sizes.push_back(nest.sizes[number]);
      loops.push_back(loop);
    }
    return loops;
  }

  /// Ends the loops, innermost first; returns the sum behind them.
  Value closeLoops(ArrayRef<Loop> loops, Value sum) {
    for (const Loop &loop : llvm::reverse(loops)) {
      Value next = LLVM::AddOp::create(builder, loc, loop.index, createInteger(1));
      Value isInside =
          LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::slt, next, createInteger(sizes.pop_back_val()));
      Block *exit = function.addBlock();
      SmallVector<Value> again = {next}, after;
      if (loop.sum) {
        again.push_back(sum);
        after.push_back(sum);
        sum = exit->addArgument(sum.getType(), loc);
      }
      LLVM::CondBrOp::create(builder, loc, isInside, loop.head, again, exit, after);
      builder.setInsertionPointToStart(exit);
    }
    return sum;
  }

  Value createInteger(int64_t value) { return LLVM::ConstantOp::create(builder, loc, i32, builder.getI32IntegerAttr(value)); }
  Value createConstant(TypedAttr value) { return LLVM::ConstantOp::create(builder, loc, value.getType(), value); }

  Value getAddress(size_t number, Value position) {
    return LLVM::GEPOp::create(builder, loc, pointer, getElement(number), buffers[number], LLVM::GEPArg(position),
                               LLVM::GEPNoWrapFlags::inbounds);
  }
  Type getElement(size_t number) { return nest.types[number].getElementType(); }

  Value getMappedPosition(size_t number) {
    loop::LinearAccess access = loop::getAccess(nest, number);
    Value position = createInteger(access.offset);
    for (auto [index, stride] : llvm::zip_equal(indices, access.strides))
      if (stride != 0)
        position = LLVM::AddOp::create(builder, loc, position, LLVM::MulOp::create(builder, loc, index, createInteger(stride)));
    return position;
  }

  Value load(size_t number, Value position) {
    return LLVM::LoadOp::create(builder, loc, getElement(number), getAddress(number, position));
  }
  void store(Value value) {
    size_t output = nest.getInputCount();
    LLVM::StoreOp::create(builder, loc, value, getAddress(output, getMappedPosition(output)));
  }

  LogicalResult lowerBody(Value sum, Value &result) {
    unsigned argument = 0;
    for (size_t number = 0; number < nest.getInputCount(); ++number)
      if (nest.isMapped(number))
        values[nest.body->getArgument(argument++)] = load(number, getMappedPosition(number));
    if (sum)
      values[nest.body->getArguments().back()] = sum;
    for (Operation &each : nest.body->without_terminator()) {
      Value value = lowerOp(each);
      if (!value)
        return each.emitOpError("is not supported in the body of a loop nest");
      values[each.getResult(0)] = value;
    }
    result = values[nest.body->getTerminator()->getOperand(0)];
    return success();
  }

  Value lowerLoad(loop::LoadOp load) {
    Value position = createInteger(0);
    for (auto [index, size] : llvm::zip_equal(load.getIndices(), nest.types[load.getTensor()].getShape())) {
      Value least = createInteger(0), most = createInteger(size - 1), value = values[index];
      auto limit = [&](LLVM::ICmpPredicate predicate, Value bound) {
        Value isOutside = LLVM::ICmpOp::create(builder, loc, predicate, value, bound);
        value = LLVM::SelectOp::create(builder, loc, isOutside, bound, value);
      };
      limit(LLVM::ICmpPredicate::slt, least);
      limit(LLVM::ICmpPredicate::sgt, most);
      position = LLVM::AddOp::create(builder, loc, LLVM::MulOp::create(builder, loc, position, createInteger(size)), value);
    }
    return this->load(load.getTensor(), position);
  }

  Value lowerCall(loop::CallOp call) {
    std::string name = ("tinyc_math_" + call.getFunction() + "_f32").str();
    SmallVector<Value> operands;
    for (Value operand : call.getOperands())
      operands.push_back(values[operand]);
    if (!module.lookupSymbol(name)) {
      auto type = LLVM::LLVMFunctionType::get(builder.getF32Type(), SmallVector<Type>(operands.size(), builder.getF32Type()));
      LLVM::LLVMFuncOp::create(*declarations, loc, name, type);
    }
    return LLVM::CallOp::create(builder, loc, builder.getF32Type(), name, operands).getResult();
  }

  template <typename Op> Value binary(Operation &each) {
    return Op::create(builder, loc, values[each.getOperand(0)], values[each.getOperand(1)]);
  }
  template <typename Op> Value cast(Operation &each) {
    return Op::create(builder, loc, each.getResult(0).getType(), values[each.getOperand(0)]);
  }

  Value lowerOp(Operation &each) {
    return llvm::TypeSwitch<Operation *, Value>(&each)
        .Case([&](loop::LoadOp load) { return lowerLoad(load); })
        .Case([&](loop::CallOp call) { return lowerCall(call); })
        .Case([&](loop::IndexOp index) { return indices[index.getLoop()]; })
        .Case([&](arith::ConstantOp constant) { return createConstant(constant.getValue()); })
        .Case([&](arith::CmpIOp compare) -> Value {
          // The predicates have the same numbers in both dialects.
          auto predicate = *LLVM::symbolizeICmpPredicate(static_cast<uint64_t>(compare.getPredicate()));
          return LLVM::ICmpOp::create(builder, loc, predicate, values[compare.getLhs()], values[compare.getRhs()]);
        })
        .Case([&](arith::CmpFOp compare) -> Value {
          auto predicate = *LLVM::symbolizeFCmpPredicate(static_cast<uint64_t>(compare.getPredicate()));
          return LLVM::FCmpOp::create(builder, loc, predicate, values[compare.getLhs()], values[compare.getRhs()]);
        })
        .Case([&](arith::SelectOp select) -> Value {
          return LLVM::SelectOp::create(builder, loc, values[select.getCondition()], values[select.getTrueValue()],
                                        values[select.getFalseValue()]);
        })
        .Case([&](arith::AddFOp) { return binary<LLVM::FAddOp>(each); })
        .Case([&](arith::SubFOp) { return binary<LLVM::FSubOp>(each); })
        .Case([&](arith::MulFOp) { return binary<LLVM::FMulOp>(each); })
        .Case([&](arith::DivFOp) { return binary<LLVM::FDivOp>(each); })
        .Case([&](arith::NegFOp) -> Value { return LLVM::FNegOp::create(builder, loc, values[each.getOperand(0)]); })
        .Case([&](arith::AddIOp) { return binary<LLVM::AddOp>(each); })
        .Case([&](arith::SubIOp) { return binary<LLVM::SubOp>(each); })
        .Case([&](arith::MulIOp) { return binary<LLVM::MulOp>(each); })
        .Case([&](arith::DivSIOp) { return binary<LLVM::SDivOp>(each); })
        .Case([&](arith::DivUIOp) { return binary<LLVM::UDivOp>(each); })
        .Case([&](arith::RemSIOp) { return binary<LLVM::SRemOp>(each); })
        .Case([&](arith::RemUIOp) { return binary<LLVM::URemOp>(each); })
        .Case([&](arith::AndIOp) { return binary<LLVM::AndOp>(each); })
        .Case([&](arith::OrIOp) { return binary<LLVM::OrOp>(each); })
        .Case([&](arith::XOrIOp) { return binary<LLVM::XOrOp>(each); })
        .Case([&](arith::ShLIOp) { return binary<LLVM::ShlOp>(each); })
        .Case([&](arith::ShRSIOp) { return binary<LLVM::AShrOp>(each); })
        .Case([&](arith::ShRUIOp) { return binary<LLVM::LShrOp>(each); })
        .Case([&](arith::ExtSIOp) { return cast<LLVM::SExtOp>(each); })
        .Case([&](arith::ExtUIOp) { return cast<LLVM::ZExtOp>(each); })
        .Case([&](arith::TruncIOp) { return cast<LLVM::TruncOp>(each); })
        .Case([&](arith::SIToFPOp) { return cast<LLVM::SIToFPOp>(each); })
        .Case([&](arith::UIToFPOp) { return cast<LLVM::UIToFPOp>(each); })
        .Case([&](arith::FPToSIOp) { return cast<LLVM::FPToSIOp>(each); })
        .Case([&](arith::FPToUIOp) { return cast<LLVM::FPToUIOp>(each); })
        .Case([&](arith::BitcastOp) { return cast<LLVM::BitcastOp>(each); })
        .Default([](Operation *) { return Value(); });
  }

  kernel::LoopFunctionOp op;
  loop::Nest nest;
  ModuleOp module;
  OpBuilder builder;
  std::optional<OpBuilder> declarations;
  Location loc;
  LLVM::LLVMPointerType pointer;
  Type i32;
  LLVM::LLVMFuncOp function;
  SmallVector<Value> buffers, indices;
  SmallVector<int64_t> sizes; // of the open loops
  llvm::DenseMap<Value, Value> values;
};

} // namespace

LogicalResult createLoopFunction(kernel::LoopFunctionOp function, StringRef name, ModuleOp module) {
  return LoopLowering(function, module).run(name);
}

} // namespace tinyc::lower
