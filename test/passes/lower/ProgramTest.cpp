// Lowered programs compute what the interpreter computes: random functions, float and integer, planned and run
// natively.
#include "test/passes/graph/RandomGraph.h"
#include "test/passes/lower/RandomImageNetwork.h"

#include "dialects/kernel/Kernel.h"
#include "dialects/nn/Interpreter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Pass/PassManager.h"
#include "passes/compress/Passes.h"
#include "passes/graph/Passes.h"
#include "passes/lower/Passes.h"
#include "passes/schedule/Passes.h"
#include "targets/host/Jit.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace tinyc;

namespace {

class ProgramTest : public testing::Test {
protected:
  ProgramTest() : context(MLIRContext::Threading::DISABLED) {
    context.loadDialect<nn::NNDialect, kernel::KernelDialect, quant::QuantDialect, func::FuncDialect,
                        memref::MemRefDialect, arith::ArithDialect>();
  }

  std::string print(ModuleOp module) {
    std::string text;
    llvm::raw_string_ostream(text) << module;
    return text;
  }

  void apply(ModuleOp module, llvm::function_ref<void(OpPassManager &)> build) {
    PassManager manager(&context);
    build(manager);
    ASSERT_TRUE(succeeded(manager.run(module))) << print(module);
  }

  /// A random function in the form that phase Schedule gets: casts folded as far as possible, graph passes run.
  OwningOpRef<ModuleOp> makeFunction(unsigned seed, bool exact) {
    OwningOpRef<ModuleOp> module = graph::RandomGraph(&context, seed, exact).build(4 + seed % 16);
    apply(*module, [](OpPassManager &manager) {
      manager.addNestedPass<func::FuncOp>(compress::createFoldQDQPass());
      graph::buildGraphPipeline(manager);
    });
    return module;
  }

  /// Lowers `module` and compares the outputs for random inputs in every bit.
  void check(ModuleOp module);

  MLIRContext context;
};

nn::HostTensor makeRandom(Type type, std::mt19937 &engine) {
  nn::HostTensor tensor(cast<RankedTensorType>(type));
  std::uniform_int_distribution<int> bytes(-128, 127), integers(-8, 8);
  if (tensor.getType().getElementType().isF32())
    for (float &value : tensor.get<float>())
      value = integers(engine);
  else if (tensor.getElementBytes() == 2)
    for (int16_t &element : tensor.get<int16_t>())
      element = static_cast<int16_t>(std::uniform_int_distribution<int>(-32767, 32767)(engine));
  else
    for (char &byte : tensor.getBytes())
      byte = static_cast<char>(bytes(engine));
  return tensor;
}

int64_t getOffset(func::FuncOp function, StringRef attribute, size_t index) {
  auto port = cast<DictionaryAttr>(function->getAttrOfType<ArrayAttr>(attribute)[index]);
  return port.getAs<IntegerAttr>("offset").getInt();
}

void ProgramTest::check(ModuleOp module) {
  apply(module, schedule::buildSchedulePipeline);
  FailureOr<nn::Interpreter> interpreter = nn::Interpreter::create(*module.getOps<func::FuncOp>().begin());
  ASSERT_TRUE(succeeded(interpreter));
  OwningOpRef<ModuleOp> lowered = module.clone();
  apply(*lowered, [](OpPassManager &manager) {
    lower::LowerOptions options;
    options.target = "host";
    options.optimize = "ram"; // the most streams
    lower::buildLowerPipeline(manager, options);
  });
  if (HasFatalFailure())
    return;
  auto function = *lowered->getOps<func::FuncOp>().begin();
  std::string planned = print(*lowered);
  apply(*lowered, [](OpPassManager &manager) { manager.addPass(lower::createKernelsToCallsPass()); });
  if (HasFatalFailure())
    return;
  FailureOr<std::unique_ptr<targets::HostProgram>> program = targets::HostProgram::create(*lowered);
  ASSERT_TRUE(succeeded(program));

  std::mt19937 engine(11);
  int64_t bytes = cast<MemRefType>(function.getArgumentTypes()[0]).getNumElements();
  // What the arena holds beforehand does not matter.
  std::vector<char> memory(bytes + 16, 0x5a);
  char *arena = memory.data() + (16 - reinterpret_cast<uintptr_t>(memory.data()) % 16) % 16;
  for (int sample = 0; sample < 2; ++sample) {
    std::vector<nn::HostTensor> inputs;
    auto main = *module.getOps<func::FuncOp>().begin();
    for (auto [index, type] : llvm::enumerate(main.getArgumentTypes())) {
      inputs.push_back(makeRandom(type, engine));
      llvm::copy(inputs.back().getBytes(), arena + getOffset(function, kernel::kInputsAttr, index));
    }
    FailureOr<std::vector<nn::HostTensor>> expected = interpreter->run(inputs);
    ASSERT_TRUE(succeeded(expected));
    (*program)->run(reinterpret_cast<uint8_t *>(arena));
    for (auto [index, want] : llvm::enumerate(*expected)) {
      const char *got = arena + getOffset(function, kernel::kOutputsAttr, index);
      ASSERT_EQ(std::string(want.getBytes().data(), want.getBytes().size()), std::string(got, want.getBytes().size()))
          << "output " << index << "\n" << print(module) << planned;
    }
  }
}

// Integers that float holds exactly, also with casts to int8 and back.
TEST_F(ProgramTest, exactFunctions) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    OwningOpRef<ModuleOp> module = makeFunction(seed, /*exact=*/true);
    if (!HasFatalFailure())
      check(*module);
    if (HasFatalFailure())
      FAIL() << "seed " << seed;
  }
}

TEST_F(ProgramTest, floatFunctions) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    OwningOpRef<ModuleOp> module = makeFunction(seed, /*exact=*/false);
    if (!HasFatalFailure())
      check(*module);
    if (HasFatalFailure())
      FAIL() << "seed " << seed;
  }
}

TEST_F(ProgramTest, quantizedFunctions) {
  for (unsigned seed = 0; seed < 80; ++seed) {
    OwningOpRef<ModuleOp> module = makeFunction(seed, /*exact=*/false);
    if (!HasFatalFailure())
      apply(*module, [](OpPassManager &manager) {
        manager.addNestedPass<func::FuncOp>(compress::createCalibratePass());
        manager.addNestedPass<func::FuncOp>(compress::createQuantizePass());
      });
    if (!HasFatalFailure())
      check(*module);
    if (HasFatalFailure())
      FAIL() << "seed " << seed;
  }
}

// Activations of 16 bits, and of 8 and 16 beside each other; weights of 8, 4 and 2 bits.
TEST_F(ProgramTest, functionsOfSixteenBits) {
  for (unsigned seed = 0; seed < 120; ++seed) {
    OwningOpRef<ModuleOp> module = makeFunction(seed, /*exact=*/false);
    std::mt19937 engine(seed);
    if (seed % 2)
      module->walk([&](nn::QuantizableOpInterface op) {
        op->setAttr(nn::kActivationBitsAttr, Builder(&context).getI32IntegerAttr(engine() % 2 ? 8 : 16));
      });
    compress::QuantizePassOptions precision;
    precision.activations = seed % 4 == 1 ? "int8" : "int16";
    precision.weights = seed % 3 == 0 ? "int8" : seed % 3 == 1 ? "int4" : "int2";
    if (!HasFatalFailure())
      apply(*module, [&](OpPassManager &manager) {
        manager.addNestedPass<func::FuncOp>(compress::createCalibratePass());
        manager.addNestedPass<func::FuncOp>(compress::createQuantizePass(precision));
      });
    if (!HasFatalFailure())
      check(*module);
    if (HasFatalFailure())
      FAIL() << "seed " << seed;
  }
}

// Activations of 4 bits where they can be, beside those of 8 and 16; weights of 8, 4 and 2 bits.
TEST_F(ProgramTest, functionsOfFourBits) {
  int packed = 0;
  for (unsigned seed = 0; seed < 90; ++seed) {
    OwningOpRef<ModuleOp> module = seed < 60 ? lower::RandomImageNetwork(&context, seed).build(3 + seed % 6)
                                              : makeFunction(seed, /*exact=*/false);
    std::mt19937 engine(seed);
    if (seed % 2)
      module->walk([&](nn::QuantizableOpInterface op) {
        int32_t bits = engine() % 4 ? 4 : engine() % 2 ? 8 : 16;
        op->setAttr(nn::kActivationBitsAttr, Builder(&context).getI32IntegerAttr(bits));
      });
    compress::QuantizePassOptions precision;
    precision.activations = seed % 4 == 1 ? "int8" : "int4";
    precision.weights = seed % 3 == 0 ? "int8" : seed % 3 == 1 ? "int4" : "int2";
    if (!HasFatalFailure())
      apply(*module, [&](OpPassManager &manager) {
        manager.addNestedPass<func::FuncOp>(compress::createCalibratePass());
        manager.addNestedPass<func::FuncOp>(compress::createQuantizePass(precision));
      });
    module->walk([&](nn::QuantizableOpInterface op) {
      quant::UniformQuantizedType type = nn::getPerTensor(op->getResult(0).getType());
      packed += type && type.getStorageTypeIntegralWidth() == 4;
    });
    if (!HasFatalFailure())
      check(*module);
    if (HasFatalFailure())
      FAIL() << "seed " << seed;
  }
  EXPECT_GE(packed, 120);
}

} // namespace
