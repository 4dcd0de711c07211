#include "compiler/Analyze.h"

#include "compiler/Diagnostics.h"
#include "compiler/DriverSupport.h"
#include "compiler/LowerPhase.h"
#include "compiler/Pipeline.h"
#include "compiler/Report.h"
#include "compiler/RunPasses.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "passes/compress/FloatIslands.h"
#include "passes/compress/Passes.h"
#include "passes/compress/StepwiseRun.h"
#include "targets/ObjectEmission.h"
#include "llvm/Support/Format.h"

#include <set>

using namespace mlir;

namespace tinyc {

/// The program of a module at the end of phase Compress; nullopt if it cannot be lowered.
static std::optional<ProgramSize> measureProgram(ModuleOp compressed, Options options, const targets::Target &target) {
  options.target = target.name.str();
  options.optimize = Optimize::Ram;
  options.sramBudget = options.flashBudget = std::nullopt;
  options.board = std::nullopt;
  OwningOpRef<ModuleOp> module = compressed.clone();
  if (failed(lowerCompressed(*module, options, target)))
    return std::nullopt;
  Report report = makeReport(*module, options, {});
  llvm::SmallVector<char> object;
  if (failed(lowerToCalls(*module)) || failed(targets::emitObject(*module, target, object)))
    return std::nullopt;
  FailureOr<targets::FlashUsage> flash = targets::measureFlash(*module, object);
  if (failed(flash))
    return std::nullopt;
  return ProgramSize{target.name.str(), report.sramBytes, flash->weights, flash->code, report.cycles};
}

static bool holds(const targets::Board &board, const ProgramSize &size) {
  return size.sramBytes <= board.getFreeBytes(targets::MemoryRegion::Kind::Ram) &&
         size.weightBytes + size.codeBytes <= board.getFreeBytes(targets::MemoryRegion::Kind::Flash);
}

/// Sizes on the core asked for and on every board's.
static ModelForm measureForm(StringRef name, ModuleOp compressed, const Options &options,
                             ArrayRef<targets::Board> boards) {
  ModelForm form;
  form.name = name.str();
  std::set<std::string> cores;
  for (const targets::Board &board : boards)
    cores.insert(board.core);
  cores.erase(options.target);
  std::vector<std::string> targets = {options.target};
  targets.insert(targets.end(), cores.begin(), cores.end());
  for (const std::string &core : targets)
    if (std::optional<ProgramSize> size = measureProgram(compressed, options, *targets::findTarget(core)))
      form.sizes.push_back(*size);
  for (const targets::Board &board : boards)
    if (llvm::any_of(form.sizes,
                     [&](const ProgramSize &size) { return size.target == board.core && holds(board, size); }))
      form.boards.push_back(board.name);
  return form;
}

/// Sizes do not depend on the samples: quantizes with one random one, and rounds to nearest.
static LogicalResult quantizeRoughly(ModuleOp module, const Options &options) {
  auto function = *module.getOps<func::FuncOp>().begin();
  compress::CompressOptions compression;
  compression.quantize = true;
  compression.equalize = false;
  compression.removeChannels = !options.keepChannels;
  compression.calibration.method = "min-max";
  compression.data = compress::makeRandomData(function, /*samples=*/1, /*seed=*/1, /*low=*/-1.0, /*high=*/1.0);
  return runPasses(module, [&](OpPassManager &manager) { compress::buildCompressPipeline(manager, compression); });
}

/// What an integer program computes in float, casts apart.
static std::vector<std::string> listFloatOperators(ModuleOp module) {
  std::vector<std::string> names;
  func::FuncOp function = *module.getOps<func::FuncOp>().begin();
  for (Operation &op : function.getBody().front().without_terminator()) {
    auto isFloat = [](Type type) { return getElementTypeOrSelf(type).isF32(); };
    if (!isa<nn::ConstantOp, quant::QuantizeCastOp, quant::DequantizeCastOp>(op) &&
        (llvm::any_of(op.getOperandTypes(), isFloat) || llvm::any_of(op.getResultTypes(), isFloat)))
      names.push_back(compress::describeOp(&op));
  }
  return names;
}

static void measureForms(ModuleOp graph, bool hasQuantization, const Options &options, Analysis &analysis) {
  std::vector<targets::Board> boards;
  for (const std::string &name : targets::getBoardNames())
    if (llvm::Expected<targets::Board> board = targets::loadBoard(name))
      boards.push_back(std::move(*board));
    else
      llvm::consumeError(board.takeError()); // the shipped files are tested
  compress::CompressOptions asItIs;
  asItIs.removeChannels = !options.keepChannels;
  OwningOpRef<ModuleOp> plain = graph.clone();
  if (succeeded(runPasses(*plain, [&](OpPassManager &manager) { compress::buildCompressPipeline(manager, asItIs); })))
    analysis.forms.push_back(measureForm(hasQuantization ? "as it is" : "float32", *plain, options, boards));
  OwningOpRef<ModuleOp> quantized = hasQuantization ? nullptr : graph.clone();
  if (quantized && succeeded(quantizeRoughly(*quantized, options))) {
    analysis.forms.push_back(measureForm("int8", *quantized, options, boards));
    analysis.forms.back().floatOperators = listFloatOperators(*quantized);
  }
}

LogicalResult runAnalysis(const Options &options, bool json, llvm::raw_ostream &stream) {
  const targets::Target *target = findTarget(options.target);
  if (!target)
    return failure();
  Analysis analysis;
  analysis.file = options.model;
  std::optional<ModelSummary> summary = summarizeOnnx(options.model, [&](StringRef name, const std::string &message) {
    std::string place = name.empty() ? "" : ":" + name.str();
    llvm::errs() << options.model << place << ": error: " << message << "\n";
  });
  if (!summary)
    return failure();
  analysis.summary = std::move(*summary);
  std::unique_ptr<MLIRContext> context = makeContext();
  ScopedDiagnosticHandler collect(context.get(), [&](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
      analysis.problems.push_back(getNodeName(diagnostic.getLocation()) + ": " + diagnostic.str());
    return success();
  });
  ModelFacts facts;
  if (OwningOpRef<ModuleOp> graph = compile(options, *target, Phase::Graph, context.get(), &facts)) {
    analysis.parameters = facts.parameters;
    analysis.macs = facts.macs;
    measureForms(*graph, facts.hasQuantization, options, analysis);
  }
  if (json)
    stream << llvm::formatv("{0:2}\n", analysis.toJson());
  else
    analysis.print(stream);
  return success();
}

static std::string describe(const TensorSummary &tensor) {
  return tensor.name + " " + tensor.type + " [" + llvm::join(tensor.dimensions, ", ") + "]";
}

static std::string getFullName(const OperatorSummary &op) {
  return op.domain.empty() ? op.name : op.domain + "." + op.name;
}

void Analysis::print(llvm::raw_ostream &stream) const {
  stream << file << "\n";
  for (const TensorSummary &input : summary.inputs)
    stream << "  input       " << describe(input) << "\n";
  for (const TensorSummary &output : summary.outputs)
    stream << "  output      " << describe(output) << "\n";
  for (const OperatorSummary &op : summary.operators)
    stream << llvm::formatv("  {0,-11} {1,5} {2}-{3}{4}\n", &op == summary.operators.data() ? "operators" : "",
                            op.count, getFullName(op), op.opset, op.isSupported ? "" : "  NOT SUPPORTED");
  for (const std::string &problem : problems)
    stream << "  problem     " << problem << "\n";
  if (!problems.empty()) {
    stream << "  tinyc cannot compile this model\n";
    return;
  }
  stream << "  MACs        " << groupDigits(macs) << "\n  parameters  " << groupDigits(parameters) << "\n";
  for (const ModelForm &form : forms) {
    for (const ProgramSize &size : form.sizes)
      stream << llvm::formatv(
          "  {0,-11} {1,-14} SRAM {2,11} B   flash {3,11} B (weights {4} B)   about {5,13} cycles\n",
          &size == form.sizes.data() ? form.name : "", size.target, groupDigits(size.sramBytes),
          groupDigits(size.weightBytes + size.codeBytes), groupDigits(size.weightBytes),
          groupDigits(std::llround(size.cycles)));
    if (!form.floatOperators.empty())
      stream << "              in float: " << llvm::join(form.floatOperators, ", ") << "\n";
    stream << "              fits " << (form.boards.empty() ? "none of the boards" : llvm::join(form.boards, ", "))
           << "\n";
  }
}

static llvm::json::Array toJson(ArrayRef<TensorSummary> tensors) {
  llvm::json::Array array;
  for (const TensorSummary &tensor : tensors)
    array.push_back(llvm::json::Object{
        {"name", tensor.name}, {"type", tensor.type}, {"shape", llvm::json::Array(tensor.dimensions)}});
  return array;
}

llvm::json::Value Analysis::toJson() const {
  llvm::json::Array operators, forms;
  for (const OperatorSummary &op : summary.operators)
    operators.push_back(llvm::json::Object{{"domain", op.domain},
                                           {"name", op.name},
                                           {"opset", op.opset},
                                           {"count", op.count},
                                           {"supported", op.isSupported}});
  for (const ModelForm &form : this->forms) {
    llvm::json::Array sizes;
    for (const ProgramSize &size : form.sizes)
      sizes.push_back(llvm::json::Object{{"target", size.target},
                                         {"sram", size.sramBytes},
                                         {"weights", size.weightBytes},
                                         {"code", size.codeBytes},
                                         {"estimated_cycles", std::llround(size.cycles)}});
    forms.push_back(llvm::json::Object{{"name", form.name},
                                       {"programs", std::move(sizes)},
                                       {"boards", llvm::json::Array(form.boards)},
                                       {"float_operators", llvm::json::Array(form.floatOperators)}});
  }
  return llvm::json::Object{{"model", file},
                            {"inputs", tinyc::toJson(summary.inputs)},
                            {"outputs", tinyc::toJson(summary.outputs)},
                            {"operators", std::move(operators)},
                            {"initializer_elements", summary.initializerElements},
                            {"initializer_bytes", summary.initializerBytes},
                            {"problems", llvm::json::Array(problems)},
                            {"macs", macs},
                            {"parameters", parameters},
                            {"forms", std::move(forms)}};
}

} // namespace tinyc
