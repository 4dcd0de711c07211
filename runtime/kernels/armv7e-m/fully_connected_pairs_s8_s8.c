/* fully_connected int8 for Armv7E-M: one input vector times three pairs of outputs (tinyc/layouts.h).
 *
 * Each word of weights is met once: a load, an SXTB16 and two SMLAD for four products. Four inputs are loaded and widened
 * for twelve such products. */
#include "tinyc/armv7e_m_pairs.h"
#include "tinyc/kernel_functions.h"

/* r0..r5 accumulators low, high of each pair; r6, r7 inputs (0, 2) and (1, 3); r8, r9 weights, r10 unpacked; r11 end of the
 * inputs, r12 weights, lr inputs. PAIR: both accumulators of one pair, the weights in w; NEXT the same and then loads the
 * weights after the next. */
#define PAIR(low, high, x, w)              \
  "sxtb16   r10, " w "\n"                  \
  "smlad    " high ", " x ", " w ", " high "\n" \
  "smlad    " low ", " x ", r10, " low "\n"
#define LOAD(w) "ldr.w " w ", [r12], #4\n"
#define LOAD_BOTH "ldr.w r8, [r12], #8\n" "ldr r9, [r12, #-4]\n"
#define NEXT(low, high, x, w)              \
  "sxtb16   r10, " w "\n"                  \
  "smlad    " high ", " x ", " w ", " high "\n" \
  LOAD(w)                                  \
  "smlad    " low ", " x ", r10, " low "\n"

/* Four inputs times three pairs; r8 and r9 are loaded, and loaded again behind. */
#if TINYC_DUAL_ISSUE
#define THREE_PAIRS                                                   \
  NEXT("r0", "r1", "r6", "r8") NEXT("r2", "r3", "r6", "r9")           \
  NEXT("r4", "r5", "r6", "r8") NEXT("r0", "r1", "r7", "r9")           \
  NEXT("r2", "r3", "r7", "r8") NEXT("r4", "r5", "r7", "r9")
#else
#define THREE_PAIRS                                                   \
  PAIR("r0", "r1", "r6", "r8") PAIR("r2", "r3", "r6", "r9") LOAD_BOTH \
  PAIR("r4", "r5", "r6", "r8") PAIR("r0", "r1", "r7", "r9") LOAD_BOTH \
  PAIR("r2", "r3", "r7", "r8") PAIR("r4", "r5", "r7", "r9") LOAD_BOTH
#endif

/* Return the constants behind the block's. */
TINYC_ASSEMBLY const int8_t *multiply3(TINYC_IN_REGISTER const int8_t *packed, TINYC_IN_REGISTER const int8_t *x,
                                       TINYC_IN_REGISTER const int8_t *end, TINYC_IN_REGISTER const Stage *stage) {
  __asm__(ENTER
          "ldmia.w  r12!, {r0, r2, r4}\n"
          "mov      r1, r0\n"
          "mov      r3, r2\n"
          "mov      r5, r4\n"
          LOAD_BOTH
          FOUR_INPUTS
          THREE_PAIRS
          NEXT_INPUTS
          "sub      r12, r12, #8\n"
          END_SUMS
          STORE("r0", "r1", "8") STORE("r2", "r3", "8") STORE("r4", "r5", "8")
          LEAVE);
}

TINYC_ASSEMBLY const int8_t *multiply2(TINYC_IN_REGISTER const int8_t *packed, TINYC_IN_REGISTER const int8_t *x,
                                       TINYC_IN_REGISTER const int8_t *end, TINYC_IN_REGISTER const Stage *stage) {
  __asm__(ENTER
          "ldmia.w  r12!, {r0, r2}\n"
          "mov      r1, r0\n"
          "mov      r3, r2\n"
          FOUR_INPUTS
          LOAD_BOTH
          PAIR("r0", "r1", "r6", "r8") PAIR("r2", "r3", "r6", "r9")
          LOAD_BOTH
          PAIR("r0", "r1", "r7", "r8") PAIR("r2", "r3", "r7", "r9")
          NEXT_INPUTS
          END_SUMS
          STORE("r0", "r1", "8") STORE("r2", "r3", "8")
          LEAVE);
}

TINYC_ASSEMBLY const int8_t *multiply1(TINYC_IN_REGISTER const int8_t *packed, TINYC_IN_REGISTER const int8_t *x,
                                       TINYC_IN_REGISTER const int8_t *end, TINYC_IN_REGISTER const Stage *stage) {
  __asm__(ENTER
          "ldr      r0, [r12], #4\n"
          "mov      r1, r0\n"
          FOUR_INPUTS
          LOAD_BOTH
          PAIR("r0", "r1", "r6", "r8") PAIR("r0", "r1", "r7", "r9")
          NEXT_INPUTS
          END_SUMS
          STORE("r0", "r1", "8")
          LEAVE);
}

void tinyc_fully_connected_pairs_s8_s8_armv7e_m(const tinyc_fully_connected_s8_params *params, const int8_t *input,
                                                const int8_t *weights, const int32_t *bias,
                                                const int32_t *multipliers, int8_t *output, void *scratch,
                                                int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  (void)scratch;
  static const MultiplyPairs multiply[TINYC_FULLY_CONNECTED_PAIRS] = {multiply1, multiply2, multiply3};
  multiplyRows(params, input, weights, output, row_begin, row_end, multiply, 0);
}
