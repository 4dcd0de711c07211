#include "targets/cortex-m/KernelWork.h"

#include "tinyc/window.h"

namespace tinyc::targets {

namespace {

/// Kernels whose work is counted alike. The first that matches a symbol is its family.
struct Family {
  std::string_view prefix, suffix; ///< both have to match
  KernelWork (*count)(const KernelCall &call);
};

constexpr std::string_view dsp = "_armv7e_m", mve = "_armv8_1m", host = "_x86_64";

constexpr Family families[] = {
    {"tinyc_conv2d_pairs_s16_", dsp, countPairsS16},
    {"tinyc_depthwise_conv2d_pairs_s16_", dsp, countDepthwisePairsS16},
    {"tinyc_fully_connected_pairs_s16_", dsp, countFullyConnectedPairsS16},
    {"tinyc_add_s16", dsp, countAddTwos},
    {"tinyc_mul_s16", dsp, countMulTwos},
    {"tinyc_requantize_s16", dsp, countRequantizeTwos},
    {"tinyc_conv2d_1of4_", dsp, countSparseEights},
    {"tinyc_fully_connected_1of4_", dsp, countSparseWords},
    {"tinyc_conv2d_1of4_", "", countSparseConv2D},
    {"tinyc_conv2d_2of4_", "", countSparseConv2D},
    {"tinyc_fully_connected_1of4_", "", countSparseFullyConnected},
    {"tinyc_fully_connected_2of4_", "", countSparseFullyConnected},
    {"tinyc_conv2d_columns_", dsp, countColumns},
    {"tinyc_conv2d_direct_", dsp, countDirect},
    {"tinyc_depthwise_conv2d_planes_", dsp, countPlanes},
    {"tinyc_depthwise_conv2d_3x3_", dsp, countRows3x3},
    {"tinyc_depthwise_conv2d_lines_", dsp, countLines},
    {"tinyc_conv2d_s8", dsp, countPixelPairs},
    {"tinyc_depthwise_conv2d_s8", dsp, countChannelFours},
    {"tinyc_fully_connected_pairs_", dsp, countFullyConnectedPairs},
    {"tinyc_fully_connected_s8", dsp, countFullyConnectedFours},
    {"tinyc_avg_pool_", dsp, countAvgPoolFours},
    {"tinyc_max_pool_", dsp, countMaxPoolFours},
    {"tinyc_add_", dsp, countAddFours},
    {"tinyc_sum_rows_", dsp, countSumRowsFours},
    {"tinyc_conv2d_", mve, countFilterBlocks},
    {"tinyc_depthwise_conv2d_", mve, countDepthwiseLanes},
    {"tinyc_fully_connected_", mve, countFullyConnectedBlocks},
    {"tinyc_avg_pool_", mve, countPoolLanes},
    {"tinyc_max_pool_", mve, countPoolLanes},
    {"tinyc_add_", mve, countElementwiseLanes},
    {"tinyc_mul_", mve, countElementwiseLanes},
    {"tinyc_lookup_", mve, countUnaryLanes},
    {"tinyc_requantize_", mve, countUnaryLanes},
    {"tinyc_sum_rows_", mve, countSumRowsLanes},
    {"tinyc_average_", dsp, countAverageFours},
    {"tinyc_mul_", dsp, countMulFours},
    {"tinyc_lookup_", dsp, countLookupFours},
    {"tinyc_requantize_", dsp, countRequantizeFours},
    {"tinyc_softmax_", dsp, countSoftmaxFours},
    {"tinyc_log_softmax_", dsp, countSoftmaxFours},
    {"tinyc_matmul_", dsp, countMatmulFours},
    {"tinyc_transpose_", dsp, countTransposeTiles},
    {"tinyc_resize_", dsp, countResizeFours},
    {"tinyc_quantize_", dsp, countQuantizeFours},
    {"tinyc_dequantize_", dsp, countQuantizeFours},
    {"tinyc_conv_transpose2d_", dsp, countConvTransposeFours},
    {"tinyc_conv2d_", "", countConv2D},
    {"tinyc_conv_transpose2d_", "", countConvTranspose},
    {"tinyc_depthwise_conv2d_", "", countDepthwise},
    {"tinyc_fully_connected_", "", countFullyConnected},
    {"tinyc_matmul_", "", countMatmul},
    {"tinyc_avg_pool_", "", countPool},
    {"tinyc_max_pool_", "", countPool},
    {"tinyc_add_", "", countElementwise},
    {"tinyc_sub_", "", countElementwise},
    {"tinyc_mul_", "", countElementwise},
    {"tinyc_sum_rows_", "", countSumRows},
    {"tinyc_average_", "", countAverage},
    {"tinyc_recurrent_", "", countRecurrent},
    {"tinyc_pad_", "", countPad},
    {"tinyc_transpose_", "", countTranspose},
    {"tinyc_copy_", "", countCopy},
    {"tinyc_decode_", "", countDecode},
    {"tinyc_resize_nearest_", "", countResizeNearest},
    {"tinyc_resize_", "", countResize},
    {"tinyc_lookup_", "", countUnary},
    {"tinyc_clamp_", "", countUnary},
    {"tinyc_leaky_relu_", "", countUnary},
    {"tinyc_sigmoid_", "", countUnary},
    {"tinyc_hard_sigmoid_", "", countUnary},
    {"tinyc_hard_swish_", "", countUnary},
    {"tinyc_softmax_", "", countUnary},
    {"tinyc_log_softmax_", "", countUnary},
    {"tinyc_quantize_", "", countUnary},
    {"tinyc_dequantize_", "", countUnary},
    {"tinyc_requantize_", "", countUnary},
};

} // namespace

InnerTaps countTaps(const tinyc_window &window, const KernelCall &call) {
  InnerTaps sum;
  for (int32_t x = 0; x < window.output_width; x++) {
    tinyc_taps taps = tinyc_inner_taps(x * window.stride_width - window.pad_left, window.dilation_width,
                                       window.kernel_width, window.input_width);
    sum.columns += taps.end - taps.begin;
    sum.pairs += (taps.end - taps.begin) / 2;
  }
  for (int32_t y = call.rowBegin; y < call.rowEnd; y++) {
    tinyc_taps taps = tinyc_inner_taps(y * window.stride_height - window.pad_top, window.dilation_height,
                                       window.kernel_height, window.input_height);
    sum.rows += taps.end - taps.begin;
  }
  return sum;
}

InnerTaps countTransposedTaps(const tinyc_window &window, const KernelCall &call) {
  InnerTaps sum;
  for (int32_t x = 0; x < window.output_width; x++)
    for (int32_t k = 0; k < window.kernel_width; k++)
      sum.columns += tinyc_transposed_index(x + window.pad_left - k * window.dilation_width, window.stride_width,
                                            window.input_width) >= 0;
  for (int32_t y = call.rowBegin; y < call.rowEnd; y++)
    for (int32_t k = 0; k < window.kernel_height; k++)
      sum.rows += tinyc_transposed_index(y + window.pad_top - k * window.dilation_height, window.stride_height,
                                         window.input_height) >= 0;
  return sum;
}

double countUnaligned(double loads, int32_t length) {
  return length % 4 == 0 ? 0 : length % 2 == 0 ? loads / 2 : loads * 3 / 4;
}

KernelWork countWork(std::string_view symbol, const uint32_t *params, int32_t rowBegin, int32_t rowEnd) {
  // On a host the schedule is that of the generic kernels.
  if (symbol.ends_with(host))
    symbol.remove_suffix(host.size());
  for (const Family &family : families)
    if (symbol.starts_with(family.prefix) && symbol.ends_with(family.suffix))
      return family.count({symbol, params, rowBegin, rowEnd});
  return {};
}

} // namespace tinyc::targets

/// For tools/fit_costs.py: the names and counts go to arrays of KernelWork::maxUnits; returns their number.
extern "C" int tinyc_count_work(const char *symbol, const uint32_t *params, int32_t rowBegin, int32_t rowEnd,
                                const char **variant, const char **names, double *counts) {
  tinyc::targets::KernelWork work = tinyc::targets::countWork(symbol, params, rowBegin, rowEnd);
  *variant = work.variant.data();
  for (int unit = 0; unit < work.units; unit++) {
    names[unit] = work.names[unit];
    counts[unit] = work.counts[unit];
  }
  return work.units;
}
