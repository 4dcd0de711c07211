/* tinyc/armv7e_m_columns.h - the implicit matrix product of conv2d on Armv7E-M but for the product itself: which
 * windows are computed together, and their elements, widened, as columns in scratch (tinyc/layouts.h). A kernel gives
 * it a function that multiplies the columns of a block of pixels with all filters of a group, of whatever type these
 * are. */
#ifndef TINYC_ARMV7E_M_COLUMNS_H
#define TINYC_ARMV7E_M_COLUMNS_H

#include "tinyc/armv7e_m.h"
#include "tinyc/layouts.h"
#include "tinyc/window.h"

/* What a product needs beside the pointers; assembly reads it by offset. */
typedef struct tinyc_columns_block {
  uint32_t shift;     /* 0: bytes between the windows of neighbouring pixels in scratch */
  uint32_t words;     /* 4: of elements per window */
  const int8_t *end;  /* 8: of the weights: of whole pairs of filters, if the product wants it */
  int32_t zero_point; /* 12: of the output */
  uint32_t pixel;     /* 16: bytes between neighbouring pixels of the output */
  int32_t pair_bytes; /* 20: of the packed constants of a pair of filters */
} tinyc_columns_block;

/* The product of `pixels` (1 to 3) windows in scratch with `filters` filters; out has the first pixel's first result.
 */
typedef void (*tinyc_columns_product)(const int8_t *packed, const int16_t *elements, int8_t *out,
                                      tinyc_columns_block *block, int32_t pixels, int32_t filters);

/* Widens `columns` times `bytes` neighbouring bytes, a multiple of 4, in the order of SXTB16; `skip` bytes between them
 * are passed over, the results of neighbours begin `pitch` bytes apart. A Cortex-M7 stores one word while it widens the
 * next. */
TINYC_ASSEMBLY void tinyc_widen(TINYC_IN_REGISTER const int8_t *from, TINYC_IN_REGISTER int16_t *to,
                                TINYC_IN_REGISTER int32_t columns, TINYC_IN_REGISTER int32_t bytes,
                                TINYC_IN_REGISTER int32_t pitch, TINYC_IN_REGISTER int32_t skip) {
  __asm__("push     {r4-r11, lr}\n"
          "ldrd     lr, r11, [sp, #36]\n"
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
          "add      r0, r0, r11\n"
          "add      r1, r10, lr\n"
          "bne      1b\n"
          "pop      {r4-r11, pc}\n");
}

/* The same for any number of bytes, in their own order. */
TINYC_ASSEMBLY void tinyc_widen_bytes(TINYC_IN_REGISTER const int8_t *from, TINYC_IN_REGISTER int16_t *to,
                                      TINYC_IN_REGISTER int32_t columns, TINYC_IN_REGISTER int32_t bytes,
                                      TINYC_IN_REGISTER int32_t pitch, TINYC_IN_REGISTER int32_t skip) {
  __asm__("push     {r4-r11, lr}\n"
          "ldrd     lr, r11, [sp, #36]\n"
          "1:\n"
          "mov      r10, r1\n"
          "subs     r12, r3, #4\n"
          "blo      3f\n"
          "2:\n"
          "ldrsb    r4, [r0], #4\n"
          "ldrsb    r5, [r0, #-3]\n"
          "ldrsb    r6, [r0, #-2]\n"
          "strh     r4, [r1], #8\n"
          "ldrsb    r7, [r0, #-1]\n"
          "strh     r5, [r1, #-6]\n"
          "subs     r12, r12, #4\n"
          "strh     r6, [r1, #-4]\n"
          "strh     r7, [r1, #-2]\n"
          "bhs      2b\n"
          "3:\n"
          "tst      r12, #2\n"
          "beq      4f\n"
          "ldrsb    r4, [r0], #2\n"
          "ldrsb    r5, [r0, #-1]\n"
          "strh     r4, [r1], #4\n"
          "strh     r5, [r1, #-2]\n"
          "4:\n"
          "tst      r12, #1\n"
          "beq      5f\n"
          "ldrsb    r4, [r0], #1\n"
          "strh     r4, [r1], #2\n"
          "5:\n"
          "subs     r2, r2, #1\n"
          "add      r0, r0, r11\n"
          "add      r1, r10, lr\n"
          "bne      1b\n"
          "pop      {r4-r11, pc}\n");
}

/* A pixel of three channels at a constant offset behind those in r6 to r12, and on to the next one. */
#define TINYC_WIDEN_FIRST_PIXEL(c0, c1, c2) \
  "ldrsb    r7, [r6, #" #c0 "]\n"          \
  "ldrsb    r8, [r6, #" #c1 "]\n"          \
  "ldrsb    r9, [r6, #" #c2 "]\n"
#define TINYC_WIDEN_NEXT_PIXEL(c0, c1, c2) \
  "strh     r7, [r12]\n"                   \
  "ldrsb    r7, [r6, #" #c0 "]\n"          \
  "strh     r8, [r12, #2]\n"               \
  "ldrsb    r8, [r6, #" #c1 "]\n"          \
  "strh     r9, [r12, #4]\n"               \
  "ldrsb    r9, [r6, #" #c2 "]\n"          \
  "add      r12, r12, r5\n"
#define TINYC_WIDEN_LAST_PIXEL             \
  "strh     r7, [r12]\n"                   \
  "strh     r8, [r12, #2]\n"               \
  "strh     r9, [r12, #4]\n"

/* Three channels of neighbouring pixels, of `rows` rows of the input whose addresses lie at `row`, `offset` bytes behind
 * these: the pixels of a row begin `pitch` bytes apart, the next row's behind the first pixel. Seven columns and less take
 * no loop, whose end would be predicted badly. */
TINYC_ASSEMBLY void tinyc_widen_threes(TINYC_IN_REGISTER const int8_t *const *row, TINYC_IN_REGISTER int32_t rows,
                                       TINYC_IN_REGISTER int32_t offset, TINYC_IN_REGISTER int16_t *to,
                                       TINYC_IN_REGISTER int32_t columns, TINYC_IN_REGISTER int32_t pitch) {
  __asm__("push     {r4-r10, lr}\n"
          "ldrd     r4, r5, [sp, #32]\n"
          "1:\n"
          "ldr      r6, [r0], #4\n"
          "mov      r12, r3\n"
          "add      r6, r6, r2\n"
          "subs     lr, r4, #4\n"
          "blo      3f\n"
          "2:\n"
          TINYC_WIDEN_FIRST_PIXEL(0, 1, 2)
          TINYC_WIDEN_NEXT_PIXEL(3, 4, 5)
          TINYC_WIDEN_NEXT_PIXEL(6, 7, 8)
          TINYC_WIDEN_NEXT_PIXEL(9, 10, 11)
          "add      r6, r6, #12\n"
          "subs     lr, lr, #4\n"
          TINYC_WIDEN_LAST_PIXEL
          "add      r12, r12, r5\n"
          "bhs      2b\n"
          "3:\n"
          "tst      lr, #2\n"
          "beq      4f\n"
          TINYC_WIDEN_FIRST_PIXEL(0, 1, 2)
          TINYC_WIDEN_NEXT_PIXEL(3, 4, 5)
          "add      r6, r6, #6\n"
          TINYC_WIDEN_LAST_PIXEL
          "add      r12, r12, r5\n"
          "4:\n"
          "tst      lr, #1\n"
          "beq      5f\n"
          TINYC_WIDEN_FIRST_PIXEL(0, 1, 2)
          TINYC_WIDEN_LAST_PIXEL
          "5:\n"
          "subs     r1, r1, #1\n"
          "add      r3, r3, #6\n"
          "bne      1b\n"
          "pop      {r4-r10, pc}\n");
}

/* The same for one channel. */
TINYC_ASSEMBLY void tinyc_widen_ones(TINYC_IN_REGISTER const int8_t *const *row, TINYC_IN_REGISTER int32_t rows,
                                     TINYC_IN_REGISTER int32_t offset, TINYC_IN_REGISTER int16_t *to,
                                     TINYC_IN_REGISTER int32_t columns, TINYC_IN_REGISTER int32_t pitch) {
  __asm__("push     {r4-r10, lr}\n"
          "ldrd     r4, r5, [sp, #32]\n"
          "1:\n"
          "ldr      r6, [r0], #4\n"
          "mov      r12, r3\n"
          "add      r6, r6, r2\n"
          "subs     lr, r4, #4\n"
          "blo      3f\n"
          "2:\n"
          "ldrsb    r7, [r6], #4\n"
          "ldrsb    r8, [r6, #-3]\n"
          "ldrsb    r9, [r6, #-2]\n"
          "strh     r7, [r12]\n"
          "ldrsb    r10, [r6, #-1]\n"
          "strh     r8, [r12, r5]\n"
          "add      r12, r12, r5, lsl #1\n"
          "subs     lr, lr, #4\n"
          "strh     r9, [r12]\n"
          "strh     r10, [r12, r5]\n"
          "add      r12, r12, r5, lsl #1\n"
          "bhs      2b\n"
          "3:\n"
          "tst      lr, #2\n"
          "beq      4f\n"
          "ldrsb    r7, [r6], #2\n"
          "ldrsb    r8, [r6, #-1]\n"
          "strh     r7, [r12]\n"
          "strh     r8, [r12, r5]\n"
          "add      r12, r12, r5, lsl #1\n"
          "4:\n"
          "tst      lr, #1\n"
          "beq      5f\n"
          "ldrsb    r7, [r6]\n"
          "strh     r7, [r12]\n"
          "5:\n"
          "subs     r1, r1, #1\n"
          "add      r3, r3, #2\n"
          "bne      1b\n"
          "pop      {r4-r10, pc}\n");
}

/* Where the input columns of a block come from. */
typedef struct tinyc_columns_source {
  const int8_t **row;         /* input rows of the kernel rows begin .. end - 1, which are inside the input */
  int32_t begin, end, height; /* of the kernel's rows */
  int32_t first, channels;    /* of the group */
  int32_t few;                /* channels of neighbouring pixels, if up to 3, else 0 */
  int32_t pixel, width, step; /* bytes between pixels; pixels of an input row; pixels between the columns of a block */
  int32_t column;             /* elements in scratch */
  int32_t zero_point;
} tinyc_columns_source;

static void tinyc_find_rows(const tinyc_window *window, const int8_t *input, int32_t top,
                            tinyc_columns_source *source) {
  tinyc_taps taps = tinyc_inner_taps(top, window->dilation_height, window->kernel_height, window->input_height);
  source->begin = taps.begin;
  source->end = taps.end;
  for (int32_t ky = taps.begin; ky < taps.end; ky++)
    source->row[ky] = tinyc_input_row_s8(window, input, top + ky * window->dilation_height);
}

/* Fills a block of columns from input column `left` on with padding; returns which of them are inside the input. */
static __attribute__((noinline)) tinyc_taps tinyc_pad_columns(const tinyc_columns_source *source, int32_t left,
                                                              int32_t columns, int16_t *to) {
  uint32_t pair = ((uint32_t)source->zero_point & 0xffffu) * 0x10001u;
  uint32_t *words = (uint32_t *)(void *)to, *end = words + columns * source->column / 2;
  while (words != end)
    *words++ = pair;
  return tinyc_inner_taps(left, source->step, columns, source->width);
}

/* A block of columns from input column `left` on. */
static void tinyc_gather_columns(const tinyc_columns_source *source, int32_t left, int32_t columns, int16_t *to) {
  int32_t begin = 0, end = columns;
  if (left < 0 || left + (columns - 1) * source->step >= source->width ||
      source->end - source->begin < source->height) {
    tinyc_taps taps = tinyc_pad_columns(source, left, columns, to);
    begin = taps.begin;
    end = taps.end;
    if (begin == end || source->begin == source->end)
      return;
  }
  int32_t column = source->column, channels = source->channels;
  columns = end - begin;
  int32_t offset = (left + begin * source->step) * source->pixel + source->first;
  const int8_t **row = source->row + source->begin, **last = source->row + source->end;
  to += begin * column + source->begin * channels;
  if (source->few == 3) {
    tinyc_widen_threes(row, (int32_t)(last - row), offset, to, columns, 2 * column);
  } else if (source->few == 2) {
    for (; row != last; to += 2) {
      const int8_t *from = *row++ + offset;
      int16_t *at = to;
      for (int32_t i = columns; i > 0; i--, from += 2, at += column) {
        at[0] = from[0];
        at[1] = from[1];
      }
    }
  } else if (source->few == 1) {
    tinyc_widen_ones(row, (int32_t)(last - row), offset, to, columns, 2 * column);
  } else {
    int32_t skip = source->step * source->pixel - channels;
    for (; row != last; to += channels)
      (channels % 4 == 0 ? tinyc_widen : tinyc_widen_bytes)(*row++ + offset, to, columns, channels, 2 * column, skip);
  }
}

/* Pixels of the next block: threes, and twos where a three would leave one. */
static inline int32_t tinyc_count_pixels(int32_t missing) {
  return missing == 4 || missing == 2 ? 2 : missing == 1 ? 1 : 3;
}

/* What stays the same for all rows. */
typedef struct tinyc_columns_convolution {
  const tinyc_window *window;
  const int8_t *input, *packed;
  int16_t *scratch;
  int32_t filters;                           /* of a group */
  int32_t width, stride, left, kernel_width; /* of the window; left is its first column */
  int32_t shift;                             /* columns between windows in scratch */
  int together;                              /* tinyc_has_shared_columns */
  int32_t left_shift;                        /* tinyc_left_shift */
} tinyc_columns_convolution;

/* The elements of `pixels` windows in scratch times 2^left_shift. */
static inline void tinyc_shift_columns(const tinyc_columns_convolution *conv, int32_t column, int32_t pixels) {
  tinyc_shift_s16x2((uint32_t *)(void *)conv->scratch,
                    (conv->kernel_width + (pixels - 1) * conv->shift) * column / 2, conv->left_shift);
}

/* `width` pixels at out, which are as many neighbouring pixels of the input times the filters. */
TINYC_CORE void tinyc_compute_pixels(const tinyc_columns_convolution *conv, const tinyc_columns_source *source,
                                     const int8_t *input, int8_t *out, tinyc_columns_block *block, int32_t width,
                                     const tinyc_columns_product multiply) {
  int32_t channels = source->channels;
  int16_t *scratch = conv->scratch;
  for (int32_t x = 0; x < width;) {
    int32_t pixels = tinyc_count_pixels(width - x);
    if (channels % 4 == 0)
      tinyc_widen(input + x * channels, scratch, 1, pixels * channels, 0, 0);
    else
      tinyc_widen_bytes(input + x * channels, scratch, pixels, channels, 2 * source->column, 0);
    if (conv->left_shift > 0)
      tinyc_shift_columns(conv, source->column, pixels);
    multiply(conv->packed, scratch, out, block, pixels, conv->filters);
    x += pixels;
    out += pixels * conv->filters;
  }
}

/* `width` neighbouring pixels of an output row at out, from input column `left` on, times the filters of a group. */
static __attribute__((noinline)) void tinyc_compute_group(const tinyc_columns_convolution *conv,
                                                          const tinyc_columns_source *source,
                                                          tinyc_columns_block *block, const int8_t *packed, int8_t *out,
                                                          tinyc_columns_product multiply) {
  int32_t stride = conv->stride, shift = conv->shift, kernel = conv->kernel_width, left = conv->left;
  int32_t pitch = shift * source->column, pixel = (int32_t)block->pixel;
  int16_t *scratch = conv->scratch;
  for (int32_t missing = conv->width, pixels; missing > 0; missing -= pixels, out += pixels * pixel) {
    pixels = tinyc_count_pixels(missing);
    if (conv->together) {
      tinyc_gather_columns(source, left, kernel + (pixels - 1) * shift, scratch);
      left += pixels * stride;
    } else {
      for (int32_t i = 0; i < pixels; i++, left += stride)
        tinyc_gather_columns(source, left, kernel, scratch + i * pitch);
    }
    if (conv->left_shift > 0)
      tinyc_shift_columns(conv, source->column, pixels);
    multiply(packed, scratch, out, block, pixels, conv->filters);
  }
}

/* The only pixel of each of `rows` output rows, whose windows begin in input row `top`. */
static __attribute__((noinline)) void tinyc_compute_tall_group(const tinyc_columns_convolution *conv,
                                                               tinyc_columns_source *source, tinyc_columns_block *block,
                                                               const int8_t *packed, int8_t *out, int32_t top,
                                                               int32_t rows, tinyc_columns_product multiply) {
  const tinyc_window *window = conv->window;
  for (int32_t missing = rows, pixels; missing > 0; missing -= pixels, out += pixels * (int32_t)block->pixel) {
    pixels = tinyc_count_pixels(missing);
    for (int32_t i = 0; i < pixels; i++, top += window->stride_height) {
      tinyc_find_rows(window, conv->input, top, source);
      tinyc_gather_columns(source, conv->left, conv->kernel_width, conv->scratch + i * conv->shift * source->column);
    }
    if (conv->left_shift > 0)
      tinyc_shift_columns(conv, source->column, pixels);
    multiply(packed, conv->scratch, out, block, pixels, conv->filters);
  }
}

/* All groups, for output rows row_begin .. row_end - 1; a pair of filters has pair_bytes of packed constants. */
TINYC_CORE void tinyc_convolve_columns(const tinyc_conv2d_s8_params *params, const int8_t *input, const int8_t *packed,
                                       int32_t pair_bytes, int8_t *output, void *scratch, int32_t row_begin,
                                       int32_t row_end, const tinyc_columns_product multiply) {
  const tinyc_window *window = &params->window;
  int32_t groups = params->groups, filters = window->output_channels / groups;
  int32_t channels = window->input_channels / groups, kernel_width = window->kernel_width;
  int32_t column = (window->kernel_height * channels + 1) & ~1, shift = tinyc_column_shift(window);
  int32_t step = kernel_width == 1 ? window->stride_width : window->dilation_width;
  tinyc_columns_convolution conv;
  conv.window = window;
  conv.input = input;
  conv.packed = packed;
  conv.scratch = (int16_t *)scratch;
  conv.filters = filters;
  conv.width = window->output_width;
  conv.stride = window->stride_width;
  conv.left = -window->pad_left;
  conv.kernel_width = kernel_width;
  conv.shift = shift;
  conv.together = tinyc_has_shared_columns(window);
  conv.left_shift = tinyc_left_shift(&params->output);
  tinyc_columns_source source;
  source.row = (const int8_t **)(void *)(conv.scratch + tinyc_column_count(window) * column);
  source.height = window->kernel_height;
  source.channels = channels;
  source.few = step == 1 && groups == 1 && channels <= 3 ? channels : 0;
  source.pixel = window->input_channels;
  source.width = window->input_width;
  source.step = step;
  source.column = column;
  source.zero_point = params->input_zero_point;
  tinyc_columns_block block = {(uint32_t)(shift * column * 2),    (uint32_t)(kernel_width * column / 2),
                               packed + filters / 2 * pair_bytes, params->output.zero_point,
                               (uint32_t)window->output_channels, pair_bytes};
  int pixelwise = window->kernel_height == 1 && kernel_width == 1 && window->stride_height == 1 &&
                  window->stride_width == 1 && groups == 1 && window->pad_top == 0 && window->pad_left == 0 &&
                  window->output_width == window->input_width && window->output_height == window->input_height;
  for (int32_t y = row_begin, rows; y < row_end; y += rows) {
    int8_t *out = output + tinyc_output_offset(window, y);
    /* Rows that lie in one piece are computed together, if they make one row of pixels. */
    rows = 1;
    if (window->output_width == 1 || (pixelwise && window->input_ring_rows > 0))
      rows = tinyc_min_s32(window->output_ring_rows - tinyc_ring_row(y, window->output_ring_rows), row_end - y);
    if (pixelwise) {
      if (window->input_ring_rows > 0)
        rows = tinyc_min_s32(rows, window->input_ring_rows - tinyc_ring_row(y, window->input_ring_rows));
      else
        rows = 1;
      tinyc_compute_pixels(&conv, &source, tinyc_input_row_s8(window, input, y), out, &block,
                           rows * window->output_width, multiply);
      continue;
    }
    int32_t top = y * window->stride_height - window->pad_top;
    tinyc_find_rows(window, input, top, &source);
    const int8_t *constants = packed;
    for (int32_t group = 0; group < groups; group++, constants += (filters + 1) / 2 * pair_bytes) {
      source.first = group * channels;
      block.end = constants + filters / 2 * pair_bytes;
      if (window->output_width == 1)
        tinyc_compute_tall_group(&conv, &source, &block, constants, out + group * filters, top, rows, multiply);
      else
        tinyc_compute_group(&conv, &source, &block, constants, out + group * filters, multiply);
    }
  }
  tinyc_clamp_rows_s8(window, &params->output, output, row_begin, row_end);
}

#endif /* TINYC_ARMV7E_M_COLUMNS_H */
