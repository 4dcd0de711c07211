/* max_pool int8 for Armv7E-M: four channels at a time, compared by SSUB8 and SEL. */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"
#include "tinyc/window.h"

/* One row of a window: `taps` pixels `step` bytes apart. */
typedef struct Row {
  const int8_t *x;
  int32_t taps, step, channels;
  uint32_t low, high; /* bounds, in every byte */
} Row;

/* The greatest of every channel of the row, and of what stands at out unless this is the first row, to out. */
TINYC_CORE void addRow(const Row *row, int8_t *out, const int first) {
  const int8_t *x = row->x;
  int32_t taps = row->taps, step = row->step, channels = row->channels;
  uint32_t low = row->low, high = row->high;
  for (; channels >= 4; channels -= 4, x += 4, out += 4) {
    uint32_t most = tinyc_select_greater_s8x4(first ? low : tinyc_load_s8x4(out), tinyc_load_s8x4(x));
    const int8_t *tap = x + step;
    for (int32_t i = 1; i < taps; i++, tap += step)
      most = tinyc_select_greater_s8x4(most, tinyc_load_s8x4(tap));
    most = tinyc_select_smaller_s8x4(most, high);
    memcpy(out, &most, sizeof most);
  }
  for (; channels > 0; channels--, x++, out++) {
    int32_t most = first ? (int8_t)low : *out;
    const int8_t *tap = x;
    for (int32_t i = 0; i < taps; i++, tap += step)
      most = tinyc_max_s32(most, *tap);
    *out = (int8_t)tinyc_min_s32(most, (int8_t)high);
  }
}

static __attribute__((noinline)) void addFirstRow(const Row *row, int8_t *out) { addRow(row, out, 1); }
static __attribute__((noinline)) void addNextRow(const Row *row, int8_t *out) { addRow(row, out, 0); }

void tinyc_max_pool_s8_armv7e_m(const tinyc_pool_s8_params *params, const int8_t *input, int8_t *output, void *scratch,
                                int32_t row_begin, int32_t row_end) {
  (void)scratch;
  const tinyc_window *window = &params->window;
  int32_t channels = window->input_channels;
  int32_t lowest = tinyc_limit_s32(-128, params->output.clamp_min, params->output.clamp_max);
  Row row = {NULL, 0, window->dilation_width * channels, channels, tinyc_repeat_s8(params->output.clamp_min),
             tinyc_repeat_s8(params->output.clamp_max)};
  for (int32_t y = row_begin; y < row_end; y++) {
    int8_t *out = output + tinyc_output_offset(window, y);
    int32_t top = y * window->stride_height - window->pad_top;
    tinyc_taps rows = tinyc_inner_taps(top, window->dilation_height, window->kernel_height, window->input_height);
    for (int32_t x = 0; x < window->output_width; x++, out += channels) {
      int32_t left = x * window->stride_width - window->pad_left;
      tinyc_taps columns =
          tinyc_inner_taps(left, window->dilation_width, window->kernel_width, window->input_width);
      int32_t offset = (left + columns.begin * window->dilation_width) * channels;
      row.taps = columns.end - columns.begin;
      if (row.taps == 0 || rows.begin == rows.end)
        memset(out, lowest, (size_t)channels);
      else
        for (int32_t ky = rows.begin; ky < rows.end; ky++) {
          row.x = tinyc_input_row_s8(window, input, top + ky * window->dilation_height) + offset;
          (ky == rows.begin ? addFirstRow : addNextRow)(&row, out);
        }
    }
  }
}
