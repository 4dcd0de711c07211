// About how many bytes neighbouring intervals take that are computed in stripes of columns.
#ifndef TINYC_PASSES_LOWER_CHAINESTIMATE_H
#define TINYC_PASSES_LOWER_CHAINESTIMATE_H

#include "passes/lower/ColumnSplit.h"

#include <map>
#include <vector>

namespace tinyc::lower {

/// An interval of a chain and the columns of its stripes.
struct ChainLink {
  const ColumnInterval *interval;
  int64_t width; ///< of each stripe but the last
};

struct ChainEstimate {
  std::vector<int64_t> peaks; ///< of each interval: the most bytes while one of its stripes is computed
  int64_t macs = 0;
  int64_t stripes = 0;
};

/// Estimates chains: the stripes of all intervals that are held, and the rows inside of the one that is computed.
class ChainEstimator {
public:
  /// `inputBytes` are those of what the first interval reads, which stays until its last stripe.
  ChainEstimate estimate(llvm::ArrayRef<ChainLink> chain, int64_t inputBytes);

private:
  struct Stripes {
    std::vector<Columns> stripes, inputs;
    std::vector<int64_t> lineBytes;
    int64_t macs = 0;
    int64_t columnBytes; // of the result
  };
  const Stripes &getStripes(const ChainLink &link, mlir::Value before);

  std::map<std::pair<std::pair<const ColumnInterval *, void *>, int64_t>, Stripes> known;
};

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_CHAINESTIMATE_H
