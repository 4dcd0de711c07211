/* Random calls of the kernels without a window. */
#ifndef TINYC_TEST_ISA_ELEMENTS_H
#define TINYC_TEST_ISA_ELEMENTS_H

#include "isa_harness.h"

static void testFullyConnected(int32_t shape) {
  tinyc_fully_connected_s8_params params = {random(1, 3), random(1, 300), random(1, 40), randomOutput(&state)};
  if (activationBits == 16)
    params.output = randomWideOutput();
  int32_t size = params.rows * params.outputs * activationBits / 8, begin = random(0, params.rows - 1);
  randomizeActivations(input, params.rows * params.inputs, greatestElement(params.inputs));
  randomizeWeights(params.inputs * params.outputs);
  thinWeights(params.inputs * params.outputs, params.inputs);
  randomizeConstants(params.outputs, params.inputs, &params.output);
  testRows(kIs_fully_connected, GENERIC(tinyc_fully_connected), &params, size, begin, params.rows, shape);
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
  } else if (activationBits == 16) {
    params.lhs_multiplier = random(1 << 16, INT32_MAX) >> random(0, 15);
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

/* Numbers around the int8 range, halfway between two results, and any bits: infinities, NaNs, denormals. */
static void testQuantize(int32_t shape) {
  tinyc_quantize_params params = {random(1, 8), random(1, 90), 1.0f / (float)random(1, 300), random(-128, 127)};
  float *reals = (float *)(void *)input;
  for (int32_t i = 0; i < params.rows * params.length; i++) {
    uint32_t bits = (uint32_t)random(0, 65535) << 16 | (uint32_t)random(0, 65535);
    float half = (float)random(-300, 300) / 2.0f / params.scale;
    if (random(0, 3) == 0)
      memcpy(&reals[i], &bits, sizeof bits);
    else
      reals[i] = random(0, 1) ? half : (float)random(-30000, 30000) / 100.0f;
  }
  inputBytes = 4 * params.rows * params.length;
  int32_t begin = random(0, params.rows - 1), end = random(begin + 1, params.rows);
  testRows(kIs_quantize, (Function)tinyc_quantize_f32_s8, &params, params.rows * params.length, begin, end, shape);
  randomize(input, params.rows * params.length, -128);
  testRows(kIs_dequantize, (Function)tinyc_dequantize_s8_f32, &params, 4 * params.rows * params.length, begin, end, shape);
}

/* Weights of 1 to 4 taps for each of `count` outputs: 2048 in all, or nothing, of magnitudes of at most 2896 (2^11.5). */
static void randomizeTaps(int32_t count, int32_t taps, int32_t size, uint16_t *indices, int16_t *taken) {
  for (int32_t i = 0; i < count; i++, indices += taps, taken += taps) {
    int32_t rest = random(0, 9) ? 2048 : 0, most = 424;
    for (int32_t tap = 0; tap < taps; tap++) {
      indices[tap] = (uint16_t)random(0, size - 1);
      taken[tap] = 0;
    }
    if (rest == 0)
      continue;
    for (int32_t tap = 1; tap < taps; tap++) {
      int32_t weight = random(0, 1) ? random(0, rest) : random(-most, 0);
      most += weight < 0 ? weight : 0;
      taken[tap] = (int16_t)weight;
      rest -= weight;
    }
    taken[0] = (int16_t)rest;
  }
}

static void testResize(int32_t shape) {
  int32_t linear = random(0, 1);
  tinyc_resize_params params = {random(1, 9),  random(1, 9), random(1, 40),
                                random(1, 12), random(1, 12), linear ? 2 : random(1, 4), linear ? 2 : random(1, 4), random(-128, 127)};
  int32_t rows = params.output_height * params.row_taps, columns = params.output_width * params.column_taps;
  uint16_t *indices = (uint16_t *)(void *)weights;
  int16_t *taken = (int16_t *)(void *)bias;
  randomizeTaps(params.output_height, params.row_taps, params.input_height, indices, taken);
  randomizeTaps(params.output_width, params.column_taps, params.input_width, indices + rows, taken + rows);
  weightBytes = 2 * (rows + columns);
  biases = (rows + columns + 1) / 2;
  multiplierCount = 0;
  randomize(input, params.input_height * params.input_width * params.channels, -128);
  int32_t begin = random(0, params.output_height - 1), end = random(begin + 1, params.output_height);
  testRows(kIs_resize, (Function)tinyc_resize_s8, &params,
           params.output_height * params.output_width * params.channels, begin, end, shape);
}

#endif /* TINYC_TEST_ISA_ELEMENTS_H */
