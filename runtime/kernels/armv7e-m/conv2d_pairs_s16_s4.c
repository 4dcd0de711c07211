/* conv2d int16, int4 weights, for Armv7E-M: windows of three neighbouring pixels times pairs of filters, as conv2d_pairs_s16_s8.
 *
 * A word of weights holds those of two filters for four elements, each plus 8. For two elements a block of three pixels and two filters
 * takes 6 SMLAD, 4 instructions of unpacking and 3 loads for 12 products. */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"

#define WEIGHT_BITS 4
#define MASK "#0x000f000f"
#define SHIFT "lsr.w    r9, r9, #4\n"
#include "tinyc/armv7e_m_narrow_step_s16.h"

#define STEP3 ELEMENTS3(SHIFT) ELEMENTS3(LOAD)
#define STEP3_BYTES "104"
#define STEP2 ELEMENTS2(SHIFT) ELEMENTS2(LOAD)
#define STEP2_BYTES "80"
#include "tinyc/armv7e_m_pairs_s16.h"

void tinyc_conv2d_pairs_s16_s4_armv7e_m(const tinyc_conv2d_s8_params *params, const int16_t *input,
                                        const int8_t *weights, const int32_t *bias, const int32_t *multipliers,
                                        int16_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  convolvePairs(params, input, weights, output, scratch, row_begin, row_end);
}
