/* fully_connected int8 with int2 weights for Armv7E-M: one input vector times three pairs of outputs, as
 * fully_connected_pairs_s8_s4 (tinyc/layouts.h).
 *
 * A halfword holds the nibbles 4 * high + low + 10 of two outputs for four inputs; ORed with itself eight bits higher, those of inputs 0 and 2
 * lie 16 bits apart, and those of 1 and 3. SMLAD with the nibbles adds 4 * S(high) + S(low) + 10 * S(1), SMLAD with their
 * lower bits S(low) + 2 * S(1). */
#include "tinyc/armv7e_m.h"
#include "tinyc/kernel_functions.h"

#define LOAD_WEIGHTS "ldrh.w   r8, [r12], #2\n"
#define END_WEIGHTS "bic r12, r12, #3\n"
#define PAIR(low, high)                    \
  "orr.w    r8, r8, r8, lsl #8\n"          \
  "and      r9, r8, #0x000f000f\n"         \
  "and      r10, r8, #0x00030003\n"        \
  "smlad    " high ", r6, r9, " high "\n"  \
  "lsr.w    r8, r8, #4\n"                  \
  "smlad    " low ", r6, r10, " low "\n"   \
  "and      r9, r8, #0x000f000f\n"         \
  "and      r10, r8, #0x00030003\n"        \
  LOAD_WEIGHTS                             \
  "smlad    " high ", r7, r9, " high "\n"  \
  "smlad    " low ", r7, r10, " low "\n"

/* The nibble's 10 asks for 5 times the start of low, of which high has one already. */
#define START(low, high)                   \
  "add.w    " low ", " low ", r10\n"       \
  "add.w    " high ", " low ", r10, lsl #2\n"
#define FACTOR -2
#define HIGH_BIT "2"
#include "tinyc/armv7e_m_narrow_pairs.h"

void tinyc_fully_connected_pairs_s8_s2_armv7e_m(const tinyc_fully_connected_s8_params *params, const int8_t *input,
                                                const int8_t *weights, const int32_t *bias,
                                                const int32_t *multipliers, int8_t *output, void *scratch,
                                                int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  (void)scratch;
  multiplyNarrowRows(params, input, weights, output, row_begin, row_end);
}
