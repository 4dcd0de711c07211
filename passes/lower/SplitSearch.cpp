#include "passes/lower/SplitSearch.h"

#include "passes/lower/BufferGraph.h"
#include "passes/lower/StreamCosts.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/MapVector.h"

#include <algorithm>

using namespace mlir;

namespace tinyc::lower {

using kernel::KernelOpInterface;

// Of an image at the most: each is code, and a pass over a streamed input.
static constexpr int64_t kMostStripes = 36;
// Of a function at the most.
static constexpr int64_t kMostPieces = 160;
// Functions of more ops are not searched: it would take minutes.
static constexpr size_t kMostOps = 1000;
// The calls of a piece cost about as much as so many multiply-accumulate operations.
static constexpr int64_t kPieceMacs = 10'000;
// Of the channels of a convolution at the most; a power of two.
static constexpr int64_t kMostSlices = 16;

LogicalResult applySplits(func::FuncOp function, ArrayRef<LayerSplit> splits, SymbolTable &symbols) {
  std::vector<KernelOpInterface> ops = getKernelOps(function);
  std::vector<std::vector<StripedInterval>> chains;
  std::vector<std::pair<ChannelInterval, ArrayRef<int64_t>>> slices;
  size_t chainEnd = 0;
  for (const LayerSplit &split : splits) {
    if (split.kind == LayerSplit::Kind::Channels) {
      std::optional<ChannelInterval> interval = ChannelInterval::find(ops, split.firstOp, split.lastOp, symbols);
      if (!interval)
        return failure();
      slices.push_back({std::move(*interval), split.parts});
      continue;
    }
    std::optional<ColumnInterval> interval = ColumnInterval::find(ops, split.firstOp, split.lastOp);
    if (!interval)
      return failure();
    bool goesOn = !chains.empty() && chainEnd == split.firstOp && chains.back().back().interval.isReadOnlyBy(*interval);
    if (!goesOn)
      chains.emplace_back();
    chains.back().push_back({std::move(*interval), split.parts});
    chainEnd = split.lastOp;
  }
  for (const std::vector<StripedInterval> &chain : chains)
    splitChain(chain);
  for (auto &[interval, channels] : slices)
    interval.split(channels, symbols);
  return success();
}

struct SplitSearch::Foresight {
  OwningOpRef<func::FuncOp> function;
  BufferGraph graph;
  OpCosts costs;
  std::optional<StreamChooser> chooser;
};

std::unique_ptr<SplitSearch::Foresight> SplitSearch::foresee(ArrayRef<LayerSplit> splits) const {
  auto result = std::make_unique<Foresight>();
  result->function = cast<func::FuncOp>(function->clone());
  if (failed(applySplits(*result->function, splits, symbols)))
    return nullptr;
  for (KernelOpInterface op : getKernelOps(*result->function))
    if (failed(selectKernel(op, target, symbols)))
      return nullptr;
  FailureOr<BufferGraph> graph = BufferGraph::read(*result->function);
  if (failed(graph))
    return nullptr;
  result->graph = std::move(*graph);
  result->costs = getOpCosts(target, /*flashRead=*/1, result->graph, symbols, /*mostRows=*/1);
  result->chooser.emplace(result->graph, result->costs, /*mostRows=*/1);
  return result;
}

SplitSearch::SplitSearch(func::FuncOp function, const targets::Target &target, SymbolTable &symbols)
    : function(function), target(target), symbols(symbols), ops(getKernelOps(function)), wholeMacs(countMacs(function)) {
  if (ops.size() <= kMostOps)
    whole = foresee({});
  if (!whole)
    return;
  findAtoms();
  findIntervals();
  findSlices();
}

SplitSearch::~SplitSearch() = default;

// Atoms end where one buffer alone is live, and more bytes than that behind the next ops.
void SplitSearch::findAtoms() {
  std::vector<int64_t> bytes(ops.size() + 1, 0), count(ops.size() + 1, 0);
  for (const GraphBuffer &buffer : whole->graph.buffers) {
    if (buffer.isScratch || buffer.firstOp > buffer.lastOp)
      continue;
    size_t first = buffer.isInput ? 0 : buffer.firstOp + 1, last = buffer.isOutput ? ops.size() : buffer.lastOp;
    for (size_t cut = first; cut <= last; ++cut) {
      bytes[cut] += buffer.bytes;
      ++count[cut];
    }
  }
  for (size_t cut = 0; cut <= ops.size(); ++cut) {
    bool isEnd = cut == 0 || cut == ops.size();
    // Rows that pass are nowhere whole.
    bool isPassing = llvm::any_of(findTransferSpans(whole->graph),
                                  [&](const TransferSpan &span) { return span.first < cut && cut <= span.last; });
    size_t next = cut;
    while (next < ops.size() && bytes[next] == bytes[cut])
      ++next;
    if (!isEnd && (isPassing || count[cut] != 1 || bytes[next] < bytes[cut]))
      continue;
    cuts.push_back(cut);
    cutBytes.push_back(bytes[cut]);
  }
}

void SplitSearch::findIntervals() {
  for (size_t first = 0; first + 1 < cuts.size(); ++first)
    for (size_t last = first + 1; last < cuts.size(); ++last) {
      std::optional<ColumnInterval> interval = ColumnInterval::find(ops, cuts[first], cuts[last]);
      if (!interval)
        break;
      intervals.emplace(std::pair(first, last), std::move(*interval));
    }
}

// In each atom the convolution whose output is widest, up to the narrowest result behind it.
void SplitSearch::findSlices() {
  for (size_t atom = 0; atom + 1 < cuts.size(); ++atom) {
    std::optional<ChannelInterval> best;
    for (size_t first = cuts[atom]; first < cuts[atom + 1]; ++first)
      for (size_t last = first + 2; last <= cuts[atom + 1]; ++last)
        if (std::optional<ChannelInterval> interval = ChannelInterval::find(ops, first, last, symbols))
          if (interval->getResultBytes() < interval->getWidestBytes() &&
              (!best || interval->getWidestBytes() - interval->getResultBytes() >
                            best->getWidestBytes() - best->getResultBytes()))
            best = std::move(interval);
    if (!best)
      continue;
    slices.emplace(atom, Slices{std::move(*best), {}});
  }
}

SplitSearch::Slices *SplitSearch::getSlices(size_t atom) {
  auto found = slices.find(atom);
  return found == slices.end() ? nullptr : &found->second;
}

// The peak of an atom in so many slices.
int64_t SplitSearch::getSlicedPeak(size_t atom, int64_t count) {
  Slices &entry = *getSlices(atom);
  auto [peak, isNew] = entry.peaks.insert({count, std::numeric_limits<int64_t>::max()});
  if (isNew) {
    const ChannelInterval &interval = entry.interval;
    LayerSplit split = {LayerSplit::Kind::Channels, interval.getFirstOp(), interval.getLastOp(),
                        makeSlices(interval.getChannels(), count)};
    if (std::unique_ptr<Foresight> after = foresee(split))
      peak->second = after->chooser->getLeastPeak(cuts[atom], cuts[atom + 1] + after->graph.ops.size() - ops.size());
  }
  return peak->second;
}

const ColumnInterval *SplitSearch::getInterval(size_t firstAtom, size_t lastAtom) const {
  auto found = intervals.find({firstAtom, lastAtom});
  return found == intervals.end() ? nullptr : &found->second;
}

int64_t SplitSearch::getWholePeak(size_t firstAtom, size_t lastAtom) {
  auto [entry, isNew] = wholePeaks.insert({{firstAtom, lastAtom}, 0});
  if (isNew)
    entry->second = whole->chooser->getLeastPeak(cuts[firstAtom], cuts[lastAtom]);
  return entry->second;
}

int64_t SplitSearch::Plan::getCost() const { return macs + pieces * kPieceMacs; }

bool SplitSearch::Plan::isBetterThan(const Plan &other) const {
  return std::make_tuple(excess, std::max(pieces, kMostPieces), getCost()) <
         std::make_tuple(other.excess, std::max(other.pieces, kMostPieces), other.getCost());
}

void SplitSearch::evaluate(Plan &plan, int64_t limit) {
  plan.excess = plan.pieces = 0;
  plan.macs = wholeMacs;
  auto add = [&](int64_t peak) { plan.excess += std::max<int64_t>(peak - limit, 0); };
  for (size_t i = 0; i < plan.parts.size();) {
    size_t end = i + 1;
    while (end < plan.parts.size() && plan.parts[end].way == plan.parts[i].way)
      ++end;
    if (plan.parts[i].way == Part::Way::Whole) {
      add(getWholePeak(plan.parts[i].firstAtom, plan.parts[end - 1].lastAtom));
    } else if (plan.parts[i].way == Part::Way::Channels) {
      for (size_t part = i; part < end; ++part) {
        add(getSlicedPeak(plan.parts[part].firstAtom, plan.parts[part].size));
        plan.pieces += plan.parts[part].size;
      }
    } else {
      SmallVector<ChainLink> chain;
      for (const Part &part : ArrayRef(plan.parts).slice(i, end - i)) {
        chain.push_back({getInterval(part.firstAtom, part.lastAtom), part.size});
        for (KernelOpInterface op : chain.back().interval->getOps())
          plan.macs -= op.getMacs();
      }
      ChainEstimate estimate = estimator.estimate(chain, cutBytes[plan.parts[i].firstAtom]);
      for (int64_t peak : estimate.peaks)
        add(peak);
      plan.macs += estimate.macs;
      plan.pieces += estimate.stripes;
    }
    i = end;
  }
}

// Every atom that is above the limit in the finest pieces, with all between the first and the last of these.
SplitSearch::Plan SplitSearch::makeFinest(int64_t limit, bool columns) {
  Plan plan;
  size_t count = cuts.size() - 1, first = count, last = 0;
  for (size_t atom = 0; atom < count; ++atom) {
    Part part = {atom, atom + 1};
    if (getWholePeak(atom, atom + 1) > limit) {
      first = std::min(first, atom);
      last = atom;
      bool hasColumns = columns && getInterval(atom, atom + 1);
      if (Slices *found = getSlices(atom)) {
        int64_t most = kMostSlices;
        while (most > 1 && found->interval.getChannels() < 4 * most)
          most /= 2;
        if (most > 1 && (!hasColumns || getSlicedPeak(atom, most) <= limit)) {
          part.way = Part::Way::Channels;
          part.size = most;
        }
      }
    }
    plan.parts.push_back(part);
  }
  for (Part &part : plan.parts)
    if (columns && part.way == Part::Way::Whole && part.firstAtom >= first && part.firstAtom <= last)
      if (const ColumnInterval *interval = getInterval(part.firstAtom, part.lastAtom)) {
        part.way = Part::Way::Columns;
        part.size = (interval->getWidth() + kMostStripes - 1) / kMostStripes;
      }
  evaluate(plan, limit);
  return plan;
}

// The next stripe widths that make another number of stripes.
static int64_t getWider(int64_t width, int64_t size) {
  int64_t count = (width + size - 1) / size;
  while (size < width && (width + size - 1) / size == count)
    ++size;
  return size;
}

std::vector<SplitSearch::Plan> SplitSearch::makeMoves(const Plan &plan) const {
  std::vector<Plan> moves;
  auto change = [&](size_t number, Part part) {
    moves.push_back(plan);
    moves.back().parts[number] = part;
  };
  for (auto [number, part] : llvm::enumerate(plan.parts)) {
    if (part.way == Part::Way::Whole)
      continue;
    change(number, {part.firstAtom, part.lastAtom});
    if (part.way == Part::Way::Channels) {
      if (part.size > 2)
        change(number, {part.firstAtom, part.lastAtom, part.way, part.size / 2});
      continue;
    }
    int64_t width = getInterval(part.firstAtom, part.lastAtom)->getWidth();
    for (int64_t size : {getWider(width, part.size), getWider(width, 2 * part.size - 1), part.size - 1})
      if (size >= (width + kMostStripes - 1) / kMostStripes && size < width && size != part.size)
        change(number, {part.firstAtom, part.lastAtom, part.way, size});
    // Together with the next ones.
    if (number + 1 == plan.parts.size())
      continue;
    const Part &next = plan.parts[number + 1];
    if (next.way == Part::Way::Columns && getInterval(part.firstAtom, next.lastAtom)) {
      change(number, {part.firstAtom, next.lastAtom, next.way, next.size});
      moves.back().parts.erase(moves.back().parts.begin() + number + 1);
    }
  }
  return moves;
}

// From the finest plan on, the change that helps most, as long as one does: first below the limit, then to fewer
// operations.
SplitSearch::Plan SplitSearch::findPlan(int64_t limit, bool columns) {
  Plan plan = makeFinest(limit, columns);
  for (bool changed = true; changed;) {
    changed = false;
    Plan best = plan;
    for (Plan &move : makeMoves(plan)) {
      evaluate(move, limit);
      if (!move.isBetterThan(best))
        continue;
      best = std::move(move);
      changed = true;
    }
    plan = std::move(best);
  }
  return plan;
}

std::vector<LayerSplit> SplitSearch::getSplits(const Plan &plan) const {
  std::vector<LayerSplit> splits;
  for (const Part &part : plan.parts) {
    if (part.way == Part::Way::Columns) {
      const ColumnInterval *interval = getInterval(part.firstAtom, part.lastAtom);
      splits.push_back({LayerSplit::Kind::Columns, interval->getFirstOp(), interval->getLastOp(),
                        getWidths(interval->getWidth(), part.size)});
    } else if (part.way == Part::Way::Channels) {
      const ChannelInterval &interval = slices.find(part.firstAtom)->second.interval;
      splits.push_back({LayerSplit::Kind::Channels, interval.getFirstOp(), interval.getLastOp(),
                        makeSlices(interval.getChannels(), part.size)});
    }
  }
  return splits;
}

std::vector<LayerSplit> SplitSearch::find(int64_t maxMacs, int64_t bytes) {
  if (!whole || whole->chooser->getLeastPeak() <= bytes)
    return {};
  bool columns = maxMacs > wholeMacs;
  struct Candidate {
    std::vector<LayerSplit> splits;
    int64_t peak, cost;
  };
  std::vector<Candidate> candidates = {{{}, whole->chooser->getLeastPeak(), wholeMacs}};
  auto isFeasible = [&](const Plan &plan) { return plan.excess == 0 && plan.macs <= maxMacs; };
  // The least limit that the estimates say is met.
  int64_t low = 0, high = candidates.front().peak;
  while (high - low > std::max<int64_t>(high / 64, 1)) {
    int64_t middle = (low + high) / 2;
    (isFeasible(findPlan(middle, columns)) ? high : low) = middle;
  }
  // Estimates are a few percent off.
  for (int64_t percent : {0, 3, 6, 10, 15, 20, 30}) {
    int64_t limit = bytes > high ? std::max(bytes - bytes * percent / 100, high) : high + high * percent / 100;
    Plan plan = findPlan(limit, columns);
    if (!isFeasible(plan))
      continue;
    std::vector<LayerSplit> splits = getSplits(plan);
    if (std::unique_ptr<Foresight> after = foresee(splits))
      candidates.push_back({std::move(splits), after->chooser->getLeastPeak(), plan.getCost()});
  }
  // Bytes that are nearly the least are as good: placing the rows decides then.
  int64_t least = std::numeric_limits<int64_t>::max();
  for (const Candidate &candidate : candidates)
    least = std::min(least, candidate.peak);
  least = std::max(least + least / 32, bytes);
  const Candidate *best = nullptr;
  for (const Candidate &candidate : candidates)
    if (candidate.peak <= least && (!best || candidate.cost < best->cost))
      best = &candidate;
  return best->splits;
}

} // namespace tinyc::lower
