/* conv2d int8 for Armv7E-M: windows of three neighbouring pixels times pairs of filters (tinyc/layouts.h).
 *
 * One word of weights holds two halfwords 256 * high + low, for two elements. SMLAD with the word adds 256 * S(high) +
 * S(low), SMLAD with its SXTB16 adds S(low): one unpacking instruction for four weights. For two elements a block of
 * three pixels and two filters takes 6 SMLAD, 1 SXTB16 and 4 loads: a Cortex-M7 pairs every other instruction with an
 * SMLAD (6 cycles for 12 products), a Cortex-M4 pipelines the loads (12 cycles). */
#include "tinyc/armv7e_m_columns.h"
#include "tinyc/kernel_functions.h"

/* r0..r5 are the accumulators low, high of pixels 0, 1, 2; r6..r8 their elements; r9 the weights, r10 the same unpacked;
 * r11 shift, r12 weights, lr elements of pixel 0. All instructions are wide: a step is 44 bytes. */
#if TINYC_DUAL_ISSUE
#define STEP3                              \
  "sxtb16   r10, r9\n"                     \
  "smlad    r1, r6, r9, r1\n"              \
  "smlad    r0, r6, r10, r0\n"             \
  "ldr.w    r8, [lr, r11, lsl #1]\n"       \
  "ldr.w    r6, [lr, #4]!\n"               \
  "smlad    r3, r7, r9, r3\n"              \
  "smlad    r5, r8, r9, r5\n"              \
  "smlad    r2, r7, r10, r2\n"             \
  "ldr.w    r9, [r12], #4\n"               \
  "ldr.w    r7, [lr, r11]\n"               \
  "smlad    r4, r8, r10, r4\n"
#else
#define STEP3                              \
  "sxtb16   r10, r9\n"                     \
  "smlad    r1, r6, r9, r1\n"              \
  "smlad    r0, r6, r10, r0\n"             \
  "smlad    r3, r7, r9, r3\n"              \
  "smlad    r2, r7, r10, r2\n"             \
  "smlad    r5, r8, r9, r5\n"              \
  "smlad    r4, r8, r10, r4\n"             \
  "ldr.w    r6, [lr, #4]!\n"               \
  "ldr.w    r7, [lr, r11]\n"               \
  "ldr.w    r8, [lr, r11, lsl #1]\n"       \
  "ldr.w    r9, [r12], #4\n"
#endif

/* The same for two pixels, 32 bytes. */
#if TINYC_DUAL_ISSUE
#define STEP2                              \
  "sxtb16   r10, r9\n"                     \
  "smlad    r1, r6, r9, r1\n"              \
  "smlad    r3, r7, r9, r3\n"              \
  "ldr.w    r9, [r12], #4\n"               \
  "smlad    r0, r6, r10, r0\n"             \
  "ldr.w    r6, [lr, #4]!\n"               \
  "smlad    r2, r7, r10, r2\n"             \
  "ldr.w    r7, [lr, r11]\n"
#else
#define STEP2                              \
  "sxtb16   r10, r9\n"                     \
  "smlad    r1, r6, r9, r1\n"              \
  "smlad    r3, r7, r9, r3\n"              \
  "smlad    r0, r6, r10, r0\n"             \
  "smlad    r2, r7, r10, r2\n"             \
  "ldr.w    r6, [lr, #4]!\n"               \
  "ldr.w    r7, [lr, r11]\n"               \
  "ldr.w    r9, [r12], #4\n"
#endif

#define REPEAT4(step) step step step step
#define REPEAT16(step) REPEAT4(REPEAT4(step))
#define REPEAT32(step) REPEAT16(step) REPEAT16(step)

/* Frame: 0 out, 4 end of the weights, 8 pixel, 12 zero point, 16 entry into the first round of steps, 20 elements,
 * 24 their end. Rounds are long because their end is predicted badly where there are few. The loads of the last step read the multiplier of low and one element behind each window. */
#define ENTER(bytes_per_step, round)       \
  "push     {r4-r11, lr}\n"                \
  "sub      sp, sp, #28\n"                 \
  "mov      r12, r0\n"                     \
  "ldr      r11, [r3, #0]\n"               \
  "ldrd     r4, r5, [r3, #4]\n"            \
  "ldrd     r6, r7, [r3, #12]\n"           \
  "strd     r2, r5, [sp, #0]\n"            \
  "strd     r7, r6, [sp, #8]\n"            \
  "add      r8, r1, r4, lsl #2\n"          \
  "rsb      r4, r4, #0\n"                  \
  "and      r4, r4, #" #round " - 1\n"      \
  "mov      r5, #" #bytes_per_step "\n"    \
  "adr.w    r6, 2f\n"                      \
  "mla      r4, r4, r5, r6\n"              \
  "orr      r4, r4, #1\n"                  \
  "strd     r4, r1, [sp, #16]\n"           \
  "str      r8, [sp, #24]\n"               \
  "1:\n"                                   \
  "ldrd     r10, lr, [sp, #16]\n"          \
  "ldrd     r0, r9, [r12], #8\n"           \
  "ldr.w    r6, [lr]\n"                    \
  "mov      r1, r0\n"                      \
  "ldr.w    r7, [lr, r11]\n"               \
  "mov      r2, r0\n"                      \
  "mov      r3, r0\n"

#define ROUNDS(steps)                      \
  "bx       r10\n"                         \
  ".balign  4\n"                           \
  "2:\n" steps                             \
  "ldr.w    r10, [sp, #24]\n"              \
  "cmp      lr, r10\n"                     \
  "bne.w    2b\n"                          \
  "ldrd     r10, r6, [r12], #8\n"          \
  "ldrd     r7, lr, [sp, #8]\n"

#define LEAVE                              \
  "str      r8, [sp, #0]\n"                \
  "cmp      r12, r6\n"                     \
  "bne.w    1b\n"                          \
  "add      sp, sp, #28\n"                 \
  "pop      {r4-r11, pc}\n"

/* Three pixels; out has two bytes for each pair of filters and pixel. */
TINYC_ASSEMBLY void multiply3(TINYC_IN_REGISTER const int8_t *packed, TINYC_IN_REGISTER const int16_t *elements,
                              TINYC_IN_REGISTER int8_t *out, TINYC_IN_REGISTER const tinyc_columns_block *block) {
  __asm__(ENTER(44, 32)
          "mov      r4, r0\n"
          "mov      r5, r0\n"
          "ldr.w    r8, [lr, r11, lsl #1]\n"
          ROUNDS(REPEAT32(STEP3))
          "sub.w    r1, r1, r0\n"
          "smmlar   r0, r0, r9, lr\n"
          "sub.w    r3, r3, r2\n"
          "smmlar   r2, r2, r9, lr\n"
          "sub.w    r5, r5, r4\n"
          "smmlar   r4, r4, r9, lr\n"
          "add.w    r1, r6, r1, asr #8\n"
          "ldr      r8, [sp, #0]\n"
          "add.w    r3, r6, r3, asr #8\n"
          "smmlar   r1, r1, r10, lr\n"
          "add.w    r5, r6, r5, asr #8\n"
          "smmlar   r3, r3, r10, lr\n"
          "ssat     r2, #8, r2\n"
          "smmlar   r5, r5, r10, lr\n"
          "ssat     r4, #8, r4\n"
          "strb     r2, [r8, r7]\n"
          "ssat     r0, #8, r0\n"
          "strb     r4, [r8, r7, lsl #1]\n"
          "ssat     r3, #8, r3\n"
          "strb     r0, [r8], #1\n"
          "ssat     r5, #8, r5\n"
          "strb     r3, [r8, r7]\n"
          "ssat     r1, #8, r1\n"
          "ldr      r6, [sp, #4]\n"
          "strb     r5, [r8, r7, lsl #1]\n"
          "strb     r1, [r8], #1\n"
          LEAVE);
}

/* Two pixels. */
TINYC_ASSEMBLY void multiply2(TINYC_IN_REGISTER const int8_t *packed, TINYC_IN_REGISTER const int16_t *elements,
                              TINYC_IN_REGISTER int8_t *out, TINYC_IN_REGISTER const tinyc_columns_block *block) {
  __asm__(ENTER(32, 32)
          ROUNDS(REPEAT32(STEP2))
          "sub.w    r1, r1, r0\n"
          "smmlar   r0, r0, r9, lr\n"
          "sub.w    r3, r3, r2\n"
          "smmlar   r2, r2, r9, lr\n"
          "add.w    r1, r6, r1, asr #8\n"
          "ldr      r8, [sp, #0]\n"
          "add.w    r3, r6, r3, asr #8\n"
          "smmlar   r1, r1, r10, lr\n"
          "ssat     r2, #8, r2\n"
          "smmlar   r3, r3, r10, lr\n"
          "ssat     r0, #8, r0\n"
          "strb     r2, [r8, r7]\n"
          "ssat     r3, #8, r3\n"
          "strb     r0, [r8], #1\n"
          "ssat     r1, #8, r1\n"
          "ldr      r6, [sp, #4]\n"
          "strb     r3, [r8, r7]\n"
          "strb     r1, [r8], #1\n"
          LEAVE);
}

/* All filters of `pixels` (1 to 3) neighbouring pixels. */
static void multiply(const int8_t *packed, const int16_t *elements, int8_t *out, tinyc_columns_block *block, int32_t pixels,
                     int32_t filters) {
  void (*kernel)(const int8_t *, const int16_t *, int8_t *, const tinyc_columns_block *) = pixels == 3 ? multiply3 : multiply2;
  if (pixels > 1 && filters > 1)
    kernel(packed, elements, out, block);
  if (pixels > 1 && (filters & 1) == 0)
    return;
  /* A single pixel, or the last filter alone, through a buffer: these have no partner to be stored with. */
  tinyc_columns_block single = {block->shift, block->words, NULL, block->zero_point, 2, block->pair_bytes};
  int32_t o = pixels > 1 ? filters - 1 : 0;
  for (packed += o / 2 * block->pair_bytes; o < filters; o += 2, packed += block->pair_bytes) {
    int8_t pair[6];
    single.end = packed + block->pair_bytes;
    kernel(packed, elements, pair, &single);
    for (int32_t pixel = 0; pixel < pixels; pixel++) {
      out[pixel * (int32_t)block->pixel + o] = pair[2 * pixel];
      if (o + 1 < filters)
        out[pixel * (int32_t)block->pixel + o + 1] = pair[2 * pixel + 1];
    }
  }
}

void tinyc_conv2d_columns_s8_s8_armv7e_m(const tinyc_conv2d_s8_params *params, const int8_t *input,
                                         const int8_t *weights, const int32_t *bias, const int32_t *multipliers,
                                         int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  const tinyc_window *window = &params->window;
  int32_t column = (window->kernel_height * (window->input_channels / params->groups) + 1) & ~1;
  tinyc_convolve_columns(params, input, weights, 16 + 2 * window->kernel_width * column, output, scratch, row_begin,
                         row_end, multiply);
}
