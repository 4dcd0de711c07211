#include "compiler/interpreter/Kernels.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/TypeSwitch.h"

#include <atomic>
#include <thread>

using namespace mlir;

namespace tinyc::nn {

LogicalResult expectInteger(Operation *op, Type type) {
  quant::UniformQuantizedType element = getPerTensor(type);
  if (element && isInt16Activation(element))
    return success();
  if (!element || !element.isSigned() || element.getStorageTypeIntegralWidth() > 8)
    return op->emitOpError("has an integer form for activations of at most 8 bits or i16<-32767:32767>, signed and per "
                           "tensor, got ")
           << type;
  if (element.getZeroPoint() < -128 || element.getZeroPoint() > 127)
    return op->emitOpError("expects a zero point of -128 to 127, got ") << element.getZeroPoint();
  return success();
}

OutputStage::OutputStage(Requantization requantization, quant::UniformQuantizedType result, std::optional<float> lower,
                         std::optional<float> upper)
    : multipliers(std::move(requantization.multipliers)) {
  stage.zero_point = static_cast<int32_t>(result.getZeroPoint());
  std::tie(stage.clamp_min, stage.clamp_max) = computeClamp(result, lower, upper);
  stage.shift = requantization.shift;
  stage.multiplier_step = multipliers.size() > 1;
}

namespace {

// A tensor that the interpreter can hold: static, of f32, integers or a uniform quantized type.
LogicalResult checkType(Operation *op, Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape())
    return op->emitOpError("has no reference semantics for ") << type;
  Type element = tensor.getElementType();
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(element)) {
    int64_t axis = perAxis.getQuantizedDimension();
    if (axis >= tensor.getRank() || tensor.getDimSize(axis) != static_cast<int64_t>(perAxis.getScales().size()))
      return op->emitOpError("expects a scale for each element of axis ") << axis << ", got " << type;
    return success();
  }
  if (!element.isF32() && !isa<quant::UniformQuantizedType, IntegerType>(element))
    return op->emitOpError("has no reference semantics for ") << type;
  return success();
}

LogicalResult checkTypes(Operation *op) {
  for (Value operand : op->getOperands())
    if (failed(checkType(op, operand.getType())))
      return failure();
  for (Value result : op->getResults())
    if (failed(checkType(op, result.getType())))
      return failure();
  return success();
}

FailureOr<Kernel> compile(Operation *op, Operands constants) {
  using Result = FailureOr<Kernel>;
  if (failed(checkTypes(op)))
    return failure();
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case([](ConstantOp constant) -> Result {
        HostTensor value = HostTensor::fromElements(constant.getOutput().getType(), constant.getValue());
        if (!value.getType())
          return constant.emitOpError("has elements that cannot be read");
        return Kernel([value = std::move(value)](Operands, HostTensor &out) { out = value; });
      })
      .Case([&](Conv2DOp conv) { return compileConvolution(conv, constants); })
      .Case([](ConvTranspose2DOp conv) { return compileConvTranspose(conv); })
      .Case([&](FullyConnectedOp product) { return compileFullyConnected(product, constants); })
      .Case([](MatMulOp product) { return compileMatMul(product); })
      .Case([](BatchNormOp norm) { return compileBatchNorm(norm); })
      .Case<AddOp, SubOp, MulOp>([](Operation *binary) { return compileBinary(binary); })
      .Case<ClampOp, LeakyReluOp, SigmoidOp, HardSigmoidOp, HardSwishOp>(
          [](Operation *unary) { return compileUnary(unary); })
      .Case([](AvgPoolOp pool) { return compileAvgPool(pool); })
      .Case([](MaxPoolOp pool) { return compileMaxPool(pool); })
      .Case<SoftmaxOp, LogSoftmaxOp>([](Operation *softmax) { return compileSoftmax(softmax); })
      .Case([](ReshapeOp reshape) { return compileReshape(reshape); })
      .Case([](TransposeOp transpose) { return compileTranspose(transpose); })
      .Case([](ConcatOp concat) { return compileConcat(concat); })
      .Case([](PadOp pad) { return compilePad(pad); })
      .Case([](ResizeOp resize) { return compileResize(resize); })
      .Case([](LoopNestOp nest) { return compileLoopNest(nest); })
      .Case([](RecurrentOp recurrent) { return compileRecurrent(recurrent); })
      .Case([](RequantizeOp requantize) { return compileRequantize(requantize); })
      .Case([](quant::QuantizeCastOp cast) { return compileQuantize(cast); })
      .Case([](quant::DequantizeCastOp cast) { return compileDequantize(cast); })
      .Default([](Operation *other) -> Result { return other->emitOpError("has no reference semantics"); });
}

} // namespace

FailureOr<HostTensor> evaluate(Operation *op, Operands operands) {
  if (operands.size() != op->getNumOperands())
    return op->emitOpError("is evaluated with ") << operands.size() << " operands, expects " << op->getNumOperands();
  for (auto [operand, value] : llvm::zip(operands, op->getOperands()))
    if (operand->getType() != value.getType())
      return op->emitOpError("is evaluated with an operand of type ")
             << operand->getType() << ", expects " << value.getType();
  FailureOr<Kernel> kernel = compile(op, operands);
  if (failed(kernel))
    return failure();
  HostTensor result(cast<RankedTensorType>(op->getResult(0).getType()));
  (*kernel)(operands, result);
  return result;
}

//===----------------------------------------------------------------------===//
// Interpreter
//===----------------------------------------------------------------------===//

// Values are numbered: arguments first, then results in the order of the block.
struct Interpreter::Program {
  struct Step {
    Value result;
    RankedTensorType type;
    Kernel kernel;
    SmallVector<unsigned> operands;
    unsigned number;
    SmallVector<unsigned> lastUses; // values not needed after this step
  };
  func::FuncOp function;
  unsigned valueCount = 0;
  std::vector<std::pair<unsigned, HostTensor>> constants;
  std::vector<Step> steps;
  SmallVector<unsigned> outputs;
};

Interpreter::Interpreter(std::unique_ptr<Program> program) : program(std::move(program)) {}
Interpreter::Interpreter(Interpreter &&) = default;
Interpreter &Interpreter::operator=(Interpreter &&) = default;
Interpreter::~Interpreter() = default;

FailureOr<Interpreter> Interpreter::create(func::FuncOp function) {
  if (!function.getBody().hasOneBlock())
    return function.emitOpError("expects a body of one block");
  Block &block = function.getBody().front();
  auto program = std::make_unique<Program>();
  program->function = function;
  llvm::DenseMap<Value, unsigned> numbers;
  for (BlockArgument argument : block.getArguments()) {
    if (failed(checkType(function, argument.getType())))
      return failure();
    numbers[argument] = program->valueCount++;
  }
  llvm::DenseMap<Value, HostTensor> constants;
  for (Operation &op : block.without_terminator()) {
    SmallVector<const HostTensor *> known;
    for (Value operand : op.getOperands()) {
      auto found = constants.find(operand);
      known.push_back(found == constants.end() ? nullptr : &found->second);
    }
    FailureOr<Kernel> kernel = compile(&op, known);
    if (failed(kernel))
      return failure();
    Value result = op.getResult(0);
    auto type = cast<RankedTensorType>(result.getType());
    if (!llvm::is_contained(known, nullptr)) {
      HostTensor value(type);
      (*kernel)(known, value);
      constants.insert({result, std::move(value)});
      continue;
    }
    Program::Step step;
    step.result = result;
    step.type = type;
    step.kernel = std::move(*kernel);
    for (Value operand : op.getOperands()) {
      auto [entry, inserted] = numbers.try_emplace(operand, program->valueCount);
      program->valueCount += inserted; // a constant, seen for the first time
      step.operands.push_back(entry->second);
    }
    step.number = program->valueCount++;
    numbers[result] = step.number;
    program->steps.push_back(std::move(step));
  }
  auto terminator = dyn_cast<func::ReturnOp>(block.getTerminator());
  if (!terminator)
    return block.getTerminator()->emitOpError("has no reference semantics");
  for (Value output : terminator.getOperands()) {
    auto [entry, inserted] = numbers.try_emplace(output, program->valueCount);
    program->valueCount += inserted;
    program->outputs.push_back(entry->second);
  }
  for (auto &[value, tensor] : constants)
    if (auto found = numbers.find(value); found != numbers.end())
      program->constants.emplace_back(found->second, std::move(tensor));
  // Backwards, the first step that mentions a value is its last use. Outputs live to the end.
  llvm::DenseSet<unsigned> live(program->outputs.begin(), program->outputs.end());
  for (Program::Step &step : llvm::reverse(program->steps)) {
    for (unsigned operand : step.operands)
      if (live.insert(operand).second)
        step.lastUses.push_back(operand);
    if (live.insert(step.number).second)
      step.lastUses.push_back(step.number); // no use at all
  }
  return Interpreter(std::move(program));
}

FailureOr<std::vector<HostTensor>> Interpreter::run(ArrayRef<HostTensor> inputs, Observer observer) const {
  Block &block = program->function.getBody().front();
  if (inputs.size() != block.getNumArguments())
    return program->function.emitOpError("expects ") << block.getNumArguments() << " inputs, got " << inputs.size();
  std::vector<const HostTensor *> values(program->valueCount);
  std::vector<HostTensor> owned(program->valueCount);
  for (auto [index, input] : llvm::enumerate(inputs)) {
    BlockArgument argument = block.getArgument(index);
    if (input.getType() != argument.getType())
      return program->function.emitOpError("expects input ")
             << index << " of type " << argument.getType() << ", got " << input.getType();
    values[index] = &input;
    if (observer)
      observer(argument, input);
  }
  for (const auto &[number, tensor] : program->constants)
    values[number] = &tensor;
  SmallVector<const HostTensor *> operands;
  for (const Program::Step &step : program->steps) {
    operands.clear();
    for (unsigned operand : step.operands)
      operands.push_back(values[operand]);
    HostTensor &result = owned[step.number] = HostTensor(step.type);
    step.kernel(operands, result);
    values[step.number] = &result;
    if (observer)
      observer(step.result, result);
    for (unsigned dead : step.lastUses)
      owned[dead] = HostTensor();
  }
  std::vector<HostTensor> outputs;
  for (unsigned output : program->outputs)
    outputs.push_back(*values[output]);
  return outputs;
}

unsigned Interpreter::getWorkerCount() { return std::max(1u, std::thread::hardware_concurrency()); }

LogicalResult Interpreter::runAll(int64_t count, llvm::function_ref<std::vector<HostTensor>(int64_t)> getInputs,
                                  llvm::function_ref<void(int64_t, std::vector<HostTensor>)> consume,
                                  llvm::function_ref<void(unsigned, Value, const HostTensor &)> observer) const {
  std::atomic<int64_t> next = 0;
  std::atomic<bool> anyFailed = false;
  auto work = [&](unsigned worker) {
    auto observe = [&](Value value, const HostTensor &tensor) { observer(worker, value, tensor); };
    for (int64_t sample = next++; sample < count && !anyFailed; sample = next++) {
      FailureOr<std::vector<HostTensor>> outputs =
          run(getInputs(sample), observer ? Observer(observe) : Observer(nullptr));
      if (failed(outputs)) {
        anyFailed = true;
        return;
      }
      consume(sample, std::move(*outputs));
    }
  };
  std::vector<std::thread> threads;
  for (unsigned worker = 1; worker < std::min<int64_t>(getWorkerCount(), count); ++worker)
    threads.emplace_back(work, worker);
  work(0);
  for (std::thread &thread : threads)
    thread.join();
  return failure(anyFailed);
}

} // namespace tinyc::nn
