/* lookup int8 for Armv7E-M: four elements at a time, so that loads follow each other. */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"

/* Output may be input: four elements are read before their results are written. */
TINYC_ASSEMBLY void lookUpFours(TINYC_IN_REGISTER const int8_t *input, TINYC_IN_REGISTER const int8_t *table,
                                TINYC_IN_REGISTER int8_t *output, TINYC_IN_REGISTER int32_t fours) {
  __asm__("push     {r4-r7, lr}\n"
          "1:\n"
          "ldrb     r4, [r0], #4\n"
          "ldrb     r5, [r0, #-3]\n"
          "ldrb     r6, [r0, #-2]\n"
          "ldrb     r7, [r0, #-1]\n"
          "ldrb     r4, [r1, r4]\n"
          "ldrb     r5, [r1, r5]\n"
          "ldrb     r6, [r1, r6]\n"
          "ldrb     r7, [r1, r7]\n"
          "strb     r4, [r2], #4\n"
          "strb     r5, [r2, #-3]\n"
          "subs     r3, r3, #1\n"
          "strb     r6, [r2, #-2]\n"
          "strb     r7, [r2, #-1]\n"
          "bne      1b\n"
          "pop      {r4-r7, pc}\n");
}

void tinyc_lookup_s8_armv7e_m(const tinyc_lookup_s8_params *params, const int8_t *input, const int8_t *table,
                              int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  int32_t i = row_begin * params->length, end = row_end * params->length, fours = (end - i) / 4;
  if (fours > 0)
    lookUpFours(input + i, table, output + i, fours);
  for (i += 4 * fours; i < end; i++)
    output[i] = table[(uint8_t)input[i]];
}
