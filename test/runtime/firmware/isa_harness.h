/* The rows of kernels.def of the ISA under test, their buffers, and how one of their calls is compared with the generic kernel. */
#ifndef TINYC_TEST_ISA_HARNESS_H
#define TINYC_TEST_ISA_HARNESS_H

#include "../random_shapes.h"
#include "report.h"
#ifdef ROOMS
#include "rooms.h"
#endif

#include "tinyc/arithmetic.h"
#include "tinyc/kernel_functions.h"
#include "tinyc/narrow.h"
#include "tinyc/pack.h"
#include "tinyc/scratch.h"

#ifndef SHAPES
#define SHAPES 2000
#endif

enum { kInput = 40000, kWeights = 120000, kChannels = 160, kOutput = 60000, kScratch = 20000, kMultipliers = 400, kGuard = 16 };

static _Alignas(4) int8_t input[kInput], weights[kWeights], narrowWeights[kWeights / 2];
/* Of the weights of the convolutions and products tested; generic kernels read narrow ones, the others pack them themselves. */
static int32_t weightBits = 8;
/* Of the activations tested; buffers of them hold bytes. */
static int32_t activationBits = 8;
static const int8_t *contractWeights = weights;
/* The generic kernel for these activations and weights. */
#define GENERIC(name)                                                                                                \
  (activationBits == 16 ? weightBits == 8   ? (Function)name##_s16_s8                                                \
                          : weightBits == 4 ? (Function)name##_s16_s4                                                \
                                            : (Function)name##_s16_s2                                                \
   : activationBits == 4 ? weightBits == 8   ? (Function)name##_s4_s8                                                 \
                           : weightBits == 4 ? (Function)name##_s4_s4                                                 \
                                             : (Function)name##_s4_s2                                                 \
   : weightBits == 8    ? (Function)name##_s8_s8                                                                     \
   : weightBits == 4    ? (Function)name##_s8_s4                                                                     \
                        : (Function)name##_s8_s2)
static _Alignas(4) int8_t scattered[kInput + 64 * kGuard], expected[kOutput], actual[kOutput];
static int32_t packedWords[2 * kWeights / 4 + 8 * kChannels];
static int32_t bias[kChannels], multipliers[kMultipliers], scratch[kScratch / 4];
static Random state = {2463534242u};

/* Bytes of the present input and weights, filters with a bias, multipliers. */
static int32_t inputBytes, weightBytes, biases, multiplierCount;

static int32_t random(int32_t low, int32_t high) { return randomInt(&state, low, high); }

static void randomize(int8_t *bytes, int32_t count, int32_t least) {
  if (bytes == input)
    inputBytes = count;
  else if (bytes == weights)
    weightBytes = count;
  int32_t extreme = random(0, 9) == 0; /* all at the ends of the range: the largest sums */
  for (int32_t i = 0; i < count; i++)
    bytes[i] = (int8_t)(extreme ? (random(0, 1) ? 127 : least) : random(least, 127));
}
/* The same for `count` activations, in bytes or from -most to most in int16. */
static void randomizeActivations(int8_t *bytes, int32_t count, int32_t most) {
  if (activationBits == 8) {
    randomize(bytes, count, -128);
    return;
  }
  int16_t *elements = (int16_t *)(void *)bytes;
  if (bytes == input)
    inputBytes = 2 * count;
  int32_t extreme = random(0, 9) == 0;
  for (int32_t i = 0; i < count; i++)
    elements[i] = (int16_t)(extreme ? (random(0, 1) ? most : -most) : random(-most, most));
}
/* The greatest int16 with which sums of `length` products and a bias fit 32 bits. */
static int32_t greatestElement(int32_t length) {
  return tinyc_min_s32(32767, (INT32_MAX - 10000) / (128 * length));
}
/* A stage for results of int16: mostly with the shifts that the kernels of Armv7E-M take. */
static tinyc_output_s8 randomWideOutput(void) {
  tinyc_output_s8 output = {0, -32767, 32767, random(0, 7) ? random(33, 40) : random(20, 46), random(0, 3) > 0};
  if (random(0, 1))
    output.clamp_min = random(0, 1) ? 0 : random(-32767, 0);
  if (random(0, 2) == 0)
    output.clamp_max = random(1, 32767);
  return output;
}

/* Random weights of 8, 4 or 2 bits. Those of 8 are -127 .. 127 as a rule; imported models may have -128 too. */
static void randomizeWeights(int32_t count) {
  weightBits = random(0, 2) ? 8 : random(0, 2) ? 4 : 2;
  contractWeights = weightBits == 8 ? weights : narrowWeights;
  randomize(weights, count, random(0, 3) ? -127 : -128);
  if (weightBits == 8)
    return;
  for (int32_t i = 0; i < count; i++)
    weights[i] = (int8_t)(weights[i] >> (8 - weightBits));
  tinyc_pack_narrow(weights, count, weightBits, (uint8_t *)narrowWeights);
}

/* Now and then, of weights of 8 bits: at most one or two of each four neighbours not zero, in runs of `channels` (tinyc/sparse.h). */
static void thinWeights(int32_t count, int32_t channels) {
  if (weightBits != 8 || random(0, 3) > 0)
    return;
  int32_t kept = random(0, 2) ? 1 : 2;
  for (int32_t run = 0; run < count; run += channels)
    for (int32_t first = 0; first < channels; first += 4) {
      int32_t size = tinyc_min_s32(4, channels - first), one = random(0, size - 1), other = kept == 1 ? one : random(0, size - 1);
      for (int32_t i = 0; i < size; i++)
        if (i != one && i != other)
          weights[run + first + i] = 0;
    }
}

static void randomizeConstants(int32_t filters, int32_t length, const tinyc_output_s8 *stage) {
  biases = filters;
  multiplierCount = stage->multiplier_step ? filters : 1;
  /* Large biases are at the bounds where sums times a power of two leave 32 bits. */
  int32_t most = activationBits == 8 && random(0, 3) == 0 ? 1 << random(10, 29) : 10000;
  for (int32_t o = 0; o < filters; o++) {
    bias[o] = random(-most, most);
    multipliers[o] = randomMultiplier(&state, length, stage->shift);
  }
}

static int failures;

static void fail(const char *kernel, int32_t shape, const char *what) {
  if (failures++ < 10) {
    printText("tinyc: ");
    printText(kernel);
    printText(" shape ");
    printNumber((uint32_t)shape);
    printText(what);
  }
}

/* Scratch is misused if it changes beyond what the scratch function asked for. */
static void fillScratch(void) { memset(scratch, 0x5a, sizeof scratch); }
static int isScratchIntact(int32_t bytes) {
  const uint8_t *byte = (const uint8_t *)scratch;
  for (int32_t i = bytes; i < bytes + kGuard; i++)
    if (byte[i] != 0x5a)
      return 0;
  return 1;
}

/* The input rows of a window that output rows begin .. end - 1 need, in any order at any multiple of four bytes; the
 * others lie outside all memory. */
static tinyc_rows scatterRows(const tinyc_window *window, int32_t begin, int32_t end) {
  enum { kMostRows = 32 };
  static uint32_t offsets[kMostRows];
  tinyc_rows scatteredRows = {scattered, offsets};
  int32_t row = window->input_width * window->input_channels * activationBits / 8, order[kMostRows], at = 4 * random(0, 4);
  int32_t first = begin * window->stride_height - window->pad_top;
  int32_t last = (end - 1) * window->stride_height - window->pad_top + (window->kernel_height - 1) * window->dilation_height;
  for (int32_t y = 0; y < window->input_height; y++) {
    int32_t other = random(0, y);
    order[y] = order[other];
    order[other] = y;
    offsets[y] = 0xf0000000u - (uint32_t)(uintptr_t)scattered;
  }
  randomize(scattered, sizeof scattered, -128);
  for (int32_t i = 0; i < window->input_height; i++) {
    int32_t y = order[i];
    if (y < first || y > last)
      continue;
    offsets[y] = (uint32_t)at;
    memcpy(scattered + at, input + y * row, (size_t)row);
    at = ((at + row + 3) & ~3) + 4 * random(0, 2);
  }
  return scatteredRows;
}

/* The kernels' types, up to that of the parameter block. */
typedef void (*Function)(void);
typedef void (*Sums)(const void *, const int8_t *, int32_t *, void *, int32_t, int32_t);
typedef void (*Unary)(const void *, const int8_t *, int8_t *, void *, int32_t, int32_t);
typedef void (*Scaled)(const void *, const int8_t *, const int32_t *, int8_t *, void *, int32_t, int32_t);
typedef void (*Binary)(const void *, const int8_t *, const int8_t *, int8_t *, void *, int32_t, int32_t);
typedef void (*Weighted)(const void *, const int8_t *, const int8_t *, const int32_t *, const int32_t *, int8_t *, void *,
                         int32_t, int32_t);

typedef void (*Exponentials)(const void *, const int8_t *, const uint16_t *, int8_t *, void *, int32_t, int32_t);
typedef void (*Average)(const void *, const int32_t *, const int32_t *, int8_t *, void *, int32_t, int32_t);
typedef void (*Resampling)(const void *, const int8_t *, const uint16_t *, const int16_t *, int8_t *, void *, int32_t, int32_t);
typedef void (*Quantize)(const void *, const float *, int8_t *, void *, int32_t, int32_t);
typedef void (*Dequantize)(const void *, const int8_t *, float *, void *, int32_t, int32_t);
typedef void (*Product)(const void *, const int8_t *, const int8_t *, const int32_t *, int8_t *, void *, int32_t, int32_t);

typedef enum Operation {
  kIs_conv2d,
  kIs_depthwise_conv2d,
  kIs_conv_transpose2d,
  kIs_fully_connected,
  kIs_matmul,
  kIs_avg_pool,
  kIs_max_pool,
  kIs_sum_rows,
  kIs_average,
  kIs_add,
  kIs_mul,
  kIs_lookup,
  kIs_softmax,
  kIs_log_softmax,
  kIs_requantize,
  kIs_transpose,
  kIs_quantize,
  kIs_dequantize,
  kIs_resize
} Operation;

/* A row of kernels.def. */
typedef struct Row {
  const char *symbol;
  Operation operation;
  int32_t activations, bits; /* bits of activations and of weights */
  Function function;
  int32_t (*scratch)(const void *params);
  const tinyc_packing *packing;
  int32_t shapes, overwriting; /* tested */
} Row;

#define ROW_generic(...)
#define ROW_x86_64(...)
enum { kBits_none = 8, kBits_s8 = 8, kBits_s4 = 4, kBits_s2 = 2 };
enum { kElement_f32 = 8, kElement_s8 = 8, kElement_s16 = 16, kElement_s4 = 4 }; /* floats are tested beside bytes */
#define ROW_armv7e_m(op, input, weight, symbol, scratch, packing) \
  {#symbol, kIs_##op, kElement_##input, kBits_##weight, (Function)symbol, scratch, packing, 0, 0},
#ifdef __ARM_FEATURE_MVE
#define ROW_armv8_1m ROW_armv7e_m
#else
#define ROW_armv8_1m(...)
#endif
#define TINYC_PACKED_KERNEL(op, input, weight, isa, source, symbol, params, arguments, scratch, packing) \
  ROW_##isa(op, input, weight, symbol, scratch, &packing)
#define TINYC_KERNEL(op, input, weight, isa, source, symbol, params, arguments, scratch) \
  ROW_##isa(op, input, weight, symbol, scratch, NULL)
static Row kernels[] = {
#include "../../../runtime/kernels.def"
};
#undef TINYC_KERNEL

enum { kRows = (int32_t)(sizeof kernels / sizeof kernels[0]) };

/* Calls a kernel; the constants are packed where it wants that. */
static void call(Operation operation, Function function, const void *params, const int8_t *input, const void *constants, const int32_t *offsets,
                 const int32_t *scales, int8_t *output, void *buffer, int32_t begin, int32_t end) {
  switch (operation) {
  case kIs_avg_pool:
    ((Scaled)function)(params, input, scales, output, buffer, begin, end);
    break;
  case kIs_matmul:
    ((Product)function)(params, input, (const int8_t *)constants, scales, output, buffer, begin, end);
    break;
  case kIs_average:
    ((Average)function)(params, (const int32_t *)(const void *)input, scales, output, buffer, begin, end);
    break;
  case kIs_softmax:
  case kIs_log_softmax:
    ((Exponentials)function)(params, input, (const uint16_t *)constants, output, buffer, begin, end);
    break;
  case kIs_add:
  case kIs_mul:
  case kIs_lookup:
    ((Binary)function)(params, input, (const int8_t *)constants, output, buffer, begin, end);
    break;
  case kIs_max_pool:
  case kIs_requantize:
  case kIs_transpose:
    ((Unary)function)(params, input, output, buffer, begin, end);
    break;
  case kIs_resize: /* the weights stand in the place of the bias */
    ((Resampling)function)(params, input, (const uint16_t *)constants, (const int16_t *)(const void *)offsets, output,
                           buffer, begin, end);
    break;
  case kIs_quantize:
    ((Quantize)function)(params, (const float *)(const void *)input, output, buffer, begin, end);
    break;
  case kIs_dequantize:
    ((Dequantize)function)(params, input, (float *)(void *)output, buffer, begin, end);
    break;
  case kIs_sum_rows:
    ((Sums)function)(params, input, (int32_t *)(void *)output, buffer, begin, end);
    break;
  default:
    ((Weighted)function)(params, input, (const int8_t *)constants, offsets, scales, output, buffer, begin, end);
  }
}

#ifdef ROOMS
/* The same call with every buffer beside guards, which the plugin watches. Rows anywhere stay where they are. */
static void testInRooms(const Row *row, const void *params, const int8_t *from, int32_t size, int32_t scratchBytes,
                        int32_t begin, int32_t end, int32_t shape) {
  const int8_t *x = from == input ? (const int8_t *)placeInRoom(kRoomOfInput, input, inputBytes) : from;
  const void *constants = row->packing ? placeInRoom(kRoomOfConstants, packedWords, row->packing->bytes(params))
                                       : placeInRoom(kRoomOfConstants, contractWeights, (weightBytes * weightBits + 7) / 8);
  const int32_t *offsets = row->packing ? NULL : (const int32_t *)placeInRoom(kRoomOfBias, bias, 4 * biases);
  const int32_t *scales =
      row->packing ? NULL : (const int32_t *)placeInRoom(kRoomOfMultipliers, multipliers, 4 * multiplierCount);
  memset(actual, 0x33, (size_t)size);
  int8_t *output = (int8_t *)placeInRoom(kRoomOfOutput, actual, size);
  void *buffer = placeInRoom(kRoomOfScratch, scratch, scratchBytes);
  roomSwitch[0] = 1;
  call(row->operation, row->function, params, x, constants, offsets, scales, output, buffer, begin, end);
  roomSwitch[1] = 1;
  if (memcmp(expected + kGuard, output, (size_t)size) != 0)
    fail(row->symbol, shape, " differs beside guards\n");
}
#endif

/* Every kernel of the operation that takes these parameters, against the generic one, which may have others: the whole
 * input. */
static void testRowsFrom(Operation operation, Function generic, const void *wholeParams, const void *params,
                         const int8_t *from, int32_t size, int32_t begin, int32_t end, int32_t shape) {
  tinyc_constants constants = {weights, bias, multipliers, NULL, NULL};
  memset(expected, 0x33, (size_t)(size + 2 * kGuard));
  static int32_t genericScratch[kScratch / 4]; /* of those on int4 */
  call(operation, generic, wholeParams, input, contractWeights, bias, multipliers, expected + kGuard, genericScratch, begin, end);
  for (Row *row = kernels; row != kernels + kRows; row++) {
    if (row->operation != operation || row->activations != activationBits || row->bits != weightBits || (row->packing && !row->packing->supports(params, &constants)))
      continue;
    int32_t bytes = row->scratch(params);
    if (row->packing && row->packing->bytes(params) > (int32_t)sizeof packedWords - kGuard) {
      fail(row->symbol, shape, " has no room for its constants\n");
      continue;
    }
    if (bytes > kScratch - kGuard)
      continue;
    memset(actual, 0x33, (size_t)(size + 2 * kGuard));
    fillScratch();
    if (row->packing) {
      uint8_t *packed = (uint8_t *)packedWords;
      int32_t packedBytes = row->packing->bytes(params);
      memset(packedWords, 0x5a, (size_t)(packedBytes + kGuard));
      row->packing->write(params, &constants, packed);
      for (int32_t i = 0; i < kGuard; i++)
        if (packed[packedBytes + i] != 0x5a)
          fail(row->symbol, shape, " packs more bytes than it says\n");
      call(operation, row->function, params, from, packed, NULL, NULL, actual + kGuard, scratch, begin, end);
    } else {
      call(operation, row->function, params, from, contractWeights, bias, multipliers, actual + kGuard, scratch, begin, end);
    }
    row->shapes++;
    if (memcmp(expected, actual, (size_t)(size + 2 * kGuard)) != 0)
      fail(row->symbol, shape, " differs\n");
    if (!isScratchIntact(bytes))
      fail(row->symbol, shape, " writes beyond its scratch\n");
#ifdef ROOMS
    testInRooms(row, params, from, size, bytes, begin, end, shape);
#endif
  }
}

static void testRows(Operation operation, Function generic, const void *params, int32_t size, int32_t begin, int32_t end,
                     int32_t shape) {
  testRowsFrom(operation, generic, params, params, input, size, begin, end, shape);
}

/* The same for an operation whose output, with rows of `row` bytes, may be its input. */
static void testInPlace(Operation operation, Function generic, const void *params, int32_t row, int32_t begin, int32_t end,
                        int32_t shape) {
  call(operation, generic, params, input, weights, bias, multipliers, expected, NULL, begin, end);
  for (Row *kernel = kernels; kernel != kernels + kRows; kernel++) {
    if (kernel->operation != operation || kernel->activations != activationBits)
      continue;
    memcpy(actual, input, (size_t)(end * row));
    call(operation, kernel->function, params, actual, weights, bias, multipliers, actual, scratch, begin, end);
    if (memcmp(expected + begin * row, actual + begin * row, (size_t)((end - begin) * row)) != 0)
      fail(kernel->symbol, shape, " differs in place\n");
  }
}

#endif /* TINYC_TEST_ISA_HARNESS_H */
