/* conv2d int8: the windows of a block of output pixels, side by side in scratch, times panels of 16 outputs
 * (tinyc/panels.h). */
#include "tinyc/kernel_functions.h"
#include "tinyc/window.h"
#include "tinyc/x86_64_panels.h"

/* Copies the window of output pixel (y, x), channels `channel` onwards, padding included. */
static void copyWindow(tinyc_x86_64 level, const tinyc_conv2d_s8_params *params, const int8_t *input, int32_t y,
                       int32_t x, int32_t channel, int32_t channels, uint8_t *to) {
  const tinyc_window *window = &params->window;
  int32_t pixel = window->input_channels, zero = params->input_zero_point;
  int32_t top = y * window->stride_height - window->pad_top, left = x * window->stride_width - window->pad_left;
  tinyc_taps rows = tinyc_inner_taps(top, window->dilation_height, window->kernel_height, window->input_height);
  tinyc_taps columns = tinyc_inner_taps(left, window->dilation_width, window->kernel_width, window->input_width);
  int32_t inside = columns.end - columns.begin;
  int32_t contiguous = channels == pixel && window->dilation_width == 1;
  for (int32_t ky = 0; ky < window->kernel_height; ky++) {
    if (ky < rows.begin || ky >= rows.end) {
      to = tinyc_fill_elements(level, to, zero, window->kernel_width * channels);
      continue;
    }
    const int8_t *from = tinyc_input_row_s8(window, input, top + ky * window->dilation_height) +
                         (left + columns.begin * window->dilation_width) * pixel + channel;
    to = tinyc_fill_elements(level, to, zero, columns.begin * channels);
    if (contiguous)
      to = tinyc_copy_elements(level, to, from, inside * channels);
    else
      for (int32_t kx = 0; kx < inside; kx++)
        to = tinyc_copy_elements(level, to, from + kx * window->dilation_width * pixel, channels);
    to = tinyc_fill_elements(level, to, zero, (window->kernel_width - columns.end) * channels);
  }
  tinyc_end_window(level, to, window->kernel_height * window->kernel_width * channels);
}

void tinyc_conv2d_s8_s8_x86_64(const tinyc_conv2d_s8_params *params, const int8_t *input, const int8_t *weights,
                               const int32_t *bias, const int32_t *multipliers, int8_t *output, void *scratch,
                               int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  const tinyc_window *window = &params->window;
  tinyc_x86_64 level = tinyc_x86_64_level();
  int32_t channels = window->input_channels / params->groups, filters = window->output_channels / params->groups;
  int32_t length = window->kernel_height * window->kernel_width * channels, limit = tinyc_windows_limit(level);
  int64_t bytes = tinyc_panel_count(filters) * tinyc_panel_bytes_s8(length);
  tinyc_windows_s8 block = {(const uint8_t *)scratch, tinyc_windows_pitch(level, length), 0, {0}};

  for (int32_t group = 0; group < params->groups; group++, weights += bytes) {
    for (int32_t y = row_begin; y < row_end; y++) {
      int8_t *out = output + tinyc_output_offset(window, y) + group * filters;
      for (int32_t x = 0; x < window->output_width; x++, out += window->output_channels) {
        copyWindow(level, params, input, y, x, group * channels, channels, (uint8_t *)scratch + block.count * block.pitch);
        block.outputs[block.count++] = out;
        if (block.count < limit && !(y + 1 == row_end && x + 1 == window->output_width))
          continue;
        tinyc_multiply_panels(level, &block, weights, length, filters, &params->output);
        block.count = 0;
      }
    }
  }
}
