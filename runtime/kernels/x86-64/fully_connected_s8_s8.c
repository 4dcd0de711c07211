/* fully_connected int8: a block of input vectors times panels of 16 outputs (tinyc/panels.h). */
#include "tinyc/kernel_functions.h"
#include "tinyc/x86_64_panels.h"

void tinyc_fully_connected_s8_s8_x86_64(const tinyc_fully_connected_s8_params *params, const int8_t *input,
                                        const int8_t *weights, const int32_t *bias, const int32_t *multipliers,
                                        int8_t *output, void *scratch, int32_t row_begin, int32_t row_end) {
  (void)bias;
  (void)multipliers;
  tinyc_x86_64 level = tinyc_x86_64_level();
  int32_t inputs = params->inputs, limit = tinyc_windows_limit(level);
  tinyc_windows_s8 block = {(const uint8_t *)scratch, tinyc_windows_pitch(level, inputs), 0, {0}};
  for (int32_t row = row_begin; row < row_end; row++) {
    uint8_t *to = (uint8_t *)scratch + block.count * block.pitch;
    to = tinyc_copy_elements(level, to, input + (int64_t)row * inputs, inputs);
    tinyc_end_window(level, to, inputs);
    block.outputs[block.count++] = output + (int64_t)row * params->outputs;
    if (block.count < limit && row + 1 < row_end)
      continue;
    tinyc_multiply_panels(level, &block, weights, inputs, params->outputs, &params->output);
    block.count = 0;
  }
}
