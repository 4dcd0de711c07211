// The work of the other kernels in runtime/kernels/armv7e-m: pooling, elementwise functions, movements, products of
// activations.
#include "targets/cortex-m/KernelWork.h"

#include "tinyc/kernels.h"
#include "tinyc/window.h"

namespace tinyc::targets {

namespace {

KernelWork begin(std::string_view variant) {
  KernelWork work;
  work.variant = variant;
  work.add("call", 1);
  return work;
}

bool isWideClamp(const tinyc_output_s8 &stage) { return stage.clamp_min <= -128 && stage.clamp_max >= 127; }

/// Whether the fast output stage takes accumulators of at most `largest`: tinyc_fast_stage_shift.
bool isFastStage(const tinyc_output_s8 &stage, int64_t largest) {
  int32_t left = 32 - stage.shift;
  return left >= 0 && left <= 30 && largest <= INT32_MAX >> left;
}

/// Rows of taps of a call by how many taps they have, for the kernels know two numbers of them in advance.
struct TapRows {
  double two = 0, three = 0, other = 0; ///< rows of so many taps
  double taps = 0;                      ///< in the other ones
};

TapRows countTapRows(const tinyc_window &window, const KernelCall &call) {
  TapRows sum;
  for (int32_t x = 0; x < window.output_width; x++) {
    tinyc_taps taps = tinyc_inner_taps(x * window.stride_width - window.pad_left, window.dilation_width,
                                       window.kernel_width, window.input_width);
    int32_t count = taps.end - taps.begin;
    (count == 2 ? sum.two : count == 3 ? sum.three : sum.other) += 1;
    sum.taps += count == 2 || count == 3 ? 0 : count;
  }
  double rows = countTaps(window, call).rows;
  return {sum.two * rows, sum.three * rows, sum.other * rows, sum.taps * rows};
}

/// The units that both kinds of pools have; a kernel takes blocks of four channels, or all channels one by one.
void addPool(KernelWork &work, const tinyc_window &window, const KernelCall &call, bool inFours) {
  int32_t channels = window.input_channels;
  double pixels = static_cast<double>(call.rows()) * window.output_width;
  double fours = inFours ? (channels + 3) / 4 : 0, alone = inFours ? 0 : channels;
  TapRows taps = countTapRows(window, call);
  double all = 2 * taps.two + 3 * taps.three + taps.taps;
  work.add("row", call.rows());
  work.add("pixel", pixels);
  work.add("pixel of four channels", fours * pixels);
  work.add("row of two taps of four channels", fours * taps.two);
  work.add("row of three taps of four channels", fours * taps.three);
  work.add("row of taps of four channels", fours * taps.other);
  work.add("tap of four channels", fours * taps.taps);
  work.add("pixel of a channel", alone * pixels);
  work.add("row of taps of a channel", alone * (taps.two + taps.three + taps.other));
  work.add("tap of a channel", alone * all);
  work.add("unaligned load", countUnaligned(fours * all, channels));
}

/// Lines of an elementwise kernel: dimensions that lie in one piece are one, as in tinyc_for_lines.
struct Lines {
  double count = 1, length = 1;
};

Lines mergeLines(const tinyc_elementwise_s8_params &params, const KernelCall &call) {
  int32_t dims[3] = {call.rows(), params.dims[1], params.dims[2]}, length = params.dims[3], inner = 2;
  const int32_t *ls = params.lhs_strides, *rs = params.rhs_strides;
  for (; inner >= 0 && ls[inner] == ls[3] * length && rs[inner] == rs[3] * length; inner--) {
    length *= dims[inner];
    dims[inner] = 1;
  }
  return {static_cast<double>(dims[0]) * dims[1] * dims[2], static_cast<double>(length)};
}

/// Units of `runs` runs of `length` elements, four at a time where `inFours`.
void addFours(KernelWork &work, double runs, int32_t length, bool inFours) {
  work.add("four elements", inFours ? runs * (length / 4) : 0);
  work.add("element", runs * (inFours ? length % 4 : length));
}

} // namespace

KernelWork countAvgPoolFours(const KernelCall &call) {
  const auto &params = call.as<tinyc_pool_s8_params>();
  const tinyc_window &window = params.window;
  int64_t taps = static_cast<int64_t>(window.kernel_height) * window.kernel_width;
  KernelWork work = begin("avg_pool_fours");
  addPool(work, window, call, window.input_channels >= 4 && isFastStage(params.output, 255 * taps));
  double pixels = static_cast<double>(call.rows()) * window.output_width;
  work.add("output clamped", isWideClamp(params.output) ? 0 : pixels * window.input_channels);
  work.constantBytes = pixels * 4;
  return work;
}

KernelWork countMaxPoolFours(const KernelCall &call) {
  const auto &params = call.as<tinyc_pool_s8_params>();
  const tinyc_window &window = params.window;
  KernelWork work = begin("max_pool_fours");
  addPool(work, window, call, window.input_channels >= 4);
  double pixels = static_cast<double>(call.rows()) * window.output_width;
  work.add("output clamped", isWideClamp(params.output) ? 0 : pixels * window.input_channels);
  return work;
}

KernelWork countSumRowsFours(const KernelCall &call) {
  const auto &params = call.as<tinyc_sum_rows_params>();
  int32_t pixels = call.rows() * params.width;
  double fours = params.channels / 4, alone = params.channels % 4;
  KernelWork work = begin("sum_rows_fours");
  work.add("four channels", fours);
  work.add("four pixels of four channels", fours * (pixels / 4));
  work.add("pixel of four channels", fours * (pixels % 4));
  work.add("channel alone", alone);
  work.add("pixel of a channel alone", alone * pixels);
  work.add("unaligned load", countUnaligned(fours * pixels, params.channels));
  return work;
}

KernelWork countAverageFours(const KernelCall &call) {
  const auto &params = call.as<tinyc_average_s8_params>();
  bool isFast = params.count <= (1 << 22) && isFastStage(params.output, 255 * static_cast<int64_t>(params.count));
  KernelWork work = begin(isFast ? "average_fours" : "average_ones");
  addFours(work, 1, params.channels, isFast);
  work.add("output clamped", isFast && !isWideClamp(params.output) ? params.channels : 0);
  return work;
}

KernelWork countAddFours(const KernelCall &call) {
  const auto &params = call.as<tinyc_elementwise_s8_params>();
  Lines lines = mergeLines(params, call);
  int32_t length = static_cast<int32_t>(lines.length);
  bool inFours = params.lhs_strides[3] == 1 && params.rhs_strides[3] == 1;
  KernelWork work = begin(inFours ? "add_fours" : "add_fours_strided");
  work.add("line", lines.count);
  addFours(work, lines.count, length, inFours);
  work.add("unaligned store", inFours ? countUnaligned(lines.count * (length / 4), lines.count > 1 ? length : 4) : 0);
  work.add("output clamped", inFours && !isWideClamp(params.output) ? lines.count * length : 0);
  return work;
}

KernelWork countMulFours(const KernelCall &call) {
  const auto &params = call.as<tinyc_elementwise_s8_params>();
  Lines lines = mergeLines(params, call);
  int32_t length = static_cast<int32_t>(lines.length);
  bool inFours = params.lhs_strides[3] <= 1 && params.rhs_strides[3] <= 1 &&
                 params.lhs_strides[3] + params.rhs_strides[3] > 0 && length >= 4 &&
                 isFastStage(params.output, 255 * 255);
  KernelWork work = begin(inFours ? "mul_fours" : "mul_ones");
  work.add("line", lines.count);
  addFours(work, lines.count, length, inFours);
  double operands = params.lhs_strides[3] + params.rhs_strides[3];
  work.add("unaligned load",
           inFours ? operands * countUnaligned(lines.count * (length / 4), lines.count > 1 ? length : 4) : 0);
  work.add("output clamped", inFours && !isWideClamp(params.output) ? lines.count * length : 0);
  return work;
}

KernelWork countLookupFours(const KernelCall &call) {
  const auto &params = call.as<tinyc_lookup_s8_params>();
  int32_t length = call.rows() * params.length;
  KernelWork work = begin("lookup_fours");
  addFours(work, 1, length, true);
  work.constantBytes = length;
  return work;
}

KernelWork countRequantizeFours(const KernelCall &call) {
  const auto &params = call.as<tinyc_requantize_s8_params>();
  int32_t length = call.rows() * params.length;
  bool isFast = params.output.shift >= 18 && isFastStage(params.output, 255);
  KernelWork work = begin(isFast ? "requantize_fours" : "requantize_ones");
  addFours(work, 1, length, isFast);
  work.add("unaligned load", isFast ? countUnaligned(length / 4, call.rowBegin * params.length) : 0);
  work.add("output clamped", isFast && !isWideClamp(params.output) ? length : 0);
  return work;
}

KernelWork countSoftmaxFours(const KernelCall &call) {
  const auto &params = call.as<tinyc_softmax_s8_params>();
  KernelWork work = begin(call.symbol.find("log") == call.symbol.npos ? "softmax_fours" : "log_softmax_fours");
  work.add("row", call.rows());
  addFours(work, call.rows(), params.length, true);
  work.add("unaligned load", countUnaligned(call.rows() * (params.length / 4), call.rows() > 1 ? params.length : 4));
  work.constantBytes = 4.0 * call.rows() * params.length;
  return work;
}

KernelWork countMatmulFours(const KernelCall &call) {
  const auto &params = call.as<tinyc_matmul_s8_params>();
  double rows = call.rows(), pairs = (call.rows() + 1) / 2, fours = params.inner / 4;
  double blocks = params.columns < 4 ? 0 : (params.columns + 3) / 4, alone = params.columns < 4 ? params.columns : 0;
  bool isFast = params.output.shift == 32;
  KernelWork work = begin(isFast ? "matmul_fours" : "matmul_fours_slow_stage");
  work.add("block of columns", blocks);
  work.add("four rows of a block", blocks * fours);
  work.add("two rows times a block", blocks * pairs);
  work.add("four elements of two rows", blocks * pairs * fours);
  work.add("element of two rows", blocks * pairs * (params.inner % 4));
  work.add("output alone", alone * rows);
  work.add("element alone", alone * rows * params.inner);
  work.add("unaligned load of lhs", countUnaligned(4 * blocks * pairs * fours, params.inner));
  work.add("unaligned load of rhs", countUnaligned(4 * blocks * fours, params.columns));
  work.add("output clamped", isFast && !isWideClamp(params.output) ? rows * params.columns : 0);
  return work;
}

KernelWork countTransposeTiles(const KernelCall &call) {
  const auto &params = call.as<tinyc_transpose_params>();
  int32_t dims[5] = {call.rows(), params.dims[1], params.dims[2], params.dims[3], params.dims[4]};
  int32_t length = params.dims[5], neighbours = 4;
  double lines = static_cast<double>(dims[0]) * dims[1] * dims[2] * dims[3] * dims[4];
  if (params.input_strides[5] == 1) {
    KernelWork work = begin(length > 32 ? "transpose_lines" : "transpose_short_lines");
    work.add("line", lines);
    work.add("four bytes", lines * (length / 4));
    work.add("byte", lines * (length % 4));
    work.add("unaligned load", countUnaligned(lines * (length / 4), length));
    return work;
  }
  while (neighbours >= 0 && !(params.input_strides[neighbours] == 1 && dims[neighbours] > 1))
    neighbours--;
  int32_t rows = neighbours < 0 ? 1 : dims[neighbours], tiled = length >= 4 ? rows & ~3 : 0, right = length % 4;
  double matrices = lines / rows;
  // Runs of bytes that the tiles leave.
  int32_t below = rows - tiled, runs = tiled > 0 ? right : 0, bytes = tiled > 0 ? right * tiled : 0;
  runs += below < length ? below : length;
  bytes += below * length;
  KernelWork work = begin("transpose_tiles");
  work.add("matrix", matrices);
  work.add("four rows", matrices * (tiled / 4));
  work.add("tile", matrices * (tiled / 4) * (length / 4));
  work.add("run of bytes", matrices * runs);
  work.add("byte", matrices * bytes);
  double tiles = matrices * (tiled / 4) * (length / 4);
  work.add("unaligned load", countUnaligned(4 * tiles, params.input_strides[5]));
  work.add("unaligned store", countUnaligned(4 * tiles, length));
  return work;
}

KernelWork countQuantizeFours(const KernelCall &call) {
  const auto &params = call.as<tinyc_quantize_params>();
  int32_t length = call.rows() * params.length;
  KernelWork work = begin(call.symbol.starts_with("tinyc_de") ? "dequantize_fours" : "quantize_fours");
  work.add("four elements", length / 4);
  work.add("element alone", length % 4);
  return work;
}

KernelWork countConvTransposeFours(const KernelCall &call) {
  const auto &params = call.as<tinyc_conv2d_s8_params>();
  const tinyc_window &window = params.window;
  int32_t channels = window.input_channels / params.groups, filters = window.output_channels / params.groups;
  double pixels = static_cast<double>(call.rows()) * window.output_width;
  double fours = static_cast<double>(params.groups) * (filters / 4), alone = static_cast<double>(params.groups) * (filters % 4);
  InnerTaps inner = countTransposedTaps(window, call);
  double inside = inner.rows * inner.columns;
  KernelWork work = begin("conv_transpose2d_fours");
  work.add("row", call.rows());
  work.add("pixel", pixels);
  work.add("four filters", fours * pixels);
  work.add("tap of four filters", fours * inside);
  work.add("four elements of four filters", fours * inside * (channels / 4));
  work.add("element of four filters", fours * inside * (channels % 4));
  work.add("filter alone", alone * pixels);
  work.add("tap of a filter alone", alone * inside);
  work.add("four elements of a filter alone", alone * inside * (channels / 4));
  work.add("element of a filter alone", alone * inside * (channels % 4));
  work.constantBytes = inside * channels * window.output_channels / params.groups + 8 * pixels * window.output_channels;
  return work;
}

KernelWork countResizeFours(const KernelCall &call) {
  const auto &params = call.as<tinyc_resize_params>();
  double pixels = static_cast<double>(call.rows()) * params.output_width;
  bool isPaired = params.channels >= 4 && params.column_taps % 2 == 0;
  bool isLinear = isPaired && params.row_taps == 2 && params.column_taps == 2;
  double fours = isPaired ? (params.channels + 3) / 4 : 0, ones = isPaired ? 0 : params.channels;
  double lines = pixels * params.row_taps, products = lines * params.column_taps;
  KernelWork work = begin(isLinear ? "resize_linear" : isPaired ? "resize_fours" : "resize_ones");
  work.add("call", 1);
  work.add("row", call.rows());
  work.add("pixel", pixels);
  if (isLinear) {
    work.add("four channels", pixels * fours);
  } else if (isPaired) {
    work.add("four channels", pixels * fours);
    work.add("row tap of four channels", lines * fours);
    work.add("two columns of four channels", products / 2 * fours);
  } else {
    work.add("channel", pixels * ones);
    work.add("row tap", lines * ones);
    work.add("product", products * ones);
  }
  work.constantBytes = 4 * pixels * (params.row_taps + params.column_taps);
  return work;
}

} // namespace tinyc::targets
