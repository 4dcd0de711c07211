/* depthwise conv2d float: 16 or 8 channels of one pixel at a time.
 * Order of the sum: bias + 0.0f, then the taps inside the input, row by row. */
#include "tinyc/kernel_functions.h"
#include "tinyc/window.h"
#include "tinyc/x86_64.h"

/* One output pixel. */
typedef struct Pixel {
  const tinyc_conv2d_f32_params *params;
  const float *input, *weights, *bias; /* bias may be NULL */
  float *out;
  int32_t top, left;
  tinyc_taps rows, columns;
} Pixel;

/* The first tap inside the input of row ky, and how far its neighbour is. */
static inline const float *findTap(const Pixel *pixel, int32_t ky) {
  const tinyc_window *window = &pixel->params->window;
  return tinyc_input_row_f32(window, pixel->input, pixel->top + ky * window->dilation_height) +
         (pixel->left + pixel->columns.begin * window->dilation_width) * window->input_channels;
}
static inline const float *findWeights(const Pixel *pixel, int32_t ky) {
  const tinyc_window *window = &pixel->params->window;
  return pixel->weights + (int64_t)(ky * window->kernel_width + pixel->columns.begin) * window->output_channels;
}

static TINYC_VNNI void computeVnni(const Pixel *pixel) {
  const tinyc_window *window = &pixel->params->window;
  int32_t channels = window->output_channels, step = window->dilation_width * window->input_channels;
  __m512 low = _mm512_set1_ps(pixel->params->output.clamp_min), high = _mm512_set1_ps(pixel->params->output.clamp_max);
  for (int32_t first = 0; first < channels; first += 16) {
    __mmask16 some = (__mmask16)(channels - first >= 16 ? 0xffffu : (1u << (channels - first)) - 1u);
    __m512 acc = _mm512_setzero_ps();
    if (pixel->bias)
      acc = _mm512_add_ps(_mm512_maskz_loadu_ps(some, pixel->bias + first), acc);
    for (int32_t ky = pixel->rows.begin; ky < pixel->rows.end; ky++) {
      const float *x = findTap(pixel, ky) + first, *w = findWeights(pixel, ky) + first;
      for (int32_t kx = pixel->columns.begin; kx < pixel->columns.end; kx++, x += step, w += channels)
        acc = _mm512_add_ps(acc, _mm512_mul_ps(_mm512_maskz_loadu_ps(some, x), _mm512_maskz_loadu_ps(some, w)));
    }
    _mm512_mask_storeu_ps(pixel->out + first, some, _mm512_min_ps(high, _mm512_max_ps(low, acc)));
  }
}

static TINYC_AVX2 void computeAvx2(const Pixel *pixel) {
  const tinyc_window *window = &pixel->params->window;
  int32_t channels = window->output_channels, step = window->dilation_width * window->input_channels;
  __m256 low = _mm256_set1_ps(pixel->params->output.clamp_min), high = _mm256_set1_ps(pixel->params->output.clamp_max);
  const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  for (int32_t first = 0; first < channels; first += 8) {
    __m256i some = _mm256_cmpgt_epi32(_mm256_set1_epi32(channels - first), lanes);
    __m256 acc = _mm256_setzero_ps();
    if (pixel->bias)
      acc = _mm256_add_ps(_mm256_maskload_ps(pixel->bias + first, some), acc);
    for (int32_t ky = pixel->rows.begin; ky < pixel->rows.end; ky++) {
      const float *x = findTap(pixel, ky) + first, *w = findWeights(pixel, ky) + first;
      for (int32_t kx = pixel->columns.begin; kx < pixel->columns.end; kx++, x += step, w += channels)
        acc = _mm256_add_ps(acc, _mm256_mul_ps(_mm256_maskload_ps(x, some), _mm256_maskload_ps(w, some)));
    }
    _mm256_maskstore_ps(pixel->out + first, some, _mm256_min_ps(high, _mm256_max_ps(low, acc)));
  }
}

/* Also where output channels are more than input channels. */
static void computePlain(const Pixel *pixel) {
  const tinyc_window *window = &pixel->params->window;
  int32_t channels = window->output_channels, multiple = channels / window->input_channels;
  int32_t step = window->dilation_width * window->input_channels;
  for (int32_t o = 0; o < channels; o++) {
    float acc = (pixel->bias ? pixel->bias[o] : 0.0f) + 0.0f;
    for (int32_t ky = pixel->rows.begin; ky < pixel->rows.end; ky++) {
      const float *x = findTap(pixel, ky) + o / multiple, *w = findWeights(pixel, ky) + o;
      for (int32_t kx = pixel->columns.begin; kx < pixel->columns.end; kx++, x += step, w += channels)
        acc += *x * *w;
    }
    pixel->out[o] = tinyc_limit_f32(acc, pixel->params->output.clamp_min, pixel->params->output.clamp_max);
  }
}

void tinyc_depthwise_conv2d_f32_f32_x86_64(const tinyc_conv2d_f32_params *params, const float *input,
                                           const float *weights, const float *bias, float *output, void *scratch,
                                           int32_t row_begin, int32_t row_end) {
  (void)scratch;
  const tinyc_window *window = &params->window;
  tinyc_x86_64 level = tinyc_x86_64_level();
  if (window->output_channels != window->input_channels)
    level = TINYC_X86_64_PLAIN;
  for (int32_t y = row_begin; y < row_end; y++) {
    Pixel pixel = {params, input, weights, bias, output + tinyc_output_offset(window, y), 0, 0, {0, 0}, {0, 0}};
    pixel.top = y * window->stride_height - window->pad_top;
    pixel.rows = tinyc_inner_taps(pixel.top, window->dilation_height, window->kernel_height, window->input_height);
    for (int32_t x = 0; x < window->output_width; x++, pixel.out += window->output_channels) {
      pixel.left = x * window->stride_width - window->pad_left;
      pixel.columns = tinyc_inner_taps(pixel.left, window->dilation_width, window->kernel_width, window->input_width);
      if (level == TINYC_X86_64_VNNI)
        computeVnni(&pixel);
      else if (level == TINYC_X86_64_AVX2)
        computeAvx2(&pixel);
      else
        computePlain(&pixel);
    }
  }
}
