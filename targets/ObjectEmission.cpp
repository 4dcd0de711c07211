#include "targets/ObjectEmission.h"

#include "passes/lower/Emission.h"
#include "passes/lower/Passes.h"
#include "targets/EmbeddedFiles.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/Analysis/CGSCCPassManager.h"
#include "llvm/Analysis/LoopAnalysisManager.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/Linker/Linker.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/ObjCopy/ConfigManager.h"
#include "llvm/ObjCopy/ObjCopy.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/Transforms/IPO/GlobalDCE.h"
#include "llvm/Transforms/IPO/Internalize.h"

using namespace mlir;
using namespace tinyc;
using namespace tinyc::targets;

namespace {

/// Lets errors of LLVM end as errors at the module.
class ForwardDiagnostics : public llvm::DiagnosticHandler {
public:
  explicit ForwardDiagnostics(Location loc) : loc(loc) {}
  bool handleDiagnostics(const llvm::DiagnosticInfo &info) override {
    std::string text;
    llvm::raw_string_ostream os(text);
    llvm::DiagnosticPrinterRawOStream printer(os);
    info.print(printer);
    if (info.getSeverity() == llvm::DS_Error)
      emitError(loc) << text;
    return true;
  }

private:
  Location loc;
};

std::unique_ptr<llvm::TargetMachine> createMachine(const Target &target, Location loc) {
  LLVMInitializeARMTargetInfo();
  LLVMInitializeARMTarget();
  LLVMInitializeARMTargetMC();
  LLVMInitializeARMAsmPrinter();
  LLVMInitializeARMAsmParser(); // for the kernels' inline assembly
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  llvm::InitializeNativeTargetAsmParser();

  llvm::Triple triple(target.isHost() ? llvm::sys::getDefaultTargetTriple() : target.triple.str());
  // The GNU form of the same ABI calls memset where the other calls __aeabi_memclr4, which not every C library has.
  if (triple.getEnvironment() == llvm::Triple::EABI)
    triple.setEnvironment(llvm::Triple::GNUEABI);
  else if (triple.getEnvironment() == llvm::Triple::EABIHF)
    triple.setEnvironment(llvm::Triple::GNUEABIHF);
  std::string error;
  const llvm::Target *llvmTarget = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!llvmTarget) {
    emitError(loc) << "no code generator for " << triple.str() << ": " << error;
    return nullptr;
  }
  llvm::TargetOptions options;
  options.FunctionSections = true;
  options.DataSections = true;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  // Position-independent on a host, whose executables are; fixed addresses on a microcontroller.
  return std::unique_ptr<llvm::TargetMachine>(
      llvmTarget->createTargetMachine(triple, target.cpu, target.features, options,
                                      target.isHost() ? llvm::Reloc::PIC_ : llvm::Reloc::Static));
}

std::unique_ptr<llvm::Module> translate(ModuleOp lowered, llvm::LLVMContext &context) {
  registerBuiltinDialectTranslation(*lowered.getContext());
  registerLLVMDialectTranslation(*lowered.getContext());
  OwningOpRef<ModuleOp> clone = lowered.clone();
  PassManager passes(lowered.getContext());
  passes.addPass(lower::createConvertKernelToLLVMPass());
  if (failed(passes.run(*clone)))
    return nullptr;
  return translateModuleToLLVMIR(*clone, context, "model");
}

/// Adds the kernels that the program calls, as internal functions.
LogicalResult linkKernels(llvm::Module &program, const Target &target, Location loc) {
  std::optional<StringRef> bitcode = embeddedFile(target.bitcode);
  if (!bitcode)
    return emitError(loc) << "this build of tinyc has no kernels for object files of target " << target.name;
  llvm::Expected<std::unique_ptr<llvm::Module>> kernels =
      llvm::parseBitcodeFile(llvm::MemoryBufferRef(*bitcode, target.bitcode), program.getContext());
  if (!kernels)
    return emitError(loc) << target.bitcode << ": " << llvm::toString(kernels.takeError());

  // Flags such as the size of wchar_t would tie the object to one ABI variant; nothing in it depends on them.
  for (StringRef metadata : {"llvm.module.flags", "llvm.ident"})
    if (llvm::NamedMDNode *node = (*kernels)->getNamedMetadata(metadata))
      (*kernels)->eraseNamedMetadata(node);
  (*kernels)->setTargetTriple(program.getTargetTriple());
  (*kernels)->setDataLayout(program.getDataLayout());

  llvm::StringSet<> exported;
  for (const llvm::Function &function : program)
    if (!function.isDeclaration())
      exported.insert(function.getName());
  if (llvm::Linker::linkModules(program, std::move(*kernels), llvm::Linker::LinkOnlyNeeded))
    return failure();
  llvm::internalizeModule(program, [&](const llvm::GlobalValue &value) { return exported.contains(value.getName()); });
  for (llvm::Function &function : program) {
    if (function.isDeclaration() && function.getName().starts_with("tinyc_"))
      return emitError(loc) << "unknown kernel " << function.getName() << " for target " << target.name;
    if (function.isDeclaration())
      continue;
    // Inlining kernels into the program gains nothing, and the stack would be that of all of them.
    if (exported.contains(function.getName()))
      function.addFnAttr(llvm::Attribute::NoUnwind);
    else if (function.getName().starts_with("tinyc_"))
      for (llvm::Attribute::AttrKind kind : {llvm::Attribute::NoInline, llvm::Attribute::NoDuplicate})
        function.addFnAttr(kind); // no copy of a kernel for each of its calls, either
  }
  return success();
}

/// O2, but no vectorizer: the kernels are written for their core. On a host, where size and specialization to a model do
/// not matter, they stay as they were compiled.
void optimize(llvm::Module &program, const Target &target, llvm::TargetMachine &machine) {
  llvm::PipelineTuningOptions options;
  options.LoopVectorization = false;
  options.SLPVectorization = false;
  llvm::PassBuilder builder(&machine, options);
  llvm::LoopAnalysisManager loopAnalyses;
  llvm::FunctionAnalysisManager functionAnalyses;
  llvm::CGSCCAnalysisManager callGraphAnalyses;
  llvm::ModuleAnalysisManager moduleAnalyses;
  builder.registerModuleAnalyses(moduleAnalyses);
  builder.registerCGSCCAnalyses(callGraphAnalyses);
  builder.registerFunctionAnalyses(functionAnalyses);
  builder.registerLoopAnalyses(loopAnalyses);
  builder.crossRegisterProxies(loopAnalyses, functionAnalyses, callGraphAnalyses, moduleAnalyses);
  llvm::ModulePassManager passes;
  if (target.isHost())
    passes.addPass(llvm::GlobalDCEPass());
  else
    passes = builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2);
  passes.run(program, moduleAnalyses);
}

/// Removes what a firmware has no use for and trips over: unwind tables, which must lie near the code, and the note on
/// the stack, which makes GNU ld complain about all the files of newlib that lack it.
llvm::Error removeNotes(StringRef object, SmallVectorImpl<char> &result) {
  llvm::Expected<std::unique_ptr<llvm::object::ObjectFile>> file =
      llvm::object::ObjectFile::createELFObjectFile(llvm::MemoryBufferRef(object, "model.o"));
  if (!file)
    return file.takeError();
  llvm::objcopy::ConfigManager config;
  for (StringRef section : {".ARM.exidx*", ".note.GNU-stack"})
    if (llvm::Error error = config.Common.ToRemove.addMatcher(llvm::objcopy::NameOrPattern::create(
            section, llvm::objcopy::MatchStyle::Wildcard, [](llvm::Error error) { return error; })))
      return error;
  llvm::raw_svector_ostream os(result);
  return llvm::objcopy::executeObjcopyOnBinary(config, **file, os);
}

/// The linked and optimized program, or null.
std::unique_ptr<llvm::Module> build(ModuleOp lowered, const Target &target, llvm::TargetMachine &machine,
                                    llvm::LLVMContext &context) {
  context.setDiagnosticHandler(std::make_unique<ForwardDiagnostics>(lowered.getLoc()));
  std::unique_ptr<llvm::Module> program = translate(lowered, context);
  if (!program)
    return nullptr;
  program->setTargetTriple(machine.getTargetTriple());
  program->setDataLayout(machine.createDataLayout());
  for (llvm::Function &function : *program)
    function.addFnAttr("target-cpu", target.cpu);
  if (failed(linkKernels(*program, target, lowered.getLoc())))
    return nullptr;
  optimize(*program, target, machine);
  return program;
}

} // namespace

LogicalResult targets::emitLLVM(ModuleOp lowered, const Target &target, llvm::raw_ostream &os) {
  std::unique_ptr<llvm::TargetMachine> machine = createMachine(target, lowered.getLoc());
  if (!machine)
    return failure();
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> program = build(lowered, target, *machine, context);
  if (!program)
    return failure();
  program->print(os, nullptr);
  return success();
}

LogicalResult targets::emitObject(ModuleOp lowered, const Target &target, SmallVectorImpl<char> &object) {
  std::unique_ptr<llvm::TargetMachine> machine = createMachine(target, lowered.getLoc());
  if (!machine)
    return failure();
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> program = build(lowered, target, *machine, context);
  if (!program)
    return failure();
  SmallVector<char, 0> emitted;
  llvm::raw_svector_ostream os(emitted);
  llvm::legacy::PassManager passes;
  if (machine->addPassesToEmitFile(passes, os, nullptr, llvm::CodeGenFileType::ObjectFile))
    return emitError(lowered.getLoc()) << "target " << target.name << " cannot emit object files";
  passes.run(*program);
  if (target.isHost()) {
    object.assign(emitted.begin(), emitted.end());
    return success();
  }
  if (llvm::Error error = removeNotes(StringRef(emitted.data(), emitted.size()), object))
    return emitError(lowered.getLoc()) << "cannot finish the object file: " << llvm::toString(std::move(error));
  return success();
}

FailureOr<FlashUsage> targets::measureFlash(ModuleOp lowered, ArrayRef<char> object) {
  FailureOr<func::FuncOp> program = lower::getProgram(lowered);
  if (failed(program))
    return failure();
  FlashUsage usage;
  for (memref::GlobalOp constant : lower::getConstants(*program)) {
    MemRefType type = constant.getType();
    usage.weights += type.getNumElements() * llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  }
  llvm::MemoryBufferRef buffer(StringRef(object.data(), object.size()), "object");
  llvm::Expected<std::unique_ptr<llvm::object::ObjectFile>> file =
      llvm::object::ObjectFile::createELFObjectFile(buffer);
  if (!file)
    return emitError(lowered.getLoc()) << "cannot measure the object: " << llvm::toString(file.takeError());
  int64_t bytes = 0, data = 0;
  for (const llvm::object::SectionRef &section : (*file)->sections()) {
    uint64_t flags = llvm::object::ELFSectionRef(section).getFlags();
    if (!(flags & llvm::ELF::SHF_ALLOC) || section.isBSS())
      continue;
    bytes += section.getSize();
    if (!(flags & llvm::ELF::SHF_EXECINSTR))
      data += section.getSize();
  }
  // The optimizer moves small constants into instructions, and drops those that do not matter, as a table whose entries
  // are all the same: then weights are the data that is left.
  if (usage.weights > bytes)
    usage.weights = data;
  usage.code = bytes - usage.weights;
  return usage;
}
