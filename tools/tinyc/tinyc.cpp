// tinyc: compiles an ONNX model for a microcontroller.
#include "compiler/Analyze.h"
#include "compiler/Driver.h"
#include "compiler/onnx/SupportedOps.h"
#include "tools/CompileFlags.h"
#include "llvm/Support/InitLLVM.h"

using namespace llvm;

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  cl::OptionCategory category("tinyc options");
  cl::opt<std::string> model(cl::Positional, cl::desc("<model.onnx>"), cl::Required, cl::cat(category));
  auto listBoards = [](const bool &) {
    tinyc::printBoards(outs());
    outs().flush();
    exit(0);
  };
  cl::opt<bool> boards("list-boards", cl::desc("Print the boards that --board knows, and exit"), cl::cat(category),
                       cl::ValueDisallowed, cl::callback(listBoards));
  auto listOperators = [](const std::string &form) {
    tinyc::onnx::printSupportedOps(outs(), form == "json");
    outs().flush();
    exit(0);
  };
  cl::opt<std::string> operators("supported-ops", cl::desc("Print the ONNX operators that can be compiled, and exit"),
                                 cl::value_desc("json"), cl::ValueOptional, cl::cat(category), cl::callback(listOperators));
  cl::opt<std::string> output(
      "o",
      cl::desc("Directory of the package; with --emit a file (obj: a directory, or FILE.o with model.h beside it)"),
      cl::value_desc("path"), cl::cat(category));
  cl::opt<tinyc::Emit> emit(
      "emit", cl::desc("Form of the result (default: a C package)"),
      cl::values(clEnumValN(tinyc::Emit::Import, "import", "nn dialect as imported"),
                 clEnumValN(tinyc::Emit::Graph, "graph", "nn dialect after the graph passes"),
                 clEnumValN(tinyc::Emit::Compress, "compress", "nn dialect after quantization"),
                 clEnumValN(tinyc::Emit::Schedule, "schedule", "nn dialect in order of execution"),
                 clEnumValN(tinyc::Emit::Kernel, "kernel", "kernel dialect with its memory plan"),
                 clEnumValN(tinyc::Emit::LLVM, "llvm", "LLVM IR with the kernels"),
                 clEnumValN(tinyc::Emit::C, "c", "the program as one C file"),
                 clEnumValN(tinyc::Emit::Object, "obj", "a package with one object file instead of C")),
      cl::init(tinyc::Emit::Package), cl::cat(category));
  cl::opt<std::string> prefix("prefix", cl::desc("Prefix of the package's C names (default model)"),
                              cl::value_desc("name"), cl::init("model"), cl::cat(category));
  cl::opt<std::string> explainMemory("explain-memory",
                                     cl::desc("Print a table of the memory plan; with FILE.svg draw it, too"),
                                     cl::value_desc("FILE.svg"), cl::ValueOptional, cl::cat(category));
  cl::opt<bool> explainPruning("explain-pruning", cl::desc("Print what --prune took from every layer, and why no more"),
                               cl::cat(category));
  cl::opt<bool> explainQuantization(
      "explain-quantization",
      cl::desc("Print what quantization does to every layer, and which to give more bits first; needs --calibrate"),
      cl::cat(category));
  enum class Analyze { No, Text, Json };
  cl::opt<Analyze> analyze(
      "analyze",
      cl::desc("Print what the model holds and needs, whether it can be compiled and which boards hold it, and write "
               "nothing"),
      cl::ValueOptional,
      cl::values(clEnumValN(Analyze::Text, "text", "as a table"), clEnumValN(Analyze::Json, "json", "as JSON"),
                 clEnumValN(Analyze::Text, "", "")),
      cl::init(Analyze::No), cl::cat(category));
  cl::opt<bool> printCost("print-cost", cl::desc("Print the estimated cycles of every layer"), cl::cat(category));
  cl::opt<bool> quiet("quiet", cl::desc("Print no summary"), cl::cat(category));
  tinyc::CompileFlags flags(category);
  tinyc::parseCommandLine(argc, argv, category, "tinyc: compiles an ONNX model for a microcontroller\n");

  tinyc::Options options;
  if (!flags.fill(options))
    return 1;
  options.model = model;
  options.output = output;
  options.emit = emit;
  options.prefix = prefix;
  options.printCost = printCost;
  options.explainPruning = explainPruning;
  options.explainQuantization = explainQuantization;
  options.search.showProgress = !quiet;
  options.explainMemory = explainMemory.getNumOccurrences() > 0;
  options.memoryPictureFile = explainMemory;
  if (analyze != Analyze::No)
    return tinyc::getExitStatus(tinyc::runAnalysis(options, analyze == Analyze::Json, outs()));
  return tinyc::getExitStatus(tinyc::runCompiler(options, quiet ? nulls() : outs()));
}
