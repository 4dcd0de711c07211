// Runs a package on three inputs; prints its outputs, or, in a package with checks, the first call that a check found.
#include "model.h"

#include <stdio.h>

static _Alignas(MODEL_ARENA_ALIGNMENT) uint8_t arena[MODEL_ARENA_BYTES];

int main(void) {
  model_context model;
  if (model_init(&model, arena, sizeof arena) != 0)
    return 1;
  uint32_t random = 1;
  for (int sample = 0; sample < 3; ++sample) {
    for (int i = 0; i < MODEL_INPUT_COUNT; ++i)
      for (size_t k = 0; k < model_input_bytes(i); ++k) {
        random = random * 1664525u + 1013904223u;
        ((uint8_t *)model_input(&model, i))[k] = (uint8_t)(random >> 24);
      }
    model_invoke(&model);
#ifdef MODEL_CHECK
    model_violation violation;
    if (model_check(&model, &violation) != 0) {
      printf("%s in %s: %s", violation.kernel, violation.node, violation.wrote ? "wrote" : "read");
      if (violation.wrote)
        printf(" byte %ld", (long)violation.byte);
      printf("\n");
      return 2;
    }
#endif
    for (int i = 0; i < MODEL_OUTPUT_COUNT; ++i)
      for (size_t k = 0; k < model_output_bytes(i); ++k)
        printf("%d\n", ((const int8_t *)model_output(&model, i))[k]);
  }
  return 0;
}
