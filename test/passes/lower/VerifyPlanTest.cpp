// Plans with a fault against their execution: what lower-verify-plan accepts computes the right bits, whatever the
// arena held before.
#include "dialects/kernel/Kernel.h"
#include "dialects/nn/NN.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "passes/lower/Passes.h"
#include "targets/host/Jit.h"
#include "llvm/ADT/StringExtras.h"

#include <gtest/gtest.h>
#include <random>

using namespace mlir;
using namespace tinyc;

namespace {

/// A random chain of int8 image kernels with residual additions, on buffers that are not planned yet.
class RandomChain {
public:
  explicit RandomChain(unsigned seed) : engine(seed) {
    height = 5 + random(8);
    width = 2 + random(4);
    channels = 4 * (1 + random(3));
  }

  std::string build(int layers) {
    std::string input = getType();
    std::vector<std::string> images = {"x"}, types = {input};
    for (int layer = 0; layer < layers; ++layer) {
      std::string from = images.back(), type = types.back(), to = "t" + std::to_string(layer);
      std::vector<size_t> partners; // of a residual addition
      for (size_t i = 0; i + 1 < images.size(); ++i)
        if (types[i] == type)
          partners.push_back(i);
      switch (random(6)) {
      case 0:
        addLookup(from, to);
        break;
      case 1:
        if (!partners.empty()) {
          addSum(from, images[partners[random(partners.size())]], to);
          break;
        }
        [[fallthrough]];
      case 2:
        addPool(from, to);
        break;
      default:
        addConvolution(from, to);
        break;
      }
      images.push_back(to);
      types.push_back(getType());
    }
    // The last image is the result.
    std::string result = "%t" + std::to_string(layers - 1) + " = memref.alloc() : " + types.back() + "\n";
    allocations.erase(allocations.find(result), result.size());
    return globals + "func.func @main(%x: " + input + " {nn.name = \"x\"}, %t" + std::to_string(layers - 1) + ": " +
           types.back() + " {nn.name = \"y\", kernel.output}) {\n" + allocations + body + "return\n}\n";
  }

private:
  size_t random(size_t count) { return engine() % count; }

  std::string getType() const {
    return "memref<1x" + std::to_string(height) + "x" + std::to_string(width) + "x" + std::to_string(channels) + "xi8>";
  }

  std::string makeConstant(const std::string &shape, size_t bytes) {
    std::string name = "c" + std::to_string(constants++), values;
    for (size_t i = 0; i < bytes; ++i)
      values += static_cast<char>(engine());
    return defineConstant(name, shape, "\"0x" + llvm::toHex(values) + "\"");
  }

  std::string defineConstant(const std::string &name, const std::string &shape, const std::string &value) {
    globals += "memref.global \"private\" constant @" + name + " : memref<" + shape + "> = dense<" + value + ">\n";
    body += "%" + name + " = memref.get_global @" + name + " : memref<" + shape + ">\n";
    return name;
  }

  void allocate(const std::string &name) { allocations += "%" + name + " = memref.alloc() : " + getType() + "\n"; }

  void addLookup(const std::string &from, const std::string &to) {
    allocate(to);
    std::string table = makeConstant("256xi8", 256);
    body += "kernel.lookup %" + from + ", %" + table + " : " + getType() + ", memref<256xi8> -> %" + to + " : " +
            getType() + "\n";
  }

  void addSum(const std::string &lhs, const std::string &rhs, const std::string &to) {
    allocate(to);
    body += "kernel.add %" + lhs + ", %" + rhs + " : " + getType() + ", " + getType() + " -> %" + to + " : " +
            getType() +
            " {lhsMultiplier = 524288 : i32, rhsMultiplier = 524288 : i32, stage = #kernel.output_s8<zeroPoint = 0, "
            "clampMin = -128, clampMax = 127, shift = 20>}\n";
  }

  static std::string makeWindow(int64_t kernel, int64_t stride) {
    std::string size = std::to_string(kernel), step = std::to_string(stride), pad = std::to_string(kernel / 2);
    return "window = #kernel.window<kernel = [" + size + ", " + size + "], strides = [" + step + ", " + step +
           "], dilations = [1, 1], pads = [" + pad + ", " + pad +
           "]>, stage = #kernel.output_s8<zeroPoint = 0, "
           "clampMin = -128, clampMax = 127, shift = 32>";
  }

  void shrink(int64_t stride) {
    height = (height + stride - 1) / stride;
    width = (width + stride - 1) / stride;
  }

  void addPool(const std::string &from, const std::string &to) {
    std::string type = getType();
    int64_t stride = 1 + random(2);
    shrink(stride);
    allocate(to);
    body += "kernel.max_pool %" + from + " : " + type + " -> %" + to + " : " + getType() + " {" +
            makeWindow(3, stride) + "}\n";
  }

  void addConvolution(const std::string &from, const std::string &to) {
    std::string type = getType();
    int64_t kernel = random(3) == 0 ? 1 : 3, stride = kernel == 3 && height > 4 && random(3) == 0 ? 2 : 1,
            inputs = channels;
    if (random(3) == 0)
      channels = 4 * (1 + random(3));
    shrink(stride);
    allocate(to);
    std::string count = std::to_string(channels), size = std::to_string(kernel), depth = std::to_string(inputs);
    std::string shape = count + "x" + size + "x" + size + "x" + depth + "xi8";
    std::string weights = makeConstant(shape, channels * kernel * kernel * inputs);
    std::string bias = "c" + std::to_string(constants++), multiplier = "c" + std::to_string(constants++);
    defineConstant(bias, count + "xi32", "17");
    // Weights and values of about 74 each: sums of about 74 * 74 * sqrt(products), to be about 40.
    double sum = 74.0 * 74.0 * std::sqrt(static_cast<double>(kernel * kernel * inputs));
    defineConstant(multiplier, "1xi32", std::to_string(static_cast<int64_t>(40.0 / sum * 4294967296.0)));
    body += "kernel.conv2d %" + from + ", %" + weights + " bias %" + bias + " : memref<" + count +
            "xi32> multipliers %" + multiplier + " : memref<1xi32> : " + type + ", memref<" + shape + "> -> %" + to +
            " : " + getType() + " {" + makeWindow(kernel, stride) + ", groups = 1 : i32}\n";
  }

  std::mt19937 engine;
  int64_t height, width, channels;
  int constants = 0;
  std::string globals, allocations, body;
};

class VerifyPlanTest : public testing::Test {
protected:
  VerifyPlanTest() : context(MLIRContext::Threading::DISABLED) {
    context.loadDialect<nn::NNDialect, kernel::KernelDialect, func::FuncDialect, memref::MemRefDialect,
                        arith::ArithDialect>();
  }

  static std::string print(ModuleOp module) {
    std::string text;
    llvm::raw_string_ostream(text) << module;
    return text;
  }

  LogicalResult apply(ModuleOp module, llvm::function_ref<void(OpPassManager &)> build) {
    PassManager manager(&context);
    build(manager);
    return manager.run(module);
  }

  OwningOpRef<ModuleOp> plan(unsigned seed, StringRef optimize) {
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(RandomChain(seed).build(3 + seed % 6), &context);
    if (!module || failed(apply(*module, [&](OpPassManager &manager) {
          manager.addPass(lower::createSelectKernelsPass({.target = "host"}));
          lower::StreamRowsPassOptions stream;
          stream.target = "host";
          stream.optimize = optimize.str();
          manager.addPass(lower::createStreamRowsPass(stream));
          manager.addPass(lower::createPackWeightsPass());
          lower::PlanMemoryPassOptions plan;
          plan.rounds = 50;
          manager.addPass(lower::createPlanMemoryPass(plan));
        })))
      return nullptr;
    return module;
  }

  /// The verdict of lower-verify-plan, and of the verifier of the IR.
  bool isAccepted(ModuleOp module, std::string &reason) {
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
        reason = diagnostic.str();
      return success();
    });
    return succeeded(verify(module)) &&
           succeeded(apply(module, [](OpPassManager &manager) { manager.addPass(lower::createVerifyPlanPass()); }));
  }

  LogicalResult verifyQuietly(ModuleOp module) {
    ScopedDiagnosticHandler handler(&context, [](Diagnostic &) { return success(); });
    return verify(module);
  }

  /// The output for a fixed input, in an arena that holds `fill` everywhere else; empty if the IR cannot be lowered.
  std::string execute(ModuleOp module, uint8_t fill) {
    auto function = *module.getOps<func::FuncOp>().begin();
    int64_t bytes = cast<MemRefType>(function.getArgumentTypes()[0]).getNumElements();
    auto getPort = [&](StringRef attribute, StringRef field) {
      auto port = cast<DictionaryAttr>(function->getAttrOfType<ArrayAttr>(attribute)[0]);
      return port.getAs<IntegerAttr>(field).getInt();
    };
    int64_t input = getPort(kernel::kInputsAttr, "offset"), inputBytes = getPort(kernel::kInputsAttr, "bytes"),
            output = getPort(kernel::kOutputsAttr, "offset"), outputBytes = getPort(kernel::kOutputsAttr, "bytes");
    OwningOpRef<ModuleOp> lowered = module.clone();
    ScopedDiagnosticHandler handler(&context, [](Diagnostic &) { return success(); });
    if (failed(apply(*lowered, [](OpPassManager &manager) { manager.addPass(lower::createKernelsToCallsPass()); })))
      return "";
    FailureOr<std::unique_ptr<targets::HostProgram>> program = targets::HostProgram::create(*lowered);
    if (failed(program))
      return "";
    std::mt19937 engine(3);
    std::vector<uint8_t> memory(bytes + 16, fill);
    uint8_t *arena = memory.data() + (16 - reinterpret_cast<uintptr_t>(memory.data()) % 16) % 16;
    for (int64_t i = 0; i < inputBytes; ++i)
      arena[input + i] = static_cast<uint8_t>(engine());
    (*program)->run(arena);
    return std::string(reinterpret_cast<char *>(arena + output), outputBytes);
  }

  /// Makes one fault, if it can: another place for a row or a buffer, or another order of steps.
  bool corrupt(ModuleOp module, std::mt19937 &engine) {
    SmallVector<kernel::RowsOp> rows;
    SmallVector<kernel::StreamOp> streams;
    SmallVector<memref::ViewOp> views;
    module.walk([&](Operation *op) {
      if (auto found = dyn_cast<kernel::RowsOp>(op))
        rows.push_back(found);
      else if (auto stream = dyn_cast<kernel::StreamOp>(op))
        streams.push_back(stream);
      else if (auto view = dyn_cast<memref::ViewOp>(op))
        views.push_back(view);
    });
    auto pick = [&](size_t count) { return static_cast<size_t>(engine() % count); };
    switch (pick(4)) {
    case 0: { // the place of one row
      if (rows.empty())
        return false;
      kernel::RowsOp op = rows[pick(rows.size())];
      SmallVector<int64_t> offsets(op.getOffsets());
      int64_t places = (op.getArena().getType().getDimSize(0) - op.getRowBytes()) / 4 + 1;
      offsets[pick(offsets.size())] = 4 * pick(places);
      op.setOffsets(offsets);
      return true;
    }
    case 1: { // two rows in each other's places
      if (rows.empty())
        return false;
      kernel::RowsOp op = rows[pick(rows.size())];
      SmallVector<int64_t> offsets(op.getOffsets());
      std::swap(offsets[pick(offsets.size())], offsets[pick(offsets.size())]);
      op.setOffsets(offsets);
      return true;
    }
    case 2: { // a step earlier or later
      if (streams.empty())
        return false;
      kernel::StreamOp op = streams[pick(streams.size())];
      SmallVector<int32_t> steps(op.getSteps());
      size_t from = pick(steps.size()), to = pick(steps.size());
      int32_t step = steps[from];
      steps.erase(steps.begin() + from);
      steps.insert(steps.begin() + to, step);
      op.setSteps(steps);
      return true;
    }
    default: { // the place of a contiguous buffer
      memref::ViewOp op = views[pick(views.size())];
      int64_t room = cast<MemRefType>(op.getSource().getType()).getDimSize(0) - kernel::getByteSize(op.getType());
      OpBuilder builder(op);
      op.getByteShiftMutable().assign(arith::ConstantIndexOp::create(builder, op.getLoc(), 4 * pick(room / 4 + 1)));
      return true;
    }
    }
  }

  MLIRContext context;
};

TEST_F(VerifyPlanTest, acceptedPlansComputeTheSameBits) {
  std::mt19937 engine(7);
  int accepted = 0, rejected = 0, wrong = 0;
  for (unsigned seed = 0; seed < 30; ++seed) {
    OwningOpRef<ModuleOp> module = plan(seed, seed % 4 == 3 ? "speed" : "ram");
    ASSERT_TRUE(module) << "seed " << seed;
    std::string reason;
    ASSERT_TRUE(isAccepted(*module, reason)) << "seed " << seed << ": " << reason << "\n" << print(*module);
    std::string expected = execute(*module, 0x5a);
    ASSERT_FALSE(expected.empty());
    ASSERT_EQ(expected, execute(*module, 0xc3)) << "seed " << seed;
    for (int fault = 0; fault < 12; ++fault) {
      OwningOpRef<ModuleOp> corrupted = module->clone();
      if (!corrupt(*corrupted, engine))
        continue;
      bool isSound = isAccepted(*corrupted, reason);
      if (!isSound && failed(verifyQuietly(*corrupted)))
        continue; // no IR that could be executed
      bool isRight = execute(*corrupted, 0x5a) == expected && execute(*corrupted, 0xc3) == expected;
      ASSERT_TRUE(isRight || !isSound) << "seed " << seed << " fault " << fault << "\n"
                                       << print(*module) << print(*corrupted);
      ++(isSound ? accepted : rejected);
      wrong += !isRight;
    }
  }
  // Both verdicts occur. A rejected plan may be right by luck: the wrong bytes are equal, or a clamp hides them.
  EXPECT_GT(accepted, 20);
  EXPECT_GT(wrong, rejected / 2);
}

} // namespace
