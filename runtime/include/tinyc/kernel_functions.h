/* tinyc/kernel_functions.h - the declarations of all kernels, expanded from kernels.def, and the argument lists
 * its rows name. */
#ifndef TINYC_KERNEL_FUNCTIONS_H
#define TINYC_KERNEL_FUNCTIONS_H

#include "tinyc/kernels.h"

#ifdef __cplusplus
extern "C" {
#endif

/* TINYC_ARGUMENTS_<name>: the pointers, in order. TINYC_INPUTS_<name>: how many of them are activations read.
 * TINYC_CONSTANTS_<name>: how many are constants. The last pointer is always the output. */
#define TINYC_ARGUMENTS_unary_s8 const int8_t *input, int8_t *output
#define TINYC_INPUTS_unary_s8 1
#define TINYC_CONSTANTS_unary_s8 0
#define TINYC_ARGUMENTS_unary_f32 const float *input, float *output
#define TINYC_INPUTS_unary_f32 1
#define TINYC_CONSTANTS_unary_f32 0
#define TINYC_ARGUMENTS_binary_s8 const int8_t *lhs, const int8_t *rhs, int8_t *output
#define TINYC_INPUTS_binary_s8 2
#define TINYC_CONSTANTS_binary_s8 0
#define TINYC_ARGUMENTS_binary_f32 const float *lhs, const float *rhs, float *output
#define TINYC_INPUTS_binary_f32 2
#define TINYC_CONSTANTS_binary_f32 0
#define TINYC_ARGUMENTS_weighted_s8 \
  const int8_t *input, const int8_t *weights, const int32_t *bias, const int32_t *multipliers, int8_t *output
#define TINYC_INPUTS_weighted_s8 1
#define TINYC_CONSTANTS_weighted_s8 3
#define TINYC_ARGUMENTS_weighted_f32 const float *input, const float *weights, const float *bias, float *output
#define TINYC_INPUTS_weighted_f32 1
#define TINYC_CONSTANTS_weighted_f32 2
#define TINYC_ARGUMENTS_matmul_s8 const int8_t *lhs, const int8_t *rhs, const int32_t *multipliers, int8_t *output
#define TINYC_INPUTS_matmul_s8 2
#define TINYC_CONSTANTS_matmul_s8 1
#define TINYC_ARGUMENTS_scaled_s8 const int8_t *input, const int32_t *multipliers, int8_t *output
#define TINYC_INPUTS_scaled_s8 1
#define TINYC_CONSTANTS_scaled_s8 1
#define TINYC_ARGUMENTS_lookup_s8 const int8_t *input, const int8_t *table, int8_t *output
#define TINYC_INPUTS_lookup_s8 1
#define TINYC_CONSTANTS_lookup_s8 1
#define TINYC_ARGUMENTS_exponentials_s8 const int8_t *input, const uint16_t *exponentials, int8_t *output
#define TINYC_INPUTS_exponentials_s8 1
#define TINYC_CONSTANTS_exponentials_s8 1
#define TINYC_ARGUMENTS_quantize const float *input, int8_t *output
#define TINYC_INPUTS_quantize 1
#define TINYC_CONSTANTS_quantize 0
#define TINYC_ARGUMENTS_dequantize const int8_t *input, float *output
#define TINYC_INPUTS_dequantize 1
#define TINYC_CONSTANTS_dequantize 0
#define TINYC_ARGUMENTS_sums_s8 const int8_t *input, int32_t *output
#define TINYC_INPUTS_sums_s8 1
#define TINYC_CONSTANTS_sums_s8 0
#define TINYC_ARGUMENTS_average_s8 const int32_t *input, const int32_t *multipliers, int8_t *output
#define TINYC_INPUTS_average_s8 1
#define TINYC_CONSTANTS_average_s8 1
/* Activations of int16. */
#define TINYC_ARGUMENTS_unary_s16 const int16_t *input, int16_t *output
#define TINYC_INPUTS_unary_s16 1
#define TINYC_CONSTANTS_unary_s16 0
#define TINYC_ARGUMENTS_binary_s16 const int16_t *lhs, const int16_t *rhs, int16_t *output
#define TINYC_INPUTS_binary_s16 2
#define TINYC_CONSTANTS_binary_s16 0
#define TINYC_ARGUMENTS_weighted_s16 \
  const int16_t *input, const int8_t *weights, const int32_t *bias, const int32_t *multipliers, int16_t *output
#define TINYC_INPUTS_weighted_s16 1
#define TINYC_CONSTANTS_weighted_s16 3
#define TINYC_ARGUMENTS_scaled_s16 const int16_t *input, const int32_t *multipliers, int16_t *output
#define TINYC_INPUTS_scaled_s16 1
#define TINYC_CONSTANTS_scaled_s16 1
#define TINYC_ARGUMENTS_lookup_s16 const int16_t *input, const int16_t *table, int16_t *output
#define TINYC_INPUTS_lookup_s16 1
#define TINYC_CONSTANTS_lookup_s16 1
#define TINYC_ARGUMENTS_exponentials_s16 const int16_t *input, const uint16_t *exponentials, int16_t *output
#define TINYC_INPUTS_exponentials_s16 1
#define TINYC_CONSTANTS_exponentials_s16 1
#define TINYC_ARGUMENTS_quantize_s16 const float *input, int16_t *output
#define TINYC_INPUTS_quantize_s16 1
#define TINYC_CONSTANTS_quantize_s16 0
#define TINYC_ARGUMENTS_dequantize_s16 const int16_t *input, float *output
#define TINYC_INPUTS_dequantize_s16 1
#define TINYC_CONSTANTS_dequantize_s16 0
#define TINYC_ARGUMENTS_widen const int8_t *input, int16_t *output
#define TINYC_INPUTS_widen 1
#define TINYC_CONSTANTS_widen 0
#define TINYC_ARGUMENTS_narrow const int16_t *input, int8_t *output
#define TINYC_INPUTS_narrow 1
#define TINYC_CONSTANTS_narrow 0
#define TINYC_ARGUMENTS_sums_s16 const int16_t *input, int32_t *output
#define TINYC_INPUTS_sums_s16 1
#define TINYC_CONSTANTS_sums_s16 0
#define TINYC_ARGUMENTS_average_s16 const int32_t *input, const int32_t *multipliers, int16_t *output
#define TINYC_INPUTS_average_s16 1
#define TINYC_CONSTANTS_average_s16 1

#define TINYC_ARGUMENTS_coded_s8 const int8_t *coded, int8_t *output
#define TINYC_INPUTS_coded_s8 0
#define TINYC_CONSTANTS_coded_s8 1
#define TINYC_ARGUMENTS_nearest_s8 const int8_t *input, const uint16_t *indices, int8_t *output
#define TINYC_INPUTS_nearest_s8 1
#define TINYC_CONSTANTS_nearest_s8 1
#define TINYC_ARGUMENTS_nearest_f32 const float *input, const uint16_t *indices, float *output
#define TINYC_INPUTS_nearest_f32 1
#define TINYC_CONSTANTS_nearest_f32 1
#define TINYC_ARGUMENTS_resize_s8 const int8_t *input, const uint16_t *indices, const int16_t *weights, int8_t *output
#define TINYC_INPUTS_resize_s8 1
#define TINYC_CONSTANTS_resize_s8 2
#define TINYC_ARGUMENTS_resize_f32 const float *input, const uint16_t *indices, const float *weights, float *output
#define TINYC_INPUTS_resize_f32 1
#define TINYC_CONSTANTS_resize_f32 2
#define TINYC_ARGUMENTS_recurrent_f32                                                                            \
  const float *input, const float *weights, const float *recurrence, const float *bias, const int32_t *lengths,  \
      const float *hidden, const float *cell, const float *peepholes, float *output
#define TINYC_INPUTS_recurrent_f32 1
#define TINYC_CONSTANTS_recurrent_f32 7

#define TINYC_KERNEL(op, input, weight, isa, source, symbol, params, arguments, scratch) \
  TINYC_DECLARE(symbol, params, TINYC_ARGUMENTS_##arguments)
#define TINYC_DECLARE(symbol, params_type, ...) \
  void symbol(const params_type *params, __VA_ARGS__, void *scratch, int32_t row_begin, int32_t row_end);
#include "../../kernels.def"
#undef TINYC_DECLARE
#undef TINYC_KERNEL

#ifdef __cplusplus
}
#endif

#endif /* TINYC_KERNEL_FUNCTIONS_H */
