// What one kernel call does, counted in units that take a constant time each: the terms of the cost model
// (targets/CostModel.h). Plain C++ without LLVM, so that tools/fit_costs.py can load it too.
#ifndef TINYC_TARGETS_CORTEX_M_KERNELWORK_H
#define TINYC_TARGETS_CORTEX_M_KERNELWORK_H

#include "tinyc/kernels.h"

#include <cstdint>
#include <string_view>

namespace tinyc::targets {

/// A sum over units: the cycles of a call are count * cycles per unit, added up. The units are those of a variant: a
/// kernel, or one of the ways that a kernel takes for some shapes.
struct KernelWork {
  static constexpr int maxUnits = 22;

  std::string_view variant; ///< row of Costs.inc; empty: the kernel is not known
  int units = 0;
  const char *names[maxUnits];
  double counts[maxUnits];
  double constantBytes = 0; ///< of constants read: weights that are read again count again

  void add(const char *name, double count) {
    names[units] = name;
    counts[units++] = count;
  }
};

/// The work of one call of the kernel with this C symbol for the rows [rowBegin, rowEnd); params are the words of its
/// parameter block. The first unit is always the call itself.
KernelWork countWork(std::string_view symbol, const uint32_t *params, int32_t rowBegin, int32_t rowEnd);

/// Rows of the call: how a kernel family counts its work.
struct KernelCall {
  std::string_view symbol;
  const uint32_t *params;
  int32_t rowBegin, rowEnd;

  int32_t rows() const { return rowEnd - rowBegin; }
  template <typename Params> const Params &as() const { return *reinterpret_cast<const Params *>(params); }
};

/// Taps inside the input, over all rows of the call (each counted once per column) and over all columns; pairs of these.
struct InnerTaps {
  double rows = 0, columns = 0, pairs = 0;
};
InnerTaps countTaps(const tinyc_window &window, const KernelCall &call);

/// What a kernel with activations of 4 bits does beside calling the one on int8 (tinyc/kernels_s4.h).
struct RowsWork {
  int32_t calls = 0;    ///< of the kernel on int8
  int32_t rows = 1;     ///< of a call
  bool isWindow = false; ///< calls are for rows [begin + i * rows, ...), not for row 0
  double unpackedRows = 0, unpacked = 0, packedRows = 0, packed = 0; ///< rows and elements
};

/// The work of such a call; `type` is that of its parameter block.
RowsWork countRowsS4(std::string_view type, const uint32_t *params, int32_t rowBegin, int32_t rowEnd);

/// The same of a transposed convolution; no pairs.
InnerTaps countTransposedTaps(const tinyc_window &window, const KernelCall &call);

/// How many of `loads` loads of words are unaligned, on the average, in rows of `length` bytes one after the other.
double countUnaligned(double loads, int32_t length);

KernelWork countColumns(const KernelCall &call);
KernelWork countDirect(const KernelCall &call);
KernelWork countPlanes(const KernelCall &call);
KernelWork countRows3x3(const KernelCall &call);
KernelWork countLines(const KernelCall &call);
KernelWork countPixelPairs(const KernelCall &call);
KernelWork countChannelFours(const KernelCall &call);
KernelWork countFullyConnectedPairs(const KernelCall &call);
KernelWork countFullyConnectedFours(const KernelCall &call);
KernelWork countAvgPoolFours(const KernelCall &call);
KernelWork countMaxPoolFours(const KernelCall &call);
KernelWork countAddFours(const KernelCall &call);
KernelWork countSumRowsFours(const KernelCall &call);
KernelWork countAverageFours(const KernelCall &call);
KernelWork countMulFours(const KernelCall &call);
KernelWork countLookupFours(const KernelCall &call);
KernelWork countRequantizeFours(const KernelCall &call);
KernelWork countSoftmaxFours(const KernelCall &call);
KernelWork countMatmulFours(const KernelCall &call);
KernelWork countTransposeTiles(const KernelCall &call);
KernelWork countConvTransposeFours(const KernelCall &call);
KernelWork countQuantizeFours(const KernelCall &call);
KernelWork countResizeFours(const KernelCall &call);

KernelWork countSparseEights(const KernelCall &call);
KernelWork countSparseWords(const KernelCall &call);
KernelWork countSparseConv2D(const KernelCall &call);
KernelWork countSparseFullyConnected(const KernelCall &call);

KernelWork countPairsS16(const KernelCall &call);
KernelWork countDepthwisePairsS16(const KernelCall &call);
KernelWork countFullyConnectedPairsS16(const KernelCall &call);
KernelWork countAddTwos(const KernelCall &call);
KernelWork countMulTwos(const KernelCall &call);
KernelWork countRequantizeTwos(const KernelCall &call);

KernelWork countFilterBlocks(const KernelCall &call);
KernelWork countFullyConnectedBlocks(const KernelCall &call);
KernelWork countDepthwiseLanes(const KernelCall &call);
KernelWork countPoolLanes(const KernelCall &call);
KernelWork countElementwiseLanes(const KernelCall &call);
KernelWork countUnaryLanes(const KernelCall &call);
KernelWork countSumRowsLanes(const KernelCall &call);

KernelWork countConv2D(const KernelCall &call);
KernelWork countConvTranspose(const KernelCall &call);
KernelWork countDepthwise(const KernelCall &call);
KernelWork countFullyConnected(const KernelCall &call);
KernelWork countMatmul(const KernelCall &call);
KernelWork countRecurrent(const KernelCall &call);
KernelWork countPool(const KernelCall &call);
KernelWork countElementwise(const KernelCall &call);
KernelWork countUnary(const KernelCall &call);
KernelWork countSumRows(const KernelCall &call);
KernelWork countAverage(const KernelCall &call);
KernelWork countPad(const KernelCall &call);
KernelWork countTranspose(const KernelCall &call);
KernelWork countCopy(const KernelCall &call);
KernelWork countDecode(const KernelCall &call);
KernelWork countResize(const KernelCall &call);
KernelWork countResizeNearest(const KernelCall &call);

} // namespace tinyc::targets

#endif // TINYC_TARGETS_CORTEX_M_KERNELWORK_H
