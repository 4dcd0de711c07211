#include "dialects/kernel/Params.h"
#include "passes/lower/BufferGraph.h"
#include "passes/lower/Constants.h"
#include "passes/lower/Emission.h"
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

// The processor, and the cycles that it waits for each byte of constants that it reads.
struct Machine {
  const targets::Target &target;
  double waitPerByte;

  double getCycles(const targets::CallCost &cost) const { return cost.cycles + cost.constantBytes * waitPerByte; }
};

// A call of `rows` rows at a time, as often as needed.
double getCycles(const Machine &machine, const targets::Kernel &kernel, ArrayRef<uint32_t> params, int32_t rows,
                 int32_t rowsPerStep, int32_t scale) {
  auto estimate = [&](int32_t count) {
    return machine.getCycles(targets::estimateCall(machine.target, kernel, params, 0, count * scale));
  };
  double cycles = rows / rowsPerStep * estimate(rowsPerStep);
  if (rows % rowsPerStep != 0)
    cycles += estimate(rows % rowsPerStep);
  return cycles;
}

// What kernel.sum_rows costs in the place of an average over the whole image.
SmallVector<KernelCost, 2> getSumCosts(const Machine &machine, kernel::AvgPoolOp op, int32_t rowsPerStep) {
  MemRefType input = op.getInput().getType();
  const targets::Kernel *kernel = findUnweighted(machine.target, "sum_rows", kernel::getElementName(input));
  if (!kernel)
    return {};
  uint32_t params[] = {static_cast<uint32_t>(rowsPerStep), static_cast<uint32_t>(input.getDimSize(2)),
                       static_cast<uint32_t>(input.getDimSize(3))};
  return {{kernel, getCycles(machine, *kernel, params, input.getDimSize(1), rowsPerStep, 1), kernel->scratch(params)}};
}

// The kernel chosen for the op, and the others of its ISA that could be.
SmallVector<const targets::Kernel *> getKernels(kernel::KernelOpInterface op, SymbolTable &symbols) {
  const targets::Kernel *chosen = targets::findKernel(op.getSymbol());
  if (!chosen)
    return {};
  SmallVector<const targets::Kernel *> kernels = {chosen};
  std::optional<WeightedConstants> constants = WeightedConstants::read(op, symbols);
  SmallVector<uint32_t> params = op.getParams().getWords();
  for (const targets::Kernel &kernel : targets::getKernels()) {
    if (&kernel == chosen || kernel.op != chosen->op || kernel.input != chosen->input ||
        kernel.weight != chosen->weight || kernel.isa != chosen->isa || kernel.params != chosen->params)
      continue;
    tinyc_constants values = constants ? constants->get() : tinyc_constants{};
    if (!kernel.packing || (constants && kernel.packing->supports(params.data(), &values)))
      kernels.push_back(&kernel);
  }
  return kernels;
}

SmallVector<KernelCost, 2> getCosts(const Machine &machine, const GraphOp &node,
                                    ArrayRef<const targets::Kernel *> kernels, int32_t rowsPerStep) {
  kernel::KernelOpInterface op = node.op;
  if (node.sums && rowsPerStep > 0)
    return getSumCosts(machine, cast<kernel::AvgPoolOp>(op.getOperation()), rowsPerStep);
  // Rows that arrive or leave cost the same however they are taken.
  if (kernels.empty())
    return {KernelCost()};
  op.setRowsPerStep(rowsPerStep);
  SmallVector<uint32_t> params = op.getParams().getWords();
  op.setRowsPerStep(0);
  auto [begin, end] = op.getRows();
  SmallVector<KernelCost, 2> costs;
  for (const targets::Kernel *kernel : kernels) {
    int64_t scratch = kernel->scratch(params.data());
    if (scratch < 0)
      continue;
    double cycles = rowsPerStep == 0
                        ? machine.getCycles(targets::estimateCall(machine.target, *kernel, params, begin, end))
                        : getCycles(machine, *kernel, params, node.rows, rowsPerStep, op.getRowScale());
    costs.push_back({kernel, cycles, scratch, targets::overwritesInput(*kernel, params)});
  }
  return costs;
}

OpCosts getCosts(const Machine &machine, const BufferGraph &graph, SymbolTable &symbols) {
  OpCosts costs(graph.ops.size());
  for (auto [number, node] : llvm::enumerate(graph.ops)) {
    SmallVector<const targets::Kernel *> kernels = getKernels(node.op, symbols);
    for (int32_t rowsPerStep : kRowsPerStep) {
      if (rowsPerStep > 0 && node.rows == 0)
        break;
      costs[number].push_back(getCosts(machine, node, kernels, rowsPerStep));
    }
  }
  return costs;
}

class StreamBuilder {
public:
  StreamBuilder(const targets::Target &target, const BufferGraph &graph) : target(target), graph(graph) {}

  LogicalResult build(const ChosenSegment &chosen) {
    const Segment &segment = chosen.segment;
    if (!segment.isStream()) {
      kernel::KernelOpInterface op = graph.ops[segment.firstOp].op;
      setKernel(op, *chosen.kernels.front(), op);
      return success();
    }
    std::vector<int32_t> rowsPerStep(graph.ops.size(), 0);
    for (auto [number, op] : llvm::enumerate(segment.ops))
      rowsPerStep[segment.firstOp + number] = op.rowsPerStep;
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
      setKernel(op, *chosen.kernels[number - segment.firstOp], stream);
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

  // Before `position`: where scratch may be allocated.
  static void setKernel(kernel::KernelOpInterface op, const KernelCost &cost, Operation *position) {
    if (!cost.kernel)
      return;
    op.setSymbol(cost.kernel->symbol);
    int64_t bytes = cost.scratchBytes;
    if (bytes == 0)
      return;
    Value before = op.getScratchBuffer();
    OpBuilder builder(position);
    op.setScratchBuffer(memref::AllocOp::create(builder, op->getLoc(), MemRefType::get({bytes}, builder.getI8Type())));
    if (before && before.use_empty())
      before.getDefiningOp()->erase();
  }

  const targets::Target &target;
  const BufferGraph &graph;
};

// Emits an error where rows of an input or output would have to wait for an op that runs whole.
LogicalResult checkTransfers(const BufferGraph &graph) {
  for (const TransferSpan &span : findTransferSpans(graph))
    for (size_t number = span.first; number <= span.last; ++number) {
      if (graph.ops[number].rows > 0)
        continue;
      kernel::KernelOpInterface op = graph.ops[number].op, transfer = graph.ops[span.transfer].op;
      bool isInput = isa<kernel::ReceiveOp>(transfer);
      return emitError(op->getLoc()) << "cannot " << (isInput ? "take" : "hand out") << " '"
                                     << getNodeName(transfer->getLoc()) << "' in rows: " << op->getName()
                                     << " runs whole before its last row is used";
    }
  return success();
}

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
    SymbolTable symbols(getOperation());
    OpCosts costs = getCosts({found, (flashRead - 1) / 4}, *graph, symbols);
    for (auto [op, ways] : llvm::zip_equal(graph->ops, costs))
      op.overwrites = llvm::any_of(ways.front(), [](const KernelCost &cost) { return cost.overwrites; });
    if (failed(checkTransfers(*graph)))
      return failure();
    StreamChooser chooser(*graph, costs);
    Choice choice = choose(chooser);
    StreamBuilder builder(found, *graph);
    for (const ChosenSegment &segment : choice.segments)
      if (failed(builder.build(segment)))
        return failure();
    return success();
  }

  Choice choose(const StreamChooser &chooser) {
    Choice fastest = *chooser.findFastest();
    Choice choice = fastest;
    if (optimize == "ram") {
      int64_t bytes = chooser.getLeastPeak();
      choice = *chooser.findFastest(bytes, bytes - bytes / 8);
    } else if (optimize == "balanced") {
      choice = chooser.findSmallest(fastest.cycles * 1.05);
    }
    // A budget that the choice misses, but another one meets.
    if (sram > 0 && choice.peakBytes > sram && chooser.getLeastPeak() <= sram)
      choice = *chooser.findFastest(sram);
    return choice;
  }
};

} // namespace

} // namespace tinyc::lower
