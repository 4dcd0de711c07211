/* max_pool int8 for Armv7E-M: four channels at a time, compared by SSUB8 and SEL. */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"
#include "tinyc/window.h"

/* The greater, or smaller, of each pair of bytes; the comparison's flags do not outlive the statement. */
static inline uint32_t selectGreater(uint32_t a, uint32_t b) {
  uint32_t result;
  __asm__("ssub8 %0, %1, %2\n\tsel %0, %1, %2" : "=&r"(result) : "r"(a), "r"(b) : "cc");
  return result;
}
static inline uint32_t selectSmaller(uint32_t a, uint32_t b) {
  uint32_t result;
  __asm__("ssub8 %0, %1, %2\n\tsel %0, %2, %1" : "=&r"(result) : "r"(a), "r"(b) : "cc");
  return result;
}

static inline uint32_t repeat(int32_t byte) { return ((uint32_t)byte & 0xffu) * 0x01010101u; }

/* The taps inside the input of one output pixel. */
typedef struct Taps {
  const tinyc_window *window;
  const int8_t *input;
  int32_t top, left;
  tinyc_taps rows, columns;
} Taps;

static inline const int8_t *getRow(const Taps *taps, int32_t ky, int32_t channel) {
  const tinyc_window *window = taps->window;
  return tinyc_input_row_s8(window, taps->input, taps->top + ky * window->dilation_height) +
         (taps->left + taps->columns.begin * window->dilation_width) * window->input_channels + channel;
}

static uint32_t findFour(const Taps *taps, int32_t channel) {
  int32_t step = taps->window->dilation_width * taps->window->input_channels;
  int32_t columns = taps->columns.end - taps->columns.begin;
  uint32_t most = 0x80808080u;
  for (int32_t ky = taps->rows.begin; ky < taps->rows.end; ky++) {
    const int8_t *x = getRow(taps, ky, channel);
    int32_t count = columns;
    for (; count >= 2; count -= 2, x += 2 * step)
      most = selectGreater(most, selectGreater(tinyc_load_s8x4(x), tinyc_load_s8x4(x + step)));
    if (count > 0)
      most = selectGreater(most, tinyc_load_s8x4(x));
  }
  return most;
}

static int32_t findOne(const Taps *taps, int32_t channel) {
  int32_t step = taps->window->dilation_width * taps->window->input_channels, most = -128;
  for (int32_t ky = taps->rows.begin; ky < taps->rows.end; ky++) {
    const int8_t *x = getRow(taps, ky, channel);
    for (int32_t kx = taps->columns.begin; kx < taps->columns.end; kx++, x += step)
      most = tinyc_max_s32(most, *x);
  }
  return most;
}

void tinyc_max_pool_s8_armv7e_m(const tinyc_pool_s8_params *params, const int8_t *input, int8_t *output, void *scratch,
                                int32_t row_begin, int32_t row_end) {
  (void)scratch;
  const tinyc_window *window = &params->window;
  int32_t channels = window->input_channels, low = params->output.clamp_min, high = params->output.clamp_max;
  uint32_t lows = repeat(low), highs = repeat(high);
  Taps taps = {window, input, 0, 0, {0, 0}, {0, 0}};
  for (int32_t y = row_begin; y < row_end; y++) {
    int8_t *out = output + tinyc_output_offset(window, y);
    taps.top = y * window->stride_height - window->pad_top;
    taps.rows = tinyc_inner_taps(taps.top, window->dilation_height, window->kernel_height, window->input_height);
    for (int32_t x = 0; x < window->output_width; x++, out += channels) {
      taps.left = x * window->stride_width - window->pad_left;
      taps.columns = tinyc_inner_taps(taps.left, window->dilation_width, window->kernel_width, window->input_width);
      int32_t c = 0;
      for (; c + 4 <= channels; c += 4) {
        uint32_t four = selectSmaller(selectGreater(findFour(&taps, c), lows), highs);
        memcpy(out + c, &four, sizeof four);
      }
      for (; c < channels; c++)
        out[c] = (int8_t)tinyc_limit_s32(findOne(&taps, c), low, high);
    }
  }
}
