// The generic kernels against the interpreter: the same bits, over random shapes with odd channel counts.
#include "InterpreterFixture.h"
#include "RandomConvolution.h"
#include "tinyc/arithmetic.h"
#include "tinyc/kernel_functions.h"

using namespace mlir;
using namespace tinyc::nn;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

class KernelTest : public InterpreterFixture {
protected:
  quant::UniformQuantizedType element(const std::string &text) { return cast<quant::UniformQuantizedType>(type(text)); }
  std::string randomActivation() { return quantized(randomScale(0.005, 0.2), random(-128, 127)); }

  static tinyc_output_s8 stageOf(const Requantization &requantization, quant::UniformQuantizedType result,
                                 std::optional<float> lower = std::nullopt) {
    auto [low, high] = computeClamp(result, lower, std::nullopt);
    return {static_cast<int32_t>(result.getZeroPoint()), low, high, requantization.shift,
            requantization.multipliers.size() > 1};
  }
  static tinyc_window windowOf(const RandomConvolution &conv) {
    auto of = [](int64_t value) { return static_cast<int32_t>(value); };
    return {of(conv.size[0]),      of(conv.size[1]),      of(conv.channels()),    of(conv.size[0]),
            of(conv.out[0]),       of(conv.out[1]),       of(conv.outChannels()), of(conv.out[0]),
            of(conv.kernel[0]),    of(conv.kernel[1]),    of(conv.strides[0]),    of(conv.strides[1]),
            of(conv.dilations[0]), of(conv.dilations[1]), of(conv.before[0]),     of(conv.before[1])};
  }
  // [channel][tap] to [tap][channel]
  template <typename T> static std::vector<T> tapsFirst(const RandomConvolution &conv, const std::vector<T> &weights) {
    int64_t channels = conv.outChannels(), taps = conv.kernel[0] * conv.kernel[1];
    std::vector<T> result(weights.size());
    for (int64_t channel = 0; channel < channels; ++channel)
      for (int64_t tap = 0; tap < taps; ++tap)
        result[tap * channels + channel] = weights[channel * taps + tap];
    return result;
  }
  // NaNs are equal whatever their payload.
  static uint32_t bitsOf(float x) { return std::isnan(x) ? 0x7fc00000u : tinyc_bits_of_f32(x); }
  RandomConvolution randomConvolution() {
    return RandomConvolution(1, [&](int64_t low, int64_t high) { return random(low, high); });
  }
};

TEST_F(KernelTest, convolutionInt8) {
  for (int round = 0; round < 150; ++round) {
    RandomConvolution conv = randomConvolution();
    std::string input = randomActivation(), output = quantized(randomScale(0.005, 5.0), random(-128, 127));
    std::vector<double> weightScales, biasScales;
    std::vector<int32_t> bias;
    for (int64_t o = 0; o < conv.outChannels(); ++o) {
      weightScales.push_back(randomScale(0.001, 0.1));
      biasScales.push_back(1.0);
      bias.push_back(static_cast<int32_t>(random(-50000, 50000)));
    }
    std::string weight = perAxis("i8", weightScales);
    std::vector<int8_t> x = randomInt8(conv.inputElements()), w = randomInt8(conv.weightElements(), -127);
    std::string biasType = conv.biasType(perAxis("i32", biasScales));
    std::vector<int8_t> expected = run<int8_t>(
        "nn.conv2d %a, %b, %c {" + conv.attributes() + ", clampMin = 0.0 : f32} : (" + conv.inputType(input) + ", " +
            conv.weightType(weight) + ", " + biasType + ") -> " + conv.outputType(output),
        {tensor<int8_t>(conv.inputType(input), x), tensor<int8_t>(conv.weightType(weight), w),
         tensor<int32_t>(biasType, bias)});

    auto zeroPoint = static_cast<int32_t>(element(input).getZeroPoint());
    Requantization requantization = computeConvolutionRequantization(
        element(input), cast<quant::QuantizedType>(type(weight)), element(output), conv.outChannels());
    auto folded = foldInputZeroPoint(w, bias, conv.outChannels(), zeroPoint, nullptr);
    ASSERT_TRUE(succeeded(folded));
    tinyc_conv2d_s8_params params = {windowOf(conv), static_cast<int32_t>(conv.groups), zeroPoint,
                                     stageOf(requantization, element(output), 0.0f)};
    std::vector<int8_t> actual(expected.size());
    auto rows = static_cast<int32_t>(conv.out[0]);
    tinyc_conv2d_s8_s8(&params, x.data(), w.data(), folded->data(), requantization.multipliers.data(), actual.data(),
                       nullptr, 0, rows);
    ASSERT_EQ(actual, expected);
    if (conv.inputs > 1)
      continue;
    std::fill(actual.begin(), actual.end(), 0);
    tinyc_depthwise_conv2d_s8_s8(&params, x.data(), tapsFirst(conv, w).data(), folded->data(),
                                 requantization.multipliers.data(), actual.data(), nullptr, 0, rows);
    ASSERT_EQ(actual, expected);
  }
}

TEST_F(KernelTest, convolutionFloat) {
  for (int round = 0; round < 150; ++round) {
    RandomConvolution conv = randomConvolution();
    std::vector<float> x = randomFloats(conv.inputElements()), w = randomFloats(conv.weightElements());
    std::vector<float> bias = randomFloats(conv.outChannels());
    std::vector<float> expected =
        runFloat("nn.conv2d %a, %b, %c {" + conv.attributes() + "} : (" + conv.inputType("f32") + ", " +
                     conv.weightType("f32") + ", " + conv.biasType("f32") + ") -> " + conv.outputType("f32"),
                 {x, w, bias});
    tinyc_conv2d_f32_params params = {windowOf(conv), static_cast<int32_t>(conv.groups), {-kInfinity, kInfinity}};
    std::vector<float> actual(expected.size());
    auto rows = static_cast<int32_t>(conv.out[0]);
    tinyc_conv2d_f32_f32(&params, x.data(), w.data(), bias.data(), actual.data(), nullptr, 0, rows);
    ASSERT_EQ(actual, expected);
    if (conv.inputs > 1)
      continue;
    tinyc_depthwise_conv2d_f32_f32(&params, x.data(), tapsFirst(conv, w).data(), bias.data(), actual.data(), nullptr, 0,
                                   rows);
    ASSERT_EQ(actual, expected);
  }
}

TEST_F(KernelTest, products) {
  for (int round = 0; round < 60; ++round) {
    int64_t rows = random(1, 5), depth = random(1, 70), columns = random(1, 40);
    std::string lhs = randomActivation(), rhs = randomActivation(), weight = quantized(randomScale(0.001, 0.1), 0);
    std::string output = quantized(randomScale(0.05, 2.0), random(-128, 127));
    std::string lhsType = RandomConvolution::shaped({rows, depth}, lhs);
    std::string rhsType = RandomConvolution::shaped({depth, columns}, rhs);
    std::string weightType = RandomConvolution::shaped({columns, depth}, weight);
    std::string outputType = RandomConvolution::shaped({rows, columns}, output);
    std::vector<int8_t> x = randomInt8(rows * depth), y = randomInt8(depth * columns), actual(rows * columns);
    auto lhsZero = static_cast<int32_t>(element(lhs).getZeroPoint());
    auto rhsZero = static_cast<int32_t>(element(rhs).getZeroPoint());

    Requantization requantization = computeConvolutionRequantization(element(lhs), element(rhs), element(output), 1);
    tinyc_matmul_s8_params matmul = {static_cast<int32_t>(rows),
                                     static_cast<int32_t>(depth),
                                     static_cast<int32_t>(columns),
                                     lhsZero,
                                     rhsZero,
                                     stageOf(requantization, element(output))};
    tinyc_matmul_s8(&matmul, x.data(), y.data(), requantization.multipliers.data(), actual.data(), nullptr, 0,
                    matmul.rows);
    ASSERT_EQ(run<int8_t>("nn.matmul %a, %b : (" + lhsType + ", " + rhsType + ") -> " + outputType,
                          {tensor<int8_t>(lhsType, x), tensor<int8_t>(rhsType, y)}),
              actual);

    requantization = computeConvolutionRequantization(element(lhs), element(weight), element(output), columns);
    auto folded = foldInputZeroPoint(y, {}, columns, lhsZero, nullptr);
    ASSERT_TRUE(succeeded(folded));
    tinyc_fully_connected_s8_params connected = {matmul.rows, matmul.inner, matmul.columns,
                                                 stageOf(requantization, element(output))};
    tinyc_fully_connected_s8_s8(&connected, x.data(), y.data(), folded->data(), requantization.multipliers.data(),
                                actual.data(), nullptr, 0, connected.rows);
    ASSERT_EQ(run<int8_t>("nn.fully_connected %a, %b : (" + lhsType + ", " + weightType + ") -> " + outputType,
                          {tensor<int8_t>(lhsType, x), tensor<int8_t>(weightType, y)}),
              actual);
  }
}

TEST_F(KernelTest, pooling) {
  for (int round = 0; round < 120; ++round) {
    RandomConvolution pool = randomConvolution();
    pool.outputs = pool.inputs;
    for (int axis : {0, 1}) { // every window holds an element of the input
      pool.dilations[axis] = 1;
      pool.before[axis] = pool.after[axis] = random(0, pool.kernel[axis] - 1);
      pool.size[axis] = pool.kernel[axis] + random(0, 6);
      pool.out[axis] = (pool.size[axis] + 2 * pool.before[axis] - pool.kernel[axis]) / pool.strides[axis] + 1;
    }
    bool includePad = round % 2;
    std::string input = randomActivation(), output = randomActivation(), attributes = pool.attributes();
    attributes = attributes.substr(0, attributes.rfind(", groups")) +
                 ", kernel = array<i64: " + std::to_string(pool.kernel[0]) + ", " + std::to_string(pool.kernel[1]) +
                 ">";
    std::vector<int8_t> x = randomInt8(pool.inputElements());
    std::vector<float> reals = randomFloats(pool.inputElements());
    std::string average = "nn.avg_pool %a {" + attributes + (includePad ? ", includePad} : (" : "} : (");

    std::vector<int8_t> expected = run<int8_t>(average + pool.inputType(input) + ") -> " + pool.outputType(output),
                                               {tensor<int8_t>(pool.inputType(input), x)}),
                        actual(expected.size());
    AvgPoolRequantization average8 = computeAvgPoolRequantization(
        cast<AvgPoolOp>((*module->getOps<func::FuncOp>().begin()).getBody().front().front()));
    tinyc_pool_s8_params params = {windowOf(pool), includePad, static_cast<int32_t>(average8.firstCount),
                                   static_cast<int32_t>(element(input).getZeroPoint()),
                                   stageOf(average8.requantization, element(output))};
    auto rows = static_cast<int32_t>(pool.out[0]);
    tinyc_avg_pool_s8(&params, x.data(), average8.requantization.multipliers.data(), actual.data(), nullptr, 0, rows);
    ASSERT_EQ(actual, expected);

    expected = run<int8_t>("nn.max_pool %a {" + attributes + "} : (" + pool.inputType(input) + ") -> " +
                               pool.outputType(input),
                           {tensor<int8_t>(pool.inputType(input), x)});
    tinyc_max_pool_s8(&params, x.data(), actual.data(), nullptr, 0, rows);
    ASSERT_EQ(actual, expected);

    tinyc_pool_f32_params floats = {windowOf(pool), includePad, {-kInfinity, kInfinity}, 0};
    std::vector<float> means(expected.size()), maxima(expected.size());
    tinyc_avg_pool_f32(&floats, reals.data(), means.data(), nullptr, 0, rows);
    EXPECT_EQ(runFloat(average + pool.inputType("f32") + ") -> " + pool.outputType("f32"), {reals}), means);
    tinyc_max_pool_f32(&floats, reals.data(), maxima.data(), nullptr, 0, rows);
    EXPECT_EQ(
        runFloat("nn.max_pool %a {" + attributes + "} : (" + pool.inputType("f32") + ") -> " + pool.outputType("f32"),
                 {reals}),
        maxima);
  }
}

TEST_F(KernelTest, binary) {
  for (int round = 0; round < 60; ++round) {
    std::string lhs = randomActivation(), rhs = randomActivation(), output = randomActivation();
    std::string lhsType = RandomConvolution::shaped({5, 1, 7}, lhs),
                rhsType = RandomConvolution::shaped({1, 3, 7}, rhs);
    std::string signature = " : (" + lhsType + ", " + rhsType + ") -> " + RandomConvolution::shaped({5, 3, 7}, output);
    std::vector<int8_t> a = randomInt8(35), b = randomInt8(21), actual(105);
    tinyc_elementwise_s8_params params = {};
    const int32_t dims[] = {1, 5, 3, 7}, lhsStrides[] = {0, 7, 0, 1}, rhsStrides[] = {0, 0, 7, 1};
    std::copy_n(dims, 4, params.dims);
    std::copy_n(lhsStrides, 4, params.lhs_strides);
    std::copy_n(rhsStrides, 4, params.rhs_strides);
    params.lhs_zero_point = static_cast<int32_t>(element(lhs).getZeroPoint());
    params.rhs_zero_point = static_cast<int32_t>(element(rhs).getZeroPoint());
    Requantization product = computeConvolutionRequantization(element(lhs), element(rhs), element(output), 1);
    for (const char *name : {"add", "sub", "mul"}) {
      params.output = stageOf(product, element(output));
      params.lhs_multiplier = product.multipliers[0];
      if (*name != 'm') {
        AddConstants constants = computeAdd(element(lhs), element(rhs), element(output), *name == 's');
        params.lhs_multiplier = constants.lhsMultiplier;
        params.rhs_multiplier = constants.rhsMultiplier;
        params.offset = constants.offset;
        params.output.shift = constants.shift;
      }
      (*name == 'm' ? tinyc_mul_s8 : tinyc_add_s8)(&params, a.data(), b.data(), actual.data(), nullptr, 0, 1);
      EXPECT_EQ(run<int8_t>(std::string("nn.") + name + " %a, %b" + signature,
                            {tensor<int8_t>(lhsType, a), tensor<int8_t>(rhsType, b)}),
                actual)
          << name;
    }
  }
}

// Float functions are the same scalar functions: equal bits, special values included.
TEST_F(KernelTest, unaryFloat) {
  std::vector<float> x = {0.0f, -0.0f, kInfinity, -kInfinity, 1e-40f, 88.0f, -104.0f, 3e38f};
  for (float value : randomFloats(92))
    x.push_back(4.0f * value);
  const std::string signature = " : (tensor<100xf32>) -> tensor<100xf32>";
  struct Function {
    const char *op;
    void (*kernel)(const tinyc_unary_f32_params *, const float *, float *, void *, int32_t, int32_t);
    tinyc_unary_f32_params params;
  };
  const Function functions[] = {
      {"nn.clamp %a {min = -1.0 : f32, max = 2.0 : f32}", tinyc_clamp_f32, {1, 100, 0, 0, {-1.0f, 2.0f}}},
      {"nn.leaky_relu %a {alpha = 0.1 : f32}", tinyc_leaky_relu_f32, {1, 100, 0.1f, 0, {0, 0}}},
      {"nn.sigmoid %a", tinyc_sigmoid_f32, {1, 100, 0, 0, {0, 0}}},
      {"nn.hard_sigmoid %a {alpha = 0.2 : f32, beta = 0.5 : f32}",
       tinyc_hard_sigmoid_f32,
       {1, 100, 0.2f, 0.5f, {0, 0}}},
      {"nn.hard_swish %a", tinyc_hard_swish_f32, {1, 100, 1.0f / 6.0f, 0.5f, {0, 0}}},
  };
  for (const Function &function : functions) {
    std::vector<float> actual(100), expected = runFloat(function.op + signature, {x});
    function.kernel(&function.params, x.data(), actual.data(), nullptr, 0, 1);
    for (size_t i = 0; i < x.size(); ++i)
      EXPECT_EQ(bitsOf(actual[i]), bitsOf(expected[i])) << function.op << " of " << x[i];
  }
  std::vector<float> rows = randomFloats(100), actual(100);
  tinyc_softmax_f32_params params = {4, 25};
  const std::string rowSignature = " : (tensor<4x25xf32>) -> tensor<4x25xf32>";
  tinyc_softmax_f32(&params, rows.data(), actual.data(), nullptr, 0, 4);
  EXPECT_EQ(runFloat("nn.softmax %a" + rowSignature, {rows}), actual);
  tinyc_log_softmax_f32(&params, rows.data(), actual.data(), nullptr, 0, 4);
  EXPECT_EQ(runFloat("nn.log_softmax %a" + rowSignature, {rows}), actual);
}

TEST_F(KernelTest, castsAndSoftmaxInt8) {
  for (int round = 0; round < 60; ++round) {
    std::string input = randomActivation(), output = randomActivation();
    std::string inputType = RandomConvolution::shaped({4, 25}, input);
    std::string outputType = RandomConvolution::shaped({4, 25}, output);
    std::vector<int8_t> x = randomInt8(100), actual(100);
    std::string signature = " : (" + inputType + ") -> " + outputType;

    Requantization requantization = computeConvolutionRequantization(element(input), nullptr, element(output), 1);
    tinyc_requantize_s8_params requantize = {4, 25, static_cast<int32_t>(element(input).getZeroPoint()),
                                             requantization.multipliers[0], stageOf(requantization, element(output))};
    tinyc_requantize_s8(&requantize, x.data(), actual.data(), nullptr, 0, 4);
    EXPECT_EQ(run<int8_t>("nn.requantize %a" + signature, {tensor<int8_t>(inputType, x)}), actual);

    for (bool logarithm : {false, true}) {
      SoftmaxConstants constants = computeSoftmax(element(input), element(output), logarithm);
      tinyc_softmax_s8_params softmax = {4,
                                         25,
                                         constants.inputMultiplier,
                                         constants.outputMultiplier,
                                         constants.outputShift,
                                         static_cast<int32_t>(element(output).getZeroPoint())};
      (logarithm ? tinyc_log_softmax_s8 : tinyc_softmax_s8)(&softmax, x.data(), constants.exponentials.data(),
                                                            actual.data(), nullptr, 0, 4);
      EXPECT_EQ(
          run<int8_t>((logarithm ? "nn.log_softmax %a" : "nn.softmax %a") + signature, {tensor<int8_t>(inputType, x)}),
          actual);
    }

    std::vector<float> reals = randomFloats(100), back(100);
    tinyc_quantize_params cast = {4, 25, computeInverseScale(element(output)),
                                  static_cast<int32_t>(element(output).getZeroPoint())};
    tinyc_quantize_f32_s8(&cast, reals.data(), actual.data(), nullptr, 0, 4);
    EXPECT_EQ(run<int8_t>("\"quant.qcast\"(%a) : (tensor<4x25xf32>) -> " + outputType,
                          {tensor<float>("tensor<4x25xf32>", reals)}),
              actual);
    cast.scale = static_cast<float>(element(output).getScale());
    tinyc_dequantize_s8_f32(&cast, actual.data(), back.data(), nullptr, 0, 4);
    EXPECT_EQ(run<float>("\"quant.dcast\"(%a) : (" + outputType + ") -> tensor<4x25xf32>",
                         {tensor<int8_t>(outputType, actual)}),
              back);
  }
}

// The interpreter scatters, the kernels gather; also with more output rows than any tap reaches.
TEST_F(KernelTest, convTranspose) {
  for (int round = 0; round < 100; ++round) {
    int64_t groups = random(0, 2) ? 1 : random(2, 3), depth = random(1, 9), filters = random(1, 5);
    int64_t size[2], kernel[2], strides[2], dilations[2], pads[4], out[2];
    for (int axis : {0, 1}) {
      size[axis] = random(1, 5);
      kernel[axis] = random(1, 4);
      strides[axis] = random(1, 3);
      dilations[axis] = random(1, 2);
      int64_t whole = (size[axis] - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis] + 1;
      pads[axis] = random(0, std::min<int64_t>(whole - 1, 2));
      pads[axis + 2] = random(-2, whole - pads[axis] - 1 > 1 ? 1 : 0);
      out[axis] = whole - pads[axis] - pads[axis + 2];
    }
    auto list = [](const int64_t *values, int count) {
      std::string text = "array<i64: ";
      for (int i = 0; i < count; ++i)
        text += (i ? ", " : "") + std::to_string(values[i]);
      return text + ">";
    };
    std::string attributes = " {strides = " + list(strides, 2) + ", dilations = " + list(dilations, 2) +
                             ", pads = " + list(pads, 4) + ", groups = " + std::to_string(groups) +
                             " : i64, clampMin = 0.0 : f32} : (";
    auto narrow = [](int64_t value) { return static_cast<int32_t>(value); };
    int64_t channels = groups * depth, outputs = groups * filters;
    tinyc_window window = {narrow(size[0]),      narrow(size[1]),      narrow(channels),   narrow(size[0]),
                           narrow(out[0]),       narrow(out[1]),       narrow(outputs),    narrow(out[0]),
                           narrow(kernel[0]),    narrow(kernel[1]),    narrow(strides[0]), narrow(strides[1]),
                           narrow(dilations[0]), narrow(dilations[1]), narrow(pads[0]),    narrow(pads[1])};
    auto shaped = [](llvm::ArrayRef<int64_t> shape, const std::string &element) {
      std::string text = "tensor<";
      for (int64_t dimension : shape)
        text += std::to_string(dimension) + "x";
      return text + element + ">";
    };
    int64_t inputCount = size[0] * size[1] * channels, weightCount = outputs * kernel[0] * kernel[1] * depth;
    auto signature = [&](const std::string &input, const std::string &weight, const std::string &bias,
                         const std::string &output) {
      return attributes + shaped({1, size[0], size[1], channels}, input) + ", " +
             shaped({outputs, kernel[0], kernel[1], depth}, weight) + ", " + shaped({outputs}, bias) + ") -> " +
             shaped({1, out[0], out[1], outputs}, output);
    };

    std::vector<float> reals = randomFloats(inputCount), weights = randomFloats(weightCount),
                       biases = randomFloats(outputs);
    std::vector<float> realResult(out[0] * out[1] * outputs);
    tinyc_conv2d_f32_params realParams = {window, narrow(groups), {0.0f, kInfinity}};
    tinyc_conv_transpose2d_f32_f32(&realParams, reals.data(), weights.data(), biases.data(), realResult.data(), nullptr,
                                   0, window.output_height);
    EXPECT_EQ(
        runFloat("nn.conv_transpose2d %a, %b, %c" + signature("f32", "f32", "f32", "f32"), {reals, weights, biases}),
        realResult);

    std::string input = randomActivation(), output = quantized(randomScale(0.05, 5.0), random(-128, 127));
    std::vector<double> weightScales, biasScales;
    std::vector<int32_t> bias;
    for (int64_t o = 0; o < outputs; ++o) {
      weightScales.push_back(randomScale(0.001, 0.1));
      biasScales.push_back(1.0);
      bias.push_back(static_cast<int32_t>(random(-5000, 5000)));
    }
    std::string weight = perAxis("i8", weightScales), biasElement = perAxis("i32", biasScales);
    std::vector<int8_t> x = randomInt8(inputCount), w = randomInt8(weightCount, -127), actual(realResult.size());
    Requantization requantization = computeConvolutionRequantization(
        element(input), cast<quant::QuantizedType>(type(weight)), element(output), outputs);
    tinyc_conv2d_s8_params params = {window, narrow(groups), narrow(element(input).getZeroPoint()),
                                     stageOf(requantization, element(output), 0.0f)};
    std::vector<int32_t> multipliers(requantization.multipliers.begin(), requantization.multipliers.end());
    tinyc_conv_transpose2d_s8_s8(&params, x.data(), w.data(), bias.data(), multipliers.data(), actual.data(), nullptr,
                                 0, window.output_height);
    EXPECT_EQ(run<int8_t>("nn.conv_transpose2d %a, %b, %c" + signature(input, weight, biasElement, output),
                          {tensor<int8_t>(shaped({1, size[0], size[1], channels}, input), x),
                           tensor<int8_t>(shaped({outputs, kernel[0], kernel[1], depth}, weight), w),
                           tensor<int32_t>(shaped({outputs}, biasElement), bias)}),
              actual);
  }
}

// Tables of random taps: the interpreter, the kernels, and for int8 the real sum, from which the result differs by its
// own rounding, and by that of the weights: two factors off by 2^-12 of at most 255 steps each, times the 2 or 3 taps,
// twice.
TEST_F(KernelTest, resize) {
  for (int round = 0; round < 100; ++round) {
    bool nearest = round % 4 == 0;
    int64_t height = random(1, 6), width = random(1, 6), channels = random(1, 7), rows = random(1, 8),
            columns = random(1, 8);
    int64_t rowTaps = nearest ? 1 : random(1, 3), columnTaps = nearest ? 1 : random(1, 3);
    std::vector<int64_t> rowIndices, columnIndices;
    std::vector<float> rowWeights, columnWeights;
    auto fill = [&](int64_t count, int64_t taps, int64_t size, std::vector<int64_t> &indices,
                    std::vector<float> &weights) {
      for (int64_t i = 0; i < count; ++i) {
        float rest = 1.0f;
        for (int64_t tap = 0; tap < taps; ++tap) {
          indices.push_back(random(0, size - 1));
          // 1/256 of what is left: floats whose sum is exactly 1.
          float weight = tap + 1 < taps ? static_cast<float>(random(-20, 200)) / 256.0f : rest;
          weights.push_back(weight);
          rest -= weight;
        }
      }
    };
    fill(rows, rowTaps, height, rowIndices, rowWeights);
    fill(columns, columnTaps, width, columnIndices, columnWeights);
    auto magnitude = [](const std::vector<float> &weights, int64_t taps) {
      float largest = 0;
      for (size_t i = 0; i < weights.size(); i += taps) {
        float sum = 0;
        for (int64_t tap = 0; tap < taps; ++tap)
          sum += std::abs(weights[i + tap]);
        largest = std::max(largest, sum);
      }
      return largest;
    };
    if (magnitude(rowWeights, rowTaps) * magnitude(columnWeights, columnTaps) > 2)
      continue;
    auto list = [](const auto &values, const char *type) {
      std::string text = std::string("array<") + type + ": ";
      for (size_t i = 0; i < values.size(); ++i) {
        char number[40];
        std::snprintf(number, sizeof number, type[0] == 'f' ? "%.8f" : "%.0f", static_cast<double>(values[i]));
        text += (i ? ", " : "") + std::string(number);
      }
      return text + ">";
    };
    std::string attributes = " {rows = " + list(rowIndices, "i64") + ", columns = " + list(columnIndices, "i64");
    if (!nearest)
      attributes += ", rowWeights = " + list(rowWeights, "f32") + ", columnWeights = " + list(columnWeights, "f32");
    auto signature = [&](const std::string &element) {
      return attributes + "} : (" + RandomConvolution::shaped({1, height, width, channels}, element) + ") -> " +
             RandomConvolution::shaped({1, rows, columns, channels}, element);
    };
    std::vector<uint16_t> indices(rowIndices.begin(), rowIndices.end());
    indices.insert(indices.end(), columnIndices.begin(), columnIndices.end());
    std::string quantizedElement = randomActivation();
    auto narrow = [](int64_t size) { return static_cast<int32_t>(size); };
    tinyc_resize_params params = {
        narrow(height),  narrow(width),   narrow(channels),   narrow(rows),
        narrow(columns), narrow(rowTaps), narrow(columnTaps), narrow(element(quantizedElement).getZeroPoint())};

    std::vector<float> reals = randomFloats(height * width * channels), realResult(rows * columns * channels);
    std::vector<float> weights = rowWeights;
    weights.insert(weights.end(), columnWeights.begin(), columnWeights.end());
    if (nearest)
      tinyc_resize_nearest_f32(&params, reals.data(), indices.data(), realResult.data(), nullptr, 0,
                               params.output_height);
    else
      tinyc_resize_f32(&params, reals.data(), indices.data(), weights.data(), realResult.data(), nullptr, 0,
                       params.output_height);
    EXPECT_EQ(runFloat("nn.resize %a" + signature("f32"), {reals}), realResult);

    std::string inputType = RandomConvolution::shaped({1, height, width, channels}, quantizedElement);
    std::vector<int8_t> x = randomInt8(height * width * channels), actual(rows * columns * channels);
    llvm::SmallVector<int16_t> integers = quantizeResizeWeights(rowWeights, rowTaps);
    llvm::append_range(integers, quantizeResizeWeights(columnWeights, columnTaps));
    if (nearest)
      tinyc_resize_nearest_s8(&params, x.data(), indices.data(), actual.data(), nullptr, 0, params.output_height);
    else
      tinyc_resize_s8(&params, x.data(), indices.data(), integers.data(), actual.data(), nullptr, 0,
                      params.output_height);
    EXPECT_EQ(run<int8_t>("nn.resize %a" + signature(quantizedElement), {tensor<int8_t>(inputType, x)}), actual);
    for (int64_t y = 0, at = 0; y < rows; ++y)
      for (int64_t column = 0; column < columns; ++column)
        for (int64_t c = 0; c < channels; ++c, ++at) {
          double sum = 0;
          for (int64_t t = 0; t < rowTaps; ++t)
            for (int64_t u = 0; u < columnTaps; ++u)
              sum += static_cast<double>(rowWeights[y * rowTaps + t]) * columnWeights[column * columnTaps + u] *
                     x[(rowIndices[y * rowTaps + t] * width + columnIndices[column * columnTaps + u]) * channels + c];
          EXPECT_NEAR(actual[at], std::clamp(sum, -128.0, 127.0), 0.5 + 0x1p-12 * 255 * 2 * 3 * 2);
        }
  }
}

// Weights become 2048ths that keep their sum: 2048 / 3 = 682.67, of which the first takes the one that rounding adds.
TEST_F(KernelTest, resizeWeights) {
  const float third = 1.0f / 3.0f;
  EXPECT_EQ(quantizeResizeWeights({third, third, third, 0.25f, 0.75f, 0.0f}, 3),
            (llvm::SmallVector<int16_t>{682, 683, 683, 512, 1536, 0}));
}

} // namespace
