/* tinyc/layouts.h - the layouts of packed constants and of scratch that tuned kernels, their packing (tinyc/pack.h) and
 * their scratch sizes (tinyc/scratch.h) agree on.
 *
 * conv2d_columns: a matrix product of the windows of three neighbouring output pixels with pairs of filters. Scratch
 * holds, as int16, the input columns that these windows cover, one after the other; a column is kernel_height x
 * channels elements, so that a window is kernel_width columns without gaps, and the windows start `shift` columns apart. A
 * column is padded to an even number of elements. Channels that are a multiple of four lie in the order SXTB16 leaves
 * them in: 0, 2, 1, 3.
 * Packed constants, per pair of filters (low, high): int32 bias of low, one int16 256 * high + low per element in the same
 * order as in scratch, int32 multiplier of low and of high, int32 bias of high. The accumulator of the halfwords holds
 * 256 * (high sum without bias) + low sum.
 *
 * conv2d_columns of int4 weights: the same, but a word of weights holds those of four elements, in bytes 16 * high + low + 8: its
 * bytes 0 and 2 belong to the elements of one word in scratch, bytes 1 and 3 to those of the next. A word of int2 weights holds those of
 * eight elements: nibbles 4 * (high + 2) + low + 2, of which 0 and 4 belong to one word in scratch, 1 and 5 to the next. Windows whose
 * words are no multiple of these end with weights 0 for whatever lies behind.
 *
 * conv2d_direct: the same for two pixels, without columns: elements and weights stand in the order of the contract, window
 * row by window row, four channels at a time in the order 0, 2, 1, 3. Their number is a multiple of four. Scratch holds,
 * for each tap, three words about where its pixels lie; the addresses of the input rows; a pixel of padding.
 *
 * fully_connected_pairs: blocks of three pairs of outputs, then one of the pairs left over. Packed constants: all
 * multipliers, one or as many as outputs; per block the int32 bias of low of each pair; then for every four inputs (zeros
 * fill up the last) the words of inputs 0 and 2 for each pair, and the words of inputs 1 and 3; the int32
 * bias of high of each pair. Words hold halfwords 256 * high + low as above.
 *
 * fully_connected_pairs of int4 weights: the same, but for every four inputs one word for each pair, of bytes 16 * high + low + 8.
 * Of int2 weights one halfword for each pair, of nibbles 4 * high + low + 10, filled up to words at the end of a block.
 *
 * filter_blocks: conv2d and fully_connected of Armv8.1-M, which multiply one or two vectors of inputs with four filters at
 * a time. Packed constants, for every four filters of a group, or as many as are left: four int32 biases (of filters
 * 0, 2, 1, 3), four int32 multipliers (zeros where there is no filter), the weights in the order of the contract, filled up to a multiple of four
 * bytes. Scratch of conv2d: the addresses of the input rows of a window; two windows, each filled up to four bytes.
 *
 * depthwise_conv2d_lanes: 16 channels at a time, in the lanes of a vector; the last channels are filled up. VMULLB and
 * VMULLT multiply even and odd lanes to int16, VMOVLB and VMOVLT widen the sums of two products: a vector of int32 holds
 * channels 0, 4, 8, 12 of the 16, or 2, 6, 10, 14, or 1, 5, 9, 13, or 3, 7, 11, 15. Packed constants, per 16 channels: 16
 * int32 biases and 16 int32 multipliers in that order; the weights of the 16 channels, one kernel column after the other.
 * Scratch: the addresses of the input rows of a window; a strip of input columns of the 16 channels, padding included,
 * kernel_height x 16 bytes each, as conv2d_columns has them.
 *
 * depthwise_conv2d_3x3: one channel of one output row at a time. Packed constants, per channel: int32 bias, int32
 * multiplier; weights k[row][column] as bytes k[0][0], k[0][1], k[1][0], k[1][1], which SXTB16 unpacks to pairs of the same
 * column; k[0][2], k[2][0], k[1][2], k[2][1]; k[2][2] as int32.
 *
 * depthwise_conv2d_3x3 of int4 weights, per channel: bias, multiplier; a word of nibbles weight + 8, the lower ones of its bytes the
 * first four of the above, the upper ones the next. Behind all channels their last weights, as tinyc/narrow.h has them.
 *
 * depthwise_conv2d_planes: one channel at a time, two output rows by three output columns. Scratch holds the weights of
 * the channel, then a strip of its input, padding included, as int16: two neighbouring rows make one row of words, low
 * half above. The sum of an output pixel is one SMLAD per kernel column and pair of kernel rows. With stride 1 the lower
 * output row of a pair uses the same words with its kernel rows shifted by one, with stride 2 by one pair. Weights in
 * scratch: for each row of words and kernel column the word for the upper and the word for the lower output row. Kernel
 * rows are filled up with zeros to 3, 5 or 7 columns. All outputs of an input channel are computed from one strip.
 * A single output row is computed five columns at a time from the weights of the upper row.
 * Packed constants, per channel: int32 bias, int32 multiplier; then the weights of each channel: kernel_height x
 * kernel_width bytes.
 *
 * depthwise_conv2d_lines: one channel of some outputs of a row at a time, for kernels of one row. Scratch holds the weights
 * of the channel in pairs, zeros filled up, then the input: words of two elements that are one tap apart, the words of
 * neighbouring outputs of the line one behind the other. Their sums are those of a single output row of planes whose
 * rows of words are parts of one line. Packed constants as for planes.
 *
 * Sparse weights, N of 4: at most N of each four neighbouring channels of a filter at a tap have weights that are not zero
 * (tinyc/sparse.h), and exactly N are stored. Generic, per filter: int32 bias, int32 multiplier; the N weights of each four channels, tap
 * after tap; where they stand in their four, two bits each, the first in the lowest bits of a byte, each tap from a new byte on;
 * zeros up to a multiple of four bytes.
 *
 * conv2d_1of4_words: eight output pixels at a time, row after row. Scratch holds their windows: for each tap and channel four words, of
 * pixels 0 and 1, 2 and 3, 4 and 5, 6 and 7; behind them a pixel of padding. Packed constants, per filter: int32 bias; a word for
 * each four channels of each tap, low half: the distance in bytes from the last word's channel in scratch (at first from its
 * beginning), high half: the weight; a word of zeros where their number is odd; a word of TINYC_SPARSE_LAST; int32 multiplier.
 *
 * fully_connected_1of4_words: per output int32 bias; a word for each four inputs, low half: the number of the input, high half: the weight;
 * words of zeros up to a multiple of four; int32 multiplier.
 *
 * Shifts below 32: requantizing a sum with shift 32 - n gives the bits of 2^n times the sum with shift 32, where that fits 32 bits.
 * conv2d_columns and conv2d_1of4_words multiply the elements in scratch by 2^n, depthwise planes and lines their weights, so that their loops and
 * stages stay as they are; the packed biases are 2^n times the contract's. fully_connected_pairs and
 * fully_connected_1of4_words shift the sums. */
#ifndef TINYC_LAYOUTS_H
#define TINYC_LAYOUTS_H

#include "tinyc/kernels.h"

enum { TINYC_COLUMNS_PIXELS = 3 };

enum { TINYC_FULLY_CONNECTED_PAIRS = 3 };

/* The n of shifts 32 - n, and the greatest with which int8 times 2^n fits int16. */
static inline int32_t tinyc_left_shift(const tinyc_output_s8 *stage) { return 32 - stage->shift; }
enum { TINYC_MOST_LEFT_SHIFT = 8 };

/* Elements of a column in scratch. */
static inline int32_t tinyc_column_length(const tinyc_window *window) {
  return (window->kernel_height * window->input_channels + 1) & ~1;
}

/* Which element of the column, counted row by row, stands at position i. */
static inline int32_t tinyc_column_element(const tinyc_window *window, int32_t i) {
  if (window->input_channels % 4 != 0)
    return i;
  int32_t lane = i & 3;
  return i - lane + (lane == 1 ? 2 : lane == 2 ? 1 : lane);
}

/* Whether the columns of three windows are neighbours, or equally far from each other, and need to be in scratch but once.
 * The windows of an output that is one column wide lie below each other. */
static inline int tinyc_has_shared_columns(const tinyc_window *window) {
  if (window->output_width == 1)
    return 0;
  return window->kernel_width == 1 || (window->dilation_width == 1 && window->stride_width <= window->kernel_width);
}

/* Columns between the first columns of the three windows in scratch: other windows are put side by side. */
static inline int32_t tinyc_column_shift(const tinyc_window *window) {
  return tinyc_has_shared_columns(window) && window->stride_width < window->kernel_width ? window->stride_width
                                                                                         : window->kernel_width;
}

/* The window of one group of a convolution. */
static inline tinyc_window tinyc_group_window(const tinyc_conv2d_s8_params *conv) {
  tinyc_window window = conv->window;
  window.input_channels /= conv->groups;
  window.output_channels /= conv->groups;
  return window;
}

/* Columns in scratch. */
static inline int32_t tinyc_column_count(const tinyc_window *window) {
  return window->kernel_width + (TINYC_COLUMNS_PIXELS - 1) * tinyc_column_shift(window);
}

/* Words of narrow weights of a pair of filters, each of which belongs to so many words in scratch. */
static inline int32_t tinyc_narrow_column_words(const tinyc_window *window, int32_t step_words) {
  return (window->kernel_width * tinyc_column_length(window) / 2 + step_words - 1) / step_words;
}

/* Whether a window reaches beyond the input. */
static inline int32_t tinyc_is_padded(const tinyc_window *window) {
  int32_t bottom = (window->output_height - 1) * window->stride_height + (window->kernel_height - 1) * window->dilation_height;
  int32_t right = (window->output_width - 1) * window->stride_width + (window->kernel_width - 1) * window->dilation_width;
  return window->pad_top > 0 || window->pad_left > 0 || bottom - window->pad_top >= window->input_height ||
         right - window->pad_left >= window->input_width;
}

/* Bytes of the packed constants of `filters` filters of `length` weights. */
static inline int32_t tinyc_filter_blocks_bytes(int32_t filters, int32_t length) {
  int32_t whole = filters / 4, rest = filters % 4;
  return whole * (32 + 4 * length) + (rest > 0 ? 32 + ((rest * length + 3) & ~3) : 0);
}

enum { TINYC_LANES_CHANNELS = 16, TINYC_LANES_BYTES = 2048 /* of a strip, where one window fits */ };

/* Bytes of the packed constants of kernels with so many taps. */
static inline int32_t tinyc_depthwise_lanes_bytes(int32_t channels, int32_t taps) {
  return (channels + TINYC_LANES_CHANNELS - 1) / TINYC_LANES_CHANNELS * (8 + taps) * TINYC_LANES_CHANNELS;
}

/* Columns between neighbouring windows in a strip: those that are dilated or do not touch are put side by side. */
static inline int32_t tinyc_lanes_shift(const tinyc_window *window) {
  return window->dilation_width == 1 && window->stride_width < window->kernel_width ? window->stride_width
                                                                                    : window->kernel_width;
}

/* Windows in a strip. */
static inline int32_t tinyc_lanes_pixels(const tinyc_window *window) {
  int32_t columns = TINYC_LANES_BYTES / (TINYC_LANES_CHANNELS * window->kernel_height) - window->kernel_width;
  int32_t pixels = columns < 0 ? 1 : columns / tinyc_lanes_shift(window) + 1;
  return pixels < window->output_width ? pixels : window->output_width;
}

enum { TINYC_PLANES_PIXELS = 3, TINYC_PLANES_ROW_PIXELS = 5, TINYC_PLANES_BYTES = 2048 /* of a strip, where one pair of output rows fits */ };

/* Kernel columns with those filled up. */
static inline int32_t tinyc_planes_kernel_width(const tinyc_window *window) {
  return window->kernel_width <= 3 ? 3 : window->kernel_width <= 5 ? 5 : 7;
}

/* Rows of words that a pair of output rows reads. */
static inline int32_t tinyc_planes_kernel_rows(const tinyc_window *window) {
  return (window->kernel_height + window->stride_height + 1) / 2;
}

/* Words of a row. */
static inline int32_t tinyc_planes_width(const tinyc_window *window) {
  int32_t width = window->output_width < TINYC_PLANES_ROW_PIXELS ? TINYC_PLANES_ROW_PIXELS : window->output_width;
  return (width - 1) * window->stride_width + tinyc_planes_kernel_width(window);
}

/* Rows of words of a strip of that many pairs of output rows. */
static inline int32_t tinyc_planes_rows(const tinyc_window *window, int32_t pairs) {
  return (pairs - 1) * window->stride_height + tinyc_planes_kernel_rows(window);
}

/* Pairs of output rows in a strip. */
static inline int32_t tinyc_planes_pairs(const tinyc_window *window) {
  int32_t rows = window->output_height < window->output_ring_rows ? window->output_height : window->output_ring_rows;
  int32_t pairs = (rows + 1) / 2, row = 4 * tinyc_planes_width(window);
  while (pairs > 1 && tinyc_planes_rows(window, pairs) * row > TINYC_PLANES_BYTES)
    pairs--;
  return pairs;
}

enum { TINYC_LINES_OUTPUTS = 120 /* of a line at a time; whole blocks */ };

/* Words of a row of words, and of the whole kernel, which is filled up to such rows. */
static inline int32_t tinyc_lines_row(const tinyc_window *window) {
  int32_t words = (window->kernel_width + 1) / 2;
  if (words <= 7)
    return words <= 3 ? 3 : words <= 5 ? 5 : 7;
  /* A row takes about as long as two words. */
  return (words + 4) / 5 * 7 < (words + 6) / 7 * 9 ? 5 : 7;
}
static inline int32_t tinyc_lines_words(const tinyc_window *window) {
  int32_t row = tinyc_lines_row(window);
  return ((window->kernel_width + 1) / 2 + row - 1) / row * row;
}

/* Lines of an output row. */
static inline int32_t tinyc_lines_count(const tinyc_window *window) {
  int32_t count = window->stride_width == 1 ? 2 * window->dilation_width : 1;
  return count < window->output_width ? count : window->output_width;
}

/* ---- Kernels on int16 of Armv7E-M ---------------------------------------------------------------------------------------
 *
 * conv2d_pairs_s16_s8, fully_connected_pairs_s16_s8: of each pair of filters (of a group) the bias of the first; a word for each two
 * elements of the window in the order of the contract, with the bytes (first, second) of one element and (first, second) of the
 * next, 0 where there is none; both multipliers; the bias of the second.
 *
 * ..._s16_s4, ..._s16_s2: the same, but a word holds the weights, plus 8 or 2, of four or eight elements: those of each two elements in the
 * halves of the word, first filter below second; the first two elements in the lowest bits.
 *
 * depthwise_conv2d_pairs_s16_s8: of each pair of channels both biases; a word for each two taps, with the bytes (first channel,
 * second) of one tap and (first, second) of the next; both multipliers.
 *
 * Scratch of conv2d: three windows, each of whole words, and a word into which the last load runs ahead. Of depthwise_conv2d: a
 * pointer for each tap, one more, and a line of zeros. */
enum { TINYC_PAIRS_S16_ROWS = 32 }; /* of a kernel, at most */

/* Words of weights of a pair of filters of so many elements (or of channels and taps), and the bytes of its constants. */
static inline int32_t tinyc_pair_words_s16(int32_t length, int32_t bits) {
  int32_t elements = 16 / bits;
  return (length + elements - 1) / elements;
}
static inline int32_t tinyc_pair_bytes_s16(int32_t length, int32_t bits) {
  return 16 + 4 * tinyc_pair_words_s16(length, bits);
}

static inline int64_t tinyc_window_length(const tinyc_conv2d_s8_params *conv) {
  return (int64_t)conv->window.kernel_height * conv->window.kernel_width * (conv->window.input_channels / conv->groups);
}

#endif /* TINYC_LAYOUTS_H */
