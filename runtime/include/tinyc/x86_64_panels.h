/* tinyc/x86_64_panels.h - the int8 product of a block of windows with panels of weights, see tinyc/panels.h. */
#ifndef TINYC_X86_64_PANELS_H
#define TINYC_X86_64_PANELS_H

#include "tinyc/x86_64.h"

/* Windows in scratch, `pitch` bytes apart, and where the first output of each is written. */
typedef struct tinyc_windows_s8 {
  const uint8_t *scratch;
  int32_t pitch, count;
  int8_t *outputs[TINYC_PANEL_WINDOWS];
} tinyc_windows_s8;

/* Most windows of a block: as many as its elements leave room for. */
static inline int32_t tinyc_windows_limit(tinyc_x86_64 level) {
  return level == TINYC_X86_64_AVX2 ? TINYC_PANEL_WINDOWS / 2 : TINYC_PANEL_WINDOWS;
}

/* Bytes from window to window. */
static inline int32_t tinyc_windows_pitch(tinyc_x86_64 level, int32_t length) {
  return tinyc_panel_quads(length) * (level == TINYC_X86_64_AVX2 ? 8 : 4);
}

/* ---- copies into scratch: return where the next element goes ---------------------------------------------------- */

static inline TINYC_VNNI uint8_t *tinyc_copy_elements_vnni(uint8_t *to, const int8_t *from, int32_t count) {
  const __m512i sign = _mm512_set1_epi8(-128);
  for (int32_t i = 0; i < count; i += 64) {
    __mmask64 inside = count - i >= 64 ? ~(__mmask64)0 : ((__mmask64)1 << (count - i)) - 1;
    _mm512_storeu_si512(to + i, _mm512_xor_si512(_mm512_maskz_loadu_epi8(inside, from + i), sign));
  }
  return to + count;
}

static inline TINYC_AVX2 uint8_t *tinyc_copy_elements_avx2(uint8_t *to, const int8_t *from, int32_t count) {
  const __m128i sign = _mm_set1_epi8(-128);
  for (int32_t i = 0; i < count; i += 16) {
    __m128i bytes = count - i >= 16 ? _mm_loadu_si128((const __m128i *)(const void *)(from + i))
                                    : tinyc_load_bytes(from + i, count - i);
    _mm256_storeu_si256((__m256i *)(void *)(to + 2 * i), _mm256_cvtepu8_epi16(_mm_xor_si128(bytes, sign)));
  }
  return to + 2 * count;
}

static inline uint8_t *tinyc_copy_elements(tinyc_x86_64 level, uint8_t *to, const int8_t *from, int32_t count) {
  if (level == TINYC_X86_64_VNNI)
    return tinyc_copy_elements_vnni(to, from, count);
  if (level == TINYC_X86_64_AVX2)
    return tinyc_copy_elements_avx2(to, from, count);
  for (int32_t i = 0; i < count; i++)
    to[i] = (uint8_t)((uint8_t)from[i] ^ 0x80u);
  return to + count;
}

static inline uint8_t *tinyc_fill_elements(tinyc_x86_64 level, uint8_t *to, int32_t value, int32_t count) {
  const uint8_t element = (uint8_t)(value + 128);
  if (count <= 0)
    return to;
  if (level != TINYC_X86_64_AVX2) {
    memset(to, element, (size_t)count);
    return to + count;
  }
  for (int32_t i = 0; i < count; i++) {
    to[2 * i] = element;
    to[2 * i + 1] = 0;
  }
  return to + 2 * count;
}

/* Zeros up to a multiple of four elements. */
static inline void tinyc_end_window(tinyc_x86_64 level, uint8_t *to, int32_t length) {
  int32_t missing = 4 * tinyc_panel_quads(length) - length;
  memset(to, 0, (size_t)(level == TINYC_X86_64_AVX2 ? 2 * missing : missing));
}

/* ---- VNNI: a window's lane of four bytes times 16 outputs at once ------------------------------------------------ */

/* Windows first .. first + windows - 1 with `panels` panels, `bytes` apart; `outputs` of the last panel are stored. */
static inline TINYC_VNNI __attribute__((always_inline)) void
tinyc_multiply_tile_vnni(const tinyc_windows_s8 *block, int32_t first, const int8_t *panel, int64_t bytes, int32_t quads,
                         const tinyc_output_s8 *stage, int32_t offset, int32_t outputs, const int32_t windows,
                         const int32_t panels) {
  __m512i acc[2][TINYC_PANEL_WINDOWS];
  TINYC_UNROLL
  for (int32_t p = 0; p < panels; p++)
    TINYC_UNROLL
    for (int32_t w = 0; w < windows; w++)
      acc[p][w] = _mm512_loadu_si512(panel + p * bytes);
  const uint8_t *at = block->scratch + (int64_t)first * block->pitch;
  for (int32_t quad = 0; quad < quads; quad++) {
    __m512i weights[2];
    TINYC_UNROLL
    for (int32_t p = 0; p < panels; p++)
      weights[p] = _mm512_loadu_si512(panel + p * bytes + 128 + 64 * (int64_t)quad);
    TINYC_UNROLL
    for (int32_t w = 0; w < windows; w++) {
      __m512i elements = _mm512_set1_epi32(tinyc_word(at + (int64_t)w * block->pitch + 4 * (int64_t)quad));
      TINYC_UNROLL
      for (int32_t p = 0; p < panels; p++)
        acc[p][w] = _mm512_dpbusd_epi32(acc[p][w], elements, weights[p]);
    }
  }
  TINYC_UNROLL
  for (int32_t p = 0; p < panels; p++) {
    int32_t count = p + 1 < panels ? TINYC_PANEL_LANES : outputs;
    __m512i multipliers = _mm512_loadu_si512(panel + p * bytes + 64);
    TINYC_UNROLL
    for (int32_t w = 0; w < windows; w++) {
      int8_t *to = block->outputs[first + w] + offset + p * TINYC_PANEL_LANES;
      if (stage->shift >= 32) {
        __m128i q = tinyc_output_stage_vnni(acc[p][w], multipliers, stage);
        tinyc_store_bytes(to, q, count);
      } else {
        int32_t sums[TINYC_PANEL_LANES], factors[TINYC_PANEL_LANES];
        _mm512_storeu_si512(sums, acc[p][w]);
        _mm512_storeu_si512(factors, multipliers);
        tinyc_output_stages(sums, factors, stage, to, count);
      }
    }
  }
}

static inline TINYC_VNNI void tinyc_multiply_vnni(const tinyc_windows_s8 *block, const int8_t *panel, int32_t length,
                                                  int32_t outputs, const tinyc_output_s8 *stage) {
  int64_t bytes = tinyc_panel_bytes_s8(length);
  int32_t quads = tinyc_panel_quads(length);
#define TINYC_TILE(windows, panels) \
  tinyc_multiply_tile_vnni(block, first, panel, bytes, quads, stage, offset, count, windows, panels)
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
    for (; block->count - first >= 2; first += 2)
      if (pair)
        TINYC_TILE(2, 2);
      else
        TINYC_TILE(2, 1);
    for (; first < block->count; first++)
      if (pair)
        TINYC_TILE(1, 2);
      else
        TINYC_TILE(1, 1);
    offset += (1 + pair) * TINYC_PANEL_LANES;
    panel += (1 + pair) * bytes;
  }
#undef TINYC_TILE
}

/* ---- AVX2: sums of two products in words, half a panel at a time ------------------------------------------------- */

/* Eight outputs of `windows` windows; acc holds the sums of elements 0, 1 and of 2, 3 of each output apart. */
static inline TINYC_AVX2 __attribute__((always_inline)) void
tinyc_multiply_tile_avx2(const tinyc_windows_s8 *block, int32_t first, const int8_t *bias, const int8_t *weights,
                         const int8_t *multipliers, int32_t quads, const tinyc_output_s8 *stage, int32_t offset,
                         int32_t outputs, const int32_t windows) {
  __m256i acc[TINYC_PANEL_WINDOWS / 2][2];
  TINYC_UNROLL
  for (int32_t w = 0; w < windows; w++)
    acc[w][0] = acc[w][1] = _mm256_setzero_si256();
  const uint8_t *at = block->scratch + (int64_t)first * block->pitch;
  for (int32_t quad = 0; quad < quads; quad++) {
    const __m128i *from = (const __m128i *)(const void *)(weights + 64 * (int64_t)quad);
    __m256i low = _mm256_cvtepi8_epi16(_mm_loadu_si128(from)), high = _mm256_cvtepi8_epi16(_mm_loadu_si128(from + 1));
    TINYC_UNROLL
    for (int32_t w = 0; w < windows; w++) {
      const __m128i *words = (const __m128i *)(const void *)(at + (int64_t)w * block->pitch + 8 * (int64_t)quad);
      __m256i elements = _mm256_broadcastq_epi64(_mm_loadl_epi64(words));
      acc[w][0] = _mm256_add_epi32(acc[w][0], _mm256_madd_epi16(low, elements));
      acc[w][1] = _mm256_add_epi32(acc[w][1], _mm256_madd_epi16(high, elements));
    }
  }
  __m256i factors = _mm256_loadu_si256((const __m256i *)(const void *)multipliers);
  __m256i start = _mm256_loadu_si256((const __m256i *)(const void *)bias);
  TINYC_UNROLL
  for (int32_t w = 0; w < windows; w++) {
    __m256i sums = _mm256_permute4x64_epi64(_mm256_hadd_epi32(acc[w][0], acc[w][1]), 0xd8);
    sums = _mm256_add_epi32(sums, start);
    int8_t *to = block->outputs[first + w] + offset;
    if (stage->shift >= 32) {
      __m256i q = tinyc_output_stage_avx2(sums, factors, stage);
      tinyc_store_bytes(to, tinyc_pack_words_avx2(q, q), outputs);
    } else {
      int32_t each[8], factor[8];
      _mm256_storeu_si256((__m256i *)(void *)each, sums);
      _mm256_storeu_si256((__m256i *)(void *)factor, factors);
      tinyc_output_stages(each, factor, stage, to, outputs);
    }
  }
}

static inline TINYC_AVX2 void tinyc_multiply_avx2(const tinyc_windows_s8 *block, const int8_t *panel, int32_t length,
                                                  int32_t outputs, const tinyc_output_s8 *stage) {
  int64_t bytes = tinyc_panel_bytes_s8(length);
  int32_t quads = tinyc_panel_quads(length);
  for (int32_t offset = 0; offset < outputs; offset += 8) {
    const int8_t *at = panel + offset / TINYC_PANEL_LANES * bytes;
    int32_t half = offset / 8 % 2, rest = outputs - offset, count = rest < 8 ? rest : 8, first = 0;
#define TINYC_TILE(windows)                                                                                         \
  tinyc_multiply_tile_avx2(block, first, at + 32 * half, at + 128 + 32 * half, at + 64 + 32 * half, quads, stage, offset, \
                           count, windows)
    for (; block->count - first >= 4; first += 4)
      TINYC_TILE(4);
    for (; block->count - first >= 2; first += 2)
      TINYC_TILE(2);
    if (first < block->count)
      TINYC_TILE(1);
#undef TINYC_TILE
  }
}

/* ---- plain C ------------------------------------------------------------------------------------------------------ */

static __attribute__((noinline)) void tinyc_multiply_plain(const tinyc_windows_s8 *block, const int8_t *panel, int32_t length,
                                        int32_t outputs, const tinyc_output_s8 *stage) {
  int64_t bytes = tinyc_panel_bytes_s8(length);
  int32_t quads = tinyc_panel_quads(length);
  for (int32_t offset = 0; offset < outputs; offset += TINYC_PANEL_LANES, panel += bytes) {
    int32_t count = outputs - offset < TINYC_PANEL_LANES ? outputs - offset : TINYC_PANEL_LANES;
    int32_t factors[TINYC_PANEL_LANES];
    memcpy(factors, panel + 64, sizeof factors);
    for (int32_t w = 0; w < block->count; w++) {
      uint32_t acc[TINYC_PANEL_LANES]; /* the bias is one modulo 2^32 */
      memcpy(acc, panel, sizeof acc);
      const uint8_t *elements = block->scratch + (int64_t)w * block->pitch;
      const int8_t *weights = panel + 128;
      for (int32_t quad = 0; quad < quads; quad++, elements += 4, weights += 64)
        for (int32_t lane = 0; lane < TINYC_PANEL_LANES; lane++)
          acc[lane] += (uint32_t)(elements[0] * weights[4 * lane] + elements[1] * weights[4 * lane + 1] +
                                  elements[2] * weights[4 * lane + 2] + elements[3] * weights[4 * lane + 3]);
      int32_t sums[TINYC_PANEL_LANES];
      memcpy(sums, acc, sizeof sums);
      tinyc_output_stages(sums, factors, stage, block->outputs[w] + offset, count);
    }
  }
}

/* The first `outputs` results of each window, from panels that begin at `panel`. */
static inline void tinyc_multiply_panels(tinyc_x86_64 level, const tinyc_windows_s8 *block, const int8_t *panel,
                                         int32_t length, int32_t outputs, const tinyc_output_s8 *stage) {
  if (level == TINYC_X86_64_VNNI)
    tinyc_multiply_vnni(block, panel, length, outputs, stage);
  else if (level == TINYC_X86_64_AVX2)
    tinyc_multiply_avx2(block, panel, length, outputs, stage);
  else
    tinyc_multiply_plain(block, panel, length, outputs, stage);
}

#endif /* TINYC_X86_64_PANELS_H */
