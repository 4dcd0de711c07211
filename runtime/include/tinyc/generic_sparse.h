/* tinyc/generic_sparse.h - sums over weights of which at most `kept` of each four neighbours are stored
 * (tinyc/layouts.h). */
#ifndef TINYC_GENERIC_SPARSE_H
#define TINYC_GENERIC_SPARSE_H

#include "tinyc/arithmetic.h"
#include "tinyc/sparse.h"
#include "tinyc/window.h"

/* The bias or the multiplier at the beginning of a filter: little-endian, aligned to 4 bytes. */
static inline int32_t readNumber(const int8_t *from) {
  int32_t number;
  memcpy(&number, from, sizeof number);
  return number;
}

/* acc plus the products of one tap: `entries` stored weights, whose indices begin with the lowest bits of the first
 * byte. */
TINYC_CORE int32_t addEntries(int32_t acc, const int8_t *x, const int8_t *values, const uint8_t *indices,
                              int32_t entries, const int32_t kept) {
  const int32_t pitch = TINYC_SPARSE_OF / kept; /* of a stored weight's share of its group */
  for (; entries >= 4; entries -= 4, values += 4, x += 4 * pitch) {
    int32_t four = *indices++;
    acc += x[four & 3] * values[0];
    acc += x[(kept == 1 ? 4 : 0) + (four >> 2 & 3)] * values[1];
    acc += x[2 * pitch + (four >> 4 & 3)] * values[2];
    acc += x[(kept == 1 ? 12 : 4) + (four >> 6)] * values[3];
  }
  for (int32_t i = 0; i < entries; i++)
    acc += x[i / kept * TINYC_SPARSE_OF + (*indices >> i * 2 & 3)] * values[i];
  return acc;
}

/* Filters that go over a window together. */
enum { kBlock = 4 };

/* A convolution. */
TINYC_CORE void convolveSparse(const tinyc_conv2d_s8_params *params, const int8_t *input, const int8_t *packed,
                               int8_t *output, int32_t row_begin, int32_t row_end, const int32_t kept) {
  const tinyc_window *window = &params->window;
  int32_t channels = window->input_channels / params->groups, filters = window->output_channels / params->groups;
  int32_t entries = tinyc_sparse_entries(channels, kept), index_bytes = tinyc_sparse_index_bytes(channels, kept);
  int32_t taps = window->kernel_height * window->kernel_width;
  int32_t bytes = (int32_t)tinyc_sparse_filter_bytes(taps, channels, kept);
  for (int32_t y = row_begin; y < row_end; y++) {
    int8_t *out = output + tinyc_output_offset(window, y);
    int32_t top = y * window->stride_height - window->pad_top;
    tinyc_taps rows = tinyc_inner_taps(top, window->dilation_height, window->kernel_height, window->input_height);
    for (int32_t column = 0; column < window->output_width; column++) {
      int32_t left = column * window->stride_width - window->pad_left;
      tinyc_taps columns = tinyc_inner_taps(left, window->dilation_width, window->kernel_width, window->input_width);
      const int8_t *filter = packed;
      for (int32_t channel = 0; channel < window->input_channels; channel += channels)
        for (int32_t left_over = filters, count; left_over > 0;
             left_over -= count, out += count, filter += count * bytes) {
          count = left_over < kBlock ? left_over : kBlock;
          int32_t acc[kBlock];
          for (int32_t j = 0; j < count; j++)
            acc[j] = readNumber(filter + j * bytes);
          const int8_t *values = filter + 8;
          const uint8_t *indices = (const uint8_t *)values + taps * entries;
          for (int32_t ky = 0; ky < window->kernel_height; ky++) {
            int inside = ky >= rows.begin && ky < rows.end;
            const int8_t *row = inside ? tinyc_input_row_s8(window, input, top + ky * window->dilation_height) : NULL;
            for (int32_t kx = 0; kx < window->kernel_width; kx++, values += entries, indices += index_bytes) {
              if (inside && kx >= columns.begin && kx < columns.end) {
                const int8_t *x = row + (left + kx * window->dilation_width) * window->input_channels + channel;
                for (int32_t j = 0; j < count; j++)
                  acc[j] = addEntries(acc[j], x, values + j * bytes, indices + j * bytes, entries, kept);
              } else {
                for (int32_t j = 0; j < count; j++)
                  for (int32_t i = 0; i < entries; i++)
                    acc[j] += params->input_zero_point * values[j * bytes + i];
              }
            }
          }
          for (int32_t j = 0; j < count; j++)
            out[j] = tinyc_output_stage_s8(acc[j], readNumber(filter + j * bytes + 4), &params->output);
        }
    }
  }
}

/* Input vectors times a matrix. */
TINYC_CORE void multiplySparse(const tinyc_fully_connected_s8_params *params, const int8_t *input, const int8_t *packed,
                               int8_t *output, int32_t row_begin, int32_t row_end, const int32_t kept) {
  int32_t entries = tinyc_sparse_entries(params->inputs, kept);
  int32_t bytes = (int32_t)tinyc_sparse_filter_bytes(1, params->inputs, kept);
  for (int32_t row = row_begin; row < row_end; row++) {
    const int8_t *filter = packed, *x = input + row * params->inputs;
    int8_t *out = output + row * params->outputs;
    for (int32_t o = 0; o < params->outputs; o++, filter += bytes) {
      int32_t acc = addEntries(readNumber(filter), x, filter + 8, (const uint8_t *)filter + 8 + entries, entries, kept);
      out[o] = tinyc_output_stage_s8(acc, readNumber(filter + 4), &params->output);
    }
  }
}

#endif /* TINYC_GENERIC_SPARSE_H */
