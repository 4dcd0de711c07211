/* add int8 with broadcasting. */
#include "tinyc/arithmetic.h"
#include "tinyc/kernel_functions.h"

/* One innermost run; the strides are constants at every call but the last. */
TINYC_CORE void addRun(const tinyc_elementwise_s8_params *params, const int8_t *lhs, const int8_t *rhs,
                       int8_t *output, const int32_t lhs_stride, const int32_t rhs_stride) {
  int32_t length = params->dims[3];
  for (int32_t i = 0; i < length; i++)
    output[i] = tinyc_add_stage_s8(lhs[i * lhs_stride], rhs[i * rhs_stride], params);
}

void tinyc_add_s8(const tinyc_elementwise_s8_params *params, const int8_t *lhs, const int8_t *rhs, int8_t *output,
                  void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  const int32_t *dims = params->dims, *lhs_strides = params->lhs_strides, *rhs_strides = params->rhs_strides;
  int8_t *out = output + row_begin * dims[1] * dims[2] * dims[3];
  for (int32_t i = row_begin; i < row_end; i++)
    for (int32_t j = 0; j < dims[1]; j++)
      for (int32_t k = 0; k < dims[2]; k++, out += dims[3]) {
        const int8_t *a = lhs + i * lhs_strides[0] + j * lhs_strides[1] + k * lhs_strides[2];
        const int8_t *b = rhs + i * rhs_strides[0] + j * rhs_strides[1] + k * rhs_strides[2];
        if (lhs_strides[3] == 1 && rhs_strides[3] == 1)
          addRun(params, a, b, out, 1, 1);
        else
          addRun(params, a, b, out, lhs_strides[3], rhs_strides[3]);
      }
}
