/* tinyc/scratch.h - how many bytes of scratch each kernel of kernels.def needs. The compiler calls these, the
 * firmware does not: the bytes are planned into the arena. Every function has the type int32_t (const void
 * *params). */
#ifndef TINYC_SCRATCH_H
#define TINYC_SCRATCH_H

#include "tinyc/decode.h"
#include "tinyc/kernels.h"
#include "tinyc/layouts.h"
#include "tinyc/panels.h"
#include "tinyc/rows_s4.h"
#include "tinyc/sparse.h"

#ifdef __cplusplus
extern "C" {
#endif

static inline int32_t tinyc_no_scratch(const void *params) {
  (void)params;
  return 0;
}

/* Hidden and cell state, a candidate, and the gates; negative where they exceed 2^31 - 1 bytes. */
static inline int32_t tinyc_recurrent_f32_scratch(const void *params) {
  const tinyc_recurrent_f32_params *recurrent = (const tinyc_recurrent_f32_params *)params;
  int32_t gates = recurrent->cell == TINYC_RECURRENT_LSTM ? 4 : recurrent->cell == TINYC_RECURRENT_GRU ? 3 : 1;
  int64_t bytes = 4 * (int64_t)recurrent->hidden * (gates + 3);
  return bytes > INT32_MAX ? -1 : (int32_t)bytes;
}

/* The table of the decoder, and the frequencies while it is made. */
static inline int32_t tinyc_decode_s8_scratch(const void *params) {
  return tinyc_decode_s8_table_bytes(((const tinyc_decode_s8_params *)params)->table_log);
}

/* The columns of three windows, see tinyc/layouts.h, and behind them the pointers of their input rows, into which the last
 * load runs ahead; negative where they exceed 2^31 - 1 bytes. */
static inline int32_t tinyc_conv2d_columns_s8_s8_armv7e_m_scratch(const void *params) {
  tinyc_window window = tinyc_group_window((const tinyc_conv2d_s8_params *)params);
  int64_t bytes = (int64_t)tinyc_column_count(&window) * tinyc_column_length(&window) * 2 +
                  4 * (int64_t)window.kernel_height;
  return bytes > INT32_MAX ? -1 : (int32_t)bytes;
}

/* The last word of weights may belong to one word of elements only, of two or of four. */
static inline int32_t tinyc_conv2d_columns_s8_s4_armv7e_m_scratch(const void *params) {
  int32_t bytes = tinyc_conv2d_columns_s8_s8_armv7e_m_scratch(params);
  return bytes < 0 || bytes > INT32_MAX - 4 ? -1 : bytes + 4;
}
static inline int32_t tinyc_conv2d_columns_s8_s2_armv7e_m_scratch(const void *params) {
  int32_t bytes = tinyc_conv2d_columns_s8_s8_armv7e_m_scratch(params);
  return bytes < 0 || bytes > INT32_MAX - 12 ? -1 : bytes + 12;
}

/* The windows of eight pixels and a pixel of padding, see tinyc/layouts.h; negative where they exceed 2^31 - 1 bytes. */
static inline int32_t tinyc_conv2d_1of4_s8_s8_armv7e_m_scratch(const void *params) {
  const tinyc_window *window = &((const tinyc_conv2d_s8_params *)params)->window;
  int64_t bytes = (int64_t)window->kernel_height * window->kernel_width * window->input_channels * TINYC_SPARSE_CHANNEL_BYTES +
                  (tinyc_is_padded(window) ? window->input_channels : 0);
  return bytes > INT32_MAX ? -1 : (int32_t)bytes;
}

/* See tinyc/layouts.h; negative where it exceeds 2^31 - 1 bytes. */
static inline int32_t tinyc_conv2d_direct_s8_s8_armv7e_m_scratch(const void *params) {
  const tinyc_window *window = &((const tinyc_conv2d_s8_params *)params)->window;
  int64_t taps = (int64_t)window->kernel_height * window->kernel_width;
  int64_t bytes = 12 * taps + 4 * (int64_t)window->kernel_height + (tinyc_is_padded(window) ? window->input_channels : 0);
  return bytes > INT32_MAX ? -1 : (int32_t)bytes;
}

/* The weights of a channel and a strip of its input, see tinyc/layouts.h. One word more: the last load runs ahead. */
static inline int32_t tinyc_depthwise_conv2d_planes_s8_s8_armv7e_m_scratch(const void *params) {
  const tinyc_window *window = &((const tinyc_conv2d_s8_params *)params)->window;
  return 8 * tinyc_planes_kernel_rows(window) * tinyc_planes_kernel_width(window) +
         4 * tinyc_planes_rows(window, tinyc_planes_pairs(window)) * tinyc_planes_width(window) + 4;
}

/* The weights of a channel and words of its input, see tinyc/layouts.h. The last loads run ahead. */
static inline int32_t tinyc_depthwise_conv2d_lines_s8_s8_armv7e_m_scratch(const void *params) {
  const tinyc_window *window = &((const tinyc_conv2d_s8_params *)params)->window;
  int32_t step = window->stride_width == 1 ? 2 * window->dilation_width : 1;
  int32_t outputs = (window->output_width + step - 1) / step, steps = tinyc_lines_words(window);
  outputs = outputs < TINYC_PLANES_ROW_PIXELS ? TINYC_PLANES_ROW_PIXELS
            : outputs > TINYC_LINES_OUTPUTS   ? TINYC_LINES_OUTPUTS
                                              : outputs;
  return 8 * (steps + 1) + 4 * (outputs + steps + 1);
}

/* The patches of two output pixels of one group, widened to 16 bits: 16 bytes per four kernel elements. */
static inline int32_t tinyc_conv2d_s8_s8_armv7e_m_scratch(const void *params) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  const tinyc_window *window = &conv->window;
  int32_t elements = window->kernel_height * window->kernel_width * (window->input_channels / conv->groups);
  return (elements + 3) / 4 * 16;
}

/* The weights of four channels, widened to 16 bits. */
static inline int32_t tinyc_depthwise_conv2d_s8_s8_armv7e_m_scratch(const void *params) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  return conv->window.kernel_height * conv->window.kernel_width * 8;
}

/* The addresses of the input rows and two windows of a group, see tinyc/layouts.h; negative where they exceed 2^31 - 1
 * bytes. */
static inline int32_t tinyc_conv2d_s8_s8_armv8_1m_scratch(const void *params) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  const tinyc_window *window = &conv->window;
  int64_t length = (int64_t)window->kernel_height * window->kernel_width * (window->input_channels / conv->groups);
  int64_t bytes = 4 * (int64_t)window->kernel_height + 2 * ((length + 3) & ~3);
  return bytes > INT32_MAX ? -1 : (int32_t)bytes;
}

/* The addresses of the input rows and a strip of 16 channels, see tinyc/layouts.h; negative where they exceed 2^31 - 1
 * bytes. */
static inline int32_t tinyc_depthwise_conv2d_s8_s8_armv8_1m_scratch(const void *params) {
  const tinyc_window *window = &((const tinyc_conv2d_s8_params *)params)->window;
  int64_t columns = window->kernel_width + (int64_t)(tinyc_lanes_pixels(window) - 1) * tinyc_lanes_shift(window);
  int64_t bytes = (4 + TINYC_LANES_CHANNELS * columns) * window->kernel_height;
  return bytes > INT32_MAX ? -1 : (int32_t)bytes;
}

/* Four columns of rhs, widened to 16 bits, in fours of rows; negative where they exceed 2^31 - 1 bytes. */
static inline int32_t tinyc_matmul_s8_armv7e_m_scratch(const void *params) {
  int64_t bytes = (int64_t)(((const tinyc_matmul_s8_params *)params)->inner / 4) * 32;
  return bytes > INT32_MAX ? -1 : (int32_t)bytes;
}

/* A block of at most `windows` windows, see tinyc/panels.h; negative where it exceeds 2^31 - 1 bytes. */
static inline int32_t tinyc_panel_block(int64_t length, int64_t windows, int32_t element) {
  /* Windows of words, half as many, take as much room as those of bytes. */
  int64_t slots = element == 1 ? 2 * windows : windows;
  int64_t bytes = (length + 3) / 4 * 4 * element * (slots < TINYC_PANEL_WINDOWS ? slots : TINYC_PANEL_WINDOWS) + 64;
  return bytes > INT32_MAX ? -1 : (int32_t)bytes;
}
/* Output pixels of a call. */
static inline int64_t tinyc_call_pixels(const tinyc_window *window) {
  int32_t rows = window->output_height < window->output_ring_rows ? window->output_height : window->output_ring_rows;
  return (int64_t)rows * window->output_width;
}
static inline int32_t tinyc_conv2d_s8_s8_x86_64_scratch(const void *params) {
  const tinyc_conv2d_s8_params *conv = (const tinyc_conv2d_s8_params *)params;
  const tinyc_window *window = &conv->window;
  int64_t length = (int64_t)window->kernel_height * window->kernel_width * (window->input_channels / conv->groups);
  return tinyc_panel_block(length, tinyc_call_pixels(window), 1);
}
static inline int32_t tinyc_fully_connected_s8_s8_x86_64_scratch(const void *params) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  return tinyc_panel_block(dense->inputs, dense->rows, 1);
}
/* Pointwise convolutions read their input where it is. */
static inline int32_t tinyc_conv2d_f32_f32_x86_64_scratch(const void *params) {
  const tinyc_conv2d_f32_params *conv = (const tinyc_conv2d_f32_params *)params;
  const tinyc_window *window = &conv->window;
  int64_t length = (int64_t)window->kernel_height * window->kernel_width * (window->input_channels / conv->groups);
  if (window->kernel_height == 1 && window->kernel_width == 1 && !tinyc_is_padded(window))
    return 0;
  return tinyc_panel_block(length, tinyc_call_pixels(window), 4);
}

/* Three windows of whole words of weights and a word; negative where they exceed 2^31 - 1 bytes. */
static inline int32_t tinyc_conv2d_pairs_s16_scratch(const void *params, int32_t bits) {
  int64_t length = tinyc_window_length((const tinyc_conv2d_s8_params *)params), elements = 16 / bits;
  int64_t bytes = 6 * ((length + elements - 1) / elements * elements) + 4;
  return bytes > INT32_MAX ? -1 : (int32_t)bytes;
}

/* Pointers to the taps, of whole words of weights, and a line of zeros; negative where they exceed 2^31 - 1 bytes. */
static inline int32_t tinyc_depthwise_conv2d_pairs_s16_scratch(const void *params, int32_t bits) {
  const tinyc_window *window = &((const tinyc_conv2d_s8_params *)params)->window;
  int64_t taps = (int64_t)window->kernel_height * window->kernel_width, elements = 16 / bits;
  int64_t bytes = 4 * ((taps + elements - 1) / elements * elements) +
                  2 * (((int64_t)window->output_channels + 1) & ~(int64_t)1);
  return bytes > INT32_MAX ? -1 : (int32_t)bytes;
}

/* An input vector of whole words of weights, where it is not one where it lies; negative where it exceeds 2^31 - 1 bytes. */
static inline int32_t tinyc_fully_connected_pairs_s16_scratch(const void *params, int32_t bits) {
  int64_t inputs = ((const tinyc_fully_connected_s8_params *)params)->inputs, elements = 16 / bits;
  int64_t bytes = inputs % elements == 0 ? 0 : 2 * ((inputs + elements - 1) / elements * elements);
  return bytes > INT32_MAX ? -1 : (int32_t)bytes;
}

#define TINYC_SCRATCH_S16(name, bits)                                                                                  \
  static inline int32_t tinyc_##name##_pairs_s16_s##bits##_armv7e_m_scratch(const void *params) {                      \
    return tinyc_##name##_pairs_s16_scratch(params, bits);                                                             \
  }
TINYC_SCRATCH_S16(conv2d, 8)
TINYC_SCRATCH_S16(conv2d, 4)
TINYC_SCRATCH_S16(conv2d, 2)
TINYC_SCRATCH_S16(depthwise_conv2d, 8)
TINYC_SCRATCH_S16(depthwise_conv2d, 4)
TINYC_SCRATCH_S16(depthwise_conv2d, 2)
TINYC_SCRATCH_S16(fully_connected, 8)
TINYC_SCRATCH_S16(fully_connected, 4)
TINYC_SCRATCH_S16(fully_connected, 2)
#undef TINYC_SCRATCH_S16

/* Kernels on activations of 4 bits: the unpacked rows (tinyc/rows_s4.h), then the scratch of the kernel on int8; negative where they exceed
 * 2^31 - 1 bytes. */
#define TINYC_KERNEL(op, input, weight, isa, source, symbol, params, arguments, scratch)
#define TINYC_S4_KERNEL(op, weight, isa, source, symbol, params, arguments, scratch, inner)                            \
  static inline int32_t symbol##_scratch(const void *block) {                                                          \
    int64_t rows = params##_unpacked((const params *)block);                                                           \
    int32_t kernel = scratch(block);                                                                                   \
    return kernel < 0 || rows + kernel > INT32_MAX ? -1 : (int32_t)rows + kernel;                                      \
  }
#define TINYC_S4_PACKED_KERNEL(op, weight, isa, source, symbol, params, arguments, scratch, inner, packing)            \
  TINYC_S4_KERNEL(op, weight, isa, source, symbol, params, arguments, scratch, inner)
#include "../../kernels.def"
#undef TINYC_KERNEL

#ifdef __cplusplus
}
#endif

#endif /* TINYC_SCRATCH_H */
