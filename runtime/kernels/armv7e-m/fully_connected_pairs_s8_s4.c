/* fully_connected int8 with int4 weights for Armv7E-M: one input vector times three pairs of outputs, as
 * fully_connected_pairs_s8_s8 (tinyc/layouts.h).
 *
 * A byte of weights is 16 * high + low + 8, of two outputs for one input: a load and five instructions unpack the word of four inputs
 * for four SMLAD, eight products. */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"

#define LOAD_WEIGHTS "ldr.w    r8, [r12], #4\n"
#define END_WEIGHTS "sub r12, r12, #4\n"
#if TINYC_DUAL_ISSUE
#define PAIR(low, high)                    \
  "sxtb16   r9, r8\n"                      \
  "and      r10, r8, #0x000f000f\n"        \
  "smlad    " high ", r6, r9, " high "\n"  \
  "sxtb16   r9, r8, ror #8\n"              \
  "smlad    " low ", r6, r10, " low "\n"   \
  "lsr.w    r8, r8, #8\n"                  \
  "smlad    " high ", r7, r9, " high "\n"  \
  "and      r10, r8, #0x000f000f\n"        \
  LOAD_WEIGHTS                             \
  "smlad    " low ", r7, r10, " low "\n"
#else
#define PAIR(low, high)                    \
  "sxtb16   r9, r8\n"                      \
  "and      r10, r8, #0x000f000f\n"        \
  "smlad    " high ", r6, r9, " high "\n"  \
  "smlad    " low ", r6, r10, " low "\n"   \
  "sxtb16   r9, r8, ror #8\n"              \
  "lsr.w    r8, r8, #8\n"                  \
  "and      r10, r8, #0x000f000f\n"        \
  "smlad    " high ", r7, r9, " high "\n"  \
  "smlad    " low ", r7, r10, " low "\n"   \
  LOAD_WEIGHTS
#endif

#define START(low, high)                   \
  "add.w    " low ", " low ", r10\n"       \
  "mov      " high ", " low "\n"

#define FACTOR -8
#define HIGH_BIT "4"
#include "tinyc/armv7e_m_narrow_pairs.h"

void tinyc_fully_connected_pairs_s8_s4_armv7e_m(const tinyc_fully_connected_s8_params *params, const int8_t *input,
                                                const int8_t *weights, const int32_t *bias,
                                                const int32_t *multipliers, int8_t *output, void *scratch,
                                                int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  (void)scratch;
  multiplyNarrowRows(params, input, weights, output, row_begin, row_end);
}
