/* depthwise conv2d int8 with kernels of one row for Armv7E-M: a line of outputs of one channel at a time
 * (tinyc/layouts.h). Pairs of neighbouring elements as words make every product a SMLAD; the products are those of a
 * single output row in tinyc/armv7e_m_planes.h. */
#include "tinyc/armv7e_m_planes.h"
#include "tinyc/kernel_functions.h"
#include "tinyc/layouts.h"
#include "tinyc/window.h"

static inline uint32_t makePair(int32_t low, int32_t high) {
  uint32_t pair;
  __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(pair) : "r"(low), "r"(high));
  return pair;
}

/* Some of the outputs of a row, every `step`-th from output `first` on. */
typedef struct Line {
  int32_t first, step, outputs;
  int32_t left; /* input column of the first element of their first word */
} Line;

/* Line `number` of those of an output row. With stride 1 there is one for each column of the dilation and for even and
 * odd outputs among these, with stride 2 just one: the words of neighbouring outputs are neighbours then. */
static Line getLine(const tinyc_window *window, int32_t number) {
  Line line = {0, 1, window->output_width, -window->pad_left};
  if (window->stride_width == 1) {
    line.first = number;
    line.step = 2 * window->dilation_width;
    line.outputs = (window->output_width - number + line.step - 1) / line.step;
    line.left += number;
  }
  return line;
}

/* The weights of a channel at k into scratch, as the upper ones of tinyc_planes_task. */
static void expandWeights(const tinyc_window *window, const int8_t *k, uint32_t *to) {
  int32_t width = window->kernel_width, words = tinyc_lines_words(window);
  for (int32_t i = 0; i < 2 * words; i += 2, to += 2)
    *to = makePair(i < width ? k[i] : 0, i + 1 < width ? k[i + 1] : 0);
}

/* An input row and how its elements are gathered. */
typedef struct Source {
  const int8_t *row;         /* of the channel; NULL: outside the input */
  int32_t width, channels;   /* bytes between pixels */
  int32_t dilation, advance; /* pixels between the elements of a word, and between words */
  int32_t zero_point;
} Source;

/* `count` words from input column `left` on. */
static void gatherWords(const Source *source, int32_t left, int32_t count, uint32_t *to) {
  int32_t zero = source->zero_point, channels = source->channels, dilation = source->dilation;
  int32_t advance = source->advance, width = source->width;
  for (uint32_t *end = to + count; to != end;) {
    if (!source->row || left < 0 || left + dilation >= width) {
      int32_t right = left + dilation;
      int32_t low = source->row && left >= 0 && left < width ? source->row[left * channels] : zero;
      *to++ = makePair(low, source->row && right >= 0 && right < width ? source->row[right * channels] : zero);
      left += advance;
      continue;
    }
    /* As many as there are between the paddings. */
    int32_t inside = (width - dilation - left + advance - 1) / advance;
    inside = tinyc_min_s32(inside, (int32_t)(end - to));
    const int8_t *from = source->row + left * channels;
    int32_t below = dilation * channels, skip = advance * channels;
    left += inside * advance;
    for (; inside >= 2; inside -= 2, to += 2, from += 2 * skip) {
      int32_t a0 = from[0], b0 = from[below], a1 = from[skip], b1 = from[skip + below];
      to[0] = makePair(a0, b0);
      to[1] = makePair(a1, b1);
    }
    if (inside > 0)
      *to++ = makePair(from[0], from[below]);
  }
}

/* `outputs` of a line whose words are in scratch, to out. */
static void computeLine(tinyc_planes_task *task, const uint32_t *words, int32_t pitch, int8_t *out, int32_t outputs) {
  int32_t pixel = task->pixel;
  if (outputs < TINYC_PLANES_ROW_PIXELS) {
    int8_t block[TINYC_PLANES_ROW_PIXELS];
    task->out = block;
    task->pixel = 1;
    task->blocks = 1;
    tinyc_planes_row_stride_1(task, words, pitch);
    task->pixel = pixel;
    for (int32_t i = 0; i < outputs; i++)
      out[i * pixel] = block[i];
    return;
  }
  task->out = out;
  task->blocks = outputs / TINYC_PLANES_ROW_PIXELS;
  tinyc_planes_row_stride_1(task, words, pitch);
  if (task->blocks * TINYC_PLANES_ROW_PIXELS < outputs) {
    /* The last block ends with the line, over outputs that are done already. */
    int32_t first = outputs - TINYC_PLANES_ROW_PIXELS;
    task->out = out + first * pixel;
    task->blocks = 1;
    tinyc_planes_row_stride_1(task, words + first, pitch);
  }
}

/* All lines of one channel of an output row at out. */
static void computeChannel(const tinyc_window *window, Source *source, tinyc_planes_task *task, uint32_t *words,
                           int8_t *out) {
  int32_t count = tinyc_lines_count(window), steps = tinyc_lines_words(window);
  int32_t pitch = 4 * task->kernel_width, channels = window->output_channels;
  for (int32_t number = 0; number < count; number++) {
    Line line = getLine(window, number);
    task->pixel = line.step * channels;
    task->step = TINYC_PLANES_ROW_PIXELS * task->pixel;
    int8_t *to = out + line.first * channels;
    for (int32_t begin = 0, outputs; begin < line.outputs; begin += outputs) {
      outputs = tinyc_min_s32(line.outputs - begin, TINYC_LINES_OUTPUTS);
      gatherWords(source, line.left + begin * source->advance, outputs + steps - 1, words);
      computeLine(task, words, pitch, to + begin * task->pixel, outputs);
    }
  }
}

void tinyc_depthwise_conv2d_lines_s8_s8_armv7e_m(const tinyc_conv2d_s8_params *params, const int8_t *input,
                                                 const int8_t *weights, const int32_t *bias, const int32_t *multipliers,
                                                 int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  const tinyc_window *window = &params->window;
  int32_t channels = window->output_channels, multiplier = channels / window->input_channels;
  int32_t steps = tinyc_lines_words(window), left_shift = tinyc_left_shift(&params->output);
  const int32_t *constants = (const int32_t *)(const void *)weights;
  uint32_t *factors = (uint32_t *)scratch, *words = factors + 2 * steps + 2;
  tinyc_planes_task task;
  task.zero_point = params->output.zero_point;
  task.kernel_width = tinyc_lines_row(window);
  task.weights = factors;
  task.end = factors + 2 * (steps + 1);
  task.row = 4 * TINYC_PLANES_ROW_PIXELS;
  task.rewind = 4 * steps;
  Source source = {NULL,
                   window->input_width,
                   window->input_channels,
                   window->dilation_width,
                   2 * window->dilation_width,
                   params->input_zero_point};
  for (int32_t y = row_begin; y < row_end; y++) {
    int8_t *out = output + tinyc_output_offset(window, y);
    int32_t top = y * window->stride_height - window->pad_top;
    const int8_t *row = NULL, *taps = weights + 8 * channels;
    if (top >= 0 && top < window->input_height)
      row = tinyc_input_row_s8(window, input, top);
    for (int32_t o = 0; o < channels; o++, taps += window->kernel_width) {
      source.row = row ? row + o / multiplier : NULL;
      expandWeights(window, taps, factors);
      if (left_shift > 0)
        tinyc_shift_s16x2(factors, 2 * steps, left_shift);
      task.bias = constants[2 * o];
      task.multiplier = constants[2 * o + 1];
      computeChannel(window, &source, &task, words, out + o);
    }
  }
  tinyc_clamp_rows_s8(window, &params->output, output, row_begin, row_end);
}
