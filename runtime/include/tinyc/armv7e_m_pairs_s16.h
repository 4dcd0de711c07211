/* tinyc/armv7e_m_pairs_s16.h - conv2d int16 of Armv7E-M: windows of three neighbouring pixels times pairs of filters, for one kernel that
 * defines before how its weights are multiplied (tinyc/layouts.h):
 *   WEIGHT_BITS          8, 4 or 2: a word of weights belongs to 1, 2 or 4 words of elements, STEP_WORDS
 *   STEP3, STEP3_BYTES   a word of weights times three pixels, and the bytes of that code, as a string; all instructions are wide
 *   STEP2, STEP2_BYTES   the same with two pixels
 * In STEP3 and STEP2 r0..r5 are the accumulators low, high of pixels 0, 1, 2; r6..r8 two elements of each; r9 the weights, r10 those of
 * two elements unpacked; r11 pitch, r12 weights, lr elements of pixel 0. Pixels of a pointwise convolution are read where they lie,
 * other windows from scratch.
 *
 * Weights of less than 8 bits are unpacked by an AND, plus 8 or 2: the sums start with -8 or -2 times the sum of the elements. */
#ifndef TINYC_ARMV7E_M_PAIRS_S16_H
#define TINYC_ARMV7E_M_PAIRS_S16_H

#include "tinyc/armv7e_m_s16.h"

enum { STEP_WORDS = 8 / WEIGHT_BITS };

/* What the product needs beside the pointers; assembly reads it by offset. */
typedef struct Block {
  uint32_t pitch;    /* 0: bytes between the windows of neighbouring pixels */
  uint32_t words;    /* 4: of weights per filter pair */
  const void *end;   /* 8: of the constants of whole pairs of filters */
  int32_t rounding;  /* 12 */
  uint32_t pixel;    /* 16: bytes between neighbouring pixels of the output */
  int32_t right;     /* 20 */
  uint32_t lows;     /* 24 */
  uint32_t highs;    /* 28 */
  int32_t starts[3]; /* 32: of each pixel's sums, beside the bias */
} Block;

/* A round is sixteen words of elements. */
#define REPEAT4(step) step step step step
#if WEIGHT_BITS == 8
#define ROUND(step) REPEAT4(REPEAT4(step))
#define ROUND_LESS_1 "15"
#define STEP_SHIFT "2"
#elif WEIGHT_BITS == 4
#define ROUND(step) REPEAT4(step step)
#define ROUND_LESS_1 "7"
#define STEP_SHIFT "3"
#else
#define ROUND(step) REPEAT4(step)
#define ROUND_LESS_1 "3"
#define STEP_SHIFT "4"
#endif

/* Frame: 0 out, 4 end of the constants, 8 pixel, 12 rounding, 16 entry into the first round of steps, 20 elements, 24 their end,
 * 28 right, 32 lows, 36 highs, 40 starts. The loads of the last step read the low filter's multiplier and one word behind the elements. */
#if WEIGHT_BITS == 8
#define BEGIN_SUMS       \
  "movs     r1, #0\n"    \
  "mov      r2, r0\n"    \
  "movs     r3, #0\n"    \
  "mov      r4, r0\n"    \
  "movs     r5, #0\n"
#else
#define BEGIN_SUMS              \
  "ldrd     r1, r3, [sp, #40]\n" \
  "ldr      r5, [sp, #48]\n"     \
  "add.w    r2, r0, r3\n"        \
  "add.w    r4, r0, r5\n"        \
  "add.w    r0, r0, r1\n"
#endif
#define ENTER(bytes_per_step)              \
  "push     {r4-r11, lr}\n"                \
  "sub      sp, sp, #52\n"                 \
  "mov      r12, r0\n"                     \
  "ldr      r11, [r3, #0]\n"               \
  "ldrd     r4, r5, [r3, #4]\n"            \
  "ldrd     r6, r7, [r3, #12]\n"           \
  "strd     r2, r5, [sp, #0]\n"            \
  "strd     r7, r6, [sp, #8]\n"            \
  "ldrd     r6, r7, [r3, #20]\n"           \
  "ldr      r5, [r3, #28]\n"               \
  "strd     r6, r7, [sp, #28]\n"           \
  "str      r5, [sp, #36]\n"               \
  "ldrd     r6, r7, [r3, #32]\n"           \
  "ldr      r5, [r3, #40]\n"               \
  "strd     r6, r7, [sp, #40]\n"           \
  "str      r5, [sp, #48]\n"               \
  "add      r8, r1, r4, lsl #" STEP_SHIFT "\n" \
  "rsb      r4, r4, #0\n"                  \
  "and      r4, r4, #" ROUND_LESS_1 "\n"   \
  "mov      r5, #" bytes_per_step "\n"     \
  "adr.w    r6, 2f\n"                      \
  "mla      r4, r4, r5, r6\n"              \
  "orr      r4, r4, #1\n"                  \
  "strd     r4, r1, [sp, #16]\n"           \
  "str      r8, [sp, #24]\n"               \
  "1:\n"                                   \
  "ldrd     r10, lr, [sp, #16]\n"          \
  "ldrd     r0, r9, [r12], #8\n"           \
  "ldr.w    r6, [lr]\n"                    \
  "ldr.w    r7, [lr, r11]\n"               \
  BEGIN_SUMS

#define ROUNDS(steps)                      \
  "bx       r10\n"                         \
  ".balign  4\n"                           \
  "2:\n" steps                             \
  "ldr.w    r10, [sp, #24]\n"              \
  "cmp      lr, r10\n"                     \
  "bne.w    2b\n"                          \
  "ldrd     r10, r6, [r12], #8\n"          \
  "ldr      lr, [sp, #12]\n"               \
  "ldr      r7, [sp, #28]\n"

/* The accumulators of a pixel to a pair of outputs in `low`. */
#define FINISH(low, high)                  \
  "add.w    " high ", " high ", r6\n"      \
  "smmla    " low ", " low ", r9, lr\n"    \
  "smmla    " high ", " high ", r10, lr\n" \
  "asr.w    " low ", " low ", r7\n"        \
  "asr.w    " high ", " high ", r7\n"      \
  "ssat     " low ", #16, " low "\n"       \
  "ssat     " high ", #16, " high "\n"     \
  "pkhbt    " low ", " low ", " high ", lsl #16\n"
#define LIMIT(pair, t)                     \
  "ssub16   " t ", " pair ", r9\n"         \
  "sel      " pair ", " pair ", r9\n"      \
  "ssub16   " t ", r10, " pair "\n"        \
  "sel      " pair ", " pair ", r10\n"

#define LEAVE                              \
  "ldr      r6, [sp, #4]\n"                \
  "str      r8, [sp, #0]\n"                \
  "cmp      r12, r6\n"                     \
  "bne.w    1b\n"                          \
  "add      sp, sp, #52\n"                 \
  "pop      {r4-r11, pc}\n"

/* Three pixels; out has four bytes for each pair of filters and pixel. */
TINYC_ASSEMBLY void multiply3(TINYC_IN_REGISTER const uint8_t *packed, TINYC_IN_REGISTER const int16_t *elements,
                              TINYC_IN_REGISTER int16_t *out, TINYC_IN_REGISTER const Block *block) {
  __asm__(ENTER(STEP3_BYTES)
          "ldr.w    r8, [lr, r11, lsl #1]\n"
          ROUNDS(ROUND(STEP3))
          FINISH("r0", "r1") FINISH("r2", "r3") FINISH("r4", "r5")
          "ldrd     r9, r10, [sp, #32]\n"
          "ldr      r8, [sp, #0]\n"
          "ldr      r7, [sp, #8]\n"
          LIMIT("r0", "r1") LIMIT("r2", "r3") LIMIT("r4", "r5")
          "str      r2, [r8, r7]\n"
          "str      r4, [r8, r7, lsl #1]\n"
          "str      r0, [r8], #4\n"
          LEAVE);
}

/* Two pixels. */
TINYC_ASSEMBLY void multiply2(TINYC_IN_REGISTER const uint8_t *packed, TINYC_IN_REGISTER const int16_t *elements,
                              TINYC_IN_REGISTER int16_t *out, TINYC_IN_REGISTER const Block *block) {
  __asm__(ENTER(STEP2_BYTES)
          ROUNDS(ROUND(STEP2))
          FINISH("r0", "r1") FINISH("r2", "r3")
          "ldrd     r9, r10, [sp, #32]\n"
          "ldr      r8, [sp, #0]\n"
          "ldr      r7, [sp, #8]\n"
          LIMIT("r0", "r1") LIMIT("r2", "r3")
          "str      r2, [r8, r7]\n"
          "str      r0, [r8], #4\n"
          LEAVE);
}

/* What stays the same for all rows. */
typedef struct Convolution {
  const tinyc_window *window;
  int16_t *scratch;
  tinyc_wide_stage stage;
  int32_t channels, filters; /* of a group */
  int32_t length, words;     /* elements of a window; words of them, whole steps */
  int32_t pair_bytes;
} Convolution;

/* What the sums of two or three windows start with. */
static inline void addElements(const int16_t *elements, uint32_t pitch, int32_t words, int32_t pixels, int32_t *starts) {
  const uint32_t less = tinyc_repeat_s16(-(1 << (WEIGHT_BITS - 1)));
  for (int32_t i = 0; i < pixels; i++) {
    int32_t sum = 0;
    for (const int16_t *at = elements, *end = at + 2 * words; at != end; at += 2)
      sum = tinyc_dual_multiply_add(tinyc_load_s16x2(at), less, sum);
    starts[i] = sum;
    elements = (const int16_t *)(const void *)((const char *)elements + pitch);
  }
}

/* All filters of a group for 1 to 3 neighbouring pixels whose windows lie `pitch` bytes apart. */
static void multiply(const Convolution *conv, const uint8_t *packed, const int16_t *elements, uint32_t pitch,
                     int16_t *out, int32_t pixels) {
  int32_t step = conv->window->output_channels, filters = conv->filters, pairs = filters / 2;
  if (pixels > 1 && pairs > 0) {
    Block block = {pitch,
                   (uint32_t)(conv->words / STEP_WORDS),
                   packed + pairs * conv->pair_bytes,
                   conv->stage.rounding,
                   2 * (uint32_t)step,
                   conv->stage.right,
                   conv->stage.lows,
                   conv->stage.highs,
                   {0, 0, 0}};
    if (WEIGHT_BITS < 8)
      addElements(elements, pitch, conv->words, pixels, block.starts);
    (pixels == 3 ? multiply3 : multiply2)(packed, elements, out, &block);
    packed += pairs * conv->pair_bytes;
    out += 2 * pairs;
    filters -= 2 * pairs;
  }
  for (; pixels > 0 && filters > 0; pixels--, out += step) {
    tinyc_multiply_vector_s16(packed, elements, out, conv->words, filters, &conv->stage, WEIGHT_BITS);
    elements = (const int16_t *)(const void *)((const char *)elements + pitch);
  }
}

/* The window of a pixel, of the channels from `first` on, to scratch, padding and all. */
static void gatherWindow(const Convolution *conv, const int16_t *const *rows, tinyc_taps inside, int32_t left, int32_t first,
                         int16_t *to) {
  const tinyc_window *window = conv->window;
  int32_t channels = conv->channels, row = window->kernel_width * channels, pixel = window->input_channels;
  tinyc_taps taps = tinyc_inner_taps(left, window->dilation_width, window->kernel_width, window->input_width);
  int32_t before = taps.begin * channels, count = (taps.end - taps.begin) * channels;
  int together = window->dilation_width == 1 && channels == pixel;
  to[conv->length] = 0; /* the other half of the last word, where there is one */
  for (int32_t ky = 0; ky < window->kernel_height; ky++, to += row) {
    if (ky < inside.begin || ky >= inside.end || count == 0) {
      tinyc_zero_elements_s16(to, row);
      continue;
    }
    tinyc_zero_elements_s16(to, before);
    const int16_t *from = rows[ky - inside.begin] + (left + taps.begin * window->dilation_width) * pixel + first;
    if (together)
      tinyc_copy_elements_s16(to + before, from, count);
    else
      for (int32_t i = 0; i < count; i += channels, from += window->dilation_width * pixel)
        tinyc_copy_elements_s16(to + before + i, from, channels);
    tinyc_zero_elements_s16(to + before + count, row - before - count);
  }
}

/* Threes of pixels, and twos where a three would leave one. */
static int32_t countPixels(int32_t missing) { return missing == 4 || missing == 2 ? 2 : missing == 1 ? 1 : 3; }

static void computeRow(const Convolution *conv, const uint8_t *packed, const int16_t *input, int32_t y, int32_t groups,
                       int16_t *out) {
  const tinyc_window *window = conv->window;
  enum { kMostRows = TINYC_PAIRS_S16_ROWS };
  const int16_t *rows[kMostRows];
  int32_t top = y * window->stride_height - window->pad_top;
  tinyc_taps inside = tinyc_inner_taps(top, window->dilation_height, window->kernel_height, window->input_height);
  for (int32_t ky = inside.begin; ky < inside.end; ky++)
    rows[ky - inside.begin] = tinyc_input_row_s16(window, input, top + ky * window->dilation_height);
  int32_t pitch = 2 * conv->words;
  for (int32_t group = 0; group < groups; group++, packed += (conv->filters + 1) / 2 * conv->pair_bytes) {
    int16_t *to = out + group * conv->filters;
    int32_t left = -window->pad_left;
    for (int32_t missing = window->output_width, pixels; missing > 0; missing -= pixels) {
      pixels = countPixels(missing);
      for (int32_t i = 0; i < pixels; i++, left += window->stride_width)
        gatherWindow(conv, rows, inside, left, group * conv->channels, conv->scratch + i * pitch);
      multiply(conv, packed, conv->scratch, 2 * (uint32_t)pitch, to, pixels);
      to += pixels * window->output_channels;
    }
  }
}

/* `count` neighbouring pixels times the filters; those whose loads would leave the pixels, the last ones, from scratch. */
static void computePixels(const Convolution *conv, const uint8_t *packed, const int16_t *input, int16_t *out, int32_t count) {
  int32_t channels = conv->channels, pitch = 2 * conv->words;
  for (int32_t pixels; count > 0; count -= pixels, input += pixels * channels, out += pixels * conv->filters) {
    pixels = countPixels(count);
    if (pixels < count && channels % (2 * STEP_WORDS) == 0) {
      multiply(conv, packed, input, 2 * (uint32_t)channels, out, pixels);
      continue;
    }
    for (int32_t i = 0; i < pixels; i++) {
      int16_t *to = conv->scratch + i * pitch;
      to[pitch - 1] = 0;
      tinyc_copy_elements_s16(to, input + i * channels, channels);
    }
    multiply(conv, packed, conv->scratch, 2 * (uint32_t)pitch, out, pixels);
  }
}

static void convolvePairs(const tinyc_conv2d_s8_params *params, const int16_t *input, const int8_t *weights, int16_t *output,
                          void *scratch, int32_t row_begin, int32_t row_end) {
  const tinyc_window *window = &params->window;
  const uint8_t *packed = (const uint8_t *)weights;
  Convolution conv;
  conv.window = window;
  conv.scratch = (int16_t *)scratch;
  conv.stage = tinyc_make_wide_stage(&params->output);
  conv.channels = window->input_channels / params->groups;
  conv.filters = window->output_channels / params->groups;
  conv.length = window->kernel_height * window->kernel_width * conv.channels;
  conv.words = tinyc_pair_words_s16(conv.length, WEIGHT_BITS) * STEP_WORDS;
  conv.pair_bytes = tinyc_pair_bytes_s16(conv.length, WEIGHT_BITS);
  int pointwise = window->kernel_height == 1 && window->kernel_width == 1 && window->stride_height == 1 &&
                  window->stride_width == 1 && params->groups == 1 && window->pad_top == 0 && window->pad_left == 0 &&
                  window->output_width == window->input_width && window->output_height == window->input_height;
  for (int32_t y = row_begin, rows; y < row_end; y += rows) {
    int16_t *out = output + tinyc_output_offset(window, y);
    rows = 1;
    if (!pointwise) {
      computeRow(&conv, packed, input, y, params->groups, out);
      continue;
    }
    /* Rows that lie in one piece are one row of pixels. */
    if (window->input_ring_rows > 0)
      rows = tinyc_min_s32(
          tinyc_min_s32(row_end - y, window->output_ring_rows - tinyc_ring_row(y, window->output_ring_rows)),
          window->input_ring_rows - tinyc_ring_row(y, window->input_ring_rows));
    computePixels(&conv, packed, tinyc_input_row_s16(window, input, y), out, rows * window->output_width);
  }
}

#endif /* TINYC_ARMV7E_M_PAIRS_S16_H */
