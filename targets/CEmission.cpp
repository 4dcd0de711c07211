#include "targets/CEmission.h"

#include "passes/lower/Emission.h"
#include "passes/lower/Passes.h"
#include "passes/lower/ProgramState.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Target/Cpp/CppEmitter.h"

#include <utility>

using namespace mlir;
using namespace tinyc;

namespace {

/// Passes text on line by line: long ones broken after commas to about 110 columns, where they have any, an empty one
/// before each definition, none at the end. So the text of large constants is never in memory twice.
class LineWriter : public llvm::raw_ostream {
public:
  /// The line that begins with `printed` begins with `wanted` instead.
  LineWriter(llvm::raw_ostream &os, std::string printed, std::string wanted)
      : os(os), printed(std::move(printed)), wanted(std::move(wanted)) {}
  ~LineWriter() override { finish(); }

  /// Writes the last line; true if the line to be replaced was seen.
  bool finish() {
    flush();
    if (!line.empty())
      endLine();
    return replaced;
  }

private:
  void write_impl(const char *data, size_t size) override {
    position += size;
    StringRef text(data, size);
    for (size_t end; (end = text.find('\n')) != StringRef::npos; text = text.drop_front(end + 1)) {
      line += text.take_front(end);
      endLine();
    }
    line += text;
  }
  uint64_t current_pos() const override { return position; }

  void endLine() {
    std::string text = std::exchange(line, {});
    if (text.empty()) {
      ++emptyLines;
      previousBeginsConstant = false;
      return;
    }
    for (; emptyLines > 0; --emptyLines)
      os << '\n';
    StringRef rest = text;
    const bool isConstant = rest.starts_with("_Alignas");
    if ((isConstant || rest.starts_with("static") || rest.starts_with("void") || rest.starts_with("int32_t")) &&
        !previousBeginsConstant)
      os << '\n';
    previousBeginsConstant = isConstant;
    if (rest.starts_with(printed)) {
      text.replace(0, printed.size(), wanted);
      rest = text;
      replaced = true;
    }
    printWrapped(rest);
  }

  void printWrapped(StringRef text) {
    constexpr size_t limit = 110;
    size_t indent = text.size() - text.ltrim().size() + 4;
    while (text.size() > limit) {
      size_t comma = text.take_front(limit).rfind(", ");
      if (comma == StringRef::npos || text.take_front(comma).trim().empty())
        break;
      os << text.take_front(comma + 1) << '\n';
      os.indent(indent);
      text = text.drop_front(comma + 2);
    }
    os << text << '\n';
  }

  llvm::raw_ostream &os;
  std::string printed, wanted, line;
  size_t emptyLines = 0;
  uint64_t position = 0;
  bool previousBeginsConstant = false, replaced = false;
};

} // namespace

LogicalResult targets::emitC(ModuleOp lowered, llvm::raw_ostream &os) {
  FailureOr<func::FuncOp> program = lower::getProgram(lowered);
  if (failed(program))
    return failure();
  std::string name = (*program).getSymName().str();
  bool isSplit = (*program).getNumArguments() > 1;

  OwningOpRef<ModuleOp> clone = lowered.clone();
  PassManager passes(lowered.getContext());
  passes.addPass(lower::createConvertKernelToEmitCPass());
  if (failed(passes.run(*clone)))
    return failure();
  // EmitC cannot name arguments, but programs that stop for rows are text of our own; the addresses that the conversion
  // makes call this one `arena`.
  std::string printed = "void " + name + "(uint8_t* v1)";
  std::string wanted = "void " + name + (isSplit ? "(uint8_t *const *arena)" : "(uint8_t *arena)");
  LineWriter lines(os, printed, wanted);
  if (failed(emitc::translateToCpp(*clone, lines)))
    return failure();
  if (!lines.finish() && !lower::isStreamed(*program))
    return lowered.emitError("expects the C text to define ") << wanted;
  return success();
}
