// Elementwise, unary and normalizing kernels against the mathematical definition.
#include "reference.h"

#include "tinyc/scales.h"

using namespace tinyc::test;

namespace {

// Random dims, operand strides with random broadcast dimensions, and the operands' sizes.
struct Broadcast {
  int32_t dims[4], strides[2][4], size[2], count;
};

Broadcast randomBroadcast(Random &random) {
  Broadcast shape;
  shape.count = 1;
  for (int32_t &dim : shape.dims) {
    dim = randomInt(&random, 1, 6);
    shape.count *= dim;
  }
  for (int operand = 0; operand < 2; operand++) {
    bool whole = randomInt(&random, 0, 1);
    int32_t size = 1;
    for (int k = 3; k >= 0; k--) {
      bool broadcast = !whole && randomInt(&random, 0, 1);
      shape.strides[operand][k] = broadcast ? 0 : size;
      size *= broadcast ? 1 : shape.dims[k];
    }
    shape.size[operand] = size;
  }
  return shape;
}

int32_t offsetOf(const Broadcast &shape, int operand, int32_t index) {
  int32_t offset = 0;
  for (int k = 3; k >= 0; index /= shape.dims[k], k--)
    offset += index % shape.dims[k] * shape.strides[operand][k];
  return offset;
}

template <typename T, typename Params, typename Expected, typename Kernel>
void testBinary(Random &random, const Broadcast &shape, Params params, Kernel kernel, Expected expected) {
  std::copy_n(shape.dims, 4, params.dims);
  std::copy_n(shape.strides[0], 4, params.lhs_strides);
  std::copy_n(shape.strides[1], 4, params.rhs_strides);
  auto lhs = randomTensor<T>(random, shape.size[0]), rhs = randomTensor<T>(random, shape.size[1]);
  Guarded<T> output(shape.count);
  int32_t split = randomInt(&random, 0, shape.dims[0]);
  kernel(&params, lhs.data(), rhs.data(), output.data(), nullptr, split, shape.dims[0]);
  kernel(&params, lhs.data(), rhs.data(), output.data(), nullptr, 0, split);
  EXPECT_TRUE(output.isIntact());
  for (int32_t i = 0; i < shape.count; i++)
    ASSERT_EQ(output[i], expected(lhs[offsetOf(shape, 0, i)], rhs[offsetOf(shape, 1, i)]));
  if (shape.size[0] == shape.count) {
    std::vector<T> inPlace = lhs;
    kernel(&params, inPlace.data(), rhs.data(), inPlace.data(), nullptr, 0, shape.dims[0]);
    EXPECT_EQ(inPlace, output.copy());
  }
  if (shape.size[1] == shape.count) {
    std::vector<T> inPlace = rhs;
    kernel(&params, lhs.data(), inPlace.data(), inPlace.data(), nullptr, 0, shape.dims[0]);
    EXPECT_EQ(inPlace, output.copy());
  }
}

TEST(Kernels, Binary) {
  Random random = {31};
  for (int i = 0; i < 400; i++) {
    Broadcast shape = randomBroadcast(random);
    tinyc_elementwise_s8_params params = {};
    params.lhs_zero_point = randomInt(&random, -128, 127);
    params.rhs_zero_point = randomInt(&random, -128, 127);
    params.output = randomOutput(&random);
    tinyc_elementwise_s8_params add = params;
    ASSERT_TRUE(tinyc_add_s8_scales(randomInt(&random, 10, 300) / 100.0, randomInt(&random, -300, 300) / 100.0, &add));
    testBinary<int8_t>(random, shape, add, tinyc_add_s8, [&](int8_t lhs, int8_t rhs) {
      int64_t acc = static_cast<int64_t>(lhs - add.lhs_zero_point) * add.lhs_multiplier +
                    static_cast<int64_t>(rhs - add.rhs_zero_point) * add.rhs_multiplier;
      double q = std::floor(std::ldexp(static_cast<double>(acc), -add.output.shift) + 0.5) + add.output.zero_point;
      return static_cast<int8_t>(std::clamp<double>(q, add.output.clamp_min, add.output.clamp_max));
    });
    params.lhs_multiplier = randomMultiplier(&random, 3, params.output.shift);
    testBinary<int8_t>(random, shape, params, tinyc_mul_s8, [&](int8_t lhs, int8_t rhs) {
      int64_t acc = (lhs - params.lhs_zero_point) * (rhs - params.rhs_zero_point);
      return outputStage(acc, params.lhs_multiplier, params.output);
    });
    tinyc_elementwise_f32_params f32 = {};
    f32.output = {-3.0f, i % 2 ? 5.0f : INFINITY};
    auto clamped = [&](float x) { return clampFloat(x, f32.output); };
    testBinary<float>(random, shape, f32, tinyc_add_f32, [&](float x, float y) { return clamped(x + y); });
    testBinary<float>(random, shape, f32, tinyc_sub_f32, [&](float x, float y) { return clamped(x - y); });
    testBinary<float>(random, shape, f32, tinyc_mul_f32, [&](float x, float y) { return clamped(x * y); });
  }
}

const float kSpecial[] = {NAN, INFINITY, -INFINITY, 0.0f, -0.0f, 1e-40f, 3.4e38f, -3.4e38f};

template <typename Kernel, typename Expected>
void testUnaryF32(Kernel kernel, tinyc_unary_f32_params params, Expected expected) {
  Random random = {32};
  params.rows = 7;
  params.length = 13;
  auto input = randomTensor<float>(random, 91);
  std::copy(std::begin(kSpecial), std::end(kSpecial), input.begin() + 20);
  Guarded<float> output(91);
  std::copy(input.begin(), input.end(), output.data());
  kernel(&params, output.data(), output.data(), nullptr, 0, 3); // in place, in two parts
  kernel(&params, output.data(), output.data(), nullptr, 3, 7);
  EXPECT_TRUE(output.isIntact());
  for (size_t i = 0; i < input.size(); i++) {
    float exact = static_cast<float>(expected(static_cast<double>(input[i])));
    if (std::isnan(exact))
      EXPECT_TRUE(std::isnan(output[i])) << input[i];
    else if (std::isinf(exact) || exact == 0.0f)
      EXPECT_EQ(output[i], exact) << input[i];
    else
      EXPECT_NEAR(output[i], exact, std::fabs(exact) * 1e-6 + 1e-7) << input[i];
  }
}

TEST(Kernels, UnaryF32) {
  tinyc_unary_f32_params params = {0, 0, 0.2f, 0.5f, {-1.5f, 2.0f}};
  // NaN stays NaN, as in ONNX Clip and numpy.clip.
  testUnaryF32(tinyc_clamp_f32, params, [](double x) { return x < -1.5 ? -1.5 : x > 2.0 ? 2.0 : x; });
  testUnaryF32(tinyc_leaky_relu_f32, params, [](double x) { return x < 0 ? static_cast<double>(0.2f) * x : x; });
  testUnaryF32(tinyc_sigmoid_f32, params, [](double x) { return 1.0 / (1.0 + std::exp(-x)); });
  auto hard = [](double alpha, double x) {
    double y = alpha * x + 0.5;
    return y < 0 ? 0.0 : y > 1 ? 1.0 : y;
  };
  testUnaryF32(tinyc_hard_sigmoid_f32, params, [&](double x) { return hard(0.2f, x); });
  params.alpha = 1.0f / 6.0f;
  testUnaryF32(tinyc_hard_swish_f32, params, [&](double x) { return x * hard(1.0 / 6.0, x); });
}

TEST(Kernels, UnaryS8) {
  Random random = {33};
  tinyc_lookup_s8_params params = {5, 17};
  auto table = randomTensor<int8_t>(random, 256), input = randomTensor<int8_t>(random, 85);
  std::vector<int8_t> output = input;
  tinyc_lookup_s8(&params, output.data(), table.data(), output.data(), nullptr, 1, 5);
  for (size_t i = 0; i < 85; i++)
    EXPECT_EQ(output[i], i < 17 ? input[i] : table[static_cast<uint8_t>(input[i])]);

  for (int i = 0; i < 50; i++) {
    tinyc_requantize_s8_params requantize = {5, 17, randomInt(&random, -128, 127), 0, randomOutput(&random)};
    requantize.multiplier = randomMultiplier(&random, 1, requantize.output.shift);
    output = input;
    tinyc_requantize_s8(&requantize, output.data(), output.data(), nullptr, 1, 5);
    for (size_t j = 0; j < 85; j++)
      EXPECT_EQ(output[j],
                j < 17 ? input[j]
                       : outputStage(input[j] - requantize.input_zero_point, requantize.multiplier, requantize.output));
  }
}

TEST(Kernels, QuantizeDequantize) {
  Random random = {34};
  for (int i = 0; i < 50; i++) {
    float inverse = static_cast<float>(randomInt(&random, 1, 4000)) / 64.0f;
    tinyc_quantize_params params = {6, 19, inverse, randomInt(&random, -128, 127)};
    auto input = randomTensor<float>(random, 6 * 19);
    Guarded<int8_t> output(6 * 19);
    tinyc_quantize_f32_s8(&params, input.data(), output.data(), nullptr, 0, 6);
    EXPECT_TRUE(output.isIntact());
    for (size_t j = 0; j < input.size(); j++)
      EXPECT_EQ(output[j], std::clamp(std::nearbyint(input[j] * inverse) + params.zero_point, -128.0f, 127.0f));
    params.scale = 1.0f / 3.0f;
    Guarded<float> back(6 * 19);
    tinyc_dequantize_s8_f32(&params, output.data(), back.data(), nullptr, 0, 6);
    EXPECT_TRUE(back.isIntact());
    for (size_t j = 0; j < input.size(); j++)
      EXPECT_EQ(back[j], static_cast<float>(output[j] - params.zero_point) * params.scale);
  }
}

TEST(Kernels, Softmax) {
  Random random = {35};
  for (int i = 0; i < 100; i++) {
    tinyc_softmax_f32_params params = {randomInt(&random, 1, 4), randomInt(&random, 1, 40)};
    auto input = randomTensor<float>(random, params.rows * params.length);
    std::vector<float> output = input, logarithm = input;
    tinyc_softmax_f32(&params, output.data(), output.data(), nullptr, 0, params.rows);
    tinyc_log_softmax_f32(&params, logarithm.data(), logarithm.data(), nullptr, 0, params.rows);
    for (int32_t row = 0; row < params.rows; row++) {
      const float *x = input.data() + row * params.length;
      double largest = *std::max_element(x, x + params.length), sum = 0;
      for (int32_t j = 0; j < params.length; j++)
        sum += std::exp(x[j] - largest);
      for (int32_t j = 0; j < params.length; j++) {
        double exact = std::exp(x[j] - largest) / sum;
        EXPECT_NEAR(output[row * params.length + j], exact, exact * 1e-6);
        EXPECT_NEAR(logarithm[row * params.length + j], std::log(exact), 4e-6);
      }
    }
  }
  tinyc_softmax_f32_params params = {1, 3};
  float input[] = {1.0f, NAN, 2.0f}, output[3];
  tinyc_softmax_f32(&params, input, output, nullptr, 0, 1);
  EXPECT_TRUE(std::isnan(output[0]) && std::isnan(output[1]) && std::isnan(output[2]));
}

// The row function is tested in arithmetic.cpp: here rows, ranges and pointers.
TEST(Kernels, SoftmaxS8) {
  Random random = {36};
  tinyc_softmax_s8_params params = {5, 9, 0, 0, 0, -128}, logarithm = params;
  ASSERT_TRUE(tinyc_softmax_s8_scales(1.0 / 256, &params));
  ASSERT_TRUE(tinyc_log_softmax_s8_scales(0.1, 0.2, &logarithm));
  uint16_t table[256];
  tinyc_exponentials_u16(0.1, table);
  auto input = randomTensor<int8_t>(random, 45);
  std::vector<int8_t> output = input, expected = input, outputLog = input, expectedLog = input;
  tinyc_softmax_s8(&params, output.data(), table, output.data(), nullptr, 1, 4);
  tinyc_log_softmax_s8(&logarithm, outputLog.data(), table, outputLog.data(), nullptr, 1, 4);
  for (int row = 1; row < 4; row++) {
    tinyc_softmax_row_s8(input.data() + row * 9, expected.data() + row * 9, table, &params);
    tinyc_log_softmax_row_s8(input.data() + row * 9, expectedLog.data() + row * 9, table, &logarithm);
  }
  EXPECT_EQ(output, expected);
  EXPECT_EQ(outputLog, expectedLog);
}

} // namespace
