// Kernels of weights of which at most N of four neighbours are not zero: against the dense kernel, which
// convolution.cpp holds against the definition.
#include "reference.h"
#include "tinyc/pack_sparse.h"

using namespace tinyc::test;

namespace {

// At most `kept` of each four neighbours, at random places, in runs of `channels`.
std::vector<int8_t> randomSparse(Random &random, size_t runs, int32_t channels, int32_t kept) {
  std::vector<int8_t> weights(runs * channels);
  for (size_t run = 0; run < runs; run++)
    for (int32_t first = 0; first < channels; first += 4)
      for (int32_t i = 0; i < kept; i++)
        weights[run * channels + randomInt(&random, first, std::min(first + 3, channels - 1))] =
            static_cast<int8_t>(randomInt(&random, -128, 127));
  return weights;
}

template <typename Params, typename Kernel>
void compare(const Params &params, const tinyc_packing &packing, Kernel dense, Kernel sparse,
             const std::vector<int8_t> &input, const std::vector<int8_t> &weights, int32_t filters, int32_t length,
             int32_t rows, int32_t outputs, Random &random) {
  std::vector<int32_t> bias(filters), multipliers(filters);
  for (int32_t o = 0; o < filters; o++) {
    bias[o] = randomInt(&random, -20000, 20000);
    multipliers[o] = randomMultiplier(&random, length, params.output.shift);
  }
  tinyc_constants constants = {weights.data(), bias.data(), multipliers.data(), nullptr, nullptr};
  EXPECT_TRUE(packing.supports(&params, &constants));
  int32_t bytes = packing.bytes(&params);
  std::vector<uint8_t> packed(bytes + 16, 0x5a);
  packing.write(&params, &constants, packed.data());
  EXPECT_TRUE(std::all_of(packed.begin() + bytes, packed.end(), [](uint8_t byte) { return byte == 0x5a; }));
  std::vector<int8_t> expected(outputs, 0x33), actual(outputs, 0x33);
  dense(&params, input.data(), weights.data(), bias.data(), multipliers.data(), expected.data(), nullptr, 0, rows);
  sparse(&params, input.data(), reinterpret_cast<const int8_t *>(packed.data()), nullptr, nullptr, actual.data(),
         nullptr, 0, rows);
  EXPECT_EQ(expected, actual);
}

void testConvolution(int32_t kept) {
  Random random = {77u + kept};
  for (int i = 0; i < 400; i++) {
    tinyc_window window = randomWindow(&random, 5, 12);
    int32_t groups = randomInt(&random, 0, 2) ? 1 : randomInt(&random, 2, 3), channels = randomInt(&random, 4, 40);
    window.input_channels = groups * channels;
    window.output_channels = groups * randomInt(&random, 1, 7);
    tinyc_conv2d_s8_params params = {window, groups, randomInt(&random, -128, 127), randomOutput(&random)};
    auto input = randomTensor<int8_t>(random, window.input_height * window.input_width * window.input_channels);
    int32_t taps = window.kernel_height * window.kernel_width;
    auto weights = randomSparse(random, window.output_channels * taps, channels, kept);
    compare(params, kept == 1 ? tinyc_conv2d_1of4_packing : tinyc_conv2d_2of4_packing, tinyc_conv2d_s8_s8,
            kept == 1 ? tinyc_conv2d_1of4_s8_s8 : tinyc_conv2d_2of4_s8_s8, input, weights, window.output_channels,
            taps * channels, window.output_height, window.output_height * window.output_width * window.output_channels,
            random);
  }
}

void testFullyConnected(int32_t kept) {
  Random random = {99u + kept};
  for (int i = 0; i < 400; i++) {
    tinyc_fully_connected_s8_params params = {randomInt(&random, 1, 3), randomInt(&random, 4, 200),
                                              randomInt(&random, 1, 30), randomOutput(&random)};
    auto input = randomTensor<int8_t>(random, params.rows * params.inputs);
    auto weights = randomSparse(random, params.outputs, params.inputs, kept);
    compare(params, kept == 1 ? tinyc_fully_connected_1of4_packing : tinyc_fully_connected_2of4_packing,
            tinyc_fully_connected_s8_s8,
            kept == 1 ? tinyc_fully_connected_1of4_s8_s8 : tinyc_fully_connected_2of4_s8_s8, input, weights,
            params.outputs, params.inputs, params.rows, params.rows * params.outputs, random);
  }
}

} // namespace

TEST(KernelsSparse, Convolution) {
  testConvolution(1);
  testConvolution(2);
}

TEST(KernelsSparse, FullyConnected) {
  testFullyConnected(1);
  testFullyConnected(2);
}

// Two of four are no one of four, nor are three channels neighbours of a fourth; a fifth begins the next four.
TEST(KernelsSparse, WhatIsSparse) {
  const int8_t two[] = {0, 5, 0, 7}, alone[] = {1, 0, 0, 0, 9};
  EXPECT_FALSE(tinyc_is_sparse(two, 1, 4, 1));
  EXPECT_TRUE(tinyc_is_sparse(two, 1, 4, 2));
  EXPECT_TRUE(tinyc_is_sparse(alone, 1, 5, 1));
  EXPECT_FALSE(tinyc_is_sparse(alone, 1, 3, 1));
  // 5 channels, one of four: filters of 8 bytes of numbers, two weights, one byte of indices, one of nothing.
  EXPECT_EQ(tinyc_sparse_filter_bytes(1, 5, 1), 12);
}
