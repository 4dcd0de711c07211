/* fully_connected float: a block of input vectors times panels of 16 outputs (tinyc/panels.h). */
#include "tinyc/kernel_functions.h"
#include "tinyc/x86_64_panels_f32.h"

void tinyc_fully_connected_f32_f32_x86_64(const tinyc_fully_connected_f32_params *params, const float *input,
                                          const float *weights, const float *bias, float *output, void *scratch,
                                          int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)scratch;
  tinyc_x86_64 level = tinyc_x86_64_level();
  tinyc_windows_f32 block = {0, {0}, {0}};
  for (int32_t row = row_begin; row < row_end; row++) {
    block.inputs[block.count] = input + (int64_t)row * params->inputs;
    block.outputs[block.count++] = output + (int64_t)row * params->outputs;
    if (block.count < TINYC_PANEL_WINDOWS && row + 1 < row_end)
      continue;
    tinyc_multiply_panels_f32(level, &block, weights, params->inputs, params->outputs, &params->output);
    block.count = 0;
  }
}
