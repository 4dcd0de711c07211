/* add int8 with broadcasting for Armv7E-M: SSAT for the usual clamp, four elements at a time so that loads and
 * multiplications of neighbours overlap. */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"

/* One element without a clamp narrower than int8. */
TINYC_CORE int8_t addOne(int32_t lhs, int32_t rhs, const int32_t lhs_multiplier, const int32_t rhs_multiplier,
                         const int32_t offset, const int32_t shift) {
  int32_t q;
  __asm__("ssat %0, #8, %1" : "=r"(q) : "r"((lhs * lhs_multiplier + rhs * rhs_multiplier + offset) >> shift));
  return (int8_t)q;
}

static void addContiguous(const tinyc_elementwise_s8_params *params, const int8_t *lhs, const int8_t *rhs,
                          int8_t *output) {
  int32_t a = params->lhs_multiplier, b = params->rhs_multiplier, offset = params->offset;
  int32_t shift = params->output.shift, length = params->dims[3];
  for (; length >= 4; length -= 4, lhs += 4, rhs += 4, output += 4) {
    int32_t lhs0 = lhs[0], rhs0 = rhs[0], lhs1 = lhs[1], rhs1 = rhs[1];
    int32_t lhs2 = lhs[2], rhs2 = rhs[2], lhs3 = lhs[3], rhs3 = rhs[3];
    output[0] = addOne(lhs0, rhs0, a, b, offset, shift);
    output[1] = addOne(lhs1, rhs1, a, b, offset, shift);
    output[2] = addOne(lhs2, rhs2, a, b, offset, shift);
    output[3] = addOne(lhs3, rhs3, a, b, offset, shift);
  }
  for (; length > 0; length--)
    *output++ = addOne(*lhs++, *rhs++, a, b, offset, shift);
}

static void addStrided(const tinyc_elementwise_s8_params *params, const int8_t *lhs, const int8_t *rhs,
                       int8_t *output) {
  for (int32_t i = 0; i < params->dims[3]; i++, lhs += params->lhs_strides[3], rhs += params->rhs_strides[3])
    output[i] = tinyc_add_stage_s8(*lhs, *rhs, params);
}

void tinyc_add_s8_armv7e_m(const tinyc_elementwise_s8_params *params, const int8_t *lhs, const int8_t *rhs,
                           int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  const int32_t *dims = params->dims, *lhs_strides = params->lhs_strides, *rhs_strides = params->rhs_strides;
  int contiguous = lhs_strides[3] == 1 && rhs_strides[3] == 1 && params->output.clamp_min <= -128 &&
                   params->output.clamp_max >= 127;
  int8_t *out = output + row_begin * dims[1] * dims[2] * dims[3];
  for (int32_t i = row_begin; i < row_end; i++)
    for (int32_t j = 0; j < dims[1]; j++)
      for (int32_t k = 0; k < dims[2]; k++, out += dims[3]) {
        const int8_t *a = lhs + i * lhs_strides[0] + j * lhs_strides[1] + k * lhs_strides[2];
        const int8_t *b = rhs + i * rhs_strides[0] + j * rhs_strides[1] + k * rhs_strides[2];
        (contiguous ? addContiguous : addStrided)(params, a, b, out);
      }
}
