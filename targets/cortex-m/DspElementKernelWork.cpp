// The work of the other kernels in runtime/kernels/armv7e-m: pooling, elementwise functions, movements.
#include "targets/cortex-m/KernelWork.h"

#include "tinyc/kernels.h"

namespace tinyc::targets {

KernelWork countAvgPoolFours(const KernelCall &call) {
  const tinyc_window &window = call.as<tinyc_pool_s8_params>().window;
  double fours = window.input_channels / 4, alone = window.input_channels % 4;
  double pixels = static_cast<double>(call.rows()) * window.output_width;
  InnerTaps taps = countTaps(window, call);
  KernelWork work;
  work.variant = "avg_pool_fours";
  work.add("call", 1);
  work.add("row", call.rows());
  work.add("pixel", pixels);
  work.add("pixel of four channels", fours * pixels);
  work.add("row of taps of four channels", fours * taps.rows * window.output_width);
  work.add("two taps of four channels", fours * taps.rows * taps.pairs);
  work.add("tap of four channels", fours * taps.rows * (taps.columns - 2 * taps.pairs));
  work.add("pixel of a channel alone", alone * pixels);
  work.add("row of taps of a channel alone", alone * taps.rows * window.output_width);
  work.add("tap of a channel alone", alone * taps.rows * taps.columns);
  work.add("unaligned load", countUnaligned(fours * taps.rows * taps.columns, window.input_channels));
  work.constantBytes = pixels * 4;
  return work;
}

KernelWork countMaxPoolFours(const KernelCall &call) {
  const tinyc_window &window = call.as<tinyc_pool_s8_params>().window;
  double fours = window.input_channels / 4, alone = window.input_channels % 4;
  double pixels = static_cast<double>(call.rows()) * window.output_width;
  InnerTaps taps = countTaps(window, call);
  KernelWork work;
  work.variant = "max_pool_fours";
  work.add("call", 1);
  work.add("row", call.rows());
  work.add("pixel", pixels);
  work.add("row of taps", taps.rows * window.output_width);
  work.add("row of taps of four channels", fours * taps.rows * window.output_width);
  work.add("tap of four channels", fours * taps.rows * taps.columns);
  work.add("row of taps of a channel alone", alone * taps.rows * window.output_width);
  work.add("tap of a channel alone", alone * taps.rows * taps.columns);
  work.add("unaligned load",
           countUnaligned(fours * taps.rows * (taps.columns + 2 * window.output_width), window.input_channels));
  return work;
}

KernelWork countAddFours(const KernelCall &call) {
  const auto &params = call.as<tinyc_elementwise_s8_params>();
  bool contiguous = params.lhs_strides[3] == 1 && params.rhs_strides[3] == 1 && params.output.clamp_min <= -128 &&
                    params.output.clamp_max >= 127;
  double lines = static_cast<double>(call.rows()) * params.dims[1] * params.dims[2];
  int32_t length = params.dims[3];
  KernelWork work;
  work.variant = contiguous ? "add_fours" : "add_fours_strided";
  work.add("call", 1);
  work.add("line", lines);
  work.add("four elements", contiguous ? lines * (length / 4) : 0);
  work.add("element", lines * (contiguous ? length % 4 : length));
  work.add("unaligned store", contiguous ? countUnaligned(lines * (length / 4), length) : 0);
  return work;
}

KernelWork countSumRowsFours(const KernelCall &call) {
  const auto &params = call.as<tinyc_sum_rows_params>();
  int32_t pixels = call.rows() * params.width;
  double fours = params.channels / 4, alone = params.channels % 4;
  KernelWork work;
  work.variant = "sum_rows_fours";
  work.add("call", 1);
  work.add("four channels", fours);
  work.add("two pixels of four channels", fours * (pixels / 2));
  work.add("pixel of four channels", fours * (pixels % 2));
  work.add("channel alone", alone);
  work.add("pixel of a channel alone", alone * pixels);
  work.add("unaligned load", countUnaligned(fours * pixels, params.channels));
  return work;
}

} // namespace tinyc::targets
