/* tinyc/generic_pad.h - padding of wide elements, for one kernel that defines the types Element and Params before. */
#ifndef TINYC_GENERIC_PAD_H
#define TINYC_GENERIC_PAD_H

#include "tinyc/kernels.h"

#include <string.h>

TINYC_CORE Element *fill(Element *out, const Params *params, int32_t count) {
  for (int32_t i = 0; i < count; i++)
    out[i] = (Element)params->value;
  return out + count;
}

TINYC_CORE void pad(const Params *params, const Element *input, Element *output, int32_t row_begin, int32_t row_end) {
  const int32_t *dims = params->dims, *before = params->before, *after = params->after;
  int32_t line = before[3] + dims[3] + after[3];
  int32_t plane = (before[2] + dims[2] + after[2]) * line;
  int32_t row_size = (before[1] + dims[1] + after[1]) * plane;
  Element *out = output + row_begin * row_size;
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
        memcpy(out, input + ((i * dims[1] + j) * dims[2] + k) * dims[3], (size_t)dims[3] * sizeof(Element));
        out = fill(out + dims[3], params, after[3]);
      }
      out = fill(out, params, after[2] * line);
    }
    out = fill(out, params, after[1] * plane);
  }
}

#endif /* TINYC_GENERIC_PAD_H */
