// Work of the kernels with activations of 4 bits, beside that of the kernels on int8 which they call.
#include "targets/cortex-m/KernelWork.h"

#include <algorithm>

namespace tinyc::targets {

static RowsWork countWindow(const tinyc_window &window, const tinyc_rows_s4 &rows, int32_t begin, int32_t end) {
  RowsWork work;
  work.isWindow = true;
  work.rows = rows.rows;
  work.calls = (end - begin + rows.rows - 1) / rows.rows;
  int32_t first = std::max(begin * window.stride_height - window.pad_top, 0);
  int32_t last = std::min((end - 1) * window.stride_height - window.pad_top +
                              (window.kernel_height - 1) * window.dilation_height + 1,
                          window.input_height);
  if (rows.input_bits == 4 && last > first) {
    work.unpackedRows = last - first;
    work.unpacked = work.unpackedRows * window.input_width * window.input_channels;
  }
  if (rows.output_bits == 4) {
    work.packedRows = end - begin;
    work.packed = work.packedRows * window.output_width * window.output_channels;
  }
  return work;
}

/// One row after the other; `read` and `written` elements of a row have 4 bits.
static RowsWork countLines(int32_t rows, int32_t operands, double read, double written) {
  RowsWork work;
  work.calls = rows;
  work.unpackedRows = rows * operands;
  work.unpacked = rows * read;
  work.packedRows = written > 0 ? rows : 0;
  work.packed = rows * written;
  return work;
}

RowsWork countRowsS4(std::string_view type, const uint32_t *params, int32_t rowBegin, int32_t rowEnd) {
  KernelCall call = {"", params, rowBegin, rowEnd};
  if (rowEnd <= rowBegin)
    return {};
  auto isNarrow = [](int32_t bits) { return bits == 4 ? 1 : 0; };
  if (type == "tinyc_conv2d_s4_params")
    return countWindow(call.as<tinyc_conv2d_s4_params>().kernel.window, call.as<tinyc_conv2d_s4_params>().rows, rowBegin, rowEnd);
  if (type == "tinyc_pool_s4_params")
    return countWindow(call.as<tinyc_pool_s4_params>().kernel.window, call.as<tinyc_pool_s4_params>().rows, rowBegin, rowEnd);
  if (type == "tinyc_fully_connected_s4_params") {
    const auto &dense = call.as<tinyc_fully_connected_s4_params>();
    int32_t reads = isNarrow(dense.input_bits), writes = isNarrow(dense.output_bits);
    return countLines(call.rows(), reads, reads * dense.kernel.inputs, writes * dense.kernel.outputs);
  }
  if (type == "tinyc_elementwise_s4_params") {
    const auto &binary = call.as<tinyc_elementwise_s4_params>();
    int32_t reads = isNarrow(binary.lhs_bits) + isNarrow(binary.rhs_bits), writes = isNarrow(binary.output_bits);
    return countLines(call.rows(), reads, reads * binary.kernel.dims[3], writes * binary.kernel.dims[3]);
  }
  if (type == "tinyc_requantize_s4_params") {
    const auto &change = call.as<tinyc_requantize_s4_params>();
    int32_t reads = isNarrow(change.input_bits), writes = isNarrow(change.output_bits);
    return countLines(call.rows(), reads, reads * change.kernel.length, writes * change.kernel.length);
  }
  if (type == "tinyc_sum_rows_params") {
    const auto &sums = call.as<tinyc_sum_rows_params>();
    return countLines(call.rows(), 1, sums.width * sums.channels, 0);
  }
  return {};
}

} // namespace tinyc::targets
