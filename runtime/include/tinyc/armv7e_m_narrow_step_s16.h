/* tinyc/armv7e_m_narrow_step_s16.h - two elements of each pixel times the weights of two filters, for weights of less than 8 bits
 * (tinyc/armv7e_m_pairs_s16.h). A kernel defines before: MASK, what of a word are the weights of two elements and one filter; SHIFT,
 * which brings those of the next filter there. `next` is SHIFT, or LOAD of the next word. 52 and 40 bytes. */
#ifndef TINYC_ARMV7E_M_NARROW_STEP_S16_H
#define TINYC_ARMV7E_M_NARROW_STEP_S16_H

#define LOAD "ldr.w    r9, [r12], #4\n"
#if TINYC_DUAL_ISSUE
#define ELEMENTS3(next)                    \
  "and      r10, r9, " MASK "\n"           \
  "ldr.w    r8, [lr, r11, lsl #1]\n"       \
  "smlad    r0, r6, r10, r0\n"             \
  SHIFT                                    \
  "smlad    r2, r7, r10, r2\n"             \
  "smlad    r4, r8, r10, r4\n"             \
  "and      r10, r9, " MASK "\n"           \
  next                                     \
  "smlad    r1, r6, r10, r1\n"             \
  "ldr.w    r6, [lr, #4]!\n"               \
  "smlad    r3, r7, r10, r3\n"             \
  "ldr.w    r7, [lr, r11]\n"               \
  "smlad    r5, r8, r10, r5\n"
#else
#define ELEMENTS3(next)                    \
  "and      r10, r9, " MASK "\n"           \
  "smlad    r0, r6, r10, r0\n"             \
  "smlad    r2, r7, r10, r2\n"             \
  "smlad    r4, r8, r10, r4\n"             \
  SHIFT                                    \
  "and      r10, r9, " MASK "\n"           \
  "smlad    r1, r6, r10, r1\n"             \
  "smlad    r3, r7, r10, r3\n"             \
  "smlad    r5, r8, r10, r5\n"             \
  "ldr.w    r6, [lr, #4]!\n"               \
  "ldr.w    r7, [lr, r11]\n"               \
  "ldr.w    r8, [lr, r11, lsl #1]\n"       \
  next
#endif
#define ELEMENTS2(next)                    \
  "and      r10, r9, " MASK "\n"           \
  SHIFT                                    \
  "smlad    r0, r6, r10, r0\n"             \
  "smlad    r2, r7, r10, r2\n"             \
  "and      r10, r9, " MASK "\n"           \
  next                                     \
  "smlad    r1, r6, r10, r1\n"             \
  "ldr.w    r6, [lr, #4]!\n"               \
  "smlad    r3, r7, r10, r3\n"             \
  "ldr.w    r7, [lr, r11]\n"

#endif /* TINYC_ARMV7E_M_NARROW_STEP_S16_H */
