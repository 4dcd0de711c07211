/* Random calls of the kernels with activations of 4 bits: any bytes are elements of them. */
#ifndef TINYC_TEST_ISA_INT4_H
#define TINYC_TEST_ISA_INT4_H

#include "isa_windows.h"

/* Bits of input and output, one of them 4. */
static void chooseBits(int32_t *inputBits, int32_t *outputBits) {
  int32_t choice = random(0, 3);
  *inputBits = choice == 1 ? 8 : 4;
  *outputBits = choice == 2 ? 8 : 4;
}

static tinyc_output_s8 randomNarrowOutput(int32_t bits) {
  tinyc_output_s8 output = randomOutput(&state);
  if (bits == 8)
    return output;
  output.zero_point = random(-8, 7);
  output.clamp_min = random(0, 2) ? -8 : random(-8, 0);
  output.clamp_max = random(0, 2) ? 7 : random(1, 7);
  return output;
}

/* The rows computed at a time; gives the window the rings of the kernel on int8. */
static tinyc_rows_s4 chooseUnpackedRows(tinyc_window *window, int32_t inputBits, int32_t outputBits) {
  int32_t most = tinyc_min_s32(tinyc_min_s32(window->output_height, window->output_ring_rows), 4);
  tinyc_rows_s4 rows = {inputBits, outputBits, window->input_ring_rows, window->output_ring_rows, random(1, most)};
  if (inputBits == 4)
    window->input_ring_rows = tinyc_unpacked_ring(window, rows.rows);
  if (outputBits == 4)
    window->output_ring_rows = rows.rows;
  return rows;
}

/* Convolutions of packed rows whose output rows may lie over input rows, a few at a time over dead input. */
static void testOverwritingInt4(Operation operation, Function generic, const tinyc_conv2d_s4_params *params, int32_t shape) {
  static int32_t genericScratch[kScratch / 4];
  tinyc_constants constants = {weights, bias, multipliers, NULL, NULL};
  tinyc_conv2d_s4_params whole = *params;
  const tinyc_window *window = &whole.kernel.window;
  whole.rows.input_ring_rows = window->input_height;
  whole.rows.output_ring_rows = window->output_height;
  if (tinyc_conv2d_s4_s8_scratch(&whole) > kScratch)
    return;
  call(operation, generic, &whole, input, contractWeights, bias, multipliers, expected, genericScratch, 0, window->output_height);
  int32_t rowIn = window->input_width * window->input_channels / 2, rowOut = window->output_width * window->output_channels / 2;
  for (Row *row = kernels; row != kernels + kRows; row++) {
    if (row->operation != operation || row->activations != 4 || row->bits != weightBits || !row->packing ||
        !row->packing->overwrites || !row->packing->supports(params, &constants) || !row->packing->overwrites(params) ||
        row->packing->bytes(params) > (int32_t)sizeof packedWords || row->scratch(&whole) > kScratch)
      continue;
    row->packing->write(params, &constants, (uint8_t *)packedWords);
    memcpy(scattered, input, (size_t)(window->input_height * rowIn));
    row->overwriting++;
    /* Of a call of several rows each is written over its own first input row. */
    int32_t step = window->stride_height == 1 && window->pad_top == 0 && rowIn == rowOut ? random(1, 4) : 1;
    for (int32_t begin = 0; begin < window->output_height; begin += step) {
      int32_t end = tinyc_min_s32(begin + step, window->output_height);
      int32_t first = begin * window->stride_height - window->pad_top;
      int8_t *output = first < 0 || first >= window->input_height ? actual : scattered + first * rowIn;
      tinyc_conv2d_s4_params part = whole;
      part.rows.output_ring_rows = end - begin;
      part.rows.rows = part.kernel.window.output_ring_rows = tinyc_min_s32(whole.rows.rows, end - begin);
      part.kernel.window.input_ring_rows = tinyc_unpacked_ring(window, part.rows.rows);
      if (begin % (end - begin) != 0)
        output -= begin % (end - begin) * rowOut; /* row y lies at y % output_ring_rows */
      call(operation, row->function, &part, scattered, packedWords, NULL, NULL, output, scratch, begin, end);
      for (int32_t y = begin; y < end; y++)
        if (memcmp(output + y % (end - begin) * rowOut, expected + y * rowOut, (size_t)rowOut) != 0)
          fail(row->symbol, shape, " differs over its input\n");
    }
  }
}

static void testConvolutionInt4(int32_t shape, int depthwise) {
  tinyc_conv2d_s4_params params;
  tinyc_window *window = &params.kernel.window;
  int32_t length, inputBits, outputBits;
  chooseBits(&inputBits, &outputBits);
  for (;;) {
    *window = random(0, 2) ? randomDepthwiseWindow() : randomWindow(&state, 5, 12);
    if (!depthwise && random(0, 2) == 0) {
      window->kernel_height = window->kernel_width = window->stride_height = window->stride_width = 1;
      window->pad_top = window->pad_left = 0;
      window->output_height = window->output_ring_rows = window->input_height;
      window->output_width = window->input_width;
    }
    params.kernel.groups = depthwise ? 2 * random(1, 40) : random(0, 4) ? 1 : 2;
    window->input_channels = depthwise ? params.kernel.groups : 2 * params.kernel.groups * random(1, random(0, 3) ? 12 : 40);
    window->output_channels = depthwise ? window->input_channels : 2 * params.kernel.groups * random(1, 12);
    length = window->kernel_height * window->kernel_width * (window->input_channels / params.kernel.groups);
    int32_t pixels = window->output_height * window->output_width;
    if (window->output_channels <= kChannels && length * window->output_channels <= kWeights &&
        window->input_height * window->input_width * window->input_channels <= kInput &&
        pixels * window->output_channels + 2 * kGuard <= kOutput && pixels * length * window->output_channels <= 300000)
      break;
  }
  params.kernel.input_zero_point = inputBits == 4 ? random(-8, 7) : random(-128, 127);
  params.kernel.output = randomNarrowOutput(outputBits);
  int32_t begin, end, inputHeight = window->input_height;
  chooseRows(window, &begin, &end);
  if (random(0, 3) == 0)
    window->input_ring_rows = random(1, inputHeight);
  params.rows = chooseUnpackedRows(window, inputBits, outputBits);
  int32_t size = window->output_height * window->output_width * window->output_channels * outputBits / 8;
  randomize(input, inputHeight * window->input_width * window->input_channels * inputBits / 8, -128);
  randomizeWeights(length * window->output_channels);
  randomizeConstants(window->output_channels, length, &params.kernel.output);
  Operation operation = depthwise ? kIs_depthwise_conv2d : kIs_conv2d;
  Function generic = depthwise ? GENERIC(tinyc_depthwise_conv2d) : GENERIC(tinyc_conv2d);
  testRows(operation, generic, &params, size, begin, end, shape);
  if (inputBits != 4)
    return;
  tinyc_conv2d_s4_params whole = params, anywhere = params;
  whole.rows.input_ring_rows = inputHeight;
  anywhere.rows.input_ring_rows = 0;
  tinyc_rows table = scatterRows(window, begin, end);
  testRowsFrom(operation, generic, &whole, &anywhere, (const int8_t *)&table, size, begin, end, shape);
  if (outputBits == 4)
    testOverwritingInt4(operation, generic, &params, shape);
}

static void testPoolInt4(Operation operation, Function generic, int32_t shape) {
  tinyc_pool_s4_params params;
  memset(&params, 0, sizeof params);
  tinyc_window *window = &params.kernel.window;
  int32_t inputBits, outputBits, begin, end;
  chooseBits(&inputBits, &outputBits);
  *window = randomWindow(&state, random(0, 3) ? 4 : 8, 16);
  window->input_channels = window->output_channels = 2 * random(1, 20);
  params.kernel.include_pad = random(0, 1);
  params.kernel.first_count = 1;
  params.kernel.input_zero_point = random(-8, 7);
  params.kernel.output = randomNarrowOutput(outputBits);
  int32_t count = window->kernel_height * window->kernel_width;
  for (int32_t i = 0; i < count; i++)
    multipliers[i] = randomMultiplier(&state, 1, params.kernel.output.shift) / (i + 1);
  multiplierCount = params.kernel.include_pad ? 1 : count;
  randomize(input, window->input_height * window->input_width * window->input_channels * inputBits / 8, -128);
  chooseRows(window, &begin, &end);
  int32_t size = window->output_height * window->output_width * window->output_channels * outputBits / 8;
  params.rows = chooseUnpackedRows(window, inputBits, outputBits);
  testRows(operation, generic, &params, size, begin, end, shape);
}

static void testFullyConnectedInt4(int32_t shape) {
  int32_t rows = random(1, 3), inputBits, outputBits, begin = random(0, rows - 1);
  chooseBits(&inputBits, &outputBits);
  tinyc_fully_connected_s4_params params = {{1, 2 * random(1, 150), 2 * random(1, 20), randomNarrowOutput(outputBits)},
                                            rows, inputBits, outputBits};
  randomize(input, rows * params.kernel.inputs * inputBits / 8, -128);
  randomizeWeights(params.kernel.inputs * params.kernel.outputs);
  randomizeConstants(params.kernel.outputs, params.kernel.inputs, &params.kernel.output);
  testRows(kIs_fully_connected, GENERIC(tinyc_fully_connected), &params, rows * params.kernel.outputs * outputBits / 8, begin,
           rows, shape);
}

static void testBinaryInt4(Operation operation, Function generic, int32_t shape) {
  tinyc_elementwise_s4_params params;
  memset(&params, 0, sizeof params);
  int32_t rows = random(1, 5), length = 2 * random(1, 80);
  chooseBits(&params.lhs_bits, &params.output_bits);
  params.rhs_bits = random(0, 1) ? 4 : 8;
  params.rows = rows;
  params.kernel.dims[0] = params.kernel.dims[1] = params.kernel.dims[2] = 1;
  params.kernel.dims[3] = length;
  params.kernel.lhs_strides[3] = params.kernel.rhs_strides[3] = 1;
  params.kernel.output = randomNarrowOutput(params.output_bits);
  params.kernel.lhs_zero_point = random(-8, 7);
  params.kernel.rhs_zero_point = random(-8, 7);
  params.kernel.rhs_multiplier = random(-70000, 70000);
  params.kernel.lhs_multiplier = randomMultiplier(&state, 1, params.kernel.output.shift);
  if (operation == kIs_add) {
    params.kernel.lhs_multiplier = random(-70000, 70000);
    params.kernel.output.shift = random(8, 20);
    params.kernel.offset = random(-1000000, 1000000);
  }
  int32_t begin = random(0, rows - 1), end = random(begin + 1, rows);
  randomize(input, rows * length * params.lhs_bits / 8, -128);
  randomize(weights, rows * length * params.rhs_bits / 8, -128);
  testRows(operation, generic, &params, rows * length * params.output_bits / 8, begin, end, shape);
}

static void testRequantizeInt4(int32_t shape) {
  int32_t rows = random(1, 8), inputBits, outputBits;
  chooseBits(&inputBits, &outputBits);
  tinyc_requantize_s4_params params = {{1, 2 * random(1, 90), random(-8, 7), 0, randomNarrowOutput(outputBits)},
                                       rows, inputBits, outputBits};
  params.kernel.multiplier = randomMultiplier(&state, 1, params.kernel.output.shift);
  randomize(input, rows * params.kernel.length * inputBits / 8, -128);
  int32_t begin = random(0, rows - 1), end = random(begin + 1, rows);
  testRows(kIs_requantize, (Function)tinyc_requantize_s4, &params, rows * params.kernel.length * outputBits / 8, begin, end,
           shape);
}

static void testSumRowsInt4(int32_t shape) {
  tinyc_sum_rows_params params = {random(1, 12), random(1, 30), 2 * random(1, 35)};
  int32_t begin = random(0, params.rows - 1), end = random(begin + 1, params.rows);
  randomize(input, (end - begin) * params.width * params.channels / 2, -128);
  testRows(kIs_sum_rows, (Function)tinyc_sum_rows_s4, &params, 4 * params.channels, begin, end, shape);
}

static void testInt4(int32_t shape) {
  activationBits = 4;
  testConvolutionInt4(shape, 0);
  testConvolutionInt4(shape, 1);
  testFullyConnectedInt4(shape);
  weightBits = 8;
  contractWeights = weights;
  testPoolInt4(kIs_avg_pool, (Function)tinyc_avg_pool_s4, shape);
  testPoolInt4(kIs_max_pool, (Function)tinyc_max_pool_s4, shape);
  testBinaryInt4(kIs_add, (Function)tinyc_add_s4, shape);
  testBinaryInt4(kIs_mul, (Function)tinyc_mul_s4, shape);
  testRequantizeInt4(shape);
  testSumRowsInt4(shape);
  activationBits = 8;
}

#endif /* TINYC_TEST_ISA_INT4_H */
