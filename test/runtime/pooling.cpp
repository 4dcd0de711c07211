// Pooling against the mathematical definition.
#include "reference.h"

#include "tinyc/scales.h"

using namespace tinyc::test;

namespace {

tinyc_window randomPool(Random &random) {
  tinyc_window window = randomWindow(&random, 4, 12);
  window.input_channels = window.output_channels = randomInt(&random, 1, 37);
  return window;
}

int32_t countInside(const tinyc_window &window, int32_t y, int32_t x) {
  int32_t count = 0;
  forEachTap(window, y, x, [&](int32_t, int32_t, int32_t, int32_t) { count++; });
  return count;
}

TEST(Kernels, AvgPoolS8) {
  Random random = {21};
  for (int i = 0; i < 300; i++) {
    tinyc_pool_s8_params params = {randomPool(random), randomInt(&random, 0, 1), 1, randomInt(&random, -128, 127), {}};
    tinyc_window &window = params.window;
    params.output = {randomInt(&random, -128, 127), -128, 127, 0, 0};
    int32_t taps = window.kernel_height * window.kernel_width;
    double scale = randomInt(&random, 50, 200) / 100.0;
    std::vector<int32_t> multipliers(taps);
    params.first_count = params.include_pad ? taps : randomInt(&random, 0, 1) ? 1 : taps;
    for (int32_t y = 0; y < window.output_height; y++)
      for (int32_t x = 0; x < window.output_width; x++)
        if (int32_t count = countInside(window, y, x); count > 0)
          params.first_count = std::min(params.first_count, count);
    if (params.include_pad)
      params.first_count = taps;
    ASSERT_TRUE(tinyc_avg_pool_s8_scales(scale, params.first_count, taps, multipliers.data(), &params.output.shift));
    auto input = randomTensor<int8_t>(random, window.input_height * window.input_width * window.input_channels);
    auto output = runWindowed<int8_t>(
        random, window, input, [&](const tinyc_window &w, const int8_t *in, int8_t *out, int32_t begin, int32_t end) {
          tinyc_pool_s8_params p = params;
          p.window = w;
          tinyc_avg_pool_s8(&p, in, multipliers.data(), out, nullptr, begin, end);
        });
    for (int32_t y = 0, index = 0; y < window.output_height; y++)
      for (int32_t x = 0; x < window.output_width; x++) {
        int32_t count = countInside(window, y, x);
        for (int32_t c = 0; c < window.input_channels; c++, index++) {
          int64_t acc = 0;
          forEachTap(window, y, x, [&](int32_t, int32_t, int32_t row, int32_t column) {
            acc += input[(row * window.input_width + column) * window.input_channels + c] - params.input_zero_point;
          });
          int32_t multiplier = multipliers[params.include_pad || count == 0 ? 0 : count - params.first_count];
          ASSERT_EQ(output[index], outputStage(acc, multiplier, params.output)) << "shape " << i;
          double divisor = params.include_pad ? taps : std::max(count, 1);
          double exact = static_cast<double>(acc) / divisor * scale + params.output.zero_point;
          ASSERT_NEAR(output[index], std::clamp(exact, -128.0, 127.0), 0.501) << "shape " << i;
        }
      }
  }
}

TEST(Kernels, AvgPoolF32) {
  Random random = {22};
  for (int i = 0; i < 200; i++) {
    tinyc_pool_f32_params params = {randomPool(random), i % 2, {-3.0f, 3.0f}, i % 4 == 1 ? 0 : 5};
    tinyc_window &window = params.window;
    int32_t whole = params.divisor_count ? params.divisor_count : window.kernel_height * window.kernel_width;
    auto input = randomTensor<float>(random, window.input_height * window.input_width * window.input_channels);
    auto output = runWindowed<float>(
        random, window, input, [&](const tinyc_window &w, const float *in, float *out, int32_t begin, int32_t end) {
          tinyc_pool_f32_params p = params;
          p.window = w;
          tinyc_avg_pool_f32(&p, in, out, nullptr, begin, end);
        });
    for (int32_t y = 0, index = 0; y < window.output_height; y++)
      for (int32_t x = 0; x < window.output_width; x++)
        for (int32_t c = 0; c < window.input_channels; c++, index++) {
          double sum = 0;
          forEachTap(window, y, x, [&](int32_t, int32_t, int32_t row, int32_t column) {
            sum += input[(row * window.input_width + column) * window.input_channels + c];
          });
          double divisor = params.include_pad ? whole : std::max(countInside(window, y, x), 1);
          ASSERT_NEAR(output[index], clampFloat(sum / divisor, params.output), 1e-4) << "shape " << i;
        }
  }
}

// A global average pool, and the same as sums of bands and their average.
TEST(Kernels, SumRowsAndAverage) {
  Random random = {25};
  for (int i = 0; i < 200; i++) {
    int32_t height = randomInt(&random, 1, 12), width = randomInt(&random, 1, 12);
    int32_t channels = randomInt(&random, 1, 40), count = height * width, step = randomInt(&random, 1, height);
    tinyc_window window = {height, width, channels, height, 1, 1, channels, 1, height, width, 1, 1, 1, 1, 0, 0};
    tinyc_pool_s8_params pool = {window, 0, count, randomInt(&random, -128, 127), {}};
    pool.output = {randomInt(&random, -128, 127), -100, 127, 0, 0};
    int32_t multiplier = 0;
    ASSERT_TRUE(tinyc_avg_pool_s8_scales(1.7, count, count, &multiplier, &pool.output.shift));
    auto input = randomTensor<int8_t>(random, count * channels);
    auto floatInput = randomTensor<float>(random, count * channels);
    tinyc_pool_f32_params floatPool = {window, 0, {-3.0f, 3.0f}, 0};
    Guarded<int8_t> pooled(channels), averaged(channels);
    Guarded<float> floatPooled(channels), floatAveraged(channels), floatSums(channels);
    Guarded<int32_t> sums(channels);
    tinyc_avg_pool_s8(&pool, input.data(), &multiplier, pooled.data(), nullptr, 0, 1);
    tinyc_avg_pool_f32(&floatPool, floatInput.data(), floatPooled.data(), nullptr, 0, 1);

    tinyc_sum_rows_params sumRows = {height, width, channels};
    for (int32_t begin = 0; begin < height; begin += step) {
      int32_t end = std::min(begin + step, height);
      tinyc_sum_rows_s8(&sumRows, input.data() + begin * width * channels, sums.data(), nullptr, begin, end);
      tinyc_sum_rows_f32(&sumRows, floatInput.data() + begin * width * channels, floatSums.data(), nullptr, begin, end);
    }
    tinyc_average_s8_params average = {channels, count, pool.input_zero_point, pool.output};
    tinyc_average_f32_params floatAverage = {channels, count, floatPool.output};
    tinyc_average_s8(&average, sums.data(), &multiplier, averaged.data(), nullptr, 0, 1);
    tinyc_average_f32(&floatAverage, floatSums.data(), floatAveraged.data(), nullptr, 0, 1);
    EXPECT_EQ(pooled.copy(), averaged.copy());
    EXPECT_EQ(0, std::memcmp(floatPooled.data(), floatAveraged.data(), channels * sizeof(float)));
    EXPECT_TRUE(sums.isIntact() && floatSums.isIntact() && averaged.isIntact() && floatAveraged.isIntact());
  }
}

template <typename T, typename Params, typename Kernel>
void testMaxPool(uint32_t seed, Params params, T lowest, Kernel kernel) {
  Random random = {seed};
  for (int i = 0; i < 200; i++) {
    params.window = randomPool(random);
    tinyc_window &window = params.window;
    auto input = randomTensor<T>(random, window.input_height * window.input_width * window.input_channels);
    auto output = runWindowed<T>(random, window, input,
                                 [&](const tinyc_window &w, const T *in, T *out, int32_t begin, int32_t end) {
                                   Params p = params;
                                   p.window = w;
                                   kernel(&p, in, out, nullptr, begin, end);
                                 });
    for (int32_t y = 0, index = 0; y < window.output_height; y++)
      for (int32_t x = 0; x < window.output_width; x++)
        for (int32_t c = 0; c < window.input_channels; c++, index++) {
          T largest = lowest;
          forEachTap(window, y, x, [&](int32_t, int32_t, int32_t row, int32_t column) {
            largest = std::max(largest, input[(row * window.input_width + column) * window.input_channels + c]);
          });
          largest =
              std::clamp<T>(largest, static_cast<T>(params.output.clamp_min), static_cast<T>(params.output.clamp_max));
          ASSERT_EQ(output[index], largest) << "shape " << i;
        }
  }
}

TEST(Kernels, MaxPool) {
  tinyc_pool_s8_params params = {};
  params.output = {0, -128, 120, 32, 0};
  testMaxPool<int8_t>(23, params, -128, tinyc_max_pool_s8);
  tinyc_pool_f32_params floatParams = {};
  floatParams.output = {-INFINITY, 3.0f};
  testMaxPool<float>(24, floatParams, -INFINITY, tinyc_max_pool_f32);
}

TEST(Kernels, MaxPoolNaN) {
  tinyc_pool_f32_params params = {{1, 4, 1, 1, 1, 2, 1, 1, 1, 2, 1, 2, 1, 1, 0, 0}, 0, {-INFINITY, INFINITY}, 0};
  float input[] = {NAN, 1.0f, 1.0f, NAN}, output[2];
  tinyc_max_pool_f32(&params, input, output, nullptr, 0, 1);
  EXPECT_TRUE(std::isnan(output[0]) && std::isnan(output[1]));
}

} // namespace
