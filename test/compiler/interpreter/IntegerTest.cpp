// Integer forms: exactly the definition in NNOps.td in wide arithmetic, and near the float form on the real values.
#include "ExactRequantization.h"
#include "InterpreterFixture.h"
#include "RandomConvolution.h"

using namespace mlir;
using namespace tinyc::nn;

namespace {

class IntegerTest : public InterpreterFixture {};

// in - 3 = 7, -2; times 2 and -1 plus bias 100: 7 * 2 + 2 * 1 + 100 = 116; * 0.5 * 0.25 / 1.0 = 14.5 -> 15, + (-4)
// = 11.
TEST_F(IntegerTest, fullyConnectedByHand) {
  EXPECT_EQ(run<int8_t>("nn.fully_connected %a, %b, %c : (tensor<1x2x!quant.uniform<i8:f32, 0.5:3>>, "
                        "tensor<1x2x!quant.uniform<i8:f32, 0.25>>, tensor<1x!quant.uniform<i32:f32, 0.125>>) -> "
                        "tensor<1x1x!quant.uniform<i8:f32, 1.0:-4>>",
                        {tensor<int8_t>("tensor<1x2x!quant.uniform<i8:f32, 0.5:3>>", {10, 1}),
                         tensor<int8_t>("tensor<1x2x!quant.uniform<i8:f32, 0.25>>", {2, -1}),
                         tensor<int32_t>("tensor<1x!quant.uniform<i32:f32, 0.125>>", {100})}),
            (std::vector<int8_t>{11}));
}

// in - 3 = 7, -2. Weights 7 and -8: 49 + 16 + 100 = 165; * 0.125 = 20.625 -> 21, + (-4) = 17.
TEST_F(IntegerTest, weightsOfFourBitsByHand) {
  EXPECT_EQ(run<int8_t>("nn.fully_connected %a, %b, %c : (tensor<1x2x!quant.uniform<i8:f32, 0.5:3>>, "
                        "tensor<1x2x!quant.uniform<i4:f32, 0.25>>, tensor<1x!quant.uniform<i32:f32, 0.125>>) -> "
                        "tensor<1x1x!quant.uniform<i8:f32, 1.0:-4>>",
                        {tensor<int8_t>("tensor<1x2x!quant.uniform<i8:f32, 0.5:3>>", {10, 1}),
                         tensor<int8_t>("tensor<1x2x!quant.uniform<i4:f32, 0.25>>", {7, -8}),
                         tensor<int32_t>("tensor<1x!quant.uniform<i32:f32, 0.125>>", {100})}),
            (std::vector<int8_t>{17}));
}

// Weights 1 and -2: 7 + 4 + 100 = 111; * 0.125 = 13.875 -> 14, + (-4) = 10.
TEST_F(IntegerTest, weightsOfTwoBitsByHand) {
  EXPECT_EQ(run<int8_t>("nn.fully_connected %a, %b, %c : (tensor<1x2x!quant.uniform<i8:f32, 0.5:3>>, "
                        "tensor<1x2x!quant.uniform<i2:f32, 0.25>>, tensor<1x!quant.uniform<i32:f32, 0.125>>) -> "
                        "tensor<1x1x!quant.uniform<i8:f32, 1.0:-4>>",
                        {tensor<int8_t>("tensor<1x2x!quant.uniform<i8:f32, 0.5:3>>", {10, 1}),
                         tensor<int8_t>("tensor<1x2x!quant.uniform<i2:f32, 0.25>>", {1, -2}),
                         tensor<int32_t>("tensor<1x!quant.uniform<i32:f32, 0.125>>", {100})}),
            (std::vector<int8_t>{10}));
}

// The type of activations of 16 bits.
static std::string wide(const std::string &shape, const std::string &scale) {
  return "tensor<" + shape + "x!quant.uniform<i16<-32767:32767>:f32, " + scale + ">>";
}

// 1000 * 2 + 30 + 100 = 2130 and -2000 - 30 + 100 = -1930 steps of 0.125: twice as many of 0.0625. Of 2^-8 they are 68160 and -61760:
// saturated, symmetrically.
TEST_F(IntegerTest, fullyConnectedOfSixteenBitsByHand) {
  for (auto [scale, expected] : {std::pair<std::string, std::vector<int16_t>>{"0.0625", {4260, -3860}},
                                 {"0.00390625", {32767, -32767}}})
    EXPECT_EQ(run<int16_t>("nn.fully_connected %a, %b, %c : (" + wide("2x2", "0.5") +
                               ", tensor<1x2x!quant.uniform<i8:f32, 0.25>>, tensor<1x!quant.uniform<i32:f32, 0.125>>) -> " +
                               wide("2x1", scale),
                           {tensor<int16_t>(wide("2x2", "0.5"), {1000, -30, -1000, 30}),
                            tensor<int8_t>("tensor<1x2x!quant.uniform<i8:f32, 0.25>>", {2, -1}),
                            tensor<int32_t>("tensor<1x!quant.uniform<i32:f32, 0.125>>", {100})}),
              expected);
}

// 100 * 0.5 - 40 * 0.25 = 40, in steps of 0.25: 160. Products of 16 and 32 bits drop 16 bits each: 7 * 0.5 + 1 * 0.25 = 3.75 in steps
// of 0.5 is 7.5, rounded up.
TEST_F(IntegerTest, addOfSixteenBitsByHand) {
  EXPECT_EQ(run<int16_t>("nn.add %a, %b : (" + wide("2", "0.5") + ", " + wide("2", "0.25") + ") -> " + wide("2", "0.25"),
                         {tensor<int16_t>(wide("2", "0.5"), {100, 32767}), tensor<int16_t>(wide("2", "0.25"), {-40, 5})}),
            (std::vector<int16_t>{160, 32767}));
  EXPECT_EQ(run<int16_t>("nn.sub %a, %b : (" + wide("1", "0.5") + ", " + wide("1", "0.25") + ") -> " + wide("1", "0.5"),
                         {tensor<int16_t>(wide("1", "0.5"), {7}), tensor<int16_t>(wide("1", "0.25"), {-1})}),
            (std::vector<int16_t>{8}));
}

// 300 * -200 * 0.5 * 0.25 = -7500; in steps of 0.5: -15000.
TEST_F(IntegerTest, mulOfSixteenBitsByHand) {
  EXPECT_EQ(run<int16_t>("nn.mul %a, %b : (" + wide("1", "0.5") + ", " + wide("1", "0.25") + ") -> " + wide("1", "0.5"),
                         {tensor<int16_t>(wide("1", "0.5"), {300}), tensor<int16_t>(wide("1", "0.25"), {-200})}),
            (std::vector<int16_t>{-15000}));
}

// (10 - 3) * 0.5 = 3.5, in steps of 2^-8: 896. 1000 * 0.0625 = 62.5, in steps of 1: 63 (ties go up) - 4 = 59.
TEST_F(IntegerTest, requantizeBetweenWidthsByHand) {
  EXPECT_EQ(run<int16_t>("nn.requantize %a : (tensor<1x!quant.uniform<i8:f32, 0.5:3>>) -> " + wide("1", "0.00390625"),
                         {tensor<int8_t>("tensor<1x!quant.uniform<i8:f32, 0.5:3>>", {10})}),
            (std::vector<int16_t>{896}));
  EXPECT_EQ(run<int8_t>("nn.requantize %a : (" + wide("2", "0.0625") + ") -> tensor<2x!quant.uniform<i8:f32, 1.0:-4>>",
                        {tensor<int16_t>(wide("2", "0.0625"), {1000, -32767})}),
            (std::vector<int8_t>{59, -128}));
}

// clamp and hard_sigmoid are exact: 0.25 * 512 + 0.5 * 1024 = 640 in steps of 1/1024; leaky_relu is a straight line: -1000 / 4.
TEST_F(IntegerTest, unaryOfSixteenBitsByHand) {
  std::string type = wide("3", "0.0009765625");
  EXPECT_EQ(run<int16_t>("nn.clamp %a {min = 0.0 : f32, max = 6.0 : f32} : (" + type + ") -> " + type,
                         {tensor<int16_t>(type, {-5, 1234, 7000})}),
            (std::vector<int16_t>{0, 1234, 6144}));
  EXPECT_EQ(run<int16_t>("nn.hard_sigmoid %a {alpha = 0.25 : f32, beta = 0.5 : f32} : (" + type + ") -> " + type,
                         {tensor<int16_t>(type, {512, -3000, 3000})}),
            (std::vector<int16_t>{640, 0, 1024}));
  EXPECT_EQ(run<int16_t>("nn.leaky_relu %a {alpha = 0.25 : f32} : (" + type + ") -> " + type,
                         {tensor<int16_t>(type, {-1000, 1000, -32767})}),
            (std::vector<int16_t>{-250, 1000, -8192}));
}

// Halves, and -ln 2 = -0.6931 in steps of 2^-10: -709.8.
TEST_F(IntegerTest, softmaxOfSixteenBitsByHand) {
  std::string in = wide("1x2", "0.001");
  EXPECT_EQ(run<int16_t>("nn.softmax %a : (" + in + ") -> " + wide("1x2", "0.000030517578125"),
                         {tensor<int16_t>(in, {77, 77})}),
            (std::vector<int16_t>{16384, 16384}));
  EXPECT_EQ(run<int16_t>("nn.log_softmax %a : (" + in + ") -> " + wide("1x2", "0.0009765625"),
                         {tensor<int16_t>(in, {77, 77})}),
            (std::vector<int16_t>{-710, -710}));
}

// Means of 1, 2 and of -1, -2: ties go up. The greatest of 5, -7 and of -32767, -3.
TEST_F(IntegerTest, poolingOfSixteenBitsByHand) {
  std::string in = wide("1x1x2x2", "0.5"), out = wide("1x1x1x2", "0.5");
  std::string window = " {kernel = array<i64: 1, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = "
                       "array<i64: 1, 1>} : (" + in + ") -> " + out;
  EXPECT_EQ(run<int16_t>("nn.avg_pool %a" + window, {tensor<int16_t>(in, {1, -1, 2, -2})}),
            (std::vector<int16_t>{2, -1}));
  EXPECT_EQ(run<int16_t>("nn.max_pool %a" + window, {tensor<int16_t>(in, {5, -32767, -7, -3})}),
            (std::vector<int16_t>{5, -3}));
}

TEST_F(IntegerTest, conv2dRandom) {
  for (int round = 0; round < 150; ++round) {
    RandomConvolution conv(1, [&](int64_t low, int64_t high) { return random(low, high); });
    int64_t zeroPoint = random(-128, 127), outZeroPoint = random(-128, 127);
    double scale = randomScale(0.001, 0.1), outScale = randomScale(0.001, round % 2 ? 1.0 : 0.01);
    std::vector<double> weightScales, ratios, biasScales;
    std::vector<int32_t> bias;
    bool onePerTensor = round % 5 == 0;
    for (int64_t o = 0; o < conv.outChannels(); ++o) {
      weightScales.push_back(onePerTensor && o ? weightScales[0] : randomScale(0.001, 0.1));
      ratios.push_back(scale * weightScales[o] / outScale);
      biasScales.push_back(scale * weightScales[o]);
      bias.push_back(static_cast<int32_t>(random(-100000, 100000)));
    }
    std::vector<int8_t> x = randomInt8(conv.inputElements()), w = randomInt8(conv.weightElements(), -127);
    std::string xType = conv.inputType(quantized(scale, zeroPoint));
    std::string wType = conv.weightType(onePerTensor ? quantized(weightScales[0], 0) : perAxis("i8", weightScales));
    std::string biasType = conv.biasType(perAxis("i32", biasScales));
    std::vector<int8_t> actual =
        run<int8_t>("nn.conv2d %a, %b, %c {" + conv.attributes() + ", clampMin = -0.5 : f32} : (" + xType + ", " +
                        wType + ", " + biasType + ") -> " + conv.outputType(quantized(outScale, outZeroPoint)),
                    {tensor<int8_t>(xType, x), tensor<int8_t>(wType, w), tensor<int32_t>(biasType, bias)});
    std::vector<int64_t> accs = conv.accumulate<int64_t>(x, w, bias, zeroPoint);
    ASSERT_EQ(actual.size(), accs.size());
    int64_t low = std::clamp<int64_t>(std::llrint(-0.5 / outScale) + outZeroPoint, -128, 127);
    int shift = exactShift(ratios);
    for (size_t i = 0; i < accs.size(); ++i) {
      double ratio = ratios[i % ratios.size()];
      ASSERT_EQ(actual[i], exactOutput(accs[i], ratio, shift, outZeroPoint, low));
      double real = static_cast<double>(accs[i]) * ratio + static_cast<double>(outZeroPoint);
      ASSERT_NEAR(actual[i], std::clamp(real, static_cast<double>(low), 127.0), 0.501);
    }
  }
}

TEST_F(IntegerTest, matmulRandom) {
  for (int round = 0; round < 60; ++round) {
    int64_t batch = random(1, 3), rows = random(1, 9), depth = random(1, 20), columns = random(1, 33);
    int64_t lhsZero = random(-128, 127), rhsZero = random(-128, 127), zero = random(-128, 127);
    double lhsScale = randomScale(0.01, 0.1), rhsScale = randomScale(0.01, 0.1), scale = randomScale(0.01, 1.0);
    double ratio = lhsScale * rhsScale / scale;
    std::vector<int8_t> lhs = randomInt8(batch * rows * depth), rhs = randomInt8(batch * depth * columns), expected;
    for (int64_t n = 0; n < batch; ++n)
      for (int64_t m = 0; m < rows; ++m)
        for (int64_t column = 0; column < columns; ++column) {
          int64_t acc = 0;
          for (int64_t k = 0; k < depth; ++k)
            acc += (lhs[(n * rows + m) * depth + k] - lhsZero) * (rhs[(n * depth + k) * columns + column] - rhsZero);
          expected.push_back(static_cast<int8_t>(exactOutput(acc, ratio, exactShift({ratio}), zero)));
        }
    auto shaped = [&](int64_t height, int64_t width, const std::string &element) {
      return "tensor<" + std::to_string(batch) + "x" + std::to_string(height) + "x" + std::to_string(width) + "x" +
             element + ">";
    };
    std::string lhsType = shaped(rows, depth, quantized(lhsScale, lhsZero));
    std::string rhsType = shaped(depth, columns, quantized(rhsScale, rhsZero));
    EXPECT_EQ(run<int8_t>("nn.matmul %a, %b : (" + lhsType + ", " + rhsType + ") -> " +
                              shaped(rows, columns, quantized(scale, zero)),
                          {tensor<int8_t>(lhsType, lhs), tensor<int8_t>(rhsType, rhs)}),
              expected);
  }
}

// Elementwise ops over all operand pairs of a sample: mul exact, add and sub within a step of the real result.
TEST_F(IntegerTest, binaryRandom) {
  for (int round = 0; round < 60; ++round) {
    int64_t zeros[3] = {random(-128, 127), random(-128, 127), random(-128, 127)};
    double scales[3] = {randomScale(0.01, 0.1), randomScale(0.01, 0.1), randomScale(0.01, 0.3)};
    std::vector<int8_t> lhs = randomInt8(300), rhs = randomInt8(3);
    std::string lhsType = "tensor<100x3x" + quantized(scales[0], zeros[0]) + ">";
    std::string rhsType = "tensor<1x3x" + quantized(scales[1], zeros[1]) + ">";
    std::string signature = " {clampMax = 3.0 : f32} : (" + lhsType + ", " + rhsType + ") -> tensor<100x3x" +
                            quantized(scales[2], zeros[2]) + ">";
    int64_t high = std::clamp<int64_t>(std::llrint(3.0 / scales[2]) + zeros[2], -128, 127);
    for (const char *name : {"add", "sub", "mul"}) {
      std::vector<int8_t> actual = run<int8_t>(std::string("nn.") + name + " %a, %b" + signature,
                                               {tensor<int8_t>(lhsType, lhs), tensor<int8_t>(rhsType, rhs)});
      ASSERT_EQ(actual.size(), 300u);
      for (int64_t i = 0; i < 300; ++i) {
        int64_t a = lhs[i] - zeros[0], b = rhs[i % 3] - zeros[1];
        double left = static_cast<double>(a) * scales[0], right = static_cast<double>(b) * scales[1];
        double real = *name == 'a' ? left + right : *name == 's' ? left - right : left * right;
        double wanted = std::clamp(real / scales[2] + static_cast<double>(zeros[2]), -128.0, static_cast<double>(high));
        ASSERT_NEAR(actual[i], wanted, 0.51) << name << " " << a << " " << b;
        if (*name == 'm') {
          double ratio = scales[0] * scales[1] / scales[2];
          ASSERT_EQ(actual[i], exactOutput(a * b, ratio, exactShift({ratio}), zeros[2], -128, high));
        }
      }
    }
  }
}

// Add with equal scales and zero points is exact: (a - z) + (b - z) + z.
TEST_F(IntegerTest, addOfEqualScalesIsExact) {
  const std::string element = "!quant.uniform<i8:f32, 0.1:-7>";
  std::vector<int8_t> lhs, rhs, expected;
  for (int a = -128; a < 128; ++a)
    for (int b = -128; b < 128; ++b) {
      lhs.push_back(static_cast<int8_t>(a));
      rhs.push_back(static_cast<int8_t>(b));
      expected.push_back(static_cast<int8_t>(std::clamp(a + b + 7, -128, 127)));
    }
  std::string tensorType = "tensor<65536x" + element + ">";
  EXPECT_EQ(run<int8_t>("nn.add %a, %b : (" + tensorType + ", " + tensorType + ") -> " + tensorType,
                        {tensor<int8_t>(tensorType, lhs), tensor<int8_t>(tensorType, rhs)}),
            expected);
}

// All 256 inputs of each unary function against the real function, rounded half to even.
TEST_F(IntegerTest, unaryTables) {
  const double scale = 0.05, outScale = 0.02;
  const int64_t zero = -20, outZero = -100;
  std::vector<int8_t> all;
  for (int q = -128; q < 128; ++q)
    all.push_back(static_cast<int8_t>(q));
  struct Function {
    const char *op;
    double (*real)(double);
  };
  const Function functions[] = {
      {"nn.clamp %a {min = -0.5 : f32, max = 2.0 : f32}", [](double x) { return std::clamp(x, -0.5, 2.0); }},
      {"nn.leaky_relu %a {alpha = 0.25 : f32}", [](double x) { return x < 0 ? 0.25 * x : x; }},
      {"nn.sigmoid %a", [](double x) { return 1.0 / (1.0 + std::exp(-x)); }},
      {"nn.hard_sigmoid %a {alpha = 0.25 : f32, beta = 0.5 : f32}",
       [](double x) { return std::clamp(0.25 * x + 0.5, 0.0, 1.0); }},
      {"nn.hard_swish %a", [](double x) { return x * std::clamp(x / 6 + 0.5, 0.0, 1.0); }},
  };
  std::string inType = "tensor<256x" + quantized(scale, zero) + ">";
  for (const Function &function : functions) {
    std::vector<int8_t> actual = run<int8_t>(std::string(function.op) + " : (" + inType + ") -> tensor<256x" +
                                                 quantized(outScale, outZero) + ">",
                                             {tensor<int8_t>(inType, all)});
    ASSERT_EQ(actual.size(), 256u);
    for (int i = 0; i < 256; ++i) {
      double real = function.real(static_cast<double>(all[i] - zero) * scale) / outScale + outZero;
      EXPECT_NEAR(actual[i], std::clamp(real, -128.0, 127.0), 0.5 + 1e-9) << function.op << " " << int(all[i]);
    }
  }
}

TEST_F(IntegerTest, avgPoolRandom) {
  for (int round = 0; round < 80; ++round) {
    bool includePad = round % 3 == 0;
    int64_t channels = random(1, 5), size[2], out[2], kernel[2], strides[2], pads[2];
    for (int axis : {0, 1}) {
      kernel[axis] = random(1, 4), strides[axis] = random(1, 3), pads[axis] = random(0, kernel[axis] - 1);
      size[axis] = kernel[axis] + random(0, 5);
      out[axis] = (size[axis] + 2 * pads[axis] - kernel[axis]) / strides[axis] + 1;
    }
    int64_t zero = random(-128, 127), outZero = random(-128, 127);
    double scale = randomScale(0.01, 0.1), outScale = randomScale(0.01, 0.1);
    std::vector<int8_t> x = randomInt8(size[0] * size[1] * channels);
    std::vector<int64_t> accs, counts;
    for (int64_t y = 0; y < out[0]; ++y)
      for (int64_t column = 0; column < out[1]; ++column)
        for (int64_t c = 0; c < channels; ++c) {
          int64_t acc = 0, count = 0;
          for (int64_t i = y * strides[0] - pads[0]; i < y * strides[0] - pads[0] + kernel[0]; ++i)
            for (int64_t j = column * strides[1] - pads[1]; j < column * strides[1] - pads[1] + kernel[1]; ++j)
              if (i >= 0 && i < size[0] && j >= 0 && j < size[1]) {
                acc += x[(i * size[1] + j) * channels + c] - zero;
                ++count;
              }
          accs.push_back(acc);
          counts.push_back(includePad ? kernel[0] * kernel[1] : count);
        }
    // The common shift is that of the smallest count, whose scale is the largest.
    int shift = exactShift({scale / outScale / static_cast<double>(*llvm::min_element(counts))});
    std::vector<int8_t> expected;
    for (size_t i = 0; i < accs.size(); ++i)
      expected.push_back(
          static_cast<int8_t>(exactOutput(accs[i], scale / outScale / static_cast<double>(counts[i]), shift, outZero)));
    auto shaped = [&](const int64_t *dims, const std::string &element) {
      return "tensor<1x" + std::to_string(dims[0]) + "x" + std::to_string(dims[1]) + "x" + std::to_string(channels) +
             "x" + element + ">";
    };
    std::string xType = shaped(size, quantized(scale, zero)), op;
    llvm::raw_string_ostream(op) << "nn.avg_pool %a {kernel = array<i64: " << kernel[0] << ", " << kernel[1]
                                 << ">, strides = array<i64: " << strides[0] << ", " << strides[1]
                                 << ">, pads = array<i64: " << pads[0] << ", " << pads[1] << ", " << pads[0] << ", "
                                 << pads[1] << ">, dilations = array<i64: 1, 1>" << (includePad ? ", includePad" : "")
                                 << "} : (" << xType << ") -> " << shaped(out, quantized(outScale, outZero));
    ASSERT_EQ(run<int8_t>(op, {tensor<int8_t>(xType, x)}), expected) << op;
  }
}

// Padding never wins, even where all elements are -128; clampMin 0 is the zero point 5.
TEST_F(IntegerTest, maxPool) {
  const std::string signature = " : (tensor<1x2x2x1x!quant.uniform<i8:f32, 0.5:5>>) -> "
                                "tensor<1x2x2x1x!quant.uniform<i8:f32, 0.5:5>>";
  const std::string window = "nn.max_pool %a {kernel = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = "
                             "array<i64: 1, 1, 0, 0>, dilations = array<i64: 1, 1>";
  auto x = tensor<int8_t>("tensor<1x2x2x1x!quant.uniform<i8:f32, 0.5:5>>", {-128, -50, 7, -100});
  EXPECT_EQ(run<int8_t>(window + "}" + signature, {x}), (std::vector<int8_t>{-128, -50, 7, 7}));
  EXPECT_EQ(run<int8_t>(window + ", clampMin = 0.0 : f32}" + signature, {x}), (std::vector<int8_t>{5, 5, 7, 7}));
}

// Within one step of the real softmax of the dequantized row.
TEST_F(IntegerTest, softmaxRandom) {
  for (int round = 0; round < 100; ++round) {
    int64_t length = random(1, 40);
    double scale = randomScale(0.01, 0.5);
    std::vector<int8_t> x = randomInt8(2 * length);
    std::string shape = "tensor<2x" + std::to_string(length) + "x";
    std::string inType = shape + quantized(scale, random(-128, 127)) + ">";
    for (bool logarithm : {false, true}) {
      double outScale = logarithm ? 0.25 : 1.0 / 256;
      int64_t outZero = logarithm ? 127 : -128;
      std::vector<int8_t> actual = run<int8_t>(std::string(logarithm ? "nn.log_softmax" : "nn.softmax") + " %a : (" +
                                                   inType + ") -> " + shape + quantized(outScale, outZero) + ">",
                                               {tensor<int8_t>(inType, x)});
      ASSERT_EQ(actual.size(), x.size());
      for (size_t i = 0; i < x.size(); ++i) {
        size_t first = i / length * length;
        double sum = 0;
        for (int64_t j = 0; j < length; ++j)
          sum += std::exp((x[first + j] - x[i]) * scale);
        double real = (logarithm ? -std::log(sum) : 1.0 / sum) / outScale + static_cast<double>(outZero);
        ASSERT_NEAR(actual[i], std::clamp(real, -128.0, 127.0), 1.0);
      }
    }
  }
}

TEST_F(IntegerTest, requantizeRandom) {
  for (int round = 0; round < 200; ++round) {
    double scale = randomScale(0.01, 1), outScale = randomScale(0.01, 1), ratio = scale / outScale;
    int64_t zero = random(-128, 127), outZero = random(-128, 127);
    std::vector<int8_t> x = randomInt8(50), expected;
    for (int8_t q : x)
      expected.push_back(static_cast<int8_t>(exactOutput(q - zero, ratio, exactShift({ratio}), outZero)));
    std::string inType = "tensor<50x" + quantized(scale, zero) + ">";
    EXPECT_EQ(run<int8_t>("nn.requantize %a : (" + inType + ") -> tensor<50x" + quantized(outScale, outZero) + ">",
                          {tensor<int8_t>(inType, x)}),
              expected);
  }
}

// The padding value 1.0 is 1.0 / 0.5 + 3 = 5.
TEST_F(IntegerTest, padQuantizesItsValue) {
  EXPECT_EQ(run<int8_t>("nn.pad %a {before = array<i64: 1>, after = array<i64: 2>, value = 1.0 : f32} : "
                        "(tensor<1x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<4x!quant.uniform<i8:f32, 0.5:3>>",
                        {tensor<int8_t>("tensor<1x!quant.uniform<i8:f32, 0.5:3>>", {-9})}),
            (std::vector<int8_t>{5, -9, 5, 5}));
}

} // namespace
