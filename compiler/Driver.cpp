#include "compiler/Driver.h"

#include "compiler/CostTable.h"
#include "compiler/Diagnostics.h"
#include "compiler/DriverSupport.h"
#include "compiler/ExplainMemory.h"
#include "compiler/ExplainQuantization.h"
#include "compiler/Files.h"
#include "compiler/Package.h"
#include "compiler/Pipeline.h"
#include "targets/CEmission.h"
#include "targets/ObjectEmission.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace tinyc {

static LogicalResult emitText(const Options &options, const targets::Target &target, MLIRContext *context) {
  const std::pair<Emit, Phase> phases[] = {{Emit::Import, Phase::Import},     {Emit::Graph, Phase::Graph},
                                           {Emit::Compress, Phase::Compress}, {Emit::Schedule, Phase::Schedule},
                                           {Emit::Kernel, Phase::Kernel},     {Emit::LLVM, Phase::Emit},
                                           {Emit::C, Phase::Emit}};
  Phase last = llvm::find_if(phases, [&](auto &entry) { return entry.first == options.emit; })->second;
  OwningOpRef<ModuleOp> module = compile(options, target, last, context);
  if (!module)
    return failure();
  if (last == Phase::Emit)
    if (llvm::Error error = setProgramPrefix(*module, options.prefix))
      return complain(std::move(error));
  // Emission may fail halfway; a module is printed as it is, its weights perhaps gigabytes.
  std::string text;
  llvm::raw_string_ostream emitted(text);
  if (options.emit == Emit::LLVM && failed(targets::emitLLVM(*module, target, emitted)))
    return failure();
  if (options.emit == Emit::C && failed(targets::emitC(*module, emitted)))
    return failure();
  auto print = [&](llvm::raw_ostream &stream) {
    if (last == Phase::Emit)
      stream << text;
    else
      stream << *module << "\n";
  };
  if (options.output.empty() || options.output == "-") {
    print(llvm::outs());
    return success();
  }
  if (llvm::Error error = writeFile(options.output, print))
    return complain(std::move(error));
  return success();
}

LogicalResult runCompiler(const Options &options, llvm::raw_ostream &stream) {
  const targets::Target *target = findTarget(options.target);
  if (!target)
    return failure();
  std::unique_ptr<MLIRContext> context = makeContext();
  DiagnosticPrinter printer(context.get(), options.model);
  if (options.emit != Emit::Package && options.emit != Emit::Object) {
    if (options.explainMemory || !options.memoryPictureFile.empty())
      return complain("--explain-memory explains a package: it does not go with this --emit");
    if (options.explainPruning)
      return complain("--explain-pruning explains a package: it does not go with this --emit");
    if (options.explainQuantization)
      return complain("--explain-quantization explains a package: it does not go with this --emit");
    if (options.printCost)
      return complain("--print-cost tells of a package: it does not go with this --emit");
    return emitText(options, *target, context.get());
  }
  std::string directory = options.output;
  if (directory.empty())
    directory = (llvm::sys::path::stem(options.model) + "-" + target->name).str();
  FailureOr<Report> report = compilePackage(options, *target, directory, context.get());
  if (failed(report))
    return failure();
  report->printSummary(stream);
  stream << "  package     " << directory << "\n";
  if (options.printCost)
    printCostTable(*report, stream);
  if (options.explainPruning && !report->pruning)
    return complain("--explain-pruning: nothing was to be pruned; give --prune=macs:0.75x");
  if (options.explainPruning)
    printPruningTable(*report->pruning, stream);
  if (report->quantization)
    printQuantizationTable(*report->quantization, stream);
  if (options.explainMemory)
    printMemoryTable(*report, stream);
  if (!options.memoryPictureFile.empty())
    if (llvm::Error error = writeFile(options.memoryPictureFile, drawMemoryPlan(*report)))
      return complain(std::move(error));
  return success();
}

} // namespace tinyc
