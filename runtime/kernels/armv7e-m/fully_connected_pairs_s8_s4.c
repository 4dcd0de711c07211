/* fully_connected int8 with int4 weights for Armv7E-M: one input vector times three pairs of outputs, as
 * fully_connected_pairs_s8_s8 (tinyc/layouts.h).
 *
 * A byte of weights is 16 * high + low + 8, of two outputs for one input: a load and five instructions unpack the word of four inputs
 * for four SMLAD, eight products. */
#include "tinyc/armv7e_m_pairs.h"
#include "tinyc/kernel_functions.h"

/* r0..r5 accumulators low, high of each pair; r6, r7 inputs (0, 2) and (1, 3); r8 weights, r9, r10 unpacked; r11 end of the
 * inputs, r12 weights, lr inputs. PAIR: both accumulators of one pair; loads the weights after these. */
#if TINYC_DUAL_ISSUE
#define PAIR(low, high)                    \
  "sxtb16   r9, r8\n"                      \
  "and      r10, r8, #0x000f000f\n"        \
  "smlad    " high ", r6, r9, " high "\n"  \
  "sxtb16   r9, r8, ror #8\n"              \
  "smlad    " low ", r6, r10, " low "\n"   \
  "lsr.w    r8, r8, #8\n"                  \
  "smlad    " high ", r7, r9, " high "\n"  \
  "and      r10, r8, #0x000f000f\n"        \
  "ldr.w    r8, [r12], #4\n"               \
  "smlad    " low ", r7, r10, " low "\n"
#else
#define PAIR(low, high)                    \
  "sxtb16   r9, r8\n"                      \
  "and      r10, r8, #0x000f000f\n"        \
  "smlad    " high ", r6, r9, " high "\n"  \
  "smlad    " low ", r6, r10, " low "\n"   \
  "sxtb16   r9, r8, ror #8\n"              \
  "lsr.w    r8, r8, #8\n"                  \
  "and      r10, r8, #0x000f000f\n"        \
  "smlad    " high ", r7, r9, " high "\n"  \
  "smlad    " low ", r7, r10, " low "\n"   \
  "ldr.w    r8, [r12], #4\n"
#endif

/* Both accumulators of a pair start with the bias of low and what the sum of the inputs asks for. */
#define START(low, high)                   \
  "add.w    " low ", " low ", r10\n"       \
  "mov      " high ", " low "\n"

/* Return the constants behind the block's. */
TINYC_ASSEMBLY const int8_t *multiply3(TINYC_IN_REGISTER const int8_t *packed, TINYC_IN_REGISTER const int8_t *x,
                                       TINYC_IN_REGISTER const int8_t *end, TINYC_IN_REGISTER const Stage *stage) {
  __asm__(ENTER
          "ldr      r10, [r3, #20]\n"
          "ldmia.w  r12!, {r0, r2, r4}\n"
          START("r0", "r1") START("r2", "r3") START("r4", "r5")
          "ldr.w    r8, [r12], #4\n"
          FOUR_INPUTS
          PAIR("r0", "r1") PAIR("r2", "r3") PAIR("r4", "r5")
          NEXT_INPUTS
          "sub      r12, r12, #4\n"
          END_SUMS
          STORE("r0", "r1", "4") STORE("r2", "r3", "4") STORE("r4", "r5", "4")
          LEAVE);
}

TINYC_ASSEMBLY const int8_t *multiply2(TINYC_IN_REGISTER const int8_t *packed, TINYC_IN_REGISTER const int8_t *x,
                                       TINYC_IN_REGISTER const int8_t *end, TINYC_IN_REGISTER const Stage *stage) {
  __asm__(ENTER
          "ldr      r10, [r3, #20]\n"
          "ldmia.w  r12!, {r0, r2}\n"
          START("r0", "r1") START("r2", "r3")
          "ldr.w    r8, [r12], #4\n"
          FOUR_INPUTS
          PAIR("r0", "r1") PAIR("r2", "r3")
          NEXT_INPUTS
          "sub      r12, r12, #4\n"
          END_SUMS
          STORE("r0", "r1", "4") STORE("r2", "r3", "4")
          LEAVE);
}

TINYC_ASSEMBLY const int8_t *multiply1(TINYC_IN_REGISTER const int8_t *packed, TINYC_IN_REGISTER const int8_t *x,
                                       TINYC_IN_REGISTER const int8_t *end, TINYC_IN_REGISTER const Stage *stage) {
  __asm__(ENTER
          "ldr      r10, [r3, #20]\n"
          "ldr      r0, [r12], #4\n"
          START("r0", "r1")
          "ldr.w    r8, [r12], #4\n"
          FOUR_INPUTS
          PAIR("r0", "r1")
          NEXT_INPUTS
          "sub      r12, r12, #4\n"
          END_SUMS
          STORE("r0", "r1", "4")
          LEAVE);
}

void tinyc_fully_connected_pairs_s8_s4_armv7e_m(const tinyc_fully_connected_s8_params *params, const int8_t *input,
                                                const int8_t *weights, const int32_t *bias,
                                                const int32_t *multipliers, int8_t *output, void *scratch,
                                                int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  (void)scratch;
  static const MultiplyPairs multiply[TINYC_FULLY_CONNECTED_PAIRS] = {multiply1, multiply2, multiply3};
  multiplyRows(params, input, weights, output, row_begin, row_end, multiply, -8);
}
