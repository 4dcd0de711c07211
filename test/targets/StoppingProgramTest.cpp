// Programs that stop for rows, in all three forms: the rows they take and hand out, and the arenas, are the same.
#include "test/targets/EmissionFixture.h"

#include "dialects/kernel/Kernel.h"
#include "passes/lower/Passes.h"
#include "passes/lower/ProgramState.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include <tuple>

using namespace mlir;
using namespace tinyc;
using namespace tinyc::targets;

namespace {

using lower::Request;
using lower::StateWord;

// What a package's model.h has of it.
constexpr const char *kHeader = R"(#include <stdint.h>
#include <string.h>
#define MODEL_DONE 0
#define MODEL_WANTS_ROWS 1
#define MODEL_HAS_ROWS 2
typedef struct model_state {
  int32_t stage, step;
  int32_t request, port, row, count, offset;
  int32_t rows[4];
} model_state;
int32_t model_run(uint8_t *arena, model_state *state);
)";

// 6 rows of 8 bytes, 2 at a time -> max 3x3 -> 6 rows -> max 3x3 / 2 -> 2 rows, handed out; then a whole image of 2
// rows is taken, copied and handed out. Of the first image 4 rows have a place, of the second one 3.
constexpr const char *kProgram = R"(
!image = tensor<1x6x4x2x!quant.uniform<i8:f32, 0.5:3>>
!mask = tensor<1x2x1x2x!quant.uniform<i8:f32, 0.5:3>>
func.func @model_run(%arena: memref<4096xi8>) {
  %c512 = arith.constant 512 : index
  %c600 = arith.constant 600 : index
  %x = kernel.rows %arena [96, 104, 112, 120, 96, 104] : memref<4096xi8> to memref<1x6x4x2xi8> loc("image")
  %t = kernel.rows %arena [200, 232, 240, 200, 232, 240] : memref<4096xi8> to memref<1x6x4x2xi8> loc("t")
  %u = kernel.rows %arena [300, 320] : memref<4096xi8> to memref<1x2x1x2xi8> loc("mask")
  %y = memref.view %arena[%c512][] : memref<4096xi8> to memref<1x2x1x2xi8>
  %z = memref.view %arena[%c600][] : memref<4096xi8> to memref<1x2x1x2xi8>
  kernel.stream steps [0, 1, 0, 1, 1, 2, 3, 0, 1, 1, 2, 3, 1] {
    kernel.receive 0 "image" -> %x : memref<1x6x4x2xi8> {tensorType = !image, rowsPerStep = 2 : i32}
    kernel.max_pool %x : memref<1x6x4x2xi8> -> %t : memref<1x6x4x2xi8> {window = #kernel.window<kernel = [3, 3],
      strides = [1, 1], dilations = [1, 1], pads = [1, 1]>, stage = #kernel.output_s8<zeroPoint = 3, clampMin = -128,
      clampMax = 127, shift = 0>, rowsPerStep = 1 : i32, kernel = @tinyc_max_pool_s8}
    kernel.max_pool %t : memref<1x6x4x2xi8> -> %u : memref<1x2x1x2xi8> {window = #kernel.window<kernel = [3, 3],
      strides = [2, 2], dilations = [1, 1], pads = [0, 0]>, stage = #kernel.output_s8<zeroPoint = 3, clampMin = -128,
      clampMax = 127, shift = 0>, rowsPerStep = 1 : i32, kernel = @tinyc_max_pool_s8}
    kernel.send %u -> 0 "mask" : memref<1x2x1x2xi8> {tensorType = !mask, rowsPerStep = 1 : i32}
  }
  kernel.receive 1 "y" -> %y : memref<1x2x1x2xi8> {tensorType = !mask}
  kernel.copy %y : memref<1x2x1x2xi8> -> %z : memref<1x2x1x2xi8> {blocks = 1 : i32, length = 4 : i32,
    inputPitch = 4 : i32, outputPitch = 4 : i32, outputOffset = 0 : i32, kernel = @tinyc_copy_s8}
  kernel.send %z -> 1 "z" : memref<1x2x1x2xi8> {tensorType = !mask}
  return
}
)";

/// Request, port, first row, count, offset.
using Stop = std::tuple<Request, int32_t, int32_t, int32_t, int32_t>;

struct Outcome {
  std::vector<Stop> stops;
  std::vector<uint8_t> outputs;
  Arena arena;
};

/// Runs twice, so that the second run begins with what the first one left of the state.
template <typename Run> Outcome run(Run program, const std::vector<uint8_t> &input) {
  Outcome outcome;
  outcome.arena.assign(kArenaBytes, 0x55);
  std::vector<int32_t> state(lower::kFixedStateWords + 4, 0);
  auto get = [&](StateWord word) { return state[static_cast<size_t>(word)]; };
  for (int inference = 0; inference < 2; ++inference) {
    auto next = input.begin();
    for (int32_t result; (result = program(outcome.arena.data(), state.data())) != 0;) {
      int32_t port = get(StateWord::Port), offset = get(StateWord::Offset), count = get(StateWord::Count);
      auto request = static_cast<Request>(result);
      EXPECT_EQ(get(StateWord::Request), result);
      outcome.stops.emplace_back(request, port, get(StateWord::Row), count, offset);
      auto rows = outcome.arena.begin() + offset;
      int64_t rowBytes = request == Request::WantsRows && port == 0 ? 8 : 2;
      if (request == Request::WantsRows) {
        std::copy_n(next, count * rowBytes, rows);
        next += count * rowBytes;
      } else {
        outcome.outputs.insert(outcome.outputs.end(), rows, rows + count * rowBytes);
      }
    }
    EXPECT_EQ(state, std::vector<int32_t>({0, 0, 0, get(StateWord::Port), get(StateWord::Row), get(StateWord::Count),
                                           get(StateWord::Offset), 0, 0, 0, 0}));
  }
  return outcome;
}

TEST_F(EmissionTest, ProgramsThatStop) {
  MLIRContext context;
  context.loadDialect<kernel::KernelDialect, func::FuncDialect, memref::MemRefDialect, arith::ArithDialect,
                      quant::QuantDialect>();
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(kProgram, &context);
  ASSERT_TRUE(module);
  auto function = *module->getOps<func::FuncOp>().begin();
  EXPECT_TRUE(lower::isStreamed(function));
  EXPECT_EQ(lower::countStateCounters(function), 4);
  PassManager passes(&context);
  passes.addPass(lower::createKernelsToCallsPass());
  ASSERT_TRUE(succeeded(passes.run(*module)));

  std::string text;
  llvm::raw_string_ostream stream(text);
  ASSERT_TRUE(succeeded(emitC(*module, stream)));
  write("model.c", text);
  write("model.h", kHeader);
  auto loadStopping = [&](llvm::StringRef library, std::vector<std::string> files) {
    void *function = reinterpret_cast<void *>(load(library, std::move(files)));
    return reinterpret_cast<int32_t (*)(uint8_t *, int32_t *)>(function);
  };
  auto fromC = loadStopping("c.so", {path("model.c"), TEST_RUNTIME "/kernels/generic/max_pool_s8.c",
                                     TEST_RUNTIME "/kernels/generic/copy_s8.c"});
  llvm::SmallVector<char> object;
  ASSERT_TRUE(succeeded(emitObject(*module, *findTarget("host"), object)));
  write("model.o", llvm::StringRef(object.data(), object.size()));
  auto fromObject = loadStopping("object.so", {path("model.o")});
  auto jit = HostProgram::create(*module);
  ASSERT_TRUE(fromC && fromObject && succeeded(jit));

  std::mt19937 random(3);
  std::vector<uint8_t> input(6 * 8 + 4);
  for (uint8_t &byte : input)
    byte = static_cast<uint8_t>(random());
  Outcome c = run(fromC, input), o = run(fromObject, input);
  Outcome j = run([&](uint8_t *arena, int32_t *state) { return (*jit)->run(arena, state); }, input);

  // Row y of the mask is the maximum of rows 2y - 1 to 2y + 3 of the image and columns 0 to 3: windows of windows.
  std::vector<uint8_t> expected;
  for (int y = 0; y < 2; ++y)
    for (int channel = 0; channel < 2; ++channel) {
      int8_t greatest = -128;
      for (int row = std::max(0, 2 * y - 1); row <= 2 * y + 3; ++row)
        for (int column = 0; column < 4; ++column)
          greatest = std::max(greatest, static_cast<int8_t>(input[row * 8 + column * 2 + channel]));
      expected.push_back(static_cast<uint8_t>(greatest));
    }
  expected.insert(expected.end(), input.end() - 4, input.end());
  expected.insert(expected.end(), expected.begin(), expected.end());
  std::vector<Stop> stops = {{Request::WantsRows, 0, 0, 2, 96}, {Request::WantsRows, 0, 2, 2, 112},
                             {Request::HasRows, 0, 0, 1, 300},  {Request::WantsRows, 0, 4, 2, 96},
                             {Request::HasRows, 0, 1, 1, 320},  {Request::WantsRows, 1, 0, 2, 512},
                             {Request::HasRows, 1, 0, 2, 600}};
  stops.insert(stops.end(), stops.begin(), stops.begin() + 7);
  for (const Outcome &outcome : {c, o, j}) {
    EXPECT_TRUE(outcome.stops == stops);
    EXPECT_EQ(outcome.outputs, expected);
    EXPECT_EQ(outcome.arena, c.arena);
  }
}

} // namespace
