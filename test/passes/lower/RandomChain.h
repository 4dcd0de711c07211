// Random programs of kernel ops, and their execution.
#ifndef TINYC_TEST_PASSES_LOWER_RANDOMCHAIN_H
#define TINYC_TEST_PASSES_LOWER_RANDOMCHAIN_H

#include "dialects/kernel/Kernel.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Pass/PassManager.h"
#include "passes/lower/Passes.h"
#include "targets/host/Jit.h"
#include "llvm/ADT/StringExtras.h"

#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace tinyc::lower {

/// A random chain of int8 image kernels with residual additions, on buffers that are not planned yet.
class RandomChain {
public:
  /// Images of at least `leastWidth` columns.
  explicit RandomChain(unsigned seed, int64_t leastWidth = 2) : engine(seed) {
    height = 5 + random(8);
    width = leastWidth + random(4);
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

/// The output for a fixed input, in an arena that holds `fill` everywhere else; empty if the IR cannot be lowered.
inline std::string execute(mlir::ModuleOp module, uint8_t fill) {
  using namespace mlir;
  auto function = *module.getOps<func::FuncOp>().begin();
  int64_t bytes = cast<MemRefType>(function.getArgumentTypes()[0]).getNumElements();
  auto getPort = [&](StringRef attribute, StringRef field) {
    auto port = cast<DictionaryAttr>(function->getAttrOfType<ArrayAttr>(attribute)[0]);
    return port.getAs<IntegerAttr>(field).getInt();
  };
  int64_t input = getPort(kernel::kInputsAttr, "offset"), inputBytes = getPort(kernel::kInputsAttr, "bytes"),
          output = getPort(kernel::kOutputsAttr, "offset"), outputBytes = getPort(kernel::kOutputsAttr, "bytes");
  OwningOpRef<ModuleOp> lowered = module.clone();
  ScopedDiagnosticHandler handler(module.getContext(), [](Diagnostic &) { return success(); });
  PassManager manager(module.getContext());
  manager.addPass(createKernelsToCallsPass());
  if (failed(manager.run(*lowered)))
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

} // namespace tinyc::lower

#endif // TINYC_TEST_PASSES_LOWER_RANDOMCHAIN_H
