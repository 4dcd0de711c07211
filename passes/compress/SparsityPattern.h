// Which weights of a layer may become zero together, and how many.
#ifndef TINYC_PASSES_COMPRESS_SPARSITYPATTERN_H
#define TINYC_PASSES_COMPRESS_SPARSITYPATTERN_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"

namespace tinyc::compress {

/// StringAttr "N:M" on a layer whose weights have the pattern: compress-verify holds it against them.
inline constexpr llvm::StringLiteral kSparsityAttr = "nn.sparsity";

/// A share of all weights, anywhere ("50%") or in blocks of neighbours ("50%x4"); or all but `kept` of each `of` neighbours
/// ("2:4"). Neighbours are inputs of one filter that follow each other at one pixel of its window; those at the end of a pixel
/// are fewer, and of r < `of` of them ceil(r * kept / of) are kept.
struct SparsityPattern {
  double share = 0.0; ///< of the weights of all layers together; 0 with `of` > 0
  int64_t block = 1;  ///< neighbours that become zero together
  int64_t kept = 0, of = 0;

  /// SHARE%, SHARE%xBLOCK or N:M with 0 < SHARE < 100, 2 <= BLOCK <= 16, 0 < N < M <= 16. The error says what is expected.
  static llvm::Expected<SparsityPattern> parse(llvm::StringRef text);

  /// The neighbours of a filter of `depth` weights, `inputs` of them at each pixel, in blocks or groups: [first, second).
  llvm::SmallVector<std::pair<int64_t, int64_t>> getUnits(int64_t depth, int64_t inputs) const;
};

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_SPARSITYPATTERN_H
