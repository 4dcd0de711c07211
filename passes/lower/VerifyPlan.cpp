#include "dialects/kernel/Kernel.h"
#include "passes/lower/Emission.h"
#include "passes/lower/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/SetVector.h"

#include <map>

using namespace mlir;

namespace tinyc::lower {

#define GEN_PASS_DEF_VERIFYPLANPASS
#include "passes/lower/Passes.h.inc"

namespace {

// Bytes [begin, end) of the arena.
struct Range {
  int64_t begin, end;

  int64_t size() const { return end - begin; }
  bool overlaps(const Range &other) const { return begin < other.end && other.begin < end; }
};

// What a byte of the arena belongs to: a buffer (its number, from 0), an input port not yet read (below nobody), or
// nothing.
using Owner = int64_t;
constexpr Owner nobody = -1;
constexpr Owner getInputOwner(int64_t port) { return -2 - port; }

// The owner of each byte: disjoint intervals, by their begin.
class Ownership {
public:
  void set(Range range, Owner owner) {
    cut(range.begin);
    cut(range.end);
    intervals.erase(intervals.lower_bound(range.begin), intervals.lower_bound(range.end));
    intervals[range.begin] = {range.end, owner};
  }

  // The first owner in `range` that is not `owner`; `owner` if all bytes are its own.
  Owner findOther(Range range, Owner owner) const {
    for (int64_t at = range.begin; at < range.end;) {
      auto interval = intervals.upper_bound(at);
      if (interval == intervals.begin() || std::prev(interval)->second.end <= at)
        return nobody;
      --interval;
      if (interval->second.owner != owner)
        return interval->second.owner;
      at = interval->second.end;
    }
    return owner;
  }

private:
  struct Interval {
    int64_t end;
    Owner owner;
  };
  // Splits the interval that `at` lies inside of.
  void cut(int64_t at) {
    auto after = intervals.lower_bound(at);
    if (after == intervals.begin())
      return;
    auto before = std::prev(after);
    if (before->second.end <= at)
      return;
    intervals[at] = before->second;
    before->second.end = at;
  }
  std::map<int64_t, Interval> intervals;
};

class PlanVerifier {
public:
  PlanVerifier(func::FuncOp function, int64_t alignment)
      : function(function), alignment(alignment),
        arenaBytes(cast<MemRefType>(function.getArgument(0).getType()).getNumElements()) {}

  LogicalResult run() {
    if (failed(readPorts(kernel::kInputsAttr, inputs)) || failed(readPorts(kernel::kOutputsAttr, outputs)))
      return failure();
    for (Operation &op : function.front().without_terminator()) {
      if (auto view = dyn_cast<memref::ViewOp>(op)) {
        if (failed(addView(view)))
          return failure();
      } else if (auto cast = dyn_cast<memref::ReinterpretCastOp>(op)) {
        if (failed(addCast(cast)))
          return failure();
      } else if (auto kernelOp = dyn_cast<kernel::KernelOpInterface>(op)) {
        if (failed(execute(kernelOp)))
          return failure();
      } else if (!isa<memref::GetGlobalOp, arith::ConstantOp>(op)) {
        return op.emitOpError("is not expected in a planned function");
      }
    }
    return checkOutputs();
  }

  // The bytes of SRAM against a budget, with the op at which most are live.
  LogicalResult checkBudget(int64_t budget) {
    if (budget <= 0 || arenaBytes <= budget)
      return success();
    int64_t most = -1;
    kernel::KernelOpInterface peak;
    for (auto [position, op] : llvm::enumerate(kernels)) {
      int64_t live = 0;
      for (const View &view : getLive(position))
        live += view.range.size();
      if (live > most) {
        most = live;
        peak = op;
      }
    }
    Operation *at = peak ? peak.getOperation() : function.getOperation();
    InFlightDiagnostic diagnostic = emitError(at->getLoc());
    diagnostic << "needs " << arenaBytes << " bytes of SRAM, " << arenaBytes - budget << " more than the budget of "
               << budget;
    if (!peak)
      return diagnostic;
    diagnostic << "; peak at op '" << getNodeName(at->getLoc()) << "' (" << at->getName() << "), " << most
               << " bytes live: ";
    llvm::interleaveComma(getLive(llvm::find(kernels, peak) - kernels.begin()), diagnostic, [&](const View &view) {
      diagnostic << "'" << view.name << "' (" << view.range.size() << ")";
    });
    return diagnostic;
  }

private:
  // A buffer: one memref.view of the arena.
  struct View {
    Range range;
    std::string name;
    bool isWritten = false;
    int64_t first = -1, last = -1; // positions of kernel ops
  };
  struct Port {
    Range range;
    std::string name;
  };
  // Where an operand lies: its bytes in the arena, and the number of the buffer they belong to.
  struct Access {
    Owner view;
    Range range;
  };

  LogicalResult readPorts(StringRef attribute, SmallVector<Port> &ports) {
    auto list = function->getAttrOfType<ArrayAttr>(attribute);
    if (!list)
      return function.emitError("expects the attribute ") << attribute;
    for (Attribute entry : list) {
      auto port = dyn_cast<DictionaryAttr>(entry);
      auto offset = port ? port.getAs<IntegerAttr>("offset") : IntegerAttr();
      auto bytes = port ? port.getAs<IntegerAttr>("bytes") : IntegerAttr();
      auto name = port ? port.getAs<StringAttr>("name") : StringAttr();
      if (!offset || !bytes || !name)
        return function.emitError("expects name, offset and bytes in each entry of ") << attribute;
      ports.push_back({{offset.getInt(), offset.getInt() + bytes.getInt()}, name.str()});
      if (failed(checkRange(function, ports.back().range, "'" + name.getValue() + "'")))
        return failure();
    }
    for (size_t i = 0; i < ports.size() && attribute == kernel::kInputsAttr; ++i)
      ownership.set(ports[i].range, getInputOwner(i));
    for (size_t i = 0; i < ports.size(); ++i)
      for (size_t j = 0; j < i; ++j)
        if (ports[i].range.overlaps(ports[j].range))
          return function.emitError("places '") << ports[i].name << "' over '" << ports[j].name << "' in " << attribute;
    return success();
  }

  LogicalResult checkRange(Operation *op, Range range, const Twine &what) {
    if (range.begin % alignment != 0)
      return op->emitError() << what << " lies at byte " << range.begin << ", expects a multiple of " << alignment;
    if (range.begin < 0 || range.end > arenaBytes)
      return op->emitError() << what << " ends at byte " << range.end << " of an arena of " << arenaBytes << " bytes";
    return success();
  }

  LogicalResult addView(memref::ViewOp view) {
    IntegerAttr shift;
    if (view.getSource() != function.getArgument(0) || !matchPattern(view.getByteShift(), m_Constant(&shift)))
      return view.emitOpError("expects a constant offset into the arena");
    int64_t begin = shift.getInt();
    Range range = {begin, begin + kernel::getByteSize(view.getType())};
    if (failed(checkRange(view, range, "buffer")))
      return failure();
    accesses[view.getResult()] = {static_cast<Owner>(views.size()), range};
    views.push_back({range, getNodeName(view.getLoc()).str()});
    return success();
  }

  LogicalResult addCast(memref::ReinterpretCastOp cast) {
    auto source = accesses.find(cast.getSource());
    if (source == accesses.end()) // a view of a constant
      return success();
    MemRefType type = cast.getType();
    if (!cast.getSource().getDefiningOp<memref::ViewOp>() || !kernel::isContiguous(type))
      return cast.emitOpError("expects a contiguous part of a view of the arena");
    int64_t begin = source->second.range.begin + type.getStridesAndOffset().second * type.getElementTypeBitWidth() / 8;
    Access access = {source->second.view, {begin, begin + kernel::getByteSize(type)}};
    if (access.range.end > source->second.range.end)
      return cast.emitOpError("ends outside of its buffer");
    accesses[cast.getResult()] = access;
    return success();
  }

  //===--------------------------------------------------------------------===//
  // Execution
  //===--------------------------------------------------------------------===//

  // A buffer that nothing has written may be an input.
  void claimInput(Owner owner) {
    View &view = views[owner];
    for (auto [number, port] : llvm::enumerate(inputs)) {
      Owner before = getInputOwner(number);
      if (view.isWritten || port.range.begin != view.range.begin || port.range.end != view.range.end ||
          ownership.findOther(view.range, before) != before)
        continue;
      ownership.set(view.range, owner);
      view.isWritten = true;
      view.first = 0;
      view.name = port.name;
    }
  }

  LogicalResult checkOwned(kernel::KernelOpInterface op, const Access &access, StringRef verb) {
    Owner other = ownership.findOther(access.range, access.view);
    if (other == access.view)
      return success();
    InFlightDiagnostic diagnostic = op->emitOpError(verb) << " the buffer '" << views[access.view].name << "'";
    if (other >= 0)
      return diagnostic << ", which '" << views[other].name << "' has overwritten";
    return diagnostic << " outside of what was written";
  }

  LogicalResult read(kernel::KernelOpInterface op, const Access &access) {
    claimInput(access.view);
    if (!views[access.view].isWritten)
      return op->emitOpError("reads the buffer '") << views[access.view].name << "' before anything wrote it";
    return checkOwned(op, access, "reads");
  }

  // From the first write on, also where that is partial, a buffer owns all of its bytes.
  LogicalResult write(kernel::KernelOpInterface op, const Access &access) {
    View &view = views[access.view];
    if (view.isWritten)
      return checkOwned(op, access, "writes");
    view.isWritten = true;
    ownership.set(view.range, access.view);
    return success();
  }

  LogicalResult execute(kernel::KernelOpInterface op) {
    auto find = [&](Value value) -> std::optional<Access> {
      auto access = accesses.find(value);
      return access == accesses.end() ? std::nullopt : std::optional<Access>(access->second);
    };
    Value outputBuffer = op.getOutputBuffer(), scratchBuffer = op.getScratchBuffer();
    std::optional<Access> output = find(outputBuffer), scratch = find(scratchBuffer);
    if (!output)
      return op->emitOpError("expects its output in the arena");
    if (scratchBuffer && !scratch)
      return op->emitOpError("expects its scratch buffer in the arena");
    if (scratch && scratch->range.overlaps(output->range))
      return op->emitOpError("has a scratch buffer that overlaps its output");
    SmallVector<unsigned> inPlace = op.getInPlaceOperands();
    for (OpOperand &operand : op->getOpOperands()) {
      std::optional<Access> input = find(operand.get());
      if (!input || operand.get() == outputBuffer || operand.get() == scratchBuffer)
        continue;
      if (failed(read(op, *input)))
        return failure();
      unsigned number = operand.getOperandNumber();
      if (scratch && scratch->range.overlaps(input->range))
        return op->emitOpError("has a scratch buffer that overlaps operand #") << number;
      if (!output->range.overlaps(input->range))
        continue;
      if (!llvm::is_contained(inPlace, number))
        return op->emitOpError("writes its output over operand #") << number << ", which it may not";
      if (output->range.begin != input->range.begin)
        return op->emitOpError("writes its output over operand #") << number << " at another address";
    }
    if (failed(write(op, *output)) || (scratch && failed(write(op, *scratch))))
      return failure();
    for (Value operand : op->getOperands())
      if (std::optional<Access> access = find(operand)) {
        View &view = views[access->view];
        view.last = kernels.size();
        view.first = view.first < 0 ? view.last : view.first;
      }
    kernels.push_back(op);
    return success();
  }

  LogicalResult checkOutputs() {
    for (const Port &port : outputs) {
      bool found = false;
      for (auto [number, view] : llvm::enumerate(views)) {
        if (view.range.begin != port.range.begin || view.range.end != port.range.end || !view.isWritten ||
            ownership.findOther(view.range, number) != static_cast<Owner>(number))
          continue;
        found = true;
        view.last = static_cast<int64_t>(kernels.size()) - 1;
      }
      if (!found)
        return function.emitError("does not leave the output '") << port.name << "' at its place at the end";
    }
    return success();
  }

  // The buffers live at a position, largest first; of two at one place (in-place) the larger one.
  SmallVector<View> getLive(int64_t position) {
    SmallVector<View> live, distinct;
    for (const View &view : views)
      if (view.first >= 0 && view.first <= position && position <= view.last)
        live.push_back(view);
    llvm::stable_sort(live, [](const View &a, const View &b) { return a.range.size() > b.range.size(); });
    for (const View &view : live)
      if (llvm::none_of(distinct, [&](const View &other) { return other.range.overlaps(view.range); }))
        distinct.push_back(view);
    return distinct;
  }

  func::FuncOp function;
  int64_t alignment, arenaBytes;
  SmallVector<Port> inputs, outputs;
  std::vector<View> views;
  llvm::DenseMap<Value, Access> accesses;
  Ownership ownership;
  SmallVector<kernel::KernelOpInterface> kernels;
};

// Flash against a budget: the constants that the function reads.
LogicalResult checkFlash(func::FuncOp function, SymbolTable &symbols, int64_t budget) {
  llvm::SetVector<memref::GlobalOp> constants;
  function.walk([&](memref::GetGlobalOp read) {
    if (auto global = symbols.lookup<memref::GlobalOp>(read.getName()))
      constants.insert(global);
  });
  int64_t bytes = 0;
  memref::GlobalOp largest;
  for (memref::GlobalOp global : constants) {
    bytes += kernel::getByteSize(global.getType());
    if (!largest || kernel::getByteSize(global.getType()) > kernel::getByteSize(largest.getType()))
      largest = global;
  }
  if (budget <= 0 || bytes <= budget)
    return success();
  return emitError(largest.getLoc()) << "needs " << bytes << " bytes of flash for constants, " << bytes - budget
                                     << " more than the budget of " << budget << "; the largest is '"
                                     << largest.getSymName() << "' (" << kernel::getByteSize(largest.getType()) << ")";
}

class VerifyPlanPass : public impl::VerifyPlanPassBase<VerifyPlanPass> {
public:
  using VerifyPlanPassBase::VerifyPlanPassBase;

  void runOnOperation() override {
    if (alignment < 1) {
      getOperation().emitError("expects an alignment of at least 1, got ") << alignment;
      return signalPassFailure();
    }
    SymbolTable symbols(getOperation());
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (!function->hasAttr(kernel::kInputsAttr))
        continue;
      auto arena =
          function.getNumArguments() == 1 ? dyn_cast<MemRefType>(function.getArgumentTypes()[0]) : MemRefType();
      if (!arena || arena.getRank() != 1 || !arena.hasStaticShape() || !arena.getElementType().isInteger(8) ||
          !function.getBody().hasOneBlock()) {
        function.emitError("expects one argument, the arena of type memref<Nxi8>");
        return signalPassFailure();
      }
      PlanVerifier verifier(function, alignment);
      bool ok = succeeded(verifier.run()) && succeeded(verifier.checkBudget(sram));
      if (!ok || failed(checkFlash(function, symbols, flash)))
        return signalPassFailure();
    }
  }
};

} // namespace

} // namespace tinyc::lower
