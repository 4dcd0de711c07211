// Kernels on int16 but convolutions against the mathematical definition.
#include "reference.h"

#include "tinyc/narrow.h"
#include "tinyc/scales.h"

using namespace tinyc::test;

namespace {

TEST(KernelsS16, FullyConnected) {
  using Kernel = decltype(&tinyc_fully_connected_s16_s8);
  for (auto [bits, kernel] : {std::pair<int, Kernel>{8, tinyc_fully_connected_s16_s8},
                              {4, tinyc_fully_connected_s16_s4},
                              {2, tinyc_fully_connected_s16_s2}}) {
    Random random = {71u + static_cast<uint32_t>(bits)};
    for (int i = 0; i < 100; i++) {
      tinyc_fully_connected_s8_params params = {randomInt(&random, 1, 3), randomInt(&random, 1, 200),
                                                randomInt(&random, 1, 20), randomOutputS16(random)};
      auto input = randomTensor<int16_t>(random, params.rows * params.inputs);
      for (int16_t &x : input)
        x = static_cast<int16_t>(x / (1 + params.inputs / 128));
      std::vector<int8_t> weights(params.inputs * params.outputs), packed(tinyc_narrow_bytes(weights.size(), bits));
      for (int8_t &w : weights)
        w = static_cast<int8_t>(randomInt(&random, -(1 << (bits - 1)), (1 << (bits - 1)) - 1));
      tinyc_pack_narrow(weights.data(), weights.size(), bits, reinterpret_cast<uint8_t *>(packed.data()));
      std::vector<int32_t> bias(params.outputs), multipliers(params.outputs);
      for (int32_t o = 0; o < params.outputs; o++) {
        bias[o] = randomInt(&random, -1000000, 1000000);
        multipliers[o] = randomMultiplier(&random, params.inputs, params.output.shift);
      }
      Guarded<int16_t> output(params.rows * params.outputs);
      kernel(&params, input.data(), packed.data(), bias.data(), multipliers.data(), output.data(), nullptr, 0,
             params.rows);
      EXPECT_TRUE(output.isIntact());
      for (int32_t row = 0; row < params.rows; row++)
        for (int32_t o = 0; o < params.outputs; o++) {
          int64_t acc = bias[o];
          for (int32_t k = 0; k < params.inputs; k++)
            acc += input[row * params.inputs + k] * weights[o * params.inputs + k];
          ASSERT_EQ(output[row * params.outputs + o],
                    outputStage(acc, multipliers[params.output.multiplier_step ? o : 0], params.output));
        }
    }
  }
}

// add within a step of the real sum, and exactly what arithmetic.h says; mul by the output stage.
TEST(KernelsS16, Binary) {
  Random random = {72};
  for (int i = 0; i < 300; i++) {
    tinyc_elementwise_s8_params params = {};
    int32_t length = randomInt(&random, 1, 40);
    bool broadcast = i % 3 == 0;
    int32_t dims[] = {randomInt(&random, 1, 5), 1, 1, length}, strides[] = {length, 0, 0, 1}, fixed[] = {0, 0, 0, 0};
    std::copy_n(dims, 4, params.dims);
    std::copy_n(strides, 4, params.lhs_strides);
    std::copy_n(broadcast ? fixed : strides, 4, params.rhs_strides);
    auto lhs = randomTensor<int16_t>(random, dims[0] * length), rhs = randomTensor<int16_t>(random, dims[0] * length);
    double left = randomInt(&random, 1, 300) / 100.0, right = (i % 2 ? -1 : 1) * randomInt(&random, 1, 300) / 100.0;
    params.output = {0, -32767, 32767, 0, 0};
    ASSERT_TRUE(tinyc_add_s16_scales(left, right, &params));
    Guarded<int16_t> output(lhs.size());
    tinyc_add_s16(&params, lhs.data(), rhs.data(), output.data(), nullptr, 0, dims[0]);
    EXPECT_TRUE(output.isIntact());
    for (size_t k = 0; k < lhs.size(); k++) {
      double exact = lhs[k] * left + rhs[broadcast ? 0 : k] * right;
      ASSERT_NEAR(output[k], std::clamp(exact, -32767.0, 32767.0), 0.501);
    }
    params.output = randomOutputS16(random);
    params.lhs_multiplier = randomInt(&random, 1, 1 << 30);
    tinyc_mul_s16(&params, lhs.data(), rhs.data(), output.data(), nullptr, 0, dims[0]);
    for (size_t k = 0; k < lhs.size(); k++)
      ASSERT_EQ(output[k], outputStage(int64_t(lhs[k]) * rhs[broadcast ? 0 : k], params.lhs_multiplier, params.output));
  }
}

// Straight lines between the entries: exact for a straight line, within a step where a curve is as flat as a logistic
// one.
TEST(KernelsS16, Lookup) {
  std::vector<int16_t> line(513), logistic(513), input(65536), output(65536);
  auto sigmoid = [](double x) { return 1.0 / (1.0 + std::exp(-x)); };
  const double scale = 8.0 / 32767;
  for (int32_t i = 0; i < 513; i++) {
    line[i] = static_cast<int16_t>((128 * i - 32768) / 2);
    logistic[i] = static_cast<int16_t>(std::nearbyint(32767 * sigmoid((128 * i - 32768) * scale)));
  }
  for (int32_t i = 0; i < 65536; i++)
    input[i] = static_cast<int16_t>(i - 32768);
  tinyc_lookup_s8_params params = {1, 65536};
  tinyc_lookup_s16(&params, input.data(), line.data(), output.data(), nullptr, 0, 1);
  for (int32_t i = 0; i < 65536; i++)
    ASSERT_EQ(output[i], std::floor((i - 32768) / 2.0 + 0.5));
  tinyc_lookup_s16(&params, input.data(), logistic.data(), output.data(), nullptr, 0, 1);
  for (int32_t i = 0; i < 65536; i++)
    ASSERT_NEAR(output[i], 32767 * sigmoid((i - 32768) * scale), 1.6);
}

TEST(KernelsS16, Softmax) {
  Random random = {73};
  for (int i = 0; i < 300; i++) {
    tinyc_softmax_s8_params params = {2, i % 10 ? randomInt(&random, 1, 40) : 1000, 0, 0, 0, 0};
    double scale = randomInt(&random, 1, 100) / 100000.0;
    std::vector<uint16_t> exponentials(512);
    tinyc_exponentials_s16(scale, exponentials.data());
    auto input = randomTensor<int16_t>(random, 2 * params.length);
    Guarded<int16_t> output(input.size());
    ASSERT_TRUE(tinyc_softmax_s16_scales(1.0 / 32767, &params));
    tinyc_softmax_s16(&params, input.data(), exponentials.data(), output.data(), nullptr, 0, 2);
    EXPECT_TRUE(output.isIntact());
    double outputScale = 64.0 / 32767;
    tinyc_softmax_s8_params logarithm = params;
    ASSERT_TRUE(tinyc_log_softmax_s16_scales(scale, outputScale, &logarithm));
    Guarded<int16_t> logarithms(input.size());
    tinyc_log_softmax_s16(&logarithm, input.data(), exponentials.data(), logarithms.data(), nullptr, 0, 2);
    for (int32_t row = 0; row < 2; row++) {
      const int16_t *x = input.data() + row * params.length;
      int32_t largest = *std::max_element(x, x + params.length);
      double sum = 0;
      for (int32_t k = 0; k < params.length; k++)
        sum += std::exp((x[k] - largest) * scale);
      for (int32_t k = 0; k < params.length; k++) {
        double share = std::exp((x[k] - largest) * scale) / sum;
        // A half from rounding; entries of both tables are rounded to 2^-17, so that an exponential is off by a half of
        // a step, and their sum by as much for each of them.
        ASSERT_NEAR(output[row * params.length + k], 32767 * share, 1.01 + 0.5 * params.length * share / sum);
        double exact = ((x[k] - largest) * scale - std::log(sum)) / outputScale;
        ASSERT_NEAR(logarithms[row * params.length + k], std::max(exact, -32767.0), 0.6 + params.length / 512.0);
      }
    }
  }
}

TEST(KernelsS16, ChangesOfType) {
  Random random = {74};
  const float scale = 0.001f;
  std::vector<float> real = {0.0f, 0.0005f, -0.0015f, 32.767f, 40.0f, -1e30f, NAN, 1.2345f};
  std::vector<int16_t> quantized(real.size());
  tinyc_quantize_params quantize = {1, static_cast<int32_t>(real.size()), 1.0f / scale, 0};
  tinyc_quantize_f32_s16(&quantize, real.data(), quantized.data(), nullptr, 0, 1);
  // 0.0005 / 0.001 is below a half in float, -0.0015 / 0.001 above -1.5: no ties.
  EXPECT_EQ(quantized[0], 0);
  EXPECT_NEAR(quantized[1], 0.5, 0.5);
  EXPECT_NEAR(quantized[2], -1.5, 0.5);
  EXPECT_EQ(std::vector<int16_t>(quantized.begin() + 3, quantized.end()),
            (std::vector<int16_t>{32767, 32767, -32767, 0, 1234}));
  std::vector<float> back(real.size());
  tinyc_quantize_params dequantize = {1, static_cast<int32_t>(real.size()), scale, 0};
  tinyc_dequantize_s16_f32(&dequantize, quantized.data(), back.data(), nullptr, 0, 1);
  for (size_t i = 0; i < back.size(); i++)
    EXPECT_EQ(back[i], static_cast<float>(quantized[i]) * scale);

  for (int i = 0; i < 300; i++) {
    tinyc_requantize_s8_params params = {2, randomInt(&random, 1, 50), 0, randomInt(&random, 1, 1 << 30),
                                         randomOutputS16(random)};
    auto wide = randomTensor<int16_t>(random, 2 * params.length);
    auto narrow = randomTensor<int8_t>(random, 2 * params.length);
    Guarded<int16_t> output(wide.size());
    tinyc_requantize_s16(&params, wide.data(), output.data(), nullptr, 0, 2);
    for (size_t k = 0; k < wide.size(); k++)
      ASSERT_EQ(output[k], outputStage(wide[k], params.multiplier, params.output));
    params.input_zero_point = randomInt(&random, -128, 127);
    tinyc_requantize_s8_s16(&params, narrow.data(), output.data(), nullptr, 0, 2);
    for (size_t k = 0; k < wide.size(); k++)
      ASSERT_EQ(output[k], outputStage(narrow[k] - params.input_zero_point, params.multiplier, params.output));
    params.input_zero_point = 0;
    params.output = randomOutput(&random);
    Guarded<int8_t> bytes(wide.size());
    tinyc_requantize_s16_s8(&params, wide.data(), bytes.data(), nullptr, 0, 2);
    EXPECT_TRUE(output.isIntact() && bytes.isIntact());
    for (size_t k = 0; k < wide.size(); k++)
      ASSERT_EQ(bytes[k], outputStage(wide[k], params.multiplier, params.output));
  }
}

TEST(KernelsS16, Pooling) {
  Random random = {75};
  for (int i = 0; i < 200; i++) {
    tinyc_pool_s8_params params = {randomWindow(&random, 4, 12), randomInt(&random, 0, 1), 1, 0,
                                   randomOutputS16(random)};
    tinyc_window &window = params.window;
    window.input_channels = window.output_channels = randomInt(&random, 1, 37);
    std::vector<int32_t> multipliers(window.kernel_height * window.kernel_width);
    for (int32_t &multiplier : multipliers)
      multiplier = randomInt(&random, 1, 1 << 30);
    auto input = randomTensor<int16_t>(random, window.input_height * window.input_width * window.input_channels);
    auto averages = runWindowed<int16_t>(
        random, window, input, [&](const tinyc_window &w, const int16_t *in, int16_t *out, int32_t begin, int32_t end) {
          tinyc_pool_s8_params p = params;
          p.window = w;
          tinyc_avg_pool_s16(&p, in, multipliers.data(), out, nullptr, begin, end);
        });
    auto maxima = runWindowed<int16_t>(
        random, window, input, [&](const tinyc_window &w, const int16_t *in, int16_t *out, int32_t begin, int32_t end) {
          tinyc_pool_s8_params p = params;
          p.window = w;
          tinyc_max_pool_s16(&p, in, out, nullptr, begin, end);
        });
    for (int32_t y = 0, index = 0; y < window.output_height; y++)
      for (int32_t x = 0; x < window.output_width; x++)
        for (int32_t c = 0; c < window.input_channels; c++, index++) {
          int64_t acc = 0;
          int32_t count = 0, largest = -32768;
          forEachTap(window, y, x, [&](int32_t, int32_t, int32_t row, int32_t column) {
            int32_t element = input[(row * window.input_width + column) * window.input_channels + c];
            acc += element;
            largest = std::max(largest, element);
            count++;
          });
          int32_t multiplier = multipliers[params.include_pad || count == 0 ? 0 : count - 1];
          ASSERT_EQ(averages[index], outputStage(acc, multiplier, params.output));
          ASSERT_EQ(maxima[index], std::clamp(largest, params.output.clamp_min, params.output.clamp_max));
        }
  }
  // The mean over an image by its rows.
  tinyc_sum_rows_params sums = {5, 7, 9};
  auto image = randomTensor<int16_t>(random, 5 * 7 * 9);
  std::vector<int32_t> sum(9, 1);
  tinyc_sum_rows_s16(&sums, image.data(), sum.data(), nullptr, 0, 2);
  tinyc_sum_rows_s16(&sums, image.data() + 2 * 7 * 9, sum.data(), nullptr, 2, 5);
  tinyc_average_s8_params average = {9, 35, 0, {0, -32767, 32767, 40, 0}};
  std::vector<int16_t> means(9);
  int32_t multiplier = static_cast<int32_t>(std::ldexp(1.0, 40) / 35 / 16);
  tinyc_average_s16(&average, sum.data(), &multiplier, means.data(), nullptr, 0, 1);
  for (int32_t c = 0; c < 9; c++) {
    int64_t acc = 0;
    for (int32_t i = 0; i < 35; i++)
      acc += image[i * 9 + c];
    EXPECT_EQ(sum[c], acc);
    EXPECT_EQ(means[c], outputStage(acc, multiplier, average.output));
  }
}

// Movements keep elements: the float kernels on words of the same numbers.
TEST(KernelsS16, Movement) {
  Random random = {76};
  for (int i = 0; i < 100; i++) {
    auto input = randomTensor<int16_t>(random, 3 * 4 * 5 * 6);
    std::vector<float> words(input.begin(), input.end());
    tinyc_pad_s8_params pad = {{3, 4, 5, 6}, {}, {}, randomInt(&random, -32767, 32767)};
    tinyc_pad_f32_params padWords = {{3, 4, 5, 6}, {}, {}, static_cast<float>(pad.value)};
    int32_t size = 1;
    for (int k = 0; k < 4; k++) {
      pad.before[k] = padWords.before[k] = randomInt(&random, 0, 2);
      pad.after[k] = padWords.after[k] = randomInt(&random, 0, 2);
      size *= pad.before[k] + pad.dims[k] + pad.after[k];
    }
    int32_t rows = pad.before[0] + 3 + pad.after[0];
    Guarded<int16_t> output(size);
    std::vector<float> expected(size);
    tinyc_pad_s16(&pad, input.data(), output.data(), nullptr, 0, rows);
    tinyc_pad_f32(&padWords, words.data(), expected.data(), nullptr, 0, rows);
    EXPECT_TRUE(output.isIntact());
    EXPECT_EQ(output.copy(), std::vector<int16_t>(expected.begin(), expected.end()));

    tinyc_transpose_params transpose = {{1, 1, 6, 5, 4, 3}, {0, 0, 1, 6, 30, 120}};
    Guarded<int16_t> moved(input.size());
    std::vector<float> movedWords(input.size());
    tinyc_transpose_s16(&transpose, input.data(), moved.data(), nullptr, 0, 1);
    tinyc_transpose_f32(&transpose, words.data(), movedWords.data(), nullptr, 0, 1);
    EXPECT_EQ(moved.copy(), std::vector<int16_t>(movedWords.begin(), movedWords.end()));

    tinyc_copy_params copy = {4, 9, randomInt(&random, 9, 20), randomInt(&random, 9, 20), 2, 3};
    Guarded<int16_t> copied(100);
    std::vector<float> copiedWords(100);
    std::copy_n(input.data(), 100, copied.data());
    std::copy_n(words.data(), 100, copiedWords.data());
    tinyc_copy_s16(&copy, input.data(), copied.data(), nullptr, 0, 4);
    tinyc_copy_f32(&copy, words.data(), copiedWords.data(), nullptr, 0, 4);
    EXPECT_TRUE(moved.isIntact() && copied.isIntact());
    EXPECT_EQ(copied.copy(), std::vector<int16_t>(copiedWords.begin(), copiedWords.end()));
  }
}

} // namespace
