// Runs a compiled package on samples of the host.
//
// input.bin holds, for each sample, the bytes of input 0, then of input 1 and so on; output.bin receives the
// outputs in the same way. Both are in the emulator's working directory. The last line printed is
//   tinyc: samples=20 stack=512
// with the stack high-water mark of the network in bytes, the largest over all samples. The rows of streamed inputs and
// outputs go directly from and to the files: those tensors are nowhere in memory as a whole.

#include "model.h"
#include "semihosting.h"

#include <stdalign.h>

#if MODEL_ARENA_COUNT > 1
#define DEFINE_ARENA(name, bytes) static alignas(MODEL_ARENA_ALIGNMENT) uint8_t name##_arena[bytes];
#define PASS_ARENA(name, bytes) , name##_arena, sizeof(name##_arena)
MODEL_ARENAS(DEFINE_ARENA)
#else
static alignas(MODEL_ARENA_ALIGNMENT) uint8_t arena[MODEL_ARENA_BYTES];
#endif

extern uint32_t stack_limit[]; // sections.ld

enum { STACK_PAINT = 0x5AFEC0DE };

__attribute__((noreturn)) static void fail(const char *message) {
  host_print("tinyc: error: ");
  host_print(message);
  host_print("\n");
  host_exit(1);
}

#if MODEL_WANTS_ROWS // defined by packages with streamed inputs or outputs
typedef model_rows rows_request;
static inline int advance(model_context *context, rows_request *rows) { return model_next(context, rows); }
#else
typedef int rows_request;
static inline int advance(model_context *context, rows_request *rows) {
  (void)rows;
  model_invoke(context);
  return 0;
}
#endif

// Runs the network to its end, or until it has a request for `rows`; returns the request. `stack` becomes at least the
// bytes of stack used, the call included. count_plugin.c counts what executes between the two marker instructions,
// which no compiler emits. Volatile accesses keep the loops from becoming calls: nothing but the network may write below
// the stack pointer.
__attribute__((noinline)) static int run(model_context *context, rows_request *rows, uint32_t *stack) {
  volatile uint32_t *stackPointer;
  __asm__ volatile("mov %0, sp" : "=r"(stackPointer));
  for (volatile uint32_t *word = stack_limit; word < stackPointer; ++word)
    *word = STACK_PAINT;

  __asm__ volatile("mov r10, r10" ::: "memory"); // 0x46D2: begin
  const int request = advance(context, rows);
  __asm__ volatile("mov r11, r11" ::: "memory"); // 0x46DB: end

  volatile uint32_t *word = stack_limit;
  while (word < stackPointer && *word == STACK_PAINT)
    ++word;
  const uint32_t used = (uint32_t)(stackPointer - word) * sizeof(*word);
  if (used > *stack)
    *stack = used;
  return request;
}

// Where input `index` begins among the bytes of a sample; for MODEL_INPUT_COUNT, their number.
static size_t input_position(int index) {
  size_t position = 0;
  for (int input = 0; input < index; ++input)
    position += model_input_bytes(input);
  return position;
}

static size_t output_position(int index) {
  size_t position = 0;
  for (int output = 0; output < index; ++output)
    position += model_output_bytes(output);
  return position;
}

static void read_at(int32_t file, size_t position, void *data, size_t bytes) {
  if (host_seek(file, position) != 0 || host_read(file, data, bytes) != 0)
    fail("input.bin ends inside a sample");
}

static void write_at(int32_t file, size_t position, const void *data, size_t bytes) {
  if (host_seek(file, position) != 0 || host_write(file, data, bytes) != 0)
    fail("cannot write output.bin");
}

// Those in the arena: streamed ones have no address.
static void read_inputs(int32_t file, uint32_t sample, const model_context *context) {
  const size_t begin = sample * input_position(MODEL_INPUT_COUNT);
  for (int input = 0; input < MODEL_INPUT_COUNT; ++input)
    if (model_input(context, input) != NULL)
      read_at(file, begin + input_position(input), model_input(context, input), model_input_bytes(input));
}

static void write_outputs(int32_t file, uint32_t sample, const model_context *context) {
  const size_t begin = sample * output_position(MODEL_OUTPUT_COUNT);
  for (int output = 0; output < MODEL_OUTPUT_COUNT; ++output)
    if (model_output(context, output) != NULL)
      write_at(file, begin + output_position(output), model_output(context, output), model_output_bytes(output));
}

static void pass_rows(int32_t inputFile, int32_t outputFile, uint32_t sample, int request, const rows_request *rows) {
#if MODEL_WANTS_ROWS
  const size_t begin = (size_t)rows->row * (rows->bytes / (size_t)rows->count);
  if (request == MODEL_WANTS_ROWS)
    read_at(inputFile, sample * input_position(MODEL_INPUT_COUNT) + input_position(rows->index) + begin, rows->data,
            rows->bytes);
  else
    write_at(outputFile, sample * output_position(MODEL_OUTPUT_COUNT) + output_position(rows->index) + begin,
             rows->data, rows->bytes);
#else
  (void)inputFile, (void)outputFile, (void)sample, (void)request, (void)rows;
#endif
}

// A model without inputs runs once.
static uint32_t count_samples(int32_t file) {
  const size_t bytes = input_position(MODEL_INPUT_COUNT);
  const int32_t length = host_length(file);
  if (length < 0)
    fail("cannot read input.bin");
  if (bytes == 0)
    return 1;
  if ((size_t)length % bytes != 0)
    fail("input.bin ends inside a sample");
  return (uint32_t)((size_t)length / bytes);
}

// Ends the program if the last invocation touched bytes that it must not (packages compiled with --check).
static void check(const model_context *context) {
#if MODEL_CHECK
  model_violation violation;
  if (model_check(context, &violation) == 0)
    return;
  char text[NUMBER_TEXT_BYTES];
  host_print("tinyc: error: node '");
  host_print(violation.node);
  host_print("': ");
  host_print(violation.kernel);
  if (violation.row >= 0) {
    host_print(" from row ");
    host_print(format_number((uint32_t)violation.row, 10, text));
    host_print(" on");
  }
  if (violation.wrote) {
    host_print(violation.byte < 0 ? " writes byte -" : " writes byte ");
    host_print(format_number(violation.byte < 0 ? -(uint32_t)violation.byte : (uint32_t)violation.byte, 10, text));
    host_print(" of the arena, which is not its own\n");
  } else {
    host_print(" has an output that depends on bytes which hold nothing\n");
  }
  host_exit(1);
#else
  (void)context;
#endif
}

#ifdef PROFILED_LAYERS
// Stores that count_plugin.c attributes to layers: see its option `marks`.
volatile uint8_t profile_marks[2 * PROFILED_LAYERS];

void tinyc_profile_begin(int32_t layer);
void tinyc_profile_end(int32_t layer);

void tinyc_profile_begin(int32_t layer) { profile_marks[2 * layer] = 1; }
void tinyc_profile_end(int32_t layer) { profile_marks[2 * layer + 1] = 1; }
#endif

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
#if MODEL_ARENA_COUNT > 1
  if (model_init(&context MODEL_ARENAS(PASS_ARENA)) != 0)
#else
  if (model_init(&context, arena, sizeof(arena)) != 0)
#endif
    fail("model_init refused the arena");

  const uint32_t samples = count_samples(inputFile);
  uint32_t stack = 0;
  for (uint32_t sample = 0; sample < samples; ++sample) {
    rows_request rows;
    int request;
    read_inputs(inputFile, sample, &context);
    while ((request = run(&context, &rows, &stack)) != 0)
      pass_rows(inputFile, outputFile, sample, request, &rows);
    check(&context);
    write_outputs(outputFile, sample, &context);
  }
  if (host_close(outputFile) != 0)
    fail("cannot write output.bin");

  print_count("tinyc: samples=", samples);
  print_count(" stack=", stack);
  host_print("\n");
  return 0;
}
