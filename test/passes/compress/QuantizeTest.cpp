// Quantized random functions: full integer, and each op within one step of its float form on the same operands.
#include "test/passes/graph/RandomGraph.h"

#include "dialects/nn/Interpreter.h"
#include "dialects/nn/QuantizedArithmetic.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "passes/compress/Passes.h"
#include "passes/graph/Passes.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace tinyc;

namespace {

func::FuncOp getMain(ModuleOp module) { return *module.getOps<func::FuncOp>().begin(); }

std::string print(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream(text) << module;
  return text;
}

class QuantizeTest : public testing::Test {
protected:
  QuantizeTest() {
    context.loadDialect<nn::NNDialect, quant::QuantDialect, func::FuncDialect>();
    context.getDiagEngine().registerHandler([this](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error && !allowErrors)
        ADD_FAILURE() << diagnostic.str();
      return success();
    });
  }

  bool run(ModuleOp module, llvm::function_ref<void(OpPassManager &)> build) {
    PassManager manager(&context);
    build(manager);
    return succeeded(manager.run(module)) && succeeded(verify(module));
  }

  /// Every integer op of the function, on random inputs, against its float form.
  void checkOps(ModuleOp module, unsigned seed);
  void checkOp(Operation *op, const DenseMap<Value, nn::HostTensor> &values);

  MLIRContext context;
  double greatestDifference = 0; // in steps of a result
  bool allowErrors = false;
};

/// The real values of a tensor, as a float tensor.
nn::HostTensor dequantize(const nn::HostTensor &tensor) {
  nn::HostTensor real(tensor.getType().clone(Float32Type::get(tensor.getType().getContext())));
  llvm::copy(tensor.toReal(), real.get<float>().begin());
  return real;
}

void QuantizeTest::checkOp(Operation *op, const DenseMap<Value, nn::HostTensor> &values) {
  quant::UniformQuantizedType type = nn::getPerTensor(op->getResult(0).getType());
  std::vector<nn::HostTensor> operands;
  for (Value operand : op->getOperands())
    operands.push_back(dequantize(values.find(operand)->second));

  // The op's clone on float operands: arguments of a block that is thrown away.
  nn::HostTensor expected = operands.front();
  if (!isa<nn::RequantizeOp>(op)) {
    Block block;
    Operation *clone = op->clone();
    std::vector<const nn::HostTensor *> pointers;
    for (auto [index, operand] : llvm::enumerate(operands)) {
      clone->setOperand(index, block.addArgument(operand.getType(), op->getLoc()));
      pointers.push_back(&operand);
    }
    clone->getResult(0).setType(cast<RankedTensorType>(op->getResult(0).getType()).clone(Float32Type::get(&context)));
    FailureOr<nn::HostTensor> evaluated = nn::evaluate(clone, pointers);
    clone->destroy();
    ASSERT_TRUE(succeeded(evaluated));
    expected = std::move(*evaluated);
  }

  const nn::HostTensor &result = values.find(op->getResult(0))->second;
  bool isWide = nn::isInt16Activation(type);
  // Of 16 bits, straight lines and tables of exponentials are less exact: tinyc/arithmetic.h.
  double most = isWide && isa<nn::SigmoidOp, nn::HardSwishOp, nn::SoftmaxOp, nn::LogSoftmaxOp>(op) ? 2.0 : 1.0;
  // The lines of a leaky_relu have 128 steps of the operand. Where the result saturates inside of one, the line cuts the corner by a
  // quarter of the rise at most.
  double rise = 0;
  if (isWide && isa<nn::LeakyReluOp>(op))
    rise = 128 * nn::getPerTensor(op->getOperand(0).getType()).getScale() / type.getScale();
  for (auto [index, real] : llvm::enumerate(expected.get<float>())) {
    double stored = isWide ? result.get<int16_t>()[index] : result.get<int8_t>()[index];
    double wanted = std::clamp<double>(std::nearbyint(real / type.getScale()) + type.getZeroPoint(),
                                       type.getStorageTypeMin(), type.getStorageTypeMax());
    greatestDifference = std::max(greatestDifference, std::abs(stored - wanted));
    bool isCorner = rise > 0 && std::abs(wanted) > type.getStorageTypeMax() - rise;
    ASSERT_LE(std::abs(stored - wanted), isCorner ? 1 + rise / 4 : most)
        << real << " as " << stored - type.getZeroPoint() << " steps of " << type.getScale();
  }
}

void QuantizeTest::checkOps(ModuleOp module, unsigned seed) {
  func::FuncOp function = getMain(module);
  FailureOr<nn::Interpreter> interpreter = nn::Interpreter::create(function);
  ASSERT_TRUE(succeeded(interpreter));
  std::mt19937 engine(seed);
  std::vector<nn::HostTensor> inputs;
  for (Type type : function.getArgumentTypes()) {
    inputs.emplace_back(cast<RankedTensorType>(type));
    if (nn::getPerTensor(type) && nn::isInt16Activation(nn::getPerTensor(type)))
      for (int16_t &element : inputs.back().get<int16_t>())
        element = static_cast<int16_t>(std::uniform_int_distribution<int>(-32767, 32767)(engine));
    else if (nn::getPerTensor(type))
      for (int8_t &element : inputs.back().get<int8_t>())
        element = static_cast<int8_t>(std::uniform_int_distribution<int>(-128, 127)(engine));
    else
      for (float &element : inputs.back().get<float>())
        element = static_cast<float>(std::uniform_int_distribution<int>(-8, 8)(engine));
  }
  DenseMap<Value, nn::HostTensor> values;
  ASSERT_TRUE(succeeded(interpreter->run(inputs, [&](Value value, const nn::HostTensor &tensor) {
    values.insert({value, tensor});
  })));
  for (Operation &op : function.getBody().front()) {
    if (auto constant = dyn_cast<nn::ConstantOp>(op))
      values.insert({constant, nn::HostTensor::fromElements(constant.getOutput().getType(), constant.getValue())});
    else if (isa<nn::QuantizableOpInterface, nn::RequantizeOp>(op) && nn::getPerTensor(op.getResult(0).getType()))
      checkOp(&op, values);
    if (HasFatalFailure()) {
      llvm::errs() << op << "\n";
      return;
    }
  }
}

/// Loop nests may have no integer form: then there are float islands.
static bool hasNests(ModuleOp module) {
  return module->walk([](nn::LoopNestOp) { return WalkResult::interrupt(); }).wasInterrupted();
}

/// Layers are integer whatever lies between them.
static bool hasFloatLayers(ModuleOp module) {
  return module
      ->walk([](nn::QuantizableOpInterface op) {
        const bool isFloat = op.getWeightOperand() && !nn::getPerTensor(op->getResult(0).getType());
        return isFloat ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

TEST_F(QuantizeTest, floatFunctionsBecomeIntegerOnly) {
  for (unsigned seed = 0; seed < 400; ++seed) {
    OwningOpRef<ModuleOp> module = graph::RandomGraph(&context, seed, /*exact=*/false).build(4 + seed % 16);
    OwningOpRef<ModuleOp> original = module->clone();
    ASSERT_TRUE(run(*module, [](OpPassManager &manager) {
      manager.addNestedPass<func::FuncOp>(compress::createFoldQDQPass());
      graph::buildGraphPipeline(manager);
    })) << print(*original);
    compress::CompressOptions options;
    options.quantize = true;
    options.fullInteger = !hasNests(*module);
    options.calibration.low = -8.0;
    options.calibration.high = 8.0;
    ASSERT_TRUE(run(*module, [&](OpPassManager &manager) { compress::buildCompressPipeline(manager, options); }))
        << "seed " << seed << "\n"
        << print(*original) << print(*module);
    ASSERT_FALSE(hasFloatLayers(*module)) << "seed " << seed << "\n" << print(*original) << print(*module);
    checkOps(*module, seed);
    ASSERT_FALSE(HasFatalFailure()) << "seed " << seed << "\n" << print(*original) << print(*module);
  }
}

// All activations of 16 or of 4 bits, or those of random ops.
TEST_F(QuantizeTest, activationsOfOtherWidths) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    OwningOpRef<ModuleOp> module = graph::RandomGraph(&context, seed, /*exact=*/false).build(4 + seed % 16);
    ASSERT_TRUE(run(*module, [](OpPassManager &manager) {
      manager.addNestedPass<func::FuncOp>(compress::createFoldQDQPass());
      graph::buildGraphPipeline(manager);
    }));
    std::mt19937 engine(seed);
    if (seed % 2)
      module->walk([&](nn::QuantizableOpInterface op) {
        op->setAttr(nn::kActivationBitsAttr, Builder(&context).getI32IntegerAttr(4 << engine() % 3));
      });
    compress::CompressOptions options;
    options.quantize = true;
    options.fullInteger = !hasNests(*module);
    options.precision.activations = seed % 4 == 1 ? "int8" : seed % 4 == 2 ? "int4" : "int16";
    options.calibration.low = -8.0;
    options.calibration.high = 8.0;
    ASSERT_TRUE(run(*module, [&](OpPassManager &manager) { compress::buildCompressPipeline(manager, options); }))
        << "seed " << seed << "\n"
        << print(*module);
    checkOps(*module, seed);
    ASSERT_FALSE(HasFatalFailure()) << "seed " << seed << "\n" << print(*module);
  }
}

TEST_F(QuantizeTest, castsFoldToIntegerOps) {
  for (unsigned seed = 0; seed < 400; ++seed) {
    OwningOpRef<ModuleOp> module = graph::RandomGraph(&context, seed, /*exact=*/true).build(4 + seed % 16);
    OwningOpRef<ModuleOp> original = module->clone();
    ASSERT_TRUE(run(*module,
                    [](OpPassManager &manager) { manager.addNestedPass<func::FuncOp>(compress::createFoldQDQPass()); }))
        << "seed " << seed << "\n"
        << print(*original);
    checkOps(*module, seed);
    ASSERT_FALSE(HasFatalFailure()) << "seed " << seed << "\n" << print(*original) << print(*module);
  }
}

TEST_F(QuantizeTest, extremeMagnitudesEndInADiagnosticAtMost) {
  allowErrors = true;
  int quantized = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    OwningOpRef<ModuleOp> module = graph::RandomGraph(&context, seed, /*exact=*/false).build(4 + seed % 16);
    std::mt19937 engine(seed);
    auto power = [&] { return std::pow(10.0f, std::uniform_real_distribution<float>(-30.0f, 30.0f)(engine)); };
    module->walk([&](nn::ConstantOp constant) {
      nn::HostTensor tensor = nn::HostTensor::fromElements(constant.getOutput().getType(), constant.getValue());
      if (nn::getQuantizedElement(tensor.getType()))
        return;
      float factor = power();
      for (float &value : tensor.get<float>())
        value *= factor;
      constant.setValueAttr(tensor.toElements());
    });
    compress::CompressOptions options;
    options.quantize = true;
    options.calibration.high = power();
    options.calibration.low = -options.calibration.high;
    if (!run(*module, [&](OpPassManager &manager) {
          manager.addNestedPass<func::FuncOp>(compress::createFoldQDQPass());
          graph::buildGraphPipeline(manager);
          compress::buildCompressPipeline(manager, options);
        }))
      continue;
    // Where 1e20 is subtracted from 1e20 and clamped to 8, no integer form is exact; but it is computed.
    EXPECT_TRUE(succeeded(nn::Interpreter::create(getMain(*module)))) << print(*module);
    ++quantized;
  }
  EXPECT_GT(quantized, 100);
}

} // namespace
