/* Runs every generic kernel over random shapes and prints a hash of all results. The host's hash and that of every
 * Cortex-M, with an FPU or without, must be the same: the kernels give the same bits everywhere. */
#include "../random_shapes.h"
#include "report.h"

#include "tinyc/arithmetic.h"
#include "tinyc/kernel_functions.h"

enum { kElements = 20000, kShapes = 40 };

static float input[kElements], weights[kElements], output[kElements], bias[64];
static int8_t bytes[kElements], weightBytes[kElements], outputBytes[kElements];
static int32_t biasWords[64], multipliers[64];
static uint16_t exponentials[256];
static Random state = {12345};
static uint32_t hash = 2166136261u;

static int32_t random(int32_t low, int32_t high) { return randomInt(&state, low, high); }

/* FNV-1a. */
static void addToHash(const void *data, int32_t size) {
  const uint8_t *byte = (const uint8_t *)data;
  for (int32_t i = 0; i < size; i++)
    hash = (hash ^ byte[i]) * 16777619u;
}
static void addFloats(int32_t count) { addToHash(output, count * 4); }
static void addBytes(int32_t count) { addToHash(outputBytes, count); }

static void windows(void) {
  tinyc_window window = randomWindow(&state, 4, 9);
  window.input_channels = window.output_channels = random(1, 12);
  int32_t filters = random(1, 9), rows = window.output_height, pixels = rows * window.output_width;
  tinyc_conv2d_f32_params depthwise = {window, window.input_channels, {-9.0f, 1e30f}};
  tinyc_depthwise_conv2d_f32_f32(&depthwise, input, weights, bias, output, NULL, 0, rows);
  addFloats(pixels * window.output_channels);
  tinyc_pool_f32_params pool = {window, random(0, 1), {-9.0f, 1e30f}, 0};
  tinyc_avg_pool_f32(&pool, input, output, NULL, 0, rows);
  addFloats(pixels * window.output_channels);
  tinyc_max_pool_f32(&pool, input, output, NULL, 0, rows);
  addFloats(pixels * window.output_channels);
  tinyc_conv2d_s8_params depthwiseBytes = {window, window.input_channels, random(-128, 127), randomOutput(&state)};
  tinyc_depthwise_conv2d_s8_s8(&depthwiseBytes, bytes, weightBytes, biasWords, multipliers, outputBytes, NULL, 0, rows);
  addBytes(pixels * window.output_channels);
  tinyc_depthwise_conv2d_s8_s4(&depthwiseBytes, bytes, weightBytes, biasWords, multipliers, outputBytes, NULL, 0, rows);
  addBytes(pixels * window.output_channels);
  tinyc_depthwise_conv2d_s8_s2(&depthwiseBytes, bytes, weightBytes, biasWords, multipliers, outputBytes, NULL, 0, rows);
  addBytes(pixels * window.output_channels);
  tinyc_pool_s8_params poolBytes = {window, 1, 0, random(-128, 127), randomOutput(&state)};
  tinyc_avg_pool_s8(&poolBytes, bytes, multipliers, outputBytes, NULL, 0, rows);
  addBytes(pixels * window.output_channels);
  tinyc_max_pool_s8(&poolBytes, bytes, outputBytes, NULL, 0, rows);
  addBytes(pixels * window.output_channels);

  tinyc_sum_rows_params sumRows = {3, window.input_width, window.input_channels};
  tinyc_sum_rows_f32(&sumRows, input, output, NULL, 0, 2);
  tinyc_sum_rows_f32(&sumRows, input + 99, output, NULL, 2, 3);
  tinyc_average_f32_params average = {window.input_channels, 7, {-9.0f, 1e30f}};
  static float floatSums[16];
  memcpy(floatSums, output, sizeof floatSums);
  tinyc_average_f32(&average, floatSums, output, NULL, 0, 1);
  addFloats(window.input_channels);
  static int32_t sums[16];
  tinyc_sum_rows_s8(&sumRows, bytes, sums, NULL, 0, 2);
  tinyc_sum_rows_s8(&sumRows, bytes + 99, sums, NULL, 2, 3);
  tinyc_average_s8_params averageBytes = {window.input_channels, 7, random(-128, 127), randomOutput(&state)};
  tinyc_average_s8(&averageBytes, sums, multipliers, outputBytes, NULL, 0, 1);
  addBytes(window.input_channels);

  window.output_channels = filters;
  tinyc_conv2d_f32_params conv = {window, 1, {-1e30f, 1e30f}};
  tinyc_conv2d_f32_f32(&conv, input, weights, NULL, output, NULL, 0, rows);
  addFloats(pixels * filters);
  tinyc_conv2d_s8_params convBytes = {window, 1, random(-128, 127), randomOutput(&state)};
  tinyc_conv2d_s8_s8(&convBytes, bytes, weightBytes, biasWords, multipliers, outputBytes, NULL, 0, rows);
  addBytes(pixels * filters);
  tinyc_conv2d_s8_s4(&convBytes, bytes, weightBytes, biasWords, multipliers, outputBytes, NULL, 0, rows);
  addBytes(pixels * filters);
  tinyc_conv2d_s8_s2(&convBytes, bytes, weightBytes, biasWords, multipliers, outputBytes, NULL, 0, rows);
  addBytes(pixels * filters);
}

static void matrices(void) {
  int32_t rows = random(1, 4), inner = random(1, 50), columns = random(1, 30);
  tinyc_fully_connected_f32_params dense = {rows, inner, columns, {-1e30f, 50.0f}};
  tinyc_fully_connected_f32_f32(&dense, input, weights, bias, output, NULL, 0, rows);
  addFloats(rows * columns);
  tinyc_fully_connected_s8_params denseBytes = {rows, inner, columns, randomOutput(&state)};
  tinyc_fully_connected_s8_s8(&denseBytes, bytes, weightBytes, biasWords, multipliers, outputBytes, NULL, 0, rows);
  addBytes(rows * columns);
  tinyc_fully_connected_s8_s4(&denseBytes, bytes, weightBytes, biasWords, multipliers, outputBytes, NULL, 0, rows);
  addBytes(rows * columns);
  tinyc_fully_connected_s8_s2(&denseBytes, bytes, weightBytes, biasWords, multipliers, outputBytes, NULL, 0, rows);
  addBytes(rows * columns);
  tinyc_matmul_f32_params product = {rows, inner, columns, {-1e30f, 50.0f}};
  tinyc_matmul_f32(&product, input, weights, output, NULL, 0, rows);
  addFloats(rows * columns);
  tinyc_matmul_s8_params productBytes = {
      rows, inner, columns, random(-128, 127), random(-128, 127), randomOutput(&state)};
  tinyc_matmul_s8(&productBytes, bytes, weightBytes, multipliers, outputBytes, NULL, 0, rows);
  addBytes(rows * columns);
}

static void elements(void) {
  tinyc_elementwise_f32_params binary = {{2, 3, 1, 7}, {21, 7, 7, 1}, {0, 7, 0, 1}, {-5.0f, 7.0f}};
  tinyc_add_f32(&binary, input, weights, output, NULL, 0, 2);
  addFloats(42);
  tinyc_sub_f32(&binary, input, weights, output, NULL, 0, 2);
  addFloats(42);
  tinyc_mul_f32(&binary, input, weights, output, NULL, 0, 2);
  addFloats(42);
  tinyc_elementwise_s8_params binaryBytes = {{2, 3, 1, 7}, {21, 7, 7, 1}, {0, 7, 0, 1},         5, -3, 1 << 20,
                                             3 << 18,      1 << 19,       {0, -128, 127, 20, 0}};
  tinyc_add_s8(&binaryBytes, bytes, weightBytes, outputBytes, NULL, 0, 2);
  addBytes(42);
  binaryBytes.output.shift = 28;
  tinyc_mul_s8(&binaryBytes, bytes, weightBytes, outputBytes, NULL, 0, 2);
  addBytes(42);
  tinyc_unary_f32_params unary = {3, 50, 0.2f, 0.5f, {-1.0f, 2.0f}};
  tinyc_clamp_f32(&unary, input, output, NULL, 0, 3);
  addFloats(150);
  tinyc_leaky_relu_f32(&unary, input, output, NULL, 0, 3);
  addFloats(150);
  tinyc_sigmoid_f32(&unary, input, output, NULL, 0, 3);
  addFloats(150);
  tinyc_hard_sigmoid_f32(&unary, input, output, NULL, 0, 3);
  addFloats(150);
  tinyc_hard_swish_f32(&unary, input, output, NULL, 0, 3);
  addFloats(150);
  tinyc_softmax_f32_params softmax = {3, 50};
  tinyc_softmax_f32(&softmax, input, output, NULL, 0, 3);
  addFloats(150);
  tinyc_log_softmax_f32(&softmax, input, output, NULL, 0, 3);
  addFloats(150);
  tinyc_softmax_s8_params softmaxBytes = {3, 50, 12345, 1 << 30, 22, -128};
  tinyc_softmax_s8(&softmaxBytes, bytes, exponentials, outputBytes, NULL, 0, 3);
  addBytes(150);
  tinyc_softmax_s8_params logBytes = {3, 50, 123456, 5 << 20, 18, 127};
  tinyc_log_softmax_s8(&logBytes, bytes, exponentials, outputBytes, NULL, 0, 3);
  addBytes(150);
  tinyc_lookup_s8_params lookup = {3, 50};
  tinyc_lookup_s8(&lookup, bytes, weightBytes, outputBytes, NULL, 0, 3);
  addBytes(150);
  tinyc_quantize_params quantize = {3, 50, 27.3f, 11};
  tinyc_quantize_f32_s8(&quantize, input, outputBytes, NULL, 0, 3);
  addBytes(150);
  tinyc_dequantize_s8_f32(&quantize, bytes, output, NULL, 0, 3);
  addFloats(150);
  tinyc_requantize_s8_params requantize = {3, 50, 9, 1 << 30, randomOutput(&state)};
  tinyc_requantize_s8(&requantize, bytes, outputBytes, NULL, 0, 3);
  addBytes(150);
}

static void places(void) {
  tinyc_pad_s8_params padBytes = {{2, 3, 4, 5}, {1, 0, 2, 1}, {0, 1, 1, 0}, -9};
  tinyc_pad_s8(&padBytes, bytes, outputBytes, NULL, 0, 3);
  addBytes(3 * 4 * 7 * 6);
  tinyc_pad_f32_params pad = {{2, 3, 4, 5}, {1, 0, 2, 1}, {0, 1, 1, 0}, -9.5f};
  tinyc_pad_f32(&pad, input, output, NULL, 0, 3);
  addFloats(3 * 4 * 7 * 6);
  tinyc_transpose_params transpose = {{1, 1, 2, 5, 3, 4}, {0, 0, 60, 1, 20, 5}};
  tinyc_transpose_s8(&transpose, bytes, outputBytes, NULL, 0, 1);
  addBytes(120);
  tinyc_transpose_f32(&transpose, input, output, NULL, 0, 1);
  addFloats(120);
  tinyc_copy_params copy = {3, 7, 9, 8, 1, 0};
  tinyc_copy_s8(&copy, bytes, outputBytes, NULL, 0, 3);
  addBytes(24);
  tinyc_copy_f32(&copy, input, output, NULL, 0, 3);
  addFloats(24);
}

/* exp and log over their whole range, subnormal results included. */
static void functions(void) {
  for (uint32_t bits = 1; bits < 0x7f800000u; bits += 0xabcdef) {
    float x = tinyc_f32_of_bits(bits);
    output[0] = tinyc_log_f32(x);
    output[1] = tinyc_exp_f32(x);
    output[2] = tinyc_exp_f32(-x);
    output[3] = tinyc_exp_f32(-87.0f - x / 3e38f * 20.0f);
    addFloats(4);
  }
}

int main(void) {
  for (int32_t d = 0; d < 256; d++)
    exponentials[d] = (uint16_t)(65535 / (d + 1));
  for (int32_t shape = 0; shape < kShapes; shape++) {
    for (int32_t i = 0; i < kElements; i++) {
      input[i] = randomFloat(&state);
      weights[i] = randomFloat(&state) / 3.0f;
      bytes[i] = (int8_t)random(-128, 127);
      weightBytes[i] = (int8_t)random(-128, 127);
    }
    for (int32_t i = 0; i < 64; i++) {
      bias[i] = randomFloat(&state);
      biasWords[i] = random(-9999, 9999);
      multipliers[i] = random(1 << 20, 1 << 24);
    }
    windows();
    matrices();
    elements();
    places();
  }
  functions();
  printText("tinyc: hash ");
  printNumber(hash);
  printText("\n");
  return 0;
}
