// nn -> kernel: loop nests keep their bodies; booleans become bytes.
#include "passes/lower/KernelBuilder.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace tinyc::lower {

/// The boolean that a byte stands for.
static Value createIsSet(OpBuilder &builder, Location location, Value byte) {
  Value zero = arith::ConstantOp::create(builder, location, builder.getI8IntegerAttr(0));
  return arith::CmpIOp::create(builder, location, arith::CmpIPredicate::ne, byte, zero);
}

/// Lets a body whose elements are bits take and give bytes.
static void convertBooleans(Block &body) {
  OpBuilder builder(body.getParent()->getContext());
  Type bit = builder.getI1Type(), byte = builder.getI8Type();
  builder.setInsertionPointToStart(&body);
  for (BlockArgument argument : body.getArguments()) {
    if (argument.getType() != bit)
      continue;
    argument.setType(byte);
    Value isSet = createIsSet(builder, argument.getLoc(), argument);
    argument.replaceUsesWithIf(isSet, [&](OpOperand &use) { return use.getOwner() != isSet.getDefiningOp(); });
  }
  for (auto load : llvm::to_vector(body.getOps<loop::LoadOp>())) {
    if (load.getType() != bit)
      continue;
    load.getResult().setType(byte);
    builder.setInsertionPointAfter(load);
    Value isSet = createIsSet(builder, load.getLoc(), load);
    load.getResult().replaceUsesWithIf(isSet, [&](OpOperand &use) { return use.getOwner() != isSet.getDefiningOp(); });
  }
  auto yield = cast<loop::YieldOp>(body.getTerminator());
  if (yield.getValue().getType() != bit)
    return;
  builder.setInsertionPoint(yield);
  yield.getValueMutable().assign(arith::ExtUIOp::create(builder, yield.getLoc(), byte, yield.getValue()).getResult());
}

static Attribute convertInit(Attribute init) {
  auto integer = dyn_cast_or_null<IntegerAttr>(init);
  if (!integer || !integer.getType().isInteger(1))
    return init;
  return IntegerAttr::get(IntegerType::get(init.getContext(), 8), integer.getValue().getZExtValue());
}

/// The table of a nest that looks the bytes of its first operand up in its second, 256 constants, and does nothing else; null
/// for others.
static nn::ConstantOp getTable(nn::LoopNestOp op) {
  auto table = op.getInputs().size() == 2 ? op.getInputs()[1].getDefiningOp<nn::ConstantOp>() : nn::ConstantOp();
  if (!table || table.getOutput().getType() != RankedTensorType::get({256}, IntegerType::get(op.getContext(), 8)))
    return {};
  loop::Nest nest = op.getNest();
  auto load = cast<loop::YieldOp>(nest.body->getTerminator()).getValue().getDefiningOp<loop::LoadOp>();
  auto extend = load ? load.getIndices().front().getDefiningOp<arith::ExtUIOp>() : arith::ExtUIOp();
  const bool isLookup = extend && load.getTensor() == 1 && nest.isMapped(0) && !nest.hasReduction() &&
                        extend.getIn() == nest.body->getArgument(0) && extend.getIn().getType().isInteger(8);
  const bool isElementwise = nest.types[0].getShape() == nest.types[2].getShape() && nest.types[0].getRank() > 0 &&
                             loop::getAccess(nest, 0).strides == loop::getAccess(nest, 2).strides;
  return isLookup && isElementwise ? table : nn::ConstantOp();
}

LogicalResult convertLoopNest(nn::LoopNestOp op, KernelBuilder &builder) {
  if (nn::ConstantOp table = getTable(op)) {
    Value from = builder.getBuffer(op.getInputs()[0], op), to = builder.createBuffer(op->getOpResult(0)), scratch;
    Value constant = builder.createConstant(op.getLoc(), cast<DenseElementsAttr>(table.getValue()), "table");
    kernel::LookupOp::create(builder, op.getLoc(), from, constant, to, scratch, FlatSymbolRefAttr());
    return success();
  }
  SmallVector<Value> inputs;
  for (Value input : op.getInputs())
    inputs.push_back(builder.getBuffer(input, op));
  Value output = builder.createBuffer(op->getOpResult(0));
  auto nest = kernel::LoopNestOp::create(builder, op.getLoc(), op.getOnnxOperatorAttr(), inputs, output,
                                         /*scratch=*/Value(), op.getSizesAttr(), op.getParallelAttr(), op.getMapsAttr(),
                                         convertInit(op.getInitAttr()), FlatSymbolRefAttr(), builder.getI32IntegerAttr(0));
  IRMapping mapping;
  op.getBody().cloneInto(&nest.getBody(), mapping);
  convertBooleans(nest.getBody().front());
  return success();
}

void createCopyNest(KernelBuilder &builder, Location location, Value from, Value to) {
  auto type = cast<MemRefType>(from.getType());
  AffineMap identity = AffineMap::getMultiDimIdentityMap(type.getRank(), builder.getContext());
  auto nest = kernel::LoopNestOp::create(
      builder, location, builder.getStringAttr("Identity"), from, to, /*scratch=*/Value(),
      builder.getDenseI64ArrayAttr(type.getShape()), builder.getI64IntegerAttr(type.getRank()),
      builder.getAffineMapArrayAttr({identity, identity}), /*init=*/Attribute(), FlatSymbolRefAttr(), builder.getI32IntegerAttr(0));
  OpBuilder::InsertionGuard guard(builder);
  Block &body = nest.getBody().emplaceBlock();
  Value element = body.addArgument(type.getElementType(), location);
  builder.setInsertionPointToStart(&body);
  loop::YieldOp::create(builder, location, element);
}

} // namespace tinyc::lower
