#include "compiler/PrecisionEnvironment.h"

#include "compiler/Layers.h"
#include "compiler/OutputError.h"
#include "compiler/ProgramCosts.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Diagnostics.h"
#include "passes/compress/Parameters.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/SHA256.h"

#include <algorithm>
#include <cmath>

using namespace mlir;

namespace tinyc {

using search::Costs;
using search::Quality;

static func::FuncOp getFunction(ModuleOp module) { return *module.getOps<func::FuncOp>().begin(); }

FailureOr<std::unique_ptr<PrecisionEnvironment>> PrecisionEnvironment::create(ArrayRef<ModuleOp> prepared,
                                                                              PrecisionProblem problem) {
  std::unique_ptr<PrecisionEnvironment> environment(new PrecisionEnvironment(std::move(problem)));
  if (prepared.size() > 1)
    environment->steps.push_back({"channels", "", StepKind::Channels, {}, {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0}});
  if (failed(environment->addSteps(prepared.front())))
    return failure();
  environment->layerEnd = environment->steps.size();
  for (ModuleOp module : prepared) {
    assert(findLayers(module).size() == findLayers(prepared.front()).size() && "a variant of other layers");
    environment->variants.push_back({module.clone(), {}, {}});
    if (failed(environment->prepareVariant(environment->variants.back())))
      return failure();
  }
  if (environment->problem.choosesActivations)
    environment->addResultSteps();
  return environment;
}

size_t PrecisionEnvironment::getActionCount(size_t step) const {
  return steps[step].kind == StepKind::Channels ? variants.size() : getBits(step).size();
}

std::string PrecisionEnvironment::getActionName(size_t step, uint8_t action) const {
  if (steps[step].kind == StepKind::Channels)
    return action == 0 ? "all" : problem.prunings[action - 1];
  return "int" + std::to_string(getBits(step)[action]);
}

/// 0 for 1, 1 for 2^16.
static double scaleLog(double value) { return std::log2(std::max(value, 1.0)) / 16; }

LogicalResult PrecisionEnvironment::addSteps(ModuleOp prepared) {
  SmallVector<nn::QuantizableOpInterface> layers = findLayers(prepared);
  double allMacs = 1, allWeights = 1;
  auto getWeight = [](nn::QuantizableOpInterface op) {
    return cast<RankedTensorType>(op->getOperand(*op.getWeightOperand()).getType());
  };
  for (nn::QuantizableOpInterface op : layers) {
    allMacs += static_cast<double>(countMacs(op));
    allWeights += static_cast<double>(getWeight(op).getNumElements());
  }
  for (auto [number, op] : llvm::enumerate(layers)) {
    std::string name = compress::getLayerName(op).str();
    if (name.empty() || !compress::getRealConstant(op->getOperand(*op.getWeightOperand())))
      continue;
    auto same = llvm::find_if(steps, [&](const Step &step) { return step.node == name; });
    if (same != steps.end()) {
      same->layers.push_back(number);
      continue;
    }
    RankedTensorType weight = getWeight(op), result = cast<RankedTensorType>(op->getResult(0).getType());
    auto conv = dyn_cast<nn::Conv2DOp>(op.getOperation());
    double weights = static_cast<double>(weight.getNumElements());
    double outputs = static_cast<double>(weight.getDimSize(0)), pixels = result.getNumElements() / outputs;
    bool isDepthwise = conv && weight.getRank() == 4 && weight.getDimSize(3) == 1 && conv.getGroups() > 1;
    double kernel = conv ? static_cast<double>(weight.getDimSize(1)) : 1;
    double inputs = static_cast<double>(weight.getDimSize(weight.getRank() - 1));
    double stride = conv ? static_cast<double>(conv.getStrides().front()) : 1;
    steps.push_back({name,
                     name,
                     StepKind::Layer,
                     {static_cast<unsigned>(number)},
                     {static_cast<double>(number) / layers.size(), isDepthwise ? 1.0 : 0.0, conv ? 0.0 : 1.0,
                      scaleLog(inputs), scaleLog(outputs), kernel / 11, stride / 4, scaleLog(pixels),
                      weights / allWeights, static_cast<double>(countMacs(op)) / allMacs, 0.0}});
  }
  if (steps.empty() || steps.back().kind != StepKind::Layer)
    return prepared.emitError("--quantize=mixed: the model has no layer whose weights can be quantized");
  return success();
}

void PrecisionEnvironment::addResultSteps() {
  ModuleOp evaluated = *variants.front().evaluated;
  double number = 0, allMacs = 1 + static_cast<double>(countMacs(evaluated));
  size_t ops = 0;
  evaluated.walk([&](nn::QuantizableOpInterface) { ++ops; });
  evaluated.walk([&](nn::QuantizableOpInterface op) {
    std::string node = compress::getLayerName(op).str();
    auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
    double position = number++ / ops;
    auto isSame = [&](const Step &step) { return step.kind == StepKind::Result && step.node == node; };
    if (node.empty() || op.sharesScale() || !op->hasTrait<nn::Int16Form>() || !type || llvm::any_of(steps, isSame))
      return;
    double channels = type.getRank() > 0 ? static_cast<double>(type.getDimSize(type.getRank() - 1)) : 1;
    steps.push_back(
        {node + " result",
         node,
         StepKind::Result,
         {},
         {position, 0.0, 0.0, scaleLog(channels), scaleLog(channels), 0.0, 0.0,
          scaleLog(type.getNumElements() / channels), 0.0, static_cast<double>(countMacs(op)) / allMacs, 1.0}});
  });
}

/// Gives the results of some nodes 16 bits.
void PrecisionEnvironment::setResultBits(ModuleOp program, ArrayRef<uint8_t> assignment) const {
  llvm::StringMap<int32_t> wide;
  for (auto [step, action] : llvm::zip_equal(steps, assignment))
    if (step.kind == StepKind::Result && action > 0)
      wide[step.node] = kResultBits[action];
  Builder builder(program.getContext());
  program.walk([&](nn::QuantizableOpInterface op) {
    if (auto found = wide.find(compress::getLayerName(op)); found != wide.end())
      op->setAttr(nn::kActivationBitsAttr, builder.getI32IntegerAttr(found->second));
  });
}

std::vector<double> PrecisionEnvironment::observe(ArrayRef<uint8_t> actions) const {
  assert(actions.size() < steps.size() && "the episode is over");
  std::vector<double> state = steps[actions.size()].features;
  state.push_back(actions.empty() ? 0 : static_cast<double>(actions.back()) / (getActionCount(actions.size() - 1) - 1));
  return state;
}

LogicalResult PrecisionEnvironment::prepareVariant(Variant &variant) {
  variant.evaluated = variant.whole->clone();
  func::FuncOp function = getFunction(*variant.evaluated);
  bool hadSoftmax = removeSoftmax(function);
  if (reference.empty()) {
    classifies = !problem.samples.labels.empty() || tinyc::isClassifier(function, hadSoftmax);
    if (failed(runSamples(*variant.evaluated, reference)))
      return failure();
  }
  if (!problem.round)
    return success();
  for (int32_t bits : kBits) {
    variant.rounded.push_back(variant.evaluated->clone());
    if (failed(problem.round(*variant.rounded.back(), bits)))
      return failure();
  }
  return success();
}

LogicalResult PrecisionEnvironment::runSamples(ModuleOp program, std::vector<std::vector<float>> &outputs) const {
  return runOnSamples(
      getFunction(program), static_cast<int64_t>(problem.samples.inputs.size()),
      [&](int64_t sample) { return problem.samples.inputs[sample]; }, outputs);
}

static int64_t getClass(ArrayRef<float> scores) { return llvm::max_element(scores) - scores.begin(); }

Quality PrecisionEnvironment::compare(ArrayRef<std::vector<float>> outputs) const {
  double distortion = getDistortion(reference, outputs, classifies), lost = 0;
  if (!classifies)
    return {distortion, std::sqrt(distortion)};
  for (auto [sample, pair] : llvm::enumerate(llvm::zip_equal(reference, outputs))) {
    const auto &[wanted, got] = pair;
    if (problem.samples.labels.empty())
      lost += getClass(wanted) != getClass(got);
    else
      lost += (getClass(wanted) == problem.samples.labels[sample]) - (getClass(got) == problem.samples.labels[sample]);
  }
  return {distortion, lost / static_cast<double>(outputs.size())};
}

/// Gives a layer the weights and bias, and what else was chosen for it, of the same layer of another module.
static void takeParameters(nn::QuantizableOpInterface layer, nn::QuantizableOpInterface from) {
  OpBuilder builder(layer);
  for (std::optional<unsigned> operand : {layer.getWeightOperand(), layer.getBiasOperand()}) {
    if (!operand)
      continue;
    Operation *constant = from->getOperand(*operand).getDefiningOp();
    if (isa_and_nonnull<nn::ConstantOp>(constant))
      layer->setOperand(*operand, builder.clone(*constant)->getResult(0));
  }
  for (NamedAttribute attribute : from->getDiscardableAttrs())
    layer->setDiscardableAttr(attribute.getName(), attribute.getValue());
}

static void setBits(nn::QuantizableOpInterface layer, int32_t bits) {
  layer->setAttr(nn::kWeightBitsAttr, Builder(layer->getContext()).getI32IntegerAttr(bits));
}

FailureOr<OwningOpRef<ModuleOp>> PrecisionEnvironment::makeProgram(ArrayRef<uint8_t> assignment) const {
  OwningOpRef<ModuleOp> program = variants[getVariant(assignment)].whole.get().clone();
  SmallVector<nn::QuantizableOpInterface> layers = findLayers(*program);
  for (auto [step, action] : llvm::zip_equal(steps, assignment))
    for (unsigned layer : step.layers)
      setBits(layers[layer], kBits[action]);
  setResultBits(*program, assignment);
  if (failed(problem.quantize(*program)))
    return failure();
  return program;
}

FailureOr<PrecisionEnvironment::Package> PrecisionEnvironment::makePackage(ArrayRef<uint8_t> assignment) const {
  FailureOr<OwningOpRef<ModuleOp>> program = problem.compile(getVariant(assignment), getPrecision(assignment).layers);
  if (failed(program))
    return failure();
  OwningOpRef<ModuleOp> measured = program->get().clone();
  removeSoftmax(getFunction(*measured));
  std::vector<std::vector<float>> outputs;
  if (failed(runSamples(*measured, outputs)))
    return failure();
  return Package{std::move(*program), compare(outputs)};
}

std::optional<Costs> PrecisionEnvironment::getCosts(ArrayRef<uint8_t> actions) {
  auto [known, isNew] = knownCosts.try_emplace(search::Assignment(actions));
  if (isNew) {
    // What cannot be compiled is no choice; the final compilation says what is to be said.
    ScopedDiagnosticHandler silence(variants.front().whole.get().getContext(), [](Diagnostic &) { return success(); });
    FailureOr<OwningOpRef<ModuleOp>> program = makeProgram(actions);
    if (succeeded(program))
      if (FailureOr<Costs> costs = estimateProgram(**program, *problem.target, problem.optimize); succeeded(costs))
        known->second = *costs;
  }
  if (!known->second)
    return std::nullopt;
  Costs costs = *known->second;
  for (size_t cost = 0; cost < search::kCosts; ++cost)
    costs.values[cost] = costs.values[cost] * factors.values[cost] + sums.values[cost];
  return costs;
}

void PrecisionEnvironment::setMeasuredCosts(const Costs &measured) {
  factors = {{1, 1, 1, 1, 1}};
  sums = {};
  std::optional<Costs> estimated = getCosts(search::Assignment(steps.size(), 0));
  if (!estimated)
    return;
  for (search::Cost cost : {search::Cost::Latency, search::Cost::Sram, search::Cost::Energy})
    if ((*estimated)[cost] > 0)
      factors[cost] = measured[cost] / (*estimated)[cost];
  sums[search::Cost::Flash] = measured[search::Cost::Flash] - (*estimated)[search::Cost::Flash];
}

std::optional<Quality> PrecisionEnvironment::getQuality(ArrayRef<uint8_t> assignment) {
  ScopedDiagnosticHandler silence(variants.front().whole.get().getContext(), [](Diagnostic &) { return success(); });
  Variant &variant = variants[getVariant(assignment)];
  OwningOpRef<ModuleOp> program = variant.evaluated->clone();
  SmallVector<nn::QuantizableOpInterface> layers = findLayers(*program);
  std::vector<SmallVector<nn::QuantizableOpInterface>> sources;
  for (OwningOpRef<ModuleOp> &module : variant.rounded)
    sources.push_back(findLayers(*module));
  for (unsigned layer = 0; layer < layers.size() && !sources.empty(); ++layer)
    takeParameters(layers[layer], sources.front()[layer]);
  for (auto [step, action] : llvm::zip_equal(steps, assignment))
    for (unsigned layer : step.layers) {
      if (!sources.empty())
        takeParameters(layers[layer], sources[action][layer]);
      setBits(layers[layer], kBits[action]);
    }
  setResultBits(*program, assignment);
  std::vector<std::vector<float>> outputs;
  if (failed(problem.quantize(*program)) || failed(runSamples(*program, outputs)))
    return std::nullopt;
  return compare(outputs);
}

compress::SavedPrecision PrecisionEnvironment::getPrecision(ArrayRef<uint8_t> assignment) const {
  compress::SavedPrecision precision;
  if (size_t variant = getVariant(assignment))
    precision.prune = problem.prunings[variant - 1];
  for (auto [step, action] : llvm::zip_equal(steps, assignment))
    if (step.kind == StepKind::Layer)
      precision.layers[step.node].weights = kBits[action];
    else if (step.kind == StepKind::Result && action > 0)
      precision.layers[step.node].activations = kResultBits[action];
  return precision;
}

std::string PrecisionEnvironment::getFingerprint() const {
  llvm::SHA256 hash;
  std::string text;
  llvm::raw_string_ostream stream(text);
  for (const Variant &variant : variants)
    variant.whole.get()->print(stream);
  stream << problem.target->name << " " << static_cast<int>(problem.optimize) << " " << problem.samples.inputs.size()
         << " " << bool(problem.round) << " " << steps.size();
  hash.update(text);
  for (const std::vector<float> &output : reference)
    hash.update(ArrayRef(reinterpret_cast<const uint8_t *>(output.data()), output.size() * sizeof(float)));
  for (int64_t label : problem.samples.labels)
    hash.update(ArrayRef(reinterpret_cast<const uint8_t *>(&label), sizeof label));
  return llvm::toHex(hash.final(), /*LowerCase=*/true);
}

} // namespace tinyc
