#include "compiler/DriverSupport.h"

#include "compiler/Files.h"
#include "compiler/LowerPhase.h"
#include "compiler/Package.h"
#include "compiler/PackageTexts.h"
#include "compiler/Pipeline.h"
#include "passes/lower/Passes.h"
#include "targets/ObjectEmission.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace tinyc {

LogicalResult complain(const Twine &message) {
  llvm::errs() << "tinyc: error: " << message << "\n";
  return failure();
}

LogicalResult complain(llvm::Error error) {
  std::string text = llvm::toString(std::move(error));
  llvm::errs() << (StringRef(text).starts_with("error: ") ? "tinyc: " : "") << text << "\n";
  return failure();
}

const targets::Target *findTarget(StringRef name) {
  const targets::Target *target = targets::findTarget(name);
  if (!target)
    (void)complain("unknown target '" + name + "': expected one of " + targets::listTargets());
  return target;
}

std::unique_ptr<MLIRContext> makeContext() {
  DialectRegistry registry;
  registerDialects(registry);
  auto context = std::make_unique<MLIRContext>(registry);
  context->loadAllAvailableDialects();
  context->printOpOnDiagnostic(false);
  return context;
}

/// Writes the object file at `path` and model.h beside it.
static llvm::Error writeObject(const Report &report, const targets::Target &target, StringRef path, StringRef prefix,
                               ArrayRef<char> object) {
  SmallString<128> header = llvm::sys::path::parent_path(path);
  llvm::sys::path::append(header, "model.h");
  if (llvm::Error error = writeFile(path, StringRef(object.data(), object.size())))
    return error;
  llvm::Error error = writeFile(header, makeHeader(report, target, prefix));
  if (error)
    llvm::sys::fs::remove(path);
  return error;
}

/// Without a budget nothing is refused, but a user should know what a common part with that core has.
static void warnIfLarge(ModuleOp module, StringRef memory, int64_t bytes, int64_t common, std::optional<int64_t> budget,
                        StringRef target) {
  if (common > 0 && bytes > common && !budget)
    module->emitWarning() << "needs " << bytes << " bytes of " << memory << "; a common part with a " << target
                          << " has " << common << ": say what yours has with --board or --" << memory.lower();
}

/// Where the board has several flash memories: makes room for the code, which is known now, in the first of them, and
/// chooses the constants' memories again.
static LogicalResult placeConstants(ModuleOp module, const targets::Target &target, targets::Board board) {
  OwningOpRef<ModuleOp> clone = module.clone();
  llvm::SmallVector<char> object;
  if (failed(lowerToCalls(*clone)) || failed(targets::emitObject(*clone, target, object)))
    return failure();
  FailureOr<targets::FlashUsage> flash = targets::measureFlash(*clone, object);
  if (failed(flash))
    return failure();
  auto first = llvm::find_if(board.memory, [](const targets::MemoryRegion &memory) {
    return memory.kind == targets::MemoryRegion::Kind::Flash;
  });
  first->reserved = std::min(first->reserved + flash->code, first->bytes);
  lower::PlaceConstantsPassOptions options;
  llvm::append_range(options.flash, listMemories(board, targets::MemoryRegion::Kind::Flash));
  PassManager manager(module.getContext());
  manager.addPass(lower::createPlaceConstantsPass(options));
  return manager.run(module);
}

/// Adds the code to the first flash memory. Fails if one of them has too little room.
static LogicalResult addCode(ModuleOp module, Report &report) {
  bool isFirst = true;
  for (MemoryUse &use : report.memories) {
    if (use.memory.kind != targets::MemoryRegion::Kind::Flash)
      continue;
    if (std::exchange(isFirst, false)) {
      use.items.push_back({"code", "code", report.codeBytes});
      use.bytes += report.codeBytes;
    }
    if (int64_t room = use.memory.getFreeBytes(); use.bytes > room)
      return module.emitError() << "needs " << use.bytes << " bytes of memory '" << use.memory.name << "', "
                                << use.bytes - room << " more than its " << room;
  }
  return success();
}

FailureOr<Report> compilePackage(const Options &options, const targets::Target &target, StringRef destination,
                                 MLIRContext *context) {
  ModelFacts facts;
  OwningOpRef<ModuleOp> module = compile(options, target, Phase::Kernel, context, &facts);
  if (!module)
    return failure();
  const bool hasFlashes = options.board && options.board->getRegions(targets::MemoryRegion::Kind::Flash).size() > 1;
  if (hasFlashes && failed(placeConstants(*module, target, *options.board)))
    return failure();
  Report report = makeReport(*module, options, facts);
  if (options.explainQuantization) {
    FailureOr<QuantizationErrors> errors = measureQuantization(*facts.reference, *facts.quantized, options);
    if (failed(errors))
      return failure();
    report.quantization = std::move(*errors);
  }
  warnIfLarge(*module, "SRAM", report.sramBytes, target.sramBytes, options.sramBudget, target.name);
  std::optional<CheckPlan> check;
  if (options.check) {
    if (options.emit != Emit::Package)
      return complain("--check makes a C package: it does not apply to --emit");
    if (report.ports.isSplit())
      return complain("--check knows one memory: it does not apply to a plan over several RAM regions");
    FailureOr<CheckPlan> plan = makeCheckPlan(*module);
    if (failed(plan))
      return failure();
    check = std::move(*plan);
  }
  if (failed(lowerToCalls(*module)))
    return failure();
  if (llvm::Error error = setProgramPrefix(*module, options.prefix))
    return complain(std::move(error));
  llvm::SmallVector<char> object;
  if (failed(targets::emitObject(*module, target, object)))
    return failure();
  FailureOr<targets::FlashUsage> flash = targets::measureFlash(*module, object);
  if (failed(flash))
    return failure();
  report.weightBytes = flash->weights;
  report.codeBytes = flash->code;
  if (options.flashBudget && report.getFlashBytes() > *options.flashBudget)
    return module->emitError() << "needs " << report.getFlashBytes() << " bytes of flash (weights "
                               << report.weightBytes << ", code " << report.codeBytes << "), "
                               << report.getFlashBytes() - *options.flashBudget << " more than the budget of "
                               << *options.flashBudget;
  if (failed(addCode(*module, report)))
    return failure();
  PackageOptions package;
  package.prefix = options.prefix;
  package.check = check ? &*check : nullptr;
  warnIfLarge(*module, "flash", report.getFlashBytes(), target.flashBytes, options.flashBudget, target.name);
  if (options.emit == Emit::Object)
    package.object = object;
  bool isFile = options.emit == Emit::Object && destination.ends_with(".o");
  if (llvm::Error error = isFile ? writeObject(report, target, destination, options.prefix, object)
                                 : writePackage(*module, target, destination, report, package))
    return complain(std::move(error));
  return report;
}

} // namespace tinyc
