/* tinyc/x86_64_panels_f32.h - the float product of a block of windows with panels of weights, see tinyc/panels.h. Every
 * output is one sum, bias + 0.0f and then the products one after the other: vectors hold different outputs. */
#ifndef TINYC_X86_64_PANELS_F32_H
#define TINYC_X86_64_PANELS_F32_H

#include "tinyc/x86_64.h"

/* Where each window's elements are, in order, and where its first output is written. */
typedef struct tinyc_windows_f32 {
  int32_t count;
  const float *inputs[TINYC_PANEL_WINDOWS];
  float *outputs[TINYC_PANEL_WINDOWS];
} tinyc_windows_f32;

/* Windows first .. first + windows - 1 with `panels` panels, `pitch` elements apart; `outputs` of the last are stored. */
static inline TINYC_VNNI __attribute__((always_inline)) void
tinyc_multiply_tile_f32_vnni(const tinyc_windows_f32 *block, int32_t first, const float *panel, int64_t pitch,
                             int32_t length, const tinyc_output_f32 *stage, int32_t offset, int32_t outputs,
                             const int32_t windows, const int32_t panels) {
  __m512 acc[2][TINYC_PANEL_WINDOWS];
  const float *inputs[TINYC_PANEL_WINDOWS];
  TINYC_UNROLL
  for (int32_t p = 0; p < panels; p++)
    TINYC_UNROLL
    for (int32_t w = 0; w < windows; w++)
      acc[p][w] = _mm512_add_ps(_mm512_loadu_ps(panel + p * pitch), _mm512_setzero_ps());
  TINYC_UNROLL
  for (int32_t w = 0; w < windows; w++)
    inputs[w] = block->inputs[first + w];
  for (int32_t i = 0; i < length; i++) {
    __m512 weights[2];
    TINYC_UNROLL
    for (int32_t p = 0; p < panels; p++)
      weights[p] = _mm512_loadu_ps(panel + p * pitch + TINYC_PANEL_LANES * ((int64_t)i + 1));
    TINYC_UNROLL
    for (int32_t w = 0; w < windows; w++) {
      __m512 element = _mm512_set1_ps(inputs[w][i]);
      TINYC_UNROLL
      for (int32_t p = 0; p < panels; p++)
        acc[p][w] = _mm512_add_ps(acc[p][w], _mm512_mul_ps(element, weights[p]));
    }
  }
  /* As tinyc_limit_f32: max and min give their second operand where a NaN is. */
  __m512 low = _mm512_set1_ps(stage->clamp_min), high = _mm512_set1_ps(stage->clamp_max);
  TINYC_UNROLL
  for (int32_t p = 0; p < panels; p++) {
    int32_t count = p + 1 < panels ? TINYC_PANEL_LANES : outputs;
    TINYC_UNROLL
    for (int32_t w = 0; w < windows; w++) {
      __m512 limited = _mm512_min_ps(high, _mm512_max_ps(low, acc[p][w]));
      _mm512_mask_storeu_ps(block->outputs[first + w] + offset + p * TINYC_PANEL_LANES,
                            (__mmask16)(0xffffu >> (TINYC_PANEL_LANES - count)), limited);
    }
  }
}

static inline TINYC_VNNI void tinyc_multiply_f32_vnni(const tinyc_windows_f32 *block, const float *panel, int32_t length,
                                                      int32_t outputs, const tinyc_output_f32 *stage) {
  int64_t pitch = TINYC_PANEL_LANES * ((int64_t)length + 1);
#define TINYC_TILE(windows, panels) \
  tinyc_multiply_tile_f32_vnni(block, first, panel, pitch, length, stage, offset, count, windows, panels)
  for (int32_t offset = 0; offset < outputs;) {
    int32_t pair = outputs - offset > TINYC_PANEL_LANES, rest = outputs - offset - (pair ? TINYC_PANEL_LANES : 0);
    int32_t count = rest < TINYC_PANEL_LANES ? rest : TINYC_PANEL_LANES, first = 0;
    for (; block->count - first >= 8; first += 8)
      if (pair)
        TINYC_TILE(8, 2);
      else
        TINYC_TILE(8, 1);
    for (; block->count - first >= 4; first += 4)
      if (pair)
        TINYC_TILE(4, 2);
      else
        TINYC_TILE(4, 1);
    for (; first < block->count; first++)
      if (pair)
        TINYC_TILE(1, 2);
      else
        TINYC_TILE(1, 1);
    offset += (1 + pair) * TINYC_PANEL_LANES;
    panel += (1 + pair) * pitch;
  }
#undef TINYC_TILE
}

/* Windows first .. first + windows - 1 with one panel. */
static inline TINYC_AVX2 __attribute__((always_inline)) void
tinyc_multiply_tile_f32_avx2(const tinyc_windows_f32 *block, int32_t first, const float *panel, int32_t length,
                             const tinyc_output_f32 *stage, int32_t offset, int32_t outputs, const int32_t windows) {
  __m256 acc[4][2];
  const float *inputs[4];
  TINYC_UNROLL
  for (int32_t w = 0; w < windows; w++) {
    acc[w][0] = _mm256_add_ps(_mm256_loadu_ps(panel), _mm256_setzero_ps());
    acc[w][1] = _mm256_add_ps(_mm256_loadu_ps(panel + 8), _mm256_setzero_ps());
    inputs[w] = block->inputs[first + w];
  }
  for (int32_t i = 0; i < length; i++) {
    const float *weights = panel + TINYC_PANEL_LANES * ((int64_t)i + 1);
    __m256 low = _mm256_loadu_ps(weights), high = _mm256_loadu_ps(weights + 8);
    TINYC_UNROLL
    for (int32_t w = 0; w < windows; w++) {
      __m256 element = _mm256_set1_ps(inputs[w][i]);
      acc[w][0] = _mm256_add_ps(acc[w][0], _mm256_mul_ps(element, low));
      acc[w][1] = _mm256_add_ps(acc[w][1], _mm256_mul_ps(element, high));
    }
  }
  __m256 least = _mm256_set1_ps(stage->clamp_min), most = _mm256_set1_ps(stage->clamp_max);
  TINYC_UNROLL
  for (int32_t w = 0; w < windows; w++) {
    float all[TINYC_PANEL_LANES];
    _mm256_storeu_ps(all, _mm256_min_ps(most, _mm256_max_ps(least, acc[w][0])));
    _mm256_storeu_ps(all + 8, _mm256_min_ps(most, _mm256_max_ps(least, acc[w][1])));
    memcpy(block->outputs[first + w] + offset, all, (size_t)outputs * sizeof(float));
  }
}

static inline TINYC_AVX2 void tinyc_multiply_f32_avx2(const tinyc_windows_f32 *block, const float *panel, int32_t length,
                                                      int32_t outputs, const tinyc_output_f32 *stage) {
  for (int32_t offset = 0; offset < outputs; offset += TINYC_PANEL_LANES) {
    int32_t rest = outputs - offset, count = rest < TINYC_PANEL_LANES ? rest : TINYC_PANEL_LANES, first = 0;
    for (; block->count - first >= 4; first += 4)
      tinyc_multiply_tile_f32_avx2(block, first, panel, length, stage, offset, count, 4);
    for (; first < block->count; first++)
      tinyc_multiply_tile_f32_avx2(block, first, panel, length, stage, offset, count, 1);
    panel += TINYC_PANEL_LANES * ((int64_t)length + 1);
  }
}

static __attribute__((noinline)) void tinyc_multiply_f32_plain(const tinyc_windows_f32 *block, const float *panel, int32_t length,
                                            int32_t outputs, const tinyc_output_f32 *stage) {
  for (int32_t offset = 0; offset < outputs; offset += TINYC_PANEL_LANES) {
    int32_t rest = outputs - offset, count = rest < TINYC_PANEL_LANES ? rest : TINYC_PANEL_LANES;
    for (int32_t w = 0; w < block->count; w++) {
      float acc[TINYC_PANEL_LANES];
      for (int32_t lane = 0; lane < TINYC_PANEL_LANES; lane++)
        acc[lane] = panel[lane] + 0.0f;
      const float *weights = panel + TINYC_PANEL_LANES, *input = block->inputs[w];
      for (int32_t i = 0; i < length; i++, weights += TINYC_PANEL_LANES)
        for (int32_t lane = 0; lane < TINYC_PANEL_LANES; lane++)
          acc[lane] += input[i] * weights[lane];
      for (int32_t lane = 0; lane < count; lane++)
        block->outputs[w][offset + lane] = tinyc_limit_f32(acc[lane], stage->clamp_min, stage->clamp_max);
    }
    panel += TINYC_PANEL_LANES * ((int64_t)length + 1);
  }
}

/* The first `outputs` results of each window, from panels that begin at `panel`. */
static inline void tinyc_multiply_panels_f32(tinyc_x86_64 level, const tinyc_windows_f32 *block, const float *panel,
                                             int32_t length, int32_t outputs, const tinyc_output_f32 *stage) {
  if (level == TINYC_X86_64_VNNI)
    tinyc_multiply_f32_vnni(block, panel, length, outputs, stage);
  else if (level == TINYC_X86_64_AVX2)
    tinyc_multiply_f32_avx2(block, panel, length, outputs, stage);
  else
    tinyc_multiply_f32_plain(block, panel, length, outputs, stage);
}

#endif /* TINYC_X86_64_PANELS_F32_H */
