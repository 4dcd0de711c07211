#include "targets/CEmission.h"

#include "passes/lower/Emission.h"
#include "passes/lower/Passes.h"
#include "passes/lower/ProgramState.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Target/Cpp/CppEmitter.h"

using namespace mlir;
using namespace tinyc;

/// Writes `line` broken after commas to about 110 columns, where it has any.
static void printWrapped(StringRef line, llvm::raw_ostream &os) {
  constexpr size_t limit = 110;
  size_t indent = line.size() - line.ltrim().size() + 4;
  while (line.size() > limit) {
    size_t comma = line.take_front(limit).rfind(", ");
    if (comma == StringRef::npos || line.take_front(comma).trim().empty())
      break;
    os << line.take_front(comma + 1) << '\n';
    os.indent(indent);
    line = line.drop_front(comma + 2);
  }
  os << line << '\n';
}

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
  std::string text;
  llvm::raw_string_ostream textStream(text);
  if (failed(emitc::translateToCpp(*clone, textStream)))
    return failure();

  // EmitC cannot name arguments, but programs that stop for rows are text of our own; the addresses that the conversion makes call this one `arena`.
  std::string printed = "void " + name + "(uint8_t* v1)", wanted = "void " + name + (isSplit ? "(uint8_t *const *arena)" : "(uint8_t *arena)");
  if (!lower::isStreamed(*program)) {
    size_t signature = text.rfind(printed);
    if (signature == std::string::npos)
      return lowered.emitError("expects the C text to define ") << wanted;
    text.replace(signature, printed.size(), wanted);
  }

  SmallVector<StringRef> lines;
  StringRef(text).rtrim('\n').split(lines, '\n');
  StringRef previous;
  for (StringRef line : lines) {
    bool begins = line.starts_with("_Alignas") || line.starts_with("static") || line.starts_with("void") ||
                  line.starts_with("int32_t");
    if (begins && !previous.starts_with("_Alignas"))
      os << '\n';
    printWrapped(line, os);
    previous = line;
  }
  return success();
}
