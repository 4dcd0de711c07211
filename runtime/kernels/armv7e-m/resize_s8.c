/* resize int8 for Armv7E-M: four channels at a time; the elements of two columns make words of pairs, multiplied by a
 * word of both weights in SMLAD. */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"

/* The halfwords low of a and b; high of a and b. */
static inline uint32_t pairLow(uint32_t a, uint32_t b) {
  uint32_t pair;
  __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(pair) : "r"(a), "r"(b));
  return pair;
}
static inline uint32_t pairHigh(uint32_t a, uint32_t b) {
  uint32_t pair;
  __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(pair) : "r"(b), "r"(a));
  return pair;
}

/* The taps of one output pixel. */
typedef struct Pixel {
  const uint16_t *rows, *columns;
  const int16_t *row_weights, *column_weights;
  int32_t row_taps, column_taps;
  int32_t pitch, channels; /* elements */
  int32_t offset;          /* minus the zero point times all weights; the rounding; the zero point of the result */
} Pixel;

/* Sums are of elements with their zero point, which may wrap on the way; the offset takes it out again. */
static inline int32_t saturate(int32_t acc) {
  int32_t q;
  __asm__("ssat %0, #8, %1, asr #22" : "=r"(q) : "r"(acc));
  return q;
}

static inline int32_t multiplyAdd(int32_t x, int32_t y, int32_t acc) {
  return (int32_t)((uint32_t)x * (uint32_t)y + (uint32_t)acc);
}

/* Four channels, one sum each: no array, which the compilers would keep in memory. */
typedef struct Four {
  int32_t a, b, c, d;
} Four;

/* sums + the four elements at x times the weight below, and those at y times the one above. */
TINYC_CORE Four addColumns(Four sums, const int8_t *x, const int8_t *y, uint32_t weights) {
  uint32_t left = tinyc_load_s8x4(x), right = tinyc_load_s8x4(y);
  uint32_t even = tinyc_widen_even(left), evenOther = tinyc_widen_even(right);
  uint32_t odd = tinyc_widen_odd(left), oddOther = tinyc_widen_odd(right);
  sums.a = tinyc_dual_multiply_add(pairLow(even, evenOther), weights, sums.a);
  sums.b = tinyc_dual_multiply_add(pairLow(odd, oddOther), weights, sums.b);
  sums.c = tinyc_dual_multiply_add(pairHigh(even, evenOther), weights, sums.c);
  sums.d = tinyc_dual_multiply_add(pairHigh(odd, oddOther), weights, sums.d);
  return sums;
}

TINYC_CORE Four addRow(Four sums, Four row, int32_t weight) {
  sums.a = multiplyAdd(weight, row.a, sums.a);
  sums.b = multiplyAdd(weight, row.b, sums.b);
  sums.c = multiplyAdd(weight, row.c, sums.c);
  sums.d = multiplyAdd(weight, row.d, sums.d);
  return sums;
}

TINYC_CORE void storeFour(Four sums, int8_t *out) {
  out[0] = (int8_t)saturate(sums.a);
  out[1] = (int8_t)saturate(sums.b);
  out[2] = (int8_t)saturate(sums.c);
  out[3] = (int8_t)saturate(sums.d);
}

/* All channels of a pixel of 2 x 2 taps; the last four end with it, over channels that are done already. */
static __attribute__((noinline)) void computeLinear(const Pixel *pixel, const int8_t *input, int8_t *out) {
  const int8_t *upper = input + pixel->rows[0] * pixel->pitch, *lower = input + pixel->rows[1] * pixel->pitch;
  int32_t left = pixel->columns[0] * pixel->channels, right = pixel->columns[1] * pixel->channels;
  int32_t upper_weight = pixel->row_weights[0], lower_weight = pixel->row_weights[1], offset = pixel->offset;
  uint32_t weights = tinyc_load_s16x2(pixel->column_weights);
  const Four zero = {0, 0, 0, 0};
  for (int32_t c = 0; c < pixel->channels; c += 4) {
    int32_t first = tinyc_min_s32(c, pixel->channels - 4);
    const int8_t *row = upper + first, *next = lower + first;
    Four sums = {offset, offset, offset, offset};
    sums = addRow(sums, addColumns(zero, row + left, row + right, weights), upper_weight);
    sums = addRow(sums, addColumns(zero, next + left, next + right, weights), lower_weight);
    storeFour(sums, out + first);
  }
}

/* The same for any number of row taps and an even one of column taps. */
static __attribute__((noinline)) void computeEven(const Pixel *pixel, const int8_t *input, int8_t *out) {
  for (int32_t c = 0; c < pixel->channels; c += 4) {
    int32_t first = tinyc_min_s32(c, pixel->channels - 4);
    Four sums = {pixel->offset, pixel->offset, pixel->offset, pixel->offset};
    for (int32_t t = 0; t < pixel->row_taps; t++) {
      const int8_t *row = input + pixel->rows[t] * pixel->pitch + first;
      Four line = {0, 0, 0, 0};
      for (int32_t u = 0; u < pixel->column_taps; u += 2)
        line = addColumns(line, row + pixel->columns[u] * pixel->channels,
                          row + pixel->columns[u + 1] * pixel->channels, tinyc_load_s16x2(pixel->column_weights + u));
      sums = addRow(sums, line, pixel->row_weights[t]);
    }
    storeFour(sums, out + first);
  }
}

static int32_t addUp(const int16_t *weights, int32_t count) {
  int32_t sum = 0;
  for (int32_t i = 0; i < count; i++)
    sum += weights[i];
  return sum;
}

static void computeOnes(const Pixel *pixel, const int8_t *input, int8_t *out) {
  for (int32_t c = 0; c < pixel->channels; c++) {
    int32_t acc = pixel->offset;
    for (int32_t t = 0; t < pixel->row_taps; t++) {
      const int8_t *row = input + pixel->rows[t] * pixel->pitch + c;
      int32_t line = 0;
      for (int32_t u = 0; u < pixel->column_taps; u++)
        line += pixel->column_weights[u] * row[pixel->columns[u] * pixel->channels];
      acc = multiplyAdd(pixel->row_weights[t], line, acc);
    }
    out[c] = (int8_t)saturate(acc);
  }
}

void tinyc_resize_s8_armv7e_m(const tinyc_resize_params *params, const int8_t *input, const uint16_t *indices,
                              const int16_t *weights, int8_t *output, void *scratch, int32_t row_begin,
                              int32_t row_end) {
  (void)scratch;
  int32_t channels = params->channels, columns = params->output_height * params->row_taps;
  Pixel pixel = {NULL,     NULL, NULL, NULL, params->row_taps, params->column_taps, params->input_width * channels,
                 channels, 0};
  void (*compute)(const Pixel *, const int8_t *, int8_t *) = channels < 4 || params->column_taps % 2 != 0 ? computeOnes
                                                             : params->row_taps == 2 && params->column_taps == 2
                                                                 ? computeLinear
                                                                 : computeEven;
  for (int32_t y = row_begin; y < row_end; y++) {
    int8_t *out = output + y * params->output_width * channels;
    pixel.rows = indices + y * params->row_taps;
    pixel.row_weights = weights + y * params->row_taps;
    int32_t total = addUp(pixel.row_weights, params->row_taps);
    for (int32_t x = 0; x < params->output_width; x++, out += channels) {
      pixel.columns = indices + columns + x * params->column_taps;
      pixel.column_weights = weights + columns + x * params->column_taps;
      int32_t all = total * addUp(pixel.column_weights, params->column_taps);
      /* (acc + 2^21) >> 22, plus the zero point, is the shift of all of it. */
      pixel.offset = multiplyAdd(-params->zero_point, all, (1 << 21) + tinyc_shift_left(params->zero_point, 22));
      compute(&pixel, input, out);
    }
  }
}
