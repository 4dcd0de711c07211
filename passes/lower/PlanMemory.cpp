#include "dialects/kernel/Kernel.h"
#include "dialects/nn/NN.h"
#include "passes/lower/BufferGraph.h"
#include "passes/lower/Emission.h"
#include "passes/lower/Passes.h"
#include "passes/lower/Placement.h"
#include "passes/lower/Plan.h"
#include "passes/lower/ProgramPlacement.h"
#include "passes/lower/ProgramState.h"
#include "passes/lower/RowLifetimes.h"
#include "passes/lower/Savings.h"
#include "passes/lower/Traffic.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/MapVector.h"

#include <limits>

using namespace mlir;

namespace tinyc::lower {

#define GEN_PASS_DEF_PLANMEMORYPASS
#include "passes/lower/Passes.h.inc"

namespace {

class Planner {
public:
  Planner(func::FuncOp function, BufferGraph graph, ArrayRef<Region> memories, bool prefersWhole, int64_t alignment,
          int64_t rounds)
      : function(function), graph(std::move(graph)), memories(memories), prefersWhole(prefersWhole), alignment(alignment), rounds(rounds) {}

  LogicalResult run() {
    steps = graph.getSteps();
    rowsPerStep = getRowsPerStep(graph);
    lifetimes.emplace(graph, steps, rowsPerStep);
    if (memories.empty())
      placeInOne();
    else
      placeInRegions();
    plan.bytes = std::max<int64_t>(placement.bytes, 1);
    if (plan.bytes > std::numeric_limits<int32_t>::max())
      return function.emitError("needs an arena of ") << plan.bytes << " bytes, more than 2^31 - 1";
    describeBuffers();
    if (!steps.empty()) { // a function may compute nothing
      describePeak();
      plan.savings = findSavings(graph, steps, rowsPerStep, plan.peakBytes);
    }
    setAttributes();
    rewrite();
    return success();
  }

private:
  void placeInOne() {
    ProgramPlacement placed = placeProgram(graph, steps, *lifetimes, alignment, rounds);
    groups = std::move(placed.groups);
    placement = std::move(placed.placement);
  }

  // One memory if the best one holds all, or if it has to be one; otherwise divided where that takes fewer cycles. What is
  // written over its operand lies in the operand's memory: a division without that is tried, too.
  void placeInRegions() {
    placeInOne();
    RegionPlacement best = placeInOneMemory(graph, groups, std::move(placement), memories);
    if (!best.isOptimal && !isStreamed(function) && !(prefersWhole && best.fits)) {
      for (bool inPlace : {true, false}) {
        RowLifetimes otherLifetimes(graph, steps, rowsPerStep, inPlace);
        RowGroups otherGroups = makeGroups(graph, steps, otherLifetimes, otherLifetimes.getOverlays());
        RegionPlacement other = placeInMemories(graph, otherGroups, memories, alignment, rounds);
        if (!other.isBetter(best))
          continue;
        best = std::move(other);
        lifetimes.emplace(std::move(otherLifetimes));
        groups = std::move(otherGroups);
      }
    }
    placement = std::move(best.placement);
    regions = std::move(best.regions);
  }

  //===--------------------------------------------------------------------===//
  // The plan as it is reported
  //===--------------------------------------------------------------------===//

  int64_t getOffset(size_t buffer, int32_t row) const {
    int32_t band = lifetimes->getBandRows(buffer);
    RowGroups::Band place = groups.bands[buffer][row / band];
    return placement.offsets[place.group] + place.offset + row % band * graph.buffers[buffer].getRowBytes();
  }

  void describeBuffers() {
    plan.alignment = alignment;
    plan.bound = placement.bound;
    std::vector<std::vector<int64_t>> positions(graph.buffers.size()); // of scratch
    for (auto [position, step] : llvm::enumerate(steps))
      for (const GraphAccess &access : graph.ops[step.op].accesses)
        if (graph.buffers[access.buffer].isScratch)
          positions[access.buffer].push_back(position);
    for (auto [number, buffer] : llvm::enumerate(graph.buffers)) {
      PlannedBuffer planned;
      planned.name = getName(buffer);
      planned.kind = buffer.isInput     ? "input"
                     : buffer.isOutput  ? "output"
                     : buffer.isScratch ? "scratch"
                                        : "activation";
      planned.first = std::numeric_limits<int64_t>::max();
      planned.last = -1;
      if (buffer.isScratch)
        describeScratch(planned, buffer, getOffset(number, 0), positions[number]);
      else
        describeRows(planned, number);
      if (planned.last < 0) // nothing uses it
        planned.first = planned.last = 0;
      planned.offset = getOffset(number, 0);
      int64_t end = planned.offset;
      for (int32_t row = 0; row < buffer.rows; ++row) {
        planned.offset = std::min(planned.offset, getOffset(number, row));
        end = std::max(end, getOffset(number, row) + buffer.getRowBytes());
      }
      planned.bytes = end - planned.offset;
      if (planned.pieces.size() == 1)
        planned.pieces.clear();
      plan.buffers.push_back(std::move(planned));
    }
  }

  static void addPiece(PlannedBuffer &planned, PlannedPiece piece) {
    planned.first = std::min(planned.first, piece.first);
    planned.last = std::max(planned.last, piece.last);
    if (!planned.pieces.empty()) {
      PlannedPiece &previous = planned.pieces.back();
      if (previous.first == piece.first && previous.last == piece.last &&
          previous.offset + previous.bytes == piece.offset) {
        previous.bytes += piece.bytes;
        return;
      }
    }
    planned.pieces.push_back(piece);
  }

  void describeRows(PlannedBuffer &planned, size_t number) {
    const GraphBuffer &buffer = graph.buffers[number];
    for (int32_t row = 0; row < buffer.rows; ++row)
      if (RowLifetime life = lifetimes->get(number, row); life.first <= life.last)
        addPiece(planned, {getOffset(number, row), buffer.getRowBytes(), life.first, life.last});
  }

  static void describeScratch(PlannedBuffer &planned, const GraphBuffer &buffer, int64_t offset,
                              ArrayRef<int64_t> positions) {
    for (int64_t position : positions)
      if (!planned.pieces.empty() && planned.pieces.back().last == position - 1)
        planned.pieces.back().last = planned.last = position;
      else
        addPiece(planned, {offset, buffer.bytes, position, position});
  }

  std::string getName(const GraphBuffer &buffer) {
    if (auto argument = dyn_cast<BlockArgument>(buffer.value)) {
      auto name = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), nn::kNameAttr);
      return name ? name.str() : "argument" + std::to_string(argument.getArgNumber());
    }
    return getNodeName(buffer.value.getLoc()).str();
  }

  // Bytes of the arena live at each position: those of the pieces, where two overlap once.
  std::vector<int64_t> getLiveBytes() const {
    std::vector<int64_t> change(steps.size() + 1, 0);
    for (const Group &group : groups.groups) {
      // Of two pieces of a group in one place at one time the larger one counts.
      for (auto [index, piece] : llvm::enumerate(group.pieces)) {
        change[piece.first] += piece.end - piece.begin;
        change[piece.last + 1] -= piece.end - piece.begin;
        for (const Piece &other : ArrayRef(group.pieces).take_front(index)) {
          int64_t bytes = std::min(piece.end, other.end) - std::max(piece.begin, other.begin);
          int64_t first = std::max(piece.first, other.first), last = std::min(piece.last, other.last);
          if (bytes <= 0 || first > last)
            continue;
          change[first] -= bytes;
          change[last + 1] += bytes;
        }
      }
    }
    for (size_t position = 1; position < change.size(); ++position)
      change[position] += change[position - 1];
    change.pop_back();
    return change;
  }

  void describePeak() {
    for (auto [number, op] : llvm::enumerate(graph.ops)) {
      OpMemory memory;
      kernel::KernelOpInterface kernelOp = op.op;
      memory.op = kernelOp->getName().stripDialect().str();
      memory.node = getNodeName(kernelOp->getLoc()).str();
      memory.first = std::numeric_limits<int64_t>::max();
      memory.rowsPerStep = rowsPerStep[number];
      memory.stream = op.stream;
      plan.ops.push_back(std::move(memory));
    }
    std::vector<int64_t> live = getLiveBytes();
    for (auto [position, step] : llvm::enumerate(steps)) {
      OpMemory &memory = plan.ops[step.op];
      memory.first = std::min<int64_t>(memory.first, position);
      memory.last = position;
      memory.liveBytes = std::max(memory.liveBytes, live[position]);
      if (live[position] <= plan.peakBytes)
        continue;
      plan.peakBytes = live[position];
      plan.peakPosition = position;
      plan.peakOp = memory.op;
      plan.peakNode = memory.node;
    }
    llvm::stable_sort(plan.ops, [](const OpMemory &a, const OpMemory &b) { return a.first < b.first; });
    describeLive(plan.peakPosition);
  }

  void describeLive(int64_t position) {
    for (auto [number, buffer] : llvm::enumerate(graph.buffers)) {
      const PlannedBuffer &planned = plan.buffers[number];
      PeakBuffer held = {planned.name, planned.kind};
      if (buffer.isScratch) {
        if (llvm::any_of(graph.ops[steps[position].op].accesses,
                         [&, number = number](const GraphAccess &access) { return access.buffer == number; }))
          held.bytes = buffer.bytes;
      } else {
        for (int32_t row = 0; row < buffer.rows; ++row)
          if (RowLifetime life = lifetimes->get(number, row); life.first <= position && position <= life.last)
            ++held.heldRows;
        held.bytes = held.heldRows * buffer.getRowBytes();
        held.rows = buffer.rows;
        if (buffer.rows == 1)
          held.heldRows = held.rows = 0;
      }
      if (held.bytes > 0)
        plan.peakLive.push_back(std::move(held));
    }
    llvm::stable_sort(plan.peakLive, [](const PeakBuffer &a, const PeakBuffer &b) { return a.bytes > b.bytes; });
  }

  //===--------------------------------------------------------------------===//
  // Result
  //===--------------------------------------------------------------------===//

  void setAttributes() {
    Builder builder(function.getContext());
    SmallVector<Attribute> inputs, outputs;
    for (auto [i, argument] : llvm::enumerate(function.getArguments())) {
      size_t number = graph.getBuffer(argument);
      const PlannedBuffer &buffer = plan.buffers[number];
      NamedAttrList list;
      list.set("name", builder.getStringAttr(buffer.name));
      Attribute type = function.getArgAttr(i, kernel::kTypeAttr);
      auto memref = cast<MemRefType>(argument.getType());
      list.set("type", type ? type : TypeAttr::get(RankedTensorType::get(memref.getShape(), memref.getElementType())));
      if (Attribute permutation = function.getArgAttr(i, nn::kPermutationAttr))
        list.set("permutation", permutation);
      list.set("offset", builder.getI64IntegerAttr(buffer.offset));
      list.set("bytes", builder.getI64IntegerAttr(buffer.bytes));
      (graph.buffers[number].isOutput ? outputs : inputs).push_back(list.getDictionary(builder.getContext()));
    }
    insertStreamedPorts(function, inputs, outputs);
    function->setAttr(kernel::kInputsAttr, builder.getArrayAttr(inputs));
    function->setAttr(kernel::kOutputsAttr, builder.getArrayAttr(outputs));
    function->setAttr(kernel::kPlanAttr, plan.toAttribute(builder.getContext()));
    if (!regions.empty())
      setArenaRegions(function, regions);
  }

  void rewrite() {
    Block &block = function.front();
    unsigned count = function.getNumArguments();
    OpBuilder builder(function.getContext());
    auto arenaType = MemRefType::get({plan.bytes}, builder.getI8Type());
    Value arena = block.addArgument(arenaType, function.getLoc());
    llvm::MapVector<int64_t, Value> constants; // offsets
    for (size_t number = 0; number < graph.buffers.size(); ++number)
      if (!lifetimes->isScattered(number))
        constants[getOffset(number, 0)] = Value();
    builder.setInsertionPointToStart(&block);
    for (auto &[offset, value] : constants)
      value = arith::ConstantIndexOp::create(builder, function.getLoc(), offset);
    for (auto [number, buffer] : llvm::enumerate(graph.buffers)) {
      Operation *alloc = buffer.value.getDefiningOp();
      if (alloc)
        builder.setInsertionPoint(alloc);
      Location location = alloc ? alloc->getLoc() : buffer.value.getLoc();
      auto type = cast<MemRefType>(buffer.value.getType());
      Value view;
      if (lifetimes->isScattered(number)) {
        SmallVector<int64_t> offsets;
        for (int32_t row = 0; row < buffer.rows; ++row)
          offsets.push_back(getOffset(number, row));
        view = kernel::RowsOp::create(builder, location, type, arena, offsets);
      } else {
        view = memref::ViewOp::create(builder, location, type, arena, constants[getOffset(number, 0)], ValueRange());
        if (buffer.isInput || buffer.isOutput)
          view.getDefiningOp()->setAttr(kernel::kPortAttr, builder.getStringAttr(getName(buffer)));
      }
      buffer.value.replaceAllUsesWith(view);
      if (alloc)
        alloc->erase();
    }
    block.eraseArguments(0, count);
    function.removeArgAttrsAttr();
    function.setType(builder.getFunctionType({arenaType}, {}));
  }

  func::FuncOp function;
  BufferGraph graph;
  ArrayRef<Region> memories;
  bool prefersWhole; // divide the arena only where no memory holds it
  int64_t alignment, rounds;
  SmallVector<ArenaRegion> regions; // without memories empty
  std::vector<Step> steps;
  std::vector<int32_t> rowsPerStep;
  std::optional<RowLifetimes> lifetimes;
  RowGroups groups;
  Placement placement;
  MemoryPlan plan;
};

class PlanMemoryPass : public impl::PlanMemoryPassBase<PlanMemoryPass> {
public:
  using PlanMemoryPassBase::PlanMemoryPassBase;

  void runOnOperation() override {
    if (alignment < 1 || !llvm::isPowerOf2_64(alignment)) {
      getOperation().emitError("expects an alignment that is a power of two, got ") << alignment;
      return signalPassFailure();
    }
    func::FuncOp model;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function.isExternal() || function->hasAttr(kernel::kPlanAttr))
        continue;
      if (model) {
        function.emitError("expects one function in the module, got a second one");
        return signalPassFailure();
      }
      model = function;
    }
    if (!model)
      return;
    if (!model.getBody().hasOneBlock() || model.getNumResults() != 0) {
      model.emitError("expects a function of one block on buffers, without results");
      return signalPassFailure();
    }
    FailureOr<BufferGraph> graph = BufferGraph::read(model);
    FailureOr<SmallVector<Region>> memories = parseMemories(getOperation(), ram);
    int64_t aligned = alignment; // or as much as an element of a buffer wants
    model.walk([&](memref::AllocOp alloc) {
      aligned = std::max<int64_t>(aligned, alloc.getType().getElementTypeBitWidth() / 8);
    });
    for (Type type : model.getArgumentTypes())
      if (auto buffer = dyn_cast<MemRefType>(type))
        aligned = std::max<int64_t>(aligned, buffer.getElementTypeBitWidth() / 8);
    if (failed(graph) || failed(memories) ||
        failed(Planner(model, std::move(*graph), *memories, whole, aligned, rounds).run()))
      return signalPassFailure();
    // Calls of the function do not exist: it is the program.
    SymbolTable symbols(getOperation());
    if (failed(symbols.rename(model, "model_run")))
      return signalPassFailure();
  }
};

} // namespace

} // namespace tinyc::lower
