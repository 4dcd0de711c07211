// The search for the best assignment: an integer program over the effects of single actions, then evolution over
// measurements of the whole network.
#ifndef TINYC_COMPILER_SEARCH_SEARCH_H
#define TINYC_COMPILER_SEARCH_SEARCH_H

#include "compiler/search/Sensitivity.h"

namespace tinyc::search {

/// What is looked for: the least distortion within the limits; or, with `maxDrop`, the least of the cost `least` whose
/// drop is at most that, within the limits.
struct Goal {
  Limits limits;
  std::optional<double> maxDrop;
  Cost least = Cost::Flash;

  /// Whether `one` serves it better than `other`. What keeps neither limits nor drop is judged by how much it misses
  /// them.
  bool prefers(const Record::Point &one, const Record::Point &other) const;
  /// Whether the point keeps the limits and the drop.
  bool accepts(const Record::Point &point) const;
};

struct SearchOptions {
  size_t measurements = 200; ///< of whole assignments, beside those of the single actions
  uint64_t seed = 1;         ///< of the evolution
};

/// The best point found that the goal accepts. Nothing if there is none, or if the search was stopped. Asks the record
/// for the same assignments in the same order whenever it is called with the same arguments.
///
/// Seeds are the integer program's assignments, within the limits and at other points of the front. Evolution keeps the
/// best 16; a child is a copy or a uniform crossover of two of them, one to three of its actions drawn anew, repaired
/// by the effects of single actions: first within the limits at the least loss per cost, then filled up to them.
std::optional<Record::Point> search(Record &record, const Sensitivity &sensitivity, const Goal &goal,
                                    const SearchOptions &options);

} // namespace tinyc::search

#endif // TINYC_COMPILER_SEARCH_SEARCH_H
