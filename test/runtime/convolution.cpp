// Convolutions, fully connected and matmul against the mathematical definition.
#include "reference.h"
#include "tinyc/narrow.h"

using namespace tinyc::test;

namespace {

// Output element (y, x, o) of a grouped convolution: visit(input element, weight index in OHWI order).
template <typename Visit>
void forEachProduct(const tinyc_window &window, int32_t groups, int32_t y, int32_t x, int32_t o, Visit visit) {
  int32_t channels = window.input_channels / groups, group = o / (window.output_channels / groups);
  forEachTap(window, y, x, [&](int32_t ky, int32_t kx, int32_t row, int32_t column) {
    for (int32_t c = 0; c < channels; c++)
      visit((row * window.input_width + column) * window.input_channels + group * channels + c,
            ((o * window.kernel_height + ky) * window.kernel_width + kx) * channels + c);
  });
}

struct Shape {
  tinyc_window window;
  int32_t groups;
  int32_t length; // elements of one filter
};

Shape randomShape(Random &random, bool depthwise) {
  Shape shape = {randomWindow(&random, 5, 12), 1, 0};
  tinyc_window &window = shape.window;
  if (depthwise) {
    window.input_channels = shape.groups = randomInt(&random, 1, 37);
    window.output_channels = window.input_channels * (randomInt(&random, 0, 3) ? 1 : randomInt(&random, 2, 3));
  } else {
    shape.groups = randomInt(&random, 0, 2) ? 1 : randomInt(&random, 2, 4);
    window.input_channels = shape.groups * randomInt(&random, 1, shape.groups > 1 ? 6 : 21);
    window.output_channels = shape.groups * randomInt(&random, 1, shape.groups > 1 ? 6 : 13);
  }
  shape.length = window.kernel_height * window.kernel_width * (window.input_channels / shape.groups);
  return shape;
}

// [kernel rows][kernel columns][filters] from OHWI with one input channel.
template <typename T> std::vector<T> toDepthwiseLayout(const std::vector<T> &weights, const Shape &shape) {
  std::vector<T> result(weights.size());
  int32_t filters = shape.window.output_channels;
  for (int32_t o = 0; o < filters; o++)
    for (int32_t tap = 0; tap < shape.length; tap++)
      result[tap * filters + o] = weights[o * shape.length + tap];
  return result;
}

// Weights of `bits` bits: all values that they can have.
std::vector<int8_t> randomWeights(Random &random, size_t size, int32_t bits) {
  std::vector<int8_t> weights(size);
  for (int8_t &weight : weights)
    weight = static_cast<int8_t>(randomInt(&random, -(1 << (bits - 1)), (1 << (bits - 1)) - 1));
  return weights;
}

// As the kernels of narrow weights read them; nothing behind.
std::vector<int8_t> packNarrow(const std::vector<int8_t> &weights, int32_t bits) {
  std::vector<int8_t> packed(tinyc_narrow_bytes(weights.size(), bits));
  tinyc_pack_narrow(weights.data(), weights.size(), bits, reinterpret_cast<uint8_t *>(packed.data()));
  return packed;
}

// T is int8_t or int16_t, whose sums have to fit 32 bits.
template <typename T, typename Kernel> void testConvolution(bool depthwise, int32_t bits, Kernel kernel) {
  constexpr bool wide = sizeof(T) == 2;
  Random random = {(depthwise ? 11u : 12u) + 16u * bits + 256u * wide};
  for (int i = 0; i < 400; i++) {
    Shape shape = randomShape(random, depthwise);
    tinyc_conv2d_s8_params params = {shape.window, shape.groups, wide ? 0 : randomInt(&random, -128, 127),
                                     wide ? randomOutputS16(random) : randomOutput(&random)};
    tinyc_window &window = params.window;
    int32_t filters = window.output_channels;
    auto input = randomTensor<T>(random, window.input_height * window.input_width * window.input_channels);
    for (T &element : input)
      element = static_cast<T>(std::clamp(int32_t(element), -16000000 / shape.length, 16000000 / shape.length));
    auto weights = randomWeights(random, filters * shape.length, bits);
    std::vector<int32_t> bias(filters), folded(filters), multipliers(filters);
    for (int32_t o = 0; o < filters; o++) {
      bias[o] = folded[o] = randomInt(&random, -10000, 10000);
      for (int32_t k = 0; k < shape.length; k++)
        folded[o] -= params.input_zero_point * weights[o * shape.length + k];
      multipliers[o] = randomMultiplier(&random, shape.length, params.output.shift);
    }
    auto laidOut = packNarrow(depthwise ? toDepthwiseLayout(weights, shape) : weights, bits);
    auto output = runWindowed<T>(
        random, window, input, [&](const tinyc_window &w, const T *in, T *out, int32_t begin, int32_t end) {
          tinyc_conv2d_s8_params p = params;
          p.window = w;
          kernel(&p, in, laidOut.data(), folded.data(), multipliers.data(), out, nullptr, begin, end);
        });
    for (int32_t y = 0, index = 0; y < window.output_height; y++)
      for (int32_t x = 0; x < window.output_width; x++)
        for (int32_t o = 0; o < filters; o++, index++) {
          int64_t acc = bias[o];
          forEachProduct(window, shape.groups, y, x, o,
                         [&](int32_t in, int32_t w) { acc += (input[in] - params.input_zero_point) * weights[w]; });
          ASSERT_EQ(output[index], outputStage(acc, multipliers[params.output.multiplier_step ? o : 0], params.output))
              << "shape " << i << " at " << y << ", " << x << ", " << o;
        }
  }
}

void testConvolutionF32(bool depthwise) {
  Random random = {depthwise ? 13u : 14u};
  for (int i = 0; i < 300; i++) {
    Shape shape = randomShape(random, depthwise);
    float limit = i % 2 ? 20.0f : INFINITY;
    tinyc_conv2d_f32_params params = {shape.window, shape.groups, {i % 3 ? -limit : 0.0f, limit}};
    tinyc_window &window = params.window;
    int32_t filters = window.output_channels;
    auto input = randomTensor<float>(random, window.input_height * window.input_width * window.input_channels);
    auto weights = randomTensor<float>(random, filters * shape.length);
    auto bias = randomTensor<float>(random, filters);
    const float *biasOrNull = i % 5 ? bias.data() : nullptr;
    auto laidOut = depthwise ? toDepthwiseLayout(weights, shape) : weights;
    auto kernel = depthwise ? tinyc_depthwise_conv2d_f32_f32 : tinyc_conv2d_f32_f32;
    auto output = runWindowed<float>(
        random, window, input, [&](const tinyc_window &w, const float *in, float *out, int32_t begin, int32_t end) {
          tinyc_conv2d_f32_params p = params;
          p.window = w;
          kernel(&p, in, laidOut.data(), biasOrNull, out, nullptr, begin, end);
        });
    for (int32_t y = 0, index = 0; y < window.output_height; y++)
      for (int32_t x = 0; x < window.output_width; x++)
        for (int32_t o = 0; o < filters; o++, index++) {
          double sum = biasOrNull ? bias[o] : 0, magnitude = 1;
          forEachProduct(window, shape.groups, y, x, o, [&](int32_t in, int32_t w) {
            double product = static_cast<double>(input[in]) * weights[w];
            sum += product;
            magnitude += std::fabs(product);
          });
          ASSERT_NEAR(output[index], clampFloat(sum, params.output), 1e-6 * magnitude)
              << "shape " << i << " at " << y << ", " << x << ", " << o;
        }
  }
}

TEST(Kernels, Conv2dS16) { testConvolution<int16_t>(false, 8, tinyc_conv2d_s16_s8); }
TEST(Kernels, Conv2dS16S4) { testConvolution<int16_t>(false, 4, tinyc_conv2d_s16_s4); }
TEST(Kernels, Conv2dS16S2) { testConvolution<int16_t>(false, 2, tinyc_conv2d_s16_s2); }
TEST(Kernels, DepthwiseConv2dS16) { testConvolution<int16_t>(true, 8, tinyc_depthwise_conv2d_s16_s8); }
TEST(Kernels, DepthwiseConv2dS16S4) { testConvolution<int16_t>(true, 4, tinyc_depthwise_conv2d_s16_s4); }
TEST(Kernels, DepthwiseConv2dS16S2) { testConvolution<int16_t>(true, 2, tinyc_depthwise_conv2d_s16_s2); }
TEST(Kernels, Conv2dS8) { testConvolution<int8_t>(false, 8, tinyc_conv2d_s8_s8); }
TEST(Kernels, Conv2dS8S4) { testConvolution<int8_t>(false, 4, tinyc_conv2d_s8_s4); }
TEST(Kernels, Conv2dS8S2) { testConvolution<int8_t>(false, 2, tinyc_conv2d_s8_s2); }
TEST(Kernels, DepthwiseConv2dS8) { testConvolution<int8_t>(true, 8, tinyc_depthwise_conv2d_s8_s8); }
TEST(Kernels, DepthwiseConv2dS8S4) { testConvolution<int8_t>(true, 4, tinyc_depthwise_conv2d_s8_s4); }
TEST(Kernels, DepthwiseConv2dS8S2) { testConvolution<int8_t>(true, 2, tinyc_depthwise_conv2d_s8_s2); }
TEST(Kernels, Conv2dF32) { testConvolutionF32(false); }
TEST(Kernels, DepthwiseConv2dF32) { testConvolutionF32(true); }

TEST(Kernels, FullyConnected) {
  Random random = {15};
  for (int i = 0; i < 600; i++) {
    int32_t rows = randomInt(&random, 1, 4), inputs = randomInt(&random, 1, 70), outputs = randomInt(&random, 1, 19);
    int32_t begin = randomInt(&random, 0, rows - 1), end = randomInt(&random, begin + 1, rows);
    int32_t zero = randomInt(&random, -128, 127);
    tinyc_fully_connected_s8_params params = {rows, inputs, outputs, randomOutput(&random)};
    tinyc_fully_connected_f32_params floatParams = {rows, inputs, outputs, {-30.0f, 30.0f}};
    static const struct {
      int32_t bits;
      decltype(&tinyc_fully_connected_s8_s8) run;
    } kernels[] = {{8, tinyc_fully_connected_s8_s8}, {4, tinyc_fully_connected_s8_s4}, {2, tinyc_fully_connected_s8_s2}};
    auto [bits, kernel] = kernels[i % 3];
    auto input = randomTensor<int8_t>(random, rows * inputs), weights = randomWeights(random, outputs * inputs, bits);
    auto packed = packNarrow(weights, bits);
    auto floatInput = randomTensor<float>(random, rows * inputs);
    auto floatWeights = randomTensor<float>(random, outputs * inputs), floatBias = randomTensor<float>(random, outputs);
    std::vector<int32_t> bias(outputs), folded(outputs), multipliers(outputs);
    for (int32_t o = 0; o < outputs; o++) {
      bias[o] = folded[o] = randomInt(&random, -10000, 10000);
      for (int32_t k = 0; k < inputs; k++)
        folded[o] -= zero * weights[o * inputs + k];
      multipliers[o] = randomMultiplier(&random, inputs, params.output.shift);
    }
    Guarded<int8_t> output(rows * outputs);
    Guarded<float> floatOutput(rows * outputs);
    std::vector<int8_t> before = output.copy();
    kernel(&params, input.data(), packed.data(), folded.data(), multipliers.data(), output.data(), nullptr, begin, end);
    tinyc_fully_connected_f32_f32(&floatParams, floatInput.data(), floatWeights.data(), floatBias.data(),
                                  floatOutput.data(), nullptr, begin, end);
    EXPECT_TRUE(output.isIntact() && floatOutput.isIntact());
    for (int32_t row = 0; row < rows; row++)
      for (int32_t o = 0; o < outputs; o++) {
        if (row < begin || row >= end) {
          ASSERT_EQ(output[row * outputs + o], before[row * outputs + o]);
          continue;
        }
        int64_t acc = bias[o];
        double sum = floatBias[o];
        for (int32_t k = 0; k < inputs; k++) {
          acc += (input[row * inputs + k] - zero) * weights[o * inputs + k];
          sum += static_cast<double>(floatInput[row * inputs + k]) * floatWeights[o * inputs + k];
        }
        ASSERT_EQ(output[row * outputs + o],
                  outputStage(acc, multipliers[params.output.multiplier_step ? o : 0], params.output));
        ASSERT_NEAR(floatOutput[row * outputs + o], clampFloat(sum, floatParams.output), 1e-3);
      }
  }
}

TEST(Kernels, Matmul) {
  Random random = {16};
  for (int i = 0; i < 200; i++) {
    int32_t rows = randomInt(&random, 1, 5), inner = randomInt(&random, 1, 40), columns = randomInt(&random, 1, 40);
    tinyc_matmul_s8_params params = {
        rows, inner, columns, randomInt(&random, -128, 127), randomInt(&random, -128, 127), randomOutput(&random)};
    tinyc_matmul_f32_params floatParams = {rows, inner, columns, {-30.0f, 30.0f}};
    auto lhs = randomTensor<int8_t>(random, rows * inner), rhs = randomTensor<int8_t>(random, inner * columns);
    auto floatLhs = randomTensor<float>(random, rows * inner), floatRhs = randomTensor<float>(random, inner * columns);
    int32_t multiplier = randomMultiplier(&random, inner, params.output.shift);
    Guarded<int8_t> output(rows * columns);
    Guarded<float> floatOutput(rows * columns);
    tinyc_matmul_s8(&params, lhs.data(), rhs.data(), &multiplier, output.data(), nullptr, 0, rows);
    for (int32_t row = 0; row < rows; row++)
      tinyc_matmul_f32(&floatParams, floatLhs.data(), floatRhs.data(), floatOutput.data(), nullptr, row, row + 1);
    EXPECT_TRUE(output.isIntact() && floatOutput.isIntact());
    for (int32_t row = 0; row < rows; row++)
      for (int32_t column = 0; column < columns; column++) {
        int64_t acc = 0;
        double sum = 0;
        for (int32_t k = 0; k < inner; k++) {
          acc += (lhs[row * inner + k] - params.lhs_zero_point) * (rhs[k * columns + column] - params.rhs_zero_point);
          sum += static_cast<double>(floatLhs[row * inner + k]) * floatRhs[k * columns + column];
        }
        ASSERT_EQ(output[row * columns + column], outputStage(acc, multiplier, params.output));
        ASSERT_NEAR(floatOutput[row * columns + column], clampFloat(sum, floatParams.output), 1e-3);
      }
  }
}

} // namespace
