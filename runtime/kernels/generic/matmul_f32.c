/* matmul float: 16 columns of one row at a time. Order of the sum: ascending inner index. */
#include "tinyc/arithmetic.h"
#include "tinyc/kernel_functions.h"

enum { kBlock = 16 };

void tinyc_matmul_f32(const tinyc_matmul_f32_params *params, const float *lhs, const float *rhs, float *output,
                      void *scratch, int32_t row_begin, int32_t row_end) {
  (void)scratch;
  int32_t inner = params->inner, columns = params->columns;
  for (int32_t row = row_begin; row < row_end; row++) {
    const float *x = lhs + row * inner;
    float *out = output + row * columns;
    for (int32_t first = 0; first < columns; first += kBlock) {
      int32_t count = tinyc_min_s32(kBlock, columns - first);
      float acc[kBlock] = {0.0f};
      for (int32_t k = 0; k < inner; k++) {
        const float *y = rhs + k * columns + first;
        for (int32_t c = 0; c < count; c++)
          acc[c] += x[k] * y[c];
      }
      for (int32_t c = 0; c < count; c++)
        out[first + c] = tinyc_limit_f32(acc[c], params->output.clamp_min, params->output.clamp_max);
    }
  }
}
