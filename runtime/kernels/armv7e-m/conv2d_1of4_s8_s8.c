/* conv2d int8 for Armv7E-M, at most one of four neighbouring weights not zero: each weight that is stored times the
 * elements of eight output pixels, which lie in scratch as four words of pixel pairs for each channel of each tap
 * (tinyc/layouts.h).
 *
 * A weight is a word: the distance to its channel in scratch below, the weight above. It takes 8 SMLABT and SMLATT, its
 * own load and four words of elements, loaded in the shadow of the products on a Cortex-M7 and in twos on a Cortex-M4.
 */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"
#include "tinyc/layouts.h"
#include "tinyc/sparse.h"

enum { kPixels = TINYC_SPARSE_PIXELS };

/* Eight output pixels; assembly copies it. */
typedef struct Block {
  const uint32_t *elements; /* 0 */
  const int8_t *end;        /* 4: of the filters */
  int32_t zero_point;       /* 8: of the output */
  int8_t *out[kPixels];     /* 12: first channel of each */
} Block;

/* r0..r7 are the sums of the pixels; r8, r10 words of elements; r9 and r11 in turns this weight and the next; r12
 * weights, lr the channel in scratch. */
#if TINYC_DUAL_ISSUE
#define WEIGHT(w, next, test)                                                                                          \
  "smlabt   r0, r8, " w ", r0\n"                                                                                       \
  "ldr.w    " next ", [r12], #4\n"                                                                                     \
  "smlatt   r1, r8, " w ", r1\n"                                                                                       \
  "ldr.w    r8, [lr, #8]\n"                                                                                            \
  "smlabt   r2, r10, " w ", r2\n"                                                                                      \
  "smlatt   r3, r10, " w ", r3\n"                                                                                      \
  "ldr.w    r10, [lr, #12]\n"                                                                                          \
  "smlabt   r4, r8, " w ", r4\n"                                                                                       \
  "sxtah    lr, lr, " next "\n"                                                                                        \
  "smlatt   r5, r8, " w ", r5\n"                                                                                       \
  "ldr.w    r8, [lr]\n"                                                                                                \
  "smlabt   r6, r10, " w ", r6\n" test "smlatt   r7, r10, " w ", r7\n"                                                 \
  "ldr.w    r10, [lr, #4]\n"
#else
#define WEIGHT(w, next, test)                                                                                          \
  "smlabt   r0, r8, " w ", r0\n"                                                                                       \
  "smlatt   r1, r8, " w ", r1\n"                                                                                       \
  "smlabt   r2, r10, " w ", r2\n"                                                                                      \
  "smlatt   r3, r10, " w ", r3\n"                                                                                      \
  "ldr.w    " next ", [r12], #4\n"                                                                                     \
  "ldrd     r8, r10, [lr, #8]\n"                                                                                       \
  "smlabt   r4, r8, " w ", r4\n"                                                                                       \
  "smlatt   r5, r8, " w ", r5\n"                                                                                       \
  "smlabt   r6, r10, " w ", r6\n"                                                                                      \
  "smlatt   r7, r10, " w ", r7\n"                                                                                      \
  "sxtah    lr, lr, " next "\n" test "ldrd     r8, r10, [lr]\n"
#endif

#define STORE(pointer, next, sum, at)                                                                                  \
  "ssat     " sum ", #8, " sum "\n"                                                                                    \
  "ldr      " next ", [sp, #" #at "]\n"                                                                                \
  "strb     " sum ", [" pointer ", r10]\n"

/* All filters of eight pixels. Frame: the block, and at 44 the number of the filter. */
TINYC_ASSEMBLY void multiply(TINYC_IN_REGISTER const int8_t *packed, TINYC_IN_REGISTER const Block *block) {
  __asm__("push     {r4-r11, lr}\n"
          "sub      sp, sp, #52\n"
          "mov      r12, r0\n"
          "mov      r11, sp\n"
          "ldm      r1!, {r2-r7}\n"
          "stm      r11!, {r2-r7}\n"
          "ldm      r1, {r2-r6}\n"
          "mov      r7, #0\n"
          "stm      r11, {r2-r7}\n"
          "1:\n"
          "ldr      lr, [sp, #0]\n"
          "ldrd     r0, r9, [r12], #8\n"
          "sxtah    lr, lr, r9\n"
          "ldrd     r8, r10, [lr]\n"
          "mov      r1, r0\n"
          "mov      r2, r0\n"
          "mov      r3, r0\n"
          "mov      r4, r0\n"
          "mov      r5, r0\n"
          "mov      r6, r0\n"
          "mov      r7, r0\n"
          ".balign  4\n"
          "2:\n" WEIGHT("r9", "r11", "")
              WEIGHT("r11", "r9", "tst.w    r9, #4\n") "beq.w    2b\n"
                                                       "ldr      r11, [r12], #4\n"
                                                       "ldr      r8, [sp, #8]\n"
                                                       "ldr      r10, [sp, #44]\n"
                                                       "smmlar   r0, r0, r11, r8\n"
                                                       "ldr      r9, [sp, #12]\n"
                                                       "smmlar   r1, r1, r11, r8\n"
                                                       "smmlar   r2, r2, r11, r8\n"
                                                       "smmlar   r3, r3, r11, r8\n"
                                                       "smmlar   r4, r4, r11, r8\n"
                                                       "smmlar   r5, r5, r11, r8\n"
                                                       "smmlar   r6, r6, r11, r8\n"
                                                       "smmlar   r7, r7, r11, r8\n" STORE("r9", "lr", "r0", 16)
                                                           STORE("lr", "r9", "r1", 20) STORE("r9", "lr", "r2", 24)
                                                               STORE("lr", "r9", "r3", 28) STORE("r9", "lr", "r4", 32)
                                                                   STORE("lr", "r9", "r5", 36) STORE(
                                                                       "r9", "lr", "r6", 40) "ssat     r7, #8, r7\n"
                                                                                             "ldr      r9, [sp, #4]\n"
                                                                                             "strb     r7, [lr, r10]\n"
                                                                                             "add      r10, r10, #1\n"
                                                                                             "cmp      r12, r9\n"
                                                                                             "str      r10, [sp, #44]\n"
                                                                                             "bne.w    1b\n"
                                                                                             "add      sp, sp, #52\n"
                                                                                             "pop      {r4-r11, pc}\n");
}

/* bytes.lo of x below those of y; bytes.hi of both. */
static inline uint32_t pairLow(uint32_t x, uint32_t y) {
  uint32_t pair;
  __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(pair) : "r"(x), "r"(y));
  return pair;
}
static inline uint32_t pairHigh(uint32_t x, uint32_t y) {
  uint32_t pair;
  __asm__("pkhtb %0, %2, %1, asr #16" : "=r"(pair) : "r"(x), "r"(y));
  return pair;
}

/* The channels of one tap of the eight pixels at from[], `offset` bytes behind each, into scratch. */
static void widen(const int8_t *const *from, int32_t offset, int32_t channels, uint32_t *to) {
  for (int32_t pair = 0; pair < kPixels / 2; pair++) {
    const int8_t *x = from[2 * pair] + offset, *y = from[2 * pair + 1] + offset, *end = x + channels;
    uint32_t *word = to + pair;
    for (; x != end; x += 4, y += 4, word += 2 * kPixels) {
      uint32_t a = tinyc_load_s8x4(x), b = tinyc_load_s8x4(y);
      uint32_t a_even = tinyc_widen_even(a), b_even = tinyc_widen_even(b);
      uint32_t a_odd = tinyc_widen_odd(a), b_odd = tinyc_widen_odd(b);
      word[0] = pairLow(a_even, b_even);
      word[kPixels / 2] = pairLow(a_odd, b_odd);
      word[kPixels] = pairHigh(a_even, b_even);
      word[3 * kPixels / 2] = pairHigh(a_odd, b_odd);
    }
  }
}

/* Where the windows of a block begin in the input. */
typedef struct Corners {
  int32_t top[kPixels], left[kPixels];
} Corners;

/* Whether all windows lie inside an input whose rows all are where they seem to be. */
static int isInside(const tinyc_window *window, const Corners *corners) {
  if (window->input_ring_rows < window->input_height)
    return 0;
  int32_t most_top = window->input_height - (window->kernel_height - 1) * window->dilation_height;
  int32_t most_left = window->input_width - (window->kernel_width - 1) * window->dilation_width;
  for (int32_t i = 0; i < kPixels; i++)
    if (corners->top[i] < 0 || corners->left[i] < 0 || corners->top[i] >= most_top || corners->left[i] >= most_left)
      return 0;
  return 1;
}

/* The windows of a block into scratch; a pixel of padding lies at `padding`. */
static void gather(const tinyc_window *window, const int8_t *input, const Corners *corners, const int8_t *padding,
                   uint32_t *elements) {
  const int8_t *from[kPixels];
  int32_t channels = window->input_channels, row = window->input_width * channels;
  int inside = isInside(window, corners);
  for (int32_t i = 0; inside && i < kPixels; i++)
    from[i] = input + corners->top[i] * row + corners->left[i] * channels;
  for (int32_t ky = 0; ky < window->kernel_height; ky++)
    for (int32_t kx = 0; kx < window->kernel_width; kx++, elements += channels * (kPixels / 2)) {
      int32_t down = ky * window->dilation_height, beside = kx * window->dilation_width;
      if (inside) {
        widen(from, down * row + beside * channels, channels, elements);
        continue;
      }
      for (int32_t i = 0; i < kPixels; i++) {
        int32_t y = corners->top[i] + down, x = corners->left[i] + beside;
        from[i] = y < 0 || y >= window->input_height || x < 0 || x >= window->input_width
                      ? padding
                      : tinyc_input_row_s8(window, input, y) + x * channels;
      }
      widen(from, 0, channels, elements);
    }
}

void tinyc_conv2d_1of4_s8_s8_armv7e_m(const tinyc_conv2d_s8_params *params, const int8_t *input, const int8_t *weights,
                                      const int32_t *bias, const int32_t *multipliers, int8_t *output, void *scratch,
                                      int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  const tinyc_window *window = &params->window;
  int32_t taps = window->kernel_height * window->kernel_width, channels = window->input_channels;
  int32_t filter_bytes = 8 + 4 * (int32_t)tinyc_sparse_conv2d_words(taps, channels),
          left_shift = tinyc_left_shift(&params->output);
  Block block;
  block.elements = (const uint32_t *)scratch;
  block.end = weights + window->output_channels * filter_bytes;
  block.zero_point = params->output.zero_point;
  int32_t words = taps * channels * (kPixels / 2);
  int8_t *padding = (int8_t *)((uint32_t *)scratch + words);
  if (tinyc_is_padded(window))
    memset(padding, params->input_zero_point, (size_t)channels);
  int32_t y = row_begin, x = 0;
  int8_t *out = output + tinyc_output_offset(window, y);
  while (y < row_end) {
    Corners corners;
    /* Pixels, row after row; the last ones of the last row again where there are no more. */
    for (int32_t i = 0; i < kPixels; i++) {
      corners.top[i] = y * window->stride_height - window->pad_top;
      corners.left[i] = x * window->stride_width - window->pad_left;
      block.out[i] = out;
      if (x + 1 < window->output_width) {
        x++;
        out += window->output_channels;
      } else if (y + 1 < row_end) {
        x = 0;
        out = output + tinyc_output_offset(window, ++y);
      } else {
        for (int32_t j = i + 1; j < kPixels; j++) {
          corners.top[j] = corners.top[i];
          corners.left[j] = corners.left[i];
          block.out[j] = out;
        }
        y = row_end;
        break;
      }
    }
    gather(window, input, &corners, padding, (uint32_t *)scratch);
    if (left_shift > 0)
      tinyc_shift_s16x2((uint32_t *)scratch, words, left_shift);
    multiply(weights, &block);
  }
  tinyc_clamp_rows_s8(window, &params->output, output, row_begin, row_end);
}
