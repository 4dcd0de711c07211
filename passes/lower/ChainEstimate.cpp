#include "passes/lower/ChainEstimate.h"

#include <algorithm>

using namespace mlir;

namespace tinyc::lower {

const ChainEstimator::Stripes &ChainEstimator::getStripes(const ChainLink &link, Value before) {
  Stripes &result = known[{{link.interval, before.getAsOpaquePointer()}, link.width}];
  if (!result.stripes.empty())
    return result;
  result.stripes = makeStripes(getWidths(link.interval->getWidth(), link.width));
  result.columnBytes = link.interval->getResultBytes() / link.interval->getWidth();
  for (Columns stripe : result.stripes) {
    StripeNeeds needs = link.interval->getNeeds(stripe, before);
    result.inputs.push_back(needs.input);
    result.lineBytes.push_back(needs.lineBytes);
    result.macs += needs.macs;
  }
  return result;
}

ChainEstimate ChainEstimator::estimate(ArrayRef<ChainLink> chain, int64_t inputBytes) {
  ChainEstimate estimate;
  estimate.peaks.assign(chain.size(), 0);
  std::vector<const Stripes *> links;
  std::vector<std::vector<Columns>> stripes, inputs;
  for (size_t number = 0; number < chain.size(); ++number) {
    const Stripes &link = getStripes(chain[number], number > 0 ? chain[number - 1].interval->getResult() : Value());
    links.push_back(&link);
    stripes.push_back(link.stripes);
    inputs.push_back(link.inputs);
    estimate.macs += link.macs;
    estimate.stripes += link.stripes.size();
  }
  int64_t held = 0; // finished stripes
  std::vector<size_t> oldest(chain.size(), 0), firstStripes(chain.size(), 0);
  for (ChainStep step : orderStripes(stripes, inputs)) {
    const Stripes &link = *links[step.interval];
    int64_t own = link.stripes[step.stripe].size() * link.columnBytes;
    bool readsInput = chain.size() > 0 && firstStripes[0] < links[0]->stripes.size();
    int64_t bytes = held + own + link.lineBytes[step.stripe] + (readsInput ? inputBytes : 0);
    estimate.peaks[step.interval] = std::max(estimate.peaks[step.interval], bytes);
    held += own;
    if (step.interval == 0)
      ++firstStripes[0];
    // Columns before those that the next stripe needs are needed no more.
    if (step.interval > 0) {
      const Stripes &before = *links[step.interval - 1];
      bool isLast = step.stripe + 1 == link.stripes.size();
      int64_t needed = isLast ? std::numeric_limits<int64_t>::max() : link.inputs[step.stripe + 1].begin;
      size_t &next = oldest[step.interval - 1];
      while (next < before.stripes.size() && before.stripes[next].end <= needed) {
        held -= before.stripes[next].size() * before.columnBytes;
        ++next;
      }
    }
  }
  return estimate;
}

} // namespace tinyc::lower
