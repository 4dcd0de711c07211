/* conv2d int8 with int4 weights for Armv7E-M: windows of three neighbouring pixels times pairs of filters, as
 * conv2d_columns_s8_s8 (tinyc/layouts.h).
 *
 * A byte of weights is 16 * high + low + 8, of two filters for one element. SMLAD with the SXTB16 of a word adds 16 * S(high) +
 * S(low + 8), SMLAD with its lower nibbles adds S(low + 8): for four elements five instructions unpack eight weights. Where the
 * sums start, 8 * S(1) of the pixel is subtracted. For four elements a block of three pixels and two filters takes 12 SMLAD, 5
 * instructions of unpacking and 7 loads: 24 products in 12 cycles on a Cortex-M7, in 26 on a Cortex-M4. */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"

/* Four elements, 96 bytes. */
#if TINYC_DUAL_ISSUE
#define STEP3                              \
  "sxtb16   r10, r9\n"                     \
  "ldr.w    r8, [lr, r11, lsl #1]\n"       \
  "smlad    r1, r6, r10, r1\n"             \
  "smlad    r3, r7, r10, r3\n"             \
  "smlad    r5, r8, r10, r5\n"             \
  "and      r10, r9, #0x000f000f\n"        \
  "smlad    r0, r6, r10, r0\n"             \
  "ldr.w    r6, [lr, #4]!\n"               \
  "smlad    r2, r7, r10, r2\n"             \
  "ldr.w    r7, [lr, r11]\n"               \
  "smlad    r4, r8, r10, r4\n"             \
  "sxtb16   r10, r9, ror #8\n"             \
  "ldr.w    r8, [lr, r11, lsl #1]\n"       \
  "smlad    r1, r6, r10, r1\n"             \
  "lsr.w    r9, r9, #8\n"                  \
  "smlad    r3, r7, r10, r3\n"             \
  "smlad    r5, r8, r10, r5\n"             \
  "and      r10, r9, #0x000f000f\n"        \
  "ldr.w    r9, [r12], #4\n"               \
  "smlad    r0, r6, r10, r0\n"             \
  "ldr.w    r6, [lr, #4]!\n"               \
  "smlad    r2, r7, r10, r2\n"             \
  "ldr.w    r7, [lr, r11]\n"               \
  "smlad    r4, r8, r10, r4\n"            
#else
#define STEP3                              \
  "sxtb16   r10, r9\n"                     \
  "smlad    r1, r6, r10, r1\n"             \
  "smlad    r3, r7, r10, r3\n"             \
  "smlad    r5, r8, r10, r5\n"             \
  "and      r10, r9, #0x000f000f\n"        \
  "smlad    r0, r6, r10, r0\n"             \
  "smlad    r2, r7, r10, r2\n"             \
  "smlad    r4, r8, r10, r4\n"             \
  "ldr.w    r6, [lr, #4]!\n"               \
  "ldr.w    r7, [lr, r11]\n"               \
  "ldr.w    r8, [lr, r11, lsl #1]\n"       \
  "sxtb16   r10, r9, ror #8\n"             \
  "smlad    r1, r6, r10, r1\n"             \
  "smlad    r3, r7, r10, r3\n"             \
  "smlad    r5, r8, r10, r5\n"             \
  "lsr.w    r9, r9, #8\n"                  \
  "and      r10, r9, #0x000f000f\n"        \
  "smlad    r0, r6, r10, r0\n"             \
  "smlad    r2, r7, r10, r2\n"             \
  "smlad    r4, r8, r10, r4\n"             \
  "ldr.w    r6, [lr, #4]!\n"               \
  "ldr.w    r7, [lr, r11]\n"               \
  "ldr.w    r8, [lr, r11, lsl #1]\n"       \
  "ldr.w    r9, [r12], #4\n"
#endif

/* The same for two pixels, with r8 for the lower nibbles, 72 bytes. */
#if TINYC_DUAL_ISSUE
#define STEP2                              \
  "sxtb16   r10, r9\n"                     \
  "and      r8, r9, #0x000f000f\n"         \
  "smlad    r1, r6, r10, r1\n"             \
  "smlad    r0, r6, r8, r0\n"              \
  "ldr.w    r6, [lr, #4]!\n"               \
  "smlad    r3, r7, r10, r3\n"             \
  "sxtb16   r10, r9, ror #8\n"             \
  "smlad    r2, r7, r8, r2\n"              \
  "ldr.w    r7, [lr, r11]\n"               \
  "lsr.w    r9, r9, #8\n"                  \
  "smlad    r1, r6, r10, r1\n"             \
  "and      r8, r9, #0x000f000f\n"         \
  "ldr.w    r9, [r12], #4\n"               \
  "smlad    r3, r7, r10, r3\n"             \
  "smlad    r0, r6, r8, r0\n"              \
  "ldr.w    r6, [lr, #4]!\n"               \
  "smlad    r2, r7, r8, r2\n"              \
  "ldr.w    r7, [lr, r11]\n"
#else
#define STEP2                              \
  "sxtb16   r10, r9\n"                     \
  "and      r8, r9, #0x000f000f\n"         \
  "smlad    r1, r6, r10, r1\n"             \
  "smlad    r3, r7, r10, r3\n"             \
  "smlad    r0, r6, r8, r0\n"              \
  "smlad    r2, r7, r8, r2\n"              \
  "ldr.w    r6, [lr, #4]!\n"               \
  "ldr.w    r7, [lr, r11]\n"               \
  "sxtb16   r10, r9, ror #8\n"             \
  "lsr.w    r9, r9, #8\n"                  \
  "and      r8, r9, #0x000f000f\n"         \
  "smlad    r1, r6, r10, r1\n"             \
  "smlad    r3, r7, r10, r3\n"             \
  "smlad    r0, r6, r8, r0\n"              \
  "smlad    r2, r7, r8, r2\n"              \
  "ldr.w    r6, [lr, #4]!\n"               \
  "ldr.w    r7, [lr, r11]\n"               \
  "ldr.w    r9, [r12], #4\n"
#endif

#define STEP_WORDS 2
#define STEP3_BYTES "96"
#define STEP2_BYTES "72"
#define START -8
#define BEGIN_SUMS       \
  "add.w    r2, r0, r2\n" \
  "add.w    r4, r0, r4\n" \
  "add.w    r0, r0, r5\n" \
  "mov      r5, r4\n"    \
  "mov      r3, r2\n"    \
  "mov      r1, r0\n"
#define HIGH(high, low) "sub.w " high ", " high ", " low "\n"
#define HIGH_BIT "4"
#include "tinyc/armv7e_m_narrow_columns.h"

void tinyc_conv2d_columns_s8_s4_armv7e_m(const tinyc_conv2d_s8_params *params, const int8_t *input,
                                         const int8_t *weights, const int32_t *bias, const int32_t *multipliers,
                                         int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  tinyc_window window = tinyc_group_window(params);
  tinyc_convolve_columns(params, input, weights, 16 + 4 * tinyc_narrow_column_words(&window, STEP_WORDS), output, scratch, row_begin,
                         row_end, multiply);
}
