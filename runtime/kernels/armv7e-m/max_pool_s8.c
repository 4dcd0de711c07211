/* max_pool int8 for Armv7E-M: four channels at a time, compared by SSUB8 and SEL. */
#include "tinyc/armv7e_m_pool.h"
#include "tinyc/kernel_functions.h"

/* The greatest of `most` and of four channels of `taps` pixels, `step` bytes apart. */
TINYC_CORE uint32_t findGreatest(uint32_t most, const int8_t *x, int32_t step, int32_t taps) {
  for (; taps >= 2; taps -= 2, x += 2 * step) {
    uint32_t first = tinyc_load_s8x4(x), second = tinyc_load_s8x4(x + step);
    most = tinyc_select_greater_s8x4(second, tinyc_select_greater_s8x4(first, most));
  }
  return taps > 0 ? tinyc_select_greater_s8x4(tinyc_load_s8x4(x), most) : most;
}

/* A pixel of at least four channels. The last four channels end with the pixel, over channels that are done already. */
TINYC_CORE void computeFours(const tinyc_pool *pool, int8_t *out, int32_t columns) {
  int32_t channels = pool->window->input_channels, step = pool->step, rows = pool->rows.end - pool->rows.begin;
  for (int32_t c = 0; c < channels; c += 4) {
    int32_t first = tinyc_min_s32(c, channels - 4), offset = pool->offset + first;
    uint32_t most = 0x80808080u;
    for (const int8_t *const *row = pool->row, *const *end = row + rows; row != end; row++)
      most = findGreatest(most, *row + offset, step, columns);
    memcpy(out + first, &most, sizeof most);
  }
}

/* Functions of their own, so that each has all registers to itself. */
static __attribute__((noinline)) void computeFoursOf2(const tinyc_pool *pool, int8_t *out) {
  computeFours(pool, out, 2);
}
static __attribute__((noinline)) void computeFoursOf3(const tinyc_pool *pool, int8_t *out) {
  computeFours(pool, out, 3);
}

/* The same for a window of any size. */
static __attribute__((noinline)) void computeFoursOfAny(const tinyc_pool *pool, int8_t *out) {
  int32_t channels = pool->window->input_channels, columns = pool->columns.end - pool->columns.begin;
  for (int32_t c = 0; c < channels; c += 4) {
    int32_t first = tinyc_min_s32(c, channels - 4), offset = pool->offset + first;
    uint32_t most = 0x80808080u;
    for (int32_t ky = pool->rows.begin; ky < pool->rows.end; ky++)
      most = findGreatest(most, tinyc_pool_row(pool, ky) + offset, pool->step, columns);
    memcpy(out + first, &most, sizeof most);
  }
}

static int32_t findGreatestOne(const tinyc_pool *pool, int32_t offset) {
  int32_t most = -128;
  for (int32_t ky = pool->rows.begin; ky < pool->rows.end; ky++) {
    const int8_t *x = tinyc_pool_row(pool, ky) + offset;
    for (int32_t kx = pool->columns.begin; kx < pool->columns.end; kx++, x += pool->step)
      most = tinyc_max_s32(most, *x);
  }
  return most;
}

/* One output pixel. */
static void computePixel(const tinyc_pool *pool, int8_t *out) {
  int32_t channels = pool->window->input_channels, columns = pool->columns.end - pool->columns.begin;
  int is_low = pool->rows.end - pool->rows.begin <= TINYC_POOL_ROWS;
  if (channels < 4)
    for (int32_t c = 0; c < channels; c++)
      out[c] = (int8_t)findGreatestOne(pool, pool->offset + c);
  else
    (is_low && columns == 2   ? computeFoursOf2
     : is_low && columns == 3 ? computeFoursOf3
                              : computeFoursOfAny)(pool, out);
}

void tinyc_max_pool_s8_armv7e_m(const tinyc_pool_s8_params *params, const int8_t *input, int8_t *output, void *scratch,
                                int32_t row_begin, int32_t row_end) {
  (void)scratch;
  const tinyc_window *window = &params->window;
  tinyc_pool pool = tinyc_begin_pool(window, input);
  for (int32_t y = row_begin; y < row_end; y++) {
    int8_t *out = output + tinyc_output_offset(window, y);
    tinyc_begin_pool_row(&pool, y);
    for (int32_t x = 0; x < window->output_width; x++, out += window->input_channels)
      if (tinyc_begin_pool_pixel(&pool, x) > 0)
        computePixel(&pool, out);
      else
        memset(out, -128, (size_t)window->input_channels);
  }
  tinyc_clamp_rows_s8(window, &params->output, output, row_begin, row_end);
}
