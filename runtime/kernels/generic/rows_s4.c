/* The kernels with activations of 4 bits, on the generic kernels. */
#include "tinyc/narrow.h"

static void unpackRow(const int8_t *packed, int8_t *values, int32_t count) {
  for (int32_t i = 0; i < count; i++)
    values[i] = (int8_t)tinyc_element(packed, i, 4);
}

static void packRow(const int8_t *values, int8_t *packed, int32_t count) {
  for (int32_t i = 0; i < count; i += 2)
    packed[i / 2] = (int8_t)(uint8_t)(((uint32_t)values[i] & 15u) | ((uint32_t)values[i + 1] & 15u) << 4);
}

#define TINYC_S4_generic(...) TINYC_DEFINE_S4(__VA_ARGS__)
#define TINYC_S4_armv7e_m(...)
#include "tinyc/kernels_s4.h"
