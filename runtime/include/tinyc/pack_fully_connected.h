/* tinyc/pack_fully_connected.h - the packings of fully_connected for Armv7E-M. */
#ifndef TINYC_PACK_FULLY_CONNECTED_H
#define TINYC_PACK_FULLY_CONNECTED_H

#include "tinyc/packing.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- fully_connected_pairs_s8_s8: tinyc/layouts.h ----------------------------------------------------------------- */

static inline int tinyc_fully_connected_pairs_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  if (dense->inputs > (1 << 20) || dense->output.shift != 32)
    return 0;
  for (int32_t o = 0; o < dense->outputs; o += 2) {
    const int8_t *low = constants->weights + (size_t)o * (size_t)dense->inputs;
    if (!tinyc_can_pair_filters(low, o + 1 < dense->outputs ? low + dense->inputs : NULL, dense->inputs))
      return 0;
  }
  return 1;
}

static inline int32_t tinyc_fully_connected_pairs_bytes(const void *params) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  return (dense->outputs + 1) / 2 * (8 + 2 * ((dense->inputs + 3) & ~3)) + 4 * (dense->output.multiplier_step ? dense->outputs : 1);
}

static inline void tinyc_fully_connected_pairs_write(const void *params, const tinyc_constants *constants,
                                                     uint8_t *packed) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  int32_t inputs = dense->inputs, outputs = dense->outputs;
  for (int32_t o = 0; o < (dense->output.multiplier_step ? outputs : 1); o++)
    packed = tinyc_put_s32(packed, constants->multipliers[o]);
  for (int32_t o = 0; o < outputs; o += 2 * TINYC_FULLY_CONNECTED_PAIRS) {
    int32_t end = o + 2 * TINYC_FULLY_CONNECTED_PAIRS < outputs ? o + 2 * TINYC_FULLY_CONNECTED_PAIRS : outputs;
    for (int32_t low = o; low < end; low += 2)
      packed = tinyc_put_s32(packed, constants->bias[low]);
    for (int32_t word = 0; word < (inputs + 3) / 4 * 2; word++)
      for (int32_t low = o; low < end; low += 2)
        for (int32_t half = 0; half < 2; half++) {
          int32_t i = word / 2 * 4 + word % 2 + 2 * half, value = 0;
          if (i < inputs) {
            const int8_t *w = constants->weights + (size_t)low * (size_t)inputs + i;
            value = w[0] + (low + 1 < outputs ? 256 * w[inputs] : 0);
          }
          packed = tinyc_put_s16(packed, value);
        }
    for (int32_t low = o; low < end; low += 2)
      packed = tinyc_put_s32(packed, constants->bias[low + 1 < outputs ? low + 1 : low]);
  }
}

static const tinyc_packing tinyc_fully_connected_pairs_packing = {
    tinyc_fully_connected_pairs_supports, tinyc_fully_connected_pairs_bytes, tinyc_fully_connected_pairs_write, NULL};

/* ---- fully_connected_pairs_s8_s4: tinyc/layouts.h ----------------------------------------------------------------- */

/* 16 * high sum fits 32 bits. */
static inline int tinyc_fully_connected_pairs_s4_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  (void)constants;
  return dense->inputs <= (1 << 16) && dense->output.shift == 32;
}

static inline int32_t tinyc_fully_connected_pairs_s4_bytes(const void *params) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  return (dense->outputs + 1) / 2 * (8 + ((dense->inputs + 3) & ~3)) + 4 * (dense->output.multiplier_step ? dense->outputs : 1);
}

static inline void tinyc_fully_connected_pairs_s4_write(const void *params, const tinyc_constants *constants,
                                                        uint8_t *packed) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  int32_t inputs = dense->inputs, outputs = dense->outputs;
  for (int32_t o = 0; o < (dense->output.multiplier_step ? outputs : 1); o++)
    packed = tinyc_put_s32(packed, constants->multipliers[o]);
  for (int32_t o = 0; o < outputs; o += 2 * TINYC_FULLY_CONNECTED_PAIRS) {
    int32_t end = o + 2 * TINYC_FULLY_CONNECTED_PAIRS < outputs ? o + 2 * TINYC_FULLY_CONNECTED_PAIRS : outputs;
    for (int32_t low = o; low < end; low += 2)
      packed = tinyc_put_s32(packed, constants->bias[low]);
    for (int32_t word = 0; word < (inputs + 3) / 4; word++)
      for (int32_t low = o; low < end; low += 2)
        for (int32_t i = 4 * word; i < 4 * word + 4; i++) {
          const int8_t *w = constants->weights + (size_t)low * (size_t)inputs + i;
          int32_t value = i < inputs ? w[0] + (low + 1 < outputs ? 16 * w[inputs] : 0) : 0;
          *packed++ = (uint8_t)((value + 8) & 0xff);
        }
    for (int32_t low = o; low < end; low += 2)
      packed = tinyc_put_s32(packed, constants->bias[low + 1 < outputs ? low + 1 : low]);
  }
}

static const tinyc_packing tinyc_fully_connected_pairs_s4_packing = {
    tinyc_fully_connected_pairs_s4_supports, tinyc_fully_connected_pairs_s4_bytes, tinyc_fully_connected_pairs_s4_write,
    NULL};

#ifdef __cplusplus
}
#endif

#endif /* TINYC_PACK_FULLY_CONNECTED_H */
