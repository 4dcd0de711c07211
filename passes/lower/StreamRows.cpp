#include "dialects/kernel/Params.h"
#include "passes/lower/BufferGraph.h"
#include "passes/lower/Passes.h"
#include "passes/lower/RowSteps.h"
#include "passes/lower/StreamChoice.h"
#include "targets/CostModel.h"
#include "targets/Target.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"

using namespace mlir;

namespace tinyc::lower {

#define GEN_PASS_DEF_STREAMROWSPASS
#include "passes/lower/Passes.h.inc"

namespace {

const targets::Kernel *findUnweighted(const targets::Target &target, StringRef op, StringRef input) {
  return targets::findKernel(target, op, input, "none", [](const targets::Kernel &) { return true; });
}

// A call of `rows` rows at a time, as often as needed.
double getCycles(const targets::Target &target, const targets::Kernel &kernel, ArrayRef<uint32_t> params, int32_t rows,
                 int32_t rowsPerStep, int32_t scale) {
  double cycles = rows / rowsPerStep * targets::estimateCycles(target, kernel, params, 0, rowsPerStep * scale);
  if (rows % rowsPerStep != 0)
    cycles += targets::estimateCycles(target, kernel, params, 0, rows % rowsPerStep * scale);
  return cycles;
}

// What kernel.sum_rows and kernel.average cost in the place of an average over the whole image.
OpCost getSumCost(const targets::Target &target, kernel::AvgPoolOp op, int32_t rowsPerStep) {
  MemRefType input = op.getInput().getType();
  const targets::Kernel *kernel = findUnweighted(target, "sum_rows", kernel::getElementName(input));
  if (!kernel)
    return {};
  uint32_t params[] = {static_cast<uint32_t>(rowsPerStep), static_cast<uint32_t>(input.getDimSize(2)),
                       static_cast<uint32_t>(input.getDimSize(3))};
  return {getCycles(target, *kernel, params, input.getDimSize(1), rowsPerStep, 1), kernel->scratch(params)};
}

OpCost getCost(const targets::Target &target, const GraphOp &node, int32_t rowsPerStep) {
  kernel::KernelOpInterface op = node.op;
  if (node.sums && rowsPerStep > 0)
    return getSumCost(target, cast<kernel::AvgPoolOp>(op.getOperation()), rowsPerStep);
  const targets::Kernel *kernel = targets::findKernel(op.getSymbol());
  if (!kernel)
    return {};

  op.setRowsPerStep(rowsPerStep);
  SmallVector<uint32_t> params = op.getParams().getWords();
  op.setRowsPerStep(0);
  OpCost cost;
  cost.scratchBytes = kernel->scratch(params.data());
  auto [begin, end] = op.getRows();
  cost.cycles = rowsPerStep == 0 ? targets::estimateCycles(target, *kernel, params, begin, end)
                                 : getCycles(target, *kernel, params, node.rows, rowsPerStep, op.getRowScale());
  return cost;
}

OpCosts getCosts(const targets::Target &target, const BufferGraph &graph) {
  OpCosts costs(graph.ops.size());
  for (auto [number, node] : llvm::enumerate(graph.ops))
    for (int32_t rowsPerStep : kRowsPerStep) {
      if (rowsPerStep > 0 && node.rows == 0)
        break;
      costs[number].push_back(getCost(target, node, rowsPerStep));
    }
  return costs;
}

class StreamBuilder {
public:
  StreamBuilder(const targets::Target &target, const BufferGraph &graph) : target(target), graph(graph) {}

  LogicalResult build(const Segment &segment) {
    std::vector<int32_t> rowsPerStep(graph.ops.size(), 0);
    llvm::copy(segment.rowsPerStep, rowsPerStep.begin() + segment.firstOp);
    std::vector<int32_t> steps;
    for (const Step &step : makeStreamSteps(graph, segment.firstOp, segment.lastOp, rowsPerStep))
      steps.push_back(step.op - segment.firstOp);
    Operation *last = graph.ops[segment.lastOp - 1].op;
    OpBuilder builder(last->getContext());
    builder.setInsertionPointAfter(last);
    Location location = FusedLoc::get(last->getContext(), {graph.ops[segment.firstOp].op->getLoc(), last->getLoc()});
    auto stream = kernel::StreamOp::create(builder, location, steps);
    Block &body = stream.getBody().front();
    for (size_t number = segment.firstOp; number < segment.lastOp; ++number) {
      kernel::KernelOpInterface op = graph.ops[number].op;
      op->moveBefore(&body, body.end());
      if (graph.ops[number].sums) {
        FailureOr<kernel::SumRowsOp> sum = splitAverage(cast<kernel::AvgPoolOp>(op.getOperation()), stream);
        if (failed(sum))
          return failure();
        op = *sum;
      }

      op.setRowsPerStep(rowsPerStep[number]);
      resizeScratch(op, stream);
    }
    return success();
  }

private:
  // Puts the sum of the average over a whole image into its place, and the division behind the stream.
  FailureOr<kernel::SumRowsOp> splitAverage(kernel::AvgPoolOp op, kernel::StreamOp stream) {
    MemRefType input = op.getInput().getType();
    StringRef element = kernel::getElementName(input);
    const targets::Kernel *sumKernel = findUnweighted(target, "sum_rows", element),
                          *averageKernel = findUnweighted(target, "average", element);
    if (!sumKernel || !averageKernel)
      return op.emitOpError("has no kernel on ") << target.name << " that sums rows";
    OpBuilder builder(stream);
    Type sumType = kernel::isFloat(input) ? Type(builder.getF32Type()) : Type(builder.getI32Type());
    Value sums = memref::AllocOp::create(builder, op.getLoc(), MemRefType::get({input.getDimSize(3)}, sumType));
    builder.setInsertionPoint(op);
    auto sum = kernel::SumRowsOp::create(builder, op.getLoc(), op.getInput(), sums, /*scratch=*/Value(),
                                         /*kernel=*/FlatSymbolRefAttr::get(builder.getContext(), sumKernel->symbol),
                                         /*rowsPerStep=*/0);
    builder.setInsertionPointAfter(stream);
    int32_t count = input.getDimSize(1) * input.getDimSize(2);
    kernel::AverageOp::create(builder, op.getLoc(), sums, op.getMultipliers(), op.getOutput(), /*scratch=*/Value(),
                              count, op.getInputZeroPoint(), op.getStage(),
                              FlatSymbolRefAttr::get(builder.getContext(), averageKernel->symbol), /*rowsPerStep=*/0);
    op.erase();
    return sum;
  }

  void resizeScratch(kernel::KernelOpInterface op, kernel::StreamOp stream) {
    const targets::Kernel *kernel = targets::findKernel(op.getSymbol());
    if (!kernel) // kernel.receive, kernel.send
      return;
    int32_t bytes = kernel->scratch(op.getParams().getWords().data());
    if (bytes == 0)
      return;
    Value before = op.getScratchBuffer();
    OpBuilder builder(stream);
    op.setScratchBuffer(memref::AllocOp::create(builder, op->getLoc(), MemRefType::get({bytes}, builder.getI8Type())));
    if (before && before.use_empty())
      before.getDefiningOp()->erase();
  }

  const targets::Target &target;
  const BufferGraph &graph;
};

class StreamRowsPass : public impl::StreamRowsPassBase<StreamRowsPass> {
public:
  using StreamRowsPassBase::StreamRowsPassBase;

  void runOnOperation() override {
    const targets::Target *found = targets::findTarget(target);
    if (!found) {
      getOperation().emitError("unknown target '") << target << "', expects one of " << targets::listTargets();
      return signalPassFailure();
    }
    if (optimize != "ram" && optimize != "balanced" && optimize != "speed") {
      getOperation().emitError("expects optimize to be ram, balanced or speed, got '") << optimize << "'";
      return signalPassFailure();
    }
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal() && failed(run(function, *found)))
        return signalPassFailure();
  }

private:
  LogicalResult run(func::FuncOp function, const targets::Target &found) {
    FailureOr<BufferGraph> graph = BufferGraph::read(function);
    if (failed(graph))
      return failure();
    if (graph->ops.empty())
      return success();
    OpCosts costs = getCosts(found, *graph);
    StreamChooser chooser(*graph, costs);
    Choice choice = choose(chooser);
    StreamBuilder builder(found, *graph);
    for (const Segment &segment : choice.segments)
      if (segment.isStream() && failed(builder.build(segment)))
        return failure();
    return success();
  }

  Choice choose(const StreamChooser &chooser) {
    Choice fastest = *chooser.findFastest();
    Choice choice = fastest;
    if (optimize == "ram") {
      int64_t bytes = chooser.getLeastPeak();
      choice = *chooser.findFastest(bytes);
      chooser.refine(choice, bytes);
    } else if (optimize == "balanced") {
      choice = chooser.findSmallest(fastest.cycles * 1.05);
    }
    // A budget that the choice misses, but another one meets.
    if (sram > 0 && choice.peakBytes > sram && chooser.getLeastPeak() <= sram) {
      choice = *chooser.findFastest(sram);
      chooser.refine(choice, sram);
    }
    return choice;
  }
};

} // namespace

} // namespace tinyc::lower
