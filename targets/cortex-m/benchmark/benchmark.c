// Firmware that runs kernel calls one after the other, for tools/bench_kernels.py: calls.bin, in QEMU's working directory,
// says which. The counting plugin attributes instructions and cycles to call i by the stores to benchmark_marks[2 * i] and
// [2 * i + 1]. Constants and inputs are arbitrary but for words that say where
// weights stand: no kernel's time depends on their values, but for a few branches in
// softmax and in float arithmetic without a floating-point unit. Indices of resize go up by one every second.

#include "semihosting.h"
#include "tinyc/kernel_functions.h"
#include "tinyc/pack_sparse.h"

enum { MAX_CALLS = 16384, CALL_BYTES = 7 << 18, INPUT_BYTES = 1 << 19, WEIGHT_BYTES = 3 << 18, OUTPUT_BYTES = 1 << 19, SCRATCH_BYTES = 1 << 17, MAX_ROWS = 256, MAX_CHANNELS = 4096, MAX_INDICES = 1024 };

// What calls.bin holds for each call, followed by the words of the parameter block.
typedef struct Call {
  int32_t kernel, rowBegin, rowEnd;
  int32_t rowBytes; // of the input, where the kernel takes rows anywhere (tinyc_rows); else 0
  int32_t words;
} Call;

typedef struct Buffers {
  const void *input, *other, *weights;
  const int32_t *bias, *multipliers;
  const uint16_t *indices;
  void *output, *scratch;
} Buffers;

volatile uint8_t benchmark_marks[2 * MAX_CALLS];
static uint32_t calls[CALL_BYTES / 4], input[INPUT_BYTES / 4], weights[WEIGHT_BYTES / 4], output[OUTPUT_BYTES / 4];
static uint32_t scratch[SCRATCH_BYTES / 4], offsets[MAX_ROWS];
static int32_t bias[MAX_CHANNELS], multipliers[MAX_CHANNELS];
static uint16_t indices[MAX_INDICES];

#define CALL_unary_s8 buffers->input, buffers->output
#define CALL_unary_f32 buffers->input, buffers->output
#define CALL_binary_s8 buffers->input, buffers->other, buffers->output
#define CALL_binary_f32 buffers->input, buffers->other, buffers->output
#define CALL_weighted_s8 buffers->input, buffers->weights, buffers->bias, buffers->multipliers, buffers->output
#define CALL_weighted_f32 buffers->input, buffers->weights, (const float *)buffers->weights, buffers->output
#define CALL_matmul_s8 buffers->input, buffers->other, buffers->multipliers, buffers->output
#define CALL_scaled_s8 buffers->input, buffers->multipliers, buffers->output
#define CALL_lookup_s8 buffers->input, buffers->weights, buffers->output
#define CALL_exponentials_s8 buffers->input, buffers->weights, buffers->output
#define CALL_unary_s16 CALL_unary_s8
#define CALL_binary_s16 CALL_binary_s8
#define CALL_weighted_s16 CALL_weighted_s8
#define CALL_scaled_s16 CALL_scaled_s8
#define CALL_lookup_s16 CALL_lookup_s8
#define CALL_exponentials_s16 CALL_exponentials_s8
#define CALL_quantize_s16 CALL_unary_s8
#define CALL_dequantize_s16 CALL_unary_s8
#define CALL_widen CALL_unary_s8
#define CALL_narrow CALL_unary_s8
#define CALL_sums_s16 CALL_unary_s8
#define CALL_average_s16 CALL_scaled_s8
#define CALL_quantize buffers->input, buffers->output
#define CALL_dequantize buffers->input, buffers->output
#define CALL_sums_s8 buffers->input, buffers->output
#define CALL_average_s8 buffers->input, buffers->multipliers, buffers->output
#define CALL_coded_s8 buffers->weights, buffers->output
#define CALL_nearest_s8 buffers->input, buffers->indices, buffers->output
#define CALL_nearest_f32 buffers->input, buffers->indices, buffers->output
#define CALL_resize_s8 buffers->input, buffers->indices, buffers->weights, buffers->output
#define CALL_resize_f32 buffers->input, buffers->indices, buffers->weights, buffers->output
#define CALL_recurrent_f32                                                                                             \
  buffers->input, buffers->weights, buffers->weights, NULL, NULL, NULL, NULL, NULL, buffers->output

#define TINYC_KERNEL(op, input, weight, isa, source, symbol, params_type, arguments, scratch_bytes)                    \
  HAS_##isa(static void call_##symbol(const void *params, const Buffers *buffers, int32_t begin, int32_t end) {       \
    symbol((const params_type *)params, CALL_##arguments, buffers->scratch, begin, end);                              \
  })
#define HAS_generic(...) __VA_ARGS__
#define HAS_x86_64(...)
#if defined(__ARM_FEATURE_DSP)
#define HAS_armv7e_m(...) __VA_ARGS__
#else
#define HAS_armv7e_m(...)
#endif
#if defined(__ARM_FEATURE_MVE)
#define HAS_armv8_1m(...) __VA_ARGS__
#else
#define HAS_armv8_1m(...)
#endif
#include "kernels.def"
#undef TINYC_KERNEL

typedef void (*Caller)(const void *params, const Buffers *buffers, int32_t begin, int32_t end);
#define TINYC_KERNEL(op, input, weight, isa, source, symbol, params_type, arguments, scratch_bytes)                    \
  ENTRY_##isa(call_##symbol)
#define ENTRY_generic(name) name,
#define ENTRY_x86_64(name) 0,
#if defined(__ARM_FEATURE_DSP)
#define ENTRY_armv7e_m(name) name,
#else
#define ENTRY_armv7e_m(name) 0,
#endif
#if defined(__ARM_FEATURE_MVE)
#define ENTRY_armv8_1m(name) name,
#else
#define ENTRY_armv8_1m(name) 0,
#endif
static const Caller callers[] = {
#include "kernels.def"
};
#undef TINYC_KERNEL

// A coded string (tinyc/decode.h) in front of the weights: 16 values of equal frequency, words of 10 bits. Any bits may follow.
static void put(uint32_t *position, uint32_t value, uint32_t count) {
  for (uint32_t bit = 0; bit < count; bit++, ++*position) {
    uint32_t *word = &weights[*position / 32], mask = 1u << *position % 32;
    *word = value >> bit & 1u ? *word | mask : *word & ~mask;
  }
}
static void makeString(const tinyc_decode_s8_params *params) {
  const uint32_t frequency = 1u << (params->table_log - 4);
  uint32_t position = 0;
  put(&position, 0, 1);
  put(&position, 0xf8, 8);
  put(&position, 15, 8);
  for (int32_t value = 0; value < 16; value++) { // frequency + 1 has as many bits as the frequency
    put(&position, frequency, (uint32_t)params->table_log - 3);
    put(&position, frequency + 1, (uint32_t)params->table_log - 4);
  }
  for (int32_t kind = 0; kind < 2 && params->words > 0; kind++) {
    put(&position, 0, 5);
    put(&position, 10, 6);
    put(&position, 0, 32);
  }
  put(&position, 0, (uint32_t)params->table_log);
  put(&position, (uint32_t)params->words, 16);
  put(&position, (uint32_t)(params->bytes - 4 * params->words), 24);
  put(&position, 1, 16);
}

// Weights whose words the kernel follows: those of a filter of zeros for each output.
static void makeSparseWords(const tinyc_packing *packing, const void *params) {
  static const int8_t zeros[WEIGHT_BYTES];
  const tinyc_constants constants = {zeros, bias, multipliers, NULL, NULL};
  if (packing->bytes(params) > WEIGHT_BYTES) {
    host_print("benchmark: error: too many weights\n");
    host_exit(1);
  }
  packing->write(params, &constants, (uint8_t *)weights);
}

static void run(void) {
  const uint32_t *at = calls;
  const int32_t count = (int32_t)*at++;
  Buffers buffers = {input, input, weights, bias, multipliers, indices, output, scratch};
  for (int32_t i = 0; i < count; i++) {
    const Call *call = (const Call *)(const void *)at;
    const uint32_t *params = at + sizeof(Call) / 4;
    tinyc_rows rows = {input, offsets};
    buffers.input = call->rowBytes ? (const void *)&rows : input;
    for (int32_t y = 0; y < MAX_ROWS && call->rowBytes; y++)
      offsets[y] = (uint32_t)(y * call->rowBytes);
    const Caller caller = callers[call->kernel];
    if (caller == call_tinyc_decode_s8)
      makeString((const tinyc_decode_s8_params *)(const void *)params);
#if defined(__ARM_FEATURE_DSP)
    if (caller == call_tinyc_conv2d_1of4_s8_s8_armv7e_m)
      makeSparseWords(&tinyc_conv2d_1of4_words_packing, params);
    if (caller == call_tinyc_fully_connected_1of4_s8_s8_armv7e_m)
      makeSparseWords(&tinyc_fully_connected_1of4_words_packing, params);
#endif
    benchmark_marks[2 * i] = 1;
    caller(params, &buffers, call->rowBegin, call->rowEnd);
    benchmark_marks[2 * i + 1] = 1;
    at = params + call->words;
  }
}

// Words that are int8, int16 and float values of ordinary size at the same time: floats between 1 and 4.
static void fill(uint32_t *words, uint32_t count) {
  uint32_t x = 1;
  for (uint32_t i = 0; i < count; i++) {
    x = x * 1664525u + 1013904223u;
    words[i] = 0x3f800000u + (x >> 8 & 0x00ffffffu);
  }
}

int main(void) {
  static const char name[] = "calls.bin";
  const int32_t file = host_open(name, sizeof(name) - 1, OPEN_READ_BINARY);
  const int32_t bytes = file == -1 ? -1 : host_length(file);
  if (bytes < 4 || bytes > CALL_BYTES || host_read(file, calls, (size_t)bytes) != 0 || calls[0] > MAX_CALLS) {
    host_print("benchmark: error: cannot read calls.bin\n");
    host_exit(1);
  }
  fill(input, INPUT_BYTES / 4);
  fill(weights, WEIGHT_BYTES / 4);
  for (int32_t i = 0; i < MAX_INDICES; i++)
    indices[i] = (uint16_t)(i / 2);
  for (int32_t i = 0; i < MAX_CHANNELS; i++)
    multipliers[i] = 1 << 22;
  __asm__ volatile("mov r10, r10" ::: "memory"); // begins the measured interval
  run();
  __asm__ volatile("mov r11, r11" ::: "memory");
  return 0;
}
