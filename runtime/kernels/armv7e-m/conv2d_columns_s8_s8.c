/* conv2d int8 for Armv7E-M: windows of three neighbouring pixels times pairs of filters (tinyc/layouts.h).
 *
 * One word of weights holds two halfwords 256 * high + low, for two elements. SMLAD with the word adds 256 * S(high) +
 * S(low), SMLAD with its SXTB16 adds S(low): one unpacking instruction for four weights. For two elements a block of
 * three pixels and two filters takes 6 SMLAD, 1 SXTB16 and 4 loads: a Cortex-M7 pairs every other instruction with an
 * SMLAD (6 cycles for 12 products), a Cortex-M4 pipelines the loads (12 cycles). */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"
#include "tinyc/layouts.h"
#include "tinyc/window.h"

/* What multiply3 and multiply2 read; the offsets are written in them as numbers. */
typedef struct Block {
  uint32_t shift;      /* 0: bytes between the windows of neighbouring pixels in scratch */
  uint32_t words;      /* 4: of weights per pair of filters */
  const int8_t *end;   /* 8: of the weights */
  int32_t zero_point;  /* 12: of the output */
  uint32_t pixel;      /* 16: bytes between neighbouring pixels of the output */
} Block;

/* r0..r5 are the accumulators low, high of pixels 0, 1, 2; r6..r8 their elements; r9 the weights, r10 the same unpacked;
 * r11 shift, r12 weights, lr elements of pixel 0. All instructions are wide: a step is 44 bytes. */
#if TINYC_DUAL_ISSUE
#define STEP3                              \
  "sxtb16   r10, r9\n"                     \
  "smlad    r1, r6, r9, r1\n"              \
  "smlad    r0, r6, r10, r0\n"             \
  "ldr.w    r8, [lr, r11, lsl #1]\n"       \
  "ldr.w    r6, [lr, #4]!\n"               \
  "smlad    r3, r7, r9, r3\n"              \
  "smlad    r5, r8, r9, r5\n"              \
  "smlad    r2, r7, r10, r2\n"             \
  "ldr.w    r9, [r12], #4\n"               \
  "ldr.w    r7, [lr, r11]\n"               \
  "smlad    r4, r8, r10, r4\n"
#else
#define STEP3                              \
  "sxtb16   r10, r9\n"                     \
  "smlad    r1, r6, r9, r1\n"              \
  "smlad    r0, r6, r10, r0\n"             \
  "smlad    r3, r7, r9, r3\n"              \
  "smlad    r2, r7, r10, r2\n"             \
  "smlad    r5, r8, r9, r5\n"              \
  "smlad    r4, r8, r10, r4\n"             \
  "ldr.w    r6, [lr, #4]!\n"               \
  "ldr.w    r7, [lr, r11]\n"               \
  "ldr.w    r8, [lr, r11, lsl #1]\n"       \
  "ldr.w    r9, [r12], #4\n"
#endif

/* The same for two pixels, 32 bytes. */
#if TINYC_DUAL_ISSUE
#define STEP2                              \
  "sxtb16   r10, r9\n"                     \
  "smlad    r1, r6, r9, r1\n"              \
  "smlad    r3, r7, r9, r3\n"              \
  "ldr.w    r9, [r12], #4\n"               \
  "smlad    r0, r6, r10, r0\n"             \
  "ldr.w    r6, [lr, #4]!\n"               \
  "smlad    r2, r7, r10, r2\n"             \
  "ldr.w    r7, [lr, r11]\n"
#else
#define STEP2                              \
  "sxtb16   r10, r9\n"                     \
  "smlad    r1, r6, r9, r1\n"              \
  "smlad    r3, r7, r9, r3\n"              \
  "smlad    r0, r6, r10, r0\n"             \
  "smlad    r2, r7, r10, r2\n"             \
  "ldr.w    r6, [lr, #4]!\n"               \
  "ldr.w    r7, [lr, r11]\n"               \
  "ldr.w    r9, [r12], #4\n"
#endif

#define REPEAT4(step) step step step step
#define REPEAT16(step) REPEAT4(REPEAT4(step))
#define REPEAT32(step) REPEAT16(step) REPEAT16(step)

/* Frame: 0 out, 4 end of the weights, 8 pixel, 12 zero point, 16 entry into the first round of steps, 20 elements,
 * 24 their end. Rounds are long because their end is predicted badly where there are few. The loads of the last step read the multiplier of low and one element behind each window. */
#define ENTER(bytes_per_step, round)       \
  "push     {r4-r11, lr}\n"                \
  "sub      sp, sp, #28\n"                 \
  "mov      r12, r0\n"                     \
  "ldr      r11, [r3, #0]\n"               \
  "ldrd     r4, r5, [r3, #4]\n"            \
  "ldrd     r6, r7, [r3, #12]\n"           \
  "strd     r2, r5, [sp, #0]\n"            \
  "strd     r7, r6, [sp, #8]\n"            \
  "add      r8, r1, r4, lsl #2\n"          \
  "rsb      r4, r4, #0\n"                  \
  "and      r4, r4, #" #round " - 1\n"      \
  "mov      r5, #" #bytes_per_step "\n"    \
  "adr.w    r6, 2f\n"                      \
  "mla      r4, r4, r5, r6\n"              \
  "orr      r4, r4, #1\n"                  \
  "strd     r4, r1, [sp, #16]\n"           \
  "str      r8, [sp, #24]\n"               \
  "1:\n"                                   \
  "ldrd     r10, lr, [sp, #16]\n"          \
  "ldrd     r0, r9, [r12], #8\n"           \
  "ldr.w    r6, [lr]\n"                    \
  "mov      r1, r0\n"                      \
  "ldr.w    r7, [lr, r11]\n"               \
  "mov      r2, r0\n"                      \
  "mov      r3, r0\n"

#define ROUNDS(steps)                      \
  "bx       r10\n"                         \
  ".balign  4\n"                           \
  "2:\n" steps                             \
  "ldr.w    r10, [sp, #24]\n"              \
  "cmp      lr, r10\n"                     \
  "bne.w    2b\n"                          \
  "ldrd     r10, r6, [r12], #8\n"          \
  "ldrd     r7, lr, [sp, #8]\n"

#define LEAVE                              \
  "str      r8, [sp, #0]\n"                \
  "cmp      r12, r6\n"                     \
  "bne.w    1b\n"                          \
  "add      sp, sp, #28\n"                 \
  "pop      {r4-r11, pc}\n"

/* Three pixels; out has two bytes for each pair of filters and pixel. */
TINYC_ASSEMBLY void multiply3(TINYC_IN_REGISTER const int8_t *packed, TINYC_IN_REGISTER const int16_t *elements,
                              TINYC_IN_REGISTER int8_t *out, TINYC_IN_REGISTER const Block *block) {
  __asm__(ENTER(44, 32)
          "mov      r4, r0\n"
          "mov      r5, r0\n"
          "ldr.w    r8, [lr, r11, lsl #1]\n"
          ROUNDS(REPEAT32(STEP3))
          "sub.w    r1, r1, r0\n"
          "smmlar   r0, r0, r9, lr\n"
          "sub.w    r3, r3, r2\n"
          "smmlar   r2, r2, r9, lr\n"
          "sub.w    r5, r5, r4\n"
          "smmlar   r4, r4, r9, lr\n"
          "add.w    r1, r6, r1, asr #8\n"
          "ldr      r8, [sp, #0]\n"
          "add.w    r3, r6, r3, asr #8\n"
          "smmlar   r1, r1, r10, lr\n"
          "add.w    r5, r6, r5, asr #8\n"
          "smmlar   r3, r3, r10, lr\n"
          "ssat     r2, #8, r2\n"
          "smmlar   r5, r5, r10, lr\n"
          "ssat     r4, #8, r4\n"
          "strb     r2, [r8, r7]\n"
          "ssat     r0, #8, r0\n"
          "strb     r4, [r8, r7, lsl #1]\n"
          "ssat     r3, #8, r3\n"
          "strb     r0, [r8], #1\n"
          "ssat     r5, #8, r5\n"
          "strb     r3, [r8, r7]\n"
          "ssat     r1, #8, r1\n"
          "ldr      r6, [sp, #4]\n"
          "strb     r5, [r8, r7, lsl #1]\n"
          "strb     r1, [r8], #1\n"
          LEAVE);
}

/* Two pixels. */
TINYC_ASSEMBLY void multiply2(TINYC_IN_REGISTER const int8_t *packed, TINYC_IN_REGISTER const int16_t *elements,
                              TINYC_IN_REGISTER int8_t *out, TINYC_IN_REGISTER const Block *block) {
  __asm__(ENTER(32, 32)
          ROUNDS(REPEAT32(STEP2))
          "sub.w    r1, r1, r0\n"
          "smmlar   r0, r0, r9, lr\n"
          "sub.w    r3, r3, r2\n"
          "smmlar   r2, r2, r9, lr\n"
          "add.w    r1, r6, r1, asr #8\n"
          "ldr      r8, [sp, #0]\n"
          "add.w    r3, r6, r3, asr #8\n"
          "smmlar   r1, r1, r10, lr\n"
          "ssat     r2, #8, r2\n"
          "smmlar   r3, r3, r10, lr\n"
          "ssat     r0, #8, r0\n"
          "strb     r2, [r8, r7]\n"
          "ssat     r3, #8, r3\n"
          "strb     r0, [r8], #1\n"
          "ssat     r1, #8, r1\n"
          "ldr      r6, [sp, #4]\n"
          "strb     r3, [r8, r7]\n"
          "strb     r1, [r8], #1\n"
          LEAVE);
}

/* All filters of `pixels` (1 to 3) neighbouring pixels. */
static void multiply(const int8_t *packed, const int16_t *elements, int8_t *out, Block *block, int32_t pixels,
                     int32_t filters) {
  void (*kernel)(const int8_t *, const int16_t *, int8_t *, const Block *) = pixels == 3 ? multiply3 : multiply2;
  int32_t bytes = 16 + 4 * (int32_t)block->words; /* of a pair of filters */
  if (pixels > 1 && filters > 1)
    kernel(packed, elements, out, block);
  if (pixels > 1 && (filters & 1) == 0)
    return;
  /* A single pixel, or the last filter alone, through a buffer: these have no partner to be stored with. */
  Block single = {block->shift, block->words, NULL, block->zero_point, 2};
  int32_t o = pixels > 1 ? filters - 1 : 0;
  for (packed += o / 2 * bytes; o < filters; o += 2, packed += bytes) {
    int8_t pair[6];
    single.end = packed + bytes;
    kernel(packed, elements, pair, &single);
    for (int32_t pixel = 0; pixel < pixels; pixel++) {
      out[pixel * (int32_t)block->pixel + o] = pair[2 * pixel];
      if (o + 1 < filters)
        out[pixel * (int32_t)block->pixel + o + 1] = pair[2 * pixel + 1];
    }
  }
}

/* Widens `columns` times `bytes` neighbouring bytes, a multiple of 4, in the order of SXTB16; the results of neighbours
 * begin `pitch` bytes apart. A Cortex-M7 stores one word while it widens the next. */
TINYC_ASSEMBLY void widen(TINYC_IN_REGISTER const int8_t *from, TINYC_IN_REGISTER int16_t *to,
                          TINYC_IN_REGISTER int32_t columns, TINYC_IN_REGISTER int32_t bytes,
                          TINYC_IN_REGISTER int32_t pitch) {
  __asm__("push     {r4-r10, lr}\n"
          "ldr      lr, [sp, #32]\n"
          "1:\n"
          "mov      r10, r1\n"
          "subs     r12, r3, #16\n"
          "blo      3f\n"
          "2:\n"
          "ldr      r4, [r0], #16\n"
          "ldr      r5, [r0, #-12]\n"
          "ldr      r6, [r0, #-8]\n"
          "ldr      r7, [r0, #-4]\n"
          "sxtb16   r8, r4\n"
          "sxtb16   r9, r4, ror #8\n"
          "str      r8, [r1], #32\n"
          "sxtb16   r8, r5\n"
          "str      r9, [r1, #-28]\n"
          "sxtb16   r9, r5, ror #8\n"
          "str      r8, [r1, #-24]\n"
          "sxtb16   r8, r6\n"
          "str      r9, [r1, #-20]\n"
          "sxtb16   r9, r6, ror #8\n"
          "str      r8, [r1, #-16]\n"
          "sxtb16   r8, r7\n"
          "str      r9, [r1, #-12]\n"
          "sxtb16   r9, r7, ror #8\n"
          "str      r8, [r1, #-8]\n"
          "subs     r12, r12, #16\n"
          "str      r9, [r1, #-4]\n"
          "bhs      2b\n"
          "3:\n"
          "adds     r12, r12, #16\n"
          "beq      5f\n"
          "tst      r12, #8\n"
          "beq      4f\n"
          "ldr      r4, [r0], #8\n"
          "ldr      r5, [r0, #-4]\n"
          "sxtb16   r8, r4\n"
          "sxtb16   r9, r4, ror #8\n"
          "str      r8, [r1], #16\n"
          "sxtb16   r8, r5\n"
          "str      r9, [r1, #-12]\n"
          "sxtb16   r9, r5, ror #8\n"
          "str      r8, [r1, #-8]\n"
          "tst      r12, #4\n"
          "str      r9, [r1, #-4]\n"
          "beq      5f\n"
          "4:\n"
          "ldr      r4, [r0], #4\n"
          "sxtb16   r8, r4\n"
          "sxtb16   r9, r4, ror #8\n"
          "strd     r8, r9, [r1], #8\n"
          "5:\n"
          "subs     r2, r2, #1\n"
          "add      r1, r10, lr\n"
          "bne      1b\n"
          "pop      {r4-r10, pc}\n");
}

static inline int16_t *fill(int16_t *to, int32_t value, int32_t elements) {
  for (; elements > 0; elements--)
    *to++ = (int16_t)value;
  return to;
}

/* The input rows of one row of windows: those of kernel rows begin .. end - 1 are inside the input, at row[begin] and so
 * on. The pointers lie in scratch behind the columns. */
typedef struct Rows {
  const int8_t **row;
  int32_t begin, end;
} Rows;

static Rows findRows(const tinyc_window *window, const int8_t *input, int32_t top, void *table) {
  Rows rows = {(const int8_t **)table, tinyc_max_s32(-top, 0),
               tinyc_min_s32(window->kernel_height, window->input_height - top)};
  for (int32_t ky = rows.begin; ky < rows.end; ky++)
    rows.row[ky] = tinyc_input_row_s8(window, input, top + ky);
  return rows;
}

/* The input column x into scratch at `to`. */
static void gatherColumn(const tinyc_conv2d_s8_params *params, const Rows *rows, int32_t x, int16_t *to) {
  const tinyc_window *window = &params->window;
  int32_t channels = window->input_channels, begin = rows->begin, end = rows->end;
  if (x < 0 || x >= window->input_width || begin > end)
    begin = end = 0;
  to = fill(to, params->input_zero_point, begin * channels);
  for (int32_t ky = begin; ky < end; ky++) {
    const int8_t *from = rows->row[ky] + x * channels;
    if (channels % 4 == 0)
      widen(from, to, 1, channels, 0);
    else
      for (int32_t c = 0; c < channels; c++)
        to[c] = from[c];
    to += channels;
  }
  to = fill(to, params->input_zero_point, (window->kernel_height - end) * channels);
  if ((window->kernel_height * channels) & 1)
    *to = 0;
}

/* The columns of `pixels` windows, the first of which begins in column `left`, one by one. */
static void gatherColumns(const tinyc_conv2d_s8_params *params, const Rows *rows, int32_t left, int32_t pixels,
                          int16_t *to) {
  const tinyc_window *window = &params->window;
  int32_t shift = tinyc_column_shift(window), column = tinyc_column_length(window);
  for (int32_t i = window->kernel_width + (pixels - 1) * shift, next = shift; i > 0; i--, left++, to += column) {
    gatherColumn(params, rows, left, to);
    if (--next == 0) {
      next = shift;
      left += window->stride_width - shift;
    }
  }
}

/* What lies inside the input of a block of neighbouring columns. */
typedef struct Inside {
  int16_t *to; /* first row of the first column */
  int32_t offset, columns; /* bytes from the beginning of the input's rows; how many */
} Inside;

/* The same for neighbouring columns, row by row. */
TINYC_CORE void gatherInside(const tinyc_window *window, const Rows *rows, const Inside *inside,
                             const int32_t channels) {
  int32_t column = tinyc_column_length(window);
  int16_t *to = inside->to;
  for (const int8_t **row = rows->row + rows->begin, **end = rows->row + rows->end; row != end; to += channels) {
    const int8_t *from = *row++ + inside->offset;
    int16_t *at = to;
    if (channels % 4 == 0) {
      widen(from, at, inside->columns, channels, 2 * column);
    } else if (channels == 1) {
      int32_t i = inside->columns;
      for (; i >= 4; i -= 4, from += 4, at += 4 * column) {
        at[0] = from[0];
        at[column] = from[1];
        at[2 * column] = from[2];
        at[3 * column] = from[3];
      }
      for (; i > 0; i--, at += column)
        *at = *from++;
    } else {
      for (int32_t i = inside->columns; i > 0; i--, at += column)
        for (int32_t c = 0; c < channels; c++)
          at[c] = *from++;
    }
  }
}

/* A block of neighbouring columns, padding included. */
static void gatherBlock(const tinyc_conv2d_s8_params *params, const Rows *rows, int32_t left, int32_t columns,
                        int16_t *to) {
  const tinyc_window *window = &params->window;
  int32_t channels = window->input_channels, column = tinyc_column_length(window);
  int32_t x0 = tinyc_max_s32(-left, 0), x1 = tinyc_min_s32(columns, window->input_width - left);
  if (x0 > 0 || rows->begin > 0 || x1 < columns || rows->end < window->kernel_height) {
    uint32_t pair = ((uint32_t)params->input_zero_point & 0xffffu) * 0x10001u;
    uint32_t *words = (uint32_t *)(void *)to, *end = words + columns * column / 2;
    while (words != end)
      *words++ = pair;
  }
  if (x0 >= x1 || rows->begin >= rows->end)
    return;
  Inside inside = {to + x0 * column + rows->begin * channels, (left + x0) * channels, x1 - x0};
  if (channels == 1)
    gatherInside(window, rows, &inside, 1);
  else if (channels == 3)
    gatherInside(window, rows, &inside, 3);
  else
    gatherInside(window, rows, &inside, channels);
}

/* `width` output pixels at out, whose windows begin in input row `top`. With `simple`, input is the first of as many
 * neighbouring pixels with a multiple of four channels, and the windows are these pixels. */
static void computeRow(const tinyc_conv2d_s8_params *params, const int8_t *input, const int8_t *packed, int8_t *out,
                       int16_t *scratch, Block *block, int32_t top, int32_t width, int simple) {
  const tinyc_window *window = &params->window;
  int32_t filters = window->output_channels, channels = window->input_channels, shift = tinyc_column_shift(window);
  Rows rows = {NULL, 0, 0};
  if (!simple)
    rows = findRows(window, input, top, scratch + tinyc_column_count(window) * tinyc_column_length(window));
  for (int32_t x = 0; x < width;) {
    /* Threes, and twos where a three would leave one. */
    int32_t missing = width - x, pixels = missing == 4 || missing == 2 ? 2 : missing == 1 ? 1 : 3;
    int32_t left = x * window->stride_width - window->pad_left;
    if (simple)
      widen(input + left * channels, scratch, 1, pixels * channels, 0);
    else if (shift == window->stride_width)
      gatherBlock(params, &rows, left, window->kernel_width + (pixels - 1) * shift, scratch);
    else
      gatherColumns(params, &rows, left, pixels, scratch);
    multiply(packed, scratch, out, block, pixels, filters);
    x += pixels;
    out += pixels * filters;
  }
}

void tinyc_conv2d_columns_s8_s8_armv7e_m(const tinyc_conv2d_s8_params *params, const int8_t *input,
                                         const int8_t *weights, const int32_t *bias, const int32_t *multipliers,
                                         int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  const tinyc_window *window = &params->window;
  int32_t column = tinyc_column_length(window);
  Block block = {(uint32_t)(tinyc_column_shift(window) * column * 2), (uint32_t)(window->kernel_width * column / 2),
                 NULL, params->output.zero_point,
                 (uint32_t)window->output_channels};
  block.end = weights + window->output_channels / 2 * (16 + 4 * (int32_t)block.words);
  int pixelwise = window->kernel_height == 1 && window->kernel_width == 1 && window->stride_height == 1 &&
                  window->stride_width == 1 && window->input_channels % 4 == 0 && window->pad_top == 0 &&
                  window->pad_left == 0 &&
                  window->output_width == window->input_width && window->output_height == window->input_height;
  for (int32_t y = row_begin; y < row_end;) {
    int8_t *out = output + tinyc_output_offset(window, y);
    if (pixelwise) {
      /* As many rows as lie in one piece. */
      int32_t rows = 1;
      if (window->input_ring_rows > 0)
        rows = tinyc_min_s32(window->input_ring_rows - tinyc_ring_row(y, window->input_ring_rows),
                             window->output_ring_rows - tinyc_ring_row(y, window->output_ring_rows));
      rows = tinyc_min_s32(rows, row_end - y);
      computeRow(params, tinyc_input_row_s8(window, input, y), weights, out, (int16_t *)scratch, &block, 0,
                 rows * window->output_width, 1);
      y += rows;
    } else {
      computeRow(params, input, weights, out, (int16_t *)scratch, &block, y * window->stride_height - window->pad_top,
                 window->output_width, 0);
      y++;
    }
  }
}
