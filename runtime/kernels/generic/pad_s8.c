/* pad int8 with a constant. */
#include "tinyc/kernel_functions.h"

#include <string.h>

static inline int8_t *fill(int8_t *out, const tinyc_pad_s8_params *params, int32_t count) {
  memset(out, params->value, (size_t)count);
  return out + count;
}

void tinyc_pad_s8(const tinyc_pad_s8_params *params, const int8_t *input, int8_t *output, void *scratch,
                  int32_t row_begin, int32_t row_end) {
  (void)scratch;
  const int32_t *dims = params->dims, *before = params->before, *after = params->after;
  int32_t line = before[3] + dims[3] + after[3];
  int32_t plane = (before[2] + dims[2] + after[2]) * line;
  int32_t row_size = (before[1] + dims[1] + after[1]) * plane;
  int8_t *out = output + row_begin * row_size;
  for (int32_t row = row_begin; row < row_end; row++) {
    int32_t i = row - before[0];
    if (i < 0 || i >= dims[0]) {
      out = fill(out, params, row_size);
      continue;
    }
    out = fill(out, params, before[1] * plane);
    for (int32_t j = 0; j < dims[1]; j++) {
      out = fill(out, params, before[2] * line);
      for (int32_t k = 0; k < dims[2]; k++) {
        out = fill(out, params, before[3]);
        memcpy(out, input + ((i * dims[1] + j) * dims[2] + k) * dims[3], (size_t)dims[3]);
        out = fill(out + dims[3], params, after[3]);
      }
      out = fill(out, params, after[2] * line);
    }
    out = fill(out, params, after[1] * plane);
  }
}
