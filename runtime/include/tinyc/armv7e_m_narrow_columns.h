/* tinyc/armv7e_m_narrow_columns.h - conv2d of Armv7E-M with weights of less than 8 bits, for one kernel that defines before how these
 * are multiplied (tinyc/layouts.h):
 *   STEP_WORDS           words of elements that a word of weights belongs to: 2 or 4
 *   STEP3, STEP3_BYTES   a word of weights times three pixels, and the bytes of that code, as a string; all instructions are wide
 *   STEP2, STEP2_BYTES   the same with two pixels
 *   START                the sums start with START times the sum of the elements
 *   BEGIN_SUMS           sets r0..r5: r0 is the bias of low, r5, r2, r4 are what the sums of pixels 0, 1, 2 start with
 *   HIGH(high, low)      what takes low out of high, whose sum is then in the bits from HIGH_BIT on
 * In STEP3 and STEP2 r0..r5 are the accumulators low, high of pixels 0, 1, 2; r6..r8 two elements of each; r9 the weights, r10 those of
 * two elements unpacked; r11 shift, r12 weights, lr elements of pixel 0. */
#ifndef TINYC_ARMV7E_M_NARROW_COLUMNS_H
#define TINYC_ARMV7E_M_NARROW_COLUMNS_H

#include "tinyc/armv7e_m_columns.h"

/* What multiply3 and multiply2 read; the offsets are written in them as numbers. */
typedef struct Product {
  tinyc_columns_block block; /* its words are those of weights */
  int32_t starts[3];         /* 24: START times the sum of each pixel's elements */
} Product;

#define REPEAT4(step) step step step step
#if STEP_WORDS == 2
#define ROUND(step) REPEAT4(REPEAT4(step)) /* 16 */
#define ROUND_LESS_1 "15"
#define STEP_SHIFT "3"
#else
#define ROUND(step) REPEAT4(step step) /* 8 */
#define ROUND_LESS_1 "7"
#define STEP_SHIFT "4"
#endif

/* Frame: 0 out, 4 end of the weights, 8 pixel, 12 zero point, 16 entry into the first round of steps, 20 elements,
 * 24 their end, 28 starts. The loads of the last step read the multiplier of low and one word behind each window. */
#define ENTER(bytes_per_step)              \
  "push     {r4-r11, lr}\n"                \
  "sub      sp, sp, #44\n"                 \
  "mov      r12, r0\n"                     \
  "ldrd     r4, r5, [r3, #24]\n"           \
  "ldr      r6, [r3, #32]\n"               \
  "strd     r4, r5, [sp, #28]\n"           \
  "str      r6, [sp, #36]\n"               \
  "ldr      r11, [r3, #0]\n"               \
  "ldrd     r4, r5, [r3, #4]\n"            \
  "ldrd     r6, r7, [r3, #12]\n"           \
  "strd     r2, r5, [sp, #0]\n"            \
  "strd     r7, r6, [sp, #8]\n"            \
  "add      r8, r1, r4, lsl #" STEP_SHIFT "\n" \
  "rsb      r4, r4, #0\n"                  \
  "and      r4, r4, #" ROUND_LESS_1 "\n"   \
  "mov      r5, #" bytes_per_step "\n"     \
  "adr.w    r6, 2f\n"                      \
  "mla      r4, r4, r5, r6\n"              \
  "orr      r4, r4, #1\n"                  \
  "strd     r4, r1, [sp, #16]\n"           \
  "str      r8, [sp, #24]\n"               \
  "1:\n"                                   \
  "ldrd     r10, lr, [sp, #16]\n"          \
  "ldrd     r0, r9, [r12], #8\n"           \
  "ldr.w    r6, [lr]\n"                    \
  "ldr.w    r7, [lr, r11]\n"               \
  "ldrd     r2, r4, [sp, #32]\n"           \
  "ldr      r5, [sp, #28]\n"               \
  BEGIN_SUMS

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
  "add      sp, sp, #44\n"                 \
  "pop      {r4-r11, pc}\n"

/* Three pixels; out has two bytes for each pair of filters and pixel. */
TINYC_ASSEMBLY void multiply3(TINYC_IN_REGISTER const int8_t *packed, TINYC_IN_REGISTER const int16_t *elements,
                              TINYC_IN_REGISTER int8_t *out, TINYC_IN_REGISTER const Product *product) {
  __asm__(ENTER(STEP3_BYTES)
          "ldr.w    r8, [lr, r11, lsl #1]\n"
          ROUNDS(ROUND(STEP3))
          HIGH("r1", "r0")
          "smmlar   r0, r0, r9, lr\n"
          HIGH("r3", "r2")
          "smmlar   r2, r2, r9, lr\n"
          HIGH("r5", "r4")
          "smmlar   r4, r4, r9, lr\n"
          "add.w    r1, r6, r1, asr #" HIGH_BIT "\n"
          "ldr      r8, [sp, #0]\n"
          "add.w    r3, r6, r3, asr #" HIGH_BIT "\n"
          "smmlar   r1, r1, r10, lr\n"
          "add.w    r5, r6, r5, asr #" HIGH_BIT "\n"
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
                              TINYC_IN_REGISTER int8_t *out, TINYC_IN_REGISTER const Product *product) {
  __asm__(ENTER(STEP2_BYTES)
          ROUNDS(ROUND(STEP2))
          HIGH("r1", "r0")
          "smmlar   r0, r0, r9, lr\n"
          HIGH("r3", "r2")
          "smmlar   r2, r2, r9, lr\n"
          "add.w    r1, r6, r1, asr #" HIGH_BIT "\n"
          "ldr      r8, [sp, #0]\n"
          "add.w    r3, r6, r3, asr #" HIGH_BIT "\n"
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

/* starts[i] = START * the sum of the elements of window i that have weights, for two or three windows. */
static void addElements(const int16_t *elements, const tinyc_columns_block *block, int32_t pixels, int32_t *starts) {
  const uint32_t *x0 = (const uint32_t *)(const void *)elements, *end = x0 + STEP_WORDS * block->words;
  const uint32_t *x1 = x0 + block->shift / 4, *x2 = pixels == 3 ? x1 + block->shift / 4 : x1;
  int32_t sum0 = 0, sum1 = 0, sum2 = 0;
  for (uint32_t factor = ((uint32_t)(START) & 0xffffu) * 0x10001u; x0 != end; x0 += 2, x1 += 2, x2 += 2) {
    sum0 = tinyc_dual_multiply_add(x0[1], factor, tinyc_dual_multiply_add(x0[0], factor, sum0));
    sum1 = tinyc_dual_multiply_add(x1[1], factor, tinyc_dual_multiply_add(x1[0], factor, sum1));
    sum2 = tinyc_dual_multiply_add(x2[1], factor, tinyc_dual_multiply_add(x2[0], factor, sum2));
  }
  starts[0] = sum0;
  starts[1] = sum1;
  starts[2] = sum2;
}

/* All filters of `pixels` (1 to 3) neighbouring pixels. */
static void multiply(const int8_t *packed, const int16_t *elements, int8_t *out, tinyc_columns_block *block,
                     int32_t pixels, int32_t filters) {
  void (*kernel)(const int8_t *, const int16_t *, int8_t *, const Product *) = pixels == 3 ? multiply3 : multiply2;
  Product product;
  product.block = *block;
  product.block.words = (block->words + STEP_WORDS - 1) / STEP_WORDS;
  addElements(elements, &product.block, pixels, product.starts);
  if (pixels > 1 && filters > 1)
    kernel(packed, elements, out, &product);
  if (pixels > 1 && (filters & 1) == 0)
    return;
  /* A single pixel, or the last filter alone, through a buffer: these have no partner to be stored with. */
  product.block.pixel = 2;
  int32_t o = pixels > 1 ? filters - 1 : 0;
  for (packed += o / 2 * block->pair_bytes; o < filters; o += 2, packed += block->pair_bytes) {
    int8_t pair[6];
    product.block.end = packed + block->pair_bytes;
    kernel(packed, elements, pair, &product);
    for (int32_t pixel = 0; pixel < pixels; pixel++) {
      out[pixel * (int32_t)block->pixel + o] = pair[2 * pixel];
      if (o + 1 < filters)
        out[pixel * (int32_t)block->pixel + o + 1] = pair[2 * pixel + 1];
    }
  }
}

#endif /* TINYC_ARMV7E_M_NARROW_COLUMNS_H */
