#include "passes/lower/StreamChoice.h"

#include "passes/lower/RowLifetimes.h"
#include "passes/lower/RowSteps.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>

using namespace llvm;

namespace tinyc::lower {

// Limits of the search, in rows and steps visited: some seconds. Networks beyond them get shorter streams.
static constexpr int64_t kMostVisits = 120'000'000, kMostVisitsToRefine = 2'000'000;

// Cycles of the loop over the steps, for each of them.
static constexpr double kStepCycles = 40;

static size_t getWay(int32_t rowsPerStep) {
  return std::find(std::begin(kRowsPerStep), std::end(kRowsPerStep), rowsPerStep) - std::begin(kRowsPerStep);
}

std::vector<TransferSpan> findTransferSpans(const BufferGraph &graph) {
  std::vector<TransferSpan> spans;
  for (size_t transfer = 0; transfer < graph.ops.size(); ++transfer) {
    if (!isa<kernel::ReceiveOp, kernel::SendOp>(graph.ops[transfer].op))
      continue;
    TransferSpan span = {transfer, transfer, transfer};
    size_t buffer = graph.ops[transfer].accesses.front().buffer;
    for (size_t op = 0; op < graph.ops.size(); ++op)
      if (any_of(graph.ops[op].accesses, [&](const GraphAccess &access) { return access.buffer == buffer; })) {
        span.first = std::min(span.first, op);
        span.last = std::max(span.last, op);
      }
    spans.push_back(span);
  }
  return spans;
}

StreamChooser::StreamChooser(const BufferGraph &graph, const OpCosts &costs, int32_t mostRows)
    : graph(graph), costs(costs), spans(findTransferSpans(graph)) {
  segments.resize(graph.ops.size() + 1);
  addSegments(mostRows);
}

Segment StreamChooser::makeSegment(size_t firstOp, ArrayRef<int32_t> rowsPerStep) const {
  Segment segment{firstOp, firstOp + rowsPerStep.size(), {}};
  for (int32_t rows : rowsPerStep)
    segment.ops.push_back({rows});
  int64_t bytesThrough;
  BufferGraph part = graph.getPart(segment.firstOp, segment.lastOp, bytesThrough);
  std::vector<Step> steps = {{0, 0, 1}};
  if (segment.isStream()) {
    steps = makeStreamSteps(part, 0, part.ops.size(), rowsPerStep);
    segment.stepCycles = kStepCycles * steps.size();
  }
  segment.visits = part.rows + steps.size() + graph.buffers.size() / 8;
  RowLifetimes lifetimes(part, steps, rowsPerStep);
  std::vector<int64_t> live = lifetimes.getLiveBytes(), overwriting = live;
  for (const Overlay &overlay : lifetimes.getOverlays())
    overwriting[overlay.position] -= overlay.bytes;
  int64_t others = bytesThrough; // and decoded constants, and the sums of averages over the whole image, live from their first row on
  for (const GraphOp &op : ArrayRef(graph.ops).slice(segment.firstOp, rowsPerStep.size()))
    others += op.decodedBytes;
  std::vector<char> begun(part.ops.size(), 0);
  for (auto [position, step] : enumerate(steps)) {
    const GraphOp &op = part.ops[step.op];
    if (op.sums && segment.isStream() && !begun[step.op]) {
      begun[step.op] = 1;
      for (const GraphAccess &access : op.accesses)
        if (access.isWrite && !part.buffers[access.buffer].isScratch)
          others += cast<mlir::MemRefType>(op.op->getOperand(access.operand).getType()).getNumElements() * 4;
    }
    Segment::Op &way = segment.ops[step.op];
    way.liveBytes = std::max(way.liveBytes, live[position] + others);
    way.overwritingBytes = std::max(way.overwritingBytes, overwriting[position] + others);
  }
  return segment;
}

// Rows that pass are fewer than all.
static int32_t limitRows(const GraphOp &op, int32_t rowsPerStep) {
  if (isa<kernel::ReceiveOp, kernel::SendOp>(op.op))
    while (rowsPerStep > 1 && rowsPerStep >= op.rows)
      rowsPerStep /= 2;
  return rowsPerStep;
}

bool StreamChooser::cutsTransfer(size_t firstOp, size_t lastOp, bool isStream) const {
  return any_of(spans, [&](const TransferSpan &span) {
    bool isInside = isStream && firstOp <= span.first && span.last < lastOp;
    return !isInside && span.first < lastOp && firstOp <= span.last;
  });
}

// The division of an average over the whole image stands behind the stream that sums it: who reads it is no part of that stream.
bool StreamChooser::readsAverage(size_t firstOp, size_t op) const {
  return any_of(graph.ops[op].accesses, [&](const GraphAccess &read) {
    return !read.isWrite && any_of(ArrayRef(graph.ops).slice(firstOp, op - firstOp), [&](const GraphOp &pool) {
      return pool.sums && any_of(pool.accesses, [&](const GraphAccess &write) {
               return write.isWrite && write.buffer == read.buffer;
             });
    });
  });
}

void StreamChooser::addSegments(int32_t mostRows) {
  for (size_t first = 0; first < graph.ops.size(); ++first) {
    if (!cutsTransfer(first, first + 1, /*isStream=*/false))
      segments[first + 1].push_back(makeSegment(first, {0}));
    int64_t visits = kMostVisits / graph.ops.size();
    for (size_t last = first + 1; last <= graph.ops.size() && graph.ops[last - 1].rows > 0 && visits > 0; ++last) {
      if (last - 1 > first && (graph.ops[last - 1].op->hasAttr(kernel::kStripeAttr) || readsAverage(first, last - 1)))
        break;
      for (int32_t rows : drop_begin(kRowsPerStep)) {
        int32_t most = 0;
        for (size_t op = first; op < last; ++op)
          most = std::max(most, graph.ops[op].rows);
        if ((rows > 1 && (rows >= most || rows > mostRows)) || cutsTransfer(first, last, /*isStream=*/true))
          break;
        std::vector<int32_t> rowsPerStep;
        for (size_t op = first; op < last; ++op)
          rowsPerStep.push_back(limitRows(graph.ops[op], rows));
        segments[last].push_back(makeSegment(first, rowsPerStep));
        visits -= segments[last].back().visits;
      }
    }
  }
}

static int64_t getPeak(const Segment::Op &way, const KernelCost &kernel) {
  return (kernel.overwrites ? way.overwritingBytes : way.liveBytes) + kernel.scratchBytes;
}

const KernelCost *StreamChooser::findKernel(size_t op, const Segment::Op &way, int64_t bytes) const {
  const KernelCost *best = nullptr;
  for (const KernelCost &kernel : costs[op][getWay(way.rowsPerStep)])
    if (getPeak(way, kernel) <= bytes && (!best || kernel.cycles < best->cycles))
      best = &kernel;
  return best;
}

std::optional<double> StreamChooser::getCycles(const Segment &segment, int64_t bytes) const {
  double cycles = segment.stepCycles;
  for (auto [number, way] : enumerate(segment.ops)) {
    const KernelCost *kernel = findKernel(segment.firstOp + number, way, bytes);
    if (!kernel)
      return std::nullopt;
    cycles += kernel->cycles;
  }
  return cycles;
}

int64_t StreamChooser::getLeastPeak(const Segment &segment) const {
  int64_t most = 0;
  for (auto [number, way] : enumerate(segment.ops)) {
    int64_t least = std::numeric_limits<int64_t>::max();
    for (const KernelCost &kernel : costs[segment.firstOp + number][getWay(way.rowsPerStep)])
      least = std::min(least, getPeak(way, kernel));
    most = std::max(most, least);
  }
  return most;
}

int64_t StreamChooser::getLeastPeak(size_t firstOp, size_t lastOp) const {
  std::vector<int64_t> least(lastOp - firstOp + 1, std::numeric_limits<int64_t>::max());
  least[0] = 0;
  for (size_t last = firstOp + 1; last <= lastOp; ++last)
    for (const Segment &segment : segments[last])
      if (segment.firstOp >= firstOp)
        least[last - firstOp] =
            std::min(least[last - firstOp], std::max(getLeastPeak(segment), least[segment.firstOp - firstOp]));
  return least.back();
}

std::optional<ChosenSegment> StreamChooser::choose(Segment segment, ArrayRef<int64_t> bytes) const {
  ChosenSegment chosen{std::move(segment), {}};
  chosen.cycles = chosen.segment.stepCycles;
  for (auto [number, way] : enumerate(chosen.segment.ops)) {
    const KernelCost *kernel = findKernel(chosen.segment.firstOp + number, way, bytes[number]);
    if (!kernel)
      return std::nullopt;
    chosen.kernels.push_back(kernel);
    chosen.cycles += kernel->cycles;
    chosen.peakBytes = std::max(chosen.peakBytes, getPeak(way, *kernel));
  }
  return chosen;
}

// Raises rows per step, op by op, where that saves cycles and keeps what is live at the steps of each op within
// `bytes`, or at what it is.
void StreamChooser::refine(ChosenSegment &chosen, int64_t bytes) const {
  std::vector<int64_t> most;
  for (auto [way, kernel] : zip_equal(chosen.segment.ops, chosen.kernels))
    most.push_back(std::max(bytes, getPeak(way, *kernel)));
  int64_t visits = kMostVisitsToRefine;
  for (bool changed = chosen.segment.isStream(); changed;) {
    changed = false;
    for (size_t number = 0; number < chosen.segment.ops.size() && visits > 0; ++number) {
      size_t way = getWay(chosen.segment.ops[number].rowsPerStep);
      if (way + 1 == std::size(kRowsPerStep) || kRowsPerStep[way] >= graph.ops[chosen.segment.firstOp + number].rows)
        continue;
      std::vector<int32_t> rowsPerStep;
      for (const Segment::Op &op : chosen.segment.ops)
        rowsPerStep.push_back(op.rowsPerStep);
      rowsPerStep[number] = limitRows(graph.ops[chosen.segment.firstOp + number], kRowsPerStep[way + 1]);
      std::optional<ChosenSegment> other = choose(makeSegment(chosen.segment.firstOp, rowsPerStep), most);
      visits -= chosen.segment.visits;
      if (!other || other->cycles >= chosen.cycles)
        continue;
      chosen = std::move(*other);
      changed = true;
    }
  }
}

std::optional<Choice> StreamChooser::findFastest(int64_t bytes, int64_t preferred) const {
  constexpr double kCyclesPerByte = 1e6; // more than any kernel's
  constexpr double never = std::numeric_limits<double>::infinity();
  std::vector<double> cycles(graph.ops.size() + 1, never);
  std::vector<const Segment *> best(graph.ops.size() + 1, nullptr);
  cycles[0] = 0;
  for (size_t last = 1; last < cycles.size(); ++last)
    for (const Segment &segment : segments[last]) {
      int64_t excess = std::max<int64_t>(getLeastPeak(segment) - preferred, 0);
      std::optional<double> own = getCycles(segment, std::min(bytes, preferred + excess));
      if (own)
        *own += excess * kCyclesPerByte;
      if (!own || cycles[segment.firstOp] + *own >= cycles[last])
        continue;
      cycles[last] = cycles[segment.firstOp] + *own;
      best[last] = &segment;
    }
  if (cycles.back() == never)
    return std::nullopt;
  Choice choice;
  for (size_t last = graph.ops.size(); last > 0; last = best[last]->firstOp) {
    int64_t limit = std::min(bytes, std::max(getLeastPeak(*best[last]), preferred));
    ChosenSegment chosen = *choose(*best[last], std::vector<int64_t>(best[last]->ops.size(), limit));
    refine(chosen, std::min(bytes, preferred));
    choice.peakBytes = std::max(choice.peakBytes, chosen.peakBytes);
    choice.cycles += chosen.cycles;
    choice.segments.push_back(std::move(chosen));
  }
  std::reverse(choice.segments.begin(), choice.segments.end());
  return choice;
}

Choice StreamChooser::findSmallest(double cycles) const {
  std::vector<int64_t> peaks;
  for (const std::vector<Segment> &list : segments)
    for (const Segment &segment : list)
      for (auto [number, way] : enumerate(segment.ops))
        for (const KernelCost &kernel : costs[segment.firstOp + number][getWay(way.rowsPerStep)])
          peaks.push_back(getPeak(way, kernel));
  llvm::sort(peaks);
  peaks.erase(std::unique(peaks.begin(), peaks.end()), peaks.end());
  // Cycles fall as the bound rises, but for what refine() misses.
  Choice best = *findFastest();
  size_t low = 0, high = peaks.size();
  while (low < high) {
    size_t middle = (low + high) / 2;
    std::optional<Choice> choice = findFastest(peaks[middle]);
    if (choice && choice->cycles <= cycles) {
      best = std::move(*choice);
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  for (int64_t bytes = best.peakBytes, least = getLeastPeak(); bytes > least;) {
    bytes = std::max(bytes - bytes / 16 - 1, least);
    if (std::optional<Choice> choice = findFastest(bytes); choice && choice->cycles <= cycles)
      best = std::move(*choice);
  }
  return best;
}

// Where fewer bytes are live beside the peak, rows find places easier.
static constexpr int64_t kPreferredEighths[] = {8, 7, 6, 5, 4};

std::vector<Choice> StreamChooser::findLeast() const {
  int64_t bytes = getLeastPeak();
  std::vector<Choice> choices;
  for (int64_t eighths : kPreferredEighths)
    choices.push_back(*findFastest(bytes, bytes / 8 * eighths));
  return choices;
}

std::vector<Choice> StreamChooser::findSmall(double cycles) const {
  std::vector<Choice> choices = {findSmallest(cycles)};
  int64_t least = choices.front().peakBytes;
  for (int64_t bytes : {least, least + least / 16, least + least / 8})
    for (int64_t eighths : kPreferredEighths) {
      std::optional<Choice> choice = findFastest(bytes, bytes / 8 * eighths);
      if (choice && choice->cycles <= cycles)
        choices.push_back(std::move(*choice));
    }
  return choices;
}

} // namespace tinyc::lower
