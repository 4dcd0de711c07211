/* conv2d int8 with int2 weights for Armv7E-M: windows of three neighbouring pixels times pairs of filters, as
 * conv2d_columns_s8_s4 (tinyc/layouts.h).
 *
 * A nibble of weights is 4 * (high + 2) + low + 2, of two filters for one element. Two ANDs unpack those of two elements, 4 * (high +
 * 2) and low + 2; where the sums start, 8 * S(1) and 2 * S(1) of the pixel are subtracted. For two elements a block of three pixels
 * and two filters takes 6 SMLAD, 3 instructions of unpacking and 3 loads. */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"

/* Two elements, 48 and 36 bytes; `next` brings the weights of the next. */
#if TINYC_DUAL_ISSUE
#define PAIR3(next)                        \
  "and      r10, r9, #0x000c000c\n"        \
  "ldr.w    r8, [lr, r11, lsl #1]\n"       \
  "smlad    r1, r6, r10, r1\n"             \
  "smlad    r3, r7, r10, r3\n"             \
  "smlad    r5, r8, r10, r5\n"             \
  "and      r10, r9, #0x00030003\n"        \
  next                                     \
  "smlad    r0, r6, r10, r0\n"             \
  "ldr.w    r6, [lr, #4]!\n"               \
  "smlad    r2, r7, r10, r2\n"             \
  "ldr.w    r7, [lr, r11]\n"               \
  "smlad    r4, r8, r10, r4\n"
#else
#define PAIR3(next)                        \
  "and      r10, r9, #0x000c000c\n"        \
  "smlad    r1, r6, r10, r1\n"             \
  "smlad    r3, r7, r10, r3\n"             \
  "smlad    r5, r8, r10, r5\n"             \
  "and      r10, r9, #0x00030003\n"        \
  "smlad    r0, r6, r10, r0\n"             \
  "smlad    r2, r7, r10, r2\n"             \
  "smlad    r4, r8, r10, r4\n"             \
  "ldr.w    r6, [lr, #4]!\n"               \
  "ldr.w    r7, [lr, r11]\n"               \
  "ldr.w    r8, [lr, r11, lsl #1]\n"       \
  next
#endif
#define PAIR2(next)                        \
  "and      r10, r9, #0x000c000c\n"        \
  "and      r8, r9, #0x00030003\n"         \
  "smlad    r1, r6, r10, r1\n"             \
  "smlad    r0, r6, r8, r0\n"              \
  "ldr.w    r6, [lr, #4]!\n"               \
  "smlad    r3, r7, r10, r3\n"             \
  "smlad    r2, r7, r8, r2\n"              \
  "ldr.w    r7, [lr, r11]\n"               \
  next
#define SHIFT "lsr.w r9, r9, #4\n"
#define LOAD "ldr.w r9, [r12], #4\n"

#define STEP_WORDS 4
#define STEP3 PAIR3(SHIFT) PAIR3(SHIFT) PAIR3(SHIFT) PAIR3(LOAD)
#define STEP3_BYTES "192"
#define STEP2 PAIR2(SHIFT) PAIR2(SHIFT) PAIR2(SHIFT) PAIR2(LOAD)
#define STEP2_BYTES "144"
#define START -2
#define BEGIN_SUMS       \
  "lsl.w    r1, r5, #2\n" \
  "lsl.w    r3, r2, #2\n" \
  "add.w    r2, r0, r2\n" \
  "add.w    r8, r0, r4\n" \
  "add.w    r0, r0, r5\n" \
  "lsl.w    r5, r4, #2\n" \
  "mov      r4, r8\n"
#define HIGH(high, low) ""
#define HIGH_BIT "2"
#include "tinyc/armv7e_m_narrow_columns.h"

void tinyc_conv2d_columns_s8_s2_armv7e_m(const tinyc_conv2d_s8_params *params, const int8_t *input,
                                         const int8_t *weights, const int32_t *bias, const int32_t *multipliers,
                                         int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  tinyc_window window = tinyc_group_window(params);
  tinyc_convolve_columns(params, input, weights, 16 + 4 * tinyc_narrow_column_words(&window, STEP_WORDS), output, scratch, row_begin,
                         row_end, multiply);
}
