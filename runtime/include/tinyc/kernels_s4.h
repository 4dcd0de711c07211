/* tinyc/kernels_s4.h - the functions of the rows of kernels.def with activations of 4 bits, for one ISA. The including file defines before
 *   static void unpackRow(const int8_t *packed, int8_t *values, int32_t count);   count is even
 *   static void packRow(const int8_t *values, int8_t *packed, int32_t count);
 *   TINYC_S4_<isa>(...) as TINYC_DEFINE_S4(__VA_ARGS__) for its ISA, and empty for the others. */
#ifndef TINYC_KERNELS_S4_H
#define TINYC_KERNELS_S4_H

#include "tinyc/kernel_functions.h"
#include "tinyc/rows_s4.h"

/* The calls of the kernel on int8 for rows of a window. Its arguments of this call: input, output, scratch, begin, end. */
typedef struct WindowCalls {
  const int8_t *input;
  int8_t *output, *scratch;
  int32_t begin, end;

  const tinyc_window *window;
  const tinyc_rows_s4 *rows;
  const int8_t *from; /* the input */
  int8_t *to;         /* the output */
  int32_t unpacked;   /* input rows before this one need not be unpacked any more */
  int32_t row_end;
} WindowCalls;

static inline WindowCalls beginWindow(const tinyc_window *window, const tinyc_rows_s4 *rows, const int8_t *input,
                                      int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  int8_t *unpacked = (int8_t *)scratch, *results = unpacked + tinyc_unpacked_input(window, rows);
  WindowCalls calls = {rows->input_bits == 8 ? input : unpacked,
                       rows->output_bits == 8 ? output : results,
                       results + tinyc_unpacked_output(window, rows),
                       row_begin,
                       row_begin,
                       window,
                       rows,
                       input,
                       output,
                       0,
                       row_end};
  return calls;
}

/* Where packed row y of the input lies. */
static inline const int8_t *findPackedRow(const WindowCalls *calls, int32_t y) {
  int32_t ring = calls->rows->input_ring_rows;
  if (ring == 0) {
    const tinyc_rows *anywhere = (const tinyc_rows *)(const void *)calls->from;
    return (const int8_t *)anywhere->base + anywhere->offsets[y];
  }
  return calls->from + tinyc_ring_row(y, ring) * (calls->window->input_width * calls->window->input_channels / 2);
}

static void unpackWindow(WindowCalls *calls) {
  const tinyc_window *window = calls->window;
  int32_t row = window->input_width * window->input_channels;
  int32_t first = calls->begin * window->stride_height - window->pad_top;
  int32_t last = (calls->end - 1) * window->stride_height - window->pad_top +
                 (window->kernel_height - 1) * window->dilation_height + 1;
  first = first < calls->unpacked ? calls->unpacked : first;
  last = last > window->input_height ? window->input_height : last;
  for (int32_t y = first; y < last; y++)
    unpackRow(findPackedRow(calls, y),
              (int8_t *)(uintptr_t)calls->input + tinyc_ring_row(y, window->input_ring_rows) * row, row);
  calls->unpacked = last > calls->unpacked ? last : calls->unpacked;
}

static void packResults(const WindowCalls *calls) {
  const tinyc_window *window = calls->window;
  int32_t row = window->output_width * window->output_channels;
  for (int32_t y = calls->begin; y < calls->end; y++)
    packRow(calls->output + tinyc_ring_row(y, window->output_ring_rows) * row,
            calls->to + tinyc_ring_row(y, calls->rows->output_ring_rows) * (row / 2), row);
}

/* Packs the results of the last call; whether there is another one, whose input rows are unpacked then. */
static __attribute__((noinline, unused)) int nextRows(WindowCalls *calls) {
  if (calls->rows->output_bits == 4)
    packResults(calls);
  calls->begin = calls->end;
  if (calls->begin >= calls->row_end)
    return 0;
  calls->end = calls->begin + calls->rows->rows;
  if (calls->end > calls->row_end)
    calls->end = calls->row_end;
  if (calls->rows->input_bits == 4)
    unpackWindow(calls);
  return 1;
}

/* A line: an array of elements of 8 or 4 bits, of which the kernel on int8 gets one row at a time. */
typedef struct Line {
  int8_t *place; /* of the row, packed or not */
  int8_t *row;   /* that row unpacked: in scratch, or its place */
  int32_t bits, length;
} Line;

static inline Line makeLine(const int8_t *array, int32_t bits, int32_t length, int32_t row, int8_t **scratch) {
  Line line = {(int8_t *)(uintptr_t)array + row * (length * bits / 8), *scratch, bits, length};
  if (bits == 8)
    line.row = line.place;
  *scratch += tinyc_unpacked_line(bits, length);
  return line;
}

static __attribute__((noinline, unused)) void readLine(const Line *line) {
  if (line->bits == 4)
    unpackRow(line->place, line->row, line->length);
}

/* Packs a result; the line is the next row then. */
static __attribute__((noinline, unused)) void writeLine(const Line *line) {
  if (line->bits == 4)
    packRow(line->row, line->place, line->length);
}
static inline void moveLine(Line *line) {
  line->place += line->length * line->bits / 8;
  if (line->bits == 8)
    line->row = line->place;
}

/* The constants of an argument list, behind the input. */
#define CONSTANTS_weighted_s8 , weights, bias, multipliers
#define CONSTANTS_scaled_s8 , multipliers
#define CONSTANTS_unary_s8

#define DEFINE_WINDOW(symbol, params_type, arguments, inner)                                                           \
  void symbol(const params_type *params, TINYC_ARGUMENTS_##arguments, void *scratch, int32_t row_begin,                \
              int32_t row_end) {                                                                                       \
    WindowCalls calls =                                                                                                \
        beginWindow(&params->kernel.window, &params->rows, input, output, scratch, row_begin, row_end);                \
    while (nextRows(&calls))                                                                                           \
      inner(&params->kernel, calls.input CONSTANTS_##arguments, calls.output, calls.scratch, calls.begin, calls.end);  \
  }

#define DEFINE_LINES(symbol, params_type, arguments, inner, inputs, outputs)                                           \
  void symbol(const params_type *params, TINYC_ARGUMENTS_##arguments, void *scratch, int32_t row_begin,                \
              int32_t row_end) {                                                                                       \
    int8_t *rest = (int8_t *)scratch;                                                                                  \
    Line from = makeLine(input, params->input_bits, params->kernel.inputs, row_begin, &rest);                          \
    Line to = makeLine(output, params->output_bits, params->kernel.outputs, row_begin, &rest);                         \
    for (int32_t row = row_begin; row < row_end; row++) {                                                              \
      readLine(&from);                                                                                                 \
      inner(&params->kernel, from.row CONSTANTS_##arguments, to.row, rest, 0, 1);                                      \
      writeLine(&to);                                                                                                  \
      moveLine(&from);                                                                                                 \
      moveLine(&to);                                                                                                   \
    }                                                                                                                  \
  }

/* The input has 4 bits, the output 32; the input pointer is that of row_begin. */
#define DEFINE_SUM_ROWS(symbol, params_type, arguments, inner)                                                         \
  void symbol(const params_type *params, TINYC_ARGUMENTS_##arguments, void *scratch, int32_t row_begin,                \
              int32_t row_end) {                                                                                       \
    int8_t *rest = (int8_t *)scratch;                                                                                  \
    Line from = makeLine(input, 4, params->width * params->channels, 0, &rest);                                        \
    for (int32_t row = row_begin; row < row_end; row++) {                                                              \
      readLine(&from);                                                                                                 \
      inner(params, from.row, output, rest, row, row + 1);                                                             \
      moveLine(&from);                                                                                                 \
    }                                                                                                                  \
  }

#define DEFINE_BINARY(symbol, params_type, arguments, inner)                                                             \
  void symbol(const params_type *params, TINYC_ARGUMENTS_##arguments, void *scratch, int32_t row_begin,                \
              int32_t row_end) {                                                                                       \
    int8_t *rest = (int8_t *)scratch;                                                                                  \
    int32_t length = params->kernel.dims[3];                                                                           \
    Line left = makeLine(lhs, params->lhs_bits, length, row_begin, &rest);                                             \
    Line right = makeLine(rhs, params->rhs_bits, length, row_begin, &rest);                                            \
    Line to = makeLine(output, params->output_bits, length, row_begin, &rest);                                         \
    for (int32_t row = row_begin; row < row_end; row++) {                                                              \
      readLine(&left);                                                                                                 \
      readLine(&right);                                                                                                \
      inner(&params->kernel, left.row, right.row, to.row, rest, 0, 1);                                                 \
      writeLine(&to);                                                                                                  \
      moveLine(&left);                                                                                                 \
      moveLine(&right);                                                                                                \
      moveLine(&to);                                                                                                   \
    }                                                                                                                  \
  }

/* How each operation treats its rows. */
#define DEFINE_conv2d DEFINE_WINDOW
#define DEFINE_depthwise_conv2d DEFINE_WINDOW
#define DEFINE_avg_pool DEFINE_WINDOW
#define DEFINE_max_pool DEFINE_WINDOW
#define DEFINE_fully_connected(...) DEFINE_LINES(__VA_ARGS__, inputs, outputs)
#define DEFINE_requantize(...) DEFINE_LINES(__VA_ARGS__, length, length)
#define DEFINE_sum_rows DEFINE_SUM_ROWS
#define DEFINE_add DEFINE_BINARY
#define DEFINE_mul DEFINE_BINARY

#define TINYC_DEFINE_S4(op, symbol, params, arguments, inner) DEFINE_##op(symbol, params, arguments, inner)

#define TINYC_KERNEL(op, input, weight, isa, source, symbol, params, arguments, scratch)
#define TINYC_S4_KERNEL(op, weight, isa, source, symbol, params, arguments, scratch, inner)                            \
  TINYC_S4_##isa(op, symbol, params, arguments, inner)
#define TINYC_S4_PACKED_KERNEL(op, weight, isa, source, symbol, params, arguments, scratch, inner, packing)            \
  TINYC_S4_##isa(op, symbol, params, arguments, inner)
#include "../../kernels.def"
#undef TINYC_KERNEL

#endif /* TINYC_KERNELS_S4_H */
