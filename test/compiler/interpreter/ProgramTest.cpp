// Whole functions: order, constants, observers, threads, errors.
#include "InterpreterFixture.h"

using namespace mlir;
using namespace tinyc::nn;

namespace {

class ProgramTest : public InterpreterFixture {
protected:
  std::string errorOf(const std::string &text) {
    func::FuncOp function = parse(text);
    if (function && succeeded(Interpreter::create(function)))
      return "no error";
    return message;
  }
};

// x * 2 + x - 1, with x used twice, a constant, and a value that nothing uses.
const char *const affine = R"(func.func @main(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  %two = nn.constant dense<2.0> : tensor<2xf32> -> tensor<2xf32>
  %minus = nn.constant dense<[-1.0, -1.0]> : tensor<2xf32> -> tensor<2xf32>
  %unused = nn.sigmoid %x : (tensor<2xf32>) -> tensor<2xf32>
  %double = nn.mul %x, %two : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %one = nn.add %two, %minus : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %sum = nn.add %double, %x : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %result = nn.sub %sum, %one : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %result, %x, %one : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
})";

TEST_F(ProgramTest, runs) {
  auto interpreter = Interpreter::create(parse(affine));
  ASSERT_TRUE(succeeded(interpreter)) << message;
  std::vector<std::string> observed;
  auto outputs = interpreter->run({tensor<float>("tensor<2xf32>", {5, -3})}, [&](Value value, const HostTensor &held) {
    EXPECT_EQ(held.getType(), value.getType());
    observed.push_back(value.getDefiningOp() ? value.getDefiningOp()->getName().getStringRef().str() : "argument");
  });
  ASSERT_TRUE(succeeded(outputs)) << message;
  ASSERT_EQ(outputs->size(), 3u);
  EXPECT_EQ((*outputs)[0].get<float>(), ArrayRef<float>({14, -10}));
  EXPECT_EQ((*outputs)[1].get<float>(), ArrayRef<float>({5, -3}));
  EXPECT_EQ((*outputs)[2].get<float>(), ArrayRef<float>({1, 1}));
  // Constants and what depends on them alone are computed at creation.
  EXPECT_EQ(observed, (std::vector<std::string>{"argument", "nn.sigmoid", "nn.mul", "nn.add", "nn.sub"}));
}

// Float ops between casts; the weight is constant but stands behind a dcast. 3 * 2 = 6 -> quantized by 0.5: 12.
TEST_F(ProgramTest, mixedPrecision) {
  auto interpreter = Interpreter::create(parse(R"(
    func.func @main(%x: tensor<1x1x!quant.uniform<i8:f32, 1.0>>) -> tensor<1x1x!quant.uniform<i8:f32, 0.5>> {
      %w = nn.constant dense<4> : tensor<1x1xi8> -> tensor<1x1x!quant.uniform<i8:f32, 0.5>>
      %0 = quant.dcast %x : tensor<1x1x!quant.uniform<i8:f32, 1.0>> to tensor<1x1xf32>
      %1 = quant.dcast %w : tensor<1x1x!quant.uniform<i8:f32, 0.5>> to tensor<1x1xf32>
      %2 = nn.fully_connected %0, %1 : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
      %3 = quant.qcast %2 : tensor<1x1xf32> to tensor<1x1x!quant.uniform<i8:f32, 0.5>>
      return %3 : tensor<1x1x!quant.uniform<i8:f32, 0.5>>
    })"));
  ASSERT_TRUE(succeeded(interpreter)) << message;
  auto outputs = interpreter->run({tensor<int8_t>("tensor<1x1x!quant.uniform<i8:f32, 1.0>>", {3})});
  ASSERT_TRUE(succeeded(outputs)) << message;
  EXPECT_EQ(outputs->front().get<int8_t>(), ArrayRef<int8_t>({12}));
  EXPECT_EQ(outputs->front().toReal(), std::vector<float>{6.0f});
}

// Each sample meets its own output, whatever thread runs it, and every sample is seen once.
TEST_F(ProgramTest, runAllKeepsSamplesApart) {
  auto interpreter = Interpreter::create(parse(affine));
  ASSERT_TRUE(succeeded(interpreter)) << message;
  constexpr int64_t count = 500;
  std::vector<float> results(count);
  std::vector<int> seen(count), observations(Interpreter::getWorkerCount());
  auto input = RankedTensorType::get({2}, Float32Type::get(&context));
  auto status = interpreter->runAll(
      count,
      [&](int64_t sample) {
        std::vector<HostTensor> inputs(1, HostTensor(input));
        inputs[0].get<float>()[0] = static_cast<float>(sample);
        return inputs;
      },
      [&](int64_t sample, std::vector<HostTensor> outputs) {
        results[sample] = outputs[0].get<float>()[0];
        ++seen[sample];
      },
      [&](unsigned worker, Value, const HostTensor &) { ++observations[worker]; });
  ASSERT_TRUE(succeeded(status)) << message;
  int total = 0;
  for (int value : observations)
    total += value;
  EXPECT_EQ(total, 5 * count);
  for (int64_t sample = 0; sample < count; ++sample) {
    EXPECT_EQ(seen[sample], 1);
    EXPECT_EQ(results[sample], static_cast<float>(3 * sample - 1));
  }
}

TEST_F(ProgramTest, runAllReportsFailure) {
  auto interpreter = Interpreter::create(parse(affine));
  ASSERT_TRUE(succeeded(interpreter)) << message;
  auto status = interpreter->runAll(
      3, [](int64_t) { return std::vector<HostTensor>(); }, [](int64_t, std::vector<HostTensor>) {});
  EXPECT_TRUE(failed(status));
  EXPECT_NE(message.find("expects 1 inputs, got 0"), std::string::npos) << message;
}

TEST_F(ProgramTest, refusesInputOfAnotherType) {
  auto interpreter = Interpreter::create(parse(affine));
  ASSERT_TRUE(succeeded(interpreter)) << message;
  EXPECT_TRUE(failed(interpreter->run({tensor<float>("tensor<1xf32>", {1})})));
  EXPECT_NE(message.find("expects input 0 of type 'tensor<2xf32>', got 'tensor<1xf32>'"), std::string::npos) << message;
}

TEST_F(ProgramTest, refusesOpsWithoutSemantics) {
  EXPECT_NE(errorOf(R"(func.func private @other(tensor<1xf32>) -> tensor<1xf32>)").find("expects a body of one block"),
            std::string::npos)
      << message;
  message.clear();
  EXPECT_NE(errorOf(R"(func.func @main(%x: tensor<1xf32>) -> tensor<1xf32> {
      %0 = func.call @main(%x) : (tensor<1xf32>) -> tensor<1xf32>
      return %0 : tensor<1xf32>
    })")
                .find("'func.call' op has no reference semantics"),
            std::string::npos)
      << message;
  message.clear();
  EXPECT_NE(errorOf("func.func @main(%x: tensor<1xf64>) -> tensor<1xf64> { return %x : tensor<1xf64> }")
                .find("has no reference semantics for 'tensor<1xf64>'"),
            std::string::npos)
      << message;
}

TEST_F(ProgramTest, refusesOtherIntegersOfSixteenBits) {
  EXPECT_NE(errorOf(R"(
    func.func @main(%x: tensor<1x!quant.uniform<i16:f32, 1.0>>) -> tensor<1x!quant.uniform<i8:f32, 1.0>> {
      %0 = nn.requantize %x : (tensor<1x!quant.uniform<i16:f32, 1.0>>) -> tensor<1x!quant.uniform<i8:f32, 1.0>>
      return %0 : tensor<1x!quant.uniform<i8:f32, 1.0>>
    })")
                .find("has an integer form for activations of at most 8 bits or i16<-32767:32767>"),
            std::string::npos)
      << message;
}

// 32767 * 100 + (2^31 - 1 - 3276699) leaves 32 bits by one.
TEST_F(ProgramTest, refusesOverflowOfSixteenBits) {
  EXPECT_NE(errorOf(R"(
    func.func @main(%x: tensor<1x1x!quant.uniform<i16<-32767:32767>:f32, 1.0>>)
        -> tensor<1x1x!quant.uniform<i16<-32767:32767>:f32, 1.0>> {
      %w = nn.constant dense<100> : tensor<1x1xi8> -> tensor<1x1x!quant.uniform<i8:f32, 1.0>>
      %b = nn.constant dense<2144206948> : tensor<1xi32> -> tensor<1x!quant.uniform<i32:f32, 1.0>>
      %0 = nn.fully_connected %x, %w, %b : (tensor<1x1x!quant.uniform<i16<-32767:32767>:f32, 1.0>>,
        tensor<1x1x!quant.uniform<i8:f32, 1.0>>, tensor<1x!quant.uniform<i32:f32, 1.0>>)
        -> tensor<1x1x!quant.uniform<i16<-32767:32767>:f32, 1.0>>
      return %0 : tensor<1x1x!quant.uniform<i16<-32767:32767>:f32, 1.0>>
    })")
                .find("accumulator of output channel 0 may leave 32 bits"),
            std::string::npos)
      << message;
}

// 128 * 100 + (2^31 - 1 - 12799) leaves 32 bits by one.
TEST_F(ProgramTest, refusesOverflow) {
  EXPECT_NE(errorOf(R"(
    func.func @main(%x: tensor<1x1x!quant.uniform<i8:f32, 1.0>>) -> tensor<1x1x!quant.uniform<i8:f32, 1.0>> {
      %w = nn.constant dense<100> : tensor<1x1xi8> -> tensor<1x1x!quant.uniform<i8:f32, 1.0>>
      %b = nn.constant dense<2147470848> : tensor<1xi32> -> tensor<1x!quant.uniform<i32:f32, 1.0>>
      %0 = nn.fully_connected %x, %w, %b : (tensor<1x1x!quant.uniform<i8:f32, 1.0>>,
        tensor<1x1x!quant.uniform<i8:f32, 1.0>>, tensor<1x!quant.uniform<i32:f32, 1.0>>)
        -> tensor<1x1x!quant.uniform<i8:f32, 1.0>>
      return %0 : tensor<1x1x!quant.uniform<i8:f32, 1.0>>
    })")
                .find("accumulator of output channel 0 may leave 32 bits"),
            std::string::npos)
      << message;
}

TEST_F(ProgramTest, readsResource) {
  auto interpreter = Interpreter::create(parse(R"(
    func.func @main() -> tensor<2xf32> {
      %w = nn.constant dense_resource<values> : tensor<2xf32> -> tensor<2xf32>
      return %w : tensor<2xf32>
    }
    {-# dialect_resources: { builtin: { values: "0x040000000000803F000000C0" } } #-})"));
  ASSERT_TRUE(succeeded(interpreter)) << message;
  auto outputs = interpreter->run({});
  ASSERT_TRUE(succeeded(outputs)) << message;
  EXPECT_EQ(outputs->front().get<float>(), ArrayRef<float>({1, -2}));
}

TEST_F(ProgramTest, refusesScalesThatDoNotMatchTheAxis) {
  EXPECT_NE(errorOf(R"(
    func.func @main(%x: tensor<3x!quant.uniform<i8:f32:0, {1.0, 2.0}>>)
        -> tensor<3x!quant.uniform<i8:f32:0, {1.0, 2.0}>> {
      return %x : tensor<3x!quant.uniform<i8:f32:0, {1.0, 2.0}>>
    })")
                .find("expects a scale for each element of axis 0"),
            std::string::npos)
      << message;
}

// Attributes to tensors and back: splats, storage integers, sub-byte and unsigned storage, scales along an axis.
TEST_F(ProgramTest, hostTensorElements) {
  auto splat = HostTensor::fromElements(cast<RankedTensorType>(type("tensor<3xf32>")),
                                        cast<ElementsAttr>(parseAttribute("dense<1.5> : tensor<3xf32>", &context)));
  EXPECT_EQ(splat.get<float>(), ArrayRef<float>({1.5, 1.5, 1.5}));
  auto fourBit = cast<RankedTensorType>(type("tensor<3x!quant.uniform<i4:f32, 0.5:1>>"));
  auto elements = cast<ElementsAttr>(parseAttribute("dense<[-8, 7, 1]> : tensor<3xi4>", &context));
  auto stored = HostTensor::fromElements(fourBit, elements);
  EXPECT_EQ(stored.get<int8_t>(), ArrayRef<int8_t>({-8, 7, 1}));
  EXPECT_EQ(stored.toReal(), (std::vector<float>{-4.5f, 3.0f, 0.0f}));
  EXPECT_EQ(stored.toElements(), elements);
  auto unsignedByte = cast<RankedTensorType>(type("tensor<2x!quant.uniform<u8:f32, 0.5:128>>"));
  elements = cast<ElementsAttr>(parseAttribute("dense<[0, 255]> : tensor<2xi8>", &context));
  stored = HostTensor::fromElements(unsignedByte, elements);
  EXPECT_EQ(stored.toReal(), (std::vector<float>{-64.0f, 63.5f}));
  EXPECT_EQ(stored.toElements(), elements);
  auto perAxis = cast<RankedTensorType>(type("tensor<2x2x!quant.uniform<i32:f32:1, {0.5, 2.0}>>"));
  elements = cast<ElementsAttr>(parseAttribute("dense<[[1, 2], [3, 4]]> : tensor<2x2xi32>", &context));
  EXPECT_EQ(HostTensor::fromElements(perAxis, elements).toReal(), (std::vector<float>{0.5f, 4.0f, 1.5f, 8.0f}));
}

} // namespace
