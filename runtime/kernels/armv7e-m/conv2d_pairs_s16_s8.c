/* conv2d int16, int8 weights, for Armv7E-M: windows of three neighbouring pixels times pairs of filters.
 *
 * A word of weights holds those of two filters for two elements: two SXTB16 make a pair of int16 for each filter. For two
 * elements a block of three pixels and two filters takes 6 SMLAD, 2 SXTB16 and 4 loads for 12 products. */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"

#define WEIGHT_BITS 8
#define STEP3_BYTES "48"
#define STEP2_BYTES "36"
#if TINYC_DUAL_ISSUE
#define STEP3                              \
  "sxtb16   r10, r9\n"                     \
  "sxtb16   r9, r9, ror #8\n"              \
  "smlad    r0, r6, r10, r0\n"             \
  "ldr.w    r8, [lr, r11, lsl #1]\n"       \
  "smlad    r1, r6, r9, r1\n"              \
  "ldr.w    r6, [lr, #4]!\n"               \
  "smlad    r2, r7, r10, r2\n"             \
  "smlad    r3, r7, r9, r3\n"              \
  "ldr.w    r7, [lr, r11]\n"               \
  "smlad    r5, r8, r9, r5\n"              \
  "ldr.w    r9, [r12], #4\n"               \
  "smlad    r4, r8, r10, r4\n"
#else
#define STEP3                              \
  "sxtb16   r10, r9\n"                     \
  "sxtb16   r9, r9, ror #8\n"              \
  "smlad    r0, r6, r10, r0\n"             \
  "smlad    r1, r6, r9, r1\n"              \
  "smlad    r2, r7, r10, r2\n"             \
  "smlad    r3, r7, r9, r3\n"              \
  "smlad    r4, r8, r10, r4\n"             \
  "smlad    r5, r8, r9, r5\n"              \
  "ldr.w    r6, [lr, #4]!\n"               \
  "ldr.w    r7, [lr, r11]\n"               \
  "ldr.w    r8, [lr, r11, lsl #1]\n"       \
  "ldr.w    r9, [r12], #4\n"
#endif

/* The same for two pixels. */
#define STEP2                              \
  "sxtb16   r10, r9\n"                     \
  "sxtb16   r9, r9, ror #8\n"              \
  "smlad    r0, r6, r10, r0\n"             \
  "smlad    r1, r6, r9, r1\n"              \
  "smlad    r3, r7, r9, r3\n"              \
  "ldr.w    r9, [r12], #4\n"               \
  "smlad    r2, r7, r10, r2\n"             \
  "ldr.w    r6, [lr, #4]!\n"               \
  "ldr.w    r7, [lr, r11]\n"
#include "tinyc/armv7e_m_pairs_s16.h"

void tinyc_conv2d_pairs_s16_s8_armv7e_m(const tinyc_conv2d_s8_params *params, const int16_t *input,
                                        const int8_t *weights, const int32_t *bias, const int32_t *multipliers,
                                        int16_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  convolvePairs(params, input, weights, output, scratch, row_begin, row_end);
}
