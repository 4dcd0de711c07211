#include "targets/host/Jit.h"

#include "passes/lower/Emission.h"
#include "passes/lower/Passes.h"
#include "tinyc/kernel_functions.h"
#include "tinyc/math.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/TargetSelect.h"

using namespace mlir;
using namespace tinyc;
using namespace tinyc::targets;

struct HostProgram::Code {
  std::unique_ptr<llvm::orc::LLJIT> jit;
};

HostProgram::HostProgram(std::unique_ptr<Code> code, void *function)
    : code(std::move(code)), function(function) {}
HostProgram::~HostProgram() = default;

/// The addresses of the kernels that run on this processor.
static llvm::orc::SymbolMap getKernels(llvm::orc::LLJIT &jit) {
  llvm::orc::SymbolMap symbols;
  auto add = [&](StringRef name, auto *function) {
    symbols[jit.mangleAndIntern(name)] = {llvm::orc::ExecutorAddr::fromPtr(function),
                                          llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable};
  };
#define ADD_generic(symbol) add(#symbol, &symbol);
#define ADD_armv7e_m(symbol)
#define ADD_armv8_1m(symbol)
#if defined(__x86_64__)
#define ADD_x86_64(symbol) ADD_generic(symbol)
#else
#define ADD_x86_64(symbol)
#endif
#define TINYC_KERNEL(op, input, weight, isa, source, symbol, params, arguments, scratch) ADD_##isa(symbol)
#include "runtime/kernels.def"
#undef TINYC_KERNEL
#undef ADD_armv8_1m
#undef ADD_armv7e_m
#undef ADD_x86_64
#undef ADD_generic
#define LOOP_FUNCTION(name, operands) add("tinyc_math_" #name "_f32", &tinyc_math_##name##_f32);
#include "dialects/loop/Functions.def"
#undef LOOP_FUNCTION
  return symbols;
}

static llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>> compile(llvm::orc::ThreadSafeModule program) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  llvm::Expected<llvm::orc::JITTargetMachineBuilder> machine = llvm::orc::JITTargetMachineBuilder::detectHost();
  if (!machine)
    return machine.takeError();
  // The work is in the kernels, which are compiled already.
  machine->setCodeGenOptLevel(llvm::CodeGenOptLevel::None);
  llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>> jit =
      llvm::orc::LLJITBuilder().setJITTargetMachineBuilder(std::move(*machine)).create();
  if (!jit)
    return jit.takeError();
  llvm::orc::SymbolMap kernels = getKernels(**jit);
  llvm::Error unknown = program.withModuleDo([&](llvm::Module &module) -> llvm::Error {
    module.setDataLayout((*jit)->getDataLayout());
    module.setTargetTriple((*jit)->getTargetTriple());
    for (const llvm::Function &function : module)
      if (function.isDeclaration() && !kernels.contains((*jit)->mangleAndIntern(function.getName())))
        return llvm::createStringError("unknown kernel " + function.getName() + " for target host");
    return llvm::Error::success();
  });
  if (unknown)
    return unknown;
  if (llvm::Error error = (*jit)->getMainJITDylib().define(llvm::orc::absoluteSymbols(std::move(kernels))))
    return error;
  if (llvm::Error error = (*jit)->addIRModule(std::move(program)))
    return error;
  return jit;
}

FailureOr<std::unique_ptr<HostProgram>> HostProgram::create(ModuleOp lowered) {
  FailureOr<func::FuncOp> program = lower::getProgram(lowered);
  if (failed(program))
    return failure();
  registerBuiltinDialectTranslation(*lowered.getContext());
  registerLLVMDialectTranslation(*lowered.getContext());
  OwningOpRef<ModuleOp> clone = lowered.clone();
  PassManager passes(lowered.getContext());
  passes.addPass(lower::createConvertKernelToLLVMPass());
  if (failed(passes.run(*clone)))
    return failure();
  auto context = std::make_unique<llvm::LLVMContext>();
  std::unique_ptr<llvm::Module> module = translateModuleToLLVMIR(*clone, *context, "model");
  if (!module)
    return failure();

  llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>> jit =
      compile(llvm::orc::ThreadSafeModule(std::move(module), std::move(context)));
  if (!jit)
    return lowered.emitError() << llvm::toString(jit.takeError());
  llvm::Expected<llvm::orc::ExecutorAddr> address = (*jit)->lookup((*program).getSymName());
  if (!address)
    return lowered.emitError() << llvm::toString(address.takeError());
  auto code = std::make_unique<Code>();
  code->jit = std::move(*jit);
  return std::unique_ptr<HostProgram>(new HostProgram(std::move(code), address->toPtr<void *>()));
}
