// What a layer loses with inputs, if its other weights make up for them as well as they can.
#ifndef TINYC_PASSES_COMPRESS_INPUTREMOVAL_H
#define TINYC_PASSES_COMPRESS_INPUTREMOVAL_H

#include "passes/compress/Layer.h"
#include "passes/compress/LayerMoments.h"

namespace tinyc::compress {

/// The quadratic error of one layer's result as sets of its weights' columns are removed one after the other: optimal
/// brain surgeon (Hassibi & Stork 1993) with whole blocks of columns, shared by all outputs (Frantar & Alistarh 2022,
/// section 4, for structured removal). With H the covariance of the layer's inputs and B a set of columns, removing B
/// costs trace(W_B inverse(inverse(H)_BB) transpose(W_B)), after which the other weights are those of least error.
class InputRemoval {
public:
  /// `compensates`: the other weights move; else they stay, and the cost is trace(W_B H_BB transpose(W_B)).
  /// nullopt if the covariance is not finite.
  static std::optional<InputRemoval> create(const Layer &layer, const LayerMoments &moments, bool compensates);

  /// The mean squared error, summed over outputs, that removing `columns` adds, over the variance of the layer's
  /// result.
  double getLoss(llvm::ArrayRef<int64_t> columns) const;
  void remove(llvm::ArrayRef<int64_t> columns);
  /// The weights that are left, moved to make up for those that were removed, and the bias that keeps the result's
  /// mean.
  void apply(Layer &layer) const;

private:
  /// inverse(inverse(H)_BB), or H_BB without compensation.
  SquareMatrix getBlock(llvm::ArrayRef<int64_t> columns) const;

  int64_t depth = 0, outputs = 0;
  bool compensates = true;
  double variance = 0.0;
  SquareMatrix matrix;         ///< inverse(H) of the columns that are left; H without compensation
  std::vector<double> weights; ///< [depth][outputs]
  std::vector<double> mean;    ///< of each column's input
};

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_INPUTREMOVAL_H
