// The work of the kernels on int16 in runtime/kernels/armv7e-m.
#include "targets/cortex-m/KernelWork.h"

#include "tinyc/kernels.h"
#include "tinyc/layouts.h"
#include "tinyc/window.h"

namespace tinyc::targets {

namespace {

KernelWork begin(const KernelCall &call) {
  KernelWork work;
  work.variant = call.symbol;
  work.add("call", 1);
  return work;
}

int32_t getWeightBits(const KernelCall &call) {
  return call.symbol.find("_s16_s4") != call.symbol.npos ? 4 : call.symbol.find("_s16_s2") != call.symbol.npos ? 2 : 8;
}

/// Blocks of three and two pixels, and single ones, of a run of pixels: countPixels of conv2d_pairs_s16_s8.c.
struct Blocks {
  double threes = 0, twos = 0, ones = 0;
};

Blocks countBlocks(int32_t pixels) {
  if (pixels == 1)
    return {0, 0, 1};
  double threes = pixels % 3 == 1 ? (pixels - 4) / 3 : pixels / 3;
  return {threes, (pixels - 3 * threes) / 2, 0};
}

} // namespace

KernelWork countPairsS16(const KernelCall &call) {
  const auto &params = call.as<tinyc_conv2d_s8_params>();
  const tinyc_window &window = params.window;
  int32_t channels = window.input_channels / params.groups, filters = window.output_channels / params.groups;
  int32_t length = window.kernel_height * window.kernel_width * channels;
  // Steps of a word of weights, which belongs to some words of elements.
  int32_t bits = getWeightBits(call), elements = 16 / bits;
  double words = tinyc_pair_words_s16(length, bits), groups = params.groups;
  bool pointwise = window.kernel_height == 1 && window.kernel_width == 1 && window.stride_height == 1 &&
                   window.stride_width == 1 && params.groups == 1 && window.pad_top == 0 && window.pad_left == 0 &&
                   window.output_width == window.input_width && window.output_height == window.input_height;
  bool joined = pointwise && window.input_ring_rows > 0;
  double runs = joined ? 1 : call.rows();
  Blocks blocks = countBlocks(joined ? call.rows() * window.output_width : window.output_width);
  double pixels = static_cast<double>(call.rows()) * window.output_width;
  // Of a pointwise convolution only the last block of a run is copied, unless the pixels do not lie at words.
  double gathered = !pointwise ? pixels * groups : channels % elements != 0 ? pixels : 3 * runs;
  bool together = window.dilation_width == 1 && groups == 1;
  double copies = pointwise ? 1 : window.kernel_height * (together ? 1.0 : window.kernel_width);
  double pairs = filters / 2, alone = filters % 2;
  double threes = runs * groups * blocks.threes, twos = runs * groups * blocks.twos, ones = runs * groups * blocks.ones;
  double vectors = ones * (pairs + alone) + alone * (3 * threes + 2 * twos);
  KernelWork work = begin(call);
  work.add("row", pointwise ? runs : call.rows());
  work.add("pixel gathered", gathered);
  work.add("run gathered", gathered * copies);
  work.add("element gathered", gathered * length);
  work.add("block of 3 pixels", threes);
  work.add("filter pair of 3 pixels", threes * pairs);
  work.add("step of 3 pixels", threes * pairs * words);
  work.add("block of 2 pixels", twos);
  work.add("filter pair of 2 pixels", twos * pairs);
  work.add("step of 2 pixels", twos * pairs * words);
  work.add("filter pair of a pixel", vectors);
  work.add("step of a pixel", vectors * words);
  if (bits < 8)
    work.add("elements of a step added up", pairs > 0 ? (3 * threes + 2 * twos) * words : 0);
  work.constantBytes = (threes + twos + ones) * (pairs + alone) * (16 + 4 * words);
  return work;
}

KernelWork countDepthwisePairsS16(const KernelCall &call) {
  const tinyc_window &window = call.as<tinyc_conv2d_s8_params>().window;
  int32_t channels = window.output_channels, taps = window.kernel_height * window.kernel_width;
  int32_t bits = getWeightBits(call);
  double pixels = static_cast<double>(call.rows()) * window.output_width, pairs = tinyc_pair_words_s16(taps, bits);
  double fours = pixels * (channels / 4), others = pixels * (channels % 4 / 2 + channels % 2);
  KernelWork work = begin(call);
  work.add("channel", channels);
  work.add("row", call.rows());
  work.add("pixel", pixels);
  work.add("tap", pixels * taps);
  work.add("four channels", fours);
  work.add("taps of four channels", fours * pairs);
  work.add("two channels", others);
  work.add("taps of two channels", others * pairs);
  work.add("unaligned load", channels % 2 != 0 ? fours * pairs * 16 / bits : 0);
  work.constantBytes = pixels * ((channels + 1) / 2) * (16 + 4 * pairs);
  return work;
}

KernelWork countFullyConnectedPairsS16(const KernelCall &call) {
  const auto &params = call.as<tinyc_fully_connected_s8_params>();
  double pairs = static_cast<double>(call.rows()) * ((params.outputs + 1) / 2);
  int32_t bits = getWeightBits(call), words = tinyc_pair_words_s16(params.inputs, bits);
  KernelWork work = begin(call);
  work.add("row", call.rows());
  work.add("input copied", params.inputs % (16 / bits) != 0 ? static_cast<double>(call.rows()) * params.inputs : 0);
  work.add("pair of outputs", pairs);
  work.add("four words", bits == 8 ? pairs * (words / 4) : 0);
  work.add("word", pairs * (bits == 8 ? words % 4 : words));
  work.constantBytes = pairs * tinyc_pair_bytes_s16(params.inputs, bits);
  return work;
}

KernelWork countAddTwos(const KernelCall &call) {
  const auto &params = call.as<tinyc_elementwise_s8_params>();
  double lines = static_cast<double>(call.rows()) * params.dims[1] * params.dims[2];
  bool contiguous = params.lhs_strides[3] == 1 && params.rhs_strides[3] == 1;
  KernelWork work = begin(call);
  work.add("line", lines);
  work.add("two elements", contiguous ? lines * (params.dims[3] / 2) : 0);
  work.add("element alone", contiguous ? lines * (params.dims[3] % 2) : 0);
  work.add("element with a stride", contiguous ? 0 : lines * params.dims[3]);
  return work;
}

KernelWork countMulTwos(const KernelCall &call) {
  const auto &params = call.as<tinyc_elementwise_s8_params>();
  double lines = static_cast<double>(call.rows()) * params.dims[1] * params.dims[2];
  int32_t step = params.rhs_strides[3];
  bool fast = params.output.shift >= 33 && params.output.zero_point == 0 && params.lhs_strides[3] == 1 && (step & ~1) == 0;
  KernelWork work = begin(call);
  work.add("line", lines);
  work.add("two elements", fast && step == 1 ? lines * (params.dims[3] / 2) : 0);
  work.add("two elements by one", fast && step == 0 ? lines * (params.dims[3] / 2) : 0);
  work.add("element alone", fast ? lines * (params.dims[3] % 2) : 0);
  work.add("element of the slow loop", fast ? 0 : lines * params.dims[3]);
  return work;
}

KernelWork countRequantizeTwos(const KernelCall &call) {
  const auto &params = call.as<tinyc_requantize_s8_params>();
  double elements = static_cast<double>(call.rows()) * params.length;
  bool fast = params.output.shift >= 33 && params.output.zero_point == 0 && params.input_zero_point == 0;
  KernelWork work = begin(call);
  work.add("element", fast ? elements : 0);
  work.add("element of the slow stage", fast ? 0 : elements);
  return work;
}

} // namespace tinyc::targets
