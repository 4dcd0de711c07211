/* Firmware: every Armv7E-M kernel of kernels.def, and on a core with MVE every Armv8.1-M one, against the generic one over
 * random shapes, bit for bit, with random row ranges, ring buffers and guard bytes around output and scratch. Prints one
 * line; exits 1 on a mismatch. */
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

static void randomizeConstants(int32_t filters, int32_t length, const tinyc_output_s8 *stage) {
  biases = filters;
  multiplierCount = stage->multiplier_step ? filters : 1;
  for (int32_t o = 0; o < filters; o++) {
    bias[o] = random(-10000, 10000);
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
typedef void (*Product)(const void *, const int8_t *, const int8_t *, const int32_t *, int8_t *, void *, int32_t, int32_t);

typedef enum Operation {
  kIs_conv2d,
  kIs_depthwise_conv2d,
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
  kIs_transpose
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
enum { kElement_s8 = 8, kElement_s16 = 16 };
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
  call(operation, generic, wholeParams, input, contractWeights, bias, multipliers, expected + kGuard, NULL, begin, end);
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

/* Convolutions whose output rows may lie over input rows: the whole output, a few rows at a time over dead input. */
static void testOverwriting(Operation operation, Function generic, const tinyc_conv2d_s8_params *params, int32_t shape) {
  tinyc_constants constants = {weights, bias, multipliers, NULL, NULL};
  tinyc_conv2d_s8_params whole = *params, rows = *params;
  whole.window.input_ring_rows = whole.window.input_height;
  whole.window.output_ring_rows = whole.window.output_height;
  call(operation, generic, &whole, input, contractWeights, bias, multipliers, expected, NULL, 0, whole.window.output_height);
  const tinyc_window *window = &rows.window;
  int32_t rowIn = window->input_width * window->input_channels, rowOut = window->output_width * window->output_channels;
  for (Row *row = kernels; row != kernels + kRows; row++) {
    if (row->operation != operation || row->activations != activationBits || row->bits != weightBits || !row->packing ||
        !row->packing->overwrites ||
        !row->packing->supports(params, &constants) || !row->packing->overwrites(params) ||
        row->packing->bytes(params) > (int32_t)sizeof packedWords)
      continue;
    int32_t step = random(1, tinyc_min_s32(4, window->output_height)), anywhere = step == 1 && random(0, 1);
    rows.window.output_ring_rows = step;
    rows.window.input_ring_rows = anywhere ? 0 : window->input_height;
    if (row->scratch(&rows) > kScratch)
      continue;
    row->packing->write(params, &constants, (uint8_t *)packedWords);
    tinyc_rows table = scatterRows(window, 0, window->output_height);
    if (!anywhere)
      memcpy(scattered, input, (size_t)(window->input_height * rowIn));
    const int8_t *from = anywhere ? (const int8_t *)&table : scattered;
    row->overwriting++;
    for (int32_t begin = 0; begin < window->output_height; begin += step) {
      int32_t end = tinyc_min_s32(begin + step, window->output_height);
      int32_t first = begin * window->stride_height - window->pad_top;
      int8_t *output = first < 0 || first >= window->input_height ? actual
                       : anywhere ? scattered + table.offsets[first] : scattered + first * rowIn;
      call(operation, row->function, &rows, from, packedWords, NULL, NULL, output, scratch, begin, end);
      if (memcmp(output, expected + begin * rowOut, (size_t)((end - begin) * rowOut)) != 0)
        fail(row->symbol, shape, " differs over its input\n");
    }
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

/* Rows of a window kernel, whose input may have rows anywhere and whose output may be a band: begin is chosen then. */
static void chooseRows(tinyc_window *window, int32_t *begin, int32_t *end) {
  *begin = random(0, window->output_height - 1);
  *end = random(*begin + 1, window->output_height);
  switch (random(0, 3)) {
  case 0:
    break;
  case 1: { /* a band */
    int32_t rows = random(1, tinyc_min_s32(4, window->output_height));
    *begin = random(0, (window->output_height - 1) / rows) * rows;
    *end = tinyc_min_s32(*begin + rows, window->output_height);
    window->output_ring_rows = rows;
    return;
  }
  default:
    *begin = 0;
    *end = window->output_height;
  }
  if (random(0, 2) == 0)
    window->output_ring_rows = random(*end - *begin, window->output_height);
}

/* The usual window of a depthwise convolution. */
static tinyc_window randomDepthwiseWindow(void) {
  for (;;) {
    int32_t size = random(0, 2) ? 3 : 1 + 2 * random(1, 3), stride = random(1, 2), pads[4];
    for (int32_t i = 0; i < 4; i++)
      pads[i] = random(0, size / 2);
    int32_t height = random(1, 12), width = random(1, 20);
    int32_t below = height + pads[0] + pads[1] - size, beside = width + pads[2] + pads[3] - size;
    if (below < 0 || beside < 0)
      continue;
    below = below / stride + 1;
    tinyc_window window = {height, width,  0,      height, below, beside / stride + 1, 0,       below,
                           size,   size,   stride, stride, 1,     1,                   pads[0], pads[2]};
    return window;
  }
}

/* A long kernel of one row: 1-D convolutions. */
static tinyc_window randomLineWindow(void) {
  for (;;) {
    int32_t size = random(2, 40), height = random(1, 3), width = random(1, 200), stride = random(0, 3) ? 1 : 2;
    int32_t dilation = stride == 1 && random(0, 2) == 0 ? random(1, 5) : 1, reach = (size - 1) * dilation;
    int32_t left = random(0, reach), beside = width + left + random(0, reach) - reach - 1;
    int32_t pad_top = random(0, 5) == 0;
    if (beside < 0)
      continue;
    height += pad_top;
    tinyc_window window = {height, width,  0, height,   height,  beside / stride + 1, 0,       height,
                           1,      size,   1, stride,   1,       dilation,            pad_top, left};
    return window;
  }
}

static void testConvolution(int32_t shape, int depthwise) {
  tinyc_conv2d_s8_params params;
  tinyc_window *window = &params.window;
  int32_t length;
  for (;;) {
    *window = randomWindow(&state, random(0, 3) ? 5 : 7, 14);
    if (random(0, 3) == 0)
      window->kernel_height = window->kernel_width = 1; /* output sizes stay valid: the window only shrinks */
    int32_t pointwise = !depthwise && random(0, 5) == 0; /* whose outputs may lie over their inputs */
    if (depthwise) {
      int32_t usual = random(0, 3);
      if (usual > 2)
        *window = randomLineWindow();
      else if (usual)
        *window = randomDepthwiseWindow();
      window->input_channels = params.groups = random(1, 130);
      window->output_channels = window->input_channels * (usual || random(0, 5) ? 1 : random(2, 3));
    } else if (random(0, 5) == 0) { /* pointwise, narrowing as a rule: the output may lie over the input */
      int32_t height = random(1, 12), width = random(1, 12), channels = random(1, 60);
      *window = (tinyc_window){height, width, channels, height, height, width, random(1, random(0, 3) ? channels : 60), height,
                               1,      1,     1,        1,      1,      1,     0,                                       0};
      params.groups = 1;
    } else {
      params.groups = random(0, 3) ? 1 : random(2, 4);
      window->input_channels = params.groups * random(1, params.groups > 1 ? 9 : random(0, 3) ? 24 : 130);
      if (params.groups == 1 && random(0, 1))
        window->input_channels = (window->input_channels + 3) & ~3;
      window->output_channels = params.groups * random(1, params.groups > 1 ? 7 : 20);
    }
    if (pointwise) {
      params.groups = 1;
      window->kernel_height = window->kernel_width = window->stride_height = window->stride_width = 1;
      window->pad_top = window->pad_left = 0;
      window->output_height = window->output_ring_rows = window->input_height;
      window->output_width = window->input_width;
      window->output_channels = random(1, tinyc_min_s32(window->input_channels, 40));
    }
    length = window->kernel_height * window->kernel_width * (window->input_channels / params.groups);
    int32_t pixels = window->output_height * window->output_width;
    if (window->output_channels <= kChannels && length * window->output_channels <= kWeights &&
        window->input_height * window->input_width * window->input_channels * activationBits / 8 <= kInput &&
        pixels * window->output_channels * activationBits / 8 + 2 * kGuard <= kOutput && pixels * length * window->output_channels <= 300000)
      break;
  }
  params.input_zero_point = activationBits == 16 ? 0 : random(-128, 127);
  params.output = activationBits == 16 ? randomWideOutput() : randomOutput(&state);
  int32_t begin, end;
  chooseRows(window, &begin, &end);
  /* Any contents do for a ring: both kernels must read the same rows of it. */
  if (random(0, 3) == 0)
    window->input_ring_rows = random(1, window->input_height);
  int32_t size = window->output_height * window->output_width * window->output_channels * activationBits / 8;
  randomizeActivations(input, window->input_height * window->input_width * window->input_channels, greatestElement(length));
  randomizeWeights(length * window->output_channels);
  randomizeConstants(window->output_channels, length, &params.output);
  Operation operation = depthwise ? kIs_depthwise_conv2d : kIs_conv2d;
  Function generic = depthwise ? GENERIC(tinyc_depthwise_conv2d) : GENERIC(tinyc_conv2d);
  testRows(operation, generic, &params, size, begin, end, shape);
  tinyc_conv2d_s8_params whole = params;
  whole.window.input_ring_rows = window->input_height;
  window->input_ring_rows = 0;
  tinyc_rows rowsAnywhere = scatterRows(window, begin, end);
  testRowsFrom(operation, generic, &whole, &params, (const int8_t *)&rowsAnywhere, size, begin, end, shape);
  testOverwriting(operation, generic, &params, shape);
}

static void testFullyConnected(int32_t shape) {
  tinyc_fully_connected_s8_params params = {random(1, 3), random(1, 300), random(1, 40), randomOutput(&state)};
  if (activationBits == 16)
    params.output = randomWideOutput();
  int32_t size = params.rows * params.outputs * activationBits / 8, begin = random(0, params.rows - 1);
  randomizeActivations(input, params.rows * params.inputs, greatestElement(params.inputs));
  randomizeWeights(params.inputs * params.outputs);
  randomizeConstants(params.outputs, params.inputs, &params.output);
  testRows(kIs_fully_connected, GENERIC(tinyc_fully_connected), &params, size, begin, params.rows, shape);
}

static void testPool(Operation operation, Function generic, int32_t shape) {
  tinyc_pool_s8_params params;
  memset(&params, 0, sizeof params);
  tinyc_window *window = &params.window;
  *window = randomWindow(&state, random(0, 3) ? 4 : 20, 24);
  window->input_channels = window->output_channels = random(1, 40);
  params.include_pad = random(0, 1);
  params.first_count = 1;
  params.input_zero_point = random(-128, 127);
  params.output = randomOutput(&state);
  int32_t count = window->kernel_height * window->kernel_width;
  int32_t size = window->output_height * window->output_width * window->output_channels;
  if (count > kMultipliers || size + 2 * kGuard > kOutput)
    return;
  for (int32_t i = 0; i < count; i++)
    multipliers[i] = randomMultiplier(&state, 1, params.output.shift) / (i + 1);
  multiplierCount = params.include_pad ? 1 : count;
  randomize(input, window->input_height * window->input_width * window->input_channels, -128);
  int32_t begin, end;
  chooseRows(window, &begin, &end);
  testRows(operation, generic, &params, size, begin, end, shape);
  tinyc_pool_s8_params whole = params;
  window->input_ring_rows = 0;
  tinyc_rows rowsAnywhere = scatterRows(window, begin, end);
  testRowsFrom(operation, generic, &whole, &params, (const int8_t *)&rowsAnywhere, size, begin, end, shape);
}

static void testSumRows(int32_t shape) {
  tinyc_sum_rows_params params = {random(1, 12), random(0, 9) ? random(1, 30) : random(200, 300), random(1, 70)};
  int32_t begin = random(0, params.rows - 1), end = random(begin + 1, params.rows);
  while ((end - begin) * params.width * params.channels > kInput)
    params.channels = (params.channels + 1) / 2;
  randomize(input, (end - begin) * params.width * params.channels, -128);
  testRows(kIs_sum_rows, (Function)tinyc_sum_rows_s8, &params, 4 * params.channels, begin, end, shape);
}

static void testAverage(int32_t shape) {
  tinyc_average_s8_params params = {random(1, 200), random(0, 9) ? random(1, 5000) : random(1, 1 << 24),
                                    random(-128, 127), randomOutput(&state)};
  int32_t sum = params.count > 16777215 / 128 ? 16777215 : 128 * params.count;
  for (int32_t c = 0; c < params.channels; c++)
    ((int32_t *)(void *)input)[c] = random(-sum, sum);
  inputBytes = 4 * params.channels;
  multiplierCount = 1;
  multipliers[0] = randomMultiplier(&state, 1, params.output.shift) / random(1, params.count);
  testRows(kIs_average, (Function)tinyc_average_s8, &params, params.channels, 0, 1, shape);
}

static void testMatmul(int32_t shape) {
  tinyc_matmul_s8_params params = {random(1, 12),     random(1, 100),     random(1, 40),
                                   random(-128, 127), random(-128, 127), randomOutput(&state)};
  randomize(input, params.rows * params.inner, -128);
  randomize(weights, params.inner * params.columns, -128);
  multipliers[0] = randomMultiplier(&state, params.inner, params.output.shift);
  multiplierCount = 1;
  int32_t begin = random(0, params.rows - 1), end = random(begin + 1, params.rows);
  testRows(kIs_matmul, (Function)tinyc_matmul_s8, &params, params.rows * params.columns, begin, end, shape);
}

/* A multiplier for values up to 256 * most, of one of the shifts that tinyc/arithmetic.h allows. */
static int32_t randomElementMultiplier(int32_t most, tinyc_output_s8 *stage) {
  if (random(0, 1))
    return randomMultiplier(&state, most, stage->shift);
  stage->shift = random(1, 62);
  return random(0, 3) ? random(1, 1 << random(1, 30)) : random(0, 1) ? INT32_MAX : INT32_MIN;
}

static void testElementwise(Operation operation, Function generic, int32_t shape) {
  tinyc_elementwise_s8_params params;
  memset(&params, 0, sizeof params);
  int32_t size = 1, lhs = 1, rhs = 1, is_whole = 1, often = random(0, 1) ? 4 : 30; /* how rarely a dimension is broadcast */
  for (int32_t i = 3; i >= 0; i--) {
    params.dims[i] = random(1, i == 3 ? 90 : 6);
    int32_t broadcast = random(0, often);
    is_whole &= broadcast != 0;
    params.lhs_strides[i] = broadcast == 0 ? 0 : lhs;
    params.rhs_strides[i] = broadcast == 1 ? 0 : rhs;
    lhs *= broadcast == 0 ? 1 : params.dims[i];
    rhs *= broadcast == 1 ? 1 : params.dims[i];
    size *= params.dims[i];
  }
  params.output = activationBits == 16 ? randomWideOutput() : randomOutput(&state);
  if (operation == kIs_add && activationBits == 16) {
    params.output.shift = random(1, 28);
    params.lhs_multiplier = random(-(1 << 30), 1 << 30);
    params.rhs_multiplier = random(-(1 << 30), 1 << 30) >> random(0, 20);
    params.offset = (1 << (params.output.shift - 1)) + 1;
  } else if (operation == kIs_add) {
    params.lhs_multiplier = random(-(1 << 21), 1 << 21);
    params.rhs_multiplier = random(-(1 << 21), 1 << 21);
    params.offset = random(-(1 << 28), 1 << 28);
    params.output.shift = random(1, 22);
  } else {
    params.lhs_zero_point = random(-128, 127);
    params.rhs_zero_point = random(-128, 127);
    params.lhs_multiplier = randomElementMultiplier(random(1, 300), &params.output);
  }
  if (size * activationBits / 8 + 2 * kGuard > kInput)
    return;
  randomizeActivations(input, lhs, 32767);
  randomizeActivations(weights, rhs, 32767);
  weightBytes = rhs * activationBits / 8;
  int32_t begin = random(0, params.dims[0] - 1), end = random(begin + 1, params.dims[0]);
  testRows(operation, generic, &params, size * activationBits / 8, begin, end, shape);
  if (is_whole)
    testInPlace(operation, generic, &params, size / params.dims[0] * activationBits / 8, begin, end, shape);
}

static void testLookup(int32_t shape) {
  tinyc_lookup_s8_params params = {random(1, 8), random(1, 90)};
  randomize(input, params.rows * params.length, -128);
  randomize(weights, 256, -128);
  int32_t begin = random(0, params.rows - 1), end = random(begin + 1, params.rows);
  testRows(kIs_lookup, (Function)tinyc_lookup_s8, &params, params.rows * params.length, begin, end, shape);
  testInPlace(kIs_lookup, (Function)tinyc_lookup_s8, &params, params.length, begin, end, shape);
}

/* Constants of any scales that tinyc/arithmetic.h allows. */
static void testSoftmax(Operation operation, Function generic, int32_t shape) {
  int32_t is_log = operation == kIs_log_softmax;
  tinyc_softmax_s8_params params;
  params.rows = random(1, 4);
  params.length = random(0, 9) ? random(1, 100) : random(1, 4000);
  params.input_multiplier = is_log ? random(0, 1 << 21) : 0;
  params.output_multiplier = is_log ? random(0, 1 << 24) : random(1 << 30, 65535 << 15);
  params.output_shift = is_log ? random(1, 24) : random(0, 3) ? 22 : random(10, 30);
  params.output_zero_point = random(-128, 127);
  uint16_t *exponentials = (uint16_t *)(void *)weights;
  weightBytes = 256 * 2;
  exponentials[0] = 65535;
  for (int32_t i = 1; i < 256; i++)
    exponentials[i] = (uint16_t)(exponentials[i - 1] - (uint32_t)random(0, exponentials[i - 1]) / (uint32_t)random(1, 200));
  randomize(input, params.rows * params.length, -128);
  int32_t begin = random(0, params.rows - 1), end = random(begin + 1, params.rows);
  testRows(operation, generic, &params, params.rows * params.length, begin, end, shape);
  testInPlace(operation, generic, &params, params.length, begin, end, shape);
}

static void testRequantize(int32_t shape) {
  tinyc_requantize_s8_params params = {random(1, 8), random(1, 90), random(-128, 127), 0, randomOutput(&state)};
  if (activationBits == 16) {
    params.output = randomWideOutput();
    params.input_zero_point = 0;
    if (random(0, 3) == 0)
      params.output.zero_point = random(-32767, 32767); /* what hard_sigmoid adds */
  }
  params.multiplier = randomElementMultiplier(1, &params.output);
  randomizeActivations(input, params.rows * params.length, 32767);
  int32_t begin = random(0, params.rows - 1), end = random(begin + 1, params.rows), row = params.length * activationBits / 8;
  Function generic = activationBits == 16 ? (Function)tinyc_requantize_s16 : (Function)tinyc_requantize_s8;
  testRows(kIs_requantize, generic, &params, params.rows * row, begin, end, shape);
  testInPlace(kIs_requantize, generic, &params, row, begin, end, shape);
}

/* A permutation of the dimensions, some of which may be repeated (resize) instead. */
static void testTranspose(int32_t shape) {
  tinyc_transpose_params params;
  int32_t order[6], dims[6], strides[6], size = 1, elements = 1, least = random(0, 4), repeats = random(0, 3) == 0;
  for (int32_t i = 0; i < 6; i++) {
    int32_t other = random(0, i);
    order[i] = order[other];
    order[other] = i;
    dims[i] = i < least ? 1 : random(1, i == 5 || least == 4 ? 40 : 7);
  }
  for (int32_t i = 5; i >= 0; i--) {
    int32_t repeated = repeats && random(0, 3) == 0;
    strides[i] = repeated ? 0 : elements;
    elements *= repeated ? 1 : dims[i];
  }
  for (int32_t i = 0; i < 6; i++) {
    params.dims[i] = dims[order[i]];
    params.input_strides[i] = strides[order[i]];
    size *= dims[i];
  }
  if (size + 2 * kGuard > kInput)
    return;
  randomize(input, elements, -128);
  int32_t begin = random(0, params.dims[0] - 1), end = random(begin + 1, params.dims[0]);
  testRows(kIs_transpose, (Function)tinyc_transpose_s8, &params, size, begin, end, shape);
}

int main(void) {
  for (int32_t shape = 0; shape < SHAPES; shape++) {
    testConvolution(shape, 0);
    testConvolution(shape, 1);
    testFullyConnected(shape);
    weightBits = 8;
    contractWeights = weights;
    testPool(kIs_avg_pool, (Function)tinyc_avg_pool_s8, shape);
    testPool(kIs_max_pool, (Function)tinyc_max_pool_s8, shape);
    testSumRows(shape);
    testAverage(shape);
    testMatmul(shape);
    testElementwise(kIs_add, (Function)tinyc_add_s8, shape);
    testElementwise(kIs_mul, (Function)tinyc_mul_s8, shape);
    testLookup(shape);
    testSoftmax(kIs_softmax, (Function)tinyc_softmax_s8, shape);
    testSoftmax(kIs_log_softmax, (Function)tinyc_log_softmax_s8, shape);
    testRequantize(shape);
    testTranspose(shape);
    activationBits = 16;
    testConvolution(shape, 0);
    testConvolution(shape, 1);
    testFullyConnected(shape);
    weightBits = 8;
    contractWeights = weights;
    testElementwise(kIs_add, (Function)tinyc_add_s16, shape);
    testRequantize(shape);
    activationBits = 8;
  }
  printText("tinyc: ");
  printNumber(SHAPES);
  printText(" shapes, tested");
  for (const Row *row = kernels; row != kernels + kRows; row++) {
    printText(row == kernels ? " " : "/");
    printNumber((uint32_t)row->shapes);
    if (row->overwriting > 0) {
      printText("+");
      printNumber((uint32_t)row->overwriting);
    }
  }
  printText(" on the kernels, ");
  printNumber((uint32_t)failures);
  printText(" mismatches\n");
  return failures != 0;
}
