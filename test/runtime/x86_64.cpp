// The x86-64 kernels against the generic ones, bit for bit, over random shapes: rows whole, in rings and in bands, guard
// bytes around output and scratch. One executable for each instruction set, forced by TINYC_X86_64_LEVEL; all are built
// with the address sanitizer, which finds reads outside inputs and constants.
#include "reference.h"

#include "tinyc/pack_x86_64.h"
#include "tinyc/scratch.h"
#include "tinyc/x86_64.h"

using namespace tinyc::test;

namespace {

constexpr int kShapes = 2000;

class X86Kernels : public testing::Test {
protected:
  void SetUp() override {
    bool runs = TINYC_X86_64_LEVEL == TINYC_X86_64_PLAIN ||
                (TINYC_X86_64_LEVEL == TINYC_X86_64_AVX2 && __builtin_cpu_supports("avx2")) ||
                (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
                 __builtin_cpu_supports("avx512vl"));
    if (!runs)
      GTEST_SKIP() << "this processor lacks the instruction set";
  }

  int32_t draw(int32_t low, int32_t high) { return randomInt(&random, low, high); }

  // Mostly few channels, now and then up to 130; kernels of 1 to 7 rows and columns.
  int32_t drawChannels() { return draw(0, 3) ? draw(1, 40) : draw(41, 130); }
  tinyc_window drawWindow(bool depthwise, int32_t &groups) {
    tinyc_window window = randomWindow(&random, draw(0, 2) ? 3 : 7, 9);
    groups = depthwise || draw(0, 4) ? 1 : draw(2, 3);
    window.input_channels = groups * (groups > 1 ? draw(1, 9) : drawChannels());
    window.output_channels =
        depthwise ? window.input_channels : groups * (groups > 1 ? draw(1, 25) : drawChannels());
    if (depthwise)
      groups = window.input_channels;
    return window;
  }

  // The bytes of a kernel's packed constants; a pointer to them is one to weights.
  static std::vector<uint8_t> pack(const tinyc_packing &packing, const void *params, const tinyc_constants &constants) {
    Guarded<uint8_t> packed(packing.bytes(params));
    packing.write(params, &constants, packed.data());
    EXPECT_TRUE(packed.isIntact());
    return packed.copy();
  }
  template <typename T> static const T *as(const std::vector<uint8_t> &bytes) {
    return reinterpret_cast<const T *>(bytes.data());
  }

  // Runs `kernel(scratch)` with as much scratch as it asks for, of any content.
  template <typename Kernel> static void withScratch(int32_t bytes, Kernel kernel) {
    Guarded<uint8_t> scratch(bytes);
    kernel(scratch.data());
    EXPECT_TRUE(scratch.isIntact()) << "scratch of " << bytes << " bytes";
  }

  std::vector<int32_t> drawBias(int32_t count) {
    std::vector<int32_t> bias(count);
    for (int32_t &value : bias)
      value = draw(0, 9) ? draw(-10000, 10000) : draw(-2000000, 2000000);
    return bias;
  }
  std::vector<int32_t> drawMultipliers(int32_t count, int32_t length, int32_t shift) {
    std::vector<int32_t> multipliers(count);
    for (int32_t &value : multipliers)
      value = randomMultiplier(&random, length, shift);
    return multipliers;
  }
  // Now and then nothing but the ends of the range: the largest sums.
  std::vector<int8_t> drawBytes(size_t count) {
    bool extreme = draw(0, 9) == 0;
    std::vector<int8_t> bytes(count);
    for (int8_t &value : bytes)
      value = static_cast<int8_t>(extreme ? draw(0, 1) ? 127 : -128 : draw(-128, 127));
    return bytes;
  }
  // Also zeros of both signs.
  std::vector<float> drawFloats(size_t count) {
    std::vector<float> values(count);
    for (float &value : values)
      value = draw(0, 9) ? randomFloat(&random) : draw(0, 1) ? -0.0f : 0.0f;
    return values;
  }

  void testConvolutionS8(bool depthwise);
  void testConvolutionF32(bool depthwise);

  Random random = {20261};
};

void X86Kernels::testConvolutionS8(bool depthwise) {
  const tinyc_packing &packing = depthwise ? tinyc_depthwise_s8_panels_packing : tinyc_conv2d_s8_panels_packing;
  for (int tested = 0; tested < kShapes;) {
    tinyc_conv2d_s8_params params = {};
    params.window = drawWindow(depthwise, params.groups);
    params.input_zero_point = draw(-128, 127);
    params.output = randomOutput(&random);
    const tinyc_window &window = params.window;
    int32_t filters = window.output_channels;
    int32_t length = window.kernel_height * window.kernel_width * (window.input_channels / params.groups);
    std::vector<int8_t> input = drawBytes(window.input_height * window.input_width * window.input_channels);
    std::vector<int8_t> weights = drawBytes(filters * length);
    std::vector<int32_t> bias = drawBias(filters), multipliers = drawMultipliers(filters, length, params.output.shift);
    tinyc_constants constants = {weights.data(), bias.data(), multipliers.data(), nullptr, nullptr};
    if (!packing.supports(&params, &constants))
      continue;
    std::vector<uint8_t> packed = pack(packing, &params, constants);

    auto generic = depthwise ? tinyc_depthwise_conv2d_s8_s8 : tinyc_conv2d_s8_s8;
    std::vector<int8_t> expected(window.output_height * window.output_width * filters);
    generic(&params, input.data(), weights.data(), bias.data(), multipliers.data(), expected.data(), nullptr, 0,
            window.output_height);
    auto kernel = depthwise ? tinyc_depthwise_conv2d_s8_s8_x86_64 : tinyc_conv2d_s8_s8_x86_64;
    auto scratchBytes = depthwise ? tinyc_no_scratch : tinyc_conv2d_s8_s8_x86_64_scratch;
    auto actual = runWindowed<int8_t>(
        random, window, input, [&](const tinyc_window &w, const int8_t *in, int8_t *out, int32_t begin, int32_t end) {
          tinyc_conv2d_s8_params p = params;
          p.window = w;
          withScratch(scratchBytes(&p), [&](void *scratch) {
            kernel(&p, in, as<int8_t>(packed), nullptr, nullptr, out, scratch, begin, end);
          });
        });
    ASSERT_EQ(actual, expected) << "shape " << tested << ": " << window.kernel_height << " x " << window.kernel_width
                                << ", " << window.input_channels << " channels, " << filters << " filters, "
                                << params.groups << " groups, shift " << params.output.shift;
    ++tested;
  }
}

void X86Kernels::testConvolutionF32(bool depthwise) {
  const tinyc_packing &packing = tinyc_conv2d_f32_panels_packing;
  for (int tested = 0; tested < kShapes;) {
    tinyc_conv2d_f32_params params = {};
    params.window = drawWindow(depthwise, params.groups);
    if (depthwise && draw(0, 4) == 0)
      params.window.output_channels *= draw(2, 3);
    float limit = draw(0, 1) ? 6.0f : INFINITY;
    params.output = {draw(0, 1) ? 0.0f : -limit, limit};
    const tinyc_window &window = params.window;
    int32_t filters = window.output_channels;
    int32_t length = window.kernel_height * window.kernel_width * (window.input_channels / params.groups);
    std::vector<float> input = drawFloats(window.input_height * window.input_width * window.input_channels);
    std::vector<float> weights = drawFloats(filters * length), bias = drawFloats(filters);
    const float *biasOrNull = draw(0, 4) ? bias.data() : nullptr;
    tinyc_constants constants = {nullptr, nullptr, nullptr, weights.data(), biasOrNull};
    if (!depthwise && !packing.supports(&params, &constants))
      continue;
    std::vector<uint8_t> packed = depthwise ? std::vector<uint8_t>() : pack(packing, &params, constants);

    auto generic = depthwise ? tinyc_depthwise_conv2d_f32_f32 : tinyc_conv2d_f32_f32;
    std::vector<float> expected(window.output_height * window.output_width * filters);
    generic(&params, input.data(), weights.data(), biasOrNull, expected.data(), nullptr, 0, window.output_height);
    auto kernel = depthwise ? tinyc_depthwise_conv2d_f32_f32_x86_64 : tinyc_conv2d_f32_f32_x86_64;
    auto scratchBytes = depthwise ? tinyc_no_scratch : tinyc_conv2d_f32_f32_x86_64_scratch;
    auto actual = runWindowed<float>(
        random, window, input, [&](const tinyc_window &w, const float *in, float *out, int32_t begin, int32_t end) {
          tinyc_conv2d_f32_params p = params;
          p.window = w;
          withScratch(scratchBytes(&p), [&](void *scratch) {
            if (depthwise)
              kernel(&p, in, weights.data(), biasOrNull, out, scratch, begin, end);
            else
              kernel(&p, in, as<float>(packed), nullptr, out, scratch, begin, end);
          });
        });
    ASSERT_EQ(0, std::memcmp(actual.data(), expected.data(), expected.size() * sizeof(float)))
        << "shape " << tested << ": " << window.kernel_height << " x " << window.kernel_width << ", "
        << window.input_channels << " channels, " << filters << " filters, " << params.groups << " groups";
    ++tested;
  }
}

TEST_F(X86Kernels, Conv2dS8) { testConvolutionS8(false); }
TEST_F(X86Kernels, DepthwiseConv2dS8) { testConvolutionS8(true); }
TEST_F(X86Kernels, Conv2dF32) { testConvolutionF32(false); }
TEST_F(X86Kernels, DepthwiseConv2dF32) { testConvolutionF32(true); }

TEST_F(X86Kernels, FullyConnectedS8) {
  for (int shape = 0; shape < kShapes; ++shape) {
    tinyc_fully_connected_s8_params params = {draw(1, 20), draw(1, 300), drawChannels(), randomOutput(&random)};
    auto [rows, inputs, outputs, stage] = params;
    int32_t begin = draw(0, rows - 1), end = draw(begin + 1, rows);
    std::vector<int8_t> input = drawBytes(rows * inputs), weights = drawBytes(outputs * inputs);
    std::vector<int32_t> bias = drawBias(outputs), multipliers = drawMultipliers(outputs, inputs, stage.shift);
    tinyc_constants constants = {weights.data(), bias.data(), multipliers.data(), nullptr, nullptr};
    ASSERT_TRUE(tinyc_fully_connected_s8_panels_packing.supports(&params, &constants));
    std::vector<uint8_t> packed = pack(tinyc_fully_connected_s8_panels_packing, &params, constants);
    Guarded<int8_t> expected(rows * outputs), actual(rows * outputs);
    tinyc_fully_connected_s8_s8(&params, input.data(), weights.data(), bias.data(), multipliers.data(), expected.data(),
                                nullptr, begin, end);
    withScratch(tinyc_fully_connected_s8_s8_x86_64_scratch(&params), [&](void *scratch) {
      tinyc_fully_connected_s8_s8_x86_64(&params, input.data(), as<int8_t>(packed), nullptr, nullptr, actual.data(),
                                         scratch, begin, end);
    });
    EXPECT_TRUE(actual.isIntact());
    ASSERT_EQ(actual.copy(), expected.copy()) << "shape " << shape;
  }
}

TEST_F(X86Kernels, FullyConnectedF32) {
  for (int shape = 0; shape < kShapes; ++shape) {
    tinyc_fully_connected_f32_params params = {draw(1, 20), draw(1, 300), drawChannels(), {-30.0f, 30.0f}};
    int32_t rows = params.rows, inputs = params.inputs, outputs = params.outputs;
    int32_t begin = draw(0, rows - 1), end = draw(begin + 1, rows);
    std::vector<float> input = drawFloats(rows * inputs), weights = drawFloats(outputs * inputs);
    std::vector<float> bias = drawFloats(outputs);
    tinyc_constants constants = {nullptr, nullptr, nullptr, weights.data(), shape % 3 ? bias.data() : nullptr};
    ASSERT_TRUE(tinyc_fully_connected_f32_panels_packing.supports(&params, &constants));
    std::vector<uint8_t> packed = pack(tinyc_fully_connected_f32_panels_packing, &params, constants);
    Guarded<float> expected(rows * outputs), actual(rows * outputs);
    tinyc_fully_connected_f32_f32(&params, input.data(), weights.data(), constants.float_bias, expected.data(), nullptr,
                                  begin, end);
    tinyc_fully_connected_f32_f32_x86_64(&params, input.data(), as<float>(packed), nullptr, actual.data(), nullptr,
                                         begin, end);
    EXPECT_TRUE(actual.isIntact());
    ASSERT_EQ(0, std::memcmp(actual.data(), expected.data(), rows * outputs * sizeof(float))) << "shape " << shape;
  }
}

} // namespace
