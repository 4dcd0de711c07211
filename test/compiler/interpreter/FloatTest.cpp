// Float forms against the examples of the ONNX operator specification, numbers worked by hand, and naive definitions.
#include "InterpreterFixture.h"
#include "RandomConvolution.h"

using namespace tinyc::nn;

namespace {

class FloatTest : public InterpreterFixture {};

std::vector<float> sequence(int first, int last) {
  std::vector<float> values;
  for (int value = first; value <= last; ++value)
    values.push_back(static_cast<float>(value));
  return values;
}

// ONNX Conv, example "conv with padding": x = 0 .. 24, a kernel of ones.
TEST_F(FloatTest, conv2dOnnxExamplePadded) {
  EXPECT_EQ(runFloat("nn.conv2d %a, %b {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = "
                     "array<i64: 1, 1>} : (tensor<1x5x5x1xf32>, tensor<1x3x3x1xf32>) -> tensor<1x5x5x1xf32>",
                     {sequence(0, 24), std::vector<float>(9, 1.0f)}),
            (std::vector<float>{12,  21, 27, 33,  24,  33,  54,  63, 72,  51,  63,  99, 108,
                                117, 81, 93, 144, 153, 162, 111, 72, 111, 117, 123, 84}));
}

// ONNX Conv, example "conv with strides and asymmetric padding": padding along the height only.
TEST_F(FloatTest, conv2dOnnxExampleStrided) {
  EXPECT_EQ(runFloat("nn.conv2d %a, %b {strides = array<i64: 2, 2>, pads = array<i64: 1, 0, 1, 0>, dilations = "
                     "array<i64: 1, 1>} : (tensor<1x7x5x1xf32>, tensor<1x3x3x1xf32>) -> tensor<1x4x2x1xf32>",
                     {sequence(0, 34), std::vector<float>(9, 1.0f)}),
            (std::vector<float>{21, 33, 99, 117, 189, 207, 171, 183}));
}

// bias 1 and 2, 1x1 kernel: 1 * 2 + 1 = 3, 1 * -3 + 2 = -1 clamped to 0; 4 * 2 + 1 = 9 clamped to 6.
TEST_F(FloatTest, conv2dBiasAndClamp) {
  EXPECT_EQ(runFloat("nn.conv2d %a, %b, %c {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = "
                     "array<i64: 1, 1>, clampMin = 0.0 : f32, clampMax = 6.0 : f32} : (tensor<1x1x2x1xf32>, "
                     "tensor<2x1x1x1xf32>, tensor<2xf32>) -> tensor<1x1x2x2xf32>",
                     {{1, 4}, {2, -3}, {1, 2}}),
            (std::vector<float>{3, 0, 6, 0}));
}

// Random shapes, groups and windows against the definition in NNOps.td, summed in double.
TEST_F(FloatTest, conv2dRandom) {
  for (int round = 0; round < 120; ++round) {
    RandomConvolution conv(random(1, 2), [&](int64_t low, int64_t high) { return random(low, high); });
    std::vector<float> x = randomFloats(conv.inputElements()), w = randomFloats(conv.weightElements());
    std::vector<float> bias = randomFloats(conv.outChannels()), expected;
    for (double sum : conv.accumulate<double>(x, w, bias, 0.0))
      expected.push_back(static_cast<float>(sum));
    expectNear(runFloat("nn.conv2d %a, %b, %c {" + conv.attributes() + "} : (" + conv.inputType("f32") + ", " +
                            conv.weightType("f32") + ", " + conv.biasType("f32") + ") -> " + conv.outputType("f32"),
                        {x, w, bias}),
               expected, 1e-4f);
  }
}

// [1 2; 3 4] times the rows (5 6), (7 8), (9 10): 1*5+2*6=17, 1*7+2*8=23, 29; 3*5+4*6=39, 53, 67.
TEST_F(FloatTest, fullyConnected) {
  EXPECT_EQ(runFloat("nn.fully_connected %a, %b : (tensor<2x2xf32>, tensor<3x2xf32>) -> tensor<2x3xf32>",
                     {{1, 2, 3, 4}, {5, 6, 7, 8, 9, 10}}),
            (std::vector<float>{17, 23, 29, 39, 53, 67}));
  EXPECT_EQ(runFloat("nn.fully_connected %a, %b, %c {clampMax = 40.0 : f32} : (tensor<2x2xf32>, tensor<3x2xf32>, "
                     "tensor<3xf32>) -> tensor<2x3xf32>",
                     {{1, 2, 3, 4}, {5, 6, 7, 8, 9, 10}, {1, -1, 0}}),
            (std::vector<float>{18, 22, 29, 40, 40, 40}));
}

// Second product of the batch: [1 1] times [1 2; 3 4] = [4 6].
TEST_F(FloatTest, matmul) {
  EXPECT_EQ(runFloat("nn.matmul %a, %b : (tensor<2x1x2xf32>, tensor<2x2x2xf32>) -> tensor<2x1x2xf32>",
                     {{1, 2, 1, 1}, {1, 0, 0, 1, 1, 2, 3, 4}}),
            (std::vector<float>{1, 2, 4, 6}));
}

// variance + epsilon = 4 and 1: (3 - 1) / 2 * 10 + 1 = 11, (5 - 2) / 1 * 1 + 0 = 3.
TEST_F(FloatTest, batchNorm) {
  EXPECT_EQ(runFloat("nn.batch_norm %a, %b, %c, %d, %e {epsilon = 1.0 : f32} : (tensor<2x2xf32>, tensor<2xf32>, "
                     "tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2x2xf32>",
                     {{3, 5, 1, 2}, {10, 1}, {1, 0}, {1, 2}, {3, 0}}),
            (std::vector<float>{11, 3, 1, 0}));
}

TEST_F(FloatTest, binaryBroadcast) {
  EXPECT_EQ(runFloat("nn.add %a, %b : (tensor<2x3xf32>, tensor<1x3xf32>) -> tensor<2x3xf32>",
                     {{1, 2, 3, 4, 5, 6}, {10, 20, 30}}),
            (std::vector<float>{11, 22, 33, 14, 25, 36}));
  EXPECT_EQ(runFloat("nn.sub %a, %b {clampMin = 0.0 : f32} : (tensor<2x1xf32>, tensor<1x3xf32>) -> tensor<2x3xf32>",
                     {{1, 5}, {0, 2, 7}}),
            (std::vector<float>{1, 0, 0, 5, 3, 0}));
  EXPECT_EQ(runFloat("nn.mul %a, %b : (tensor<1x1xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>", {{3}, {2, -4}}),
            (std::vector<float>{6, -12}));
  EXPECT_EQ(runFloat("nn.mul %a, %b : (tensor<2x2x2xf32>, tensor<2x1x2xf32>) -> tensor<2x2x2xf32>",
                     {{1, 2, 3, 4, 5, 6, 7, 8}, {1, 10, 2, 20}}),
            (std::vector<float>{1, 20, 3, 40, 10, 120, 14, 160}));
  EXPECT_EQ(runFloat("nn.add %a, %b : (tensor<f32>, tensor<f32>) -> tensor<f32>", {{1}, {2}}), (std::vector<float>{3}));
}

// Every pair of operand dimensions that broadcasting allows, against index arithmetic.
TEST_F(FloatTest, binaryBroadcastRandom) {
  for (int round = 0; round < 200; ++round) {
    int64_t rank = random(1, 5), elements[3] = {1, 1, 1};
    llvm::SmallVector<int64_t> shape[3];
    for (int64_t axis = 0; axis < rank; ++axis) {
      int64_t size = random(1, 4), which = random(0, 3);
      shape[0].push_back(which == 1 ? 1 : size);
      shape[1].push_back(which == 2 ? 1 : size);
      shape[2].push_back(size);
      for (int i : {0, 1, 2})
        elements[i] *= shape[i].back();
    }
    std::string types[3];
    for (int i : {0, 1, 2}) {
      llvm::raw_string_ostream stream(types[i]);
      stream << "tensor<";
      for (int64_t size : shape[i])
        stream << size << "x";
      stream << "f32>";
    }
    std::vector<float> lhs = randomFloats(elements[0]), rhs = randomFloats(elements[1]), expected;
    for (int64_t index = 0; index < elements[2]; ++index) {
      int64_t rest = index, at[2] = {0, 0}, stride[2] = {1, 1};
      for (int64_t axis = rank - 1; axis >= 0; --axis) {
        int64_t position = rest % shape[2][axis];
        rest /= shape[2][axis];
        for (int i : {0, 1}) {
          at[i] += shape[i][axis] == 1 ? 0 : position * stride[i];
          stride[i] *= shape[i][axis];
        }
      }
      expected.push_back(lhs[at[0]] - rhs[at[1]]);
    }
    EXPECT_EQ(runFloat("nn.sub %a, %b : (" + types[0] + ", " + types[1] + ") -> " + types[2], {lhs, rhs}), expected);
  }
}

// ONNX examples of Clip, LeakyRelu, Sigmoid, HardSigmoid; HardSwish by hand: 1 * (1/6 + 1/2) = 2/3, 4 * 1 = 4.
TEST_F(FloatTest, unaryOnnxExamples) {
  const std::string types = " : (tensor<3xf32>) -> tensor<3xf32>";
  EXPECT_EQ(runFloat("nn.clamp %a {min = -1.0 : f32, max = 1.0 : f32}" + types, {{-2, 0, 2}}),
            (std::vector<float>{-1, 0, 1}));
  EXPECT_EQ(runFloat("nn.clamp %a {min = 0.0 : f32}" + types, {{-2, 0, 2}}), (std::vector<float>{0, 0, 2}));
  EXPECT_EQ(runFloat("nn.leaky_relu %a {alpha = 0.1 : f32}" + types, {{-1, 0, 1}}), (std::vector<float>{-0.1f, 0, 1}));
  expectNear(runFloat("nn.sigmoid %a" + types, {{-1, 0, 1}}), {0.26894143f, 0.5f, 0.7310586f}, 1e-7f);
  expectNear(runFloat("nn.hard_sigmoid %a {alpha = 0.5 : f32, beta = 0.6 : f32}" + types, {{-1, 0, 1}}),
             {0.1f, 0.6f, 1.0f}, 1e-7f);
  expectNear(runFloat("nn.hard_swish %a" + types, {{-4, 1, 4}}), {0.0f, 2.0f / 3.0f, 4.0f}, 1e-6f);
}

// ONNX AveragePool, "averagepool_2d_pads" and "averagepool_2d_pads_count_include_pad" with x = 1 .. 25.
TEST_F(FloatTest, avgPoolOnnxExamples) {
  const std::string window = "kernel = array<i64: 5, 5>, strides = array<i64: 1, 1>, pads = array<i64: 2, 2, 2, 2>, "
                             "dilations = array<i64: 1, 1>";
  const std::string types = " : (tensor<1x5x5x1xf32>) -> tensor<1x5x5x1xf32>";
  expectNear(runFloat("nn.avg_pool %a {" + window + "}" + types, {sequence(1, 25)}),
             {7,    7.5, 8,    8.5, 9,    9.5, 10,   10.5, 11,   11.5, 12,   12.5, 13,
              13.5, 14,  14.5, 15,  15.5, 16,  16.5, 17,   17.5, 18,   18.5, 19},
             1e-5f);
  expectNear(runFloat("nn.avg_pool %a {" + window + ", includePad}" + types, {sequence(1, 25)}),
             {2.52f, 3.6f, 4.8f,  4.08f, 3.24f, 4.56f,  6.4f,  8.4f,  7.04f, 5.52f, 7.2f,  10.0f, 13.0f,
              10.8f, 8.4f, 6.96f, 9.6f,  12.4f, 10.24f, 7.92f, 6.12f, 8.4f,  10.8f, 8.88f, 6.84f},
             1e-5f);
}

// ONNX MaxPool, "maxpool_2d_pads" and "maxpool_2d_dilations"; the clamp limits 15 and 16 to 14.
TEST_F(FloatTest, maxPoolOnnxExamples) {
  EXPECT_EQ(runFloat("nn.max_pool %a {kernel = array<i64: 5, 5>, strides = array<i64: 1, 1>, pads = "
                     "array<i64: 2, 2, 2, 2>, dilations = array<i64: 1, 1>} : (tensor<1x5x5x1xf32>) -> "
                     "tensor<1x5x5x1xf32>",
                     {sequence(1, 25)}),
            (std::vector<float>{13, 14, 15, 15, 15, 18, 19, 20, 20, 20, 23, 24, 25,
                                25, 25, 23, 24, 25, 25, 25, 23, 24, 25, 25, 25}));
  EXPECT_EQ(runFloat("nn.max_pool %a {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = "
                     "array<i64: 0, 0, 0, 0>, dilations = array<i64: 2, 2>, clampMax = 14.0 : f32} : "
                     "(tensor<1x4x4x1xf32>) -> tensor<1x2x2x1xf32>",
                     {sequence(1, 16)}),
            (std::vector<float>{11, 12, 14, 14}));
}

// ONNX Softmax and LogSoftmax: the example, and the one with large numbers, which must not overflow.
TEST_F(FloatTest, softmaxOnnxExamples) {
  const std::string row = " : (tensor<1x3xf32>) -> tensor<1x3xf32>", rows = " : (tensor<2x4xf32>) -> tensor<2x4xf32>";
  expectNear(runFloat("nn.softmax %a" + row, {{-1, 0, 1}}), {0.09003058f, 0.24472848f, 0.66524094f}, 1e-6f);
  expectNear(runFloat("nn.log_softmax %a" + row, {{-1, 0, 1}}), {-2.4076061f, -1.407606f, -0.407606f}, 1e-6f);
  const std::vector<float> large = {0, 1, 2, 3, 10000, 10001, 10002, 10003};
  const float soft[] = {0.032058604f, 0.08714432f, 0.23688284f, 0.6439143f};
  const float logs[] = {-3.4401896f, -2.4401896f, -1.4401896f, -0.44018966f};
  expectNear(runFloat("nn.softmax %a" + rows, {large}),
             {soft[0], soft[1], soft[2], soft[3], soft[0], soft[1], soft[2], soft[3]}, 1e-6f);
  expectNear(runFloat("nn.log_softmax %a" + rows, {large}),
             {logs[0], logs[1], logs[2], logs[3], logs[0], logs[1], logs[2], logs[3]}, 1e-6f);
}

TEST_F(FloatTest, movement) {
  EXPECT_EQ(runFloat("nn.reshape %a : (tensor<2x3xf32>) -> tensor<3x2xf32>", {sequence(1, 6)}), sequence(1, 6));
  EXPECT_EQ(runFloat("nn.transpose %a {permutation = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>",
                     {sequence(1, 6)}),
            (std::vector<float>{1, 4, 2, 5, 3, 6}));
  // result[i][j][k] = in[k][i][j]: NCHW to NHWC of 2 channels of 1x3 is permutation 1, 2, 0 without batch.
  EXPECT_EQ(runFloat("nn.transpose %a {permutation = array<i64: 1, 2, 0>} : (tensor<2x1x3xf32>) -> tensor<1x3x2xf32>",
                     {sequence(1, 6)}),
            (std::vector<float>{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(runFloat("nn.concat %a, %b {axis = 1 : i64} : (tensor<2x1xf32>, tensor<2x2xf32>) -> tensor<2x3xf32>",
                     {{1, 2}, {3, 4, 5, 6}}),
            (std::vector<float>{1, 3, 4, 2, 5, 6}));
  // ONNX Pad, example "constant": two columns before each row.
  EXPECT_EQ(runFloat("nn.pad %a {before = array<i64: 0, 2>, after = array<i64: 1, 0>, value = 9.0 : f32} : "
                     "(tensor<2x2xf32>) -> tensor<3x4xf32>",
                     {{1, 2, 3, 4}}),
            (std::vector<float>{9, 9, 1, 2, 9, 9, 3, 4, 9, 9, 9, 9}));
}

// ONNX QuantizeLinear and DequantizeLinear: the examples per tensor and along axis 1 (uint8).
TEST_F(FloatTest, castsOnnxExamples) {
  const std::string perTensor = "tensor<6x!quant.uniform<u8:f32, 2.0:128>>";
  EXPECT_EQ(run<uint8_t>("\"quant.qcast\"(%a) : (tensor<6xf32>) -> " + perTensor,
                         {tensor<float>("tensor<6xf32>", {0, 2, 3, 1000, -254, -1000})}),
            (std::vector<uint8_t>{128, 129, 130, 255, 1, 0}));
  const std::string perAxis = "tensor<1x3x3x2x!quant.uniform<u8:f32:1, {2.0:84, 4.0:24, 5.0:196}>>";
  const std::vector<float> real = {-162, 10, -100, 232, -20,  -50,  -76,  0,    0,
                                   252,  32, -44,  245, -485, -960, -270, -375, -470};
  const std::vector<uint8_t> stored = {3, 89, 34, 200, 74, 59, 5, 24, 24, 87, 32, 13, 245, 99, 4, 142, 121, 102};
  EXPECT_EQ(run<uint8_t>("\"quant.qcast\"(%a) : (tensor<1x3x3x2xf32>) -> " + perAxis,
                         {tensor<float>("tensor<1x3x3x2xf32>", real)}),
            stored);
  EXPECT_EQ(
      run<float>("\"quant.dcast\"(%a) : (" + perAxis + ") -> tensor<1x3x3x2xf32>", {tensor<uint8_t>(perAxis, stored)}),
      real);
  EXPECT_EQ(run<float>("\"quant.dcast\"(%a) : (tensor<4x!quant.uniform<u8:f32, 2.0:128>>) -> tensor<4xf32>",
                       {tensor<uint8_t>("tensor<4x!quant.uniform<u8:f32, 2.0:128>>", {0, 3, 128, 255})}),
            (std::vector<float>{-256, -250, 0, 254}));
}

// 0.5 and 1.5 round to even; NaN becomes the zero point; infinities saturate. i8 and i16 storage.
TEST_F(FloatTest, quantizeRounding) {
  const std::vector<float> real = {0.5f, 1.5f, -0.5f, -1.5f, 2.5f, 500.0f, -500.0f, NAN, INFINITY, -INFINITY};
  EXPECT_EQ(run<int8_t>("\"quant.qcast\"(%a) : (tensor<10xf32>) -> tensor<10x!quant.uniform<i8:f32, 1.0:3>>",
                        {tensor<float>("tensor<10xf32>", real)}),
            (std::vector<int8_t>{3, 5, 3, 1, 5, 127, -128, 3, 127, -128}));
  EXPECT_EQ(run<int16_t>("\"quant.qcast\"(%a) : (tensor<10xf32>) -> tensor<10x!quant.uniform<i16:f32, 1.0>>",
                         {tensor<float>("tensor<10xf32>", real)}),
            (std::vector<int16_t>{0, 2, 0, -2, 2, 500, -500, 0, 32767, -32768}));
}

} // namespace
