/* tinyc/armv7e_m_narrow_pairs.h - fully_connected of Armv7E-M with weights of less than 8 bits, for one kernel that defines before how these
 * are multiplied (tinyc/layouts.h):
 *   PAIR(low, high)   four inputs times the weights of one pair, in r8, which it loads anew for the next
 *   LOAD_WEIGHTS      those of four inputs and a pair to r8, from r12 on
 *   END_WEIGHTS       sets r12 behind the weights, of which the loads are one ahead, aligned to 4 bytes
 *   START(low, high)  what the sums of a pair start with: low is the bias, r10 FACTOR times the sum of the inputs
 *   FACTOR            of that
 *   HIGH_BIT          the sum of high less that of low is in the bits from here on, as a string
 * r0..r5 are the accumulators low, high of each pair; r6, r7 inputs (0, 2) and (1, 3); r9, r10 free; r11 end of the inputs, r12 weights,
 * lr inputs. */
#ifndef TINYC_ARMV7E_M_NARROW_PAIRS_H
#define TINYC_ARMV7E_M_NARROW_PAIRS_H

#include "tinyc/armv7e_m_pairs.h"

/* Return the constants behind the block's. */
TINYC_ASSEMBLY const int8_t *multiply3(TINYC_IN_REGISTER const int8_t *packed, TINYC_IN_REGISTER const int8_t *x,
                                       TINYC_IN_REGISTER const int8_t *end, TINYC_IN_REGISTER const Stage *stage) {
  __asm__(ENTER
          "ldr      r10, [r3, #20]\n"
          "ldmia.w  r12!, {r0, r2, r4}\n"
          START("r0", "r1") START("r2", "r3") START("r4", "r5")
          LOAD_WEIGHTS
          FOUR_INPUTS
          PAIR("r0", "r1") PAIR("r2", "r3") PAIR("r4", "r5")
          NEXT_INPUTS
          END_WEIGHTS
          END_SUMS
          STORE("r0", "r1", HIGH_BIT) STORE("r2", "r3", HIGH_BIT) STORE("r4", "r5", HIGH_BIT)
          LEAVE);
}

TINYC_ASSEMBLY const int8_t *multiply2(TINYC_IN_REGISTER const int8_t *packed, TINYC_IN_REGISTER const int8_t *x,
                                       TINYC_IN_REGISTER const int8_t *end, TINYC_IN_REGISTER const Stage *stage) {
  __asm__(ENTER
          "ldr      r10, [r3, #20]\n"
          "ldmia.w  r12!, {r0, r2}\n"
          START("r0", "r1") START("r2", "r3")
          LOAD_WEIGHTS
          FOUR_INPUTS
          PAIR("r0", "r1") PAIR("r2", "r3")
          NEXT_INPUTS
          END_WEIGHTS
          END_SUMS
          STORE("r0", "r1", HIGH_BIT) STORE("r2", "r3", HIGH_BIT)
          LEAVE);
}

TINYC_ASSEMBLY const int8_t *multiply1(TINYC_IN_REGISTER const int8_t *packed, TINYC_IN_REGISTER const int8_t *x,
                                       TINYC_IN_REGISTER const int8_t *end, TINYC_IN_REGISTER const Stage *stage) {
  __asm__(ENTER
          "ldr      r10, [r3, #20]\n"
          "ldr      r0, [r12], #4\n"
          START("r0", "r1")
          LOAD_WEIGHTS
          FOUR_INPUTS
          PAIR("r0", "r1")
          NEXT_INPUTS
          END_WEIGHTS
          END_SUMS
          STORE("r0", "r1", HIGH_BIT)
          LEAVE);
}

TINYC_CORE void multiplyNarrowRows(const tinyc_fully_connected_s8_params *params, const int8_t *input, const int8_t *weights,
                                   int8_t *output, int32_t row_begin, int32_t row_end) {
  static const MultiplyPairs multiply[TINYC_FULLY_CONNECTED_PAIRS] = {multiply1, multiply2, multiply3};
  multiplyRows(params, input, weights, output, row_begin, row_end, multiply, FACTOR);
}

#endif /* TINYC_ARMV7E_M_NARROW_PAIRS_H */
