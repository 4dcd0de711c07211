/* matmul int8 of two activations for Armv7E-M: two rows by four columns at a time.
 *
 * Scratch holds four columns of rhs minus its zero point, as int16: for each four rows k .. k + 3 the pairs (k, k + 2)
 * of the columns, then their pairs (k + 1, k + 3), in the order in which SXTB16 leaves the elements of lhs. For 32
 * products 16 SMLAD, 4 SXTB16 and 12 loads. lhs is taken as it is: its zero point times the sums of the columns is
 * subtracted. Up to three last rows of rhs are multiplied one by one. */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"

/* The first row times columns 0..3, then the second row. */
typedef struct Sums {
  int32_t c[8];
} Sums;

/* Adds the products of `fours` > 0 times four elements of two rows, which are `pitch` bytes apart. */
TINYC_ASSEMBLY void multiply(TINYC_IN_REGISTER const int8_t *lhs, TINYC_IN_REGISTER const uint32_t *columns,
                             TINYC_IN_REGISTER int32_t pitch, TINYC_IN_REGISTER int32_t fours,
                             TINYC_IN_REGISTER Sums *sums) {
  __asm__("push     {r4-r11, lr}\n"
          "add      r3, r0, r3, lsl #2\n"
          "push     {r3}\n"
          "ldr      r12, [sp, #40]\n"
          "ldmia.w  r12, {r4-r11}\n"
          "1:\n"
          "ldr      r12, [r0]\n"
          "ldr      lr, [r0, r2]\n"
          "ldr      r3, [r1], #32\n"
          "sxtb16   r12, r12\n"
          "sxtb16   lr, lr\n"
          "smlad    r4, r12, r3, r4\n"
          "smlad    r8, lr, r3, r8\n"
          "ldr      r3, [r1, #-28]\n"
          "smlad    r5, r12, r3, r5\n"
          "smlad    r9, lr, r3, r9\n"
          "ldr      r3, [r1, #-24]\n"
          "smlad    r6, r12, r3, r6\n"
          "smlad    r10, lr, r3, r10\n"
          "ldr      r3, [r1, #-20]\n"
          "smlad    r7, r12, r3, r7\n"
          "smlad    r11, lr, r3, r11\n"
          "ldr      lr, [r0, r2]\n"
          "ldr      r12, [r0], #4\n"
          "ldr      r3, [r1, #-16]\n"
          "sxtb16   lr, lr, ror #8\n"
          "sxtb16   r12, r12, ror #8\n"
          "smlad    r4, r12, r3, r4\n"
          "smlad    r8, lr, r3, r8\n"
          "ldr      r3, [r1, #-12]\n"
          "smlad    r5, r12, r3, r5\n"
          "smlad    r9, lr, r3, r9\n"
          "ldr      r3, [r1, #-8]\n"
          "smlad    r6, r12, r3, r6\n"
          "smlad    r10, lr, r3, r10\n"
          "ldr      r3, [r1, #-4]\n"
          "smlad    r7, r12, r3, r7\n"
          "smlad    r11, lr, r3, r11\n"
          "ldr      r3, [sp]\n"
          "cmp      r0, r3\n"
          "bne      1b\n"
          "ldr      r12, [sp, #40]\n"
          "stmia.w  r12, {r4-r11}\n"
          "add      sp, sp, #4\n"
          "pop      {r4-r11, pc}\n");
}

static inline uint32_t pairLow(uint32_t first, uint32_t second) {
  uint32_t pair;
  __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(pair) : "r"(first), "r"(second));
  return pair;
}
static inline uint32_t pairHigh(uint32_t first, uint32_t second) {
  uint32_t pair;
  __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(pair) : "r"(second), "r"(first));
  return pair;
}

/* The pairs of four columns of two rows to `to`. */
static inline void pairRows(uint32_t zero, uint32_t first, uint32_t second, uint32_t *to) {
  uint32_t even0 = tinyc_widen_even_add(zero, first), even1 = tinyc_widen_even_add(zero, second);
  uint32_t odd0 = tinyc_widen_odd_add(zero, first), odd1 = tinyc_widen_odd_add(zero, second);
  to[0] = pairLow(even0, even1);
  to[1] = pairLow(odd0, odd1);
  to[2] = pairHigh(even0, even1);
  to[3] = pairHigh(odd0, odd1);
}

/* Four columns of `fours` times four rows of rhs into scratch; sums are -zero_point times the sums of these columns. */
static void widenColumns(const int8_t *rhs, int32_t columns, int32_t fours, uint32_t zero, int32_t zero_point,
                         uint32_t *to, int32_t *sums) {
  uint32_t factor = ((uint32_t)-zero_point & 0xffffu) * 0x10001u;
  int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  for (; fours > 0; fours--, rhs += 4 * columns, to += 8) {
    pairRows(zero, tinyc_load_s8x4(rhs), tinyc_load_s8x4(rhs + 2 * columns), to);
    pairRows(zero, tinyc_load_s8x4(rhs + columns), tinyc_load_s8x4(rhs + 3 * columns), to + 4);
    s0 = tinyc_dual_multiply_add(to[0], factor, tinyc_dual_multiply_add(to[4], factor, s0));
    s1 = tinyc_dual_multiply_add(to[1], factor, tinyc_dual_multiply_add(to[5], factor, s1));
    s2 = tinyc_dual_multiply_add(to[2], factor, tinyc_dual_multiply_add(to[6], factor, s2));
    s3 = tinyc_dual_multiply_add(to[3], factor, tinyc_dual_multiply_add(to[7], factor, s3));
  }
  sums[0] = s0;
  sums[1] = s1;
  sums[2] = s2;
  sums[3] = s3;
}

/* Four results of a row. */
static void store(const tinyc_output_s8 *stage, int32_t multiplier, const int32_t *sums, int8_t *out) {
  if (stage->shift == 32)
    tinyc_requantize_fast_s8x4(sums[0], sums[1], sums[2], sums[3], multiplier, stage->zero_point, out);
  else
    for (int32_t c = 0; c < 4; c++)
      out[c] = tinyc_output_stage_s8(sums[c], multiplier, stage);
}

/* sum + elements `begin` and up of a row of lhs times a column of rhs. */
static int32_t multiplyOne(const tinyc_matmul_s8_params *params, const int8_t *lhs, const int8_t *rhs, int32_t begin,
                           int32_t sum) {
  rhs += begin * params->columns;
  for (int32_t k = begin; k < params->inner; k++, rhs += params->columns)
    sum += (lhs[k] - params->lhs_zero_point) * (*rhs - params->rhs_zero_point);
  return sum;
}

/* All rows times four columns, of which rhs and output are the first. */
static void computeColumns(const tinyc_matmul_s8_params *params, const int8_t *lhs, const int8_t *rhs,
                           int32_t multiplier, int8_t *output, uint32_t *words, int32_t row_begin, int32_t row_end) {
  int32_t inner = params->inner, columns = params->columns, fours = inner / 4, first[4];
  uint32_t zero = ((uint32_t)-params->rhs_zero_point & 0xffffu) * 0x10001u;
  widenColumns(rhs, columns, fours, zero, params->lhs_zero_point, words, first);
  for (int32_t row = row_begin; row < row_end; row += 2) {
    int32_t pitch = row + 1 < row_end ? inner : 0; /* an odd last row is multiplied twice */
    Sums sums = {{first[0], first[1], first[2], first[3], first[0], first[1], first[2], first[3]}};
    const int8_t *x = lhs + row * inner;
    if (fours > 0)
      multiply(x, words, pitch, fours, &sums);
    for (int32_t c = 0; c < 4 && inner % 4 != 0; c++) {
      sums.c[c] = multiplyOne(params, x, rhs + c, 4 * fours, sums.c[c]);
      sums.c[4 + c] = multiplyOne(params, x + pitch, rhs + c, 4 * fours, sums.c[4 + c]);
    }
    store(&params->output, multiplier, sums.c, output + row * columns);
    if (pitch > 0)
      store(&params->output, multiplier, sums.c + 4, output + (row + 1) * columns);
  }
}

void tinyc_matmul_s8_armv7e_m(const tinyc_matmul_s8_params *params, const int8_t *lhs, const int8_t *rhs,
                              const int32_t *multipliers, int8_t *output, void *scratch, int32_t row_begin,
                              int32_t row_end) {
  const tinyc_output_s8 *stage = &params->output;
  int32_t columns = params->columns, c = 0;
  for (; c < columns && columns >= 4; c += 4) {
    /* The last four end with the row, over columns that are done already. */
    int32_t first = tinyc_min_s32(c, columns - 4);
    computeColumns(params, lhs, rhs + first, multipliers[0], output + first, (uint32_t *)scratch, row_begin, row_end);
  }
  for (; c < columns; c++)
    for (int32_t row = row_begin; row < row_end; row++)
      output[row * columns + c] =
          tinyc_output_stage_s8(multiplyOne(params, lhs + row * params->inner, rhs + c, 0, 0), multipliers[0], stage);
  if (stage->shift == 32 && !tinyc_is_wide_clamp(stage) && row_begin < row_end)
    tinyc_clamp_s8(stage, output + row_begin * columns, (row_end - row_begin) * columns);
}
