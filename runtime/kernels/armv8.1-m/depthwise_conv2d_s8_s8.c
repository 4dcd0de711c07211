/* depthwise conv2d int8 for Armv8.1-M: 16 channels in the lanes of a vector, one output row from left to right. The
 * input columns of the 16 channels are copied into a strip in scratch first, so that a window is one run of vectors,
 * padding is no case, and outputs may lie over inputs. tinyc/layouts.h describes strip and constants. */
#include "tinyc/armv8_1m.h"
#include "tinyc/kernel_functions.h"
#include "tinyc/layouts.h"
#include "tinyc/window.h"

enum { kLanes = TINYC_LANES_CHANNELS };

/* The sums of 16 channels in the order of the packed constants. */
typedef struct Sums {
  int32x4_t v0, v1, v2, v3;
} Sums;

/* The input rows of a row of windows, and where their columns go. */
typedef struct Strip {
  const tinyc_conv2d_s8_params *params;
  const int8_t **rows; /* NULL in the padding; in scratch */
  tinyc_taps inside;   /* which are not NULL */
  int8_t *columns;
  int32_t channel;    /* first of the 16 */
  mve_pred16_t lanes; /* predicate of those there are */
} Strip;

/* `pixels` vectors of 16 channels, `step` bytes apart, to places `to_step` apart. Lanes that are off become 0. The
 * compilers have no name for the predicate, so that assembly cannot set it. */
static inline void copyLanes(const int8_t *from, int32_t step, int8_t *to, int32_t to_step, int32_t pixels,
                             mve_pred16_t lanes) {
  if (lanes != 0xffff) {
    for (; pixels > 0; pixels--, from += step, to += to_step)
      vstrbq_s8(to, vldrbq_z_s8(from, lanes));
    return;
  }
  __asm__ volatile("dls       lr, %[pixels]\n"
                   "1:\n\t"
                   "vldrb.u8  q0, [%[from]]\n\t"
                   "add       %[from], %[from], %[step]\n\t"
                   "vstrb.8   q0, [%[to]]\n\t"
                   "add       %[to], %[to], %[to_step]\n\t"
                   "le        lr, 1b"
                   : [from] "+r"(from), [to] "+r"(to)
                   : [step] "r"(step), [to_step] "r"(to_step), [pixels] "r"(pixels)
                   : "q0", "lr", "memory", "cc");
}

/* Input columns left .. left + count - 1 to the strip's column `at` and those behind it. */
static void gather(const Strip *strip, int32_t left, int32_t count, int32_t at) {
  const tinyc_window *window = &strip->params->window;
  int32_t height = window->kernel_height, channels = window->input_channels;
  int8_t *to = strip->columns + at * height * kLanes;
  int32_t begin = tinyc_max_s32(-left, 0), end = tinyc_min_s32(count, window->input_width - left);
  if (begin > 0 || end < count || strip->inside.end - strip->inside.begin < height)
    tinyc_fill_s8_mve(to, strip->params->input_zero_point, count * height * kLanes);
  if (begin >= end)
    return;
  for (int32_t ky = strip->inside.begin; ky < strip->inside.end; ky++)
    copyLanes(strip->rows[ky] + (left + begin) * channels + strip->channel, channels,
              to + (begin * height + ky) * kLanes, height * kLanes, end - begin, strip->lanes);
}

/* The sums of a window of `pairs` * 2 taps and perhaps one more. block begins with the biases; the weights are 32 words
 * behind. Two products of a channel fit int16. */
TINYC_CORE Sums addProducts(const int8_t *window, const int8_t *block, int32_t pairs, int32_t odd) {
  Sums sums;
  const int8_t *weights = block + 8 * kLanes;
  __asm__ volatile("vldrw.u32  %q[v0], [%[block]]\n\t"
                   "vldrw.u32  %q[v1], [%[block], #16]\n\t"
                   "vldrw.u32  %q[v2], [%[block], #32]\n\t"
                   "vldrw.u32  %q[v3], [%[block], #48]\n\t"
                   "wls        lr, %[pairs], 2f\n"
                   "1:\n\t"
                   "vldrb.u8   q0, [%[x]], #16\n\t"
                   "vldrb.u8   q1, [%[w]], #16\n\t"
                   "vmullb.s8  q2, q0, q1\n\t"
                   "vmullt.s8  q3, q0, q1\n\t"
                   "vldrb.u8   q0, [%[x]]\n\t"
                   "vldrb.u8   q1, [%[w]], #16\n\t"
                   "vmullb.s8  q0, q0, q1\n\t"
                   "vadd.i16   q2, q2, q0\n\t"
                   "vldrb.u8   q0, [%[x]], #16\n\t"
                   "vmullt.s8  q0, q0, q1\n\t"
                   "vmovlb.s16 q1, q2\n\t"
                   "vadd.i16   q3, q3, q0\n\t"
                   "vadd.i32   %q[v0], %q[v0], q1\n\t"
                   "vmovlt.s16 q2, q2\n\t"
                   "vmovlb.s16 q1, q3\n\t"
                   "vadd.i32   %q[v1], %q[v1], q2\n\t"
                   "vmovlt.s16 q3, q3\n\t"
                   "vadd.i32   %q[v2], %q[v2], q1\n\t"
                   "vadd.i32   %q[v3], %q[v3], q3\n\t"
                   "le         lr, 1b\n"
                   "2:"
                   : [v0] "=&w"(sums.v0), [v1] "=&w"(sums.v1), [v2] "=&w"(sums.v2), [v3] "=&w"(sums.v3),
                     [x] "+&r"(window), [w] "+&r"(weights)
                   : [block] "r"(block), [pairs] "r"(pairs)
                   : "q0", "q1", "q2", "q3", "lr", "memory", "cc");
  if (odd) {
    int8x16_t x = vldrbq_s8(window), w = vldrbq_s8(weights);
    int16x8_t even = vmullbq_int_s8(x, w), other = vmulltq_int_s8(x, w);
    sums.v0 = vaddq_s32(sums.v0, vmovlbq_s16(even));
    sums.v1 = vaddq_s32(sums.v1, vmovltq_s16(even));
    sums.v2 = vaddq_s32(sums.v2, vmovlbq_s16(other));
    sums.v3 = vaddq_s32(sums.v3, vmovltq_s16(other));
  }
  return sums;
}

/* The output stage: the 16 channels in their order. VQMOVN saturates; only a narrower clamp needs more. */
TINYC_CORE int8x16_t finish(Sums sums, const int32_t *multipliers, const tinyc_output_s8 *stage, const int fast) {
  int32x4_t m0 = vldrwq_s32(multipliers), m1 = vldrwq_s32(multipliers + 4), m2 = vldrwq_s32(multipliers + 8),
            m3 = vldrwq_s32(multipliers + 12);
  if (fast) {
    sums.v0 = vrmulhq_s32(sums.v0, m0);
    sums.v1 = vrmulhq_s32(sums.v1, m1);
    sums.v2 = vrmulhq_s32(sums.v2, m2);
    sums.v3 = vrmulhq_s32(sums.v3, m3);
  } else {
    sums.v0 = tinyc_requantize_shifted_mve(sums.v0, m0, stage->shift);
    sums.v1 = tinyc_requantize_shifted_mve(sums.v1, m1, stage->shift);
    sums.v2 = tinyc_requantize_shifted_mve(sums.v2, m2, stage->shift);
    sums.v3 = tinyc_requantize_shifted_mve(sums.v3, m3, stage->shift);
  }
  int16x8_t even = vqmovntq_s32(vqmovnbq_s32(vreinterpretq_s16_s32(sums.v0), sums.v0), sums.v1);
  int16x8_t odd = vqmovntq_s32(vqmovnbq_s32(vreinterpretq_s16_s32(sums.v2), sums.v2), sums.v3);
  even = vqaddq_n_s16(even, (int16_t)stage->zero_point);
  odd = vqaddq_n_s16(odd, (int16_t)stage->zero_point);
  int8x16_t q = vqmovntq_s16(vqmovnbq_s16(vreinterpretq_s8_s16(even), even), odd);
  if (fast && stage->clamp_min <= -128 && stage->clamp_max >= 127)
    return q;
  return vminq_s8(vmaxq_s8(q, vdupq_n_s8((int8_t)stage->clamp_min)), vdupq_n_s8((int8_t)stage->clamp_max));
}

/* The outputs of windows that are `step` bytes apart. */
TINYC_CORE void computePixels(const Strip *strip, const int8_t *block, int8_t *out, int32_t pixels, int32_t step,
                              const int fast) {
  const tinyc_window *window = &strip->params->window;
  const tinyc_output_s8 stage = strip->params->output;
  const int32_t *multipliers = (const int32_t *)(const void *)block + kLanes;
  int32_t taps = window->kernel_height * window->kernel_width, pairs = taps / 2, odd = taps & 1;
  int32_t channels = window->output_channels;
  mve_pred16_t lanes = strip->lanes;
  for (const int8_t *at = strip->columns; pixels > 0; pixels--, at += step, out += channels) {
    int8x16_t q = finish(addProducts(at, block, pairs, odd), multipliers, &stage, fast);
    if (lanes == 0xffff)
      vstrbq_s8(out, q);
    else
      vstrbq_p_s8(out, q, lanes);
  }
}

/* 16 channels of one output row. */
static void computeRow(const Strip *strip, const int8_t *block, int8_t *out) {
  const tinyc_window *window = &strip->params->window;
  int32_t width = window->kernel_width, stride = window->stride_width, shift = tinyc_lanes_shift(window);
  int32_t most = tinyc_lanes_pixels(window), column = window->kernel_height * kLanes;
  int apart = shift != stride || window->dilation_width != 1;
  for (int32_t x = 0, kept = 0; x < window->output_width;) {
    int32_t pixels = tinyc_min_s32(most, window->output_width - x), left = x * stride - window->pad_left;
    if (apart)
      for (int32_t i = 0; i < pixels * width; i++)
        gather(strip, left + i / width * stride + i % width * window->dilation_width, 1, i);
    else
      gather(strip, left + kept, width + (pixels - 1) * shift - kept, kept);
    if (strip->params->output.shift == 32)
      computePixels(strip, block, out, pixels, shift * column, 1);
    else
      computePixels(strip, block, out, pixels, shift * column, 0);
    out += pixels * window->output_channels;
    x += pixels;
    kept = width - shift; /* columns that the next window shares, if windows are not put side by side */
    if (kept > 0 && x < window->output_width)
      tinyc_copy_s8_mve(strip->columns, strip->columns + pixels * shift * column, kept * column);
  }
}

void tinyc_depthwise_conv2d_s8_s8_armv8_1m(const tinyc_conv2d_s8_params *params, const int8_t *input,
                                           const int8_t *weights, const int32_t *bias, const int32_t *multipliers,
                                           int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  const tinyc_window *window = &params->window;
  int32_t height = window->kernel_height, channels = window->output_channels;
  int32_t block_bytes = tinyc_depthwise_lanes_bytes(kLanes, height * window->kernel_width);
  Strip strip = {params, (const int8_t **)scratch, {0, 0}, NULL, 0, 0};
  strip.columns = (int8_t *)(strip.rows + height);
  for (int32_t y = row_begin; y < row_end; y++) {
    int32_t top = y * window->stride_height - window->pad_top;
    strip.inside = tinyc_inner_taps(top, window->dilation_height, height, window->input_height);
    for (int32_t ky = strip.inside.begin; ky < strip.inside.end; ky++)
      strip.rows[ky] = tinyc_input_row_s8(window, input, top + ky * window->dilation_height);
    const int8_t *block = weights;
    int8_t *out = output + tinyc_output_offset(window, y);
    for (int32_t c = 0; c < channels; c += kLanes, block += block_bytes) {
      strip.channel = c;
      strip.lanes = vctp8q((uint32_t)(channels - c));
      computeRow(&strip, block, out + c);
    }
  }
}
