/* tinyc/narrow.h - arrays of integers of 8, 4 or 2 bits. Element i of an array of `bits` wide integers lies in byte i * bits / 8,
 * the first of a byte in its lowest bits. C11 and C++20. */
#ifndef TINYC_NARROW_H
#define TINYC_NARROW_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Element i of signed integers of 8, 4 or 2 bits. */
static inline int32_t tinyc_element(const int8_t *array, int32_t i, const int32_t bits) {
  if (bits == 8)
    return array[i];
  int32_t place = bits == 4 ? i & 1 : i & 3;
  uint32_t byte = (uint8_t)array[bits == 4 ? i >> 1 : i >> 2];
  return (int32_t)(byte << (32 - bits - place * bits)) >> (32 - bits);
}

/* Bytes of `count` such integers. */
static inline int64_t tinyc_narrow_bytes(int64_t count, int32_t bits) { return (count * bits + 7) / 8; }

/* Writes element i of an array whose bits there are 0. For compilers and tests, as the next. */
static inline void tinyc_put_element(uint8_t *array, int64_t i, int32_t bits, int32_t value) {
  int64_t in_byte = 8 / bits;
  uint32_t stored = ((uint32_t)value & ((1u << bits) - 1u)) << (i % in_byte * bits);
  array[i / in_byte] = (uint8_t)(array[i / in_byte] | stored);
}

/* Packs `count` integers that fit `bits` bits: tinyc_narrow_bytes(count, bits) bytes, the last filled with zeros. */
static inline void tinyc_pack_narrow(const int8_t *values, int64_t count, int32_t bits, uint8_t *packed) {
  for (int64_t i = 0; i < tinyc_narrow_bytes(count, bits); i++)
    packed[i] = 0;
  for (int64_t i = 0; i < count; i++)
    tinyc_put_element(packed, i, bits, values[i]);
}

#ifdef __cplusplus
}
#endif

#endif /* TINYC_NARROW_H */
