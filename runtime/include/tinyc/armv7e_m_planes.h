/* tinyc/armv7e_m_planes.h - the products of depthwise conv2d on planes of one channel (tinyc/layouts.h) for Armv7E-M.
 *
 * Pairs of rows as words make every product a SMLAD of two input rows: 36 of them for the 54 products of a block with a
 * 3x3 kernel. Along a kernel row the three words in registers slide by one load. On a Cortex-M7 every load pairs with an
 * SMLAD (6 cycles per kernel column), on a Cortex-M4 the loads pipeline (10 cycles). */
#ifndef TINYC_ARMV7E_M_PLANES_H
#define TINYC_ARMV7E_M_PLANES_H

#include "tinyc/armv7e_m.h"

/* A column of blocks; the offsets are written in the assembly as numbers. */
typedef struct tinyc_planes_task {
  int32_t bias;            /* 0 */
  const uint32_t *weights; /* 4 */
  int8_t *out;             /* 8 */
  int32_t blocks;          /* 12: one below the other, at least 1 */
  int32_t multiplier;      /* 16 */
  int32_t zero_point;      /* 20 */
  int32_t pixel;           /* 24: bytes between neighbouring pixels of the output */
  int32_t row;             /* 28: between the two rows of a block; with 0 the upper row is written last */
  int32_t step;            /* 32: between blocks */
  const uint32_t *end;     /* 36: of the weights, plus two words */
  int32_t kernel_width;    /* 40: 3, 5 or 7 */
  int32_t rewind;          /* 44: bytes from behind a block's rows of words back to the next block's first */
  int32_t last_row;        /* 48: `row` of the last block */
} tinyc_planes_task;

/* r0..r2 accumulators of the upper row, r3..r5 of the lower; r6..r8 words of the strip, in turns; r9, r10 weights of the
 * upper and lower row; r11 bytes of a row of words, r12 weights, lr strip. */
#if TINYC_DUAL_ISSUE
#define TINYC_PLANES_STEP(v0, v1, v2, load)             \
  "smlad    r0, " v0 ", r9, r0\n"          \
  "smlad    r1, " v1 ", r9, r1\n"          \
  "smlad    r2, " v2 ", r9, r2\n"          \
  "smlad    r3, " v0 ", r10, r3\n"         \
  load                                     \
  "ldr.w    r9, [r12], #4\n"               \
  "smlad    r4, " v1 ", r10, r4\n"         \
  "smlad    r5, " v2 ", r10, r5\n"         \
  "ldr.w    r10, [r12], #4\n"
#else
#define TINYC_PLANES_STEP(v0, v1, v2, load)             \
  "smlad    r0, " v0 ", r9, r0\n"          \
  "smlad    r1, " v1 ", r9, r1\n"          \
  "smlad    r2, " v2 ", r9, r2\n"          \
  "smlad    r3, " v0 ", r10, r3\n"         \
  "smlad    r4, " v1 ", r10, r4\n"         \
  "smlad    r5, " v2 ", r10, r5\n"         \
  load                                     \
  "ldr.w    r9, [r12], #8\n"               \
  "ldr      r10, [r12, #-4]\n"
#endif

#define TINYC_PLANES_ENTER                              \
  "push     {r4-r11, lr}\n"                \
  "mov      lr, r1\n"                      \
  "mov      r11, r2\n"                     \
  "ldr      r3, [r0, #48]\n"               \
  "push     {r3}\n"                        \
  "ldm.w    r0, {r0-r10, r12}\n"           \
  "push     {r0-r10, r12}\n"

#define TINYC_PLANES_BEGIN_BLOCK                        \
  "1:\n"                                   \
  "ldrd     r0, r12, [sp, #0]\n"           \
  "mov      r1, r0\n"                      \
  "mov      r2, r0\n"                      \
  "ldrd     r9, r10, [r12], #8\n"          \
  "mov      r3, r0\n"                      \
  "mov      r4, r0\n"                      \
  "mov      r5, r0\n"

#define TINYC_PLANES_END_BLOCK                          \
  "ldrd     r9, r10, [sp, #16]\n"          \
  "ldrd     r7, r12, [sp, #24]\n"          \
  "ldrd     r8, r6, [sp, #8]\n"            \
  "cmp      r6, #1\n"                      \
  "it       eq\n"                          \
  "ldreq    r12, [sp, #48]\n"              \
  "smmlar   r3, r3, r9, r10\n"             \
  "smmlar   r4, r4, r9, r10\n"             \
  "add      r12, r8, r12\n"                \
  "smmlar   r5, r5, r9, r10\n"             \
  "ssat     r3, #8, r3\n"                  \
  "smmlar   r0, r0, r9, r10\n"             \
  "ssat     r4, #8, r4\n"                  \
  "smmlar   r1, r1, r9, r10\n"             \
  "ssat     r5, #8, r5\n"                  \
  "smmlar   r2, r2, r9, r10\n"             \
  "ldr      r9, [sp, #32]\n"               \
  "strb     r3, [r12]\n"                   \
  "ssat     r0, #8, r0\n"                  \
  "strb     r4, [r12, r7]\n"               \
  "ssat     r1, #8, r1\n"                  \
  "strb     r5, [r12, r7, lsl #1]\n"       \
  "ssat     r2, #8, r2\n"                  \
  "strb     r0, [r8]\n"                    \
  "strb     r1, [r8, r7]\n"                \
  "strb     r2, [r8, r7, lsl #1]\n"        \
  "add      r8, r8, r9\n"                  \
  "subs     r6, r6, #1\n"                  \
  "strd     r8, r6, [sp, #8]\n"            \
  "bne.w    1b\n"                          \
  "add      sp, sp, #52\n"                 \
  "pop      {r4-r11, pc}\n"

/* Leaves the row of words after 3 or 5 steps, or goes on to 7; then the next row. */
#define TINYC_PLANES_KERNEL_ROW(step, loads)            \
  "2:\n"                                   \
  "ldr      r6, [sp, #40]\n"               \
  "cmp      r6, #5\n"                      \
  loads                                    \
  step(0) step(1) step(2)                  \
  "blt.w    3f\n"                          \
  step(3) step(4)                          \
  "beq.w    3f\n"                          \
  step(5) step(6)                          \
  "3:\n"                                   \
  "ldr      r6, [sp, #36]\n"               \
  "add      lr, lr, r11\n"                 \
  "cmp      r12, r6\n"                     \
  "bne.w    2b\n"                          \
  "ldr      r6, [sp, #44]\n"               \
  "sub      lr, lr, r6\n"

#define TINYC_PLANES_STRIDE1_0 TINYC_PLANES_STEP("r6", "r7", "r8", "ldr.w r6, [lr, #12]\n")
#define TINYC_PLANES_STRIDE1_1 TINYC_PLANES_STEP("r7", "r8", "r6", "ldr.w r7, [lr, #16]\n")
#define TINYC_PLANES_STRIDE1_2 TINYC_PLANES_STEP("r8", "r6", "r7", "ldr.w r8, [lr, #20]\n")
#define TINYC_PLANES_STRIDE1_3 TINYC_PLANES_STEP("r6", "r7", "r8", "ldr.w r6, [lr, #24]\n")
#define TINYC_PLANES_STRIDE1_4 TINYC_PLANES_STEP("r7", "r8", "r6", "ldr.w r7, [lr, #28]\n")
#define TINYC_PLANES_STRIDE1_5 TINYC_PLANES_STEP("r8", "r6", "r7", "ldr.w r8, [lr, #32]\n")
#define TINYC_PLANES_STRIDE1_6 TINYC_PLANES_STEP("r6", "r7", "r8", "ldr.w r6, [lr, #36]\n")
#define TINYC_PLANES_STRIDE1(i) TINYC_PLANES_STRIDE1_##i

TINYC_ASSEMBLY void tinyc_planes_stride_1(TINYC_IN_REGISTER const tinyc_planes_task *task, TINYC_IN_REGISTER const uint32_t *strip,
                                   TINYC_IN_REGISTER int32_t pitch) {
  __asm__(TINYC_PLANES_ENTER TINYC_PLANES_BEGIN_BLOCK
          TINYC_PLANES_KERNEL_ROW(TINYC_PLANES_STRIDE1, "ldr.w r6, [lr]\n" "ldr.w r7, [lr, #4]\n" "ldr.w r8, [lr, #8]\n")
          TINYC_PLANES_END_BLOCK);
}

/* Here the words of the three columns lie two apart, and all three are loaded for each kernel column. */
#if TINYC_DUAL_ISSUE
#define TINYC_PLANES_STEP_STRIDE2(x0, x1, x2)           \
  "smlad    r0, r6, r9, r0\n"              \
  "smlad    r3, r6, r10, r3\n"             \
  "smlad    r1, r7, r9, r1\n"              \
  "ldr.w    r6, [lr, #" x0 "]\n"           \
  "smlad    r4, r7, r10, r4\n"             \
  "smlad    r2, r8, r9, r2\n"              \
  "ldr.w    r7, [lr, #" x1 "]\n"           \
  "ldr.w    r9, [r12], #4\n"               \
  "smlad    r5, r8, r10, r5\n"             \
  "ldr.w    r8, [lr, #" x2 "]\n"           \
  "ldr.w    r10, [r12], #4\n"
#else
#define TINYC_PLANES_STEP_STRIDE2(x0, x1, x2)           \
  "smlad    r0, r6, r9, r0\n"              \
  "smlad    r1, r7, r9, r1\n"              \
  "smlad    r2, r8, r9, r2\n"              \
  "smlad    r3, r6, r10, r3\n"             \
  "smlad    r4, r7, r10, r4\n"             \
  "smlad    r5, r8, r10, r5\n"             \
  "ldr.w    r6, [lr, #" x0 "]\n"           \
  "ldr.w    r7, [lr, #" x1 "]\n"           \
  "ldr.w    r8, [lr, #" x2 "]\n"           \
  "ldr.w    r9, [r12], #8\n"               \
  "ldr      r10, [r12, #-4]\n"
#endif

#define TINYC_PLANES_STRIDE2_0 TINYC_PLANES_STEP_STRIDE2("4", "12", "20")
#define TINYC_PLANES_STRIDE2_1 TINYC_PLANES_STEP_STRIDE2("8", "16", "24")
#define TINYC_PLANES_STRIDE2_2 TINYC_PLANES_STEP_STRIDE2("12", "20", "28")
#define TINYC_PLANES_STRIDE2_3 TINYC_PLANES_STEP_STRIDE2("16", "24", "32")
#define TINYC_PLANES_STRIDE2_4 TINYC_PLANES_STEP_STRIDE2("20", "28", "36")
#define TINYC_PLANES_STRIDE2_5 TINYC_PLANES_STEP_STRIDE2("24", "32", "40")
#define TINYC_PLANES_STRIDE2_6 TINYC_PLANES_STEP_STRIDE2("28", "36", "44")
#define TINYC_PLANES_STRIDE2(i) TINYC_PLANES_STRIDE2_##i

TINYC_ASSEMBLY void tinyc_planes_stride_2(TINYC_IN_REGISTER const tinyc_planes_task *task, TINYC_IN_REGISTER const uint32_t *strip,
                                   TINYC_IN_REGISTER int32_t pitch) {
  __asm__(TINYC_PLANES_ENTER TINYC_PLANES_BEGIN_BLOCK
          TINYC_PLANES_KERNEL_ROW(TINYC_PLANES_STRIDE2, "ldr.w r6, [lr]\n" "ldr.w r7, [lr, #8]\n" "ldr.w r8, [lr, #16]\n")
          TINYC_PLANES_END_BLOCK);
}

/* A single output row, five columns at a time: r0..r4 accumulators; r5..r9 words of the strip; r10, r11 weights in turns;
 * r12 weights (those of the lower row are passed over), lr strip. Loads are spread over the products for both cores: each
 * step has one or five of them beside that of a weight. */
#define TINYC_PLANES_ROW_STEP(v0, v1, v2, v3, v4, w, next, load) \
  "smlad    r0, " v0 ", " w ", r0\n"       \
  load                                     \
  "smlad    r1, " v1 ", " w ", r1\n"       \
  "ldr.w    " next ", [r12], #8\n"         \
  "smlad    r2, " v2 ", " w ", r2\n"       \
  "smlad    r3, " v3 ", " w ", r3\n"       \
  "smlad    r4, " v4 ", " w ", r4\n"
#define TINYC_PLANES_ROW_STRIDE1_0 TINYC_PLANES_ROW_STEP("r5", "r6", "r7", "r8", "r9", "r10", "r11", "ldr.w r5, [lr, #20]\n")
#define TINYC_PLANES_ROW_STRIDE1_1 TINYC_PLANES_ROW_STEP("r6", "r7", "r8", "r9", "r5", "r11", "r10", "ldr.w r6, [lr, #24]\n")
#define TINYC_PLANES_ROW_STRIDE1_2 TINYC_PLANES_ROW_STEP("r7", "r8", "r9", "r5", "r6", "r10", "r11", "ldr.w r7, [lr, #28]\n")
#define TINYC_PLANES_ROW_STRIDE1_3 TINYC_PLANES_ROW_STEP("r8", "r9", "r5", "r6", "r7", "r11", "r10", "ldr.w r8, [lr, #32]\n")
#define TINYC_PLANES_ROW_STRIDE1_4 TINYC_PLANES_ROW_STEP("r9", "r5", "r6", "r7", "r8", "r10", "r11", "ldr.w r9, [lr, #36]\n")
#define TINYC_PLANES_ROW_STRIDE1_5 TINYC_PLANES_ROW_STEP("r5", "r6", "r7", "r8", "r9", "r11", "r10", "ldr.w r5, [lr, #40]\n")
#define TINYC_PLANES_ROW_STRIDE1_6 TINYC_PLANES_ROW_STEP("r6", "r7", "r8", "r9", "r5", "r10", "r11", "ldr.w r6, [lr, #44]\n")
#define TINYC_PLANES_ROW_STRIDE1(i) TINYC_PLANES_ROW_STRIDE1_##i

#define TINYC_PLANES_ROW_STEP_STRIDE2(w, next, x0, x1, x2, x3, x4) \
  "smlad    r0, r5, " w ", r0\n"           \
  "ldr.w    r5, [lr, #" x0 "]\n"           \
  "smlad    r1, r6, " w ", r1\n"           \
  "ldr.w    r6, [lr, #" x1 "]\n"           \
  "smlad    r2, r7, " w ", r2\n"           \
  "ldr.w    r7, [lr, #" x2 "]\n"           \
  "smlad    r3, r8, " w ", r3\n"           \
  "ldr.w    r8, [lr, #" x3 "]\n"           \
  "smlad    r4, r9, " w ", r4\n"           \
  "ldr.w    r9, [lr, #" x4 "]\n"           \
  "ldr.w    " next ", [r12], #8\n"
#define TINYC_PLANES_ROW_STRIDE2_0 TINYC_PLANES_ROW_STEP_STRIDE2("r10", "r11", "4", "12", "20", "28", "36")
#define TINYC_PLANES_ROW_STRIDE2_1 TINYC_PLANES_ROW_STEP_STRIDE2("r11", "r10", "8", "16", "24", "32", "40")
#define TINYC_PLANES_ROW_STRIDE2_2 TINYC_PLANES_ROW_STEP_STRIDE2("r10", "r11", "12", "20", "28", "36", "44")
#define TINYC_PLANES_ROW_STRIDE2_3 TINYC_PLANES_ROW_STEP_STRIDE2("r11", "r10", "16", "24", "32", "40", "48")
#define TINYC_PLANES_ROW_STRIDE2_4 TINYC_PLANES_ROW_STEP_STRIDE2("r10", "r11", "20", "28", "36", "44", "52")
#define TINYC_PLANES_ROW_STRIDE2_5 TINYC_PLANES_ROW_STEP_STRIDE2("r11", "r10", "24", "32", "40", "48", "56")
#define TINYC_PLANES_ROW_STRIDE2_6 TINYC_PLANES_ROW_STEP_STRIDE2("r10", "r11", "28", "36", "44", "52", "60")
#define TINYC_PLANES_ROW_STRIDE2(i) TINYC_PLANES_ROW_STRIDE2_##i

/* tinyc_planes_task as for two rows, but blocks stand side by side: `step` is between their outputs, `row` between their words, rewind
 * is all of the kernel's rows. After an odd number of steps the next weight is in r11. */
#define TINYC_PLANES_ROW(steps, loads)                  \
  "push     {r4-r11, lr}\n"                \
  "mov      lr, r1\n"                      \
  "mov      r11, r2\n"                     \
  "ldm.w    r0, {r0-r10, r12}\n"           \
  "push     {r0-r12}\n"                    \
  "1:\n"                                   \
  "ldrd     r0, r12, [sp, #0]\n"           \
  "mov      r1, r0\n"                      \
  "ldr      r11, [r12], #8\n"              \
  "mov      r2, r0\n"                      \
  "mov      r3, r0\n"                      \
  "mov      r4, r0\n"                      \
  "2:\n"                                   \
  "ldr      r5, [sp, #40]\n"               \
  "mov      r10, r11\n"                    \
  "cmp      r5, #5\n"                      \
  loads                                    \
  steps(0) steps(1) steps(2)               \
  "blt.w    3f\n"                          \
  steps(3) steps(4)                        \
  "beq.w    3f\n"                          \
  steps(5) steps(6)                        \
  "3:\n"                                   \
  "ldr      r5, [sp, #36]\n"               \
  "ldr      r6, [sp, #44]\n"               \
  "cmp      r12, r5\n"                     \
  "add      lr, lr, r6\n"                  \
  "bne.w    2b\n"                          \
  "ldrd     r9, r10, [sp, #16]\n"          \
  "ldrd     r8, r5, [sp, #8]\n"            \
  "ldrd     r7, r11, [sp, #24]\n"          \
  "smmlar   r0, r0, r9, r10\n"             \
  "ldr      r12, [sp, #48]\n"              \
  "smmlar   r1, r1, r9, r10\n"             \
  "add      r11, r11, lr\n"                \
  "smmlar   r2, r2, r9, r10\n"             \
  "sub      lr, r11, r12\n"                \
  "ssat     r0, #8, r0\n"                  \
  "smmlar   r3, r3, r9, r10\n"             \
  "ssat     r1, #8, r1\n"                  \
  "smmlar   r4, r4, r9, r10\n"             \
  "ssat     r2, #8, r2\n"                  \
  "strb     r0, [r8]\n"                    \
  "ssat     r3, #8, r3\n"                  \
  "strb     r1, [r8, r7]\n"                \
  "ssat     r4, #8, r4\n"                  \
  "add      r6, r8, r7\n"                  \
  "strb     r2, [r8, r7, lsl #1]\n"        \
  "ldr      r9, [sp, #32]\n"               \
  "strb     r3, [r6, r7, lsl #1]\n"        \
  "subs     r5, r5, #1\n"                  \
  "strb     r4, [r8, r7, lsl #2]\n"        \
  "add      r8, r8, r9\n"                  \
  "strd     r8, r5, [sp, #8]\n"            \
  "bne.w    1b\n"                          \
  "add      sp, sp, #52\n"                 \
  "pop      {r4-r11, pc}\n"

TINYC_ASSEMBLY void tinyc_planes_row_stride_1(TINYC_IN_REGISTER const tinyc_planes_task *task, TINYC_IN_REGISTER const uint32_t *strip,
                                      TINYC_IN_REGISTER int32_t pitch) {
  __asm__(TINYC_PLANES_ROW(TINYC_PLANES_ROW_STRIDE1, "ldr.w r5, [lr]\n" "ldr.w r6, [lr, #4]\n" "ldr.w r7, [lr, #8]\n" "ldr.w r8, [lr, #12]\n"
                           "ldr.w r9, [lr, #16]\n"));
}

TINYC_ASSEMBLY void tinyc_planes_row_stride_2(TINYC_IN_REGISTER const tinyc_planes_task *task, TINYC_IN_REGISTER const uint32_t *strip,
                                      TINYC_IN_REGISTER int32_t pitch) {
  __asm__(TINYC_PLANES_ROW(TINYC_PLANES_ROW_STRIDE2, "ldr.w r5, [lr]\n" "ldr.w r6, [lr, #8]\n" "ldr.w r7, [lr, #16]\n" "ldr.w r8, [lr, #24]\n"
                           "ldr.w r9, [lr, #32]\n"));
}

#endif /* TINYC_ARMV7E_M_PLANES_H */
