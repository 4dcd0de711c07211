#include "passes/lower/ColumnSearch.h"

#include "passes/lower/BufferGraph.h"
#include "passes/lower/StreamCosts.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/MapVector.h"

#include <algorithm>

using namespace mlir;

namespace tinyc::lower {

using kernel::KernelOpInterface;

static constexpr int64_t kStripeCounts[] = {2, 3, 4, 5, 6, 8};
// Candidates that are evaluated in all: bounds the time of planning.
static constexpr int64_t kMostEvaluations = 120;

std::optional<SmallVector<size_t>> applySplits(func::FuncOp function, ArrayRef<ColumnSplit> splits) {
  SmallVector<size_t> counts;
  // From the last on, so that the numbers of the ops before stay.
  for (const ColumnSplit &split : llvm::reverse(splits)) {
    std::optional<ColumnInterval> interval =
        ColumnInterval::find(getKernelOps(function), split.firstOp, split.lastOp);
    if (!interval)
      return std::nullopt;
    counts.push_back(interval->split(split.widths));
  }
  std::reverse(counts.begin(), counts.end());
  return counts;
}

ColumnSearch::ColumnSearch(func::FuncOp function, const targets::Target &target, SymbolTable &symbols)
    : function(function), target(target), symbols(symbols), ops(getKernelOps(function)),
      wholeMacs(countMacs(function)) {
  findCuts();
  findIntervals();
}

void ColumnSearch::findCuts() {
  // First and last op that access each buffer; an input is there from the start.
  auto isInput = [&](Value buffer) {
    auto argument = dyn_cast<BlockArgument>(buffer);
    return argument && !function.getArgAttr(argument.getArgNumber(), kernel::kOutputAttr);
  };
  llvm::MapVector<Value, std::pair<size_t, size_t>> spans;
  for (auto [number, op] : llvm::enumerate(ops))
    for (Value operand : op->getOperands()) {
      Value buffer = operand;
      while (auto view = buffer.getDefiningOp<memref::ReinterpretCastOp>())
        buffer = view.getSource();
      if (buffer.getDefiningOp<memref::GetGlobalOp>())
        continue;
      auto [entry, isNew] = spans.insert({buffer, {isInput(buffer) ? 0 : number + 1, number}});
      entry->second.second = number;
    }
  std::vector<std::pair<size_t, int64_t>> candidates; // with the bytes of the buffer
  for (size_t cut = 0; cut < ops.size(); ++cut) {
    int64_t bytes = 0, count = 0;
    for (auto [buffer, span] : spans)
      if (span.first <= cut && cut <= span.second) {
        bytes += kernel::getByteSize(cast<MemRefType>(buffer.getType()));
        ++count;
      }
    if (count == 1 || cut == 0)
      candidates.push_back({cut, bytes});
  }
  for (size_t i = 0; i < candidates.size(); ++i) {
    bool isLeast = (i == 0 || candidates[i].second < candidates[i - 1].second) &&
                   (i + 1 == candidates.size() || candidates[i].second <= candidates[i + 1].second);
    if (candidates[i].first == 0 || isLeast)
      cuts.push_back(candidates[i].first);
  }
}

void ColumnSearch::findIntervals() {
  for (size_t first : cuts)
    for (size_t last : cuts)
      if (first < last)
        if (std::optional<ColumnInterval> interval = ColumnInterval::find(ops, first, last))
          intervals.push_back(std::move(*interval));
}

int64_t ColumnSearch::getMacs(ArrayRef<ColumnSplit> splits) const {
  int64_t macs = wholeMacs;
  for (const ColumnSplit &split : splits) {
    std::optional<ColumnInterval> interval = ColumnInterval::find(ops, split.firstOp, split.lastOp);
    macs += interval->getMacs(split.widths) - interval->getMacs(Columns{0, interval->getWidth()});
  }
  return macs;
}

std::optional<ColumnSearch::Result> ColumnSearch::evaluate(std::vector<ColumnSplit> splits) const {
  OwningOpRef<func::FuncOp> copy(cast<func::FuncOp>(function->clone()));
  std::optional<SmallVector<size_t>> counts = applySplits(*copy, splits);
  if (!counts)
    return std::nullopt;
  for (KernelOpInterface op : getKernelOps(*copy))
    if (failed(selectKernel(op, target, symbols)))
      return std::nullopt;
  FailureOr<BufferGraph> graph = BufferGraph::read(*copy);
  if (failed(graph))
    return std::nullopt;
  OpCosts costs = getOpCosts(target, /*flashRead=*/1, *graph, symbols, /*mostRows=*/1);
  StreamChooser::Peak peak = StreamChooser(*graph, costs, /*mostRows=*/1).findLeastPeak();
  Result result = {std::move(splits), peak.bytes};
  result.macs = getMacs(result.splits);
  // The ops with the peak, by their numbers before splitting.
  auto getOrigin = [&](size_t op, bool isEnd) {
    size_t added = 0; // by the splits before
    for (auto [split, count] : llvm::zip_equal(result.splits, *counts)) {
      size_t begin = split.firstOp + added;
      if (op < begin)
        break;
      if (op < begin + count)
        return isEnd ? split.lastOp : split.firstOp;
      added += count - (split.lastOp - split.firstOp);
    }
    return op - added + isEnd;
  };
  result.firstOp = getOrigin(peak.firstOp, /*isEnd=*/false);
  result.lastOp = getOrigin(peak.lastOp - 1, /*isEnd=*/true);
  return result;
}

bool ColumnSearch::Result::isBetterThan(const Result &other, int64_t bytes) const {
  bool fits = peakBytes <= bytes, otherFits = other.peakBytes <= bytes;
  if (fits != otherFits)
    return fits;
  if (fits || peakBytes == other.peakBytes)
    return macs < other.macs;
  return peakBytes < other.peakBytes;
}

// One more split, or another one in the place of those it overlaps, that changes ops with the peak.
std::vector<ColumnSearch::Result> ColumnSearch::makeCandidates(const Result &from, int64_t maxMacs) const {
  std::vector<Result> candidates;
  for (const ColumnInterval &interval : intervals) {
    size_t first = interval.getFirstOp(), last = interval.getLastOp();
    if (first >= from.lastOp || from.firstOp >= last || interval.getResultBytes() >= from.peakBytes)
      continue;
    for (int64_t count : kStripeCounts) {
      if (count > interval.getWidth())
        break;
      Result candidate;
      for (const ColumnSplit &split : from.splits)
        if (!split.overlaps(first, last))
          candidate.splits.push_back(split);
      candidate.splits.push_back({first, last, getEvenWidths(interval.getWidth(), count)});
      llvm::sort(candidate.splits,
                 [](const ColumnSplit &a, const ColumnSplit &b) { return a.firstOp < b.firstOp; });
      candidate.macs = getMacs(candidate.splits);
      if (candidate.macs > maxMacs)
        break;
      candidates.push_back(std::move(candidate));
    }
  }
  llvm::stable_sort(candidates, [](const Result &a, const Result &b) { return a.macs < b.macs; });
  return candidates;
}

std::vector<ColumnSplit> ColumnSearch::find(int64_t maxMacs, int64_t bytes) {
  std::optional<Result> best = evaluate({});
  int64_t evaluations = 0;
  for (bool changed = best.has_value(); changed && best->peakBytes > bytes;) {
    changed = false;
    Result from = *best;
    for (Result &candidate : makeCandidates(from, maxMacs)) {
      if (++evaluations > kMostEvaluations)
        break;
      std::optional<Result> result = evaluate(std::move(candidate.splits));
      if (!result || !result->isBetterThan(*best, bytes) || result->peakBytes >= from.peakBytes)
        continue;
      best = std::move(result);
      changed = true;
    }
  }
  return best ? best->splits : std::vector<ColumnSplit>();
}

} // namespace tinyc::lower
