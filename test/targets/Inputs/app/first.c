#include "first/model.h"

#include <stdio.h>

static _Alignas(FIRST_ARENA_ALIGNMENT) uint8_t arena[FIRST_ARENA_BYTES];

void run_first(void);
void run_first(void) {
  first_context context;
  if (first_init(&context, arena, sizeof arena) != 0)
    return;
  first_invoke(&context);
  printf("first: %d input of %d bytes, %d bytes of output\n", FIRST_INPUT_COUNT, (int)first_input_bytes(0),
         (int)first_output_bytes(0));
}
