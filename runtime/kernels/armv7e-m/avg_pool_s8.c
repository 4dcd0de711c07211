/* avg_pool int8 for Armv7E-M: four channels at a time, summed as pairs of int16 by SXTAB16. */
#include "tinyc/armv7e_m_pool.h"
#include "tinyc/kernel_functions.h"

/* The sums of the window's taps of four channels, at most 255, the first at `offset` of every row. */
TINYC_CORE tinyc_pair_sums sumFew(const tinyc_pool *pool, int32_t offset, int32_t columns) {
  tinyc_pair_sums sums = {0, 0};
  int32_t step = pool->step, rows = pool->rows.end - pool->rows.begin;
  for (const int8_t *const *row = pool->row, *const *end = row + rows; row != end; row++)
    sums = tinyc_add_pixels(sums, *row + offset, step, columns);
  return sums;
}

/* The same for any number, added to acc. */
static tinyc_four_sums sumMany(const tinyc_pool *pool, int32_t offset, tinyc_four_sums acc) {
  int32_t columns = pool->columns.end - pool->columns.begin;
  for (int32_t ky = pool->rows.begin; ky < pool->rows.end; ky++)
    acc = tinyc_sum_pixels(acc, tinyc_pool_row(pool, ky) + offset, pool->step, columns);
  return acc;
}

static int32_t sumChannel(const tinyc_pool *pool, int32_t offset, int32_t acc) {
  for (int32_t ky = pool->rows.begin; ky < pool->rows.end; ky++) {
    const int8_t *x = tinyc_pool_row(pool, ky) + offset;
    for (int32_t kx = pool->columns.begin; kx < pool->columns.end; kx++, x += pool->step)
      acc += *x;
  }
  return acc;
}

/* What a pixel's output stage is made of. */
typedef struct Stage {
  int32_t offset, left; /* added to the sums of taps; see tinyc_fast_stage_shift */
  int32_t multiplier, zero_point;
} Stage;

static inline void store(const Stage *stage, tinyc_four_sums acc, int8_t *out) {
  int32_t offset = stage->offset, left = stage->left;
  tinyc_requantize_fast_s8x4(tinyc_shift_left(acc.c0 + offset, left), tinyc_shift_left(acc.c1 + offset, left),
                             tinyc_shift_left(acc.c2 + offset, left), tinyc_shift_left(acc.c3 + offset, left),
                             stage->multiplier, stage->zero_point, out);
}

/* A pixel of at least four channels whose window has at most 255 taps in the input. The last four channels end with the
 * pixel, over channels that are done already. */
TINYC_CORE void computeFew(const tinyc_pool *pool, const Stage *stage, int8_t *out, int32_t columns) {
  int32_t channels = pool->window->input_channels;
  for (int32_t c = 0; c < channels; c += 4) {
    int32_t first = tinyc_min_s32(c, channels - 4);
    tinyc_four_sums none = {0, 0, 0, 0};
    store(stage, tinyc_add_pairs(none, sumFew(pool, pool->offset + first, columns)), out + first);
  }
}
static __attribute__((noinline)) void computeFewOf2(const tinyc_pool *pool, const Stage *stage, int8_t *out) {
  computeFew(pool, stage, out, 2);
}
static __attribute__((noinline)) void computeFewOf3(const tinyc_pool *pool, const Stage *stage, int8_t *out) {
  computeFew(pool, stage, out, 3);
}
static __attribute__((noinline)) void computeFewOfAny(const tinyc_pool *pool, const Stage *stage, int8_t *out) {
  computeFew(pool, stage, out, pool->columns.end - pool->columns.begin);
}

/* Any pixel of at least four channels. */
static __attribute__((noinline)) void computeMany(const tinyc_pool *pool, const Stage *stage, int8_t *out) {
  int32_t channels = pool->window->input_channels;
  for (int32_t c = 0; c < channels; c += 4) {
    int32_t first = tinyc_min_s32(c, channels - 4);
    store(stage, sumMany(pool, pool->offset + first, (tinyc_four_sums){0, 0, 0, 0}), out + first);
  }
}

/* One output pixel whose window has `inside` taps in the input. */
static void computePixel(const tinyc_pool_s8_params *params, const tinyc_pool *pool, int32_t multiplier, int32_t inside,
                         int8_t *out) {
  int32_t channels = pool->window->input_channels, columns = pool->columns.end - pool->columns.begin;
  Stage stage = {-inside * params->input_zero_point,
                 inside <= (1 << 22) ? tinyc_fast_stage_shift(&params->output, 255 * inside) : -1, multiplier,
                 params->output.zero_point};
  if (stage.left < 0 || channels < 4)
    for (int32_t c = 0; c < channels; c++)
      out[c] = tinyc_output_stage_s8(sumChannel(pool, pool->offset + c, stage.offset), multiplier, &params->output);
  else if (inside > TINYC_SUM_MOST || pool->rows.end - pool->rows.begin > TINYC_POOL_ROWS)
    computeMany(pool, &stage, out);
  else
    (columns == 2 ? computeFewOf2 : columns == 3 ? computeFewOf3 : computeFewOfAny)(pool, &stage, out);
}

void tinyc_avg_pool_s8_armv7e_m(const tinyc_pool_s8_params *params, const int8_t *input, const int32_t *multipliers,
                                int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  const tinyc_window *window = &params->window;
  tinyc_pool pool = tinyc_begin_pool(window, input);
  for (int32_t y = row_begin; y < row_end; y++) {
    int8_t *out = output + tinyc_output_offset(window, y);
    tinyc_begin_pool_row(&pool, y);
    for (int32_t x = 0; x < window->output_width; x++, out += window->input_channels) {
      int32_t inside = tinyc_begin_pool_pixel(&pool, x);
      int32_t entry = params->include_pad || inside == 0 ? 0 : inside - params->first_count;
      computePixel(params, &pool, multipliers[entry], inside, out);
    }
  }
  tinyc_clamp_rows_s8(window, &params->output, output, row_begin, row_end);
}
