// pad, transpose and copy against their definitions.
#include "reference.h"

#include <array>

using namespace tinyc::test;

namespace {

template <typename T, typename Params, typename Kernel> void testPad(uint32_t seed, Kernel kernel) {
  Random random = {seed};
  for (int i = 0; i < 200; i++) {
    Params params = {};
    int32_t size = 1, padded = 1, outer[4];
    for (int k = 0; k < 4; k++) {
      params.dims[k] = randomInt(&random, 1, 5);
      params.before[k] = randomInt(&random, 0, 2);
      params.after[k] = randomInt(&random, 0, 2);
      outer[k] = params.before[k] + params.dims[k] + params.after[k];
      size *= params.dims[k];
      padded *= outer[k];
    }
    params.value = -7;
    auto input = randomTensor<T>(random, size);
    Guarded<T> output(padded);
    int32_t split = randomInt(&random, 0, outer[0]);
    kernel(&params, input.data(), output.data(), nullptr, split, outer[0]);
    kernel(&params, input.data(), output.data(), nullptr, 0, split);
    EXPECT_TRUE(output.isIntact());
    for (int32_t index = 0; index < padded; index++) {
      int32_t rest = index, offset = 0, stride = 1;
      bool inside = true;
      for (int k = 3; k >= 0; k--) {
        int32_t position = rest % outer[k] - params.before[k];
        rest /= outer[k];
        inside &= position >= 0 && position < params.dims[k];
        offset += position * stride;
        stride *= params.dims[k];
      }
      ASSERT_EQ(output[index], inside ? input[offset] : static_cast<T>(-7));
    }
  }
}

TEST(Kernels, Pad) {
  testPad<int8_t, tinyc_pad_s8_params>(41, tinyc_pad_s8);
  testPad<float, tinyc_pad_f32_params>(42, tinyc_pad_f32);
}

template <typename T, typename Kernel> void testTranspose(uint32_t seed, Kernel kernel) {
  Random random = {seed};
  for (int i = 0; i < 200; i++) {
    std::array<int32_t, 6> permutation = {0, 1, 2, 3, 4, 5}, dims, strides;
    for (int k = 5; k > 0; k--)
      std::swap(permutation[k], permutation[randomInt(&random, 0, k)]);
    int32_t size = 1;
    for (int k = 5; k >= 0; k--) {
      dims[k] = randomInt(&random, 1, 4);
      strides[k] = size;
      size *= dims[k];
    }
    tinyc_transpose_params params;
    for (int k = 0; k < 6; k++) {
      params.dims[k] = dims[permutation[k]];
      params.input_strides[k] = strides[permutation[k]];
    }
    auto input = randomTensor<T>(random, size);
    Guarded<T> output(size);
    int32_t split = randomInt(&random, 0, params.dims[0]);
    kernel(&params, input.data(), output.data(), nullptr, split, params.dims[0]);
    kernel(&params, input.data(), output.data(), nullptr, 0, split);
    EXPECT_TRUE(output.isIntact());
    for (int32_t index = 0; index < size; index++) {
      int32_t rest = index, offset = 0;
      for (int k = 5; k >= 0; rest /= params.dims[k], k--)
        offset += rest % params.dims[k] * params.input_strides[k];
      ASSERT_EQ(output[index], input[offset]);
    }
  }
}

TEST(Kernels, Transpose) {
  testTranspose<int8_t>(43, tinyc_transpose_s8);
  testTranspose<float>(44, tinyc_transpose_f32);
}

template <typename T, typename Kernel> void testCopy(uint32_t seed, Kernel kernel) {
  Random random = {seed};
  for (int i = 0; i < 100; i++) {
    int32_t rows = randomInt(&random, 1, 6), length = randomInt(&random, 1, 9);
    tinyc_copy_params params = {rows, length, length + randomInt(&random, 0, 4), 0, randomInt(&random, 0, 5),
                                randomInt(&random, 0, 5)};
    params.output_pitch = length + params.output_offset + randomInt(&random, 0, 4);
    auto input = randomTensor<T>(random, params.input_offset + rows * params.input_pitch);
    Guarded<T> output(rows * params.output_pitch);
    std::vector<T> expected = output.copy();
    int32_t begin = randomInt(&random, 0, rows - 1);
    for (int32_t row = begin; row < rows; row++)
      std::copy_n(input.data() + params.input_offset + row * params.input_pitch, length,
                  expected.data() + params.output_offset + row * params.output_pitch);
    kernel(&params, input.data(), output.data(), nullptr, begin, rows);
    EXPECT_TRUE(output.isIntact());
    EXPECT_EQ(0, std::memcmp(output.data(), expected.data(), expected.size() * sizeof(T)));
  }
}

TEST(Kernels, Copy) {
  testCopy<int8_t>(45, tinyc_copy_s8);
  testCopy<float>(46, tinyc_copy_f32);
}

} // namespace
