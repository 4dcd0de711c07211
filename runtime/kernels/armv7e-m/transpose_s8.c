/* transpose int8 for Armv7E-M: lines where the innermost dimension stays innermost, else tiles of 4 x 4 bytes. */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"

/* A matrix of rows x columns of the output, whose rows are `pitch` bytes apart. In the input the elements of a column
 * are neighbours, those of a row `stride` bytes apart. */
typedef struct Matrix {
  const int8_t *from;
  int8_t *to;
  int32_t rows, columns, pitch, stride;
} Matrix;

/* Bytes 0 and 2 of even and of odd, in turns; bytes 1 and 3. */
static inline uint32_t mergeEven(uint32_t even, uint32_t odd) {
  uint32_t low, high;
  __asm__("uxtb16 %0, %1" : "=r"(low) : "r"(even));
  __asm__("uxtb16 %0, %1" : "=r"(high) : "r"(odd));
  return low | high << 8;
}
static inline uint32_t mergeOdd(uint32_t even, uint32_t odd) {
  uint32_t low;
  __asm__("uxtb16 %0, %1, ror #8" : "=r"(low) : "r"(even));
  return low | (odd & 0xff00ff00u);
}

/* Four rows by four columns. */
static inline void transposeTile(const int8_t *from, int32_t stride, int8_t *to, int32_t pitch) {
  uint32_t a = tinyc_load_s8x4(from), b = tinyc_load_s8x4(from + stride);
  uint32_t c = tinyc_load_s8x4(from + 2 * stride), d = tinyc_load_s8x4(from + 3 * stride);
  /* ac01 holds bytes 0 and 1 of a and of c, and so on. */
  uint32_t ac01, ac23, bd01, bd23;
  __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(ac01) : "r"(a), "r"(c));
  __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(ac23) : "r"(c), "r"(a));
  __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(bd01) : "r"(b), "r"(d));
  __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(bd23) : "r"(d), "r"(b));
  uint32_t row0 = mergeEven(ac01, bd01), row1 = mergeOdd(ac01, bd01);
  uint32_t row2 = mergeEven(ac23, bd23), row3 = mergeOdd(ac23, bd23);
  memcpy(to, &row0, sizeof row0);
  memcpy(to + pitch, &row1, sizeof row1);
  memcpy(to + 2 * pitch, &row2, sizeof row2);
  memcpy(to + 3 * pitch, &row3, sizeof row3);
}

/* `count` bytes, from_step and to_step apart. */
TINYC_CORE void copyBytes(const int8_t *from, int32_t from_step, int8_t *to, int32_t to_step, int32_t count) {
  for (; count >= 4; count -= 4, from += 4 * from_step, to += 4 * to_step) {
    int8_t x0 = from[0], x1 = from[from_step], x2 = from[2 * from_step], x3 = from[3 * from_step];
    to[0] = x0;
    to[to_step] = x1;
    to[2 * to_step] = x2;
    to[3 * to_step] = x3;
  }
  for (; count > 0; count--, from += from_step, to += to_step)
    *to = *from;
}

/* The same for neighbours; short lines are not worth a call. */
static inline void copyLine(const int8_t *from, int8_t *to, int32_t length) {
  if (length > 32) {
    memcpy(to, from, (size_t)length);
    return;
  }
  for (; length >= 4; length -= 4, from += 4, to += 4) {
    uint32_t word = tinyc_load_s8x4(from);
    memcpy(to, &word, sizeof word);
  }
  for (; length > 0; length--)
    *to++ = *from++;
}

static void transposeMatrix(const Matrix *matrix) {
  int32_t stride = matrix->stride, pitch = matrix->pitch, fours = matrix->columns & ~3, row = 0;
  for (; row + 4 <= matrix->rows && fours > 0; row += 4) {
    const int8_t *from = matrix->from + row;
    int8_t *to = matrix->to + row * pitch;
    for (int8_t *end = to + fours; to != end; to += 4, from += 4 * stride)
      transposeTile(from, stride, to, pitch);
  }
  /* What the tiles leave: columns on the right, then rows below. */
  for (int32_t column = fours; column < matrix->columns; column++)
    copyBytes(matrix->from + column * stride, 1, matrix->to + column, pitch, row);
  if (matrix->rows - row < matrix->columns)
    for (; row < matrix->rows; row++)
      copyBytes(matrix->from + row, stride, matrix->to + row * pitch, 1, matrix->columns);
  else
    for (int32_t column = 0; column < matrix->columns; column++)
      copyBytes(matrix->from + row + column * stride, 1, matrix->to + row * pitch + column, pitch, matrix->rows - row);
}

/* The dimension, but the innermost, whose elements are neighbours in the input; -1: none. */
static int32_t findNeighbours(const int32_t *dims, const int32_t *strides) {
  for (int32_t i = 4; i >= 0; i--)
    if (strides[i] == 1 && dims[i] > 1)
      return i;
  return -1;
}

void tinyc_transpose_s8_armv7e_m(const tinyc_transpose_params *params, const int8_t *input, int8_t *output,
                                 void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  const int32_t *strides = params->input_strides;
  int32_t length = params->dims[5], pitches[5],
          dims[5] = {row_end - row_begin, params->dims[1], params->dims[2], params->dims[3], params->dims[4]};
  for (int32_t i = 4, pitch = length; i >= 0; i--) {
    pitches[i] = pitch;
    pitch *= dims[i];
  }
  input += row_begin * strides[0];
  output += row_begin * pitches[0];
  Matrix matrix = {NULL, NULL, 1, length, 0, strides[5]};
  int32_t neighbours = strides[5] == 1 ? -1 : findNeighbours(dims, strides);
  if (neighbours >= 0) {
    matrix.rows = dims[neighbours];
    matrix.pitch = pitches[neighbours];
    dims[neighbours] = 1;
  }
  for (int32_t i0 = 0; i0 < dims[0]; i0++)
    for (int32_t i1 = 0; i1 < dims[1]; i1++)
      for (int32_t i2 = 0; i2 < dims[2]; i2++)
        for (int32_t i3 = 0; i3 < dims[3]; i3++) {
          matrix.from = input + i0 * strides[0] + i1 * strides[1] + i2 * strides[2] + i3 * strides[3];
          matrix.to = output + i0 * pitches[0] + i1 * pitches[1] + i2 * pitches[2] + i3 * pitches[3];
          for (int32_t i4 = dims[4]; i4 > 0; i4--, matrix.from += strides[4], matrix.to += pitches[4])
            if (strides[5] == 1)
              copyLine(matrix.from, matrix.to, length);
            else
              transposeMatrix(&matrix);
        }
}
