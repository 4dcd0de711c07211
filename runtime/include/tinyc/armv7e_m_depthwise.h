/* tinyc/armv7e_m_depthwise.h - depthwise conv2d of Armv7E-M by planes, for weights of 8, 4 or 2 bits (tinyc/layouts.h): the strips of
 * input, the weights and the order of blocks; the products are those of tinyc/armv7e_m_planes.h. */
#ifndef TINYC_ARMV7E_M_DEPTHWISE_H
#define TINYC_ARMV7E_M_DEPTHWISE_H

#include "tinyc/armv7e_m_planes.h"
#include "tinyc/narrow.h"
#include "tinyc/layouts.h"
#include "tinyc/window.h"

static inline uint32_t makePair(int32_t low, int32_t high) {
  uint32_t pair;
  __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(pair) : "r"(low), "r"(high));
  return pair;
}

/* Rows of words that one output row reads, and that a pair does. */
static inline int32_t getKernelRows(const tinyc_window *window, int32_t output_rows) {
  return output_rows == 1 ? (window->kernel_height + 1) / 2 : tinyc_planes_kernel_rows(window);
}

/* The weights of a channel, kernel_height x kernel_width bytes at k, into scratch; those of the lower output row only
 * if there is one. */
static __attribute__((noinline)) void expandWeights(const tinyc_window *window, const int8_t *k, uint32_t *to,
                                                    int32_t output_rows) {
  static const int8_t zeros[7] = {0};
  int32_t height = window->kernel_height, width = window->kernel_width, rows = getKernelRows(window, output_rows);
  int32_t filled = tinyc_planes_kernel_width(window), stride = window->stride_height;
  for (int32_t y = 0; y < 2 * rows; y += 2) {
    /* Kernel rows y and y + 1 for the upper output row, `stride` rows before for the lower one. */
    const int8_t *a = y < height ? k + y * width : zeros, *b = y + 1 < height ? k + (y + 1) * width : zeros;
    if (output_rows == 1) {
      for (int32_t x = 0; x < width; x++, to += 2)
        to[0] = makePair(a[x], b[x]);
    } else {
      int32_t above = y - stride;
      const int8_t *c = above >= 0 && above < height ? k + above * width : zeros;
      const int8_t *d = above + 1 >= 0 && above + 1 < height ? k + (above + 1) * width : zeros;
      for (int32_t x = 0; x < width; x++, to += 2) {
        to[0] = makePair(a[x], b[x]);
        to[1] = makePair(c[x], d[x]);
      }
    }
    for (int32_t x = width; x < filled; x++, to += 2)
      to[0] = to[1] = 0;
  }
}

static inline uint32_t *fillWords(uint32_t *to, uint32_t word, int32_t count) {
  for (; count > 0; count--)
    *to++ = word;
  return to;
}

/* A strip of input, and what of it comes from the input and is not padding: the same for all channels. */
typedef struct Strip {
  uint32_t *words;
  int32_t width, rows;                   /* words of a row; rows */
  int32_t channels, pitch;               /* bytes between pixels and between rows of the input */
  const uint32_t *offsets;               /* of the input's rows where they lie anywhere, else NULL */
  int32_t ring_rows, row;                /* the first input row; in a ring, where it lies */
  int32_t first, inside;                 /* halfword where that row begins; words of a row */
  int32_t half_above, pairs, half_below; /* rows with input in the upper halves, in both, in the lower halves */
  int32_t output_ring_row, output_rows;
} Strip;

/* Output rows y .. y + rows - 1 of all channels. Fills the strip with padding. */
static void prepareStrip(const tinyc_conv2d_s8_params *params, Strip *strip, int32_t y, int32_t rows) {
  const tinyc_window *window = &params->window;
  int32_t top = y * window->stride_height - window->pad_top, zero = params->input_zero_point;
  strip->width = tinyc_planes_width(window);
  strip->rows = rows == 1 ? getKernelRows(window, 1) : tinyc_planes_rows(window, (rows + 1) / 2);
  strip->channels = window->input_channels;
  strip->pitch = window->input_width * strip->channels;
  strip->ring_rows = window->input_ring_rows;
  strip->inside = tinyc_min_s32(window->input_width, strip->width - window->pad_left);
  strip->output_ring_row = tinyc_ring_row(y, window->output_ring_rows);
  strip->output_rows = rows;
  int32_t reach = (rows - 1) * window->stride_height + window->kernel_height;
  int32_t begin = tinyc_max_s32(top, 0), end = tinyc_min_s32(top + reach, window->input_height);
  int32_t inside = tinyc_max_s32(end - begin, 0);
  strip->row = strip->offsets ? begin : tinyc_ring_row(begin, window->input_ring_rows);
  strip->half_above = inside > 0 && ((begin - top) & 1);
  strip->pairs = (inside - strip->half_above) / 2;
  strip->half_below = (inside - strip->half_above) & 1;
  strip->first = 2 * ((begin - top) / 2 * strip->width + window->pad_left);
  fillWords(strip->words, makePair(zero, zero), strip->rows * strip->width);
}

/* count words, from bytes `channels` apart at a and as many at a + below. */
TINYC_CORE void gatherPairs(const int8_t *a, int32_t below, int32_t channels, uint32_t *to, int32_t count) {
  if (count & 1) {
    *to++ = makePair(a[0], a[below]);
    a += channels;
  }
  for (uint32_t *end = to + (count & ~1); to != end; to += 2) {
    int32_t a0 = a[0], b0 = a[below];
    a += channels;
    int32_t a1 = a[0], b1 = a[below];
    a += channels;
    to[0] = makePair(a0, b0);
    to[1] = makePair(a1, b1);
  }
}

/* Input row `row`, and goes on to the next one. */
static inline const int8_t *takeRow(const Strip *strip, const int8_t *input, int32_t *row) {
  if (strip->offsets)
    return input + strip->offsets[(*row)++];
  const int8_t *from = input + *row * strip->pitch;
  if (++*row == strip->ring_rows)
    *row = 0;
  return from;
}

static void gatherHalf(const int8_t *from, int32_t channels, int16_t *to, int32_t count) {
  for (; count > 0; count--, from += channels, to += 2)
    *to = *from;
}

/* What is not padding; input is that of the channel. */
static __attribute__((noinline)) void gatherStrip(const Strip *strip, const int8_t *input) {
  int16_t *to = (int16_t *)(void *)strip->words + strip->first;
  int32_t row = strip->row, width = 2 * strip->width;
  if (strip->half_above) {
    gatherHalf(takeRow(strip, input, &row), strip->channels, to + 1, strip->inside);
    to += width;
  }
  int32_t pairs = strip->pairs, channels = strip->channels, inside = strip->inside, pitch = strip->pitch;
  if (row + 2 * pairs + strip->half_below <= strip->ring_rows) {
    const int8_t *from = input + row * pitch;
    row += 2 * pairs;
    for (; pairs > 0; pairs--, from += 2 * pitch, to += width)
      gatherPairs(from, pitch, channels, (uint32_t *)(void *)to, inside);
  }
  for (; pairs > 0; pairs--, to += width) {
    const int8_t *a = takeRow(strip, input, &row), *b = takeRow(strip, input, &row);
    gatherPairs(a, (int32_t)(b - a), channels, (uint32_t *)(void *)to, inside);
  }
  if (strip->half_below)
    gatherHalf(takeRow(strip, input, &row), strip->channels, to, strip->inside);
}

typedef void (*Compute)(const tinyc_planes_task *task, const uint32_t *strip, int32_t pitch);

/* Whether all blocks of the strip are whole and the output rows lie one below the other. */
static int isPlain(const tinyc_window *window, const Strip *strip) {
  return window->output_width >= TINYC_PLANES_PIXELS &&
         strip->output_ring_row + strip->output_rows <= window->output_ring_rows;
}

/* The parts of the task that are the same for all channels. */
static void prepareTask(const tinyc_window *window, const Strip *strip, tinyc_planes_task *task) {
  int32_t row = window->output_width * window->output_channels;
  int32_t kernel_rows = getKernelRows(window, strip->output_rows), pitch = 4 * strip->width;
  task->end = task->weights + 2 * (kernel_rows * task->kernel_width + 1);
  if (strip->output_rows == 1) {
    task->pixel = window->output_width < TINYC_PLANES_ROW_PIXELS ? 1 : window->output_channels;
    task->step = TINYC_PLANES_ROW_PIXELS * task->pixel;
    task->row = TINYC_PLANES_ROW_PIXELS * 4 * window->stride_width;
    task->rewind = kernel_rows * pitch;
    return;
  }
  task->rewind = (kernel_rows - window->stride_height) * pitch;
  if (isPlain(window, strip)) {
    task->pixel = window->output_channels;
    task->step = 2 * row;
    task->row = row;
    task->last_row = strip->output_rows & 1 ? 0 : row;
    task->blocks = (strip->output_rows + 1) / 2;
  } else {
    task->pixel = 1;
    task->step = 0;
    task->row = task->last_row = TINYC_PLANES_PIXELS;
    task->blocks = 1;
  }
}

/* One channel of a single output row. */
static void computeRow(const tinyc_window *window, const Strip *strip, tinyc_planes_task *task, int8_t *out) {
  int32_t width = window->output_width, stride = window->stride_width, pitch = 4 * strip->width;
  Compute compute = stride == 1 ? tinyc_planes_row_stride_1 : tinyc_planes_row_stride_2;
  if (width < TINYC_PLANES_ROW_PIXELS) {
    int8_t block[TINYC_PLANES_ROW_PIXELS];
    task->out = block;
    task->blocks = 1;
    compute(task, strip->words, pitch);
    for (int32_t x = 0; x < width; x++)
      out[x * window->output_channels] = block[x];
    return;
  }
  task->out = out;
  task->blocks = width / TINYC_PLANES_ROW_PIXELS;
  compute(task, strip->words, pitch);
  if (task->blocks * TINYC_PLANES_ROW_PIXELS < width) {
    /* The last block ends with the row, over pixels that are done already. */
    int32_t first = width - TINYC_PLANES_ROW_PIXELS;
    task->out = out + first * task->pixel;
    task->blocks = 1;
    compute(task, strip->words + first * stride, pitch);
  }
}

/* One channel of a plain strip; out is the channel's first output. */
static void computePlain(const Strip *strip, Compute compute, tinyc_planes_task *task, int8_t *out, int32_t width,
                         int32_t stride) {
  /* The last block ends with the row, over pixels that are done already if need be. */
  for (int32_t x = 0, last = width - TINYC_PLANES_PIXELS; x < width; x += TINYC_PLANES_PIXELS) {
    int32_t first = tinyc_min_s32(x, last);
    task->out = out + first * task->pixel;
    compute(task, strip->words + first * stride, 4 * strip->width);
  }
}

/* One channel where rings wrap around, and of narrow outputs: through a buffer. y is the strip's first output row. */
static void computeBuffered(const tinyc_window *window, const Strip *strip, Compute compute,
                            const tinyc_planes_task *task, int8_t *output, int32_t y) {
  int8_t block[2 * TINYC_PLANES_PIXELS];
  const uint32_t *words = strip->words;
  int32_t width = window->output_width, rows = strip->output_rows;
  tinyc_planes_task buffered = *task;
  buffered.out = block;
  for (int32_t i = 0; i < rows; i += 2, words += window->stride_height * strip->width)
    for (int32_t x = 0; x < width; x += TINYC_PLANES_PIXELS) {
      int32_t first = tinyc_max_s32(tinyc_min_s32(x, width - TINYC_PLANES_PIXELS), 0);
      compute(&buffered, words + first * window->stride_width, 4 * strip->width);
      for (int32_t j = 0; j < tinyc_min_s32(2, rows - i); j++) {
        int8_t *out = output + tinyc_output_offset(window, y + i + j) + first * window->output_channels;
        for (int32_t k = 0; k < tinyc_min_s32(TINYC_PLANES_PIXELS, width); k++)
          out[k * window->output_channels] = block[j * TINYC_PLANES_PIXELS + k];
      }
    }
}

/* The whole kernel, for weights of so many bits. */
TINYC_CORE void tinyc_convolve_planes(const tinyc_conv2d_s8_params *params, const int8_t *input, const int8_t *weights,
                                      int8_t *output, void *scratch, int32_t row_begin, int32_t row_end,
                                      const int32_t bits) {
  const tinyc_window *window = &params->window;
  int32_t channels = window->output_channels, multiplier = channels / window->input_channels,
          strip_rows = 2 * tinyc_planes_pairs(window);
  int32_t bytes = window->kernel_height * window->kernel_width, left_shift = tinyc_left_shift(&params->output);
  const int32_t *constants = (const int32_t *)(const void *)weights;
  const int8_t *taps = weights + 8 * channels;
  int8_t unpacked[7 * 7];
  tinyc_planes_task task;
  task.zero_point = params->output.zero_point;
  task.kernel_width = tinyc_planes_kernel_width(window);
  task.weights = (const uint32_t *)scratch;
  Compute compute = window->stride_width == 1 ? tinyc_planes_stride_1 : tinyc_planes_stride_2;
  Strip strip;
  strip.words = (uint32_t *)scratch + 2 * tinyc_planes_kernel_rows(window) * task.kernel_width;
  strip.offsets = NULL;
  if (window->input_ring_rows == 0) {
    const tinyc_rows *rows = (const tinyc_rows *)(const void *)input;
    strip.offsets = rows->offsets;
    input = (const int8_t *)rows->base;
  }
  for (int32_t y = row_begin; y < row_end; y += strip_rows) {
    prepareStrip(params, &strip, y, tinyc_min_s32(strip_rows, row_end - y));
    prepareTask(window, &strip, &task);
    int plain = isPlain(window, &strip);
    int8_t *out = output + tinyc_output_offset(window, y);
    for (int32_t c = 0, o = 0; c < window->input_channels; c++) {
      gatherStrip(&strip, input + c);
      for (int32_t end = o + multiplier; o != end; o++) {
        const int8_t *of_channel = taps + o * bytes;
        if (bits < 8) {
          for (int32_t i = 0; i < bytes; i++)
            unpacked[i] = (int8_t)tinyc_element(taps, o * bytes + i, bits);
          of_channel = unpacked;
        }
        expandWeights(window, of_channel, (uint32_t *)scratch, strip.output_rows);
        if (left_shift > 0)
          tinyc_shift_s16x2((uint32_t *)scratch, (int32_t)(task.end - task.weights) - 2, left_shift);
        task.bias = constants[2 * o];
        task.multiplier = constants[2 * o + 1];
        if (strip.output_rows == 1)
          computeRow(window, &strip, &task, out + o);
        else if (plain)
          computePlain(&strip, compute, &task, out + o, window->output_width, window->stride_width);
        else
          computeBuffered(window, &strip, compute, &task, output + o, y);
      }
    }
  }
  tinyc_clamp_rows_s8(window, &params->output, output, row_begin, row_end);
}

#endif /* TINYC_ARMV7E_M_DEPTHWISE_H */
