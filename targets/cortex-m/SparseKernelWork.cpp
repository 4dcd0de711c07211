// The work of the kernels of weights of which at most N of four neighbours are not zero; each function follows the
// loops of its kernel.
#include "targets/cortex-m/KernelWork.h"

#include "tinyc/kernels.h"
#include "tinyc/layouts.h"
#include "tinyc/sparse.h"
#include "tinyc/window.h"

#include <algorithm>

namespace tinyc::targets {

namespace {

int32_t getKept(const KernelCall &call) { return call.symbol.find("_1of4") != call.symbol.npos ? 1 : 2; }

bool isClamped(const tinyc_output_s8 &stage) { return stage.clamp_min > -128 || stage.clamp_max < 127; }

} // namespace

KernelWork countSparseEights(const KernelCall &call) {
  const auto &params = call.as<tinyc_conv2d_s8_params>();
  const tinyc_window &window = params.window;
  int32_t width = window.output_width, pixels = call.rows() * width;
  auto isInside = [&](int32_t pixel) {
    int32_t y = (call.rowBegin + pixel / width) * window.stride_height - window.pad_top;
    int32_t x = pixel % width * window.stride_width - window.pad_left;
    return y >= 0 && x >= 0 && y + (window.kernel_height - 1) * window.dilation_height < window.input_height &&
           x + (window.kernel_width - 1) * window.dilation_width < window.input_width;
  };
  double blocks = 0, inside = 0;
  for (int32_t first = 0; first < pixels; first += TINYC_SPARSE_PIXELS, blocks += 1) {
    bool all = window.input_ring_rows >= window.input_height;
    for (int32_t pixel = first; pixel < std::min(first + TINYC_SPARSE_PIXELS, pixels); pixel++)
      all = all && isInside(pixel);
    inside += all;
  }
  double taps = window.kernel_height * window.kernel_width, filters = window.output_channels;
  double words = static_cast<double>(tinyc_sparse_conv2d_words(static_cast<int64_t>(taps), window.input_channels));
  KernelWork work;
  work.variant = "conv2d_1of4";
  work.add("call", 1);
  work.add("block", blocks);
  work.add("tap inside", inside * taps);
  work.add("tap at an edge", (blocks - inside) * taps);
  work.add("four channels gathered", blocks * taps * (window.input_channels / 4));
  work.add("filter", blocks * filters);
  work.add("two weights", blocks * filters * (words - 1) / 2);
  work.add("output clamped", isClamped(params.output) ? static_cast<double>(pixels) * filters : 0);
  work.add("word of elements shifted", params.output.shift != 32 ? blocks * taps * window.input_channels * 4 : 0);
  work.constantBytes = blocks * filters * (8 + 4 * words);
  return work;
}

KernelWork countSparseWords(const KernelCall &call) {
  const auto &params = call.as<tinyc_fully_connected_s8_params>();
  double rows = call.rows(), outputs = rows * params.outputs;
  double words = static_cast<double>(tinyc_sparse_fully_connected_words(params.inputs));
  KernelWork work;
  work.variant = "fully_connected_1of4";
  work.add("call", 1);
  work.add("row", rows);
  work.add("output", outputs);
  work.add("four weights", outputs * words / 4);
  work.add("output clamped", isClamped(params.output) ? outputs : 0);
  work.constantBytes = outputs * (8 + 4 * words);
  return work;
}

KernelWork countSparseConv2D(const KernelCall &call) {
  const auto &params = call.as<tinyc_conv2d_s8_params>();
  const tinyc_window &window = params.window;
  int32_t kept = getKept(call), channels = window.input_channels / params.groups,
          entries = tinyc_sparse_entries(channels, kept);
  double pixels = static_cast<double>(call.rows()) * window.output_width, filters = window.output_channels;
  double taps = pixels * window.kernel_height * window.kernel_width;
  InnerTaps inner = countTaps(window, call);
  double inside = inner.rows * inner.columns,
         blocks = params.groups * ((window.output_channels / params.groups + 3) / 4);
  KernelWork work;
  work.variant = call.symbol;
  work.add("call", 1);
  work.add("row", call.rows());
  work.add("pixel of a group", pixels * params.groups);
  work.add("block of filters", pixels * blocks);
  work.add("filter", pixels * filters);
  work.add("kernel row", pixels * blocks * window.kernel_height);
  work.add("tap", taps * blocks);
  work.add("tap of a filter inside", inside * filters);
  work.add("tap of a filter outside", (taps - inside) * filters);
  work.add("four weights", inside * filters * (entries / 4));
  work.add("weight left over", inside * filters * (entries % 4));
  work.add("weight outside", (taps - inside) * filters * entries);
  work.constantBytes = filters * (taps * (entries + tinyc_sparse_index_bytes(channels, kept)) + 8 * pixels);
  return work;
}

KernelWork countSparseFullyConnected(const KernelCall &call) {
  const auto &params = call.as<tinyc_fully_connected_s8_params>();
  int32_t kept = getKept(call), entries = tinyc_sparse_entries(params.inputs, kept);
  double outputs = static_cast<double>(call.rows()) * params.outputs;
  KernelWork work;
  work.variant = call.symbol;
  work.add("call", 1);
  work.add("row", call.rows());
  work.add("output", outputs);
  work.add("four weights", outputs * (entries / 4));
  work.add("weight left over", outputs * (entries % 4));
  work.constantBytes = outputs * static_cast<double>(tinyc_sparse_filter_bytes(1, params.inputs, kept));
  return work;
}

} // namespace tinyc::targets
