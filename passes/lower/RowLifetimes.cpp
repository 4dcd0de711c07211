#include "passes/lower/RowLifetimes.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include <algorithm>
#include <limits>

using namespace mlir;

namespace tinyc::lower {

using kernel::RowAccess;

static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

RowLifetimes::RowLifetimes(const BufferGraph &graph, ArrayRef<Step> steps, RowsPerStep rowsPerStep, size_t firstOp,
                           size_t lastOp)
    : graph(graph), steps(steps), rowsPerStep(rowsPerStep), firstOp(firstOp), lastOp(lastOp) {
  computeScattered();
  computeLifetimes();
  computePlaces();
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
  if (!output.isDirect || !operand.isDirect || output.buffer == operand.buffer || from.isOutput || to.isInput ||
      isScattered(output.buffer) != isScattered(operand.buffer) ||
      getBandRows(output.buffer) != getBandRows(operand.buffer))
    return false;
  if (from.rows == to.rows ? from.getRowBytes() != to.getRowBytes() : from.bytes < to.bytes)
    return false;
  // Every access of this op to the operand's buffer has to be one the output may lie over.
  SmallVector<unsigned> candidates = kernel::KernelOpInterface(op.op).getInPlaceOperands();
  for (const GraphAccess &access : op.accesses)
    if (access.buffer == operand.buffer && !llvm::is_contained(candidates, access.operand))
      return false;
  bool whole = rowsPerStep[&op - graph.ops.data()] == 0;
  if (!whole && (operand.rows.kind != RowAccess::Kind::Same || output.rows.kind != RowAccess::Kind::Same))
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

void RowLifetimes::computePlaces() {
  places.resize(graph.buffers.size());
  for (size_t number = 0; number < places.size(); ++number)
    places[number] = number;
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

std::vector<int64_t> RowLifetimes::getLiveBytes(ArrayRef<int64_t> scratchBytes) const {
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
  for (auto [position, step] : llvm::enumerate(steps)) {
    change[position] += scratchBytes[step.op];
    change[position + 1] -= scratchBytes[step.op];
  }
  for (size_t position = 1; position < change.size(); ++position)
    change[position] += change[position - 1];
  change.pop_back();
  return change;
}

// Adds the pieces of rows [begin, end) of a buffer: neighbouring rows of one lifetime are one piece.
static void addPieces(Group &group, const BufferGraph &graph, const RowLifetimes &lifetimes, size_t number,
                      int32_t begin, int32_t end) {
  int64_t bytes = graph.buffers[number].getRowBytes();
  for (int32_t row = begin; row < end; ++row) {
    RowLifetime life = lifetimes.get(number, row);
    if (life.last < life.first)
      continue;
    int64_t at = (row - begin) * bytes;
    Piece *previous = group.pieces.empty() ? nullptr : &group.pieces.back();
    if (row > begin && previous && previous->end == at && previous->first == life.first &&
        previous->last == life.last)
      previous->end += bytes;
    else
      group.pieces.push_back({at, at + bytes, life.first, life.last});
  }
  group.bytes = std::max(group.bytes, (end - begin) * bytes);
}

RowGroups makeGroups(const BufferGraph &graph, ArrayRef<Step> steps, const RowLifetimes &lifetimes) {
  RowGroups result;
  result.bands.resize(graph.buffers.size());
  for (size_t number = 0; number < graph.buffers.size(); ++number) {
    const GraphBuffer &buffer = graph.buffers[number];
    size_t place = lifetimes.getPlace(number);
    int32_t band = lifetimes.getBandRows(number);
    // The buffer a place is named after comes before those that are written over it only in time: make it first.
    if (result.bands[place].empty())
      for (int32_t row = 0; row < graph.buffers[place].rows; row += lifetimes.getBandRows(place)) {
        result.bands[place].push_back(result.groups.size());
        result.groups.push_back({0, {}});
      }
    result.bands[number] = result.bands[place];
    if (buffer.isScratch)
      continue;
    for (auto [index, group] : llvm::enumerate(result.bands[number])) {
      int32_t begin = index * band;
      addPieces(result.groups[group], graph, lifetimes, number, begin, std::min(begin + band, buffer.rows));
    }
  }
  for (auto [position, step] : llvm::enumerate(steps))
    for (const GraphAccess &access : graph.ops[step.op].accesses) {
      const GraphBuffer &buffer = graph.buffers[access.buffer];
      if (!buffer.isScratch)
        continue;
      Group &group = result.groups[result.bands[access.buffer].front()];
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
