/* matmul int8 of two activations: 16 columns of one row at a time. */
#include "tinyc/arithmetic.h"
#include "tinyc/kernel_functions.h"

enum { kBlock = 16 };

void tinyc_matmul_s8(const tinyc_matmul_s8_params *params, const int8_t *lhs, const int8_t *rhs,
                     const int32_t *multipliers, int8_t *output, void *scratch, int32_t row_begin,
                     int32_t row_end) {
  (void)scratch;
  int32_t inner = params->inner, columns = params->columns;
  for (int32_t row = row_begin; row < row_end; row++) {
    const int8_t *x = lhs + row * inner;
    int8_t *out = output + row * columns;
    for (int32_t first = 0; first < columns; first += kBlock) {
      int32_t count = tinyc_min_s32(kBlock, columns - first);
      int32_t acc[kBlock] = {0};
      for (int32_t k = 0; k < inner; k++) {
        int32_t value = x[k] - params->lhs_zero_point;
        const int8_t *y = rhs + k * columns + first;
        for (int32_t c = 0; c < count; c++)
          acc[c] += value * (y[c] - params->rhs_zero_point);
      }
      for (int32_t c = 0; c < count; c++)
        out[first + c] = tinyc_output_stage_s8(acc[c], multipliers[0], &params->output);
    }
  }
}
