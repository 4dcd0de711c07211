// The work of the kernels in runtime/kernels/armv8.1-m; each function follows the loops of its kernel.
#include "targets/cortex-m/KernelWork.h"

#include "tinyc/kernels.h"
#include "tinyc/layouts.h"
#include "tinyc/window.h"

#include <algorithm>

namespace tinyc::targets {

namespace {

int32_t countVectors(int32_t elements, int32_t lanes = 16) { return (elements + lanes - 1) / lanes; }

/// Elements of vectors copied or filled, one piece after the other.
struct Pieces {
  double pieces = 0, vectors = 0;

  void add(double count, int32_t elements) {
    if (elements <= 0)
      return;
    pieces += count;
    vectors += count * countVectors(elements);
  }
};

/// The product of `pixels` vectors of `length` inputs, two at a time, with the blocks of `filters` filters.
void addProduct(KernelWork &work, double pairs, double alone, int32_t filters, int32_t length) {
  double blocks = filters / 4, rest = filters % 4 > 0, steps = countVectors(length);
  work.add("pair of vectors", pairs);
  work.add("vector alone", alone);
  work.add("block of filters for a pair", pairs * blocks);
  work.add("step of filters for a pair", pairs * blocks * 2 * steps);
  work.add("block of filters for one", alone * blocks);
  work.add("rest of filters", (2 * pairs + alone) * rest);
  work.add("step of filters for one", (alone * blocks + (2 * pairs + alone) * rest) * steps);
  work.constantBytes += (pairs + alone) * tinyc_filter_blocks_bytes(filters, length);
}

bool isShifted(const tinyc_output_s8 &stage) { return stage.shift != 32; }

} // namespace

KernelWork countFilterBlocks(const KernelCall &call) {
  const auto &params = call.as<tinyc_conv2d_s8_params>();
  const tinyc_window &window = params.window;
  int32_t channels = window.input_channels / params.groups, filters = window.output_channels / params.groups;
  int32_t height = window.kernel_height, width = window.kernel_width;
  bool contiguous = window.dilation_width == 1 && params.groups == 1;
  double rows = call.rows(), inside = countTaps(window, call).rows, outside = rows * height - inside;
  double whole = 0; // rows of windows that do not reach beyond the input
  for (int32_t y = call.rowBegin; y < call.rowEnd; y++) {
    int32_t top = y * window.stride_height - window.pad_top;
    whole += top >= 0 && top + (height - 1) * window.dilation_height < window.input_height;
  }
  Pieces pieces;
  double simple = 0;
  for (int32_t x = 0; x < window.output_width; x++) {
    int32_t left = x * window.stride_width - window.pad_left;
    tinyc_taps taps = tinyc_inner_taps(left, window.dilation_width, width, window.input_width);
    simple += contiguous && left >= 0 && left + width <= window.input_width ? whole : 0;
    pieces.add(outside, width * channels);
    pieces.add(inside, taps.begin * channels);
    pieces.add(inside, (width - taps.end) * channels);
    if (contiguous)
      pieces.add(inside, (taps.end - taps.begin) * channels);
    else
      pieces.add(inside * (taps.end - taps.begin), channels);
  }
  double windows = rows * window.output_width * params.groups;
  KernelWork work;
  work.variant = isShifted(params.output) ? "filter_blocks_shifted" : "filter_blocks";
  work.add("call", 1);
  work.add("row", rows);
  work.add("row of a group", rows * params.groups);
  work.add("window in one piece", simple);
  work.add("window in parts", windows - simple);
  work.add("piece", pieces.pieces * params.groups);
  work.add("vector gathered", pieces.vectors * params.groups);
  addProduct(work, rows * params.groups * (window.output_width / 2), rows * params.groups * (window.output_width % 2),
             filters, height * width * channels);
  return work;
}

KernelWork countFullyConnectedBlocks(const KernelCall &call) {
  const auto &params = call.as<tinyc_fully_connected_s8_params>();
  KernelWork work;
  work.variant = isShifted(params.output) ? "fully_connected_blocks_shifted" : "fully_connected_blocks";
  work.add("call", 1);
  addProduct(work, call.rows() / 2, call.rows() % 2, params.outputs, params.inputs);
  return work;
}

KernelWork countDepthwiseLanes(const KernelCall &call) {
  const auto &params = call.as<tinyc_conv2d_s8_params>();
  const tinyc_window &window = params.window;
  int32_t height = window.kernel_height, width = window.kernel_width, shift = tinyc_lanes_shift(&window);
  int32_t whole = window.output_channels / TINYC_LANES_CHANNELS,
          part = window.output_channels % TINYC_LANES_CHANNELS > 0;
  int32_t most = tinyc_lanes_pixels(&window), taps = height * width;
  bool apart = shift != window.stride_width || window.dilation_width != 1;
  double rows = call.rows(), blocks = whole + part, inside = countTaps(window, call).rows;
  double outside = 0; // rows of windows with padding above or below
  for (int32_t y = call.rowBegin; y < call.rowEnd; y++) {
    int32_t top = y * window.stride_height - window.pad_top;
    outside += top < 0 || top + (height - 1) * window.dilation_height >= window.input_height;
  }
  // Of one row of windows: runs of columns gathered, those with padding beside them, columns, and their filling.
  double runs = 0, padded = 0, empty = 0, columns = 0, fills = 0, allFills = 0, kept = 0;
  auto gather = [&](int32_t left, int32_t count) {
    int32_t begin = std::max(-left, 0), end = std::min(count, window.input_width - left);
    bool isPadded = begin > 0 || end < count;
    runs += 1;
    padded += isPadded;
    empty += begin >= end;
    columns += std::max(end - begin, 0);
    fills += isPadded ? count * height : 0;
    allFills += count * height;
  };
  for (int32_t x = 0, shared = 0; x < window.output_width;) {
    int32_t pixels = std::min(most, window.output_width - x), left = x * window.stride_width - window.pad_left;
    if (apart)
      for (int32_t i = 0; i < pixels * width; i++)
        gather(left + i / width * window.stride_width + i % width * window.dilation_width, 1);
    else
      gather(left + shared, width + (pixels - 1) * shift - shared);
    x += pixels;
    shared = width - shift;
    kept += x < window.output_width ? shared * height : 0;
  }
  double pixels = rows * blocks * window.output_width;
  KernelWork work;
  work.variant = isShifted(params.output) ? "depthwise_lanes_shifted" : "depthwise_lanes";
  work.add("call", 1);
  work.add("row", rows);
  work.add("row of 16 channels", rows * blocks);
  work.add("run of columns", rows * blocks * runs);
  work.add("run of columns with padding", blocks * (outside * runs + (rows - outside) * padded));
  work.add("vector of padding", blocks * (outside * allFills + (rows - outside) * fills));
  work.add("input row of a run", blocks * inside * (runs - empty));
  work.add("vector gathered", whole * inside * columns);
  work.add("part of a vector gathered", part * inside * columns);
  work.add("vector kept", rows * blocks * kept);
  work.add("pixel", pixels);
  work.add("two taps", pixels * (taps / 2));
  work.add("tap", pixels * (taps % 2));
  work.constantBytes = pixels * tinyc_depthwise_lanes_bytes(TINYC_LANES_CHANNELS, taps);
  return work;
}

KernelWork countPoolLanes(const KernelCall &call) {
  const tinyc_window &window = call.as<tinyc_pool_s8_params>().window;
  bool isAverage = call.symbol.starts_with("tinyc_avg_pool");
  double vectors = countVectors(window.input_channels, isAverage ? 4 : 16);
  double pixels = static_cast<double>(call.rows()) * window.output_width;
  InnerTaps taps = countTaps(window, call);
  KernelWork work;
  work.variant = isAverage ? "avg_pool_lanes" : "max_pool_lanes";
  work.add("call", 1);
  work.add("row", call.rows());
  work.add("pixel", pixels);
  work.add("vector of a pixel", vectors * pixels);
  work.add("row of taps of a vector", vectors * taps.rows * window.output_width);
  work.add("tap of a vector", vectors * taps.rows * taps.columns);
  work.constantBytes = isAverage ? pixels * 4 : 0;
  return work;
}

KernelWork countElementwiseLanes(const KernelCall &call) {
  const auto &params = call.as<tinyc_elementwise_s8_params>();
  bool isAdd = call.symbol.starts_with("tinyc_add");
  double lines = static_cast<double>(call.rows()) * params.dims[1] * params.dims[2];
  bool inLanes = (params.lhs_strides[3] | params.rhs_strides[3] | 1) == 1;
  bool contiguous = params.lhs_strides[3] == 1 && params.rhs_strides[3] == 1 && (isAdd || !isShifted(params.output));
  KernelWork work;
  work.variant = isAdd ? "add_lanes" : isShifted(params.output) ? "mul_lanes_shifted" : "mul_lanes";
  work.add("call", 1);
  work.add("line", lines);
  work.add("four elements", inLanes && !contiguous ? lines * countVectors(params.dims[3], 4) : 0);
  work.add("four elements of two operands", contiguous ? lines * countVectors(params.dims[3], 4) : 0);
  work.add("element", inLanes ? 0 : lines * params.dims[3]);
  return work;
}

KernelWork countUnaryLanes(const KernelCall &call) {
  bool isLookup = call.symbol.starts_with("tinyc_lookup");
  int32_t elements = call.rows() * static_cast<int32_t>(call.params[1]);
  KernelWork work;
  work.variant = isLookup                                                  ? "lookup_lanes"
                 : isShifted(call.as<tinyc_requantize_s8_params>().output) ? "requantize_lanes_shifted"
                                                                           : "requantize_lanes";
  work.add("call", 1);
  work.add("vector", countVectors(elements, isLookup ? 16 : 4));
  work.constantBytes = isLookup ? elements : 0;
  return work;
}

KernelWork countSumRowsLanes(const KernelCall &call) {
  const auto &params = call.as<tinyc_sum_rows_params>();
  double vectors = countVectors(params.channels, 4);
  KernelWork work;
  work.variant = "sum_rows_lanes";
  work.add("call", 1);
  work.add("four channels", vectors);
  work.add("pixel of four channels", vectors * call.rows() * params.width);
  return work;
}

} // namespace tinyc::targets
