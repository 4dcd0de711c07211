/* tinyc/generic_transpose.h - transposes of up to six dimensions, the output written in order, for one kernel that
 * defines the type Element before. */
#ifndef TINYC_GENERIC_TRANSPOSE_H
#define TINYC_GENERIC_TRANSPOSE_H

#include "tinyc/kernels.h"

#include <string.h>

TINYC_CORE void permute(const tinyc_transpose_params *params, const Element *input, Element *output, int32_t row_begin,
                        int32_t row_end) {
  const int32_t *dims = params->dims, *strides = params->input_strides;
  int32_t length = dims[5], step = strides[5];
  Element *out = output + row_begin * dims[1] * dims[2] * dims[3] * dims[4] * length;
  for (int32_t i0 = row_begin; i0 < row_end; i0++)
    for (int32_t i1 = 0; i1 < dims[1]; i1++)
      for (int32_t i2 = 0; i2 < dims[2]; i2++)
        for (int32_t i3 = 0; i3 < dims[3]; i3++)
          for (int32_t i4 = 0; i4 < dims[4]; i4++, out += length) {
            const Element *from =
                input + i0 * strides[0] + i1 * strides[1] + i2 * strides[2] + i3 * strides[3] + i4 * strides[4];
            if (step == 1)
              memcpy(out, from, (size_t)length * sizeof(Element));
            else
              for (int32_t i5 = 0; i5 < length; i5++, from += step)
                out[i5] = *from;
          }
}

#endif /* TINYC_GENERIC_TRANSPOSE_H */
