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
  if (dense->inputs > (1 << 20) ||
      !tinyc_fits_left_shift(&dense->output, 30, constants, dense->outputs, dense->inputs, dense->inputs, 1))
    return 0;
  for (int32_t o = 0; o < dense->outputs; o += 2) {
    const int8_t *low = constants->weights + (size_t)o * (size_t)dense->inputs;
    if (!tinyc_can_pair_filters(low, o + 1 < dense->outputs ? low + dense->inputs : NULL, dense->inputs, 0))
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
    tinyc_fully_connected_pairs_supports, tinyc_fully_connected_pairs_bytes, tinyc_fully_connected_pairs_write, NULL, 0};

/* ---- fully_connected_pairs_s8_s4, _s8_s2: tinyc/layouts.h --------------------------------------------------------- */

/* 16 * high sum fits 32 bits. */
static inline int tinyc_fully_connected_pairs_narrow_supports(const void *params, const tinyc_constants *constants) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  return dense->inputs <= (1 << 16) &&
         tinyc_fits_left_shift(&dense->output, 30, constants, dense->outputs, dense->inputs, dense->inputs, 1);
}

/* Four inputs of a pair take `bits` bytes; those of int2 end with a halfword where their number is odd. */
static inline int32_t tinyc_fully_connected_pairs_narrow_bytes(const void *params, int32_t bits) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  int32_t pairs = (dense->outputs + 1) / 2, fours = (dense->inputs + 3) / 4, bytes = 4 * (dense->output.multiplier_step ? dense->outputs : 1);
  for (int32_t pair = 0; pair < pairs; pair += TINYC_FULLY_CONNECTED_PAIRS) {
    int32_t count = pair + TINYC_FULLY_CONNECTED_PAIRS < pairs ? TINYC_FULLY_CONNECTED_PAIRS : pairs - pair;
    bytes += 8 * count + ((bits * fours * count + 3) & ~3);
  }
  return bytes;
}

static inline void tinyc_fully_connected_pairs_narrow_write(const void *params, const tinyc_constants *constants,
                                                            uint8_t *packed, int32_t bits) {
  const tinyc_fully_connected_s8_params *dense = (const tinyc_fully_connected_s8_params *)params;
  int32_t inputs = dense->inputs, outputs = dense->outputs, fours = (inputs + 3) / 4;
  for (int32_t o = 0; o < (dense->output.multiplier_step ? outputs : 1); o++)
    packed = tinyc_put_s32(packed, constants->multipliers[o]);
  for (int32_t o = 0; o < outputs; o += 2 * TINYC_FULLY_CONNECTED_PAIRS) {
    int32_t end = o + 2 * TINYC_FULLY_CONNECTED_PAIRS < outputs ? o + 2 * TINYC_FULLY_CONNECTED_PAIRS : outputs;
    for (int32_t low = o; low < end; low += 2)
      packed = tinyc_put_s32(packed, constants->bias[low]);
    for (int32_t four = 0; four < fours; four++)
      for (int32_t low = o; low < end; low += 2) {
        const int8_t *w = constants->weights + (size_t)low * (size_t)inputs;
        uint32_t word = 0;
        for (int32_t i = 0; i < 4; i++) {
          int32_t at = 4 * four + i, is_there = at < inputs;
          int32_t low_weight = is_there ? w[at] : 0, high_weight = is_there && low + 1 < outputs ? w[inputs + at] : 0;
          uint32_t pair = bits == 4 ? (uint32_t)(16 * high_weight + low_weight + 8) & 0xffu : (uint32_t)(4 * high_weight + low_weight + 10);
          word |= pair << 2 * bits * i;
        }
        packed = bits == 4 ? tinyc_put_s32(packed, (int32_t)word) : tinyc_put_s16(packed, (int32_t)word);
      }
    if (bits == 2 && (end - o + 1) / 2 * fours % 2 != 0)
      packed = tinyc_put_s16(packed, 0);
    for (int32_t low = o; low < end; low += 2)
      packed = tinyc_put_s32(packed, constants->bias[low + 1 < outputs ? low + 1 : low]);
  }
}

static inline int32_t tinyc_fully_connected_pairs_s4_bytes(const void *params) {
  return tinyc_fully_connected_pairs_narrow_bytes(params, 4);
}
static inline void tinyc_fully_connected_pairs_s4_write(const void *params, const tinyc_constants *constants,
                                                        uint8_t *packed) {
  tinyc_fully_connected_pairs_narrow_write(params, constants, packed, 4);
}
static const tinyc_packing tinyc_fully_connected_pairs_s4_packing = {
    tinyc_fully_connected_pairs_narrow_supports, tinyc_fully_connected_pairs_s4_bytes,
    tinyc_fully_connected_pairs_s4_write, NULL, 0};

static inline int32_t tinyc_fully_connected_pairs_s2_bytes(const void *params) {
  return tinyc_fully_connected_pairs_narrow_bytes(params, 2);
}
static inline void tinyc_fully_connected_pairs_s2_write(const void *params, const tinyc_constants *constants,
                                                        uint8_t *packed) {
  tinyc_fully_connected_pairs_narrow_write(params, constants, packed, 2);
}
static const tinyc_packing tinyc_fully_connected_pairs_s2_packing = {
    tinyc_fully_connected_pairs_narrow_supports, tinyc_fully_connected_pairs_s2_bytes,
    tinyc_fully_connected_pairs_s2_write, NULL, 0};

#ifdef __cplusplus
}
#endif

#endif /* TINYC_PACK_FULLY_CONNECTED_H */
