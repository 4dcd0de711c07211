/* fully_connected int8 for Armv7E-M, at most one of four neighbouring weights not zero: a word for each weight that is
 * stored, with the number of its input (tinyc/layouts.h). Four of them take 4 loads of elements, 4 SMLABT and 2 loads
 * of words. */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"
#include "tinyc/layouts.h"
#include "tinyc/sparse.h"

/* Assembly reads it by offset. */
typedef struct Frame {
  int32_t word_bytes; /* 0: of the words of a filter */
  const int8_t *end;  /* 4: of the filters */
  int32_t zero_point; /* 8: of the output */
  int32_t left_shift; /* 12: tinyc_left_shift */
} Frame;

#if TINYC_DUAL_ISSUE
#define FOUR_WEIGHTS                                                                                                   \
  "ldrd     r4, r5, [r0], #16\n"                                                                                       \
  "ldrd     r6, r7, [r0, #-8]\n"                                                                                       \
  "uxth     r8, r4\n"                                                                                                  \
  "uxth     r9, r5\n"                                                                                                  \
  "ldrsb    r8, [r1, r8]\n"                                                                                            \
  "uxth     r10, r6\n"                                                                                                 \
  "ldrsb    r9, [r1, r9]\n"                                                                                            \
  "uxth     r11, r7\n"                                                                                                 \
  "ldrsb    r10, [r1, r10]\n"                                                                                          \
  "smlabt   r3, r8, r4, r3\n"                                                                                          \
  "ldrsb    r11, [r1, r11]\n"                                                                                          \
  "smlabt   r3, r9, r5, r3\n"                                                                                          \
  "cmp      r0, r2\n"                                                                                                  \
  "smlabt   r3, r10, r6, r3\n"                                                                                         \
  "smlabt   r3, r11, r7, r3\n"
#else
#define FOUR_WEIGHTS                                                                                                   \
  "ldm      r0!, {r4-r7}\n"                                                                                            \
  "uxth     r8, r4\n"                                                                                                  \
  "uxth     r9, r5\n"                                                                                                  \
  "uxth     r10, r6\n"                                                                                                 \
  "uxth     r11, r7\n"                                                                                                 \
  "ldrsb    r8, [r1, r8]\n"                                                                                            \
  "ldrsb    r9, [r1, r9]\n"                                                                                            \
  "ldrsb    r10, [r1, r10]\n"                                                                                          \
  "ldrsb    r11, [r1, r11]\n"                                                                                          \
  "smlabt   r3, r8, r4, r3\n"                                                                                          \
  "smlabt   r3, r9, r5, r3\n"                                                                                          \
  "smlabt   r3, r10, r6, r3\n"                                                                                         \
  "smlabt   r3, r11, r7, r3\n"                                                                                         \
  "cmp      r0, r2\n"
#endif

/* All filters: r0 packed, r1 elements, r2 end of the filter's words, r3 accumulator, r4..r7 words, r8..r11 elements,
 * r12 word_bytes, lr out. */
TINYC_ASSEMBLY void multiply(TINYC_IN_REGISTER const int8_t *packed, TINYC_IN_REGISTER const int8_t *elements,
                             TINYC_IN_REGISTER int8_t *out, TINYC_IN_REGISTER const Frame *frame) {
  __asm__("push     {r3-r11, lr}\n"
          "mov      lr, r2\n"
          "ldr      r12, [r3]\n"
          "1:\n"
          "ldr      r3, [r0], #4\n"
          "add      r2, r0, r12\n"
          "2:\n" FOUR_WEIGHTS "bne      2b\n"
          "ldr      r5, [sp]\n"
          "ldr      r4, [r0], #4\n"
          "ldrd     r6, r7, [r5, #4]\n"
          "ldr      r8, [r5, #12]\n"
          "lsl      r3, r3, r8\n"
          "smmlar   r3, r3, r4, r7\n"
          "cmp      r0, r6\n"
          "ssat     r3, #8, r3\n"
          "strb     r3, [lr], #1\n"
          "bne      1b\n"
          "pop      {r3-r11, pc}\n");
}

void tinyc_fully_connected_1of4_s8_s8_armv7e_m(const tinyc_fully_connected_s8_params *params, const int8_t *input,
                                               const int8_t *weights, const int32_t *bias, const int32_t *multipliers,
                                               int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  (void)scratch;
  int32_t inputs = params->inputs, outputs = params->outputs;
  int32_t word_bytes = 4 * (int32_t)tinyc_sparse_fully_connected_words(inputs);
  Frame frame = {word_bytes, weights + outputs * (8 + word_bytes), params->output.zero_point,
                 tinyc_left_shift(&params->output)};
  for (int32_t row = row_begin; row < row_end; row++)
    multiply(weights, input + row * inputs, output + row * outputs, &frame);
  if (!tinyc_is_wide_clamp(&params->output))
    tinyc_clamp_s8(&params->output, output + row_begin * outputs, (row_end - row_begin) * outputs);
}
