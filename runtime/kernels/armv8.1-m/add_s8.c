/* add int8 with broadcasting for Armv8.1-M: four elements at a time. */
#include "tinyc/armv8_1m.h"
#include "tinyc/kernel_functions.h"

/* One line of two operands. Four elements are read before they are written: output may be an operand. */
static void addLine(const tinyc_elementwise_s8_params *params, const int8_t *lhs, const int8_t *rhs, int8_t *output) {
  int32x4_t low = vdupq_n_s32(params->output.clamp_min), high = vdupq_n_s32(params->output.clamp_max);
  __asm__ volatile("dlstp.32  lr, %[length]\n"
                   "1:\n\t"
                   "vldrb.s32 q0, [%[lhs]], #4\n\t"
                   "vmul.i32  q0, q0, %[lhs_multiplier]\n\t"
                   "vldrb.s32 q1, [%[rhs]], #4\n\t"
                   "vmla.s32  q0, q1, %[rhs_multiplier]\n\t"
                   "vadd.i32  q0, q0, %[offset]\n\t"
                   "vshl.s32  q0, %[shift]\n\t"
                   "vmax.s32  q0, q0, %q[low]\n\t"
                   "vmin.s32  q0, q0, %q[high]\n\t"
                   "vstrb.32  q0, [%[output]], #4\n\t"
                   "letp      lr, 1b"
                   : [lhs] "+l"(lhs), [rhs] "+l"(rhs), [output] "+l"(output)
                   : [length] "r"(params->dims[3]), [lhs_multiplier] "r"(params->lhs_multiplier),
                     [rhs_multiplier] "r"(params->rhs_multiplier), [offset] "r"(params->offset),
                     [shift] "r"(-params->output.shift), [low] "w"(low), [high] "w"(high)
                   : "q0", "q1", "lr", "memory");
}

/* One line, where an operand may be a single element for all. */
static void addBroadcast(const tinyc_elementwise_s8_params *params, const int8_t *lhs, const int8_t *rhs,
                         int8_t *output) {
  int32x4_t low = vdupq_n_s32(params->output.clamp_min), high = vdupq_n_s32(params->output.clamp_max);
  int32x4_t offset = vdupq_n_s32(params->offset), a = vdupq_n_s32(*lhs), b = vdupq_n_s32(*rhs);
  int32_t shift = -params->output.shift;
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
    int32x4_t acc = vmlaq_n_s32(vmlaq_n_s32(offset, a, params->lhs_multiplier), b, params->rhs_multiplier);
    acc = vshlq_r_s32(acc, shift);
    vstrbq_p_s32(output, vminq_s32(vmaxq_s32(acc, low), high), lanes);
  }
}

void tinyc_add_s8_armv8_1m(const tinyc_elementwise_s8_params *params, const int8_t *lhs, const int8_t *rhs,
                           int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  const int32_t *dims = params->dims, *ls = params->lhs_strides, *rs = params->rhs_strides;
  int8_t *out = output + row_begin * dims[1] * dims[2] * dims[3];
  for (int32_t i = row_begin; i < row_end; i++)
    for (int32_t j = 0; j < dims[1]; j++)
      for (int32_t k = 0; k < dims[2]; k++, out += dims[3]) {
        const int8_t *a = lhs + i * ls[0] + j * ls[1] + k * ls[2], *b = rhs + i * rs[0] + j * rs[1] + k * rs[2];
        if (ls[3] == 1 && rs[3] == 1)
          addLine(params, a, b, out);
        else if ((ls[3] | rs[3] | 1) == 1)
          addBroadcast(params, a, b, out);
        else
          for (int32_t x = 0; x < dims[3]; x++)
            out[x] = tinyc_add_stage_s8(a[x * ls[3]], b[x * rs[3]], params);
      }
}
