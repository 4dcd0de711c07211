// The assignment of actions as an integer program.
#ifndef TINYC_COMPILER_SEARCH_INTEGERPROGRAM_H
#define TINYC_COMPILER_SEARCH_INTEGERPROGRAM_H

#include "compiler/search/Environment.h"

namespace tinyc::search {

/// A knapsack with several limits from which one item of each group is taken.
struct MultipleChoice {
  struct Item {
    double loss;
    std::vector<double> costs; ///< one for each limit
  };
  std::vector<std::vector<Item>> groups;
  std::vector<double> limits;
};

/// The item of each group, so that the sum of the losses is the least and no sum of costs is above its limit; nothing
/// if the limits leave no choice. Solved exactly by CBC (branch and cut), on one thread. Limits are kept to 1 part in
/// 10^9; losses that differ by less than 1 part in 10^6 of the greatest count as the same.
std::optional<Assignment> solve(const MultipleChoice &problem);

} // namespace tinyc::search

#endif // TINYC_COMPILER_SEARCH_INTEGERPROGRAM_H
