#include "passes/lower/StreamChoice.h"

#include "passes/lower/RowLifetimes.h"
#include "passes/lower/RowSteps.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>

using namespace llvm;

namespace tinyc::lower {

// Cycles of the loop over the steps, for each of them.
static constexpr double kStepCycles = 40;

static size_t getWay(int32_t rowsPerStep) {
  return std::find(std::begin(kRowsPerStep), std::end(kRowsPerStep), rowsPerStep) - std::begin(kRowsPerStep);
}

StreamChooser::StreamChooser(const BufferGraph &graph, const OpCosts &costs) : graph(graph), costs(costs) {
  segments.resize(graph.ops.size() + 1);
  addSegments();
}

Segment StreamChooser::makeSegment(size_t firstOp, size_t lastOp, std::vector<int32_t> own) const {
  Segment segment{firstOp, lastOp, std::move(own)};
  std::vector<int32_t> rowsPerStep(graph.ops.size(), 0);
  std::vector<int64_t> scratchBytes(graph.ops.size(), 0);
  for (size_t op = firstOp; op < lastOp; ++op) {
    rowsPerStep[op] = segment.rowsPerStep[op - firstOp];
    const OpCost &cost = costs[op][getWay(rowsPerStep[op])];
    scratchBytes[op] = cost.scratchBytes;
    segment.cycles += cost.cycles;
  }
  std::vector<Step> steps = {{firstOp, 0, 1}};
  if (segment.isStream()) {
    steps = makeStreamSteps(graph, firstOp, lastOp, rowsPerStep);
    segment.cycles += kStepCycles * steps.size();
  }
  std::vector<int64_t> live = RowLifetimes(graph, steps, rowsPerStep, firstOp, lastOp).getLiveBytes(scratchBytes);
  // Sums live from their first row on.
  std::vector<char> begun(lastOp - firstOp, 0);
  int64_t sums = 0;
  for (auto [position, step] : enumerate(steps)) {
    const GraphOp &op = graph.ops[step.op];
    if (op.sums && segment.isStream() && !begun[step.op - firstOp]) {
      begun[step.op - firstOp] = 1;
      for (const GraphAccess &access : op.accesses)
        if (access.isWrite && !graph.buffers[access.buffer].isScratch)
          sums += cast<mlir::MemRefType>(graph.buffers[access.buffer].value.getType()).getNumElements() * 4;
    }
    live[position] += sums;
  }
  segment.peakBytes = *std::max_element(live.begin(), live.end());
  return segment;
}

void StreamChooser::addSegments() {
  for (size_t first = 0; first < graph.ops.size(); ++first) {
    segments[first + 1].push_back(makeSegment(first, first + 1, {0}));
    for (size_t last = first + 1; last <= graph.ops.size() && graph.ops[last - 1].rows > 0; ++last)
      for (int32_t rows : drop_begin(kRowsPerStep)) {
        int32_t most = 0;
        for (size_t op = first; op < last; ++op)
          most = std::max(most, graph.ops[op].rows);
        if (rows > 1 && rows >= most)
          break;
        segments[last].push_back(makeSegment(first, last, std::vector<int32_t>(last - first, rows)));
      }
  }
}

int64_t StreamChooser::getLeastPeak() const {
  std::vector<int64_t> least(graph.ops.size() + 1, std::numeric_limits<int64_t>::max());
  least[0] = 0;
  for (size_t last = 1; last < least.size(); ++last)
    for (const Segment &segment : segments[last])
      least[last] = std::min(least[last], std::max(least[segment.firstOp], segment.peakBytes));
  return least.back();
}

std::optional<Choice> StreamChooser::findFastest(int64_t bytes) const {
  constexpr double never = std::numeric_limits<double>::infinity();
  std::vector<double> cycles(graph.ops.size() + 1, never);
  std::vector<const Segment *> chosen(graph.ops.size() + 1, nullptr);
  cycles[0] = 0;
  for (size_t last = 1; last < cycles.size(); ++last)
    for (const Segment &segment : segments[last])
      if (segment.peakBytes <= bytes && cycles[segment.firstOp] + segment.cycles < cycles[last]) {
        cycles[last] = cycles[segment.firstOp] + segment.cycles;
        chosen[last] = &segment;
      }
  if (cycles.back() == never)
    return std::nullopt;
  Choice choice;
  for (size_t last = graph.ops.size(); last > 0; last = chosen[last]->firstOp) {
    choice.segments.push_back(*chosen[last]);
    choice.peakBytes = std::max(choice.peakBytes, chosen[last]->peakBytes);
  }
  std::reverse(choice.segments.begin(), choice.segments.end());
  choice.cycles = cycles.back();
  return choice;
}

void StreamChooser::refine(Choice &choice, int64_t bytes) const {
  for (Segment &segment : choice.segments)
    for (bool changed = segment.isStream(); changed;) {
      changed = false;
      for (size_t op = segment.firstOp; op < segment.lastOp; ++op) {
        size_t way = getWay(segment.rowsPerStep[op - segment.firstOp]);
        if (way + 1 == std::size(kRowsPerStep) || kRowsPerStep[way] >= graph.ops[op].rows)
          continue;
        std::vector<int32_t> rowsPerStep = segment.rowsPerStep;
        rowsPerStep[op - segment.firstOp] = kRowsPerStep[way + 1];
        Segment other = makeSegment(segment.firstOp, segment.lastOp, std::move(rowsPerStep));
        if (other.peakBytes > bytes || other.cycles >= segment.cycles)
          continue;
        segment = std::move(other);
        changed = true;
      }
    }
  choice.peakBytes = 0;
  choice.cycles = 0;
  for (const Segment &segment : choice.segments) {
    choice.peakBytes = std::max(choice.peakBytes, segment.peakBytes);
    choice.cycles += segment.cycles;
  }
}

Choice StreamChooser::findSmallest(double cycles) const {
  std::vector<int64_t> peaks;
  for (const std::vector<Segment> &list : segments)
    for (const Segment &segment : list)
      peaks.push_back(segment.peakBytes);
  llvm::sort(peaks);
  peaks.erase(std::unique(peaks.begin(), peaks.end()), peaks.end());
  // Cycles fall as the bound rises, but for what refine() misses.
  auto attempt = [&](int64_t bytes) -> std::optional<Choice> {
    std::optional<Choice> choice = findFastest(bytes);
    if (choice)
      refine(*choice, bytes);
    return choice && choice->cycles <= cycles ? choice : std::nullopt;
  };
  Choice best = *findFastest();
  size_t low = 0, high = peaks.size();
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (std::optional<Choice> choice = attempt(peaks[middle])) {
      best = std::move(*choice);
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return best;
}

} // namespace tinyc::lower
