#include "compiler/QuantizationErrors.h"

#include "compiler/Dataset.h"
#include "compiler/DriverSupport.h"
#include "dialects/nn/NN.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/Support/ThreadPool.h"

#include <atomic>

using namespace mlir;

namespace tinyc {

static func::FuncOp getFunction(ModuleOp module) { return *module.getOps<func::FuncOp>().begin(); }

/// Integers that stand for real numbers become those; other types stay.
static RankedTensorType toFloat(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return nn::getQuantizedElement(type) ? tensor.clone(Float32Type::get(type.getContext())) : tensor;
}

static bool isFloatTensor(Type type) { return cast<RankedTensorType>(type).getElementType().isF32(); }

/// Ops that stand for no computation of the model: constants, casts, requantizations.
static bool isAuxiliary(Operation *op) {
  return isa<nn::ConstantOp, nn::RequantizeOp, quant::QuantizeCastOp, quant::DequantizeCastOp>(op);
}

/// On constants of a float form: the model has no other values than the integers.
static constexpr llvm::StringLiteral kDequantizedAttr = "nn.dequantized";

/// A ReLU may stand in a model as nothing but the range of a quantized result: the op gets that range as its bounds.
static void clampToRange(Operation *op, quant::UniformQuantizedType type) {
  auto fused = dyn_cast<nn::FusedActivationOpInterface>(op);
  if (!fused)
    return;
  auto real = [&](int64_t stored) { return static_cast<float>((stored - type.getZeroPoint()) * type.getScale()); };
  const float low = real(type.getStorageTypeMin()), high = real(type.getStorageTypeMax());
  fused.setBounds(std::max(low, std::min(high, fused.getLowerBound().value_or(low))),
                  std::min(high, std::max(low, fused.getUpperBound().value_or(high))));
}

OwningOpRef<ModuleOp> makeFloatForm(ModuleOp module) {
  OwningOpRef<ModuleOp> clone = module.clone();
  func::FuncOp function = getFunction(*clone);
  Block &block = function.getBody().front();
  for (BlockArgument argument : block.getArguments())
    argument.setType(toFloat(argument.getType()));
  for (Operation &op : llvm::make_early_inc_range(block.without_terminator())) {
    if (auto constant = dyn_cast<nn::ConstantOp>(op)) {
      RankedTensorType type = constant.getOutput().getType();
      if (!nn::getQuantizedElement(type)) // float, or integers that stand for themselves
        continue;
      nn::HostTensor real(toFloat(type));
      llvm::copy(nn::HostTensor::fromElements(type, constant.getValue()).toReal(), real.get<float>().begin());
      constant.setValueAttr(real.toElements());
      constant.getOutput().setType(real.getType());
      constant->setAttr(kDequantizedAttr, UnitAttr::get(module.getContext()));
    } else if (isAuxiliary(&op)) {
      op.getResult(0).replaceAllUsesWith(op.getOperand(0));
      op.erase();
    } else {
      if (quant::UniformQuantizedType type = nn::getPerTensor(op.getResult(0).getType()))
        clampToRange(&op, type);
      for (Value result : op.getResults())
        result.setType(toFloat(result.getType()));
    }
  }
  function.setFunctionType(
      FunctionType::get(module.getContext(), block.getArgumentTypes(), block.getTerminator()->getOperandTypes()));
  return clone;
}

double QuantizationErrors::getNoiseShare(const LayerErrors &layer) const {
  double sum = 0;
  for (const LayerErrors &each : layers)
    sum += each.alone.noise;
  return sum == 0 ? 0 : layer.alone.noise / sum;
}

namespace {

constexpr int64_t kMostSamples = 32;
/// Bytes of the float model's tensors that are kept, and multiply-accumulates of all runs, at most.
constexpr int64_t kMostBytes = int64_t(512) << 20, kMostMacs = 12'000'000'000;

/// A layer under measurement: an op of both functions, or an argument of both.
struct Pair {
  Value reference, quantized;
};

/// The model from one layer on: it alone is quantized, all behind it is float. `live`: the values of the float function
/// that are its arguments.
struct Isolated {
  OwningOpRef<ModuleOp> module;
  SmallVector<Value> live;
  SmallVector<unsigned> outputs; ///< numbers of the model's outputs that depend on the layer
};

class Isolator {
public:
  explicit Isolator(Pair pair) : pair(pair), builder(pair.reference.getContext()) {}

  Isolated run() {
    Location location = pair.reference.getLoc();
    result.module = ModuleOp::create(builder, location);
    builder.setInsertionPointToEnd(result.module->getBody());
    auto function = func::FuncOp::create(builder, location, "main", builder.getFunctionType({}, {}));
    block = function.addEntryBlock();
    builder.setInsertionPointToEnd(block);
    Value value = createLayer();
    Type type = pair.reference.getType();
    if (value.getType() != type)
      value = quant::DequantizeCastOp::create(builder, location, type, value);
    map.map(pair.reference, value);
    dependent.insert(pair.reference);
    SmallVector<Value> outputs = cloneDependents();
    func::ReturnOp::create(builder, location, outputs);
    function.setFunctionType(builder.getFunctionType(block->getArgumentTypes(), ValueRange(outputs).getTypes()));
    return std::move(result);
  }

private:
  Value createLayer() {
    Operation *op = pair.quantized.getDefiningOp();
    if (!op)
      return quantize(getLive(pair.reference), pair.quantized.getType());
    // A loop nest may have got a table for its constants: the other operands are the same, in order.
    auto isVariable = [](Value operand) { return !operand.getDefiningOp<nn::ConstantOp>(); };
    for (Value quantized : op->getOperands())
      if (!isVariable(quantized) && !map.contains(quantized))
        builder.clone(*quantized.getDefiningOp(), map);
    for (auto [quantized, reference] :
         llvm::zip(llvm::make_filter_range(op->getOperands(), isVariable),
                   llvm::make_filter_range(pair.reference.getDefiningOp()->getOperands(), isVariable)))
      if (!map.contains(quantized))
        map.map(quantized, quantize(getLive(reference), quantized.getType()));
    return builder.clone(*op, map)->getResult(0);
  }

  Value quantize(Value value, Type type) {
    if (value.getType() == type)
      return value;
    return quant::QuantizeCastOp::create(builder, value.getLoc(), type, value);
  }

  /// The value of the float function inside the isolated one: a constant's clone, or an argument.
  Value getLive(Value value) {
    if (Value known = map.lookupOrNull(value))
      return known;
    if (Operation *constant = value.getDefiningOp<nn::ConstantOp>())
      return builder.clone(*constant, map)->getResult(0);
    Value argument = block->addArgument(value.getType(), value.getLoc());
    result.live.push_back(value);
    map.map(value, argument);
    return argument;
  }

  SmallVector<Value> cloneDependents() {
    Operation *op = pair.reference.getDefiningOp();
    Block *source = pair.reference.getParentBlock();
    SmallVector<Value> outputs;
    for (Operation &next : llvm::make_range(op ? std::next(op->getIterator()) : source->begin(), source->end())) {
      if (llvm::none_of(next.getOperands(), [&](Value value) { return dependent.contains(value); }))
        continue;
      if (isa<func::ReturnOp>(next)) {
        for (OpOperand &operand : next.getOpOperands())
          if (dependent.contains(operand.get())) {
            outputs.push_back(map.lookup(operand.get()));
            result.outputs.push_back(operand.getOperandNumber());
          }
        break;
      }
      for (Value operand : next.getOperands())
        getLive(operand);
      builder.clone(next, map);
      dependent.insert_range(next.getResults());
    }
    return outputs;
  }

  Pair pair;
  OpBuilder builder;
  IRMapping map; ///< of the float function, and of the quantized layer's operands
  Block *block = nullptr;
  llvm::DenseSet<Value> dependent;
  Isolated result;
};

class Measurement {
public:
  Measurement(func::FuncOp reference, func::FuncOp quantized)
      : reference(reference), quantized(quantized),
        outputs(reference.getBody().front().getTerminator()->getOperands()) {}

  FailureOr<QuantizationErrors> run(const Options &options);

private:
  LogicalResult match();
  void describe(const Pair &pair);
  void describeWeights(Operation *reference, Operation *quantized, LayerErrors &layer);
  int64_t chooseSamples();
  LogicalResult runReference();
  LogicalResult runQuantized();
  LogicalResult runAlone(const Pair &pair, LayerErrors &layer);
  bool agrees(int64_t sample, ArrayRef<float> firstOutput) const;
  LogicalResult forEachSample(llvm::function_ref<LogicalResult(int64_t)> work) const;

  /// The samples' tensors of a value of the float function.
  const nn::HostTensor &get(int64_t sample, Value value) const { return values[sample].find(value)->second; }
  Value getOutput(unsigned index) const { return outputs[index]; }

  func::FuncOp reference, quantized;
  SmallVector<Value> outputs; ///< of the float function
  SmallVector<Pair> pairs;
  QuantizationErrors result;
  std::function<std::vector<nn::HostTensor>(int64_t)> getReferenceInputs, getQuantizedInputs;
  std::vector<DenseMap<Value, nn::HostTensor>> values; ///< of the float function, for each sample
};

LogicalResult Measurement::match() {
  auto list = [](func::FuncOp function) {
    SmallVector<Operation *> ops;
    for (Operation &op : function.getBody().front().without_terminator())
      if (!isAuxiliary(&op))
        ops.push_back(&op);
    return ops;
  };
  SmallVector<Operation *> left = list(reference), right = list(quantized);
  bool same = left.size() == right.size() && reference.getNumArguments() == quantized.getNumArguments();
  for (auto [mine, other] : llvm::zip(left, right))
    same &= mine->getName() == other->getName();
  if (!same)
    return reference.emitError("the quantized program does not have the ops of the float model");
  for (auto [number, output] : llvm::enumerate(outputs))
    if (!isFloatTensor(output.getType()))
      return mlir::emitError(reference.getLoc(), "expects float outputs to explain quantization by, but output ")
             << number << " is " << output.getType();
  for (auto [mine, other] : llvm::zip(reference.getArguments(), quantized.getArguments()))
    if (nn::getPerTensor(other.getType()))
      pairs.push_back({mine, other});
  for (auto [mine, other] : llvm::zip(left, right)) {
    // Ops that keep scales compute what their operand says, unless that was requantized for them.
    auto quantizable = dyn_cast<nn::QuantizableOpInterface>(other);
    bool moves = quantizable && quantizable.sharesScale() && llvm::none_of(other->getOperands(), [](Value operand) {
                   return operand.getDefiningOp<nn::RequantizeOp>() != nullptr;
                 });
    if (!moves && isFloatTensor(mine->getResult(0).getType())) // integers that stand for themselves have no noise
      pairs.push_back({mine->getResult(0), other->getResult(0)});
  }
  return success();
}

std::string getTypeName(Type elementType) {
  auto type = dyn_cast<quant::QuantizedType>(elementType);
  return type ? "int" + std::to_string(type.getStorageTypeIntegralWidth()) : "float32";
}

void Measurement::describeWeights(Operation *mine, Operation *other, LayerErrors &layer) {
  auto quantizable = dyn_cast<nn::QuantizableOpInterface>(other);
  std::optional<unsigned> index = quantizable ? quantizable.getWeightOperand() : std::nullopt;
  if (!index)
    return;
  auto type = cast<RankedTensorType>(other->getOperand(*index).getType());
  layer.weights = getTypeName(type.getElementType());
  auto weight = other->getOperand(*index).getDefiningOp<nn::ConstantOp>();
  auto floats = mine->getOperand(*index).getDefiningOp<nn::ConstantOp>();
  if (!weight || !floats || isFloatTensor(type) || floats->hasAttr(kDequantizedAttr))
    return;
  ErrorSums sums;
  nn::HostTensor real = nn::HostTensor::fromElements(floats.getOutput().getType(), floats.getValue());
  sums.add(real.get<float>(), nn::HostTensor::fromElements(type, weight.getValue()).toReal());
  layer.weightErrors = sums;
}

/// The name of the ONNX node, of the innermost one where several are fused.
std::string getNodeName(Location location) {
  if (auto name = dyn_cast<NameLoc>(location))
    return name.getName().str();
  if (auto fused = dyn_cast<FusedLoc>(location))
    for (Location part : fused.getLocations())
      if (std::string name = getNodeName(part); !name.empty())
        return name;
  return "";
}

void Measurement::describe(const Pair &pair) {
  LayerErrors &layer = result.layers.emplace_back();
  Operation *op = pair.quantized.getDefiningOp();
  layer.op = op ? op->getName().stripDialect().str() : "input";
  layer.node = getNodeName(pair.reference.getLoc());
  layer.activations = getTypeName(cast<RankedTensorType>(pair.quantized.getType()).getElementType());
  if (op)
    describeWeights(pair.reference.getDefiningOp(), op, layer);
  quant::UniformQuantizedType type = nn::getPerTensor(pair.quantized.getType());
  if (!type)
    return;
  layer.scale = type.getScale();
  layer.zeroPoint = type.getZeroPoint();
  layer.low = static_cast<double>(type.getStorageTypeMin() - layer.zeroPoint) * layer.scale;
  layer.high = static_cast<double>(type.getStorageTypeMax() - layer.zeroPoint) * layer.scale;
}

/// A number of samples that keeps the work of isolating each layer within bounds, from the model alone.
int64_t Measurement::chooseSamples() {
  int64_t bytes = 0, behind = 0, macs = 0;
  Block &block = reference.getBody().front();
  for (Value argument : block.getArguments())
    bytes += 4 * cast<RankedTensorType>(argument.getType()).getNumElements();
  for (Operation &op : llvm::reverse(block.without_terminator())) {
    if (isAuxiliary(&op))
      continue;
    auto cost = dyn_cast<nn::CostOpInterface>(op);
    const int64_t elements = cast<RankedTensorType>(op.getResult(0).getType()).getNumElements();
    bytes += 4 * elements;
    behind += std::max(elements, cost ? cost.getMacs() : 0);
    macs += behind;
  }
  return std::clamp<int64_t>(std::min(kMostBytes / std::max<int64_t>(bytes, 1), kMostMacs / std::max<int64_t>(macs, 1)),
                             1, kMostSamples);
}

LogicalResult Measurement::forEachSample(llvm::function_ref<LogicalResult(int64_t)> work) const {
  std::atomic<bool> failed = false;
  llvm::DefaultThreadPool pool;
  for (int64_t sample = 0; sample < result.samples; ++sample)
    pool.async([&, sample] {
      if (!failed && mlir::failed(work(sample)))
        failed = true;
    });
  pool.wait();
  return failure(failed);
}

bool Measurement::agrees(int64_t sample, ArrayRef<float> firstOutput) const {
  return findGreatest(firstOutput) == findGreatest(get(sample, getOutput(0)).get<float>());
}

LogicalResult Measurement::runReference() {
  FailureOr<nn::Interpreter> interpreter = nn::Interpreter::create(reference);
  if (failed(interpreter))
    return failure();
  values.resize(result.samples);
  if (failed(forEachSample([&](int64_t sample) {
        auto keep = [&](Value value, const nn::HostTensor &tensor) { values[sample][value] = tensor; };
        FailureOr<std::vector<nn::HostTensor>> outputs = interpreter->run(getReferenceInputs(sample), keep);
        if (failed(outputs))
          return failure();
        for (auto [index, output] : llvm::enumerate(*outputs)) // constants are not observed
          values[sample].try_emplace(getOutput(index), std::move(output));
        return success();
      })))
    return failure();
  // Extremes and clipping of each layer.
  for (auto [pair, layer] : llvm::zip_equal(pairs, result.layers)) {
    layer.least = std::numeric_limits<double>::infinity();
    layer.greatest = -layer.least;
    int64_t outside = 0, count = 0;
    for (int64_t sample = 0; sample < result.samples; ++sample) {
      auto found = values[sample].find(pair.reference);
      if (found == values[sample].end()) // computed from constants alone
        continue;
      for (float value : found->second.get<float>()) {
        layer.least = std::min<double>(layer.least, value);
        layer.greatest = std::max<double>(layer.greatest, value);
        outside += value < layer.low - layer.scale / 2 || value > layer.high + layer.scale / 2;
        ++count;
      }
    }
    layer.clipped = count > 0 && layer.isQuantized() ? static_cast<double>(outside) / static_cast<double>(count) : 0;
    if (count == 0)
      layer.least = layer.greatest = 0;
  }
  return success();
}

LogicalResult Measurement::runQuantized() {
  FailureOr<nn::Interpreter> interpreter = nn::Interpreter::create(quantized);
  if (failed(interpreter))
    return failure();
  DenseMap<Value, unsigned> numbers;
  for (auto [index, pair] : llvm::enumerate(pairs))
    numbers[pair.quantized] = index;
  std::vector<std::vector<ErrorSums>> sums(result.samples, std::vector<ErrorSums>(pairs.size()));
  std::vector<ErrorSums> outputSums(result.samples);
  std::vector<char> agreements(result.samples);
  if (failed(forEachSample([&](int64_t sample) {
        auto compare = [&](Value value, const nn::HostTensor &tensor) {
          auto number = numbers.find(value);
          if (number == numbers.end())
            return;
          auto found = values[sample].find(pairs[number->second].reference);
          if (found != values[sample].end())
            sums[sample][number->second].add(found->second.get<float>(), tensor.toReal());
        };
        FailureOr<std::vector<nn::HostTensor>> outputs = interpreter->run(getQuantizedInputs(sample), compare);
        if (failed(outputs))
          return failure();
        for (auto [index, output] : llvm::enumerate(*outputs))
          outputSums[sample].add(get(sample, getOutput(index)).get<float>(), output.toReal());
        agreements[sample] = agrees(sample, outputs->front().toReal());
        return success();
      })))
    return failure();
  for (int64_t sample = 0; sample < result.samples; ++sample) {
    for (auto [layer, sum] : llvm::zip_equal(result.layers, sums[sample]))
      layer.output.add(sum);
    result.outputs.add(outputSums[sample]);
    result.agreement += agreements[sample];
  }
  return success();
}

LogicalResult Measurement::runAlone(const Pair &pair, LayerErrors &layer) {
  Isolated isolated = Isolator(pair).run();
  std::vector<ErrorSums> sums(result.samples);
  std::vector<char> agreements(result.samples, 1);
  // Outputs that do not depend on the layer have no error, but belong to the signal.
  auto addOutputs = [&](int64_t sample, ArrayRef<nn::HostTensor> outputs) {
    for (unsigned index = 0; index < reference.getNumResults(); ++index) {
      ArrayRef<float> wanted = get(sample, getOutput(index)).get<float>();
      auto *found = llvm::find(isolated.outputs, index);
      ArrayRef<float> got =
          found == isolated.outputs.end() ? wanted : outputs[found - isolated.outputs.begin()].get<float>();
      sums[sample].add(wanted, got);
      if (index == 0)
        agreements[sample] = agrees(sample, got);
    }
  };
  FailureOr<nn::Interpreter> interpreter = nn::Interpreter::create(getFunction(*isolated.module));
  if (failed(interpreter) || failed(forEachSample([&](int64_t sample) {
        std::vector<nn::HostTensor> inputs;
        for (Value value : isolated.live)
          inputs.push_back(get(sample, value));
        FailureOr<std::vector<nn::HostTensor>> outputs = interpreter->run(inputs);
        if (failed(outputs))
          return failure();
        addOutputs(sample, *outputs);
        return success();
      })))
    return failure();
  for (int64_t sample = 0; sample < result.samples; ++sample) {
    layer.alone.add(sums[sample]);
    layer.aloneAgreement += agreements[sample];
  }
  return success();
}

FailureOr<QuantizationErrors> Measurement::run(const Options &options) {
  if (failed(match()))
    return failure();
  if (options.calibrationFiles.empty())
    return complain("--explain-quantization compares with the float model on samples: give --calibrate=X.npy");
  if (llvm::none_of(pairs, [](const Pair &pair) { return nn::getPerTensor(pair.quantized.getType()) != nullptr; }))
    return complain("--explain-quantization: nothing in the program is quantized");
  llvm::Expected<InputDatasets> floats =
      InputDatasets::open(reference, options.calibrationFiles, options.inputTransform);
  if (!floats)
    return complain(floats.takeError());
  llvm::Expected<InputDatasets> integers =
      InputDatasets::open(quantized, options.calibrationFiles, options.inputTransform);
  if (!integers)
    return complain(integers.takeError());
  llvm::Expected<CalibrationRows> rows = CalibrationRows::choose(*floats, options);
  if (!rows)
    return complain(rows.takeError());
  result.samples = std::min(chooseSamples(), rows->count);
  auto spread = [rows = *rows, count = result.samples](int64_t sample) { return rows.getNumber(sample, count); };
  getReferenceInputs = [&](int64_t sample) { return floats->get(spread(sample)); };
  getQuantizedInputs = [&](int64_t sample) { return integers->get(spread(sample)); };

  for (const Pair &pair : pairs)
    describe(pair);
  if (failed(runReference()) || failed(runQuantized()))
    return failure();
  for (auto [index, pair] : llvm::enumerate(pairs)) {
    LayerErrors &layer = result.layers[index];
    // A layer of the integer program; of a float op between casts there is nothing to undo.
    if (!layer.isQuantized() || !values.front().contains(pair.reference))
      continue;
    if (failed(runAlone(pair, layer)))
      return failure();
    if (layer.alone.noise > 0)
      result.raiseFirst.push_back(index);
  }
  llvm::sort(result.raiseFirst, [&](unsigned left, unsigned right) {
    const double mine = result.layers[left].alone.noise, other = result.layers[right].alone.noise;
    return mine != other ? mine > other : left < right;
  });
  return std::move(result);
}

} // namespace

FailureOr<QuantizationErrors> measureQuantization(ModuleOp reference, ModuleOp quantized, const Options &options) {
  return Measurement(getFunction(reference), getFunction(quantized)).run(options);
}

} // namespace tinyc
