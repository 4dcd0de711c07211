#include "compiler/Check.h"

#include "dialects/kernel/Kernel.h"
#include "passes/lower/ArenaProgram.h"
#include "passes/lower/Emission.h"
#include "tinyc/check.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;
using namespace mlir;

namespace tinyc {

using lower::ArenaProgram;
using lower::ByteOwnership;
using lower::ByteRange;

/// Joins what lies side by side, then what has one size and distance.
static std::vector<CheckRange> join(std::vector<ByteRange> ranges) {
  llvm::sort(ranges, [](const ByteRange &a, const ByteRange &b) { return a.begin < b.begin; });
  std::vector<ByteRange> merged;
  for (const ByteRange &range : ranges) {
    if (!merged.empty() && merged.back().end >= range.begin)
      merged.back().end = std::max(merged.back().end, range.end);
    else
      merged.push_back(range);
  }
  std::vector<CheckRange> joined;
  for (const ByteRange &range : merged) {
    if (!joined.empty() && joined.back().bytes == range.size()) {
      CheckRange &last = joined.back();
      int64_t stride = range.begin - last.begin - (last.count - 1) * last.stride;
      if (last.count == 1 || stride == last.stride) {
        last.stride = stride;
        ++last.count;
        continue;
      }
    }
    joined.push_back({range.begin, range.size()});
  }
  return joined;
}

static std::vector<ByteRange> getBytes(const lower::ArenaAccess &access) {
  std::vector<ByteRange> ranges;
  for (const lower::ArenaPiece &piece : access.pieces)
    ranges.push_back(piece.bytes);
  return ranges;
}

int64_t CheckPlan::getInputBytes() const {
  int64_t bytes = 0;
  for (const CheckRange &range : inputs)
    bytes += range.bytes * range.count;
  return bytes;
}

int64_t CheckPlan::getArenaOffset() const { return TINYC_CHECK_GUARD_BYTES; }

int64_t CheckPlan::getMemoryBytes() const {
  int64_t checked = alignTo(arenaBytes, 4) + 2 * TINYC_CHECK_GUARD_BYTES;
  return 2 * checked + alignTo(getInputBytes(), 4) + 4 * steps.size() + sizeof(tinyc_check_state);
}

FailureOr<CheckPlan> makeCheckPlan(ModuleOp module) {
  func::FuncOp function;
  for (auto candidate : module.getOps<func::FuncOp>())
    if (candidate->hasAttr(kernel::kPlanAttr))
      function = candidate;
  if (!function)
    return module.emitError("expects a planned function");
  FailureOr<ArenaProgram> program = ArenaProgram::create(function);
  if (failed(program))
    return failure();
  CheckPlan plan;
  plan.arenaBytes = program->getArenaBytes();
  llvm::MapVector<Operation *, size_t> ops;
  for (const lower::ArenaStep &step : program->getSteps()) {
    kernel::KernelOpInterface op = step.op;
    auto [entry, isNew] = ops.insert({op.getOperation(), plan.ops.size()});
    if (isNew)
      plan.ops.push_back({lower::getNodeName(op->getLoc()).str(), op.getSymbol().str()});
    plan.stops |= op.getSymbol().empty();
    plan.steps.push_back({entry->second,
                          step.isPart() ? step.rowBegin : -1,
                          join(getBytes(step.output)),
                          join(getBytes(step.scratch)),
                          {}});
  }
  // What is live before the first step is what is read of the inputs.
  ByteOwnership before;
  program->forEachBackward([&](const lower::ArenaStep &step, const ByteOwnership &liveAfter) {
    std::vector<ByteRange> dead;
    auto addDead = [&](const lower::ArenaAccess &access) {
      for (const lower::ArenaPiece &piece : access.pieces)
        liveAfter.forEachGap(piece.bytes, [&](ByteRange gap) { dead.push_back(gap); });
    };
    addDead(step.output);
    addDead(step.scratch);
    for (const lower::ArenaAccess &read : step.reads)
      addDead(read);
    plan.steps[step.position].dead = join(std::move(dead));
    if (step.position > 0)
      return;
    before = liveAfter;
    for (const lower::ArenaPiece &piece : step.output.pieces)
      before.clear(piece.bytes);
    for (const lower::ArenaAccess &read : step.reads)
      for (const lower::ArenaPiece &piece : read.pieces)
        before.set(piece.bytes, piece.owner);
  });
  std::vector<ByteRange> inputs;
  before.forEach([&](ByteRange range, lower::ByteOwner) { inputs.push_back(range); });
  plan.inputs = join(std::move(inputs));
  return plan;
}

//===----------------------------------------------------------------------===//
// Texts
//===----------------------------------------------------------------------===//

static std::string quote(StringRef text) {
  std::string result;
  for (char c : text)
    result += isPrint(c) && c != '"' && c != '\\' && c != '?' ? c : '_';
  return "\"" + result + "\"";
}

/// Replaces each @ by the prefix of C names, each ^ by that of macros.
static std::string expandPrefix(StringRef text, StringRef prefix) {
  std::string result;
  for (char c : text)
    result += c == '@' ? prefix.str() : c == '^' ? prefix.upper() : std::string(1, c);
  return result;
}

static void printRanges(ArrayRef<CheckRange> ranges, raw_ostream &os) {
  for (const CheckRange &range : ranges)
    os << "  {" << range.begin << ", " << range.bytes << ", " << range.count << ", " << range.stride << "},\n";
}

std::string makeCheckSource(const CheckPlan &plan, StringRef prefix) {
  std::string text;
  raw_string_ostream os(text);
  os << "/* model_check.c - what each kernel call of model.c may touch, see tinyc/check.h. */\n"
        "#include \"model.h\"\n#include \"tinyc/check.h\"\n\n"
        "static const tinyc_check_range ranges[] = {\n";
  printRanges(plan.inputs, os);
  size_t first = plan.inputs.size();
  std::string steps;
  raw_string_ostream stepStream(steps);
  for (const CheckStep &step : plan.steps) {
    stepStream << formatv("  {{{0}, {1}, {2}, {3}, {4}, {5}},\n", first, step.outputs.size(), step.scratches.size(),
                          step.dead.size(), step.op, step.row);
    for (const std::vector<CheckRange> *ranges : {&step.outputs, &step.scratches, &step.dead}) {
      printRanges(*ranges, os);
      first += ranges->size();
    }
  }
  // C has no empty arrays.
  os << "  {0, 0, 0, 0},\n};\n\nstatic const tinyc_check_step steps[] = {\n"
     << steps << "  {0, 0, 0, 0, 0, 0},\n};\n\nstatic const tinyc_check_op ops[] = {\n";
  for (const CheckOp &op : plan.ops)
    os << "  {" << quote(op.node) << ", " << (op.kernel.empty() ? "NULL" : quote(op.kernel)) << "},\n";
  os << "  {\"\", \"\"},\n};\n\nstatic const tinyc_check_plan plan = {\n"
     << formatv("    .arena_bytes = {0}, .input_bytes = {1}, .inputs = {2}, .step_count = {3}, .stops = {4},\n",
                alignTo(plan.arenaBytes, 4), alignTo(plan.getInputBytes(), 4), plan.inputs.size(), plan.steps.size(),
                plan.stops ? 1 : 0)
     << "    .ranges = ranges, .steps = steps, .ops = ops};\n";
  os << expandPrefix(R"(
void @_check_reset(uint8_t *arena) { tinyc_check_reset(&plan, arena); }
void @_check_before(uint8_t *arena) { tinyc_check_before(&plan, arena); }
void @_check_after(uint8_t *arena) { tinyc_check_after(&plan, arena); }
)",
                     prefix);
  if (!plan.stops)
    os << expandPrefix(R"(
void @_checked_run(uint8_t *arena) {
  for (uint32_t round = 0; round < 2; ++round) {
    tinyc_check_begin(&plan, arena, round);
    @_run(arena);
  }
}
)",
                       prefix);
  os << expandPrefix(R"(
int @_check(const @_context *context, @_violation *violation) {
  const tinyc_check_state *state = tinyc_check_result(&plan, context->arena);
  if (state->kind != TINYC_CHECK_OK && violation != NULL) {
    const tinyc_check_step *step = &steps[state->step];
    violation->node = ops[step->op].node;
    violation->kernel = ops[step->op].kernel;
    violation->row = step->row;
    violation->wrote = state->kind == TINYC_CHECK_WROTE_OUTSIDE;
    violation->byte = state->byte;
  }
  return state->kind != TINYC_CHECK_OK;
}
)",
                     prefix);
  return text;
}

std::string makeCheckMacros(ArrayRef<std::string> kernels, StringRef prefix) {
  std::string text = "/* model_check.h - puts a look at the arena before and after each kernel call of model.c. */\n";
  for (const std::string &kernel : kernels)
    text += formatv("#define {0}(...) ({1}_check_before(arena), ({0})(__VA_ARGS__), {1}_check_after(arena))\n", kernel,
                    prefix);
  return text;
}

std::string makeCheckDeclarations(StringRef prefix) {
  return expandPrefix(R"(
/* This package was compiled with --check: it looks for kernels that touch bytes which they must not, and needs more
 * memory and time than without. */
#define ^_CHECK 1

/* The first kernel call found. */
typedef struct @_violation {
  const char *node;   /* ONNX node */
  const char *kernel; /* C function */
  int32_t row;        /* first row that the call computes; -1: all rows */
  int wrote;          /* 1: it wrote elsewhere than to its output and its scratch buffer.
                         0: its output depends on bytes that hold nothing, or it did not write all of it. */
  int32_t byte;       /* the first byte written wrongly, as offset in the arena; negative: before it */
} @_violation;

/* Of the last invocation: 0, or 1 with `violation`, if that is not NULL, filled. */
int @_check(const @_context *context, @_violation *violation);

/* What model.c and the functions below call. */
void @_checked_run(uint8_t *arena);
void @_check_reset(uint8_t *arena);
void @_check_before(uint8_t *arena);
void @_check_after(uint8_t *arena);
)",
                      prefix);
}

std::string makeCheckNotes(const CheckPlan &plan, StringRef prefix) {
  std::string text = expandPrefix(R"(
## Checks

This package was compiled with `--check`, for tests: `int @_check(const @_context *context, @_violation *violation)`
returns 1 after an invocation in which a kernel touched bytes that it must not, and names the first such call. After
each kernel call all of the arena but the call's own output and scratch bytes is compared with a copy; what holds
nothing is filled with poison, as are guards around the arena. )",
                                  prefix);
  text += plan.stops ? "Outputs that differ from those of the package without checks\nmean that poison was read.\n"
                     : "The network runs twice, with different poison, so that a\nread of it shows in the results.\n";
  text += formatv("\n`{0}_ARENA_BYTES` counts the memory for this as well: the arena alone has {1} bytes.\n",
                  prefix.upper(), plan.arenaBytes);
  return text;
}

} // namespace tinyc
