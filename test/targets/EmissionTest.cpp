// One program in three forms: C compiled by this build's compiler, the host's object file, and the JIT. The whole
// arenas must be equal afterwards.
#include "test/targets/EmissionFixture.h"

#include "dialects/kernel/Params.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/DataLayoutInterfaces.h"

#include <limits>
#include <thread>

using namespace mlir;
using namespace tinyc;
using namespace tinyc::targets;

namespace {

/// Builds lowered programs.
class ProgramBuilder {
public:
  explicit ProgramBuilder(unsigned seed) : builder(makeContext()), random(seed) {
    Location loc = builder.getUnknownLoc();
    module = ModuleOp::create(loc);
    builder.setInsertionPointToEnd(module->getBody());
    auto arenaType = MemRefType::get({kArenaBytes}, builder.getI8Type());
    function = func::FuncOp::create(builder, loc, "model_run", builder.getFunctionType({arenaType}, {}));
    builder.setInsertionPointToStart(function.addEntryBlock());
  }

  Value buffer(int64_t offset, ArrayRef<int64_t> shape, Type element) {
    Location loc = builder.getUnknownLoc();
    Value shift = arith::ConstantIndexOp::create(builder, loc, offset);
    return memref::ViewOp::create(builder, loc, MemRefType::get(shape, element), function.getArgument(0), shift,
                                  ValueRange());
  }

  template <typename T> Value constant(std::vector<T> values) {
    Location loc = builder.getUnknownLoc();
    int64_t count = values.size();
    Type element = std::is_same_v<T, uint16_t> ? builder.getIntegerType(16, /*isSigned=*/false)
                                               : builder.getIntegerType(sizeof(T) * 8);
    if constexpr (std::is_same_v<T, float>)
      element = builder.getF32Type();
    auto type = MemRefType::get({count}, element);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(function);
    std::string name = "constant_" + std::to_string(constants++);
    memref::GlobalOp::create(builder, loc, name, builder.getStringAttr("private"), type,
                             DenseElementsAttr::get(RankedTensorType::get({count}, element), ArrayRef<T>(values)),
                             /*constant=*/true, IntegerAttr());
    builder.restoreInsertionPoint(guardedPoint());
    return memref::GetGlobalOp::create(builder, loc, type, name);
  }

  template <typename T> Value randomConstant(int64_t count, T low, T high) {
    std::vector<T> values(count);
    for (T &value : values)
      value = static_cast<T>(low + (high - low) * std::uniform_real_distribution<double>(0, 1)(random));
    return constant(std::move(values));
  }

  template <typename T>
  void call(StringRef symbol, const T &params, ArrayRef<Value> arguments, int32_t rowBegin, int32_t rowEnd) {
    Location loc = NameLoc::get(builder.getStringAttr("/net/" + symbol + "*/"));
    SmallVector<Value> operands;
    SmallVector<int32_t> nulls;
    for (auto [position, argument] : llvm::enumerate(arguments))
      if (argument)
        operands.push_back(argument);
      else
        nulls.push_back(position);
    kernel::CallOp::create(builder, loc, FlatSymbolRefAttr::get(builder.getContext(), symbol), operands,
                           builder.getDenseI32ArrayAttr(nulls), builder.getI32IntegerAttr(rowBegin),
                           builder.getI32IntegerAttr(rowEnd), kernel::makeParams(builder.getContext(), params),
                           /*step=*/kernel::StepAttr());
  }

  OwningOpRef<ModuleOp> finish() {
    func::ReturnOp::create(builder, builder.getUnknownLoc());
    return std::move(module);
  }

  Type i8() { return builder.getI8Type(); }
  Type f32() { return builder.getF32Type(); }

private:
  static MLIRContext *makeContext() {
    static MLIRContext context;
    context.loadDialect<kernel::KernelDialect, func::FuncDialect, memref::MemRefDialect, arith::ArithDialect>();
    return &context;
  }
  OpBuilder::InsertPoint guardedPoint() { return {&function.getBody().front(), function.getBody().front().end()}; }

  OpBuilder builder;
  OwningOpRef<ModuleOp> module;
  func::FuncOp function;
  std::mt19937 random;
  unsigned constants = 0;
};

tinyc_window makeWindow(int32_t size, int32_t channels, int32_t outputs, int32_t kernel, int32_t stride) {
  int32_t result = (size + 2 * (kernel / 2) - kernel) / stride + 1;
  return {size,   size,   channels, size, result, result, outputs,    result,
          kernel, kernel, stride,   stride, 1,    1,      kernel / 2, kernel / 2};
}

/// 9x9x3 -> conv 3x3 -> 9x9x5 -> max pool 3x3 / 2 -> 5x5x5 -> fully connected -> 7 -> softmax -> 7.
OwningOpRef<ModuleOp> makeIntegerProgram() {
  ProgramBuilder program(1);
  Value x = program.buffer(0, {1, 9, 9, 3}, program.i8()), conv = program.buffer(256, {1, 9, 9, 5}, program.i8());
  Value pool = program.buffer(1024, {1, 5, 5, 5}, program.i8()), logits = program.buffer(0, {1, 7}, program.i8());
  Value result = program.buffer(1280, {1, 7}, program.i8());
  tinyc_output_s8 stage = {-5, -128, 127, 32, 1};
  program.call("tinyc_conv2d_s8_s8", tinyc_conv2d_s8_params{makeWindow(9, 3, 5, 3, 1), 1, 3, stage},
               {x, program.randomConstant<int8_t>(5 * 27, -127, 127), program.randomConstant<int32_t>(5, -9999, 9999),
                program.randomConstant<int32_t>(5, 1 << 20, 1 << 24), conv, Value()},
               0, 9);
  stage.multiplier_step = 0;
  program.call("tinyc_max_pool_s8", tinyc_pool_s8_params{makeWindow(9, 5, 5, 3, 2), 0, 1, 0, stage},
               {conv, pool, Value()}, 0, 5);
  program.call("tinyc_fully_connected_s8_s8", tinyc_fully_connected_s8_params{1, 125, 7, stage},
               {pool, program.randomConstant<int8_t>(7 * 125, -127, 127),
                program.constant<int32_t>({std::numeric_limits<int32_t>::min() / 2, -1, 0, 1, 2, 3, 40000}),
                program.constant<int32_t>({1 << 22}), logits, Value()},
               0, 1);
  std::vector<uint16_t> exponentials(256);
  for (int d = 0; d < 256; ++d)
    exponentials[d] = static_cast<uint16_t>(std::lround(65535 * std::exp(-d * 0.05)));
  program.call("tinyc_softmax_s8", tinyc_softmax_s8_params{1, 7, 0, 256, 0, -128},
               {logits, program.constant(exponentials), result, Value()}, 0, 1);
  return program.finish();
}

/// 6x6x2 floats -> conv 3x3 / 2 without upper bound -> 3x3x4 -> sigmoid in place, rows 1 and 2 only.
OwningOpRef<ModuleOp> makeFloatProgram() {
  ProgramBuilder program(2);
  Value x = program.buffer(0, {1, 6, 6, 2}, program.f32()), y = program.buffer(512, {1, 3, 3, 4}, program.f32());
  float infinity = std::numeric_limits<float>::infinity();
  program.call("tinyc_conv2d_f32_f32", tinyc_conv2d_f32_params{makeWindow(6, 2, 4, 3, 2), 1, {-0.1f, infinity}},
               {x, program.randomConstant<float>(4 * 18, -1.0f, 1.0f),
                program.constant<float>({-0.0f, 1e-40f, 0.1f, -1.0f / 3}), y, Value()},
               0, 3);
  program.call("tinyc_sigmoid_f32", tinyc_unary_f32_params{3, 12, 0, 0, {-infinity, infinity}}, {y, y, Value()}, 1, 3);
  return program.finish();
}

TEST_F(EmissionTest, IntegerProgramIsTheSameInAllForms) {
  OwningOpRef<ModuleOp> program = makeIntegerProgram();
  compareForms(*program, {"conv2d_s8_s8", "max_pool_s8", "fully_connected_s8_s8", "softmax_s8"}, false);
}

TEST_F(EmissionTest, FloatProgramIsTheSameInAllForms) {
  OwningOpRef<ModuleOp> program = makeFloatProgram();
  compareForms(*program, {"conv2d_f32_f32", "sigmoid_f32"}, true);
}

TEST_F(EmissionTest, HostProgramIsReentrant) {
  OwningOpRef<ModuleOp> program = makeIntegerProgram();
  auto jit = HostProgram::create(*program);
  ASSERT_TRUE(succeeded(jit));
  std::vector<Arena> expected, got;
  for (unsigned seed = 0; seed < 4; ++seed) {
    expected.push_back(makeArena(seed, false));
    got.push_back(expected.back());
    (*jit)->run(expected.back().data());
  }
  std::vector<std::thread> threads;
  for (Arena &arena : got)
    threads.emplace_back([&jit, &arena] {
      Arena start = arena;
      for (int round = 0; round < 50; ++round) {
        arena = start;
        (*jit)->run(arena.data());
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(expected, got);
}

TEST_F(EmissionTest, FlashIsWeightsAndCode) {
  OwningOpRef<ModuleOp> program = makeIntegerProgram();
  SmallVector<char> object;
  ASSERT_TRUE(succeeded(emitObject(*program, *findTarget("cortex-m4"), object)));
  FailureOr<FlashUsage> flash = measureFlash(*program, object);
  ASSERT_TRUE(succeeded(flash));
  // Weights of int8, biases and multipliers of int32, 256 exponentials of uint16.
  EXPECT_EQ(flash->weights, 5 * 27 + 5 * 4 + 5 * 4 + 7 * 125 + 7 * 4 + 4 + 512);
  // Somewhere between the parameter blocks alone and a small part of any flash.
  EXPECT_GT(flash->code, 500);
  EXPECT_LT(flash->code, 20000);
}

TEST_F(EmissionTest, UnknownKernelIsAnError) {
  ProgramBuilder builder(3);
  Value x = builder.buffer(0, {4}, builder.i8());
  builder.call("tinyc_no_such_kernel", tinyc_copy_params{1, 4, 4, 4, 0, 0}, {x, x, Value()}, 0, 1);
  OwningOpRef<ModuleOp> program = builder.finish();
  std::vector<std::string> errors;
  ScopedDiagnosticHandler handler(program->getContext(), [&](Diagnostic &diagnostic) {
    errors.push_back(diagnostic.str());
    return success();
  });
  SmallVector<char> object;
  EXPECT_TRUE(failed(emitObject(*program, *findTarget("cortex-m4"), object)));
  EXPECT_TRUE(failed(HostProgram::create(*program)));
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_EQ(errors[0], "unknown kernel tinyc_no_such_kernel for target cortex-m4");
  EXPECT_EQ(errors[1], "unknown kernel tinyc_no_such_kernel for target host");
}

} // namespace
