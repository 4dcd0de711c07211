#include "passes/lower/RowLifetimes.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include "llvm/ADT/DenseSet.h"

#include <algorithm>
#include <limits>

using namespace mlir;

namespace tinyc::lower {

using kernel::RowAccess;

static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

RowLifetimes::RowLifetimes(const BufferGraph &graph, ArrayRef<Step> steps, RowsPerStep rowsPerStep, size_t firstOp,
                           size_t lastOp, bool inPlace)
    : graph(graph), steps(steps), rowsPerStep(rowsPerStep), firstOp(firstOp), lastOp(lastOp) {
  computeScattered();
  computeLifetimes();
  computePlaces(inPlace);
  if (inPlace)
    computeOverlays();
}

void RowLifetimes::computeScattered() {
  scattered.assign(graph.buffers.size(), 1);
  for (size_t number = 0; number < graph.buffers.size(); ++number) {
    const GraphBuffer &buffer = graph.buffers[number];
    if (buffer.isInput || buffer.isOutput || buffer.isScratch || buffer.isViewed || buffer.rows == 1)
      scattered[number] = 0;
  }
  for (size_t op = 0; op < graph.ops.size(); ++op)
    for (const GraphAccess &access : graph.ops[op].accesses) {
      int32_t &band = scattered[access.buffer];
      bool sums = graph.ops[op].sums && access.isWrite;
      if (rowsPerStep[op] == 0 || access.rows.kind == RowAccess::Kind::Whole || sums)
        band = 0;
      else if (band > 0 && access.rows.kind == RowAccess::Kind::Same)
        band = std::max(band, rowsPerStep[op]);
    }
  for (size_t number = 0; number < graph.buffers.size(); ++number)
    scattered[number] = std::min(scattered[number], graph.buffers[number].rows);
  // Short rows that wait for another stream would be many small things to place, each in need of an offset.
  constexpr int64_t kLeastBytes = 256; // of a band
  std::vector<int64_t> streams(graph.buffers.size(), -1);
  for (const GraphOp &op : graph.ops)
    for (const GraphAccess &access : op.accesses) {
      const GraphBuffer &buffer = graph.buffers[access.buffer];
      int64_t &stream = streams[access.buffer];
      if (stream >= 0 && stream != op.stream && scattered[access.buffer] * buffer.getRowBytes() < kLeastBytes)
        scattered[access.buffer] = 0;
      stream = op.stream;
    }
}

void RowLifetimes::computeLifetimes() {
  lifetimes.assign(graph.rows, {kNever, -1});
  int64_t end = std::max<int64_t>(steps.size(), 1) - 1;
  auto touch = [&](RowLifetime &row, int64_t position) {
    row.first = std::min(row.first, position);
    row.last = std::max(row.last, position);
  };
  for (auto [position, step] : llvm::enumerate(steps)) {
    const GraphOp &op = graph.ops[step.op];
    bool whole = rowsPerStep[step.op] == 0;
    for (const GraphAccess &access : op.accesses) {
      const GraphBuffer &buffer = graph.buffers[access.buffer];
      // A stream's average is written after it.
      if (op.sums && access.isWrite && !whole && op.stream < 0) {
        if (step.end == op.rows)
          touch(lifetimes[buffer.firstRow], end);
        continue;
      }
      std::pair<int64_t, int64_t> rows = {0, buffer.rows};
      if (!whole)
        rows = access.rows.getRows(step.begin, step.end, buffer.rows);
      for (int64_t row = rows.first; row < rows.second; ++row)
        touch(lifetimes[buffer.firstRow + row], position);
    }
  }
  // What the rest of the program needs.
  std::vector<char> before(graph.buffers.size(), 0), after(graph.buffers.size(), 0);
  for (size_t op = 0; op < graph.ops.size(); ++op)
    if (op < firstOp || op >= lastOp)
      for (const GraphAccess &access : graph.ops[op].accesses)
        (op < firstOp ? before : after)[access.buffer] = 1;
  for (size_t number = 0; number < graph.buffers.size(); ++number) {
    const GraphBuffer &buffer = graph.buffers[number];
    bool isBorn = buffer.isInput || before[number], stays = buffer.isOutput || after[number];
    bool isUsed = false;
    for (int32_t row = 0; row < buffer.rows; ++row)
      isUsed |= lifetimes[buffer.firstRow + row].last >= 0;
    for (int32_t row = 0; row < buffer.rows; ++row) {
      RowLifetime &life = lifetimes[buffer.firstRow + row];
      // A whole input is there at the start even if nothing reads it.
      if (isBorn && (isUsed || stays || (buffer.isInput && firstOp == 0)))
        touch(life, 0);
      if (stays && (isUsed || isBorn))
        touch(life, end);
      if (!isUsed && buffer.isOutput && !after[number] && lastOp == graph.ops.size())
        touch(life, end);
    }
  }
}

// Whether `op`, executed at `positions`, may write each row of its output over the same row of an operand.
bool RowLifetimes::canShare(const GraphOp &op, const GraphAccess &output, const GraphAccess &operand,
                            ArrayRef<size_t> positions) const {
  const GraphBuffer &from = graph.buffers[operand.buffer], &to = graph.buffers[output.buffer];
  if (output.bytes != to.bytes || output.buffer == operand.buffer || from.isOutput || to.isInput ||
      isScattered(output.buffer) != isScattered(operand.buffer) ||
      getBandRows(output.buffer) != getBandRows(operand.buffer))
    return false;
  if (from.rows == to.rows ? from.getRowBytes() != to.getRowBytes() : from.bytes < to.bytes)
    return false;
  // Every access of this op to the operand's buffer has to be one the output may lie over.
  SmallVector<unsigned> candidates = kernel::KernelOpInterface(op.op).getInPlaceOperands();
  for (const GraphAccess &access : op.accesses)
    if (access.buffer == operand.buffer && (!llvm::is_contained(candidates, access.operand) || access.offset != 0))
      return false;
  bool whole = rowsPerStep[&op - graph.ops.data()] == 0;
  if (!whole && (!output.isDirect || !operand.isDirect || operand.rows.kind != RowAccess::Kind::Same ||
                 output.rows.kind != RowAccess::Kind::Same))
    return false;
  for (size_t position : positions) {
    const Step &step = steps[position];
    int32_t begin = whole ? 0 : step.begin;
    for (int32_t row = begin, last = whole ? from.rows : step.end; row < last; ++row)
      if (get(operand.buffer, row).last != static_cast<int64_t>(position))
        return false;
    for (int32_t row = begin, last = whole ? to.rows : step.end; row < last; ++row)
      if (get(output.buffer, row).first != static_cast<int64_t>(position))
        return false;
  }
  return true;
}

void RowLifetimes::computePlaces(bool inPlace) {
  places.resize(graph.buffers.size());
  for (size_t number = 0; number < places.size(); ++number)
    places[number] = number;
  if (!inPlace)
    return;
  std::vector<SmallVector<size_t, 4>> positions(lastOp - firstOp);
  for (auto [position, step] : llvm::enumerate(steps))
    positions[step.op - firstOp].push_back(position);
  std::vector<std::pair<size_t, size_t>> shared; // operand, output
  for (size_t number = firstOp; number < lastOp; ++number) {
    const GraphOp &op = graph.ops[number];
    SmallVector<unsigned> candidates = kernel::KernelOpInterface(op.op).getInPlaceOperands();
    if (candidates.empty())
      continue;
    const GraphAccess *output = llvm::find_if(op.accesses, [](const GraphAccess &access) { return access.isWrite; });
    if (output == op.accesses.end() || graph.buffers[output->buffer].isScratch)
      continue;
    for (const GraphAccess &operand : op.accesses)
      if (llvm::is_contained(candidates, operand.operand) &&
          canShare(op, *output, operand, positions[number - firstOp])) {
        places[output->buffer] = places[operand.buffer];
        shared.push_back({operand.buffer, output->buffer});
        break;
      }
  }
  // From the step on that writes over it, a row is the other one's.
  for (auto [from, to] : shared) {
    const GraphBuffer &operand = graph.buffers[from], &output = graph.buffers[to];
    bool byRow = operand.rows == output.rows;
    for (int32_t row = 0; row < operand.rows; ++row) {
      RowLifetime &life = lifetimes[operand.firstRow + row];
      RowLifetime over = lifetimes[output.firstRow + (byRow ? row : 0)];
      // The rest of a larger operand is live while the step runs.
      if (operand.bytes == output.bytes)
        life.last = std::min(life.last, over.first - 1);
    }
  }
}

size_t RowLifetimes::getPlace(size_t buffer) const { return places[buffer]; }

std::optional<Overlay> RowLifetimes::findOverlay(const GraphOp &op, const Step &step, int64_t position) const {
  constexpr unsigned kInput = 0; // activations come first
  const GraphAccess *input = llvm::find_if(op.accesses, [](const GraphAccess &a) { return a.operand == kInput; });
  const GraphAccess *output =
      llvm::find_if(op.accesses, [&](const GraphAccess &a) { return a.isWrite && !graph.buffers[a.buffer].isScratch; });
  if (input == op.accesses.end() || output == op.accesses.end() || !input->isDirect || !output->isDirect ||
      input->rows.kind == RowAccess::Kind::Whole || getPlace(output->buffer) != output->buffer)
    return std::nullopt;
  const GraphBuffer &from = graph.buffers[input->buffer], &to = graph.buffers[output->buffer];
  bool whole = rowsPerStep[step.op] == 0;
  int32_t begin = whole ? 0 : step.begin, end = whole ? to.rows : step.end, band = getBandRows(output->buffer);
  if (from.isOutput || to.isInput || begin % band != 0 || end != std::min(begin + band, to.rows))
    return std::nullopt;
  for (int32_t row = begin; row < end; ++row)
    if (get(output->buffer, row).first != position)
      return std::nullopt;
  int32_t first = input->rows.kind == RowAccess::Kind::Same ? begin : begin * input->rows.stride - input->rows.pad;
  if (first < 0)
    return std::nullopt;
  // The rows that die here, as far as they lie one after the other.
  int32_t inputBand = getBandRows(input->buffer), last = first;
  while (last < from.rows && last / inputBand == first / inputBand && get(input->buffer, last).last == position)
    ++last;
  int64_t bytes = (end - begin) * to.getRowBytes();
  if ((last - first) * from.getRowBytes() < bytes)
    return std::nullopt;
  return Overlay{output->buffer, begin / band, input->buffer, first, position, bytes};
}

void RowLifetimes::computeOverlays() {
  for (auto [position, step] : llvm::enumerate(steps)) {
    const GraphOp &op = graph.ops[step.op];
    if (!op.overwrites)
      continue;
    if (std::optional<Overlay> overlay = findOverlay(op, step, position))
      overlays.push_back(*overlay);
  }
}

std::vector<int64_t> RowLifetimes::getLiveBytes() const {
  if (steps.empty()) // nothing is computed: arguments are there before and after
    return {};
  std::vector<int64_t> change(steps.size() + 1, 0);
  for (size_t number = 0; number < graph.buffers.size(); ++number) {
    const GraphBuffer &buffer = graph.buffers[number];
    if (buffer.isScratch)
      continue;
    for (int32_t row = 0; row < buffer.rows; ++row) {
      RowLifetime life = get(number, row);
      if (life.last < life.first)
        continue;
      change[life.first] += buffer.getRowBytes();
      change[life.last + 1] -= buffer.getRowBytes();
    }
  }
  for (size_t position = 1; position < change.size(); ++position)
    change[position] += change[position - 1];
  change.pop_back();
  return change;
}

// Adds the pieces of rows [begin, end) of a buffer, the first at byte `at`: neighbouring rows of one lifetime are one
// piece.
static void addPieces(Group &group, int64_t at, const BufferGraph &graph, const RowLifetimes &lifetimes, size_t number,
                      int32_t begin, int32_t end) {
  int64_t bytes = graph.buffers[number].getRowBytes();
  bool isFirst = true;
  for (int32_t row = begin; row < end; ++row, at += bytes) {
    group.bytes = std::max(group.bytes, at + bytes);
    RowLifetime life = lifetimes.get(number, row);
    if (life.last < life.first)
      continue;
    Piece *previous = isFirst ? nullptr : &group.pieces.back();
    if (previous && previous->end == at && previous->first == life.first && previous->last == life.last)
      previous->end += bytes;
    else
      group.pieces.push_back({at, at + bytes, life.first, life.last});
    isFirst = false;
  }
}

RowGroups makeGroups(const BufferGraph &graph, ArrayRef<Step> steps, const RowLifetimes &lifetimes,
                     ArrayRef<Overlay> overlays) {
  RowGroups result;
  result.bands.resize(graph.buffers.size());
  llvm::DenseSet<std::pair<size_t, int32_t>> overlaid; // output and band
  for (const Overlay &overlay : overlays)
    overlaid.insert({overlay.output, overlay.band});
  // An input is written before its output is: in the order of positions its own place is known.
  constexpr size_t unknown = std::numeric_limits<size_t>::max();
  for (size_t number = 0; number < graph.buffers.size(); ++number) {
    if (lifetimes.getPlace(number) != number)
      continue;
    int32_t rows = graph.buffers[number].rows, band = lifetimes.getBandRows(number);
    for (int32_t index = 0; index * band < rows; ++index) {
      if (overlaid.contains({number, index})) {
        result.bands[number].push_back({unknown, 0});
        continue;
      }
      result.bands[number].push_back({result.groups.size(), 0});
      result.groups.push_back({0, {}});
    }
  }
  for (const Overlay &overlay : overlays) {
    size_t input = lifetimes.getPlace(overlay.input);
    int32_t band = lifetimes.getBandRows(overlay.input);
    RowGroups::Band from = result.bands[input][overlay.row / band];
    from.offset += overlay.row % band * graph.buffers[overlay.input].getRowBytes();
    result.bands[overlay.output][overlay.band] = from;
  }
  for (size_t number = 0; number < graph.buffers.size(); ++number) {
    const GraphBuffer &buffer = graph.buffers[number];
    result.bands[number] = result.bands[lifetimes.getPlace(number)];
    int32_t band = lifetimes.getBandRows(number);
    for (auto [index, place] : llvm::enumerate(result.bands[number]))
      if (!buffer.isScratch)
        addPieces(result.groups[place.group], place.offset, graph, lifetimes, number, index * band,
                  std::min<int32_t>((index + 1) * band, buffer.rows));
  }
  for (auto [position, step] : llvm::enumerate(steps))
    for (const GraphAccess &access : graph.ops[step.op].accesses) {
      const GraphBuffer &buffer = graph.buffers[access.buffer];
      if (!buffer.isScratch)
        continue;
      Group &group = result.groups[result.bands[access.buffer].front().group];
      int64_t at = position;
      group.bytes = buffer.bytes;
      if (!group.pieces.empty() && group.pieces.back().last == at - 1)
        group.pieces.back().last = at;
      else
        group.pieces.push_back({0, buffer.bytes, at, at});
    }
  return result;
}

} // namespace tinyc::lower
