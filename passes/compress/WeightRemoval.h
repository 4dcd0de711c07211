// Removing weights of one filter one after the other, while the others make up for them.
#ifndef TINYC_PASSES_COMPRESS_WEIGHTREMOVAL_H
#define TINYC_PASSES_COMPRESS_WEIGHTREMOVAL_H

#include "passes/compress/DenseMath.h"
#include "passes/compress/SparsityPattern.h"

#include "llvm/ADT/ArrayRef.h"

namespace tinyc::compress {

/// The weights w of one output channel with the error (w - v)^T H (w - v) of its result. The weight with the least w_i^2 /
/// inverse(H)_ii goes first; then the others are those of least error, and inverse(H) that of the columns left (optimal brain
/// surgeon: Hassibi & Stork 1993; row by row: Frantar & Alistarh 2022, section 4). A block goes by w_B^T inverse(inverse(H)_BB)
/// w_B.
class WeightRemoval {
public:
  /// `inverse`: of H, [depth][depth]. `inputs` are those of the filter at one pixel.
  WeightRemoval(const SquareMatrix &inverse, llvm::ArrayRef<double> weights, const SparsityPattern &pattern, int64_t inputs);

  /// Removes weights until `count` are gone, with blocks perhaps a few more, or as many as the pattern N:M has.
  void remove(int64_t count);

  int64_t getRemoved() const { return static_cast<int64_t>(losses.size()); }
  /// The error that each weight added when it went, in their order.
  llvm::ArrayRef<double> getLosses() const { return losses; }
  /// Those that are left have moved; the others are 0.
  llvm::ArrayRef<double> getWeights() const { return weights; }

private:
  struct Unit {
    int64_t begin, end;
    int64_t left; ///< weights that may still go
  };
  double getLoss(const Unit &unit) const;
  void removeColumn(int64_t column);

  int64_t depth;
  bool whole; // units go as a whole
  std::vector<float> inverse;
  std::vector<double> weights, losses;
  std::vector<Unit> units;
  std::vector<bool> removed;
};

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_WEIGHTREMOVAL_H
