/* Firmware: the Armv7E-M kernels against the generic ones over random shapes, bit for bit, with random row ranges, ring
 * buffers and guard bytes around output and scratch. Prints one line; exits 1 on a mismatch. */
#include "../random_shapes.h"
#include "report.h"

#include "tinyc/kernel_functions.h"
#include "tinyc/scratch.h"

#ifndef SHAPES
#define SHAPES 2000
#endif

enum { kInput = 40000, kWeights = 120000, kChannels = 160, kOutput = 60000, kScratch = 20000, kGuard = 16 };

static int8_t input[kInput], weights[kWeights], expected[kOutput], actual[kOutput];
static int32_t bias[kChannels], multipliers[kChannels], scratch[kScratch / 4];
static Random state = {2463534242u};

static int32_t random(int32_t low, int32_t high) { return randomInt(&state, low, high); }

static void randomize(int8_t *bytes, int32_t count) {
  int32_t extreme = random(0, 9) == 0; /* all at the ends of the range: the largest sums */
  for (int32_t i = 0; i < count; i++)
    bytes[i] = (int8_t)(extreme ? (random(0, 1) ? 127 : -128) : random(-128, 127));
}

static void randomizeConstants(int32_t filters, int32_t length, const tinyc_output_s8 *stage) {
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

typedef void (*Convolution)(const tinyc_conv2d_s8_params *, const int8_t *, const int8_t *, const int32_t *,
                            const int32_t *, int8_t *, void *, int32_t, int32_t);

static void testConvolution(int32_t shape, int depthwise) {
  tinyc_conv2d_s8_params params;
  tinyc_window *window = &params.window;
  int32_t length;
  for (;;) {
    *window = randomWindow(&state, random(0, 3) ? 5 : 7, 14);
    if (random(0, 3) == 0)
      window->kernel_height = window->kernel_width = 1; /* output sizes stay valid: the window only shrinks */
    if (depthwise) {
      window->input_channels = params.groups = random(1, 130);
      window->output_channels = window->input_channels * (random(0, 5) ? 1 : random(2, 3));
    } else {
      params.groups = random(0, 3) ? 1 : random(2, 4);
      window->input_channels = params.groups * random(1, params.groups > 1 ? 9 : random(0, 3) ? 24 : 130);
      window->output_channels = params.groups * random(1, params.groups > 1 ? 7 : 20);
    }
    length = window->kernel_height * window->kernel_width * (window->input_channels / params.groups);
    int32_t pixels = window->output_height * window->output_width;
    if (window->output_channels <= kChannels && length * window->output_channels <= kWeights &&
        window->input_height * window->input_width * window->input_channels <= kInput &&
        pixels * window->output_channels <= kOutput && pixels * length * window->output_channels <= 300000)
      break;
  }
  params.input_zero_point = random(-128, 127);
  params.output = randomOutput(&state);
  int32_t begin = random(0, window->output_height - 1), end = random(begin + 1, window->output_height);
  if (random(0, 2)) {
    begin = 0;
    end = window->output_height;
  }
  /* Any contents do for a ring: both kernels must read the same rows of it. */
  if (random(0, 2) == 0)
    window->input_ring_rows = random(1, window->input_height);
  if (random(0, 2) == 0)
    window->output_ring_rows = random(end - begin, window->output_height);
  int32_t size = window->output_height * window->output_width * window->output_channels;
  randomize(input, window->input_height * window->input_width * window->input_channels);
  randomize(weights, length * window->output_channels);
  randomizeConstants(window->output_channels, length, &params.output);
  int32_t bytes =
      depthwise ? tinyc_depthwise_conv2d_s8_s8_armv7e_m_scratch(&params) : tinyc_conv2d_s8_s8_armv7e_m_scratch(&params);
  Convolution generic = depthwise ? tinyc_depthwise_conv2d_s8_s8 : tinyc_conv2d_s8_s8;
  Convolution tuned = depthwise ? tinyc_depthwise_conv2d_s8_s8_armv7e_m : tinyc_conv2d_s8_s8_armv7e_m;
  memset(expected, 0x33, (size_t)(size + 2 * kGuard));
  memset(actual, 0x33, (size_t)(size + 2 * kGuard));
  fillScratch();
  generic(&params, input, weights, bias, multipliers, expected + kGuard, NULL, begin, end);
  tuned(&params, input, weights, bias, multipliers, actual + kGuard, scratch, begin, end);
  const char *name = depthwise ? "depthwise_conv2d" : "conv2d";
  if (memcmp(expected, actual, (size_t)(size + 2 * kGuard)) != 0)
    fail(name, shape, " differs\n");
  if (bytes > kScratch - kGuard || !isScratchIntact(bytes))
    fail(name, shape, " writes beyond its scratch\n");
}

static void testFullyConnected(int32_t shape) {
  tinyc_fully_connected_s8_params params = {random(1, 3), random(1, 300), random(1, 40), randomOutput(&state)};
  int32_t size = params.rows * params.outputs, begin = random(0, params.rows - 1);
  randomize(input, params.rows * params.inputs);
  randomize(weights, params.inputs * params.outputs);
  randomizeConstants(params.outputs, params.inputs, &params.output);
  memset(expected, 0x33, (size_t)(size + 2 * kGuard));
  memset(actual, 0x33, (size_t)(size + 2 * kGuard));
  tinyc_fully_connected_s8_s8(&params, input, weights, bias, multipliers, expected + kGuard, NULL, begin, params.rows);
  tinyc_fully_connected_s8_s8_armv7e_m(&params, input, weights, bias, multipliers, actual + kGuard, NULL, begin,
                                       params.rows);
  if (memcmp(expected, actual, (size_t)(size + 2 * kGuard)) != 0)
    fail("fully_connected", shape, " differs\n");
}

int main(void) {
  for (int32_t shape = 0; shape < SHAPES; shape++) {
    testConvolution(shape, 0);
    testConvolution(shape, 1);
    testFullyConnected(shape);
  }
  printText("tinyc: ");
  printNumber(3 * SHAPES);
  printText(" shapes, ");
  printNumber((uint32_t)failures);
  printText(" mismatches\n");
  return failures != 0;
}
