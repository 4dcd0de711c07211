#include "dialects/kernel/Kernel.h"
#include "dialects/nn/NN.h"
#include "passes/lower/Emission.h"
#include "passes/lower/Passes.h"
#include "passes/lower/Placement.h"
#include "passes/lower/Plan.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

#include <limits>

using namespace mlir;

namespace tinyc::lower {

#define GEN_PASS_DEF_PLANMEMORYPASS
#include "passes/lower/Passes.h.inc"

namespace {

// A function argument or allocation, with all views of it.
struct Buffer {
  Value value;
  int64_t bytes;
  int64_t first = std::numeric_limits<int64_t>::max(), last = -1;
  bool isInput = false, isOutput = false, isScratch = false;
  size_t place = 0; // the buffers of one place lie at one offset
};

int64_t getByteOffset(MemRefType type) { return type.getStridesAndOffset().second * type.getElementTypeBitWidth() / 8; }

class Planner {
public:
  Planner(func::FuncOp function, int64_t alignment, int64_t rounds)
      : function(function), alignment(alignment), rounds(rounds) {}

  LogicalResult run() {
    if (failed(collect()))
      return failure();
    shareInPlace();
    place();
    if (plan.bytes > std::numeric_limits<int32_t>::max())
      return function.emitError("needs an arena of ") << plan.bytes << " bytes, more than 2^31 - 1";
    describe();
    rewrite();
    return success();
  }

private:
  //===--------------------------------------------------------------------===//
  // Lifetimes
  //===--------------------------------------------------------------------===//

  LogicalResult collect() {
    for (BlockArgument argument : function.getArguments()) {
      auto type = dyn_cast<MemRefType>(argument.getType());
      if (!type || !kernel::isContiguous(type))
        return function.emitError("expects contiguous buffers as arguments, got ") << argument.getType();
      Buffer &buffer = addBuffer(argument);
      buffer.isOutput = function.getArgAttr(argument.getArgNumber(), kernel::kOutputAttr) != nullptr;
      buffer.isInput = !buffer.isOutput;
    }
    for (Operation &op : function.front().without_terminator()) {
      if (auto alloc = dyn_cast<memref::AllocOp>(op)) {
        if (!kernel::isContiguous(alloc.getType()))
          return op.emitOpError("expects a buffer of static shape");
        addBuffer(alloc.getResult());
      } else if (auto cast = dyn_cast<memref::ReinterpretCastOp>(op)) {
        if (!kernel::isContiguous(cast.getType()))
          return op.emitOpError("expects a contiguous view");
        if (auto source = roots.find(cast.getSource()); source != roots.end())
          roots[cast.getResult()] = source->second;
      } else if (auto kernelOp = dyn_cast<kernel::KernelOpInterface>(op)) {
        for (Value operand : op.getOperands())
          touch(operand, kernels.size());
        if (auto scratch = roots.find(kernelOp.getScratchBuffer()); scratch != roots.end())
          buffers[scratch->second].isScratch = true;
        kernels.push_back(kernelOp);
      } else if (!isa<memref::GetGlobalOp>(op)) {
        return op.emitOpError("is not expected among kernel ops");
      }
    }
    int64_t end = std::max<int64_t>(kernels.size(), 1) - 1;
    for (Buffer &buffer : buffers) {
      if (buffer.isInput)
        buffer.first = 0;
      if (buffer.isOutput)
        buffer.last = end;
      // A buffer that nothing uses.
      buffer.first = std::min(buffer.first, end);
      buffer.last = std::max(buffer.last, buffer.first);
    }
    return success();
  }

  Buffer &addBuffer(Value value) {
    roots[value] = buffers.size();
    buffers.push_back({value, kernel::getByteSize(cast<MemRefType>(value.getType()))});
    buffers.back().place = buffers.size() - 1;
    return buffers.back();
  }

  void touch(Value value, int64_t position) {
    auto root = roots.find(value);
    if (root == roots.end())
      return;
    Buffer &buffer = buffers[root->second];
    buffer.first = std::min(buffer.first, position);
    buffer.last = std::max(buffer.last, position);
  }

  //===--------------------------------------------------------------------===//
  // Offsets
  //===--------------------------------------------------------------------===//

  // The place of an operand that `op`, at `position`, may write its whole output over.
  std::optional<size_t> findInPlace(kernel::KernelOpInterface op, int64_t position) {
    auto outputType = cast<MemRefType>(op.getOutputBuffer().getType());
    auto output = roots.find(op.getOutputBuffer());
    if (output == roots.end())
      return std::nullopt;
    const Buffer &to = buffers[output->second];
    if (to.first != position || to.isInput || getByteOffset(outputType) != 0 ||
        kernel::getByteSize(outputType) != to.bytes)
      return std::nullopt;
    SmallVector<unsigned> candidates = op.getInPlaceOperands();
    for (unsigned candidate : candidates) {
      auto root = roots.find(op->getOperand(candidate));
      if (root == roots.end() || root->second == output->second)
        continue;
      const Buffer &from = buffers[root->second];
      if (from.last != position || from.isOutput || from.bytes < to.bytes)
        continue;
      // Every access of this op to the operand's buffer has to be one the output may lie over.
      bool legal = true;
      for (OpOperand &operand : op->getOpOperands()) {
        auto other = roots.find(operand.get());
        if (other == roots.end() || other->second != root->second)
          continue;
        legal = legal && llvm::is_contained(candidates, operand.getOperandNumber()) &&
                getByteOffset(cast<MemRefType>(operand.get().getType())) == 0;
      }
      if (legal)
        return from.place;
    }
    return std::nullopt;
  }

  void shareInPlace() {
    for (auto [position, op] : llvm::enumerate(kernels))
      if (std::optional<size_t> place = findInPlace(op, position))
        buffers[roots.lookup(op.getOutputBuffer())].place = *place;
  }

  void place() {
    // Buffers of one place share its bytes.
    llvm::MapVector<size_t, Group> places;
    for (const Buffer &buffer : buffers) {
      Group &group = places[buffer.place];
      group.bytes = std::max(group.bytes, buffer.bytes);
      group.pieces.push_back({0, buffer.bytes, buffer.first, buffer.last});
    }
    SmallVector<Group> groups = llvm::map_to_vector(places, [](const auto &entry) { return entry.second; });
    Placement placement = placeGroups(groups, alignment, rounds);
    llvm::DenseMap<size_t, int64_t> offsets;
    for (auto [entry, offset] : llvm::zip_equal(places, placement.offsets))
      offsets[entry.first] = offset;
    for (const Buffer &buffer : buffers) {
      plan.buffers.push_back(
          {getName(buffer), getKind(buffer), offsets[buffer.place], buffer.bytes, buffer.first, buffer.last});
      plan.bytes = std::max(plan.bytes, plan.buffers.back().offset + buffer.bytes);
    }
    plan.alignment = alignment;
  }

  std::string getKind(const Buffer &buffer) {
    if (buffer.isInput || buffer.isOutput)
      return buffer.isInput ? "input" : "output";
    return buffer.isScratch ? "scratch" : "activation";
  }

  std::string getName(const Buffer &buffer) {
    if (auto argument = dyn_cast<BlockArgument>(buffer.value)) {
      auto name = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), nn::kNameAttr);
      return name ? name.str() : "argument" + std::to_string(argument.getArgNumber());
    }
    return getNodeName(buffer.value.getLoc()).str();
  }

  //===--------------------------------------------------------------------===//
  // Result
  //===--------------------------------------------------------------------===//

  void describe() {
    for (auto [position, op] : llvm::enumerate(kernels)) {
      int64_t live = 0;
      for (const PlannedBuffer &buffer : plan.getLive(position))
        live += buffer.bytes;
      if (live <= plan.peakBytes)
        continue;
      plan.peakBytes = live;
      plan.peakPosition = position;
      plan.peakOp = op->getName().stripDialect().str();
      plan.peakNode = getNodeName(op->getLoc()).str();
    }
    Builder builder(function.getContext());
    SmallVector<Attribute> inputs, outputs;
    for (auto [i, argument] : llvm::enumerate(function.getArguments())) {
      const PlannedBuffer &buffer = plan.buffers[roots.lookup(argument)];
      NamedAttrList list;
      list.set("name", builder.getStringAttr(buffer.name));
      Attribute type = function.getArgAttr(i, kernel::kTypeAttr);
      auto memref = cast<MemRefType>(argument.getType());
      list.set("type", type ? type : TypeAttr::get(RankedTensorType::get(memref.getShape(), memref.getElementType())));
      if (Attribute permutation = function.getArgAttr(i, nn::kPermutationAttr))
        list.set("permutation", permutation);
      list.set("offset", builder.getI64IntegerAttr(buffer.offset));
      list.set("bytes", builder.getI64IntegerAttr(buffer.bytes));
      (buffers[roots.lookup(argument)].isOutput ? outputs : inputs).push_back(list.getDictionary(builder.getContext()));
    }
    function->setAttr(kernel::kInputsAttr, builder.getArrayAttr(inputs));
    function->setAttr(kernel::kOutputsAttr, builder.getArrayAttr(outputs));
    function->setAttr(kernel::kPlanAttr, plan.toAttribute(builder.getContext()));
  }

  void rewrite() {
    Block &block = function.front();
    unsigned count = function.getNumArguments();
    OpBuilder builder(function.getContext());
    auto arenaType = MemRefType::get({plan.bytes}, builder.getI8Type());
    Value arena = block.addArgument(arenaType, function.getLoc());
    llvm::MapVector<int64_t, Value> constants; // offsets
    for (const PlannedBuffer &planned : plan.buffers)
      constants[planned.offset] = Value();
    builder.setInsertionPointToStart(&block);
    for (auto &[offset, value] : constants)
      value = arith::ConstantIndexOp::create(builder, function.getLoc(), offset);
    for (auto [buffer, planned] : llvm::zip_equal(buffers, plan.buffers)) {
      Operation *alloc = buffer.value.getDefiningOp();
      if (alloc)
        builder.setInsertionPoint(alloc);
      Location location = alloc ? alloc->getLoc() : buffer.value.getLoc();
      Value view = memref::ViewOp::create(builder, location, cast<MemRefType>(buffer.value.getType()), arena,
                                          constants[planned.offset], ValueRange());
      buffer.value.replaceAllUsesWith(view);
      if (alloc)
        alloc->erase();
    }
    block.eraseArguments(0, count);
    function.removeArgAttrsAttr();
    function.setType(builder.getFunctionType({arenaType}, {}));
  }

  func::FuncOp function;
  int64_t alignment, rounds;
  std::vector<Buffer> buffers;
  llvm::DenseMap<Value, size_t> roots; // value -> buffer
  SmallVector<kernel::KernelOpInterface> kernels;
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
    if (failed(Planner(model, alignment, rounds).run()))
      return signalPassFailure();
    // Calls of the function do not exist: it is the program.
    SymbolTable symbols(getOperation());
    if (failed(symbols.rename(model, "model_run")))
      return signalPassFailure();
  }
};

} // namespace

} // namespace tinyc::lower
