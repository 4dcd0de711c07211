/* fully_connected int8 for Armv7E-M: one input vector times three pairs of outputs (tinyc/layouts.h).
 *
 * Each word of weights is met once: a load, an SXTB16 and two SMLAD for four products. Four inputs are loaded and widened
 * for twelve such products. */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"
#include "tinyc/layouts.h"

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

/* What a block does with its sums. */
typedef struct Stage {
  int8_t *out;
  int32_t zero_point;
  const int32_t *multipliers;
  int32_t step;       /* bytes from one multiplier to the next */
  const int8_t *last; /* behind the last inputs, which stand apart if they are less than four: then, filled up, in a word */
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
  "ldmia.w  r6, {r6, r7, r11, lr}\n"

/* The output stage of a pair and its two bytes. */
#define STORE(low, high)                   \
  "ldr      r10, [r12], #4\n"              \
  "sub.w    " high ", " high ", " low "\n" \
  "ldr      r8, [r11]\n"                   \
  "add.w    r11, r11, lr\n"                \
  "ldr      r9, [r11]\n"                   \
  "smmlar   " low ", " low ", r8, r7\n"    \
  "add.w    " high ", r10, " high ", asr #8\n" \
  "smmlar   " high ", " high ", r9, r7\n"  \
  "add.w    r11, r11, lr\n"                \
  "ssat     " low ", #8, " low "\n"        \
  "strb     " low ", [r6], #1\n"           \
  "ssat     " high ", #8, " high "\n"      \
  "strb     " high ", [r6], #1\n"

#define LEAVE                              \
  "mov      r0, r12\n"                     \
  "pop      {r3-r11, pc}\n"

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
          STORE("r0", "r1") STORE("r2", "r3") STORE("r4", "r5")
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
          STORE("r0", "r1") STORE("r2", "r3")
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
          STORE("r0", "r1")
          LEAVE);
}

void tinyc_fully_connected_pairs_s8_s8_armv7e_m(const tinyc_fully_connected_s8_params *params, const int8_t *input,
                                                const int8_t *weights, const int32_t *bias,
                                                const int32_t *multipliers, int8_t *output, void *scratch,
                                                int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  (void)scratch;
  int32_t outputs = params->outputs, step = params->output.multiplier_step;
  const int32_t *table = (const int32_t *)(const void *)weights;
  for (int32_t row = row_begin; row < row_end; row++) {
    const int8_t *x = input + row * params->inputs, *end = x + (params->inputs & ~3);
    int8_t word[8] = {0, 0, 0, 0}; /* less than four inputs; longer, so that its end is not that of another object */
    const int8_t *packed = weights + 4 * (step ? outputs : 1);
    Stage stage = {output + row * outputs, params->output.zero_point, table, 4 * step, end};
    if (params->inputs & 3) {
      for (int32_t i = 0; i < (params->inputs & 3); i++)
        word[i] = end[i];
      stage.last = word + 4;
      if (params->inputs < 4) {
        x = word;
        end = stage.last;
      }
    }
    int32_t left = outputs;
    for (; left >= 2 * TINYC_FULLY_CONNECTED_PAIRS; left -= 2 * TINYC_FULLY_CONNECTED_PAIRS) {
      packed = multiply3(packed, x, end, &stage);
      stage.out += 2 * TINYC_FULLY_CONNECTED_PAIRS;
      stage.multipliers += 2 * TINYC_FULLY_CONNECTED_PAIRS * step;
    }
    if (left > 0) {
      /* Through a buffer: the last pair may lack its high output. */
      int8_t last[2 * TINYC_FULLY_CONNECTED_PAIRS], *out = stage.out;
      stage.out = last;
      (left > 4 ? multiply3 : left > 2 ? multiply2 : multiply1)(packed, x, end, &stage);
      for (int32_t o = 0; o < left; o++)
        out[o] = last[o];
    }
    if (!tinyc_is_wide_clamp(&params->output))
      tinyc_clamp_s8(&params->output, output + row * outputs, outputs);
  }
}
