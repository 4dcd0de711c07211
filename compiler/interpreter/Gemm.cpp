#include "compiler/interpreter/Gemm.h"

#include <algorithm>
#include <cstring>

// One version for AVX2 and one for the baseline, chosen when the program is loaded. Lanes are independent and there is
// no FMA in either, so both give the same bits.
#if defined(__x86_64__) && defined(__ELF__)
#define TINYC_VECTOR_VERSIONS __attribute__((target_clones("avx2", "default")))
#else
#define TINYC_VECTOR_VERSIONS
#endif
#define TINYC_INLINE inline __attribute__((always_inline))

namespace tinyc::nn {

namespace {

constexpr int64_t kLanes = 8;
constexpr int64_t kPanel = PackedMatrix<float>::kPanel;
static_assert(kPanel == 2 * kLanes);

typedef float FloatLanes __attribute__((vector_size(32)));
typedef int32_t IntLanes __attribute__((vector_size(32)));
typedef uint32_t UnsignedLanes __attribute__((vector_size(32)));
typedef int16_t ShortLanes __attribute__((vector_size(16)));

// Loads, products and sums of eight lanes. Vectors are passed by reference: by value their calling convention depends
// on the instruction set.
template <typename T> struct Lanes;

template <> struct Lanes<float> {
  using Sum = FloatLanes;
  using Value = FloatLanes;
  static TINYC_INLINE void load(Value &value, const float *from) { std::memcpy(&value, from, sizeof value); }
  static TINYC_INLINE void addProduct(Sum &sum, const Value &value, float factor) { sum += value * factor; }
  static TINYC_INLINE void addProduct(Sum &sum, const Value &value, const Value &factor) { sum += value * factor; }
};

template <> struct Lanes<int16_t> {
  using Sum = UnsignedLanes;
  using Value = IntLanes;
  static TINYC_INLINE void load(Value &value, const int16_t *from) {
    ShortLanes narrow;
    std::memcpy(&narrow, from, sizeof narrow);
    value = __builtin_convertvector(narrow, IntLanes);
  }
  static TINYC_INLINE void addProduct(Sum &sum, const Value &value, int16_t factor) {
    sum += (UnsignedLanes)(value * static_cast<int32_t>(factor));
  }
  static TINYC_INLINE void addProduct(Sum &sum, const Value &value, const Value &factor) {
    sum += (UnsignedLanes)(value * factor);
  }
};

template <typename T> TINYC_INLINE Accumulator<T> addProduct(Accumulator<T> sum, T a, T b) {
  if constexpr (std::is_same_v<T, float>)
    return sum + a * b;
  else
    return static_cast<int32_t>(static_cast<uint32_t>(sum) + static_cast<uint32_t>(int32_t(a) * int32_t(b)));
}

// `rows` x kPanel results; `columns` of them are stored.
template <typename T, int rows>
TINYC_INLINE void multiplyTile(const T *a, int64_t aPitch, int64_t depth, const T *panel, const Accumulator<T> *bias,
                               Accumulator<T> *c, int64_t cPitch, int64_t columns) {
  using L = Lanes<T>;
  typename L::Sum sums[rows][2];
  for (int row = 0; row < rows; ++row)
    std::memcpy(sums[row], bias, sizeof sums[row]);
  for (int64_t k = 0; k < depth; ++k) {
    typename L::Value low, high;
    L::load(low, panel + k * kPanel);
    L::load(high, panel + k * kPanel + kLanes);
    for (int row = 0; row < rows; ++row) {
      T factor = a[row * aPitch + k];
      L::addProduct(sums[row][0], low, factor);
      L::addProduct(sums[row][1], high, factor);
    }
  }
  for (int row = 0; row < rows; ++row)
    std::memcpy(c + row * cPitch, sums[row], columns * sizeof(Accumulator<T>));
}

template <typename T>
TINYC_INLINE void multiplyAll(const T *a, int64_t aPitch, int64_t rows, const PackedMatrix<T> &b, Accumulator<T> *c,
                              int64_t cPitch) {
  for (int64_t column = 0; column < b.columns; column += kPanel) {
    const T *panel = b.values.data() + column * b.depth;
    const Accumulator<T> *bias = b.bias.data() + column;
    int64_t columns = std::min(kPanel, b.columns - column);
    int64_t row = 0;
    for (; row + 4 <= rows; row += 4)
      multiplyTile<T, 4>(a + row * aPitch, aPitch, b.depth, panel, bias, c + row * cPitch + column, cPitch, columns);
    for (; row < rows; ++row)
      multiplyTile<T, 1>(a + row * aPitch, aPitch, b.depth, panel, bias, c + row * cPitch + column, cPitch, columns);
  }
}

template <typename T>
TINYC_INLINE void depthwiseAll(const T *const *taps, int64_t tapCount, const T *weights, const Accumulator<T> *bias,
                               int64_t channels, Accumulator<T> *out) {
  using L = Lanes<T>;
  int64_t channel = 0;
  for (; channel + kLanes <= channels; channel += kLanes) {
    typename L::Sum sum;
    std::memcpy(&sum, bias + channel, sizeof sum);
    for (int64_t tap = 0; tap < tapCount; ++tap) {
      if (!taps[tap])
        continue;
      typename L::Value input, weight;
      L::load(input, taps[tap] + channel);
      L::load(weight, weights + tap * channels + channel);
      L::addProduct(sum, input, weight);
    }
    std::memcpy(out + channel, &sum, sizeof sum);
  }
  for (; channel < channels; ++channel) {
    Accumulator<T> sum = bias[channel];
    for (int64_t tap = 0; tap < tapCount; ++tap)
      if (taps[tap])
        sum = addProduct<T>(sum, taps[tap][channel], weights[tap * channels + channel]);
    out[channel] = sum;
  }
}

} // namespace

TINYC_VECTOR_VERSIONS
void multiply(const float *a, int64_t aPitch, int64_t rows, const PackedMatrix<float> &b, float *c, int64_t cPitch) {
  multiplyAll(a, aPitch, rows, b, c, cPitch);
}

TINYC_VECTOR_VERSIONS
void multiply(const int16_t *a, int64_t aPitch, int64_t rows, const PackedMatrix<int16_t> &b, int32_t *c,
              int64_t cPitch) {
  multiplyAll(a, aPitch, rows, b, c, cPitch);
}

TINYC_VECTOR_VERSIONS
void depthwisePixel(const float *const *taps, int64_t tapCount, const float *weights, const float *bias,
                    int64_t channels, float *out) {
  depthwiseAll(taps, tapCount, weights, bias, channels, out);
}

TINYC_VECTOR_VERSIONS
void depthwisePixel(const int16_t *const *taps, int64_t tapCount, const int16_t *weights, const int32_t *bias,
                    int64_t channels, int32_t *out) {
  depthwiseAll(taps, tapCount, weights, bias, channels, out);
}

template <typename T>
TINYC_INLINE void requantizeAll(const int32_t *accumulators, int64_t rows, int64_t channels, const int32_t *multipliers,
                                const tinyc_output_s8 &stage, T *out) {
  int64_t half = int64_t(1) << (stage.shift - 1);
  int32_t shift = stage.shift - 32, zeroPoint = stage.zero_point, low = stage.clamp_min, high = stage.clamp_max;
  for (int64_t row = 0; row < rows; ++row, accumulators += channels, out += channels)
    for (int64_t channel = 0; channel < channels; ++channel) {
      int64_t product = int64_t(accumulators[channel]) * multipliers[channel] + half;
      // The shift in two parts: there are no vectors of arithmetic shifts of 64 bits.
      int32_t q = (static_cast<int32_t>(static_cast<uint64_t>(product) >> 32) >> shift) + zeroPoint;
      out[channel] = static_cast<T>(q < low ? low : q > high ? high : q);
    }
}

TINYC_VECTOR_VERSIONS
void requantizeRows(const int32_t *accumulators, int64_t rows, int64_t channels, const int32_t *multipliers,
                    const tinyc_output_s8 &stage, int8_t *out) {
  requantizeAll(accumulators, rows, channels, multipliers, stage, out);
}

TINYC_VECTOR_VERSIONS
void requantizeRows(const int32_t *accumulators, int64_t rows, int64_t channels, const int32_t *multipliers,
                    const tinyc_output_s8 &stage, int16_t *out) {
  requantizeAll(accumulators, rows, channels, multipliers, stage, out);
}

} // namespace tinyc::nn
