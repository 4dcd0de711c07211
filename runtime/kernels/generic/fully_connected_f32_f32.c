/* fully_connected float: four outputs of one input vector at a time.
 * Order of the sum: bias + 0.0f, then the products in the order of the inputs. */
#include "tinyc/arithmetic.h"
#include "tinyc/kernel_functions.h"

enum { kBlock = 4 };

TINYC_CORE void computeBlock(const tinyc_fully_connected_f32_params *params, const float *x, const float *w,
                             const float *bias, float *out, const int32_t outputs) {
  int32_t inputs = params->inputs;
  float sums[kBlock];
  for (int32_t j = 0; j < outputs; j++)
    sums[j] = (bias ? bias[j] : 0.0f) + 0.0f;
  for (int32_t i = 0; i < inputs; i++)
    for (int32_t j = 0; j < outputs; j++)
      sums[j] += x[i] * w[j * inputs + i];
  for (int32_t j = 0; j < outputs; j++)
    out[j] = tinyc_limit_f32(sums[j], params->output.clamp_min, params->output.clamp_max);
}

void tinyc_fully_connected_f32_f32(const tinyc_fully_connected_f32_params *params, const float *input,
                                   const float *weights, const float *bias, float *output, void *scratch,
                                   int32_t row_begin, int32_t row_end) {
  (void)scratch;
  int32_t inputs = params->inputs, outputs = params->outputs;
  for (int32_t row = row_begin; row < row_end; row++) {
    const float *x = input + row * inputs;
    float *out = output + row * outputs;
    int32_t o = 0;
    for (; o + kBlock <= outputs; o += kBlock)
      computeBlock(params, x, weights + o * inputs, bias ? bias + o : bias, out + o, kBlock);
    for (; o < outputs; o++)
      computeBlock(params, x, weights + o * inputs, bias ? bias + o : bias, out + o, 1);
  }
}
