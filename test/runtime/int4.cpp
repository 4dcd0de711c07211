// Kernels with activations of 4 bits against the mathematical definition. Elements are packed and unpacked here by hand.
#include "reference.h"

#include "tinyc/narrow.h"
#include "tinyc/scratch.h"

using namespace tinyc::test;

namespace {

/// Elements of 4 or 8 bits as the kernels hold them: the first of two in the lower half of a byte.
std::vector<int8_t> pack(const std::vector<int8_t> &values, int32_t bits) {
  if (bits == 8)
    return values;
  std::vector<int8_t> bytes;
  for (size_t i = 0; i < values.size(); i += 2)
    bytes.push_back(static_cast<int8_t>((values[i] + 16) % 16 + (values[i + 1] + 16) % 16 * 16));
  return bytes;
}

int32_t elementAt(const std::vector<int8_t> &bytes, size_t i, int32_t bits) {
  if (bits == 8)
    return bytes[i];
  int32_t byte = static_cast<uint8_t>(bytes[i / 2]), nibble = i % 2 ? byte / 16 : byte % 16;
  return nibble < 8 ? nibble : nibble - 16;
}

std::vector<int8_t> randomValues(Random &random, size_t size, int32_t bits) {
  std::vector<int8_t> values(size);
  for (int8_t &value : values)
    value = static_cast<int8_t>(bits == 4 ? randomInt(&random, -8, 7) : randomInt(&random, -128, 127));
  return values;
}

/// A stage with results of that many bits.
tinyc_output_s8 randomStage(Random &random, int32_t bits) {
  tinyc_output_s8 output = randomOutput(&random);
  if (bits == 4)
    output = {randomInt(&random, -8, 7), randomInt(&random, 0, 2) ? -8 : randomInt(&random, -7, 0),
              randomInt(&random, 0, 2) ? 7 : randomInt(&random, 1, 6), randomInt(&random, 28, 36), output.multiplier_step};
  return output;
}

/// Widths of input and output, at least one of them of 4 bits.
std::pair<int32_t, int32_t> randomBits(Random &random) {
  constexpr std::pair<int32_t, int32_t> widths[] = {{4, 4}, {4, 8}, {8, 4}};
  return widths[randomInt(&random, 0, 2)];
}

/// The rows computed at a time, and the rings of unpacked rows, as the compiler might choose them.
tinyc_rows_s4 chooseRows(Random &random, tinyc_window &window, int32_t inputBits, int32_t outputBits) {
  int32_t most = std::min(window.output_height, window.output_ring_rows);
  tinyc_rows_s4 rows = {inputBits, outputBits, window.input_ring_rows, window.output_ring_rows, randomInt(&random, 1, most)};
  if (inputBits == 4)
    window.input_ring_rows = tinyc_unpacked_ring(&window, rows.rows);
  if (outputBits == 4)
    window.output_ring_rows = rows.rows;
  return rows;
}

/// Runs a kernel as runWindowed does, on packed rows: `run` gets the parameters' window and rows.
template <typename Run>
std::vector<int8_t> runPacked(Random &random, const tinyc_window &window, const std::vector<int8_t> &input,
                              int32_t inputBits, int32_t outputBits, Run run) {
  tinyc_window bytes = window;
  bytes.input_channels = window.input_channels * inputBits / 8;
  bytes.output_channels = window.output_channels * outputBits / 8;
  return runWindowed<int8_t>(random, bytes, pack(input, inputBits),
                             [&](const tinyc_window &w, const int8_t *in, int8_t *out, int32_t begin, int32_t end) {
                               tinyc_window whole = window;
                               whole.input_ring_rows = w.input_ring_rows;
                               whole.output_ring_rows = w.output_ring_rows;
                               tinyc_rows_s4 rows = chooseRows(random, whole, inputBits, outputBits);
                               run(whole, rows, in, out, begin, end);
                             });
}

using Convolution = decltype(&tinyc_conv2d_s4_s8);

void testConvolution(bool depthwise, int32_t weightBits, Convolution kernel, int32_t (*scratchBytes)(const void *)) {
  Random random = {91u + 2u * weightBits + depthwise};
  for (int i = 0; i < 300; i++) {
    tinyc_window window = randomWindow(&random, 5, 10);
    auto [inputBits, outputBits] = randomBits(random);
    int32_t groups = depthwise ? 2 * randomInt(&random, 1, 9) : randomInt(&random, 0, 2) ? 1 : 2;
    window.input_channels = depthwise ? groups : 2 * groups * randomInt(&random, 1, 6);
    window.output_channels = depthwise ? groups * (randomInt(&random, 0, 3) ? 1 : 2) : 2 * groups * randomInt(&random, 1, 5);
    int32_t channels = window.input_channels / groups, filters = window.output_channels;
    int32_t length = window.kernel_height * window.kernel_width * channels;
    int32_t zero = inputBits == 4 ? randomInt(&random, -8, 7) : randomInt(&random, -128, 127);
    tinyc_output_s8 stage = randomStage(random, outputBits);
    auto input = randomValues(random, window.input_height * window.input_width * window.input_channels, inputBits);
    std::vector<int8_t> weights(filters * length), laidOut(weights.size()), packed(tinyc_narrow_bytes(weights.size(), weightBits));
    for (int32_t o = 0; o < filters; o++)
      for (int32_t k = 0; k < length; k++) {
        weights[o * length + k] = static_cast<int8_t>(randomInt(&random, -(1 << (weightBits - 1)), (1 << (weightBits - 1)) - 1));
        laidOut[depthwise ? k * filters + o : o * length + k] = weights[o * length + k];
      }
    tinyc_pack_narrow(laidOut.data(), laidOut.size(), weightBits, reinterpret_cast<uint8_t *>(packed.data()));
    std::vector<int32_t> bias(filters), folded(filters), multipliers(filters);
    for (int32_t o = 0; o < filters; o++) {
      bias[o] = folded[o] = randomInt(&random, -1000, 1000);
      for (int32_t k = 0; k < length; k++)
        folded[o] -= zero * weights[o * length + k];
      multipliers[o] = randomMultiplier(&random, length, stage.shift - (outputBits == 4 ? 4 : 0) + (inputBits == 4 ? 4 : 0));
    }
    auto output = runPacked(random, window, input, inputBits, outputBits,
                            [&](const tinyc_window &w, const tinyc_rows_s4 &rows, const int8_t *in, int8_t *out, int32_t begin,
                                int32_t end) {
                              tinyc_conv2d_s4_params params = {{w, groups, zero, stage}, rows};
                              Guarded<int8_t> scratch(scratchBytes(&params));
                              kernel(&params, in, packed.data(), folded.data(), multipliers.data(), out, scratch.data(), begin, end);
                              EXPECT_TRUE(scratch.isIntact());
                            });
    for (int32_t y = 0, index = 0; y < window.output_height; y++)
      for (int32_t x = 0; x < window.output_width; x++)
        for (int32_t o = 0; o < filters; o++, index++) {
          int64_t acc = bias[o];
          int32_t group = o / (filters / groups);
          forEachTap(window, y, x, [&](int32_t ky, int32_t kx, int32_t row, int32_t column) {
            for (int32_t c = 0; c < channels; c++)
              acc += (input[(row * window.input_width + column) * window.input_channels + group * channels + c] - zero) *
                     weights[((o * window.kernel_height + ky) * window.kernel_width + kx) * channels + c];
          });
          ASSERT_EQ(elementAt(output, index, outputBits),
                    outputStage(acc, multipliers[stage.multiplier_step ? o : 0], stage))
              << "shape " << i << " at " << y << ", " << x << ", " << o;
        }
  }
}

TEST(KernelsS4, Convolution) {
  testConvolution(false, 8, tinyc_conv2d_s4_s8, tinyc_conv2d_s4_s8_scratch);
  testConvolution(false, 4, tinyc_conv2d_s4_s4, tinyc_conv2d_s4_s4_scratch);
  testConvolution(false, 2, tinyc_conv2d_s4_s2, tinyc_conv2d_s4_s2_scratch);
}

TEST(KernelsS4, Depthwise) {
  testConvolution(true, 8, tinyc_depthwise_conv2d_s4_s8, tinyc_depthwise_conv2d_s4_s8_scratch);
  testConvolution(true, 4, tinyc_depthwise_conv2d_s4_s4, tinyc_depthwise_conv2d_s4_s4_scratch);
  testConvolution(true, 2, tinyc_depthwise_conv2d_s4_s2, tinyc_depthwise_conv2d_s4_s2_scratch);
}

TEST(KernelsS4, Pools) {
  Random random = {97};
  for (int i = 0; i < 400; i++) {
    tinyc_window window = randomWindow(&random, 4, 10);
    auto [inputBits, outputBits] = randomBits(random);
    bool isMaximum = i % 2;
    if (isMaximum)
      inputBits = outputBits = 4;
    window.input_channels = window.output_channels = 2 * randomInt(&random, 1, 15);
    auto input = randomValues(random, window.input_height * window.input_width * window.input_channels, inputBits);
    int32_t taps = window.kernel_height * window.kernel_width, zero = randomInt(&random, -8, 7);
    tinyc_output_s8 stage = randomStage(random, outputBits);
    std::vector<int32_t> multipliers(taps);
    for (int32_t n = 0; n < taps; n++)
      multipliers[n] = randomMultiplier(&random, 1, stage.shift) / (n + 1);
    auto output = runPacked(random, window, input, inputBits, outputBits,
                            [&](const tinyc_window &w, const tinyc_rows_s4 &rows, const int8_t *in, int8_t *out, int32_t begin,
                                int32_t end) {
                              tinyc_pool_s4_params params = {{w, 0, 1, zero, stage}, rows};
                              Guarded<int8_t> scratch(tinyc_max_pool_s4_scratch(&params));
                              if (isMaximum)
                                tinyc_max_pool_s4(&params, in, out, scratch.data(), begin, end);
                              else
                                tinyc_avg_pool_s4(&params, in, multipliers.data(), out, scratch.data(), begin, end);
                              EXPECT_TRUE(scratch.isIntact());
                            });
    for (int32_t y = 0, index = 0; y < window.output_height; y++)
      for (int32_t x = 0; x < window.output_width; x++)
        for (int32_t c = 0; c < window.input_channels; c++, index++) {
          int32_t count = 0, most = -128;
          int64_t sum = 0;
          forEachTap(window, y, x, [&](int32_t, int32_t, int32_t row, int32_t column) {
            int32_t element = input[(row * window.input_width + column) * window.input_channels + c];
            count++;
            sum += element - zero;
            most = std::max(most, element);
          });
          int32_t wanted = isMaximum ? std::clamp(most, stage.clamp_min, stage.clamp_max)
                                     : outputStage(sum, multipliers[std::max(count, 1) - 1], stage);
          ASSERT_EQ(elementAt(output, index, outputBits), wanted) << "shape " << i;
        }
  }
}

TEST(KernelsS4, SumRows) {
  Random random = {98};
  for (int i = 0; i < 100; i++) {
    tinyc_sum_rows_params params = {randomInt(&random, 1, 6), randomInt(&random, 1, 9), 2 * randomInt(&random, 1, 9)};
    int32_t length = params.width * params.channels, split = randomInt(&random, 0, params.rows);
    auto input = randomValues(random, params.rows * length, 4);
    auto packed = pack(input, 4);
    Guarded<int32_t> sums(params.channels);
    Guarded<int8_t> scratch(tinyc_sum_rows_s4_scratch(&params));
    for (auto [begin, end] : {std::pair(0, split), {split, params.rows}})
      if (begin < end)
        tinyc_sum_rows_s4(&params, packed.data() + begin * length / 2, sums.data(), scratch.data(), begin, end);
    EXPECT_TRUE(sums.isIntact() && scratch.isIntact());
    for (int32_t c = 0; c < params.channels; c++) {
      int32_t wanted = 0;
      for (int32_t k = c; k < params.rows * length; k += params.channels)
        wanted += input[k];
      ASSERT_EQ(sums[c], wanted);
    }
  }
}

TEST(KernelsS4, FullyConnected) {
  Random random = {99};
  for (int i = 0; i < 200; i++) {
    auto [inputBits, outputBits] = randomBits(random);
    int32_t rows = randomInt(&random, 1, 4), inputs = 2 * randomInt(&random, 1, 60), outputs = 2 * randomInt(&random, 1, 9);
    tinyc_fully_connected_s4_params params = {{1, inputs, outputs, randomStage(random, outputBits)}, rows, inputBits, outputBits};
    const tinyc_output_s8 &stage = params.kernel.output;
    auto input = randomValues(random, rows * inputs, inputBits), weights = randomValues(random, inputs * outputs, 4);
    std::vector<int32_t> bias(outputs), multipliers(outputs);
    for (int32_t o = 0; o < outputs; o++) {
      bias[o] = randomInt(&random, -500, 500);
      multipliers[o] = randomMultiplier(&random, inputs, stage.shift);
    }
    Guarded<int8_t> output(rows * outputs * outputBits / 8), scratch(tinyc_fully_connected_s4_s4_scratch(&params));
    int32_t first = randomInt(&random, 0, rows - 1);
    auto packedInput = pack(input, inputBits), packedWeights = pack(weights, 4);
    tinyc_fully_connected_s4_s4(&params, packedInput.data(), packedWeights.data(), bias.data(), multipliers.data(),
                                output.data(), scratch.data(), first, rows);
    EXPECT_TRUE(output.isIntact() && scratch.isIntact());
    auto bytes = output.copy();
    for (int32_t row = first; row < rows; row++)
      for (int32_t o = 0; o < outputs; o++) {
        int64_t acc = bias[o];
        for (int32_t k = 0; k < inputs; k++)
          acc += input[row * inputs + k] * weights[o * inputs + k];
        ASSERT_EQ(elementAt(bytes, row * outputs + o, outputBits),
                  outputStage(acc, multipliers[stage.multiplier_step ? o : 0], stage));
      }
    for (int32_t k = 0; k < first * outputs * outputBits / 8; k++)
      ASSERT_EQ(bytes[k], static_cast<int8_t>(0xa5)) << "rows before the first written";
  }
}

// add by the formula of tinyc/arithmetic.h in 64 bits, mul by the output stage; also over an operand of 4 bits.
TEST(KernelsS4, Binary) {
  Random random = {100};
  for (int i = 0; i < 300; i++) {
    int32_t length = 2 * randomInt(&random, 1, 30), rows = randomInt(&random, 1, 4);
    int32_t lhsBits = randomInt(&random, 0, 1) ? 4 : 8, rhsBits = randomInt(&random, 0, 1) ? 4 : 8;
    int32_t outputBits = lhsBits == 8 && rhsBits == 8 ? 4 : randomInt(&random, 0, 1) ? 4 : 8;
    bool product = i % 2, inPlace = lhsBits == 4 && outputBits == 4 && randomInt(&random, 0, 1);
    tinyc_elementwise_s4_params params = {};
    params.kernel.dims[0] = params.kernel.dims[1] = params.kernel.dims[2] = 1;
    params.kernel.dims[3] = length;
    params.kernel.lhs_strides[3] = params.kernel.rhs_strides[3] = 1;
    params.kernel.output = randomStage(random, outputBits);
    params.kernel.lhs_zero_point = randomInt(&random, -8, 7);
    params.kernel.rhs_zero_point = randomInt(&random, -8, 7);
    params.kernel.lhs_multiplier = product ? randomMultiplier(&random, 1, params.kernel.output.shift) : randomInt(&random, -70000, 70000);
    params.kernel.rhs_multiplier = randomInt(&random, -70000, 70000);
    if (!product) {
      params.kernel.output.shift = randomInt(&random, 8, 20);
      params.kernel.offset = randomInt(&random, -1000000, 1000000);
    }
    params.rows = rows;
    params.lhs_bits = lhsBits;
    params.rhs_bits = rhsBits;
    params.output_bits = outputBits;
    const tinyc_output_s8 &stage = params.kernel.output;
    auto lhs = randomValues(random, rows * length, lhsBits), rhs = randomValues(random, rows * length, rhsBits);
    auto left = pack(lhs, lhsBits), right = pack(rhs, rhsBits);
    Guarded<int8_t> output(rows * length * outputBits / 8), scratch(tinyc_add_s4_scratch(&params));
    if (inPlace)
      std::copy(left.begin(), left.end(), output.data());
    auto kernel = product ? tinyc_mul_s4 : tinyc_add_s4;
    kernel(&params, inPlace ? output.data() : left.data(), right.data(), output.data(), scratch.data(), 0, rows);
    EXPECT_TRUE(output.isIntact() && scratch.isIntact());
    auto bytes = output.copy();
    for (int32_t k = 0; k < rows * length; k++) {
      int64_t sum = int64_t(lhs[k]) * params.kernel.lhs_multiplier + int64_t(rhs[k]) * params.kernel.rhs_multiplier + params.kernel.offset;
      int64_t added = std::clamp<int64_t>(sum >> stage.shift, stage.clamp_min, stage.clamp_max);
      int64_t factors = int64_t(lhs[k] - params.kernel.lhs_zero_point) * (rhs[k] - params.kernel.rhs_zero_point);
      ASSERT_EQ(elementAt(bytes, k, outputBits),
                product ? outputStage(factors, params.kernel.lhs_multiplier, stage) : added);
    }
  }
}

TEST(KernelsS4, Requantize) {
  Random random = {101};
  for (int i = 0; i < 100; i++) {
    auto [inputBits, outputBits] = randomBits(random);
    int32_t rows = randomInt(&random, 1, 4), length = 2 * randomInt(&random, 1, 40);
    tinyc_requantize_s4_params params = {{1, length, randomInt(&random, -8, 7), 0, randomStage(random, outputBits)},
                                         rows, inputBits, outputBits};
    params.kernel.multiplier = randomMultiplier(&random, 1, params.kernel.output.shift);
    auto input = randomValues(random, rows * length, inputBits), packed = pack(input, inputBits);
    Guarded<int8_t> output(rows * length * outputBits / 8), scratch(tinyc_requantize_s4_scratch(&params));
    tinyc_requantize_s4(&params, packed.data(), output.data(), scratch.data(), 0, rows);
    EXPECT_TRUE(output.isIntact() && scratch.isIntact());
    auto bytes = output.copy();
    for (int32_t k = 0; k < rows * length; k++)
      ASSERT_EQ(elementAt(bytes, k, outputBits),
                outputStage(input[k] - params.kernel.input_zero_point, params.kernel.multiplier, params.kernel.output));
  }
}

} // namespace
