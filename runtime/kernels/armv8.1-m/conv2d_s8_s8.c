/* conv2d int8 for Armv8.1-M: a matrix product of two output pixels and four filters at a time, 16 products per
 * instruction. The windows of the two pixels are gathered into scratch, padding included, so that their products need
 * no cases, and outputs may lie over the inputs of a pointwise convolution. */
#include "tinyc/armv8_1m.h"
#include "tinyc/kernel_functions.h"
#include "tinyc/layouts.h"
#include "tinyc/window.h"

/* The windows of a row of output pixels, of one group of channels. */
typedef struct Windows {
  const tinyc_conv2d_s8_params *params;
  const int8_t **rows;       /* the input rows of the kernel's rows, NULL in the padding; in scratch */
  tinyc_taps inside;         /* which are not NULL */
  int32_t channel, channels; /* first and number */
} Windows;

/* A window that reaches beyond the input, or has gaps. */
static __attribute__((noinline)) void gatherParts(const Windows *windows, int32_t left, int8_t *to) {
  const tinyc_window *window = &windows->params->window;
  int32_t channels = windows->channels, zero = windows->params->input_zero_point, width = window->kernel_width;
  tinyc_taps columns = tinyc_inner_taps(left, window->dilation_width, width, window->input_width);
  int contiguous = window->dilation_width == 1 && channels == window->input_channels;
  for (int32_t ky = 0; ky < window->kernel_height; ky++) {
    const int8_t *row = windows->rows[ky];
    int32_t begin = row ? columns.begin : width, end = row ? columns.end : width;
    if (begin > 0)
      to = tinyc_fill_s8_mve(to, zero, begin * channels);
    if (begin < end) {
      const int8_t *from = row + (left + begin * window->dilation_width) * window->input_channels + windows->channel;
      if (contiguous)
        to = tinyc_copy_s8_mve(to, from, (end - begin) * channels);
      else
        for (int32_t kx = begin; kx < end; kx++, from += window->dilation_width * window->input_channels)
          to = tinyc_copy_s8_mve(to, from, channels);
    }
    if (end < width)
      to = tinyc_fill_s8_mve(to, zero, (width - end) * channels);
  }
}

/* The window whose first column is `left`. */
static inline void gather(const Windows *windows, int32_t left, int8_t *to) {
  const tinyc_window *window = &windows->params->window;
  int32_t height = window->kernel_height, width = window->kernel_width, channels = windows->channels;
  if (window->dilation_width != 1 || channels != window->input_channels || left < 0 ||
      left + width > window->input_width || windows->inside.end - windows->inside.begin < height) {
    gatherParts(windows, left, to);
    return;
  }
  for (int32_t ky = 0; ky < height; ky++)
    to = tinyc_copy_s8_mve(to, windows->rows[ky] + left * channels, width * channels);
}

static void computeRow(const Windows *windows, const tinyc_product_mve *product, const int8_t *blocks, int8_t *out,
                       int8_t *first, int8_t *second) {
  const tinyc_window *window = &windows->params->window;
  int32_t step = window->output_channels, left = -window->pad_left, x = 0;
  for (; x + 2 <= window->output_width; x += 2, left += 2 * window->stride_width, out += 2 * step) {
    gather(windows, left, first);
    gather(windows, left + window->stride_width, second);
    tinyc_multiply_mve(product, blocks, first, second, out, out + step, 1);
  }
  if (x < window->output_width) {
    gather(windows, left, first);
    tinyc_multiply_mve(product, blocks, first, first, out, out, 0);
  }
}

void tinyc_conv2d_s8_s8_armv8_1m(const tinyc_conv2d_s8_params *params, const int8_t *input, const int8_t *weights,
                                 const int32_t *bias, const int32_t *multipliers, int8_t *output, void *scratch,
                                 int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  const tinyc_window *window = &params->window;
  int32_t channels = window->input_channels / params->groups, filters = window->output_channels / params->groups;
  int32_t length = window->kernel_height * window->kernel_width * channels;
  int32_t group_bytes = tinyc_filter_blocks_bytes(filters, length);
  Windows windows = {params, (const int8_t **)scratch, {0, 0}, 0, channels};
  tinyc_product_mve product = {filters, length, &params->output};
  int8_t *first = (int8_t *)(windows.rows + window->kernel_height), *second = first + ((length + 3) & ~3);
  for (int32_t y = row_begin; y < row_end; y++) {
    int32_t top = y * window->stride_height - window->pad_top;
    windows.inside = tinyc_inner_taps(top, window->dilation_height, window->kernel_height, window->input_height);
    for (int32_t ky = 0; ky < window->kernel_height; ky++)
      windows.rows[ky] = ky >= windows.inside.begin && ky < windows.inside.end
                             ? tinyc_input_row_s8(window, input, top + ky * window->dilation_height)
                             : NULL;
    int8_t *out = output + tinyc_output_offset(window, y);
    for (int32_t group = 0; group < params->groups; group++) {
      windows.channel = group * channels;
      computeRow(&windows, &product, weights + group * group_bytes, out + group * filters, first, second);
    }
  }
}
