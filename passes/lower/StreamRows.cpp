#include "dialects/kernel/Params.h"
#include "passes/lower/BufferGraph.h"
#include "passes/lower/Constants.h"
#include "passes/lower/Emission.h"
#include "passes/lower/Passes.h"
#include "passes/lower/ProgramPlacement.h"
#include "passes/lower/RowSteps.h"
#include "passes/lower/StreamChoice.h"
#include "passes/lower/StreamCosts.h"
#include "targets/Target.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"

using namespace mlir;

namespace tinyc::lower {

#define GEN_PASS_DEF_STREAMROWSPASS
#include "passes/lower/Passes.h.inc"

namespace {

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
                          *averageKernel = findUnweighted(target, "average", kernel::getElementName(op.getOutput().getType()));
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
    Value scratch = op.getScratch();
    op.erase();
    if (scratch && scratch.use_empty())
      scratch.getDefiningOp()->erase();
    return sum;
  }

  // Before `position`: where scratch may be allocated.
  static void setKernel(kernel::KernelOpInterface op, const KernelCost &cost, Operation *position) {
    if (!cost.kernel)
      return;
    op.setSymbol(cost.kernel->symbol);
    Value before = op.getScratchBuffer(), scratch;
    OpBuilder builder(position);
    if (cost.scratchBytes > 0)
      scratch =
          memref::AllocOp::create(builder, op->getLoc(), MemRefType::get({cost.scratchBytes}, builder.getI8Type()));
    op.setScratchBuffer(scratch); // null removes it
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
    if (failed(checkOptimize(getOperation(), optimize)))
      return signalPassFailure();
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal() && failed(run(function, *found)))
        return signalPassFailure();
  }

private:
  LogicalResult run(func::FuncOp function, const targets::Target &found) {
    FailureOr<BufferGraph> graph = BufferGraph::read(function);
    if (failed(graph))
      return failure();
    // Thousands of ops of large images, such as those of an unrolled batch, would take minutes.
    constexpr size_t kMostVisits = 2'000'000'000;
    if (graph->ops.empty())
      return success();
    if (graph->ops.size() * graph->rows > kMostVisits) {
      if (!findTransferSpans(*graph).empty())
        return function.emitError("has too many ops to take or hand out tensors in rows: ") << graph->ops.size();
      function.emitRemark("runs layer by layer: it has too many ops to look for streams, ") << graph->ops.size();
      return success();
    }
    SymbolTable symbols(getOperation());
    OpCosts costs = getOpCosts(found, flashRead, *graph, symbols, std::end(kRowsPerStep)[-1],
                               /*keepKernels=*/optimize == "size");
    if (decoded)
      setDecodedBytes(*graph, symbols);
    if (failed(checkTransfers(*graph)))
      return failure();
    StreamChooser chooser(*graph, costs);
    if (!chooser.findFastest())
      return function.emitError("has rows to take or hand out that too many ops need at once");
    Choice choice = choose(chooser, function, found);
    // Streams take code; but rows that arrive, and budgets, may need them.
    if (optimize == "size") {
      std::optional<Choice> whole = StreamChooser(*graph, costs, /*mostRows=*/0).findFastest();
      if (whole && (sram == 0 || whole->peakBytes <= sram))
        choice = std::move(*whole);
    }
    StreamBuilder builder(found, *graph);
    for (const ChosenSegment &segment : choice.segments)
      if (failed(builder.build(segment)))
        return failure();
    return success();
  }

  /// The constants that may be stored coded: those of layers with weights of integers.
  static void setDecodedBytes(BufferGraph &graph, SymbolTable &symbols) {
    for (GraphOp &node : graph.ops)
      if (isa<kernel::Conv2DOp, kernel::DepthwiseConv2DOp, kernel::FullyConnectedOp, kernel::ConvTranspose2DOp>(*node.op) &&
          cast<MemRefType>(node.op->getOperand(1).getType()).getElementType().isInteger())
        for (Value operand : node.op->getOperands())
          if (getConstant(operand, symbols))
            node.decodedBytes += kernel::getByteSize(cast<MemRefType>(operand.getType()));
  }

  // Of the choices that have about the peak that is asked for, the one whose rows find room in the fewest bytes; balanced, a
  // percent more cycles has to save a quarter of a percent of the bytes.
  Choice choose(const StreamChooser &chooser, func::FuncOp function, const targets::Target &found) {
    Choice fastest = *chooser.findFastest();
    const double fastestCycles = fastest.cycles;
    std::vector<Choice> choices;
    if (optimize == "ram")
      choices = chooser.findLeast();
    else if (optimize == "balanced")
      choices = chooser.findSmall(fastest.cycles * 1.05);
    else
      choices.push_back(std::move(fastest));
    size_t best = 0;
    if (choices.size() > 1) {
      std::vector<std::pair<double, double>> costs;
      for (const Choice &choice : choices) {
        double bytes = static_cast<double>(decoded ? choice.peakBytes : getPlacedBytes(function, found, choice));
        costs.push_back({optimize == "ram" ? bytes : bytes * (1 + choice.cycles / fastestCycles / 4), choice.cycles});
      }
      best = std::min_element(costs.begin(), costs.end()) - costs.begin();
    }
    Choice choice = std::move(choices[best]);
    // A budget that the choice misses, but another one meets.
    if (sram > 0 && choice.peakBytes > sram && chooser.getLeastPeak() <= sram)
      choice = *chooser.findFastest(sram);
    return choice;
  }

  // The bytes that lower-plan-memory will find, or a few more.
  static int64_t getPlacedBytes(func::FuncOp function, const targets::Target &found, const Choice &choice) {
    constexpr int64_t kAlignment = 4, kRounds = 200;
    constexpr int64_t most = std::numeric_limits<int64_t>::max();
    OwningOpRef<func::FuncOp> copy(cast<func::FuncOp>(function->clone()));
    FailureOr<BufferGraph> before = BufferGraph::read(*copy);
    if (failed(before))
      return most;
    StreamBuilder builder(found, *before);
    for (const ChosenSegment &segment : choice.segments)
      if (failed(builder.build(segment)))
        return most;
    FailureOr<BufferGraph> graph = BufferGraph::read(*copy);
    if (failed(graph))
      return most;
    std::vector<Step> steps = graph->getSteps();
    std::vector<int32_t> rowsPerStep = getRowsPerStep(*graph);
    RowLifetimes lifetimes(*graph, steps, rowsPerStep);
    return placeProgram(*graph, steps, lifetimes, kAlignment, kRounds).placement.bytes;
  }
};

} // namespace

} // namespace tinyc::lower
