/* tinyc/kernels.h - the kernel contracts: parameter blocks and calling convention.
 *
 * Every kernel has the same shape of signature (tinyc/kernel_functions.h declares them all):
 *
 *   void tinyc_<op>_<in>[_<weight>][_<isa>](const tinyc_<op>_params *params,
 *        inputs..., constants..., output, void *scratch, int32_t row_begin, int32_t row_end);
 *
 * - Activations are NHWC with batch 1; a row is one (width x channels) slice. Kernels without a spatial
 *   meaning name their row in the comment of their parameter block.
 * - Rows row_begin <= y < row_end of the output are computed and nothing else is written; of the input nothing is read but
 *   the rows that their windows touch.
 * - Pointers are those of the whole tensors (row 0), not of row_begin. Buffers of windowed kernels may be rings: logical
 *   row y of a tensor lies at row (y % ring_rows) of its buffer. A tensor that is wholly resident has ring_rows
 *   equal to its height. Kernels without a window read and write row y at row y. No call has more rows than
 *   the output's ring.
 * - A window with input_ring_rows == 0 has its input rows anywhere: the input pointer is that of a tinyc_rows.
 * - Constants are weights, bias, multipliers, or one table, in this order; indices and weights of resize; a coded string. bias may be NULL
 *   in f32 kernels (zero).
 * - The output may be an input's buffer (in place) in add, sub, mul, lookup, the unary f32 functions, softmax,
 *   log_softmax and requantize, where that operand is not broadcast; nowhere else.
 * - scratch holds at least tinyc_<kernel>_scratch(params) bytes, aligned to 4; NULL where that is 0.
 * - Parameter blocks hold 32-bit fields only, so that the compiler can lay them out as words on any target.
 * - Quantized kernels: bias already contains -input_zero_point * sum(weights); a padded input element has the
 *   value input_zero_point. Requantization is that of tinyc/arithmetic.h.
 * - Kernels on int16 take the parameter blocks of those on int8. Their zero points are 0. No accumulator leaves 32 bits, in
 *   whatever order it is summed: |bias| + 32767 * sum(|weights|) < 2^31 for each output channel.
 * - Activations of 4 bits, -8 .. 7, lie two in a byte, as tinyc/narrow.h says; the elements of a row are an even number. Kernels
 *   on them (s4) take those parameter blocks with more behind them (tinyc_rows_s4, ...), unpack rows into scratch and call the kernel on
 *   int8, which gives the bits of that kernel on the same values.
 * - Float kernels add in one fixed order, documented at each kernel and the same on every ISA and in the interpreter, and
 *   never contract multiply and add. Weights are finite.
 * - No kernel allocates, keeps state, or calls anything but memcpy and memset.
 */
#ifndef TINYC_KERNELS_H
#define TINYC_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* A core that kernels call with constant arguments to specialize it: inlined at every optimization level. */
#if defined(__GNUC__)
#define TINYC_CORE static inline __attribute__((always_inline))
#else
#define TINYC_CORE static inline
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Output stage of an integer kernel: q = clamp(requantize(acc, multiplier, shift) + zero_point). With results of int16 the
 * zero point is 0, but in requantize_s16, and the bounds lie in -32767..32767. */
typedef struct tinyc_output_s8 {
  int32_t zero_point;
  int32_t clamp_min, clamp_max;
  int32_t shift;           /* right shift of the 64-bit product; int8: 32 wherever every real scale is below 0.5 */
  int32_t multiplier_step; /* 1: one multiplier per output channel; 0: one for all */
} tinyc_output_s8;

/* Rows of a window with activations of 4 bits. The window's own rings are those of its kernel on int8: where a tensor has 4 bits,
 * rings of unpacked rows in scratch. */
typedef struct tinyc_rows_s4 {
  int32_t input_bits, output_bits;           /* 4 or 8 */
  int32_t input_ring_rows, output_ring_rows; /* of the tensors, as in tinyc_window */
  int32_t rows;                              /* of the output, computed at a time; where it has 4 bits, the kernel's ring of it */
} tinyc_rows_s4;

/* Output stage of a float kernel; -inf/+inf mean no bound. */
typedef struct tinyc_output_f32 {
  float clamp_min, clamp_max;
} tinyc_output_f32;

/* Rows of a tensor that lie anywhere: row y begins offsets[y] bytes behind base, a multiple of 4 if the bytes of a row are
 * one. Entries of rows that a call does not read may be anything. */
typedef struct tinyc_rows {
  const void *base;
  const uint32_t *offsets;
} tinyc_rows;

/* A sliding window over NHWC rows: convolutions and pooling. Sizes in elements. */
typedef struct tinyc_window {
  int32_t input_height, input_width, input_channels, input_ring_rows;
  int32_t output_height, output_width, output_channels, output_ring_rows;
  int32_t kernel_height, kernel_width;
  int32_t stride_height, stride_width;
  int32_t dilation_height, dilation_width;
  int32_t pad_top, pad_left; /* bottom and right padding follow from the output size */
} tinyc_window;

/* conv2d: weights [output_channels][kernel_height][kernel_width][input_channels / groups], bias
 * [output_channels], multipliers [output_channels or 1].
 * depthwise_conv2d (output_channels = input_channels * m, output channel o reads input channel o / m):
 * weights [kernel_height][kernel_width][output_channels]; groups is input_channels.
 * conv_transpose2d: output (y, x) is the sum over the taps with y + pad_top - ky * dilation_height = stride_height * row and
 * x + pad_left - kx * dilation_width = stride_width * column of weight (ky, kx) times input (row, column), where that is inside.
 * Weights and multipliers as conv2d's; bias does not contain the input zero point, which is subtracted from each element. Both
 * tensors are wholly resident. Float sums begin with bias + 0.0f and go on in the order of the weights. */
typedef struct tinyc_conv2d_s8_params {
  tinyc_window window;
  int32_t groups;
  int32_t input_zero_point;
  tinyc_output_s8 output;
} tinyc_conv2d_s8_params;

typedef struct tinyc_conv2d_s4_params {
  tinyc_conv2d_s8_params kernel;
  tinyc_rows_s4 rows;
} tinyc_conv2d_s4_params;

typedef struct tinyc_conv2d_f32_params {
  tinyc_window window;
  int32_t groups;
  tinyc_output_f32 output;
} tinyc_conv2d_f32_params;

/* fully_connected: input [rows][inputs], weights [outputs][inputs], output [rows][outputs]; a row is one
 * input vector. */
typedef struct tinyc_fully_connected_s8_params {
  int32_t rows, inputs, outputs;
  tinyc_output_s8 output;
} tinyc_fully_connected_s8_params;

/* kernel.rows is 1. */
typedef struct tinyc_fully_connected_s4_params {
  tinyc_fully_connected_s8_params kernel;
  int32_t rows, input_bits, output_bits;
} tinyc_fully_connected_s4_params;

typedef struct tinyc_fully_connected_f32_params {
  int32_t rows, inputs, outputs;
  tinyc_output_f32 output;
} tinyc_fully_connected_f32_params;

/* matmul: lhs [rows][inner] times rhs [inner][columns], both activations; a row is a row of lhs.
 * acc = sum (lhs - lhs_zero_point) * (rhs - rhs_zero_point); multipliers holds one entry. */
typedef struct tinyc_matmul_s8_params {
  int32_t rows, inner, columns;
  int32_t lhs_zero_point, rhs_zero_point;
  tinyc_output_s8 output;
} tinyc_matmul_s8_params;

typedef struct tinyc_matmul_f32_params {
  int32_t rows, inner, columns;
  tinyc_output_f32 output;
} tinyc_matmul_f32_params;

/* avg_pool: acc = sum (x - input_zero_point) over the window's elements inside the input.
 * multipliers[n - first_count] belongs to a window with n elements inside the input, or, with
 * include_pad, to every window (first_count is then ignored, one entry). max_pool takes no multipliers; its
 * input and output share scale and zero point. Elements outside the input never win a maximum. */
typedef struct tinyc_pool_s8_params {
  tinyc_window window;
  int32_t include_pad;
  int32_t first_count;
  int32_t input_zero_point;
  tinyc_output_s8 output;
} tinyc_pool_s8_params;

typedef struct tinyc_pool_s4_params {
  tinyc_pool_s8_params kernel;
  tinyc_rows_s4 rows;
} tinyc_pool_s4_params;

/* include_pad: avg_pool divides by divisor_count (0 means kernel_height * kernel_width), else by the number of elements
 * inside the input. max_pool reads neither. A window without any element inside the input gives 0 in avg_pool
 * (the zero point in s8), the lowest value in max_pool. NaN propagates. */
typedef struct tinyc_pool_f32_params {
  tinyc_window window;
  int32_t include_pad;
  tinyc_output_f32 output;
  int32_t divisor_count;
} tinyc_pool_f32_params;

/* sum_rows: the first half of an avg_pool over a whole image, a few rows at a time. The rows of a call are those of the
 * input, [width][channels] each, and the input pointer is that of row_begin. Adds the sums over the width of rows
 * row_begin .. row_end - 1 to the output, [channels] of int32_t or float, which begins at zero where row_begin is 0.
 * Float: each sum in the order of the rows and columns, as avg_pool. */
typedef struct tinyc_sum_rows_params {
  int32_t rows, width, channels;
} tinyc_sum_rows_params;

/* average: the second half: from the sums [channels] of `count` elements each the output [channels] of avg_pool, which is
 * one row. s8: acc = sum - count * input_zero_point; multipliers holds one entry. f32: sum / count. */
typedef struct tinyc_average_s8_params {
  int32_t channels, count;
  int32_t input_zero_point;
  tinyc_output_s8 output;
} tinyc_average_s8_params;

typedef struct tinyc_average_f32_params {
  int32_t channels, count;
  tinyc_output_f32 output;
} tinyc_average_f32_params;

/* add, sub, mul: output dims [4], outermost first, leading ones filled with 1; element strides of both operands, 0
 * where broadcast. A row is an index of dims[0].
 * add_s8: q = clamp((lhs * lhs_multiplier + rhs * rhs_multiplier + offset) >> output.shift), in int32; zero
 * points and rounding are inside offset. sub is add with a negative rhs_multiplier.
 * mul_s8: acc = (lhs - lhs_zero_point) * (rhs - rhs_zero_point), then the common output stage with lhs_multiplier.
 * add_s16: q = clamp((((lhs * lhs_multiplier) >> 16) + ((rhs * rhs_multiplier) >> 16) + offset) >> output.shift), products
 * of 48 bits. mul_s16 as mul_s8. */
typedef struct tinyc_elementwise_s8_params {
  int32_t dims[4], lhs_strides[4], rhs_strides[4];
  int32_t lhs_zero_point, rhs_zero_point;
  int32_t lhs_multiplier, rhs_multiplier, offset;
  tinyc_output_s8 output;
} tinyc_elementwise_s8_params;

/* Rows of kernel.dims[3] elements; the other dims of `kernel` are 1. Nothing is broadcast. */
typedef struct tinyc_elementwise_s4_params {
  tinyc_elementwise_s8_params kernel;
  int32_t rows, lhs_bits, rhs_bits, output_bits;
} tinyc_elementwise_s4_params;

typedef struct tinyc_elementwise_f32_params {
  int32_t dims[4], lhs_strides[4], rhs_strides[4];
  tinyc_output_f32 output;
} tinyc_elementwise_f32_params;

/* Unary functions over rows x length elements.
 * lookup_s8: output = table[(uint8_t)input], constants: int8_t table[256].
 * lookup_s16: constants: int16_t table[513], entry i the result for 128 * i - 32768; between two entries a straight line
 * (tinyc_interpolate_s16 of tinyc/arithmetic.h).
 * f32: clamp (output), leaky_relu (alpha), sigmoid, hard_sigmoid (alpha, beta), hard_swish (alpha, beta). */
typedef struct tinyc_lookup_s8_params {
  int32_t rows, length;
} tinyc_lookup_s8_params;

typedef struct tinyc_unary_f32_params {
  int32_t rows, length;
  float alpha, beta;
  tinyc_output_f32 output;
} tinyc_unary_f32_params;

/* softmax, log_softmax over the last dimension: rows x length.
 * s8: constants: uint16_t exponentials[256], the table of tinyc/arithmetic.h. s16: uint16_t exponentials[512], also there. */
typedef struct tinyc_softmax_s8_params {
  int32_t rows, length;
  int32_t input_multiplier;  /* log_softmax only, see arithmetic.h */
  int32_t output_multiplier; /* see arithmetic.h */
  int32_t output_shift;
  int32_t output_zero_point;
} tinyc_softmax_s8_params;

typedef struct tinyc_softmax_f32_params {
  int32_t rows, length;
} tinyc_softmax_f32_params;

/* Changes of type over rows x length elements. quantize_f32_s8: q = clamp(round_half_even(x * inverse_scale) +
 * zero_point, -128, 127), NaN to the zero point. dequantize_s8_f32: (q - zero_point) * scale.
 * quantize_f32_s16: the same with the bounds -32767..32767 and a zero point of 0.
 * requantize_s8: acc = q - input_zero_point, then the common output stage with multiplier; requantize_s8_s16, _s16_s8 and _s16
 * likewise. */
typedef struct tinyc_quantize_params {
  int32_t rows, length;
  float scale; /* quantize: 1 / scale of the output; dequantize: scale of the input */
  int32_t zero_point;
} tinyc_quantize_params;

typedef struct tinyc_requantize_s8_params {
  int32_t rows, length;
  int32_t input_zero_point;
  int32_t multiplier;
  tinyc_output_s8 output;
} tinyc_requantize_s8_params;

/* kernel.rows is 1. */
typedef struct tinyc_requantize_s4_params {
  tinyc_requantize_s8_params kernel;
  int32_t rows, input_bits, output_bits;
} tinyc_requantize_s4_params;

/* pad: constant padding; dims and pads outermost first, leading ones and zeros filled in. A row is an index of the
 * output's dims[0] + before[0] + after[0]. */
typedef struct tinyc_pad_s8_params {
  int32_t dims[4], before[4], after[4];
  int32_t value;
} tinyc_pad_s8_params;

typedef struct tinyc_pad_f32_params {
  int32_t dims[4], before[4], after[4];
  float value;
} tinyc_pad_f32_params;

/* transpose: output[i0]..[i5] = input[sum i_k * input_strides[k]]; output dims, outermost first, leading ones.
 * A row is an index of dims[0]. */
typedef struct tinyc_transpose_params {
  int32_t dims[6], input_strides[6];
} tinyc_transpose_params;

/* resize: each output element is a weighted sum over row_taps rows and column_taps columns of the input. Constants:
 * uint16_t indices[], the input rows of each output row (output_height * row_taps), then the input columns of each output
 * column (output_width * column_taps); weights[], one for each index. A row is a row of the output; both tensors are
 * wholly resident.
 * resize_nearest: one tap in both directions, no weights: a copy.
 * resize_f32: sum over row taps of row_weight * (sum over column taps of column_weight * x), both sums from 0 and in order.
 * resize_s8: weights are int16_t, 2048 times the real ones; acc = sum of row_weight * column_weight * (x - zero_point), then
 * the stage of tinyc_resize_stage_s8. The weights of a row, and of a column,
 * add up to 2048 or are all 0; for every output element the sum of |row_weight| times that of |column_weight| is at most 2^23. */
typedef struct tinyc_resize_params {
  int32_t input_height, input_width, channels;
  int32_t output_height, output_width;
  int32_t row_taps, column_taps;
  int32_t zero_point; /* s8 only: of input and output */
} tinyc_resize_params;

/* recurrent: LSTM, GRU or RNN (ONNX). Pointers: input [steps, batch, inputs], weights [directions, gates * hidden, inputs],
 * recurrence [directions, gates * hidden, hidden], and, each NULL where absent, bias [directions, 2 * gates * hidden], lengths
 * [batch], initial hidden and initial cell state [directions, batch, hidden], peepholes [directions, 3 * hidden]; output
 * [rows, directions, batch, hidden]: the hidden state of each step, after the last step, the cell state after it, as far as
 * they are kept. A row is a direction; all tensors are wholly resident. Gates: lstm i, o, f, c; gru z, r, h.
 * recurrent_f32: a gate is (W's bias + R's bias) + the products of the weights in order + those of the recurrence in order, then
 * + peephole * cell; with reset_after the hidden gate is W's bias + products, then + reset * (R's bias + products). Functions get
 * values limited to -clip..clip; those of the second direction are numbers 3 to 5. cell = forget * cell + input * candidate;
 * hidden = output * function(cell); of a gru (1 - update) * candidate + update * hidden. */
enum { TINYC_RECURRENT_RNN, TINYC_RECURRENT_GRU, TINYC_RECURRENT_LSTM };
enum {
  TINYC_RECURRENT_SIGMOID,
  TINYC_RECURRENT_TANH,
  TINYC_RECURRENT_RELU,
  TINYC_RECURRENT_AFFINE,
  TINYC_RECURRENT_ELU,
  TINYC_RECURRENT_HARD_SIGMOID,
  TINYC_RECURRENT_LEAKY_RELU,
  TINYC_RECURRENT_SCALED_TANH,
  TINYC_RECURRENT_SOFTPLUS,
  TINYC_RECURRENT_SOFTSIGN,
  TINYC_RECURRENT_THRESHOLDED_RELU
};
typedef struct tinyc_recurrent_f32_params {
  int32_t cell; /* TINYC_RECURRENT_RNN, ... */
  int32_t steps, batch, inputs, hidden, directions;
  int32_t reverse;     /* the only direction goes from the last step to the first */
  int32_t reset_after; /* gru: ONNX's linear_before_reset */
  int32_t coupled;     /* lstm: ONNX's input_forget */
  int32_t keep_sequence, keep_hidden, keep_cell;
  int32_t functions[6]; /* TINYC_RECURRENT_SIGMOID, ... */
  float alphas[6], betas[6];
  float clip; /* infinite where nothing is clipped */
} tinyc_recurrent_f32_params;

/* copy: rows blocks of length elements, from input + input_offset + row * input_pitch to output + output_offset + row *
 * output_pitch (elements). Concatenation is one copy per operand. */
typedef struct tinyc_copy_params {
  int32_t rows, length;
  int32_t input_pitch, output_pitch, output_offset, input_offset;
} tinyc_copy_params;

/* decode: the `bytes` of a weighted kernel's constants from a string of coded_bytes, entropy coded; the format is that of
 * tinyc/decode.h. Of the bytes, `words` words are coded as numbers of 32 bits. The one row is all of it. */
typedef struct tinyc_decode_s8_params {
  int32_t bytes, coded_bytes;
  int32_t table_log; /* the decoder's table has 2^table_log entries */
  int32_t words;
} tinyc_decode_s8_params;

/* Loops that the compiler writes for an operator without a kernel: iterations of the innermost one. The functions do not
 * read it. */
typedef struct tinyc_loop_nest_params {
  int32_t iterations;
} tinyc_loop_nest_params;

#ifdef __cplusplus
}
#endif

#endif /* TINYC_KERNELS_H */
