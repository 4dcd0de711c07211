/* conv2d float: the windows of a block of output pixels, side by side in scratch or, of pointwise convolutions, where they
 * are, times panels of 16 outputs (tinyc/panels.h). Products with padding are zeros and change no sum. */
#include "tinyc/kernel_functions.h"
#include "tinyc/layouts.h"
#include "tinyc/window.h"
#include "tinyc/x86_64_panels_f32.h"

static float *putZeros(float *to, int32_t count) {
  for (int32_t i = 0; i < count; i++)
    to[i] = 0.0f;
  return to + count;
}

static float *putElements(float *to, const float *from, int32_t count) {
  memcpy(to, from, (size_t)count * sizeof *to);
  return to + count;
}

/* Copies the window of output pixel (y, x), channels `channel` onwards, padding included. */
static void copyWindow(const tinyc_conv2d_f32_params *params, const float *input, int32_t y, int32_t x, int32_t channel,
                       int32_t channels, float *to) {
  const tinyc_window *window = &params->window;
  int32_t pixel = window->input_channels;
  int32_t top = y * window->stride_height - window->pad_top, left = x * window->stride_width - window->pad_left;
  tinyc_taps rows = tinyc_inner_taps(top, window->dilation_height, window->kernel_height, window->input_height);
  tinyc_taps columns = tinyc_inner_taps(left, window->dilation_width, window->kernel_width, window->input_width);
  int32_t inside = columns.end - columns.begin;
  int32_t contiguous = channels == pixel && window->dilation_width == 1;
  for (int32_t ky = 0; ky < window->kernel_height; ky++) {
    if (ky < rows.begin || ky >= rows.end) {
      to = putZeros(to, window->kernel_width * channels);
      continue;
    }
    const float *from = tinyc_input_row_f32(window, input, top + ky * window->dilation_height) +
                        (left + columns.begin * window->dilation_width) * pixel + channel;
    to = putZeros(to, columns.begin * channels);
    if (contiguous)
      to = putElements(to, from, inside * channels);
    else
      for (int32_t kx = 0; kx < inside; kx++)
        to = putElements(to, from + kx * window->dilation_width * pixel, channels);
    to = putZeros(to, (window->kernel_width - columns.end) * channels);
  }
}

void tinyc_conv2d_f32_f32_x86_64(const tinyc_conv2d_f32_params *params, const float *input, const float *weights,
                                 const float *bias, float *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)bias;
  const tinyc_window *window = &params->window;
  tinyc_x86_64 level = tinyc_x86_64_level();
  int32_t channels = window->input_channels / params->groups, filters = window->output_channels / params->groups;
  int32_t length = window->kernel_height * window->kernel_width * channels;
  int32_t pointwise = window->kernel_height == 1 && window->kernel_width == 1 && !tinyc_is_padded(window);
  int64_t pitch = tinyc_panel_count(filters) * (tinyc_panel_bytes_f32(length) / (int64_t)sizeof(float));
  tinyc_windows_f32 block = {0, {0}, {0}};

  for (int32_t group = 0; group < params->groups; group++, weights += pitch) {
    for (int32_t y = row_begin; y < row_end; y++) {
      float *out = output + tinyc_output_offset(window, y) + group * filters;
      for (int32_t x = 0; x < window->output_width; x++, out += window->output_channels) {
        if (pointwise) {
          const float *row = tinyc_input_row_f32(window, input, y * window->stride_height);
          block.inputs[block.count] = row + x * window->stride_width * window->input_channels + group * channels;
        } else {
          float *to = (float *)scratch + (int64_t)block.count * length;
          copyWindow(params, input, y, x, group * channels, channels, to);
          block.inputs[block.count] = to;
        }
        block.outputs[block.count++] = out;
        if (block.count < TINYC_PANEL_WINDOWS && !(y + 1 == row_end && x + 1 == window->output_width))
          continue;
        tinyc_multiply_panels_f32(level, &block, weights, length, filters, &params->output);
        block.count = 0;
      }
    }
  }
}
