/* tinyc/elementwise.h - the loops of the elementwise kernels with two operands and broadcasting. */
#ifndef TINYC_ELEMENTWISE_H
#define TINYC_ELEMENTWISE_H

#include "tinyc/arithmetic.h"
#include "tinyc/kernels.h"

typedef enum tinyc_binary { TINYC_ADD, TINYC_SUB, TINYC_MUL } tinyc_binary;

/* One result; op is a constant at every call. */
TINYC_CORE float tinyc_binary_f32(const tinyc_elementwise_f32_params *params, float lhs, float rhs,
                                  const tinyc_binary op) {
  float value = op == TINYC_ADD ? lhs + rhs : op == TINYC_SUB ? lhs - rhs : lhs * rhs;
  return tinyc_limit_f32(value, params->output.clamp_min, params->output.clamp_max);
}

/* The same in int8, where sub is add with a negative multiplier. */
TINYC_CORE int8_t tinyc_binary_s8(const tinyc_elementwise_s8_params *params, int8_t lhs, int8_t rhs,
                                  const tinyc_binary op) {
  if (op != TINYC_MUL)
    return tinyc_add_stage_s8(lhs, rhs, params);
  return tinyc_output_stage_s8((lhs - params->lhs_zero_point) * (rhs - params->rhs_zero_point), params->lhs_multiplier,
                               &params->output);
}

/* The same in int16. */
TINYC_CORE int16_t tinyc_binary_s16(const tinyc_elementwise_s8_params *params, int16_t lhs, int16_t rhs,
                                    const tinyc_binary op) {
  if (op != TINYC_MUL)
    return tinyc_add_stage_s16(lhs, rhs, params);
  return tinyc_output_stage_s16(lhs * rhs, params->lhs_multiplier, &params->output);
}

/* Rows [row_begin, row_end) of type T by `binary`. Innermost strides of 1 are constants to the compiler. */
#define TINYC_ELEMENTWISE_LOOPS(T, binary)                                                                             \
  const int32_t *dims = params->dims, *ls = params->lhs_strides, *rs = params->rhs_strides;                           \
  T *out = output + row_begin * dims[1] * dims[2] * dims[3];                                                           \
  for (int32_t i = row_begin; i < row_end; i++)                                                                        \
    for (int32_t j = 0; j < dims[1]; j++)                                                                              \
      for (int32_t k = 0; k < dims[2]; k++, out += dims[3]) {                                                          \
        const T *a = lhs + i * ls[0] + j * ls[1] + k * ls[2], *b = rhs + i * rs[0] + j * rs[1] + k * rs[2];            \
        if (ls[3] == 1 && rs[3] == 1)                                                                                  \
          for (int32_t x = 0; x < dims[3]; x++)                                                                        \
            out[x] = binary(params, a[x], b[x], op);                                                                   \
        else                                                                                                           \
          for (int32_t x = 0; x < dims[3]; x++)                                                                        \
            out[x] = binary(params, a[x * ls[3]], b[x * rs[3]], op);                                                   \
      }

TINYC_CORE void tinyc_elementwise_f32(const tinyc_elementwise_f32_params *params, const float *lhs, const float *rhs,
                                      float *output, int32_t row_begin, int32_t row_end, const tinyc_binary op) {
  TINYC_ELEMENTWISE_LOOPS(float, tinyc_binary_f32)
}

TINYC_CORE void tinyc_elementwise_s8(const tinyc_elementwise_s8_params *params, const int8_t *lhs, const int8_t *rhs,
                                     int8_t *output, int32_t row_begin, int32_t row_end, const tinyc_binary op) {
  TINYC_ELEMENTWISE_LOOPS(int8_t, tinyc_binary_s8)
}

TINYC_CORE void tinyc_elementwise_s16(const tinyc_elementwise_s8_params *params, const int16_t *lhs, const int16_t *rhs,
                                      int16_t *output, int32_t row_begin, int32_t row_end, const tinyc_binary op) {
  TINYC_ELEMENTWISE_LOOPS(int16_t, tinyc_binary_s16)
}

#undef TINYC_ELEMENTWISE_LOOPS

#endif /* TINYC_ELEMENTWISE_H */
