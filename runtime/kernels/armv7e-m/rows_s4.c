/* The kernels with activations of 4 bits, on those of Armv7E-M: eight elements at a time, 14 instructions to unpack and 12 to pack them. */
#include "tinyc/armv7e_m.h"

/* Bytes 0 and 2 of a word as halfwords, and bytes 1 and 3. */
static inline uint32_t keepEven(uint32_t bytes) { return bytes & 0x00ff00ffu; }
static inline uint32_t keepOdd(uint32_t bytes) { return bytes >> 8 & 0x00ff00ffu; }

/* The four nibbles of two bytes in halfwords as int8. */
static inline uint32_t widenNibbles(uint32_t bytes) {
  uint32_t nibbles = (bytes | bytes << 4) & 0x0f0f0f0fu, result;
  __asm__("ssub8 %0, %1, %2" : "=r"(result) : "r"(nibbles ^ 0x08080808u), "r"(0x08080808u) : "cc");
  return result;
}

static void unpackRow(const int8_t *packed, int8_t *values, int32_t count) {
  const int8_t *end = packed + count / 2;
  for (; end - packed >= 4; packed += 4, values += 8) {
    uint32_t bytes = tinyc_load_s8x4(packed);
    uint32_t even = widenNibbles(keepEven(bytes)), odd = widenNibbles(keepOdd(bytes)); /* elements 0 1 4 5, 2 3 6 7 */
    uint32_t first = (even & 0xffffu) | odd << 16, second = even >> 16 | (odd & 0xffff0000u);
    memcpy(values, &first, sizeof first);
    memcpy(values + 4, &second, sizeof second);
  }
  for (; packed != end; packed++, values += 2) {
    values[0] = (int8_t)((int8_t)((uint32_t)*packed << 4) >> 4);
    values[1] = (int8_t)(*packed >> 4);
  }
}

static void packRow(const int8_t *values, int8_t *packed, int32_t count) {
  const int8_t *end = packed + count / 2;
  for (; end - packed >= 4; packed += 4, values += 8) {
    uint32_t first = tinyc_load_s8x4(values) & 0x0f0f0f0fu, second = tinyc_load_s8x4(values + 4) & 0x0f0f0f0fu;
    first = keepEven(first | first >> 4); /* bytes 0 and 1 of the result as halfwords */
    second = keepEven(second | second >> 4);
    uint32_t bytes = ((first | first >> 8) & 0xffffu) | (second | second >> 8) << 16;
    memcpy(packed, &bytes, sizeof bytes);
  }
  for (; packed != end; packed++, values += 2)
    *packed = (int8_t)(uint8_t)(((uint32_t)values[0] & 15u) | ((uint32_t)values[1] & 15u) << 4);
}

#define TINYC_S4_generic(...)
#define TINYC_S4_armv7e_m(...) TINYC_DEFINE_S4(__VA_ARGS__)
#include "tinyc/kernels_s4.h"
