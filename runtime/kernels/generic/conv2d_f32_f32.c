/* conv2d float: direct convolution, four output channels of one pixel at a time.
 *
 * Order of the sum: bias + 0.0f, then the products of the window in the order of the weights: row by row, column by column,
 * channel by channel. Products with padding add nothing: the sum is never -0.0f, to which they would.
 */
#include "tinyc/arithmetic.h"
#include "tinyc/kernel_functions.h"
#include "tinyc/window.h"

enum { kBlock = 4 };

/* sums[j] += the products of contiguous elements with filter j, whose weights start at w + j * pitch. */
TINYC_CORE void addRun(const float *x, const float *w, int32_t pitch, int32_t length, float *sums,
                       const int32_t outputs) {
  float local[kBlock];
  for (int32_t j = 0; j < outputs; j++)
    local[j] = sums[j];
  for (int32_t i = 0; i < length; i++)
    for (int32_t j = 0; j < outputs; j++)
      local[j] += x[i] * w[j * pitch + i];
  for (int32_t j = 0; j < outputs; j++)
    sums[j] = local[j];
}

typedef struct Position {
  const float *input;
  int32_t channel;   /* first of the group */
  int32_t top, left; /* input coordinates of tap (0, 0), negative in the padding */
  tinyc_taps rows, columns;
} Position;

/* One pixel, output channels o .. o + outputs - 1; w are the weights of channel o. */
TINYC_CORE void computePixel(const tinyc_conv2d_f32_params *params, const Position *position, const float *w,
                             const float *bias, int32_t channels, float *out, const int32_t outputs) {
  const tinyc_window *window = &params->window;
  int32_t w_row = window->kernel_width * channels, pitch = window->kernel_height * w_row;
  int32_t x_step = window->dilation_width * window->input_channels;
  int32_t columns = position->columns.end - position->columns.begin, runs = columns, length = channels;
  if (x_step == channels) {
    runs = 1;
    length = columns * channels;
  }
  float sums[kBlock];
  for (int32_t j = 0; j < outputs; j++)
    sums[j] = (bias ? bias[j] : 0.0f) + 0.0f;
  w += position->columns.begin * channels;
  for (int32_t ky = position->rows.begin; ky < position->rows.end; ky++) {
    const float *x = tinyc_input_row_f32(window, position->input, position->top + ky * window->dilation_height) +
                     (position->left + position->columns.begin * window->dilation_width) * window->input_channels +
                     position->channel;
    for (int32_t run = 0; run < runs; run++)
      addRun(x + run * x_step, w + ky * w_row + run * channels, pitch, length, sums, outputs);
  }
  for (int32_t j = 0; j < outputs; j++)
    out[j] = tinyc_limit_f32(sums[j], params->output.clamp_min, params->output.clamp_max);
}

void tinyc_conv2d_f32_f32(const tinyc_conv2d_f32_params *params, const float *input, const float *weights,
                          const float *bias, float *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  const tinyc_window *window = &params->window;
  int32_t channels = window->input_channels / params->groups;
  int32_t filters = window->output_channels / params->groups;
  int32_t pitch = window->kernel_height * window->kernel_width * channels;

  for (int32_t y = row_begin; y < row_end; y++) {
    float *out = output + tinyc_output_offset(window, y);
    Position position;
    position.input = input;
    position.top = y * window->stride_height - window->pad_top;
    position.rows =
        tinyc_inner_taps(position.top, window->dilation_height, window->kernel_height, window->input_height);
    for (int32_t x = 0; x < window->output_width; x++, out += window->output_channels) {
      position.left = x * window->stride_width - window->pad_left;
      position.columns =
          tinyc_inner_taps(position.left, window->dilation_width, window->kernel_width, window->input_width);
      for (int32_t group = 0; group < params->groups; group++) {
        int32_t o = group * filters, end = o + filters;
        position.channel = group * channels;
        for (; o + kBlock <= end; o += kBlock)
          computePixel(params, &position, weights + o * pitch, bias ? bias + o : bias, channels, out + o, kBlock);
        for (; o < end; o++)
          computePixel(params, &position, weights + o * pitch, bias ? bias + o : bias, channels, out + o, 1);
      }
    }
  }
}
