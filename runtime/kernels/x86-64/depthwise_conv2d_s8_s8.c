/* depthwise conv2d int8: 16 channels of one pixel, two neighbouring taps at a time (tinyc/panels.h). */
#include "tinyc/kernel_functions.h"
#include "tinyc/window.h"
#include "tinyc/x86_64.h"

/* One output pixel of 16 channels from `channel` on, of which `count` exist. */
typedef struct Pixel {
  const tinyc_conv2d_s8_params *params;
  const int8_t *input, *panel;
  const int8_t *zeros; /* 16 times the input's zero point */
  int32_t channel, count, top, left;
  tinyc_taps rows, columns;
} Pixel;

/* The row of taps ky, or null in the padding. */
static inline const int8_t *findRow(const Pixel *pixel, int32_t ky) {
  const tinyc_window *window = &pixel->params->window;
  if (ky < pixel->rows.begin || ky >= pixel->rows.end)
    return NULL;
  return tinyc_input_row_s8(window, pixel->input, pixel->top + ky * window->dilation_height) + pixel->channel;
}

/* The 16 elements of a tap; of those that do not exist nothing is read. */
TINYC_CORE __m128i loadTap(const Pixel *pixel, const int8_t *row, int32_t kx, const int inner, const int whole) {
  const tinyc_window *window = &pixel->params->window;
  const int8_t *from = pixel->zeros;
  int inside = row && (inner || (kx >= pixel->columns.begin && kx < pixel->columns.end));
  if (inside)
    from = row + (pixel->left + kx * window->dilation_width) * window->input_channels;
  return whole || !inside ? _mm_loadu_si128((const __m128i *)(const void *)from) : tinyc_load_bytes(from, pixel->count);
}

TINYC_CORE TINYC_VNNI void computeVnni(const Pixel *pixel, int8_t *out, const int32_t width, const int inner,
                                       const int whole) {
  const int8_t *weights = pixel->panel + 128;
  __m512i acc = _mm512_loadu_si512(pixel->panel);
  for (int32_t ky = 0; ky < pixel->params->window.kernel_height; ky++) {
    const int8_t *row = findRow(pixel, ky);
    for (int32_t kx = 0; kx < width; kx += 2, weights += 64) {
      __m128i a = loadTap(pixel, row, kx, inner, whole);
      __m128i b = kx + 1 < width ? loadTap(pixel, row, kx + 1, inner, whole) : a;
      __m256i pairs = _mm256_set_m128i(_mm_unpackhi_epi8(a, b), _mm_unpacklo_epi8(a, b));
      acc = _mm512_dpwssd_epi32(acc, _mm512_cvtepi8_epi16(pairs), _mm512_loadu_si512(weights));
    }
  }
  __m512i multipliers = _mm512_loadu_si512(pixel->panel + 64);
  const tinyc_output_s8 *stage = &pixel->params->output;
  if (stage->shift >= 32) {
    tinyc_store_bytes(out, tinyc_output_stage_vnni(acc, multipliers, stage), pixel->count);
    return;
  }
  int32_t sums[TINYC_PANEL_LANES], factors[TINYC_PANEL_LANES];
  _mm512_storeu_si512(sums, acc);
  _mm512_storeu_si512(factors, multipliers);
  tinyc_output_stages(sums, factors, stage, out, pixel->count);
}

TINYC_CORE TINYC_AVX2 void computeAvx2(const Pixel *pixel, int8_t *out, const int32_t width, const int inner,
                                       const int whole) {
  const __m256i *panel = (const __m256i *)(const void *)pixel->panel, *weights = panel + 4;
  __m256i low = _mm256_loadu_si256(panel), high = _mm256_loadu_si256(panel + 1);
  for (int32_t ky = 0; ky < pixel->params->window.kernel_height; ky++) {
    const int8_t *row = findRow(pixel, ky);
    for (int32_t kx = 0; kx < width; kx += 2, weights += 2) {
      __m128i a = loadTap(pixel, row, kx, inner, whole);
      __m128i b = kx + 1 < width ? loadTap(pixel, row, kx + 1, inner, whole) : a;
      __m256i first = _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(a, b));
      __m256i second = _mm256_cvtepi8_epi16(_mm_unpackhi_epi8(a, b));
      low = _mm256_add_epi32(low, _mm256_madd_epi16(first, _mm256_loadu_si256(weights)));
      high = _mm256_add_epi32(high, _mm256_madd_epi16(second, _mm256_loadu_si256(weights + 1)));
    }
  }
  const tinyc_output_s8 *stage = &pixel->params->output;
  __m256i scales = _mm256_loadu_si256(panel + 2), moreScales = _mm256_loadu_si256(panel + 3);
  if (stage->shift >= 32) {
    __m128i q = tinyc_pack_words_avx2(tinyc_output_stage_avx2(low, scales, stage),
                                      tinyc_output_stage_avx2(high, moreScales, stage));
    tinyc_store_bytes(out, q, pixel->count);
    return;
  }
  int32_t sums[TINYC_PANEL_LANES], factors[TINYC_PANEL_LANES];
  _mm256_storeu_si256((__m256i *)(void *)sums, low);
  _mm256_storeu_si256((__m256i *)(void *)(sums + 8), high);
  _mm256_storeu_si256((__m256i *)(void *)factors, scales);
  _mm256_storeu_si256((__m256i *)(void *)(factors + 8), moreScales);
  tinyc_output_stages(sums, factors, stage, out, pixel->count);
}

static __attribute__((noinline)) void computePlain(const Pixel *pixel, int8_t *out) {
  const tinyc_window *window = &pixel->params->window;
  const int8_t *weights = pixel->panel + 128;
  int32_t sums[TINYC_PANEL_LANES], factors[TINYC_PANEL_LANES];
  memcpy(sums, pixel->panel, sizeof sums);
  memcpy(factors, pixel->panel + 64, sizeof factors);
  for (int32_t ky = 0; ky < window->kernel_height; ky++) {
    const int8_t *row = findRow(pixel, ky);
    for (int32_t kx = 0; kx < window->kernel_width; kx++) {
      int16_t pairs[2 * TINYC_PANEL_LANES];
      memcpy(pairs, weights + 64 * (kx / 2), sizeof pairs);
      int inside = row && kx >= pixel->columns.begin && kx < pixel->columns.end;
      const int8_t *from =
          inside ? row + (pixel->left + kx * window->dilation_width) * window->input_channels : pixel->zeros;
      for (int32_t c = 0; c < pixel->count; c++)
        sums[c] += from[c] * pairs[2 * c + kx % 2];
    }
    weights += 64 * ((window->kernel_width + 1) / 2);
  }
  tinyc_output_stages(sums, factors, &pixel->params->output, out, pixel->count);
}

/* Kernels of 3, 5 and 7 columns whose taps all exist have loops of their own. */
#define COMPUTE(name)                                                                                                \
  int inner = pixel->columns.end - pixel->columns.begin == width, whole = pixel->count == TINYC_PANEL_LANES;         \
  if (whole && inner && width == 3)                                                                                  \
    name(pixel, out, 3, 1, 1);                                                                                       \
  else if (whole && inner && width == 5)                                                                             \
    name(pixel, out, 5, 1, 1);                                                                                       \
  else if (whole && inner && width == 7)                                                                             \
    name(pixel, out, 7, 1, 1);                                                                                       \
  else if (whole)                                                                                                    \
    name(pixel, out, width, 0, 1);                                                                                   \
  else                                                                                                               \
    name(pixel, out, width, 0, 0);

static TINYC_VNNI void computePixelVnni(const Pixel *pixel, int8_t *out, int32_t width) { COMPUTE(computeVnni) }
static TINYC_AVX2 void computePixelAvx2(const Pixel *pixel, int8_t *out, int32_t width) { COMPUTE(computeAvx2) }

void tinyc_depthwise_conv2d_s8_s8_x86_64(const tinyc_conv2d_s8_params *params, const int8_t *input,
                                         const int8_t *weights, const int32_t *bias, const int32_t *multipliers,
                                         int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  (void)scratch;
  const tinyc_window *window = &params->window;
  tinyc_x86_64 level = tinyc_x86_64_level();
  int32_t channels = window->input_channels;
  int64_t bytes = tinyc_depthwise_panel_bytes_s8(window);
  int8_t zeros[TINYC_PANEL_LANES];
  memset(zeros, params->input_zero_point, sizeof zeros);

  for (int32_t y = row_begin; y < row_end; y++) {
    Pixel pixel = {params, input, weights, zeros, 0, 0, 0, 0, {0, 0}, {0, 0}};
    pixel.top = y * window->stride_height - window->pad_top;
    pixel.rows = tinyc_inner_taps(pixel.top, window->dilation_height, window->kernel_height, window->input_height);
    for (int32_t first = 0; first < channels; first += TINYC_PANEL_LANES, pixel.panel += bytes) {
      int8_t *out = output + tinyc_output_offset(window, y) + first;
      pixel.channel = first;
      pixel.count = tinyc_min_s32(TINYC_PANEL_LANES, channels - first);
      for (int32_t x = 0; x < window->output_width; x++, out += channels) {
        pixel.left = x * window->stride_width - window->pad_left;
        pixel.columns = tinyc_inner_taps(pixel.left, window->dilation_width, window->kernel_width, window->input_width);
        if (level == TINYC_X86_64_VNNI)
          computePixelVnni(&pixel, out, window->kernel_width);
        else if (level == TINYC_X86_64_AVX2)
          computePixelAvx2(&pixel, out, window->kernel_width);
        else
          computePlain(&pixel, out);
      }
    }
  }
}
