/* tinyc/armv7e_m_elementwise.h - the lines of the elementwise kernels with two operands for Armv7E-M. */
#ifndef TINYC_ARMV7E_M_ELEMENTWISE_H
#define TINYC_ARMV7E_M_ELEMENTWISE_H

#include "tinyc/armv7e_m.h"

/* `length` results at output from operands whose elements are lhs_step and rhs_step bytes apart, 1 or 0 with
 * `is_plain`. */
typedef void (*tinyc_line)(const tinyc_elementwise_s8_params *params, const void *constants, const int8_t *lhs,
                           int32_t lhs_step, const int8_t *rhs, int32_t rhs_step, int8_t *output, int32_t length);

/* Calls `line` for rows row_begin .. row_end - 1; dimensions that lie in one piece in all tensors are one line. */
TINYC_CORE void tinyc_for_lines(const tinyc_elementwise_s8_params *params, const void *constants, const int8_t *lhs,
                                const int8_t *rhs, int8_t *output, int32_t row_begin, int32_t row_end,
                                const tinyc_line line) {
  const int32_t *ls = params->lhs_strides, *rs = params->rhs_strides;
  int32_t dims[3] = {row_end - row_begin, params->dims[1], params->dims[2]}, length = params->dims[3], inner = 2;
  int32_t row = dims[1] * dims[2] * length;
  for (; inner >= 0 && ls[inner] == ls[3] * length && rs[inner] == rs[3] * length; inner--) {
    length *= dims[inner];
    dims[inner] = 1;
  }
  lhs += row_begin * ls[0];
  rhs += row_begin * rs[0];
  output += row_begin * row;
  for (int32_t i = 0; i < dims[0]; i++)
    for (int32_t j = 0; j < dims[1]; j++)
      for (int32_t k = 0; k < dims[2]; k++, output += length)
        line(params, constants, lhs + i * ls[0] + j * ls[1] + k * ls[2], ls[3], rhs + i * rs[0] + j * rs[1] + k * rs[2],
             rs[3], output, length);
}

#endif /* TINYC_ARMV7E_M_ELEMENTWISE_H */
