/* tinyc/armv7e_m_pairs.h - fully_connected on Armv7E-M but for the products themselves: one input vector times pairs of outputs, three
 * at a time (tinyc/layouts.h). A kernel defines the functions that multiply with one, two and three pairs out of the macros here. */
#ifndef TINYC_ARMV7E_M_PAIRS_H
#define TINYC_ARMV7E_M_PAIRS_H

#include "tinyc/armv7e_m.h"
#include "tinyc/layouts.h"

/* What a block does with its sums. */
typedef struct Stage {
  int8_t *out;
  int32_t zero_point;
  const int32_t *multipliers;
  int32_t step;       /* bytes from one multiplier to the next */
  const int8_t *last; /* behind the last inputs, which stand apart if they are less than four: then, filled up, in a word */
  int32_t start;      /* 20: of the sums, beside the bias; if the products want it */
  int32_t left_shift; /* 24: of the sums, tinyc_left_shift */
} Stage;

#define ENTER                              \
  "push     {r3-r11, lr}\n"                \
  "mov      r12, r0\n"                     \
  "mov      lr, r1\n"                      \
  "mov      r11, r2\n"

#define FOUR_INPUTS                        \
  "1:\n"                                   \
  "ldr.w    r6, [lr], #4\n"                \
  "cmp      lr, r11\n"                     \
  "sxtb16   r7, r6, ror #8\n"              \
  "sxtb16   r6, r6\n"

/* Goes on with the word of the last inputs, if there is one and this was not it. */
#define NEXT_INPUTS                        \
  "bne.w    1b\n"                          \
  "ldr      r6, [sp, #0]\n"                \
  "ldr      r7, [r6, #16]\n"               \
  "cmp      r7, lr\n"                      \
  "ittt     ne\n"                          \
  "movne    r11, r7\n"                     \
  "subne    lr, r7, #4\n"                  \
  "bne      1b\n"

#define END_SUMS                           \
  "ldr      r8, [r6, #24]\n"              \
  "ldmia.w  r6, {r6, r7, r11, lr}\n"

/* The output stage of a pair and its two bytes; the sum of high is in the bits from `bits` on. r8 is the shift of the sums. */
#define STORE(low, high, bits)             \
  "ldr      r10, [r12], #4\n"              \
  "sub.w    " high ", " high ", " low "\n" \
  "ldr      r9, [r11]\n"                   \
  "lsl.w    " low ", " low ", r8\n"        \
  "add.w    r11, r11, lr\n"                \
  "add.w    " high ", r10, " high ", asr #" bits "\n" \
  "smmlar   " low ", " low ", r9, r7\n"    \
  "ldr      r9, [r11]\n"                   \
  "lsl.w    " high ", " high ", r8\n"      \
  "smmlar   " high ", " high ", r9, r7\n"  \
  "add.w    r11, r11, lr\n"                \
  "ssat     " low ", #8, " low "\n"        \
  "strb     " low ", [r6], #1\n"           \
  "ssat     " high ", #8, " high "\n"      \
  "strb     " high ", [r6], #1\n"

#define LEAVE                              \
  "mov      r0, r12\n"                     \
  "pop      {r3-r11, pc}\n"

/* Multiplies with as many pairs as a block has; returns the constants behind the block's. */
typedef const int8_t *(*MultiplyPairs)(const int8_t *packed, const int8_t *x, const int8_t *end, const Stage *stage);

/* All outputs of some rows; multiply[n] takes n + 1 pairs. The sums start with `factor` times the sum of the inputs. */
TINYC_CORE void multiplyRows(const tinyc_fully_connected_s8_params *params, const int8_t *input, const int8_t *weights,
                             int8_t *output, int32_t row_begin, int32_t row_end, const MultiplyPairs *multiply,
                             const int32_t factor) {
  int32_t outputs = params->outputs, step = params->output.multiplier_step;
  const int32_t *table = (const int32_t *)(const void *)weights;
  for (int32_t row = row_begin; row < row_end; row++) {
    const int8_t *x = input + row * params->inputs, *end = x + (params->inputs & ~3);
    int8_t word[8] = {0, 0, 0, 0}; /* less than four inputs; longer, so that its end is not that of another object */
    const int8_t *packed = weights + 4 * (step ? outputs : 1);
    Stage stage = {output + row * outputs, params->output.zero_point, table, 4 * step, end, 0,
                   tinyc_left_shift(&params->output)};
    if (params->inputs & 3) {
      for (int32_t i = 0; i < (params->inputs & 3); i++)
        word[i] = end[i];
      stage.last = word + 4;
      if (params->inputs < 4) {
        x = word;
        end = stage.last;
      }
    }
    if (factor != 0) {
      for (const int8_t *from = input + row * params->inputs, *last = from + params->inputs; from != last;) {
        if (last - from < 4) {
          stage.start += *from++;
          continue;
        }
        uint32_t four = tinyc_load_s8x4(from), ones = 0x10001u;
        stage.start = tinyc_dual_multiply_add(tinyc_widen_odd(four), ones,
                                              tinyc_dual_multiply_add(tinyc_widen_even(four), ones, stage.start));
        from += 4;
      }
      stage.start *= factor;
    }
    int32_t left = outputs;
    for (; left >= 2 * TINYC_FULLY_CONNECTED_PAIRS; left -= 2 * TINYC_FULLY_CONNECTED_PAIRS) {
      packed = multiply[2](packed, x, end, &stage);
      stage.out += 2 * TINYC_FULLY_CONNECTED_PAIRS;
      stage.multipliers += 2 * TINYC_FULLY_CONNECTED_PAIRS * step;
    }
    if (left > 0) {
      /* Through a buffer: the last pair may lack its high output. */
      int8_t last[2 * TINYC_FULLY_CONNECTED_PAIRS], *out = stage.out;
      stage.out = last;
      multiply[(left - 1) / 2](packed, x, end, &stage);
      for (int32_t o = 0; o < left; o++)
        out[o] = last[o];
    }
    if (!tinyc_is_wide_clamp(&params->output))
      tinyc_clamp_s8(&params->output, output + row * outputs, outputs);
  }
}

#endif /* TINYC_ARMV7E_M_PAIRS_H */
