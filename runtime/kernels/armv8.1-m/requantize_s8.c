/* requantize int8 for Armv8.1-M: four elements at a time. */
#include "tinyc/armv8_1m.h"
#include "tinyc/kernel_functions.h"

/* Shift 32. Four elements are read before they are written: output may be the input. */
static void requantizeFast(const tinyc_requantize_s8_params *params, const int8_t *input, int8_t *output,
                           int32_t length) {
  int32x4_t low = vdupq_n_s32(params->output.clamp_min), high = vdupq_n_s32(params->output.clamp_max);
  int32x4_t multiplier = vdupq_n_s32(params->multiplier);
  __asm__ volatile(
      "dlstp.32   lr, %[length]\n"
      "1:\n\t"
      "vldrb.s32  q0, [%[input]], #4\n\t"
      "vsub.i32   q0, q0, %[input_zero]\n\t"
      "vrmulh.s32 q0, q0, %q[multiplier]\n\t"
      "vadd.i32   q0, q0, %[zero]\n\t"
      "vmax.s32   q0, q0, %q[low]\n\t"
      "vmin.s32   q0, q0, %q[high]\n\t"
      "vstrb.32   q0, [%[output]], #4\n\t"
      "letp       lr, 1b"
      : [input] "+l"(input), [output] "+l"(output)
      : [length] "r"(length), [input_zero] "r"(params->input_zero_point), [zero] "r"(params->output.zero_point),
        [multiplier] "w"(multiplier), [low] "w"(low), [high] "w"(high)
      : "q0", "lr", "memory");
}

void tinyc_requantize_s8_armv8_1m(const tinyc_requantize_s8_params *params, const int8_t *input, int8_t *output,
                                  void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  int32x4_t multiplier = vdupq_n_s32(params->multiplier);
  int32_t missing = (row_end - row_begin) * params->length;
  const int8_t *x = input + row_begin * params->length;
  int8_t *out = output + row_begin * params->length;
  if (params->output.shift == 32 && missing > 0) {
    requantizeFast(params, x, out, missing);
    return;
  }
  for (; missing > 0; missing -= 4, x += 4, out += 4) {
    mve_pred16_t lanes = vctp32q((uint32_t)missing);
    int32x4_t acc = vsubq_n_s32(vldrbq_z_s32(x, lanes), params->input_zero_point);
    vstrbq_p_s32(out, tinyc_output_stage_mve(acc, multiplier, &params->output), lanes);
  }
}
