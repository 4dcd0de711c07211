/* Random calls of the kernels that slide a window: convolutions and poolings. */
#ifndef TINYC_TEST_ISA_WINDOWS_H
#define TINYC_TEST_ISA_WINDOWS_H

#include "isa_harness.h"

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
  if (!depthwise)
    thinWeights(length * window->output_channels, window->input_channels / params.groups);
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

static void testConvTranspose(int32_t shape) {
  tinyc_conv2d_s8_params params;
  tinyc_window *window = &params.window;
  int32_t length;
  do {
    int32_t height = random(1, 7), width = random(1, 7), kh = random(1, 5), kw = random(1, 5);
    int32_t sh = random(1, 4), sw = random(1, 4), dh = random(0, 2) ? 1 : random(2, 4), dw = random(0, 2) ? 1 : random(2, 4);
    int32_t top = random(0, (kh - 1) * dh), left = random(0, (kw - 1) * dw);
    /* As many rows as there are, some fewer, or some more, which get the bias alone. */
    int32_t rows = (height - 1) * sh + (kh - 1) * dh + 1 - top + random(-2, 2);
    int32_t columns = (width - 1) * sw + (kw - 1) * dw + 1 - left + random(-2, 2);
    rows = tinyc_max_s32(rows, 1);
    columns = tinyc_max_s32(columns, 1);
    params.groups = random(0, 3) ? 1 : random(2, 4);
    *window = (tinyc_window){height, width, params.groups * random(1, random(0, 3) ? 20 : 130), height,
                             rows,   columns, params.groups * random(1, 12), rows, kh, kw, sh, sw, dh, dw, top, left};
    length = kh * kw * (window->input_channels / params.groups);
  } while (length * window->output_channels > kWeights || window->input_height * window->input_width * window->input_channels > kInput ||
           window->output_height * window->output_width * window->output_channels > kOutput ||
           window->output_height * window->output_width * length * window->output_channels > 300000);
  params.input_zero_point = random(-128, 127);
  params.output = randomOutput(&state);
  randomize(input, window->input_height * window->input_width * window->input_channels, -128);
  randomizeWeights(length * window->output_channels);
  randomizeConstants(window->output_channels, length, &params.output);
  Function generic = weightBits == 8   ? (Function)tinyc_conv_transpose2d_s8_s8
                     : weightBits == 4 ? (Function)tinyc_conv_transpose2d_s8_s4
                                       : (Function)tinyc_conv_transpose2d_s8_s2;
  int32_t begin = random(0, window->output_height - 1), end = random(begin + 1, window->output_height);
  testRows(kIs_conv_transpose2d, generic, &params,
           window->output_height * window->output_width * window->output_channels, begin, end, shape);
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

#endif /* TINYC_TEST_ISA_WINDOWS_H */
