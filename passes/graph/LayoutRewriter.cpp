#include "passes/graph/LayoutRewriter.h"

using namespace mlir;

namespace tinyc::graph {

static RankedTensorType getTensor(Value value) { return cast<RankedTensorType>(value.getType()); }

/// The permutation with to[i] == from[permutation[i]] that moves the elements of a tensor of shape `from` by
/// `movement`; nullopt if there is none. Dimensions of size 1 go where `to` has them.
static std::optional<SmallVector<int64_t>> findPermutation(ArrayRef<int64_t> from, const Layout &movement,
                                                           ArrayRef<int64_t> to) {
  std::optional<Layout::Dimensions> dimensions = movement.getDimensions(from);
  if (!dimensions || llvm::is_contained(dimensions->shuffled, true) || from.size() != to.size())
    return std::nullopt;
  SmallVector<int64_t> moved, units;
  for (int64_t axis : dimensions->permutation)
    if (from[axis] != 1)
      moved.push_back(axis);
  for (int64_t axis : llvm::seq<int64_t>(0, from.size()))
    if (from[axis] == 1)
      units.push_back(axis);
  SmallVector<int64_t> permutation;
  size_t nextMoved = 0, nextUnit = 0;
  for (int64_t size : to) {
    if (size == 1 ? nextUnit == units.size() : nextMoved == moved.size() || from[moved[nextMoved]] != size)
      return std::nullopt;
    permutation.push_back(size == 1 ? units[nextUnit++] : moved[nextMoved++]);
  }
  return permutation;
}

/// Composes the permutation of an argument or a result: stored dimension i is now dimension permutation[i] of before.
static void setPermutation(func::FuncOp function, unsigned index, bool isResult, ArrayRef<int64_t> permutation) {
  if (llvm::is_sorted(permutation))
    return;
  StringRef name = nn::kPermutationAttr;
  auto before = isResult ? function.getResultAttrOfType<DenseI64ArrayAttr>(index, name)
                         : function.getArgAttrOfType<DenseI64ArrayAttr>(index, name);
  SmallVector<int64_t> composed =
      before && before.size() == static_cast<int64_t>(permutation.size())
          ? permute(before.asArrayRef(), permutation)
          : llvm::to_vector(permutation);
  StringAttr key = StringAttr::get(function.getContext(), name);
  if (llvm::is_sorted(composed)) {
    isResult ? function.removeResultAttr(index, key) : function.removeArgAttr(index, key);
    return;
  }
  Attribute value = DenseI64ArrayAttr::get(function.getContext(), composed);
  isResult ? function.setResultAttr(index, key, value) : function.setArgAttr(index, key, value);
}

Value LayoutRewriter::reshape(Value value, ArrayRef<int64_t> shape, Location loc) {
  RankedTensorType type = getTensor(value);
  if (type.getShape() == shape)
    return value;
  if (isa<quant::UniformQuantizedPerAxisType>(type.getElementType()))
    if (auto permutation = findPermutation(type.getShape(), Layout(), shape))
      return nn::TransposeOp::create(builder, loc,
                                     RankedTensorType::get(shape, permuteAxis(type.getElementType(), *permutation)),
                                     value, *permutation);
  return nn::ReshapeOp::create(builder, loc, RankedTensorType::get(shape, type.getElementType()), value);
}

Value LayoutRewriter::move(Value value, const Layout &movement, ArrayRef<int64_t> shape, Location loc) {
  if (movement.isCanonical())
    return reshape(value, shape, loc);
  for (auto &[layout, result] : moved[value])
    if (layout == movement)
      return reshape(result, shape, loc);
  auto transpose = [&](Value input, ArrayRef<int64_t> permutation) -> Value {
    RankedTensorType type = getTensor(input);
    auto result = RankedTensorType::get(permute(type.getShape(), permutation),
                                        permuteAxis(type.getElementType(), permutation));
    return nn::TransposeOp::create(builder, loc, result, input, permutation);
  };
  ArrayRef<int64_t> from = getTensor(value).getShape();
  Value result;
  if (auto permutation = findPermutation(from, movement, shape))
    result = transpose(value, *permutation);
  else if (auto dimensions = movement.getDimensions(from);
           dimensions && !llvm::is_contained(dimensions->shuffled, true))
    result = transpose(value, dimensions->permutation);
  else
    result = transpose(reshape(value, movement.getSizes(), loc), movement.getOrder());
  moved[value].push_back({movement, result});
  return reshape(result, shape, loc);
}

/// The constant moved by `movements`, or null where its axis of quantization cannot follow.
Value LayoutRewriter::arrangeConstant(ConstantSource source, ArrayRef<Layout> movements,
                                      ArrayRef<int64_t> shape) {
  RankedTensorType type = source.constant.getType();
  Type elementType = type.getElementType();
  if (isa<quant::UniformQuantizedPerAxisType>(elementType)) {
    SmallVector<int64_t> current = llvm::to_vector(type.getShape());
    for (auto [index, movement] : llvm::enumerate(movements)) {
      std::optional<Layout::Dimensions> dimensions = movement.getDimensions(current);
      if (!dimensions)
        return {};
      SmallVector<int64_t> next = permute(current, dimensions->permutation);
      if (index + 1 == movements.size())
        next = llvm::to_vector(shape);
      std::optional<SmallVector<int64_t>> permutation = findPermutation(current, movement, next);
      if (!permutation)
        return {};
      elementType = permuteAxis(elementType, *permutation);
      current = next;
    }
  }
  SmallVector<int64_t> sources = llvm::to_vector(llvm::seq<int64_t>(0, type.getNumElements()));
  for (const Layout &movement : movements)
    sources = permute(sources, movement.getSources(sources.size()));
  Value constant = createGathered(builder, source.constant.getLoc(), RankedTensorType::get(shape, elementType),
                                  source.getElements(), sources);
  if (source.cast)
    return quant::DequantizeCastOp::create(
        builder, source.cast.getLoc(),
        RankedTensorType::get(shape, getTensor(source.cast.getResult()).getElementType()), constant);
  return constant;
}

/// The value of `use` in the layout the use wants, in `shape` if given.
Value LayoutRewriter::arrange(OpOperand &use, std::optional<ArrayRef<int64_t>> shape) {
  Value original = use.get(), value = stored.lookup(original);
  if (!isa<RankedTensorType>(original.getType()))
    return value;
  Layout have = graph.getStored(original), want = graph.getWanted(use);
  SmallVector<int64_t> wantedShape;
  if (shape) {
    wantedShape = llvm::to_vector(*shape);
  } else if (have == want) {
    return value;
  } else {
    ArrayRef<int64_t> dimensions = getTensor(original).getShape();
    std::optional<Layout::Dimensions> moved = want.getDimensions(dimensions);
    wantedShape = moved ? permute(dimensions, moved->permutation) : llvm::to_vector(dimensions);
  }
  if (have == want && getTensor(value).getShape() == ArrayRef(wantedShape))
    return value;

  SmallVector<Layout> movements;
  if (std::optional<Layout> movement = Layout::compose(have.inverse(), want))
    movements = {*movement};
  else
    movements = {have.inverse(), want};
  if (std::optional<ConstantSource> source = getConstantSource(value))
    if (Value constant = arrangeConstant(*source, movements, wantedShape))
      return constant;
  for (const Layout &movement : movements)
    value = move(value, movement, wantedShape, original.getLoc());
  return value;
}

Operation *LayoutRewriter::clone(Operation *op, ArrayRef<Value> operands, ArrayRef<Type> types) {
  Operation *result = builder.clone(*op);
  result->setOperands(operands);
  for (auto [value, type] : llvm::zip_equal(result->getResults(), types))
    value.setType(type);
  return result;
}

Operation *LayoutRewriter::rewriteFree(Operation *op) {
  // Whatever shape the first activation comes in will do.
  OpOperand *first = &op->getOpOperand(0);
  for (OpOperand &use : llvm::reverse(op->getOpOperands()))
    if (!getConstantSource(stored.lookup(use.get())))
      first = &use;
  Value leader = arrange(*first);
  ArrayRef<int64_t> shape = getTensor(leader).getShape();
  SmallVector<Value> operands;
  for (OpOperand &use : op->getOpOperands())
    operands.push_back(&use == first ? leader : arrange(use, shape));
  Operation *result =
      clone(op, operands, Type(RankedTensorType::get(shape, getTensor(op->getResult(0)).getElementType())));
  if (auto nest = dyn_cast<nn::LoopNestOp>(result)) {
    nest.setSizes(shape);
    nest.setParallel(shape.size());
    SmallVector<AffineMap> maps(operands.size() + 1, builder.getMultiDimIdentityMap(shape.size()));
    nest.setMapsAttr(builder.getAffineMapArrayAttr(maps));
  }
  return result;
}

Operation *LayoutRewriter::rewriteDimensional(Operation *op) {
  RankedTensorType resultType = getTensor(op->getResult(0));
  SmallVector<int64_t> permutation = graph.getLabel(op).getDimensions(resultType.getShape())->permutation;
  SmallVector<Value> operands;
  for (OpOperand &use : op->getOpOperands()) {
    ArrayRef<int64_t> shape = getTensor(use.get()).getShape();
    bool parameter = isa<nn::BatchNormOp>(op) && use.getOperandNumber() > 0;
    operands.push_back(arrange(use, parameter ? llvm::to_vector(shape) : permute(shape, permutation)));
  }
  auto type = RankedTensorType::get(permute(resultType.getShape(), permutation),
                                    permuteAxis(resultType.getElementType(), permutation));
  Operation *result = clone(op, operands, Type(type));
  if (auto concat = dyn_cast<nn::ConcatOp>(result))
    concat.setAxis(llvm::find(permutation, static_cast<int64_t>(concat.getAxis())) - permutation.begin());
  if (auto pad = dyn_cast<nn::PadOp>(result)) {
    pad.setBefore(permute(pad.getBefore(), permutation));
    pad.setAfter(permute(pad.getAfter(), permutation));
  }
  return result;
}

Operation *LayoutRewriter::rewriteFullyConnected(nn::FullyConnectedOp op) {
  // Labels speak of the whole [M, columns] matrix; without M they order the columns.
  auto getColumns = [](const Layout &layout, ArrayRef<int64_t> shape) {
    return layout.resized(shape, {1, shape[1]})->getSources(shape[1]);
  };
  OpOperand &input = op.getInputMutable(), &weight = op.getWeightMutable();
  RankedTensorType inputType = getTensor(input.get()), outputType = op.getOutput().getType();
  SmallVector<int64_t> columns = getColumns(graph.getWanted(input), inputType.getShape());
  SmallVector<int64_t> rows = getColumns(graph.getStored(op.getOutput()), outputType.getShape());
  auto isSorted = [](ArrayRef<int64_t> values) { return llvm::is_sorted(values); };

  auto gather = [&](Value parameter, ArrayRef<int64_t> sources) -> Value {
    ConstantSource source = *getConstantSource(parameter);
    RankedTensorType type = source.constant.getType();
    auto gathered = RankedTensorType::get(type.getShape(), gatherAxis(type.getElementType(), 0, rows));
    Value constant = createGathered(builder, source.constant.getLoc(), gathered, source.getElements(), sources);
    if (source.cast)
      return quant::DequantizeCastOp::create(builder, source.cast.getLoc(), parameter.getType(), constant);
    return constant;
  };
  SmallVector<Value> operands = {arrange(input, inputType.getShape()),
                                 arrange(weight, getTensor(weight.get()).getShape())};
  if (op.getBias())
    operands.push_back(arrange(op->getOpOperand(2), getTensor(op.getBias()).getShape()));
  if (!isSorted(columns) || !isSorted(rows)) {
    SmallVector<int64_t> sources;
    for (int64_t row : rows)
      for (int64_t column : columns)
        sources.push_back(row * inputType.getDimSize(1) + column);
    operands[1] = gather(operands[1], sources);
    if (op.getBias())
      operands[2] = gather(operands[2], rows);
  }
  return clone(op, operands, Type(outputType));
}

/// Lets the parallel loops of a nest run in the order in which its result is stored.
static void orderLoops(nn::LoopNestOp op) {
  loop::Nest nest = op.getNest();
  SmallVector<int64_t> order; // old numbers
  for (AffineExpr index : nest.maps.back().getResults())
    if (auto loop = dyn_cast<AffineDimExpr>(index); loop && loop.getPosition() < nest.parallel)
      order.push_back(loop.getPosition());
  for (int64_t loop : llvm::seq<int64_t>(nest.parallel, nest.sizes.size()))
    order.push_back(loop);
  SmallVector<int64_t> numbers(order.size()); // new ones
  SmallVector<AffineExpr> loops(order.size());
  for (auto [number, loop] : llvm::enumerate(order)) {
    numbers[loop] = static_cast<int64_t>(number);
    loops[loop] = getAffineDimExpr(number, op.getContext());
  }
  for (AffineMap &map : nest.maps)
    map = map.replaceDimsAndSymbols(loops, {}, order.size(), 0);
  for (auto index : nest.body->getOps<loop::IndexOp>())
    index.setLoop(numbers[index.getLoop()]);
  op.setSizes(permute(nest.sizes, order));
  op.setMapsAttr(Builder(op.getContext()).getAffineMapArrayAttr(nest.maps));
}

Operation *LayoutRewriter::rewriteNest(nn::LoopNestOp op) {
  loop::Nest nest = op.getNest();
  auto reorder = [](AffineMap map, ArrayRef<int64_t> permutation) {
    if (map.getNumResults() == 0)
      return map;
    SmallVector<AffineExpr> indices;
    for (int64_t axis : permutation)
      indices.push_back(map.getResult(axis));
    return AffineMap::get(map.getNumDims(), 0, indices, map.getContext());
  };
  SmallVector<Value> operands;
  SmallVector<AffineMap> maps;
  SmallVector<SmallVector<int64_t>> permutations;
  for (auto [use, map] : llvm::zip(op->getOpOperands(), nest.maps)) {
    ArrayRef<int64_t> shape = getTensor(use.get()).getShape();
    permutations.push_back(graph.getWanted(use).getDimensions(shape)->permutation);
    operands.push_back(arrange(use, permute(shape, permutations.back())));
    maps.push_back(reorder(map, permutations.back()));
  }
  RankedTensorType type = op.getOutput().getType();
  SmallVector<int64_t> permutation =
      graph.getStored(op.getOutput()).getDimensions(type.getShape())->permutation;
  maps.push_back(reorder(nest.maps.back(), permutation));
  auto result = cast<nn::LoopNestOp>(
      clone(op, operands, Type(RankedTensorType::get(permute(type.getShape(), permutation), type.getElementType()))));
  result.setMapsAttr(builder.getAffineMapArrayAttr(maps));
  for (auto load : result.getBody().getOps<loop::LoadOp>()) {
    SmallVector<Value> indices;
    for (int64_t axis : permutations[load.getTensor()])
      indices.push_back(load.getIndices()[axis]);
    load.getIndicesMutable().assign(indices);
  }
  orderLoops(result);
  return result;
}

Operation *LayoutRewriter::rewriteFixed(Operation *op) {
  SmallVector<Value> operands;
  for (OpOperand &use : op->getOpOperands()) {
    auto type = dyn_cast<RankedTensorType>(use.get().getType());
    operands.push_back(type ? arrange(use, type.getShape()) : stored.lookup(use.get()));
  }
  return clone(op, operands, llvm::to_vector(op->getResultTypes()));
}

void LayoutRewriter::rewriteReturn(func::ReturnOp op) {
  SmallVector<Value> operands;
  for (OpOperand &use : op->getOpOperands()) {
    auto type = dyn_cast<RankedTensorType>(use.get().getType());
    if (!type) {
      operands.push_back(stored.lookup(use.get()));
      continue;
    }
    Layout label = graph.getWanted(use);
    // Take the value as it comes if its dimensions are those of the result in another order.
    Value value = stored.lookup(use.get());
    std::optional<SmallVector<int64_t>> permutation;
    if (!label.isCanonical() && label == graph.getStored(use.get()))
      permutation = findPermutation(type.getShape(), label, getTensor(value).getShape());
    if (!permutation)
      permutation = label.getDimensions(type.getShape())->permutation;
    operands.push_back(arrange(use, permute(type.getShape(), *permutation)));
    setPermutation(function, use.getOperandNumber(), true, *permutation);
  }
  func::ReturnOp::create(builder, op.getLoc(), operands);
}

void LayoutRewriter::rewrite(Operation *op) {
  builder.setInsertionPoint(op);
  if (auto returnOp = dyn_cast<func::ReturnOp>(op))
    return rewriteReturn(returnOp);
  if (op->getNumResults() == 1 && getConstantSource(op->getResult(0))) {
    stored[op->getResult(0)] = op->getResult(0);
    return;
  }
  if (isa<nn::ReshapeOp, nn::TransposeOp>(op)) {
    stored[op->getResult(0)] = arrange(op->getOpOperand(0));
    return;
  }
  Operation *result = nullptr;
  if (auto product = dyn_cast<nn::FullyConnectedOp>(op); product && graph.mayMoveColumns(product))
    result = rewriteFullyConnected(product);
  else if (graph.isFree(op))
    result = rewriteFree(op);
  else if (graph.isDimensional(op))
    result = rewriteDimensional(op);
  else if (auto nest = dyn_cast<nn::LoopNestOp>(op))
    result = rewriteNest(nest);
  else
    result = rewriteFixed(op);
  for (auto [before, after] : llvm::zip_equal(op->getResults(), result->getResults()))
    stored[before] = after;
}

void LayoutRewriter::addArguments() {
  Block &block = function.front();
  for (BlockArgument argument : llvm::to_vector(block.getArguments())) {
    Type type = argument.getType();
    if (auto tensor = dyn_cast<RankedTensorType>(type)) {
      SmallVector<int64_t> permutation =
          graph.getStored(argument).getDimensions(tensor.getShape())->permutation;
      type = RankedTensorType::get(permute(tensor.getShape(), permutation), tensor.getElementType());
      setPermutation(function, argument.getArgNumber(), false, permutation);
    }
    stored[argument] = block.addArgument(type, argument.getLoc());
  }
}

void LayoutRewriter::run() {
  Block &block = function.front();
  unsigned argumentCount = block.getNumArguments();
  SmallVector<Operation *> before;
  for (Operation &op : block)
    before.push_back(&op);
  addArguments();
  for (Operation *op : before)
    rewrite(op);
  for (Operation *op : llvm::reverse(before))
    if (op->use_empty())
      op->erase();
  block.eraseArguments(0, argumentCount);
  function.setType(builder.getFunctionType(block.getArgumentTypes(), block.getTerminator()->getOperandTypes()));
}

/// True if a tensor of shape `from` becomes one of shape `to` by moving dimensions of size 1 only.
static std::optional<SmallVector<int64_t>> findUnitMove(Value from, Value to) {
  if (getTensor(from).getRank() < 3)
    return std::nullopt;
  return findPermutation(getTensor(from).getShape(), Layout(), getTensor(to).getShape());
}

static void absorbIntoArgument(func::FuncOp function, BlockArgument argument) {
  Value value = argument;
  SmallVector<Value> chain = {value};
  while (value.hasOneUse() && isa<quant::QuantizeCastOp, quant::DequantizeCastOp>(*value.user_begin())) {
    value = value.user_begin()->getResult(0);
    chain.push_back(value);
  }
  nn::ReshapeOp first;
  for (Operation *user : value.getUsers()) {
    auto reshape = dyn_cast<nn::ReshapeOp>(user);
    if (!reshape || (first && reshape.getType() != first.getType()))
      return;
    first = reshape;
  }
  std::optional<SmallVector<int64_t>> permutation;
  if (first)
    permutation = findUnitMove(argument, first);
  if (!permutation)
    return;
  ArrayRef<int64_t> shape = first.getType().getShape();
  for (Value link : chain)
    link.setType(RankedTensorType::get(shape, permuteAxis(getTensor(link).getElementType(), *permutation)));
  for (Operation *user : llvm::make_early_inc_range(value.getUsers())) {
    user->getResult(0).replaceAllUsesWith(value);
    user->erase();
  }
  setPermutation(function, argument.getArgNumber(), false, *permutation);
}

static void absorbIntoResult(func::FuncOp function, OpOperand &use) {
  auto reshape = use.get().getDefiningOp<nn::ReshapeOp>();
  if (!reshape)
    return;
  if (auto permutation = findUnitMove(reshape, reshape.getInput())) {
    use.set(reshape.getInput());
    if (reshape->use_empty())
      reshape->erase();
    setPermutation(function, use.getOperandNumber(), true, *permutation);
  }
}

void absorbReshapes(func::FuncOp function) {
  Block &block = function.front();
  for (BlockArgument argument : block.getArguments())
    if (isa<RankedTensorType>(argument.getType()))
      absorbIntoArgument(function, argument);
  for (OpOperand &use : block.getTerminator()->getOpOperands())
    absorbIntoResult(function, use);
  function.setType(FunctionType::get(function.getContext(), block.getArgumentTypes(),
                                     block.getTerminator()->getOperandTypes()));
}

} // namespace tinyc::graph
