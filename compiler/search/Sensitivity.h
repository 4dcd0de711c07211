// What each single action does, and what it lets foresee of all of them together.
#ifndef TINYC_COMPILER_SEARCH_SENSITIVITY_H
#define TINYC_COMPILER_SEARCH_SENSITIVITY_H

#include "compiler/search/Record.h"

#include <limits>

namespace tinyc::search {

/// The assignment of actions 0, and how each action alone changes it. To first order these changes add up (Dong et
/// al., "HAWQ-V2", NeurIPS 2020, section 3): losses exactly as far as the errors of layers are independent, costs but
/// for what ops share.
class Sensitivity {
public:
  /// Measures every action of the first `steps` steps, the others of which have action 0 alone. Nothing if the search
  /// was stopped or the start cannot be compiled.
  static std::optional<Sensitivity> measure(Record &record, size_t steps = std::numeric_limits<size_t>::max());

  struct Effect {
    bool possible = true; ///< it can be compiled
    double loss = 0;      ///< distortion added, not below 0; of more faithful actions not above 0
    Costs costs;          ///< added; below 0 if it saves
  };
  const Effect &get(size_t step, uint8_t action) const { return effects[step][action]; }
  size_t getStepCount() const { return effects.size(); }
  size_t getActionCount(size_t step) const { return effects[step].size(); }
  const Record::Point &getStart() const { return start; }

  /// The steps with a choice, in order.
  std::vector<size_t> getFreeSteps() const;

  double predictLoss(llvm::ArrayRef<uint8_t> assignment) const;
  Costs predictCosts(llvm::ArrayRef<uint8_t> assignment) const;
  /// The least that a cost can be, as predicted.
  double predictLeast(Cost cost) const;

  /// The assignment of the least loss within the limits, as predicted; nothing if there is none.
  std::optional<Assignment> solveWithin(const Limits &limits) const;
  /// The assignment that costs the least of `cost` within the limits and a loss of at most `loss`, as predicted.
  std::optional<Assignment> solveLeast(Cost cost, const Limits &limits, double loss) const;

private:
  std::optional<Assignment> solve(std::optional<Cost> least, const Limits &limits, double loss) const;

  Record::Point start;
  std::vector<std::vector<Effect>> effects;
};

} // namespace tinyc::search

#endif // TINYC_COMPILER_SEARCH_SENSITIVITY_H
