#include "passes/graph/LayoutGraph.h"

#include "passes/graph/Constants.h"

using namespace mlir;

namespace tinyc::graph {

static ArrayRef<int64_t> getShape(Value value) { return cast<RankedTensorType>(value.getType()).getShape(); }

static bool isPerAxis(Value value) {
  return isa_and_nonnull<quant::UniformQuantizedPerAxisType>(nn::getQuantizedElement(value.getType()));
}

/// True if `value` is a constant behind casts, transposes and reshapes, all of which fold into it.
static bool isRearrangedConstant(Value value) {
  bool perAxis = false, reshaped = false;
  while (!getConstantSource(value)) {
    Operation *op = value.getDefiningOp();
    if (!isa_and_nonnull<nn::TransposeOp, nn::ReshapeOp, quant::DequantizeCastOp>(op))
      return false;
    reshaped |= isa<nn::ReshapeOp>(op);
    value = op->getOperand(0);
    perAxis |= isPerAxis(value);
  }
  ConstantSource source = *getConstantSource(value);
  return !reshaped || !(perAxis || isPerAxis(source.constant));
}

/// True for a nest that computes each element of its result from the same elements of its operands, all of one shape.
static bool isElementwise(nn::LoopNestOp op) {
  ArrayRef<int64_t> shape = op.getOutput().getType().getShape();
  loop::Nest nest = op.getNest();
  if (nest.init || nest.sizes != shape || !nest.body->getOps<loop::IndexOp>().empty() ||
      !nest.body->getOps<loop::LoadOp>().empty())
    return false;
  auto isIdentity = [&](AffineMap map) {
    if (map.getNumResults() != shape.size())
      return false;
    for (auto [axis, index] : llvm::enumerate(map.getResults()))
      if (index != getAffineDimExpr(axis, op.getContext()) &&
          (shape[axis] != 1 || index != getAffineConstantExpr(0, op.getContext())))
        return false;
    return true;
  };
  return llvm::all_of(nest.maps, isIdentity) &&
         llvm::all_of(op.getInputs(), [&](Value input) { return getShape(input) == shape; });
}

LayoutGraph::LayoutGraph(func::FuncOp function, bool keepBoundary) {
  for (BlockArgument argument : function.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    bool fixed = keepBoundary || !type || isPerAxis(argument);
    producers[argument] =
        addNode(fixed ? Kind::Fixed : Kind::Permutable, nullptr, type ? type.getShape() : ArrayRef<int64_t>());
  }
  for (Operation &op : function.front())
    addOp(&op, keepBoundary);
  for (Operation &op : function.front())
    for (OpOperand &use : op.getOpOperands()) {
      auto type = dyn_cast<RankedTensorType>(use.get().getType());
      if (!type)
        continue;
      unsigned producer = producers.lookup(use.get()), consumer = consumers.lookup(&use);
      int64_t bytes = nodes[producer].kind == Kind::Constant ? 0 : getBytes(type);
      nodes[producer].edges.push_back(edges.size());
      nodes[consumer].edges.push_back(edges.size());
      edges.push_back({producer, consumer, &use, bytes});
    }
}

unsigned LayoutGraph::addNode(Kind kind, Operation *op, ArrayRef<int64_t> shape) {
  nodes.push_back({kind, op, llvm::to_vector(shape), Layout(), {}});
  return nodes.size() - 1;
}

void LayoutGraph::addOp(Operation *op, bool keepBoundary) {
  if (isa<func::ReturnOp>(op)) {
    for (OpOperand &use : op->getOpOperands()) {
      bool fixed = keepBoundary || !isa<RankedTensorType>(use.get().getType()) || isPerAxis(use.get());
      consumers[&use] = fixed ? addNode(Kind::Fixed, op, {}) : addNode(Kind::Permutable, op, getShape(use.get()));
    }
    return;
  }
  Kind kind = Kind::Fixed;
  ArrayRef<int64_t> shape;
  if (op->getNumResults() == 1 && isa<RankedTensorType>(op->getResult(0).getType()))
    shape = getShape(op->getResult(0));
  if (op->getNumResults() == 1 && getConstantSource(op->getResult(0))) {
    kind = Kind::Constant;
  } else if (isa<nn::ReshapeOp>(op)) {
    kind = Kind::Reshape;
  } else if (isa<nn::TransposeOp>(op)) {
    kind = Kind::Transpose;
    shape = getShape(op->getOperand(0));
  } else if (isa<nn::ClampOp, nn::LeakyReluOp, nn::SigmoidOp, nn::HardSigmoidOp, nn::HardSwishOp, nn::RequantizeOp,
                 nn::AddOp, nn::SubOp, nn::MulOp, quant::QuantizeCastOp, quant::DequantizeCastOp>(op)) {
    bool free = llvm::all_of(op->getOperands(), [&](Value operand) {
      return isa<RankedTensorType>(operand.getType()) && getShape(operand) == shape && !isPerAxis(operand);
    });
    kind = free && !isPerAxis(op->getResult(0)) ? Kind::Free : Kind::Dimensional;
    if (!isa<RankedTensorType>(op->getResult(0).getType()))
      kind = Kind::Fixed;
  } else if (auto nest = dyn_cast<nn::LoopNestOp>(op); nest && isElementwise(nest)) {
    kind = Kind::Free;
  } else if (isa<nn::ConcatOp, nn::PadOp, nn::SoftmaxOp, nn::LogSoftmaxOp, nn::BatchNormOp>(op)) {
    kind = Kind::Dimensional;
  }
  unsigned node = addNode(kind, op, shape);
  opNodes[op] = node;
  for (Value result : op->getResults())
    producers[result] = node;
  for (OpOperand &use : op->getOpOperands())
    consumers[&use] = node;

  // The maps of a loop nest take any order of each tensor's dimensions.
  if (isa<nn::LoopNestOp>(op) && kind == Kind::Fixed) {
    for (OpOperand &use : op->getOpOperands())
      consumers[&use] = addNode(Kind::Permutable, op, getShape(use.get()));
    producers[op->getResult(0)] = addNode(Kind::Permutable, op, shape);
  }

  // The weight of a fully_connected can be rearranged at compile time: then its input and its result are nodes of
  // their own, and only the parameters stay with the fixed one.
  auto product = dyn_cast<nn::FullyConnectedOp>(op);
  if (product && isRearrangedConstant(product.getWeight()) &&
      (!product.getBias() || isRearrangedConstant(product.getBias()))) {
    consumers[&product.getInputMutable()] = addNode(Kind::Columns, op, getShape(product.getInput()));
    producers[product.getOutput()] = addNode(Kind::Rows, op, getShape(product.getOutput()));
  }
}

bool LayoutGraph::accepts(const Node &node, const Layout &label) const {
  if (label.isCanonical())
    return true;
  std::optional<Layout::Dimensions> dimensions;
  switch (node.kind) {
  case Kind::Fixed:
  case Kind::Constant:
    return false;
  case Kind::Free:
  case Kind::Reshape:
    return true;
  case Kind::Transpose:
    return atResult(node, label).has_value();
  case Kind::Permutable:
    dimensions = label.getDimensions(node.shape);
    return dimensions && !llvm::is_contained(dimensions->shuffled, true);
  case Kind::Columns:
  case Kind::Rows:
    dimensions = label.getDimensions(node.shape);
    return dimensions && dimensions->permutation == ArrayRef<int64_t>{0, 1} && !dimensions->shuffled[0];
  case Kind::Dimensional:
    break;
  }

  dimensions = label.getDimensions(node.shape);
  if (!dimensions)
    return false;
  for (OpOperand &use : node.op->getOpOperands())
    if (!atOperand(node, use, label))
      return false;
  if (auto pad = dyn_cast<nn::PadOp>(node.op)) {
    for (auto [axis, shuffled] : llvm::enumerate(dimensions->shuffled))
      if (shuffled && (pad.getBefore()[axis] != 0 || pad.getAfter()[axis] != 0))
        return false;
    return true;
  }
  if (isa<nn::SoftmaxOp, nn::LogSoftmaxOp, nn::BatchNormOp>(node.op))
    return dimensions->permutation.back() == static_cast<int64_t>(node.shape.size()) - 1 &&
           !dimensions->shuffled.back();
  bool perAxis = isPerAxis(node.op->getOperand(0)) || isPerAxis(node.op->getResult(0));
  return !perAxis || !llvm::is_contained(dimensions->shuffled, true);
}

static Layout getMovement(nn::TransposeOp op) {
  return Layout::fromPermutation(op.getInput().getType().getShape(), op.getPermutation());
}

std::optional<Layout> LayoutGraph::atResult(const Node &node, const Layout &label) const {
  if (node.kind == Kind::Transpose)
    return Layout::compose(getMovement(cast<nn::TransposeOp>(node.op)).inverse(), label);
  return label;
}

std::optional<Layout> LayoutGraph::fromResult(const Node &node, const Layout &layout) const {
  if (node.kind == Kind::Transpose)
    return Layout::compose(getMovement(cast<nn::TransposeOp>(node.op)), layout);
  return layout;
}

std::optional<Layout> LayoutGraph::atOperand(const Node &node, OpOperand &use, const Layout &label) const {
  if (node.kind != Kind::Dimensional)
    return label;
  if (isa<nn::BatchNormOp>(node.op) && use.getOperandNumber() > 0)
    return Layout();
  return label.resized(node.shape, getShape(use.get()));
}

std::optional<Layout> LayoutGraph::fromOperand(const Node &node, OpOperand &use, const Layout &layout) const {
  if (node.kind != Kind::Dimensional)
    return layout;
  if (isa<nn::BatchNormOp>(node.op) && use.getOperandNumber() > 0)
    return std::nullopt;
  return layout.resized(getShape(use.get()), node.shape);
}

Layout LayoutGraph::getStored(Value value) const {
  const Node &node = nodes[producers.lookup(value)];
  return *atResult(node, node.label);
}

Layout LayoutGraph::getWanted(OpOperand &use) const {
  const Node &node = nodes[consumers.lookup(&use)];
  return *atOperand(node, use, node.label);
}

int64_t LayoutGraph::getCost(ArrayRef<Edge> part) const {
  llvm::DenseMap<Value, SmallVector<Layout>> wanted;
  int64_t cost = 0;
  for (const Edge &edge : part) {
    Layout layout = getWanted(*edge.use);
    if (edge.bytes == 0 || layout == getStored(edge.use->get()))
      continue;
    SmallVector<Layout> &layouts = wanted[edge.use->get()];
    if (llvm::is_contained(layouts, layout))
      continue;
    layouts.push_back(layout);
    cost += edge.bytes;
  }
  return cost;
}

} // namespace tinyc::graph
