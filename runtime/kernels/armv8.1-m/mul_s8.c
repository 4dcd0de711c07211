/* mul int8 with broadcasting for Armv8.1-M: four elements at a time. */
#include "tinyc/armv8_1m.h"
#include "tinyc/elementwise.h"
#include "tinyc/kernel_functions.h"

/* One line of two operands, shift 32. Four elements are read before they are written: output may be an operand. */
static void multiplyLine(const tinyc_elementwise_s8_params *params, const int8_t *lhs, const int8_t *rhs,
                         int8_t *output) {
  int32x4_t low = vdupq_n_s32(params->output.clamp_min), high = vdupq_n_s32(params->output.clamp_max);
  int32x4_t multiplier = vdupq_n_s32(params->lhs_multiplier);
  __asm__ volatile(
      "dlstp.32   lr, %[length]\n"
      "1:\n\t"
      "vldrb.s32  q0, [%[lhs]], #4\n\t"
      "vsub.i32   q0, q0, %[lhs_zero]\n\t"
      "vldrb.s32  q1, [%[rhs]], #4\n\t"
      "vsub.i32   q1, q1, %[rhs_zero]\n\t"
      "vmul.i32   q0, q0, q1\n\t"
      "vrmulh.s32 q0, q0, %q[multiplier]\n\t"
      "vadd.i32   q0, q0, %[zero]\n\t"
      "vmax.s32   q0, q0, %q[low]\n\t"
      "vmin.s32   q0, q0, %q[high]\n\t"
      "vstrb.32   q0, [%[output]], #4\n\t"
      "letp       lr, 1b"
      : [lhs] "+l"(lhs), [rhs] "+l"(rhs), [output] "+l"(output)
      : [length] "r"(params->dims[3]), [lhs_zero] "r"(params->lhs_zero_point), [rhs_zero] "r"(params->rhs_zero_point),
        [zero] "r"(params->output.zero_point), [multiplier] "w"(multiplier), [low] "w"(low), [high] "w"(high)
      : "q0", "q1", "lr", "memory");
}

/* One line, where an operand may be a single element for all, any shift. */
static void multiplyBroadcast(const tinyc_elementwise_s8_params *params, const int8_t *lhs, const int8_t *rhs,
                              int8_t *output) {
  int32x4_t multiplier = vdupq_n_s32(params->lhs_multiplier), a = vdupq_n_s32(*lhs), b = vdupq_n_s32(*rhs);
  for (int32_t missing = params->dims[3]; missing > 0; missing -= 4, output += 4) {
    mve_pred16_t lanes = vctp32q((uint32_t)missing);
    if (params->lhs_strides[3]) {
      a = vldrbq_z_s32(lhs, lanes);
      lhs += 4;
    }
    if (params->rhs_strides[3]) {
      b = vldrbq_z_s32(rhs, lanes);
      rhs += 4;
    }
    int32x4_t acc = vmulq_s32(vsubq_n_s32(a, params->lhs_zero_point), vsubq_n_s32(b, params->rhs_zero_point));
    vstrbq_p_s32(output, tinyc_output_stage_mve(acc, multiplier, &params->output), lanes);
  }
}

void tinyc_mul_s8_armv8_1m(const tinyc_elementwise_s8_params *params, const int8_t *lhs, const int8_t *rhs,
                           int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  const int32_t *dims = params->dims, *ls = params->lhs_strides, *rs = params->rhs_strides;
  int8_t *out = output + row_begin * dims[1] * dims[2] * dims[3];
  for (int32_t i = row_begin; i < row_end; i++)
    for (int32_t j = 0; j < dims[1]; j++)
      for (int32_t k = 0; k < dims[2]; k++, out += dims[3]) {
        const int8_t *a = lhs + i * ls[0] + j * ls[1] + k * ls[2], *b = rhs + i * rs[0] + j * rs[1] + k * rs[2];
        if (ls[3] == 1 && rs[3] == 1 && params->output.shift == 32)
          multiplyLine(params, a, b, out);
        else if ((ls[3] | rs[3] | 1) == 1)
          multiplyBroadcast(params, a, b, out);
        else
          for (int32_t x = 0; x < dims[3]; x++)
            out[x] = tinyc_binary_s8(params, a[x * ls[3]], b[x * rs[3]], TINYC_MUL);
      }
}
