// Streams against the same kernels executed whole, in all three forms of a program: the results are equal in every bit.
#include "test/targets/EmissionFixture.h"

#include "dialects/kernel/Kernel.h"
#include "passes/lower/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringExtras.h"

#include <regex>

using namespace mlir;
using namespace tinyc;
using namespace tinyc::targets;

namespace {

/// A buffer of a program: whole at `offset`; in the stream there as well, or with a row at each of `rows`.
struct Buffer {
  std::string name, shape;
  int64_t offset;
  std::vector<int64_t> rows;
};

/// Ops in the order of a whole execution; those of `tail` follow the stream.
struct StreamProgram {
  std::vector<Buffer> buffers;
  std::string constants, ops, tail;
  std::vector<int32_t> steps;
};

class StreamEmissionTest : public EmissionTest {
protected:
  StreamEmissionTest() {
    context.loadDialect<kernel::KernelDialect, func::FuncDialect, memref::MemRefDialect, arith::ArithDialect>();
  }

  /// `memref.global` and its read, of random words whose bits outside of `mask` are cleared.
  std::string makeConstant(StringRef name, StringRef shape, int64_t words, uint32_t mask = 0xffffffff) {
    std::string bytes;
    for (int64_t i = 0; i < words; ++i) {
      uint32_t word = random() & mask;
      bytes.append(reinterpret_cast<const char *>(&word), 4);
    }
    return defineConstant(name, shape, "\"0x" + llvm::toHex(bytes) + "\"");
  }

  std::string makeRealConstant(StringRef name, StringRef shape, int64_t count) {
    std::string bytes;
    for (int64_t i = 0; i < count; ++i) {
      float value = std::uniform_real_distribution<float>(-1, 1)(random);
      bytes.append(reinterpret_cast<const char *>(&value), 4);
    }
    return defineConstant(name, shape, "\"0x" + llvm::toHex(bytes) + "\"");
  }

  std::string defineConstant(StringRef name, StringRef shape, StringRef value) {
    globals += ("memref.global \"private\" constant @" + name + " : memref<" + shape + "> = dense<" + value + ">\n").str();
    return ("%" + name + " = memref.get_global @" + name + " : memref<" + shape + ">\n").str();
  }

  OwningOpRef<ModuleOp> parse(const StreamProgram &program, bool isStreamed) {
    std::string text = globals + "func.func @model_run(%arena: memref<4096xi8>) {\n" + program.constants;
    for (const Buffer &buffer : program.buffers) {
      if (isStreamed && !buffer.rows.empty()) {
        text += "%" + buffer.name + " = kernel.rows %arena [" + join(buffer.rows) + "] : memref<4096xi8> to memref<" +
                buffer.shape + "> loc(\"/net/" + buffer.name + "\")\n";
        continue;
      }
      std::string offset = std::to_string(buffer.offset);
      text += "%at_" + buffer.name + " = arith.constant " + offset + " : index\n%" + buffer.name +
              " = memref.view %arena[%at_" + buffer.name + "][] : memref<4096xi8> to memref<" + buffer.shape + ">\n";
    }
    if (isStreamed)
      text += "kernel.stream steps [" + join(program.steps) + "] {\n" + program.ops + "}\n";
    else
      text += std::regex_replace(program.ops, std::regex("rowsPerStep = [0-9]+ : i32"), "whole");
    text += program.tail + "return\n}\n";
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
    if (!module)
      return nullptr;
    PassManager passes(&context);
    passes.addPass(lower::createKernelsToCallsPass());
    return succeeded(passes.run(*module)) ? std::move(module) : nullptr;
  }

  template <typename T> static std::string join(const std::vector<T> &numbers) {
    std::string text;
    llvm::raw_string_ostream os(text);
    llvm::interleaveComma(numbers, os);
    return text;
  }

  /// Bytes [begin, end) of the arena are what the program computes.
  void compare(const StreamProgram &program, std::vector<std::string> kernels, bool floats,
               std::vector<std::pair<int64_t, int64_t>> results) {
    OwningOpRef<ModuleOp> whole = parse(program, false), streamed = parse(program, true);
    ASSERT_TRUE(whole && streamed);
    compareForms(*streamed, std::move(kernels), floats);
    auto expected = HostProgram::create(*whole), got = HostProgram::create(*streamed);
    ASSERT_TRUE(succeeded(expected) && succeeded(got));
    for (unsigned seed = 0; seed < 50; ++seed) {
      Arena start = makeArena(seed, floats), e = start, g = start;
      (*expected)->run(e.data());
      (*got)->run(g.data());
      for (auto [begin, end] : results) {
        EXPECT_FALSE(std::equal(e.begin() + begin, e.begin() + end, start.begin() + begin)) << "nothing is computed";
        EXPECT_TRUE(std::equal(e.begin() + begin, e.begin() + end, g.begin() + begin)) << "bytes from " << begin;
      }
    }
  }

  MLIRContext context;
  std::mt19937 random{7};
  std::string globals;
};

constexpr const char *kStage = "stage = #kernel.output_s8<zeroPoint = 3, clampMin = -128, clampMax = 127, shift = 32>";
constexpr const char *kChannelStage =
    "stage = #kernel.output_s8<zeroPoint = 3, clampMin = -128, clampMax = 127, shift = 32, perChannel = true>";

std::string window(int kernel, int stride, int pad) {
  std::string k = std::to_string(kernel), s = std::to_string(stride), p = std::to_string(pad);
  return "window = #kernel.window<kernel = [" + k + ", " + k + "], strides = [" + s + ", " + s +
         "], dilations = [1, 1], pads = [" + p + ", " + p + "]>";
}

// 7x5x3 -> conv 3x3, two rows in a step -> 7x5x4 -> depthwise 3x3 / 2 -> 4x3x4 -> pointwise -> 4x3x6 -> table, in place
// -> average. Of the first intermediate four rows have a place: rows 4 and 5 take that of rows 0 and 1 after row 1 of the
// depthwise convolution, which reads row 1; row 6 that of row 2. Of the second one row has a place.
TEST_F(StreamEmissionTest, LineBuffersOfAChain) {
  StreamProgram program;
  program.buffers = {{"x", "1x7x5x3xi8", 0, {}},
                     {"t", "1x7x5x4xi8", 1024, {256, 276, 304, 324, 256, 276, 304}},
                     {"u", "1x4x3x4xi8", 1280, {352, 352, 352, 352}},
                     {"v", "1x4x3x6xi8", 400, {}},
                     {"s", "6xi32", 512, {}},
                     {"z", "1x1x1x6xi8", 544, {}}};
  program.constants = makeConstant("wt", "4x3x3x3xi8", 27) + makeConstant("bt", "4xi32", 4, 0xfff) +
                      makeConstant("mt", "4xi32", 4, 0xffffff) + makeConstant("wu", "3x3x4xi8", 9) +
                      makeConstant("mu", "4xi32", 4, 0x3ffffff) + makeConstant("wv", "6x1x1x4xi8", 6) +
                      makeConstant("bv", "6xi32", 6, 0xfff) + makeConstant("mv", "6xi32", 6, 0x1ffffff) +
                      makeConstant("table", "256xi8", 64) + defineConstant("mz", "1xi32", "357913941");
  program.ops = std::string("kernel.conv2d %x, %wt bias %bt : memref<4xi32> multipliers %mt : memref<4xi32> : "
                            "memref<1x7x5x3xi8>, memref<4x3x3x3xi8> -> %t : memref<1x7x5x4xi8> {groups = 1 : i32, "
                            "inputZeroPoint = 5 : i32, kernel = @tinyc_conv2d_s8_s8, rowsPerStep = 2 : i32, ") +
                window(3, 1, 1) + ", " + kChannelStage +
                "}\n"
                "kernel.depthwise_conv2d %t, %wu bias %bt : memref<4xi32> multipliers %mu : memref<4xi32> : "
                "memref<1x7x5x4xi8>, memref<3x3x4xi8> -> %u : memref<1x4x3x4xi8> {groups = 4 : i32, "
                "inputZeroPoint = 3 : i32, kernel = @tinyc_depthwise_conv2d_s8_s8, rowsPerStep = 1 : i32, " +
                window(3, 2, 1) + ", " + kChannelStage +
                "}\n"
                "kernel.conv2d %u, %wv bias %bv : memref<6xi32> multipliers %mv : memref<6xi32> : "
                "memref<1x4x3x4xi8>, memref<6x1x1x4xi8> -> %v : memref<1x4x3x6xi8> {groups = 1 : i32, "
                "inputZeroPoint = 3 : i32, kernel = @tinyc_conv2d_s8_s8, rowsPerStep = 1 : i32, " +
                window(1, 1, 0) + ", " + kChannelStage +
                "}\n"
                "kernel.lookup %v, %table : memref<1x4x3x6xi8>, memref<256xi8> -> %v : memref<1x4x3x6xi8> "
                "{kernel = @tinyc_lookup_s8, rowsPerStep = 1 : i32}\n"
                "kernel.sum_rows %v : memref<1x4x3x6xi8> -> %s : memref<6xi32> {kernel = @tinyc_sum_rows_s8, "
                "rowsPerStep = 3 : i32}\n";
  program.tail = std::string("kernel.average %s multipliers %mz : memref<1xi32> : memref<6xi32> -> %z : "
                             "memref<1x1x1x6xi8> {count = 12 : i32, kernel = @tinyc_average_s8, ") +
                 kStage + "}\n";
  program.steps = {0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4};
  compare(program, {"conv2d_s8_s8", "depthwise_conv2d_s8_s8", "lookup_s8", "sum_rows_s8", "average_s8"}, false,
          {{400, 472}, {544, 550}});
}

// Rows of every kind of op at places without any order: pooling with padding, addition, broadcast multiplication, padding,
// both operands of a concatenation, softmax, and steps of 1 to 4 rows of 6.
TEST_F(StreamEmissionTest, RowsAnywhere) {
  StreamProgram program;
  program.buffers = {{"x", "1x6x4x4xi8", 0, {}},
                     {"a", "1x6x4x4xi8", 512, {512, 672, 640, 608, 576, 544}},
                     {"b", "1x6x4x4xi8", 704, {864, 880, 896, 800, 816, 832}},
                     {"c", "1x6x4x4xi8", 1024, {1100, 1116, 1040, 1056, 1200, 1216}},
                     {"d", "1x6x4x4xi8", 1240, {1300, 1316, 1240, 1256, 1400, 1416}},
                     {"e", "1x6x6x4xi8", 1500, {1600, 1624, 1648, 1672, 1500, 1524}},
                     {"f", "1x6x4x8xi8", 2048, {}},
                     {"h", "1x6x6x4xi8", 2304, {}}};
  program.constants = makeConstant("k", "1x1x1x4xi8", 1) + makeConstant("mb", "6xi32", 6, 0x3fffffff) +
                      makeConstant("exponentials", "256xui16", 128);
  program.ops = std::string("kernel.max_pool %x : memref<1x6x4x4xi8> -> %a : memref<1x6x4x4xi8> {kernel = "
                            "@tinyc_max_pool_s8, rowsPerStep = 1 : i32, ") +
                window(3, 1, 1) + ", " + kStage +
                "}\n"
                "kernel.avg_pool %a multipliers %mb : memref<6xi32> : memref<1x6x4x4xi8> -> %b : memref<1x6x4x4xi8> "
                "{firstCount = 4 : i32, kernel = @tinyc_avg_pool_s8, rowsPerStep = 3 : i32, " +
                window(3, 1, 1) + ", " + kStage +
                "}\n"
                "kernel.add %a, %b : memref<1x6x4x4xi8>, memref<1x6x4x4xi8> -> %c : memref<1x6x4x4xi8> {kernel = "
                "@tinyc_add_s8, rowsPerStep = 1 : i32, lhsMultiplier = 600000 : i32, rhsMultiplier = 700000 : i32, "
                "offset = 9999 : i32, stage = #kernel.output_s8<zeroPoint = 0, clampMin = -100, clampMax = 127, shift = "
                "20>}\n"
                "kernel.mul %c, %k : memref<1x6x4x4xi8>, memref<1x1x1x4xi8> -> %d : memref<1x6x4x4xi8> {kernel = "
                "@tinyc_mul_s8, rowsPerStep = 2 : i32, lhsMultiplier = 33554432 : i32, " +
                kStage +
                "}\n"
                "kernel.pad %d : memref<1x6x4x4xi8> -> %e : memref<1x6x6x4xi8> {kernel = @tinyc_pad_s8, rowsPerStep = 2 : "
                "i32, before = array<i32: 0, 0, 1, 0>, after = array<i32: 0, 0, 1, 0>, value = -7 : i32}\n"
                "kernel.copy %d : memref<1x6x4x4xi8> -> %f : memref<1x6x4x8xi8> {kernel = @tinyc_copy_s8, rowsPerStep = 1 "
                ": i32, blocks = 24 : i32, length = 4 : i32, inputPitch = 4 : i32, outputPitch = 8 : i32, outputOffset = 0 "
                ": i32}\n"
                "kernel.copy %x : memref<1x6x4x4xi8> -> %f : memref<1x6x4x8xi8> {kernel = @tinyc_copy_s8, rowsPerStep = 4 "
                ": i32, blocks = 24 : i32, length = 4 : i32, inputPitch = 4 : i32, outputPitch = 8 : i32, outputOffset = 4 "
                ": i32}\n"
                "kernel.softmax %e exponentials %exponentials : memref<256xui16> : memref<1x6x6x4xi8> -> %h : "
                "memref<1x6x6x4xi8> {kernel = @tinyc_softmax_s8, rowsPerStep = 4 : i32, outputMultiplier = 256 : i32, "
                "outputZeroPoint = -128 : i32}\n";
  program.steps = {0, 0, 0, 0, 0, 0, 1, 2, 2, 3, 4, 2, 1, 2, 3, 4, 7, 2, 2, 3, 4, 7, 5, 6, 5, 5, 5, 6, 5, 5};
  compare(program, {"max_pool_s8", "avg_pool_s8", "add_s8", "mul_s8", "pad_s8", "copy_s8", "softmax_s8"}, false,
          {{2048, 2048 + 192}, {2304, 2304 + 144}});
}

// Floats; a constant with rows of its own; bands of two rows of three.
TEST_F(StreamEmissionTest, FloatRows) {
  StreamProgram program;
  program.buffers = {{"x", "1x5x5x2xf32", 0, {}},
                     {"t", "1x5x5x3xf32", 256, {256, 400, 336, 480, 256}},
                     {"u", "1x3x3x3xf32", 1000, {1000, 1036, 900}},
                     {"w", "1x3x3x3xf32", 1200, {}},
                     {"s", "3xf32", 1400, {}},
                     {"z", "1x1x1x3xf32", 1440, {}}};
  program.constants = makeRealConstant("wt", "3x3x3x2xf32", 54) + makeRealConstant("wu", "3x3x3xf32", 27) +
                      makeRealConstant("k", "1x3x3x3xf32", 27);
  program.ops = "kernel.conv2d %x, %wt : memref<1x5x5x2xf32>, memref<3x3x3x2xf32> -> %t : memref<1x5x5x3xf32> {groups = 1 "
                ": i32, kernel = @tinyc_conv2d_f32_f32, rowsPerStep = 1 : i32, stage = #kernel.output_f32<>, " +
                window(3, 1, 1) +
                "}\n"
                "kernel.depthwise_conv2d %t, %wu : memref<1x5x5x3xf32>, memref<3x3x3xf32> -> %u : memref<1x3x3x3xf32> "
                "{groups = 3 : i32, kernel = @tinyc_depthwise_conv2d_f32_f32, rowsPerStep = 2 : i32, stage = "
                "#kernel.output_f32<>, " +
                window(3, 2, 1) +
                "}\n"
                "kernel.add %k, %u : memref<1x3x3x3xf32>, memref<1x3x3x3xf32> -> %u : memref<1x3x3x3xf32> {kernel = "
                "@tinyc_add_f32, rowsPerStep = 1 : i32, stage = #kernel.output_f32<clampMin = 0.0 : f32>}\n"
                "kernel.sum_rows %u : memref<1x3x3x3xf32> -> %s : memref<3xf32> {kernel = @tinyc_sum_rows_f32, "
                "rowsPerStep = 1 : i32}\n"
                "kernel.sigmoid %u : memref<1x3x3x3xf32> -> %w : memref<1x3x3x3xf32> {kernel = @tinyc_sigmoid_f32, "
                "rowsPerStep = 2 : i32}\n";
  program.tail = "kernel.average %s : memref<3xf32> -> %z : memref<1x1x1x3xf32> {count = 9 : i32, kernel = "
                 "@tinyc_average_f32, stage = #kernel.output_f32<>}\n";
  // Row 4 of t takes the place of row 0 only after both rows of the first step of u, which reads rows 0 to 3.
  program.steps = {0, 0, 0, 0, 1, 0, 2, 3, 1, 2, 3, 4, 2, 3, 4};
  compare(program, {"conv2d_f32_f32", "depthwise_conv2d_f32_f32", "add_f32", "sum_rows_f32", "sigmoid_f32", "average_f32"},
          true, {{1200, 1200 + 108}, {1440, 1452}});
}

// More ops than a byte counts, and two streams one after the other.
TEST_F(StreamEmissionTest, ManyOps) {
  StreamProgram program;
  program.buffers = {{"x", "1x1x2x4xi8", 0, {}}};
  program.constants = makeConstant("table", "256xi8", 64);
  std::string op = "kernel.lookup %x, %table : memref<1x1x2x4xi8>, memref<256xi8> -> %x : memref<1x1x2x4xi8> "
                   "{kernel = @tinyc_lookup_s8, rowsPerStep = 1 : i32}\n";
  for (int32_t i = 0; i < 300; ++i) {
    program.ops += op;
    program.steps.push_back(i);
  }
  OwningOpRef<ModuleOp> whole = parse(program, false);
  program.ops += "}\nkernel.stream steps [0] {\n" + op;
  OwningOpRef<ModuleOp> streamed = parse(program, true);
  ASSERT_TRUE(whole && streamed);
  compareForms(*streamed, {"lookup_s8"}, false);
}

} // namespace
