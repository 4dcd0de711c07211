/* decode int8: entropy-coded weights into the bytes that a kernel reads. */
#include "tinyc/decode.h"
#include "tinyc/kernel_functions.h"

void tinyc_decode_s8(const tinyc_decode_s8_params *params, const int8_t *coded, int8_t *output, void *scratch,
                     int32_t row_begin, int32_t row_end) {
  (void)row_begin;
  (void)row_end;
  tinyc_decode_all(params, (const uint8_t *)coded, (uint8_t *)output, (uint32_t *)scratch);
}
