// Runs a compiled package on samples of the host.
//
// input.bin holds, for each sample, the bytes of input 0, then of input 1 and so on; output.bin receives the
// outputs in the same way. Both are in the emulator's working directory. The last line printed is
//   tinyc: samples=20 stack=512
// with the stack high-water mark of model_invoke in bytes, the largest over all samples.

#include "model.h"
#include "semihosting.h"

#include <stdalign.h>

static alignas(MODEL_ARENA_ALIGNMENT) uint8_t arena[MODEL_ARENA_BYTES];

extern uint32_t stack_limit[]; // sections.ld

enum { STACK_PAINT = 0x5AFEC0DE };

__attribute__((noreturn)) static void fail(const char *message) {
  host_print("tinyc: error: ");
  host_print(message);
  host_print("\n");
  host_exit(1);
}

// Returns the bytes of stack model_invoke used, its call included. count_plugin.c counts what executes between
// the two marker instructions, which no compiler emits. Volatile accesses keep the loops from becoming calls:
// nothing but model_invoke may write below the stack pointer.
__attribute__((noinline)) static uint32_t invoke(model_context *context) {
  volatile uint32_t *stackPointer;
  __asm__ volatile("mov %0, sp" : "=r"(stackPointer));
  for (volatile uint32_t *word = stack_limit; word < stackPointer; ++word)
    *word = STACK_PAINT;

  __asm__ volatile("mov r10, r10" ::: "memory"); // 0x46D2: begin
  model_invoke(context);
  __asm__ volatile("mov r11, r11" ::: "memory"); // 0x46DB: end

  volatile uint32_t *word = stack_limit;
  while (word < stackPointer && *word == STACK_PAINT)
    ++word;
  return (uint32_t)(stackPointer - word) * sizeof(*word);
}

// Returns 0 at the end of the file.
static int read_sample(int32_t file, const model_context *context) {
  for (int input = 0; input < MODEL_INPUT_COUNT; ++input) {
    const size_t bytes = model_input_bytes(input);
    const size_t missing = host_read(file, model_input(context, input), bytes);
    if (missing == bytes && input == 0)
      return 0;
    if (missing != 0)
      fail("input.bin ends inside a sample");
  }
  return 1;
}

static void write_outputs(int32_t file, const model_context *context) {
  for (int output = 0; output < MODEL_OUTPUT_COUNT; ++output)
    if (host_write(file, model_output(context, output), model_output_bytes(output)) != 0)
      fail("cannot write output.bin");
}

static void print_count(const char *name, uint32_t value) {
  char text[NUMBER_TEXT_BYTES];
  host_print(name);
  host_print(format_number(value, 10, text));
}

int main(void) {
  static const char inputName[] = "input.bin", outputName[] = "output.bin";
  const int32_t inputFile = host_open(inputName, sizeof(inputName) - 1, OPEN_READ_BINARY);
  if (inputFile == -1)
    fail("cannot open input.bin");
  const int32_t outputFile = host_open(outputName, sizeof(outputName) - 1, OPEN_WRITE_BINARY);
  if (outputFile == -1)
    fail("cannot open output.bin");

  model_context context;
  if (model_init(&context, arena, sizeof(arena)) != 0)
    fail("model_init refused the arena");

  uint32_t samples = 0, stack = 0;
  while (read_sample(inputFile, &context)) {
    const uint32_t used = invoke(&context);
    if (used > stack)
      stack = used;
    write_outputs(outputFile, &context);
    ++samples;
  }
  if (host_close(outputFile) != 0)
    fail("cannot write output.bin");

  print_count("tinyc: samples=", samples);
  print_count(" stack=", stack);
  host_print("\n");
  return 0;
}
