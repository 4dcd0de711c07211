// What the kernel tests share: guarded buffers, ring-buffer runs, and the real-number output stage.
#ifndef TINYC_TEST_RUNTIME_REFERENCE_H
#define TINYC_TEST_RUNTIME_REFERENCE_H

#include "random_shapes.h"

#include "tinyc/kernel_functions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <vector>

namespace tinyc::test {

// A buffer with 32 guard bytes on both sides, filled with a pattern.
template <typename T> class Guarded {
public:
  explicit Guarded(size_t size) : bytes(size * sizeof(T) + 2 * kGuard, kPattern), size(size) {}
  T *data() { return reinterpret_cast<T *>(bytes.data() + kGuard); }
  T &operator[](size_t index) { return data()[index]; }
  bool isIntact() const {
    auto isPattern = [](uint8_t byte) { return byte == kPattern; };
    return std::all_of(bytes.begin(), bytes.begin() + kGuard, isPattern) &&
           std::all_of(bytes.end() - kGuard, bytes.end(), isPattern);
  }
  std::vector<T> copy() { return {data(), data() + size}; }

private:
  static constexpr size_t kGuard = 32;
  static constexpr uint8_t kPattern = 0xa5;
  std::vector<uint8_t> bytes;
  size_t size;
};

// clamp(round(acc * multiplier / 2^shift) + zero_point), ties up. long double holds the product exactly.
inline int32_t outputStage(int64_t acc, int32_t multiplier, const tinyc_output_s8 &output) {
  long double real = std::ldexp(static_cast<long double>(acc) * multiplier, -output.shift);
  long double q = std::floor(real + 0.5L) + output.zero_point;
  return static_cast<int32_t>(std::clamp<long double>(q, output.clamp_min, output.clamp_max));
}

// An output stage for results of int16, of any shift.
inline tinyc_output_s8 randomOutputS16(Random &random) {
  tinyc_output_s8 output = {0, -32767, 32767, randomInt(&random, 24, 44), randomInt(&random, 0, 3) > 0};
  if (randomInt(&random, 0, 2) == 0)
    output.clamp_min = randomInt(&random, -32767, 0);
  if (randomInt(&random, 0, 2) == 0)
    output.clamp_max = randomInt(&random, 1, 32767);
  return output;
}

inline float clampFloat(double x, const tinyc_output_f32 &output) {
  return static_cast<float>(std::clamp<double>(x, output.clamp_min, output.clamp_max));
}

template <typename T> T randomElement(Random &random) {
  if constexpr (std::is_same_v<T, float>)
    return randomFloat(&random);
  else if constexpr (std::is_same_v<T, int16_t>)
    return static_cast<T>(randomInt(&random, -32767, 32767));
  else
    return static_cast<T>(randomInt(&random, -128, 127));
}

template <typename T> std::vector<T> randomTensor(Random &random, size_t size) {
  std::vector<T> tensor(size);
  for (T &element : tensor)
    element = randomElement<T>(random);
  return tensor;
}

template <typename T> using RowsFunction = std::function<void(const tinyc_window &, const T *, T *, int32_t, int32_t)>;

// Runs a windowed kernel a band of `step` rows at a time, from input rows that lie anywhere: each call finds the rows it
// needs in random order between guard bytes, and nothing at the place of the others. Bands must be equal to `whole`.
template <typename T>
void runBands(Random &random, const tinyc_window &window, const std::vector<T> &input, const T *whole, int32_t step,
              const RowsFunction<T> &run) {
  size_t rowIn = static_cast<size_t>(window.input_width) * window.input_channels;
  size_t rowOut = static_cast<size_t>(window.output_width) * window.output_channels;
  size_t pitch = (rowIn * sizeof(T) + 3) / 4 * 4 + 4;
  tinyc_window band = window;
  band.input_ring_rows = 0;
  band.output_ring_rows = step;
  for (int32_t begin = 0; begin < window.output_height; begin += step) {
    int32_t end = std::min(begin + step, window.output_height);
    int32_t first = begin * window.stride_height - window.pad_top;
    int32_t last =
        (end - 1) * window.stride_height - window.pad_top + (window.kernel_height - 1) * window.dilation_height;
    std::vector<uint32_t> offsets(window.input_height), places(window.input_height);
    for (int32_t y = 0; y < window.input_height; y++) {
      int32_t other = randomInt(&random, 0, y);
      places[y] = places[other];
      places[other] = y;
    }
    Guarded<uint8_t> memory(pitch * window.input_height + 4);
    for (int32_t y = 0; y < window.input_height; y++) {
      offsets[y] = 0x80000000u;
      if (y < first || y > last)
        continue;
      offsets[y] = 4 + places[y] * pitch;
      std::memcpy(memory.data() + offsets[y], input.data() + y * rowIn, rowIn * sizeof(T));
    }
    tinyc_rows rows = {memory.data(), offsets.data()};
    Guarded<T> output(rowOut * (end - begin));
    run(band, reinterpret_cast<const T *>(&rows), output.data(), begin, end);
    EXPECT_TRUE(output.isIntact());
    EXPECT_EQ(0, std::memcmp(output.data(), whole + begin * rowOut, rowOut * (end - begin) * sizeof(T)))
        << "rows " << begin << ".." << end << " from rows anywhere";
  }
}

// Runs a windowed kernel over the whole output at once, then a few rows at a time through the smallest input ring that
// serves and a random output ring, then in bands. All must be equal in every bit; returns the result.
template <typename T>
std::vector<T> runWindowed(Random &random, const tinyc_window &window, const std::vector<T> &input,
                           const RowsFunction<T> &run) {
  size_t rowIn = static_cast<size_t>(window.input_width) * window.input_channels;
  size_t rowOut = static_cast<size_t>(window.output_width) * window.output_channels;
  Guarded<T> whole(rowOut * window.output_height);
  run(window, input.data(), whole.data(), 0, window.output_height);
  EXPECT_TRUE(whole.isIntact());

  int32_t reach = (window.kernel_height - 1) * window.dilation_height;
  int32_t step = randomInt(&random, 1, std::min(3, window.output_height));
  tinyc_window ring = window;
  ring.input_ring_rows = std::min(window.input_height, reach + 1 + (step - 1) * window.stride_height);
  ring.output_ring_rows = randomInt(&random, step, window.output_height);
  Guarded<T> ringInput(rowIn * ring.input_ring_rows), ringOutput(rowOut * ring.output_ring_rows);
  int32_t loaded = 0;
  for (int32_t begin = 0; begin < window.output_height; begin += step) {
    int32_t end = std::min(begin + step, window.output_height);
    int32_t needed =
        std::clamp((end - 1) * window.stride_height - window.pad_top + reach + 1, loaded, window.input_height);
    for (; loaded < needed; loaded++)
      std::copy_n(input.data() + loaded * rowIn, rowIn, ringInput.data() + loaded % ring.input_ring_rows * rowIn);
    std::vector<T> before = ringOutput.copy();
    run(ring, ringInput.data(), ringOutput.data(), begin, end);
    for (int32_t y = begin; y < end; y++) {
      T *row = ringOutput.data() + y % ring.output_ring_rows * rowOut;
      EXPECT_EQ(0, std::memcmp(row, whole.data() + y * rowOut, rowOut * sizeof(T))) << "row " << y;
      std::copy_n(before.data() + y % ring.output_ring_rows * rowOut, rowOut, row);
    }
    EXPECT_EQ(0, std::memcmp(before.data(), ringOutput.data(), before.size() * sizeof(T)))
        << "rows outside " << begin << ".." << end << " written";
    for (int32_t y = begin; y < end; y++)
      std::copy_n(whole.data() + y * rowOut, rowOut, ringOutput.data() + y % ring.output_ring_rows * rowOut);
  }
  EXPECT_TRUE(ringInput.isIntact());
  EXPECT_TRUE(ringOutput.isIntact());
  runBands(random, window, input, whole.data(), step, run);
  return whole.copy();
}

// Visits the taps of output position (y, x) that lie inside the input: visit(tap row, tap column, input row, column).
template <typename Visit> void forEachTap(const tinyc_window &window, int32_t y, int32_t x, Visit visit) {
  for (int32_t ky = 0; ky < window.kernel_height; ky++)
    for (int32_t kx = 0; kx < window.kernel_width; kx++) {
      int32_t row = y * window.stride_height - window.pad_top + ky * window.dilation_height;
      int32_t column = x * window.stride_width - window.pad_left + kx * window.dilation_width;
      if (row >= 0 && row < window.input_height && column >= 0 && column < window.input_width)
        visit(ky, kx, row, column);
    }
}

} // namespace tinyc::test

#endif
