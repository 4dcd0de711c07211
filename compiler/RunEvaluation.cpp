#include "compiler/Dataset.h"
#include "compiler/Diagnostics.h"
#include "compiler/Driver.h"
#include "compiler/DriverSupport.h"
#include "compiler/Emulator.h"
#include "compiler/Files.h"
#include "compiler/LowerPhase.h"
#include "compiler/NativePackage.h"
#include "compiler/Pipeline.h"
#include "compiler/QuantizationErrors.h"
#include "compiler/StackUse.h"
#include "dialects/nn/Interpreter.h"
#include "passes/lower/ProgramState.h"
#include "targets/ObjectEmission.h"
#include "targets/host/Jit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ThreadPool.h"

#include <limits>

using namespace mlir;

namespace tinyc {

/// All samples' outputs, computed on the host by `invoke(worker, sample, output bytes)` on all cores.
static std::vector<char> runParallel(int64_t samples, int64_t outputBytes,
                                     llvm::function_ref<void(int64_t, llvm::MutableArrayRef<char>)> invoke) {
  std::vector<char> outputs(samples * outputBytes);
  llvm::DefaultThreadPool pool;
  const int64_t chunk = 8;
  for (int64_t begin = 0; begin < samples; begin += chunk)
    pool.async([&, begin] {
      for (int64_t i = begin; i < std::min(begin + chunk, samples); ++i)
        invoke(i, llvm::MutableArrayRef<char>(outputs).slice(i * outputBytes, outputBytes));
    });
  pool.wait();
  return outputs;
}

static int64_t sumBytes(ArrayRef<Port> ports) {
  int64_t bytes = 0;
  for (const Port &port : ports)
    bytes += port.bytes;
  return bytes;
}

/// One inference. `inputs` and `outputs` are where each port's bytes are outside of the arena, for those that are
/// streamed.
template <typename Program>
static void runOnce(const Program &program, uint8_t *arena, const Ports &ports, ArrayRef<const char *> inputs,
                    ArrayRef<char *> outputs) {
  if (ports.isSplit()) {
    std::vector<uint8_t *> arenas;
    for (const lower::ArenaRegion &region : ports.regions)
      arenas.push_back(arena + region.begin);
    program.run(arenas.data());
    return;
  }
  if (!ports.isStreamed()) {
    program.run(arena);
    return;
  }
  using lower::Request;
  using lower::StateWord;
  std::vector<int32_t> state(ports.getStateBytes() / sizeof(int32_t), 0);
  auto get = [&](StateWord word) { return state[static_cast<size_t>(word)]; };
  for (Request request; (request = static_cast<Request>(program.run(arena, state.data()))) != Request::Done;) {
    bool isInput = request == Request::WantsRows;
    int32_t port = get(StateWord::Port);
    int64_t rowBytes = (isInput ? ports.inputs : ports.outputs)[port].getRowBytes();
    int64_t begin = get(StateWord::Row) * rowBytes, bytes = get(StateWord::Count) * rowBytes;
    uint8_t *rows = arena + get(StateWord::Offset);
    if (isInput)
      std::memcpy(rows, inputs[port] + begin, bytes);
    else
      std::memcpy(outputs[port] + begin, rows, bytes);
  }
}

/// All samples' outputs of a program in this process, and the stack of its first inference.
template <typename Program>
static std::vector<char> runOnHost(const Program &program, const Ports &ports, int64_t arenaBytes,
                                   const Samples &samples, std::optional<int64_t> &stackBytes) {
  return runParallel(samples.size(), sumBytes(ports.outputs), [&](int64_t index, llvm::MutableArrayRef<char> output) {
    // Kernels may read whole vectors: align the arena as a target would.
    std::unique_ptr<uint8_t, decltype(&std::free)> arena(
        static_cast<uint8_t *>(std::aligned_alloc(64, llvm::alignTo(std::max<int64_t>(arenaBytes, 1), 64))),
        &std::free);
    std::vector<char> bytes = samples.getBytes(index);
    std::vector<const char *> inputs;
    const char *next = bytes.data();
    for (const Port &port : ports.inputs) {
      inputs.push_back(next);
      if (!port.streamed)
        std::memcpy(arena.get() + port.offset, next, port.bytes);
      next += port.bytes;
    }
    std::vector<char *> outputs;
    char *to = output.data();
    for (const Port &port : ports.outputs) {
      outputs.push_back(to);
      to += port.bytes;
    }
    auto run = [&] { runOnce(program, arena.get(), ports, inputs, outputs); };
    if (index == 0)
      stackBytes = measureStack(run);
    if (index != 0 || !stackBytes)
      run();
    for (auto [port, place] : llvm::zip_equal(ports.outputs, outputs))
      if (!port.streamed)
        std::memcpy(place, arena.get() + port.offset, port.bytes);
  });
}

/// The ports of a function before it became a program: offsets are all 0.
static Ports getFunctionPorts(func::FuncOp function) {
  Ports ports;
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
    ports.inputs.push_back(makePort(cast<RankedTensorType>(type),
                                    function.getArgAttrOfType<StringAttr>(i, nn::kNameAttr),
                                    function.getArgAttrOfType<DenseI64ArrayAttr>(i, nn::kPermutationAttr)));
  for (auto [i, type] : llvm::enumerate(function.getResultTypes()))
    ports.outputs.push_back(makePort(cast<RankedTensorType>(type),
                                     function.getResultAttrOfType<StringAttr>(i, nn::kNameAttr),
                                     function.getResultAttrOfType<DenseI64ArrayAttr>(i, nn::kPermutationAttr)));
  return ports;
}

/// Runs the one function of a module of phase Graph or Compress.
static LogicalResult interpret(ModuleOp module, const EvaluationOptions &evaluation, Evaluation &result) {
  auto function = *module.getOps<func::FuncOp>().begin();
  Ports ports = getFunctionPorts(function);
  llvm::Expected<Samples> samples = Samples::open(ports.inputs, evaluation);
  if (!samples)
    return complain(samples.takeError());
  FailureOr<nn::Interpreter> interpreter = nn::Interpreter::create(function);
  if (failed(interpreter))
    return failure();
  int64_t stride = sumBytes(ports.outputs);
  std::vector<char> outputs(samples->size() * stride);
  auto getInputs = [&](int64_t index) {
    std::vector<nn::HostTensor> inputs;
    std::vector<char> bytes = samples->getBytes(index);
    const char *next = bytes.data();
    for (Type type : function.getArgumentTypes()) {
      inputs.emplace_back(cast<RankedTensorType>(type));
      llvm::MutableArrayRef<char> storage = inputs.back().getBytes();
      std::memcpy(storage.data(), next, storage.size());
      next += storage.size();
    }
    return inputs;
  };
  auto consume = [&](int64_t index, std::vector<nn::HostTensor> tensors) {
    char *to = outputs.data() + index * stride;
    for (const nn::HostTensor &tensor : tensors)
      to = std::copy(tensor.getBytes().begin(), tensor.getBytes().end(), to);
  };
  if (failed(interpreter->runAll(samples->size(), getInputs, consume)))
    return failure();
  result.target = "interpreter";
  if (llvm::Error error = measure(ports, *samples, outputs, evaluation, result))
    return complain(std::move(error));
  return success();
}

static LogicalResult evaluateInterpreted(const Options &options, const targets::Target &target,
                                         const EvaluationOptions &evaluation, MLIRContext *context,
                                         Evaluation &result) {
  OwningOpRef<ModuleOp> module = compile(options, target, Phase::Compress, context);
  return module ? interpret(*module, evaluation, result) : failure();
}

LogicalResult evaluateFloatForm(const Options &options, const EvaluationOptions &evaluation, Evaluation &result) {
  const targets::Target *target = findTarget("host");
  std::unique_ptr<MLIRContext> context = makeContext();
  DiagnosticPrinter printer(context.get(), options.model);
  OwningOpRef<ModuleOp> module = compile(options, *target, Phase::Graph, context.get());
  if (!module)
    return failure();
  OwningOpRef<ModuleOp> floatForm = makeFloatForm(*module);
  if (failed(interpret(*floatForm, evaluation, result)))
    return failure();
  result.target = "float";
  return success();
}

static LogicalResult evaluateOnHost(const Options &options, const targets::Target &target,
                                    const EvaluationOptions &evaluation, MLIRContext *context, Evaluation &result) {
  ModelFacts facts;
  OwningOpRef<ModuleOp> module = compile(options, target, Phase::Kernel, context, &facts);
  if (!module)
    return failure();
  Report report = makeReport(*module, options, facts);
  llvm::Expected<Samples> samples = Samples::open(report.ports.inputs, evaluation);
  if (!samples)
    return complain(samples.takeError());
  if (failed(lowerToCalls(*module)))
    return failure();
  auto program = targets::HostProgram::create(*module);
  if (failed(program))
    return failure();
  std::vector<char> outputs = runOnHost(**program, report.ports, report.activationBytes, *samples,
                                        result.stackBytes);
  llvm::SmallVector<char> object;
  if (failed(targets::emitObject(*module, target, object)))
    return failure();
  FailureOr<targets::FlashUsage> flash = targets::measureFlash(*module, object);
  if (failed(flash))
    return failure();
  result.flashBytes = flash->total();
  result.sramBytes = report.sramBytes;
  if (llvm::Error error = measure(report.ports, *samples, outputs, evaluation, result))
    return complain(std::move(error));
  return success();
}

/// What report.json says of a package.
struct PackageFacts {
  std::string target, prefix;
  Ports ports;
  int64_t sramBytes = 0, flashBytes = 0;
  std::vector<ProfiledLayer> layers; ///< the kernel calls, not yet counted
};

/// The kernel calls of a report.
static std::vector<ProfiledLayer> readLayers(const llvm::json::Object &report) {
  std::vector<ProfiledLayer> layers;
  const llvm::json::Array *array = report.getArray("layers");
  for (size_t i = 0; array && i < array->size(); ++i) {
    const llvm::json::Object *object = (*array)[i].getAsObject();
    StringRef kernel = object ? object->getString("kernel").value_or("") : "";
    if (kernel.empty()) // rows passed by the user
      continue;
    layers.push_back({object->getString("op").value_or("").str(), object->getString("node").value_or("").str(),
                      kernel.str(), object->getInteger("macs").value_or(0),
                      object->getInteger("scratch_bytes").value_or(0)});
  }
  return layers;
}

static llvm::Expected<PackageFacts> readPackage(StringRef directory) {
  SmallString<128> path(directory);
  llvm::sys::path::append(path, "report.json");
  auto fail = [&](const Twine &reason) { return makeFileError(path, reason); };
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer)
    return fail(buffer.getError().message() + ": no package of tinyc");
  llvm::Expected<llvm::json::Value> json = llvm::json::parse((*buffer)->getBuffer());
  if (!json)
    return fail(llvm::toString(json.takeError()));
  const llvm::json::Object *object = json->getAsObject();
  const llvm::json::Object *sram = object ? object->getObject("sram") : nullptr;
  const llvm::json::Object *flash = object ? object->getObject("flash") : nullptr;
  if (!sram || !flash || !object->getString("target") || !sram->getInteger("total") || !flash->getInteger("total"))
    return fail("no report of tinyc");
  PackageFacts facts;
  facts.layers = readLayers(*object);
  facts.target = object->getString("target")->str();
  facts.prefix = object->getString("prefix").value_or("model").str();
  facts.sramBytes = *sram->getInteger("total");
  facts.flashBytes = *flash->getInteger("total");
  if (facts.sramBytes < 0 || facts.sramBytes > std::numeric_limits<int32_t>::max())
    return fail("sram.total is " + Twine(facts.sramBytes) + ", expects bytes below 2^31");
  for (auto [key, ports] : {std::pair("inputs", &facts.ports.inputs), std::pair("outputs", &facts.ports.outputs)}) {
    const llvm::json::Array *array = object->getArray(key);
    if (!array)
      return fail(Twine("no list of ") + key);
    for (const llvm::json::Value &value : *array) {
      std::optional<Port> port = Port::fromJson(value);
      if (!port || (!port->streamed && (port->offset < 0 || port->offset > facts.sramBytes - port->bytes)))
        return fail(Twine("malformed entry of ") + key);
      ports->push_back(std::move(*port));
    }
  }
  if (facts.ports.outputs.empty())
    return fail("no outputs");
  int64_t begin = 0;
  if (const llvm::json::Array *memories = object->getArray("memories"))
    for (const llvm::json::Value &value : *memories) {
      const llvm::json::Object *memory = value.getAsObject();
      if (!memory || memory->getString("kind") != "ram" || memory->getInteger("bytes").value_or(0) == 0)
        continue;
      const int64_t bytes = *memory->getInteger("bytes");
      facts.ports.regions.push_back({memory->getString("name").value_or("").str(), begin, bytes});
      begin += bytes;
      if (bytes < 0 || begin > facts.sramBytes || memory->getInteger("offset") != facts.ports.regions.back().begin)
        return fail("malformed entry of memories");
    }
  if (facts.ports.isStreamed()) {
    const int64_t words = sram->getInteger("state").value_or(0) / 4;
    if (words < lower::kFixedStateWords || words > std::numeric_limits<uint16_t>::max())
      return fail("sram.state is no size of a state of a streamed program");
    facts.ports.stateCounters = words - lower::kFixedStateWords;
  }
  return facts;
}

/// The counts of the emulator with the names of the layers.
static Profile makeProfile(const PackageFacts &facts, const EmulatorProfile &counts, double clock) {
  Profile profile{facts.target, clock, facts.layers, counts.whole.instructions, counts.whole.cycles};
  for (auto [layer, count] : llvm::zip_equal(profile.layers, counts.layers)) {
    layer.calls = count.calls;
    layer.instructions = count.instructions;
    layer.cycles = count.cycles;
  }
  return profile;
}

/// What the emulator measured, apart from the outputs.
static LogicalResult takeMeasurements(const EmulatorResult &run, const PackageFacts &facts,
                                      const EvaluationOptions &evaluation, Evaluation &result) {
  result.stackBytes = run.stackBytes;
  result.flashBytes = run.flashBytes;
  if (run.samples == 0)
    return success();
  result.instructions = (run.instructions + run.samples / 2) / run.samples;
  if (!evaluation.profile)
    return success();
  result.profile = makeProfile(facts, run.profile, evaluation.clock);
  if (!evaluation.profileFile.empty())
    if (llvm::Error error = result.profile->write(evaluation.profileFile))
      return complain(std::move(error));
  return success();
}

/// A profile without samples: the inputs are zeros, which no kernel's time depends on but that of softmax, a little.
static LogicalResult profilePackage(StringRef directory, const targets::Target &target, const PackageFacts &facts,
                                    const EvaluationOptions &evaluation, Evaluation &result) {
  std::vector<char> inputs(sumBytes(facts.ports.inputs));
  llvm::Expected<EmulatorResult> run =
      runOnEmulator(target, directory, facts.prefix, inputs, facts.layers.size());
  if (!run)
    return complain(run.takeError());
  result.target = facts.target;
  result.sramBytes = facts.sramBytes;
  result.samples = run->samples;
  return takeMeasurements(*run, facts, evaluation, result);
}

static LogicalResult evaluatePackage(StringRef directory, bool targetGiven, StringRef targetName,
                                     const EvaluationOptions &evaluation, Evaluation &result) {
  llvm::Expected<PackageFacts> facts = readPackage(directory);
  if (!facts)
    return complain(facts.takeError());
  if (targetGiven && facts->target != targetName)
    return complain(directory + ": the package was compiled for " + facts->target + ", not for " + targetName);
  const targets::Target *target = findTarget(facts->target);
  if (!target)
    return failure();
  if (evaluation.profile && target->isHost())
    return complain("--profile counts on an emulated Cortex-M, the target is " + target->name);
  if (evaluation.profile && evaluation.inputFiles.empty() && evaluation.labelFile.empty() &&
      evaluation.expectFile.empty() && evaluation.outputFile.empty())
    return profilePackage(directory, *target, *facts, evaluation, result);
  llvm::Expected<Samples> samples = Samples::open(facts->ports.inputs, evaluation);
  if (!samples)
    return complain(samples.takeError());
  result.target = facts->target;
  result.sramBytes = facts->sramBytes;
  if (target->isHost()) {
    SmallString<128> checks(directory);
    llvm::sys::path::append(checks, "model_check.c");
    if (llvm::sys::fs::exists(checks))
      return complain(directory + ": is a package with checks, which tinyc-run runs on a Cortex-M only");
    auto program = NativePackage::load(directory, facts->prefix);
    if (!program)
      return complain(program.takeError());
    std::vector<char> outputs = runOnHost(**program, facts->ports, facts->sramBytes, *samples,
                                          result.stackBytes);
    result.flashBytes = facts->flashBytes;
    if (llvm::Error error = measure(facts->ports, *samples, outputs, evaluation, result))
      return complain(std::move(error));
    return success();
  }
  std::vector<char> inputs;
  for (int64_t i = 0; i < samples->size(); ++i) {
    std::vector<char> bytes = samples->getBytes(i);
    inputs.insert(inputs.end(), bytes.begin(), bytes.end());
  }
  llvm::Expected<EmulatorResult> run =
      runOnEmulator(*target, directory, facts->prefix, inputs, evaluation.profile ? facts->layers.size() : 0);
  if (!run)
    return complain(run.takeError());
  if (run->samples != samples->size() ||
      static_cast<int64_t>(run->outputs.size()) != samples->size() * sumBytes(facts->ports.outputs))
    return complain(directory + ": the firmware ran " + Twine(run->samples) + " of " + Twine(samples->size()) +
                    " samples");
  if (failed(takeMeasurements(*run, *facts, evaluation, result)))
    return failure();
  if (llvm::Error error = measure(facts->ports, *samples, run->outputs, evaluation, result))
    return complain(std::move(error));
  return success();
}

/// The flag given that does not go with a package; empty: none.
static StringRef findCompilationFlag(const Options &options, const EvaluationOptions &evaluation) {
  if (evaluation.interpret)
    return "--interpret";
  if (options.emit == Emit::Object)
    return "--obj";
  return evaluation.compilationFlag;
}

LogicalResult evaluate(const Options &options, const EvaluationOptions &evaluation, bool targetGiven,
                       Evaluation &result) {
  if (!evaluation.profileFile.empty())
    if (llvm::Error error = checkProfileName(evaluation.profileFile))
      return complain(std::move(error));
  if (llvm::sys::fs::is_directory(options.model)) {
    if (StringRef flag = findCompilationFlag(options, evaluation); !flag.empty())
      return complain(options.model + ": is a package already: " + flag + " compiles a model and does not apply to it");
    return evaluatePackage(options.model, targetGiven, options.target, evaluation, result);
  }
  const targets::Target *target = findTarget(options.target);
  if (!target)
    return failure();
  if (evaluation.profile && (evaluation.interpret || target->isHost()))
    return complain(Twine("--profile counts on an emulated Cortex-M, ") +
                    (evaluation.interpret ? "not in the interpreter" : "the target is host"));
  result.target = target->name.str();
  std::unique_ptr<MLIRContext> context = makeContext();
  DiagnosticPrinter printer(context.get(), options.model);
  if (options.check && (evaluation.interpret || target->isHost()))
    return complain("--check needs a package on a Cortex-M: give --target");
  if (evaluation.interpret)
    return evaluateInterpreted(options, *target, evaluation, context.get(), result);
  if (target->isHost())
    return evaluateOnHost(options, *target, evaluation, context.get(), result);
  ScratchDirectory directory;
  if (llvm::Error error = directory.create())
    return complain(std::move(error));
  std::string package = directory.file("package");
  if (failed(compilePackage(options, *target, package, context.get())))
    return failure();
  return evaluatePackage(package, /*targetGiven=*/false, "", evaluation, result);
}

LogicalResult runEvaluation(const Options &options, const EvaluationOptions &evaluation, bool targetGiven, bool json,
                            llvm::raw_ostream &stream) {
  Evaluation result;
  if (failed(evaluate(options, evaluation, targetGiven, result)))
    return failure();
  if (json)
    stream << llvm::formatv("{0:2}\n", result.toJson());
  else
    result.print(stream);
  return success();
}

} // namespace tinyc
