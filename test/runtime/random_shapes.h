/* Random numbers and random kernel shapes, the same on the host and in the firmware (C11 and C++). */
#ifndef TINYC_TEST_RANDOM_SHAPES_H
#define TINYC_TEST_RANDOM_SHAPES_H

#include "tinyc/kernels.h"

#include <string.h>

typedef struct Random {
  uint32_t state; /* not 0 */
} Random;

/* xorshift32 (Marsaglia, Xorshift RNGs, 2003); uniform enough in low..high. */
static inline int32_t randomInt(Random *random, int32_t low, int32_t high) {
  uint32_t x = random->state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  random->state = x;
  return low + (int32_t)((x >> 3) % (uint32_t)(high - low + 1));
}

/* -4 .. 4 in steps of 2^-12, so that float sums round. */
static inline float randomFloat(Random *random) { return (float)randomInt(random, -16384, 16384) / 4096.0f; }

/* Spatial part of a window; channels stay 0, buffers are whole tensors (no rings). */
static inline tinyc_window randomWindow(Random *random, int32_t largest_kernel, int32_t largest_input) {
  tinyc_window window;
  memset(&window, 0, sizeof window);
  for (;;) {
    window.kernel_height = randomInt(random, 1, largest_kernel);
    window.kernel_width = randomInt(random, 1, largest_kernel);
    if (randomInt(random, 0, 3) == 0)
      window.kernel_height = window.kernel_width = 1 + 2 * randomInt(random, 0, 1);
    window.stride_height = randomInt(random, 1, 3);
    window.stride_width = randomInt(random, 1, 3);
    int32_t dilated = randomInt(random, 0, 3) == 0;
    window.dilation_height = dilated ? randomInt(random, 1, 3) : 1;
    window.dilation_width = dilated ? randomInt(random, 1, 3) : 1;
    window.input_height = window.input_ring_rows = randomInt(random, 1, largest_input);
    window.input_width = randomInt(random, 1, largest_input);
    int32_t reach_height = (window.kernel_height - 1) * window.dilation_height;
    int32_t reach_width = (window.kernel_width - 1) * window.dilation_width;
    int32_t padded = randomInt(random, 0, 2) > 0;
    window.pad_top = padded ? randomInt(random, 0, reach_height) : 0;
    window.pad_left = padded ? randomInt(random, 0, reach_width) : 0;
    int32_t bottom = padded ? randomInt(random, 0, reach_height) : 0;
    int32_t right = padded ? randomInt(random, 0, reach_width) : 0;
    int32_t free_height = window.input_height + window.pad_top + bottom - reach_height - 1;
    int32_t free_width = window.input_width + window.pad_left + right - reach_width - 1;
    if (free_height < 0 || free_width < 0)
      continue;
    window.output_height = window.output_ring_rows = free_height / window.stride_height + 1;
    window.output_width = free_width / window.stride_width + 1;
    return window;
  }
}

/* Mostly the common case (shift 32, one multiplier per channel, no clamp), now and then the others. */
static inline tinyc_output_s8 randomOutput(Random *random) {
  tinyc_output_s8 output = {0, -128, 127, 32, 1};
  output.zero_point = randomInt(random, -128, 127);
  output.multiplier_step = randomInt(random, 0, 3) > 0;
  if (randomInt(random, 0, 1))
    return output;
  if (randomInt(random, 0, 2) == 0)
    output.clamp_min = randomInt(random, -128, 0);
  if (randomInt(random, 0, 2) == 0)
    output.clamp_max = randomInt(random, 1, 127);
  if (randomInt(random, 0, 3) == 0)
    output.shift = randomInt(random, 28, 36);
  return output;
}

/* A multiplier that spreads sums of `length` products over the range of int8. */
static inline int32_t randomMultiplier(Random *random, int32_t length, int32_t shift) {
  double scale = (double)randomInt(random, 50, 200) / 100.0 / (60.0 * length);
  for (; shift > 0; shift--)
    scale *= 2.0;
  return scale > 2147483647.0 ? 2147483647 : (int32_t)scale;
}

#endif
