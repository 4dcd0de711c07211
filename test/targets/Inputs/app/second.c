#include "second/model.h"

#include <stdio.h>

static _Alignas(SECOND_ARENA_ALIGNMENT) uint8_t arena[SECOND_ARENA_BYTES];

void run_second(void);
void run_second(void) {
  second_context context;
  if (second_init(&context, arena, sizeof arena) != 0)
    return;
  second_invoke(&context);
  printf("second: %d input of %d bytes, %d bytes of output\n", SECOND_INPUT_COUNT, (int)second_input_bytes(0),
         (int)second_output_bytes(0));
}
