// The work of the kernels in runtime/kernels/generic. The float kernels have the loops of the int8 ones.
#include "targets/cortex-m/KernelWork.h"

#include "tinyc/kernels.h"
#include "tinyc/window.h"

namespace tinyc::targets {

namespace {

/// A row of Costs.inc each, with the symbol's own name: "tinyc_mul_s8".
KernelWork begin(const KernelCall &call) {
  KernelWork work;
  work.variant = call.symbol;
  work.add("call", 1);
  return work;
}

/// Of a weight; bias and multiplier of an int8 kernel together are counted as 8 of them.
double getElementBytes(const KernelCall &call) { return call.symbol.find("f32") == call.symbol.npos ? 1 : 4; }

} // namespace

KernelWork countConv2D(const KernelCall &call) {
  // The parameters of the float kernel begin with the same fields.
  const auto &params = call.as<tinyc_conv2d_s8_params>();
  const tinyc_window &window = params.window;
  int32_t channels = window.input_channels / params.groups, filters = window.output_channels / params.groups;
  double pixels = static_cast<double>(call.rows()) * window.output_width;
  double taps = pixels * window.kernel_height * window.kernel_width;
  InnerTaps inner = countTaps(window, call);
  double inside = inner.rows * inner.columns;
  double rowsOfTaps = inner.rows * window.output_width;
  bool runs = window.dilation_width * window.input_channels == channels;
  double fours = static_cast<double>(params.groups) * (filters / 4);
  double alone = static_cast<double>(params.groups) * (filters % 4);
  KernelWork work = begin(call);
  work.add("pixel of a group", pixels * params.groups);
  work.add("four filters", fours * pixels);
  work.add("run of four filters", fours * (runs ? rowsOfTaps : inside));
  work.add("product of four filters", fours * inside * channels);
  work.add("product of padding", (4 * fours + alone) * (taps - inside) * channels);
  work.add("filter alone", alone * pixels);
  work.add("run of a filter alone", alone * (runs ? rowsOfTaps : inside));
  work.add("product of a filter alone", alone * inside * channels);
  work.constantBytes = window.output_channels * (taps * channels + 8 * pixels) * getElementBytes(call);
  return work;
}

KernelWork countConvTranspose(const KernelCall &call) {
  const auto &params = call.as<tinyc_conv2d_s8_params>();
  const tinyc_window &window = params.window;
  double outputs = static_cast<double>(call.rows()) * window.output_width * window.output_channels;
  double channels = window.input_channels / params.groups;
  InnerTaps inner = countTransposedTaps(window, call);
  double inside = inner.rows * inner.columns * window.output_channels;
  KernelWork work = begin(call);
  work.add("output", outputs);
  work.add("tap", outputs * window.kernel_height * window.kernel_width);
  work.add("tap inside", inside);
  work.add("product", inside * channels);
  work.constantBytes = (inside * channels + 8 * outputs) * getElementBytes(call);
  return work;
}

KernelWork countDepthwise(const KernelCall &call) {
  const tinyc_window &window = call.as<tinyc_conv2d_s8_params>().window;
  double pixels = static_cast<double>(call.rows()) * window.output_width;
  double taps = pixels * window.kernel_height * window.kernel_width;
  InnerTaps inner = countTaps(window, call);
  double inside = inner.rows * inner.columns;
  bool plain = window.input_channels == window.output_channels;
  double fours = plain ? window.output_channels / 4 : 0, alone = window.output_channels - 4 * fours;
  double blocks = (window.output_channels + 3) / 4 - fours;
  KernelWork work = begin(call);
  work.add("pixel", pixels);
  work.add("pixel of four channels", fours * pixels);
  work.add("tap of four channels", fours * taps);
  work.add("tap of four channels inside", fours * inside);
  work.add("pixel of other channels", blocks * pixels);
  work.add("tap of other channels", blocks * taps);
  work.add("product of other channels", alone * taps);
  work.add("output of other channels", alone * pixels);
  work.constantBytes = window.output_channels * (taps + 8 * pixels) * getElementBytes(call);
  return work;
}

KernelWork countFullyConnected(const KernelCall &call) {
  const auto &params = call.as<tinyc_fully_connected_s8_params>();
  double fours = static_cast<double>(call.rows()) * (params.outputs / 4);
  double alone = static_cast<double>(call.rows()) * (params.outputs % 4);
  KernelWork work = begin(call);
  work.add("row", call.rows());
  work.add("four outputs", fours);
  work.add("input of four outputs", fours * params.inputs);
  work.add("output alone", alone);
  work.add("input of an output alone", alone * params.inputs);
  work.constantBytes = static_cast<double>(call.rows()) * params.outputs * (params.inputs + 8) * getElementBytes(call);
  return work;
}

KernelWork countMatmul(const KernelCall &call) {
  const auto &params = call.as<tinyc_matmul_s8_params>();
  double rows = call.rows(), blocks = rows * ((params.columns + 3) / 4);
  KernelWork work = begin(call);
  work.add("row", rows);
  work.add("block of columns", blocks);
  work.add("element of a block", blocks * params.inner);
  work.add("product", rows * params.columns * params.inner);
  work.add("output", rows * params.columns);
  return work;
}

KernelWork countRecurrent(const KernelCall &call) {
  const auto &params = call.as<tinyc_recurrent_f32_params>();
  double gates = params.cell == TINYC_RECURRENT_LSTM ? 4 : params.cell == TINYC_RECURRENT_GRU ? 3 : 1;
  double steps = static_cast<double>(call.rows()) * params.steps * params.batch, rows = steps * gates * params.hidden;
  KernelWork work = begin(call);
  work.add("step", steps);
  work.add("row", rows);
  work.add("product", rows * (params.inputs + params.hidden));
  work.add("element", steps * params.hidden);
  work.constantBytes = 4 * rows * (params.inputs + params.hidden + 2);
  return work;
}

KernelWork countPool(const KernelCall &call) {
  const tinyc_window &window = call.as<tinyc_pool_s8_params>().window;
  double pixels = static_cast<double>(call.rows()) * window.output_width, channels = window.input_channels;
  double blocks = (window.input_channels + 3) / 4;
  InnerTaps inner = countTaps(window, call);
  double inside = inner.rows * inner.columns;
  KernelWork work = begin(call);
  work.add("pixel", pixels);
  work.add("block of channels", blocks * pixels);
  work.add("row of taps of a block", blocks * inner.rows * window.output_width);
  work.add("tap of a block", blocks * inside);
  work.add("tap", channels * inside);
  work.add("output", channels * pixels);
  return work;
}

KernelWork countElementwise(const KernelCall &call) {
  const auto &params = call.as<tinyc_elementwise_s8_params>();
  double lines = static_cast<double>(call.rows()) * params.dims[1] * params.dims[2];
  bool contiguous = params.lhs_strides[3] == 1 && params.rhs_strides[3] == 1;
  KernelWork work = begin(call);
  work.add("line", lines);
  work.add("element", contiguous ? lines * params.dims[3] : 0);
  work.add("element with a stride", contiguous ? 0 : lines * params.dims[3]);
  return work;
}

KernelWork countUnary(const KernelCall &call) {
  // All of these begin with rows, length.
  double rows = call.rows();
  KernelWork work = begin(call);
  work.add("row", rows);
  work.add("element", rows * static_cast<int32_t>(call.params[1]));
  if (call.symbol.find("lookup") != call.symbol.npos)
    work.constantBytes = work.counts[2];
  if (call.symbol.find("softmax_s") != call.symbol.npos)
    work.constantBytes = 2 * 2 * work.counts[2];
  return work;
}

KernelWork countSumRows(const KernelCall &call) {
  // rows, width, channels
  double pixels = static_cast<double>(call.rows()) * static_cast<int32_t>(call.params[1]);
  KernelWork work = begin(call);
  work.add("pixel", pixels);
  work.add("element", pixels * static_cast<int32_t>(call.params[2]));
  return work;
}

KernelWork countDecode(const KernelCall &call) {
  const auto &params = call.as<tinyc_decode_s8_params>();
  KernelWork work = begin(call);
  work.add("state", static_cast<double>(int64_t(1) << params.table_log));
  work.add("byte", params.bytes - 4.0 * params.words);
  work.add("word", params.words);
  work.constantBytes = params.coded_bytes;
  return work;
}

KernelWork countAverage(const KernelCall &call) {
  const auto &params = call.as<tinyc_average_s8_params>();
  KernelWork work = begin(call);
  work.add("channel", params.channels);
  return work;
}

KernelWork countPad(const KernelCall &call) {
  const auto &params = call.as<tinyc_pad_s8_params>();
  double total = 1, inside = call.rows();
  for (int i = 0; i < 4; i++) {
    total *= i == 0 ? call.rows() : params.before[i] + params.dims[i] + params.after[i];
    inside *= i == 0 ? 1 : params.dims[i];
  }
  double lines = static_cast<double>(call.rows()) * params.dims[1] * params.dims[2];
  KernelWork work = begin(call);
  work.add("row", call.rows());
  work.add("line", lines);
  work.add("element", inside);
  work.add("element of padding", total - inside);
  work.add("run of padding", call.rows() * (2 + params.dims[1] * (2.0 + 2 * params.dims[2])));
  return work;
}

KernelWork countTranspose(const KernelCall &call) {
  const auto &params = call.as<tinyc_transpose_params>();
  double lines = call.rows();
  for (int i = 1; i < 5; i++)
    lines *= params.dims[i];
  bool copies = params.input_strides[5] == 1;
  KernelWork work = begin(call);
  work.add("line", copies ? lines : 0);
  work.add("element", copies ? lines * params.dims[5] : 0);
  work.add("line with a stride", copies ? 0 : lines);
  work.add("element with a stride", copies ? 0 : lines * params.dims[5]);
  return work;
}

KernelWork countCopy(const KernelCall &call) {
  const auto &params = call.as<tinyc_copy_params>();
  KernelWork work = begin(call);
  work.add("row", call.rows());
  work.add("element", static_cast<double>(call.rows()) * params.length);
  return work;
}

KernelWork countResize(const KernelCall &call) {
  const auto &params = call.as<tinyc_resize_params>();
  double pixels = static_cast<double>(call.rows()) * params.output_width, outputs = pixels * params.channels;
  KernelWork work = begin(call);
  work.add("pixel", pixels);
  work.add("output", outputs);
  work.add("row tap", outputs * params.row_taps);
  work.add("product", outputs * params.row_taps * params.column_taps);
  work.constantBytes = pixels * (params.row_taps + params.column_taps) * (2 + 2 * getElementBytes(call));
  return work;
}

KernelWork countResizeNearest(const KernelCall &call) {
  const auto &params = call.as<tinyc_resize_params>();
  // A row that repeats the one before it is copied at once, which the parameters do not tell: all but as many as the input has.
  double rows = call.rows(), gathered = rows < params.input_height ? rows : params.input_height;
  KernelWork work = begin(call);
  work.add("row", rows);
  work.add("pixel", gathered * params.output_width);
  work.add("element", rows * params.output_width * params.channels);
  work.constantBytes = 2 * gathered * params.output_width;
  return work;
}

} // namespace tinyc::targets
