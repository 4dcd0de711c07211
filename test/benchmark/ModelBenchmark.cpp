// Whole networks: one inference of a model file in the interpreter and as a program for the host, on one core.
#include "compiler/Diagnostics.h"
#include "compiler/DriverSupport.h"
#include "compiler/LowerPhase.h"
#include "compiler/Pipeline.h"
#include "compiler/Report.h"
#include "dialects/nn/Interpreter.h"
#include "targets/Target.h"
#include "targets/host/Jit.h"
#include "llvm/Support/Path.h"

#include <benchmark/benchmark.h>

using namespace mlir;
using namespace tinyc;

void registerKernels();

static Options makeOptions(const std::string &model) {
  Options options;
  options.model = model;
  options.target = "host";
  return options;
}

static void countImages(benchmark::State &state) {
  state.counters["images"] = benchmark::Counter(1, benchmark::Counter::kIsIterationInvariantRate);
}

static void runInterpreter(benchmark::State &state, std::string model) {
  std::unique_ptr<MLIRContext> context = makeContext();
  DiagnosticPrinter printer(context.get(), model);
  OwningOpRef<ModuleOp> module =
      compile(makeOptions(model), *tinyc::findTarget("host"), Phase::Compress, context.get());
  if (!module)
    return state.SkipWithError("does not compile");
  func::FuncOp function = *module->getOps<func::FuncOp>().begin();
  FailureOr<nn::Interpreter> interpreter = nn::Interpreter::create(function);
  if (failed(interpreter))
    return state.SkipWithError("has no reference semantics");
  std::vector<nn::HostTensor> inputs;
  for (Type type : function.getArgumentTypes())
    inputs.emplace_back(cast<RankedTensorType>(type));
  for (auto _ : state)
    if (failed(interpreter->run(inputs)))
      return state.SkipWithError("fails");
  countImages(state);
}

static void runProgram(benchmark::State &state, std::string model) {
  std::unique_ptr<MLIRContext> context = makeContext();
  DiagnosticPrinter printer(context.get(), model);
  Options options = makeOptions(model);
  ModelFacts facts;
  OwningOpRef<ModuleOp> module = compile(options, *tinyc::findTarget("host"), Phase::Kernel, context.get(), &facts);
  if (!module)
    return state.SkipWithError("does not compile");
  Report report = makeReport(*module, options, facts);
  if (failed(lowerToCalls(*module)))
    return state.SkipWithError("does not compile");
  auto program = targets::HostProgram::create(*module);
  if (failed(program))
    return state.SkipWithError("does not compile");
  std::vector<uint8_t> memory(report.activationBytes + 64);
  uint8_t *arena = memory.data() + (64 - reinterpret_cast<uintptr_t>(memory.data()) % 64) % 64;
  for (auto _ : state)
    (*program)->run(arena);
  countImages(state);
}

int main(int argc, char **argv) {
  benchmark::Initialize(&argc, argv);
  registerKernels();
  for (int i = 1; i < argc; ++i) {
    std::string name = llvm::sys::path::stem(argv[i]).str();
    benchmark::RegisterBenchmark((name + "/interpreter").c_str(), runInterpreter, std::string(argv[i]));
    benchmark::RegisterBenchmark((name + "/host").c_str(), runProgram, std::string(argv[i]));
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
