#include "dialects/kernel/Kernel.h"
#include "passes/lower/ArenaProgram.h"
#include "passes/lower/Emission.h"
#include "passes/lower/Passes.h"
#include "passes/lower/Traffic.h"
#include "targets/Target.h"

#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

#include <numeric>

using namespace mlir;

namespace tinyc::lower {

#define GEN_PASS_DEF_VERIFYPLANPASS
#include "passes/lower/Passes.h.inc"

namespace {

// Rows of a kernel.rows lie at words, if they have whole ones, as in a tensor: kernels load four int8 at once.
constexpr int64_t kRowAlignment = 4;

// The owner of the bytes of an input of the model.
ByteOwner getInputOwner(int64_t port) { return {-2 - port, 0}; }

class PlanVerifier {
public:
  PlanVerifier(func::FuncOp function, const ArenaProgram &program, int64_t alignment)
      : function(function), program(program), alignment(alignment), states(program.getBuffers().size()) {}

  LogicalResult run() {
    if (failed(checkPorts()) || failed(checkBuffers()))
      return failure();
    for (const ArenaStep &step : program.getSteps())
      if (failed(execute(step)))
        return failure();
    return checkOutputs();
  }

  // The bytes of SRAM against a budget, with the op at which most are needed.
  LogicalResult checkBudget(int64_t budget) {
    if (budget <= 0 || program.getArenaBytes() <= budget)
      return success();
    Use most;
    const ArenaStep *peak = nullptr;
    program.forEachBackward([&](const ArenaStep &step, const ByteOwnership &liveAfter) {
      Use use = getUse(step, liveAfter);
      if (peak && use.bytes < most.bytes)
        return;
      most = std::move(use);
      peak = &step;
    });
    InFlightDiagnostic diagnostic = emitError(peak ? peak->op->getLoc() : function.getLoc());
    diagnostic << "needs " << program.getArenaBytes() << " bytes of SRAM, " << program.getArenaBytes() - budget
               << " more than the budget of " << budget;
    if (!peak)
      return diagnostic;
    diagnostic << "; peak at op '" << getNodeName(peak->op->getLoc()) << "' (" << peak->op->getName() << "), "
               << most.bytes << " bytes live: ";
    SmallVector<std::pair<int64_t, int64_t>> buffers(most.buffers.begin(), most.buffers.end());
    llvm::stable_sort(buffers, [](const auto &a, const auto &b) { return a.second > b.second; });
    llvm::interleaveComma(buffers, diagnostic, [&](const auto &buffer) {
      diagnostic << "'" << getName(buffer.first) << "' (" << buffer.second << ")";
    });
    return diagnostic;
  }

private:
  struct BufferState {
    int64_t input = -1; // the input of the model that the buffer is
    bool isWritten = false;
    int64_t rowsWritten = 0; // by steps of streams, which compute rows in order
  };
  // Bytes needed during a step, by buffer.
  struct Use {
    int64_t bytes = 0;
    llvm::MapVector<int64_t, int64_t> buffers;
  };

  //===--------------------------------------------------------------------===//
  // Places
  //===--------------------------------------------------------------------===//

  LogicalResult checkRange(Location location, ByteRange range, const Twine &what, int64_t multiple) {
    if (range.begin % multiple != 0)
      return emitError(location) << what << " lies at byte " << range.begin << ", expects a multiple of " << multiple;
    if (range.begin < 0 || range.end > program.getArenaBytes())
      return emitError(location) << what << " ends at byte " << range.end << " of an arena of "
                                 << program.getArenaBytes() << " bytes";
    return success();
  }

  LogicalResult checkPorts() {
    for (auto [attribute, ports] :
         {std::pair(kernel::kInputsAttr, program.getInputs()), std::pair(kernel::kOutputsAttr, program.getOutputs())})
      for (size_t i = 0; i < ports.size(); ++i) {
        if (failed(checkRange(function.getLoc(), ports[i].range, "'" + Twine(ports[i].name) + "'", alignment)))
          return failure();
        for (size_t j = 0; j < i; ++j)
          if (ports[i].range.overlaps(ports[j].range))
            return function.emitError("places '")
                   << ports[i].name << "' over '" << ports[j].name << "' in " << attribute;
      }
    for (auto [number, port] : llvm::enumerate(program.getInputs()))
      ownership.set(port.range, getInputOwner(number));
    return success();
  }

  LogicalResult checkBuffers() {
    for (const ArenaBuffer &buffer : program.getBuffers())
      for (size_t row = 0; row < buffer.offsets.size(); ++row) {
        std::string what = buffer.isScattered ? "row " + std::to_string(row) : "buffer";
        if (failed(checkRange(buffer.definition->getLoc(), buffer.getRange(row), what,
                              buffer.isScattered ? std::gcd(kRowAlignment, buffer.bytes) : alignment)))
          return failure();
      }
    return success();
  }

  //===--------------------------------------------------------------------===//
  // Execution
  //===--------------------------------------------------------------------===//

  StringRef getName(int64_t buffer) const {
    if (buffer < -1)
      return program.getInputs()[-2 - buffer].name;
    int64_t input = states[buffer].input;
    return input < 0 ? StringRef(program.getBuffers()[buffer].name) : StringRef(program.getInputs()[input].name);
  }

  InFlightDiagnostic complain(const ArenaStep &step, const Twine &message) {
    InFlightDiagnostic diagnostic = step.op->emitOpError();
    if (step.isPart())
      diagnostic << "in step " << step.position << ", for its rows [" << step.rowBegin << ", " << step.rowEnd << "), ";
    diagnostic << message;
    return diagnostic;
  }

  // A buffer that is read and that nothing has written may be an input.
  void claimInput(int64_t number) {
    const ArenaBuffer &buffer = program.getBuffers()[number];
    BufferState &state = states[number];
    if (state.isWritten || state.input >= 0)
      return;
    for (auto [input, port] : llvm::enumerate(program.getInputs()))
      if (isPort(buffer, port))
        state.input = input;
  }

  // Whether a buffer lies where an input or output does, and the IR does not say that it is another one, or none.
  bool isPort(const ArenaBuffer &buffer, const ArenaPort &port) const {
    bool saysPort =
        llvm::any_of(program.getBuffers(), [&](const ArenaBuffer &other) { return other.port == port.name; });
    return !buffer.isScattered && buffer.getRange(0) == port.range && (!saysPort || buffer.port == port.name);
  }

  ByteOwner getOwner(ByteOwner owner) const {
    int64_t input = states[owner.buffer].input;
    return input < 0 ? owner : getInputOwner(input);
  }

  LogicalResult read(const ArenaStep &step, const ArenaPiece &piece) {
    claimInput(piece.owner.buffer);
    ByteOwner owner = getOwner(piece.owner), other = ownership.findOther(piece.bytes, owner);
    if (other == owner)
      return success();
    const BufferState &state = states[piece.owner.buffer];
    bool isWritten = state.input >= 0 || (state.isWritten && (state.rowsWritten == 0 || piece.row < state.rowsWritten));
    InFlightDiagnostic diagnostic = complain(step, "reads ");
    if (piece.row >= 0)
      diagnostic << "row " << piece.row << " of ";
    diagnostic << "the buffer '" << getName(piece.owner.buffer) << "'";
    if (!isWritten)
      return diagnostic << " before anything wrote it";
    if (other.buffer == -1)
      return diagnostic << " outside of what was written";
    diagnostic << ", which ";
    if (other.buffer >= 0 && program.getBuffers()[other.buffer].isScattered)
      diagnostic << "row " << other.row << " of ";
    return diagnostic << "'" << getName(other.buffer) << "' has overwritten";
  }

  void write(const ArenaAccess &access) {
    for (const ArenaPiece &piece : access.pieces) {
      BufferState &state = states[piece.owner.buffer];
      // A buffer in the place of an input, written after the input was read through it.
      ownership.set(piece.bytes, getOwner(piece.owner));
      state.isWritten = true;
      if (piece.row >= 0)
        state.rowsWritten = std::max(state.rowsWritten, piece.row + 1);
    }
  }

  // The bytes of pieces that lie side by side, from the first on; as many of them as do.
  static ByteRange join(ArrayRef<ArenaPiece> pieces) {
    ByteRange range = pieces.front().bytes;
    for (const ArenaPiece &piece : pieces.drop_front())
      if (piece.bytes.begin == range.end)
        range.end = piece.bytes.end;
      else
        break;
    return range;
  }

  // Whether the step's output lies as tinyc_packing::overwrites allows it: from the first input row on that its windows
  // touch. That no later step reads the rows beneath, its reads find.
  static bool mayOverwrite(const ArenaStep &step, const ArenaAccess &input) {
    kernel::KernelOpInterface op = step.op;
    const targets::Kernel *kernel = targets::findKernel(op.getSymbol());
    if (input.operand != 0 || !kernel || !targets::overwritesInput(*kernel, op.getParams().getWords()))
      return false;
    kernel::RowAccess rows = op.getRowAccess(input.operand);
    int32_t begin = std::max(step.rowBegin, 0);
    bool isWindow = rows.kind == kernel::RowAccess::Kind::Window;
    if (rows.kind == kernel::RowAccess::Kind::Whole || (isWindow && begin * rows.stride < rows.pad))
      return false;
    ByteRange output = join(step.output.pieces), beneath = join(input.pieces);
    return output.end == step.output.pieces.back().bytes.end && output.begin == beneath.begin &&
           output.end <= beneath.end;
  }

  LogicalResult checkOverlaps(const ArenaStep &step) {
    if (step.scratch.overlaps(step.output))
      return complain(step, "has a scratch buffer that overlaps its output");
    SmallVector<unsigned> inPlace = kernel::KernelOpInterface(step.op).getInPlaceOperands();
    for (const ArenaAccess &input : step.reads) {
      if (step.scratch.overlaps(input))
        return complain(step, "has a scratch buffer that overlaps operand #" + Twine(input.operand));
      if (input.operand == step.output.operand || !step.output.overlaps(input) || mayOverwrite(step, input))
        continue;
      if (!llvm::is_contained(inPlace, input.operand))
        return complain(step, "writes its output over operand #" + Twine(input.operand) + ", which it may not");
      if (step.output.pieces.front().bytes.begin != input.pieces.front().bytes.begin)
        return complain(step, "writes its output over operand #" + Twine(input.operand) + " at another address");
    }
    return success();
  }

  LogicalResult execute(const ArenaStep &step) {
    for (const ArenaAccess &access : step.reads)
      for (const ArenaPiece &piece : access.pieces)
        if (failed(read(step, piece)))
          return failure();
    if (failed(checkOverlaps(step)))
      return failure();
    write(step.output);
    write(step.scratch);
    return success();
  }

  LogicalResult checkOutputs() {
    for (const ArenaPort &port : program.getOutputs()) {
      bool found = false;
      for (auto [number, buffer] : llvm::enumerate(program.getBuffers())) {
        if (!isPort(buffer, port))
          continue;
        ByteOwner owner = getOwner({static_cast<int64_t>(number), 0});
        found |= ownership.findOther(port.range, owner) == owner;
      }
      if (!found)
        return function.emitError("does not leave the output '") << port.name << "' at its place at the end";
    }
    return success();
  }

  //===--------------------------------------------------------------------===//
  // Peak
  //===--------------------------------------------------------------------===//

  static Use getUse(const ArenaStep &step, const ByteOwnership &liveAfter) {
    ByteOwnership busy = liveAfter;
    auto add = [&](const ArenaAccess &access) {
      for (const ArenaPiece &piece : access.pieces)
        busy.set(piece.bytes, piece.owner);
    };
    add(step.output);
    add(step.scratch);
    for (const ArenaAccess &access : step.reads)
      add(access);
    Use use;
    busy.forEach([&](ByteRange range, ByteOwner owner) {
      use.bytes += range.size();
      use.buffers[owner.buffer] += range.size();
    });
    return use;
  }

  func::FuncOp function;
  const ArenaProgram &program;
  int64_t alignment;
  std::vector<BufferState> states;
  ByteOwnership ownership;
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
    FailureOr<SmallVector<Region>> memories = parseMemories(getOperation(), ram);
    if (failed(memories))
      return signalPassFailure();
    SymbolTable symbols(getOperation());
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (!function->hasAttr(kernel::kInputsAttr))
        continue;
      FailureOr<ArenaProgram> program = ArenaProgram::create(function);
      if (failed(program))
        return signalPassFailure();
      PlanVerifier verifier(function, *program, alignment);
      bool ok = succeeded(verifier.run()) && succeeded(verifier.checkBudget(sram));
      ok = ok && succeeded(verifyArenaRegions(function, *memories));
      if (!ok || failed(checkFlash(function, symbols, flash)))
        return signalPassFailure();
    }
  }
};

} // namespace

} // namespace tinyc::lower
