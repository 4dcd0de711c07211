/* tinyc/x86_64.h - what the kernels of runtime/kernels/x86-64 share: the choice of instruction set and the output stage.
 *
 * Every kernel holds a version for AVX-512 VNNI, one for AVX2, and plain C for the rest of x86-64, and takes the best that
 * the processor has, when it is called: one program serves them all, with the same bits. */
#ifndef TINYC_X86_64_H
#define TINYC_X86_64_H

#include "tinyc/arithmetic.h"
#include "tinyc/panels.h"

#include <immintrin.h>

#define TINYC_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#define TINYC_AVX2 __attribute__((target("avx2")))

/* Before a loop over few constant iterations: keep its array in registers at every optimization level. */
#if defined(__clang__)
#define TINYC_UNROLL _Pragma("clang loop unroll(full)")
#else
#define TINYC_UNROLL _Pragma("GCC unroll 8")
#endif

typedef enum tinyc_x86_64 { TINYC_X86_64_PLAIN, TINYC_X86_64_AVX2, TINYC_X86_64_VNNI } tinyc_x86_64;

/* The instruction set to use. Tests force one by -DTINYC_X86_64_LEVEL. */
static inline tinyc_x86_64 tinyc_x86_64_level(void) {
#ifdef TINYC_X86_64_LEVEL
  return TINYC_X86_64_LEVEL;
#else
  if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    return TINYC_X86_64_VNNI;
  return __builtin_cpu_supports("avx2") ? TINYC_X86_64_AVX2 : TINYC_X86_64_PLAIN;
#endif
}

/* A 32-bit word at any address. */
static inline int32_t tinyc_word(const void *from) {
  int32_t word;
  memcpy(&word, from, sizeof word);
  return word;
}

/* 0 < count <= 16 bytes, and zeros behind them. */
TINYC_CORE __m128i tinyc_load_bytes(const void *from, int32_t count) {
  const uint8_t *bytes = (const uint8_t *)from;
  uint64_t low = 0, high = 0;
  if (count > 8) {
    memcpy(&low, bytes, 8);
    memcpy(&high, bytes + count - 8, 8);
    high >>= 8 * (16 - count);
  } else if (count >= 4) {
    uint32_t first, last;
    memcpy(&first, bytes, 4);
    memcpy(&last, bytes + count - 4, 4);
    low = first | (uint64_t)last << 8 * (count - 4);
  } else {
    low = (uint64_t)bytes[0] | (uint64_t)bytes[count / 2] << 8 * (count / 2) | (uint64_t)bytes[count - 1] << 8 * (count - 1);
  }
  return _mm_set_epi64x((long long)high, (long long)low);
}

/* Writes the first `count` of 16 bytes. */
TINYC_CORE void tinyc_store_bytes(int8_t *to, __m128i bytes, int32_t count) {
  if (count == 16) {
    _mm_storeu_si128((__m128i *)(void *)to, bytes);
    return;
  }
  int8_t all[16];
  _mm_storeu_si128((__m128i *)(void *)all, bytes);
  memcpy(to, all, (size_t)count);
}

/* The output stage for shift >= 32: 16 accumulators to bytes. The upper halves of acc * multiplier + 2^(shift - 1), shifted
 * by the rest, are the result: they are floors. */
static inline TINYC_VNNI __m128i tinyc_output_stage_vnni(__m512i acc, __m512i multipliers, const tinyc_output_s8 *stage) {
  __m512i half = _mm512_set1_epi64((long long)1 << (stage->shift - 1));
  __m512i even = _mm512_add_epi64(_mm512_mul_epi32(acc, multipliers), half);
  __m512i odd =
      _mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64(acc, 32), _mm512_srli_epi64(multipliers, 32)), half);
  __m512i q = _mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 32), odd);
  q = _mm512_sra_epi32(q, _mm_cvtsi32_si128(stage->shift - 32));
  q = _mm512_add_epi32(q, _mm512_set1_epi32(stage->zero_point));
  q = _mm512_max_epi32(q, _mm512_set1_epi32(stage->clamp_min));
  q = _mm512_min_epi32(q, _mm512_set1_epi32(stage->clamp_max));
  return _mm512_cvtepi32_epi8(q);
}

/* The same for 8 accumulators, to words. */
static inline TINYC_AVX2 __m256i tinyc_output_stage_avx2(__m256i acc, __m256i multipliers, const tinyc_output_s8 *stage) {
  __m256i half = _mm256_set1_epi64x((long long)1 << (stage->shift - 1));
  __m256i even = _mm256_add_epi64(_mm256_mul_epi32(acc, multipliers), half);
  __m256i odd =
      _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(acc, 32), _mm256_srli_epi64(multipliers, 32)), half);
  __m256i q = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
  q = _mm256_sra_epi32(q, _mm_cvtsi32_si128(stage->shift - 32));
  q = _mm256_add_epi32(q, _mm256_set1_epi32(stage->zero_point));
  q = _mm256_max_epi32(q, _mm256_set1_epi32(stage->clamp_min));
  return _mm256_min_epi32(q, _mm256_set1_epi32(stage->clamp_max));
}

/* Two such to bytes. */
static inline TINYC_AVX2 __m128i tinyc_pack_words_avx2(__m256i low, __m256i high) {
  __m256i halves = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8);
  return _mm_packs_epi16(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
}

/* Any stage, one by one. */
static inline void tinyc_output_stages(const int32_t *acc, const int32_t *multipliers, const tinyc_output_s8 *stage,
                                       int8_t *out, int32_t count) {
  for (int32_t i = 0; i < count; i++)
    out[i] = tinyc_output_stage_s8(acc[i], multipliers[i], stage);
}

#endif /* TINYC_X86_64_H */
