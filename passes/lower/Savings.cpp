#include "passes/lower/Savings.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace tinyc::lower {

namespace {

// The most bytes live where rows live longer than they need to.
class Peak {
public:
  Peak(const BufferGraph &graph, ArrayRef<Step> steps, const RowLifetimes &lifetimes)
      : graph(graph), steps(steps), lifetimes(lifetimes) {}

  /// `extend(buffer, lifetime)` changes the lifetimes of all rows of a buffer; the lifetime given is that of the buffer,
  /// from the birth of its first row to the death of its last. It says what each row has in its place, if anything. With
  /// `overlays` a row that is written over a dying one shares its bytes.
  int64_t find(llvm::function_ref<std::optional<RowLifetime>(size_t, RowLifetime)> extend, bool overlays = true) const {
    std::vector<int64_t> change(steps.size() + 1, 0);
    for (size_t number = 0; number < graph.buffers.size(); ++number) {
      const GraphBuffer &buffer = graph.buffers[number];
      RowLifetime whole = getWhole(number);
      if (buffer.isScratch || whole.last < whole.first)
        continue;
      std::optional<RowLifetime> extended = extend(number, whole);
      for (int32_t row = 0; row < buffer.rows; ++row) {
        RowLifetime life = lifetimes.get(number, row);
        if (life.last < life.first)
          continue;
        life = extended.value_or(life);
        change[life.first] += buffer.getRowBytes();
        change[life.last + 1] -= buffer.getRowBytes();
      }
    }
    for (auto [position, step] : llvm::enumerate(steps))
      for (const GraphAccess &access : graph.ops[step.op].accesses)
        if (graph.buffers[access.buffer].isScratch) {
          change[position] += graph.buffers[access.buffer].bytes;
          change[position + 1] -= graph.buffers[access.buffer].bytes;
        }
    for (const Overlay &overlay : lifetimes.getOverlays())
      if (overlays) {
        change[overlay.position] -= overlay.bytes;
        change[overlay.position + 1] += overlay.bytes;
      }
    int64_t live = 0, most = 0;
    for (int64_t bytes : change) {
      live += bytes;
      most = std::max(most, live);
    }
    return most;
  }

  int64_t find() const {
    return find([](size_t, RowLifetime) { return std::nullopt; });
  }

private:
  RowLifetime getWhole(size_t number) const {
    RowLifetime whole = {static_cast<int64_t>(steps.size()), -1};
    for (int32_t row = 0; row < graph.buffers[number].rows; ++row) {
      RowLifetime life = lifetimes.get(number, row);
      if (life.last < life.first)
        continue;
      whole = {std::min(whole.first, life.first), std::max(whole.last, life.last)};
    }
    return whole;
  }

  const BufferGraph &graph;
  ArrayRef<Step> steps;
  const RowLifetimes &lifetimes;
};

} // namespace

std::vector<Saving> findSavings(const BufferGraph &graph, ArrayRef<Step> steps, RowsPerStep rowsPerStep,
                                int64_t peakBytes) {
  std::vector<Saving> savings;
  auto add = [&](StringRef technique, int64_t peak) {
    if (peak > peakBytes)
      savings.push_back({technique.str(), peak - peakBytes});
  };
  std::vector<Step> wholeSteps;
  for (size_t op = 0; op < graph.ops.size(); ++op)
    wholeSteps.push_back({op, 0, 1});
  std::vector<int32_t> wholeRows(graph.ops.size(), 0);
  add("row streams", Peak(graph, wholeSteps, RowLifetimes(graph, wholeSteps, wholeRows)).find());

  RowLifetimes lifetimes(graph, steps, rowsPerStep);
  Peak peak(graph, steps, lifetimes);
  auto isReceived = [&](size_t buffer) {
    return llvm::any_of(graph.ops, [&](const GraphOp &op) {
      return isa<kernel::ReceiveOp>(kernel::KernelOpInterface(op.op).getOperation()) &&
             llvm::any_of(op.accesses, [&](const GraphAccess &access) { return access.buffer == buffer; });
    });
  };
  // Without it, the input is there as a whole before the first step.
  add("streamed input", peak.find([&](size_t buffer, RowLifetime whole) -> std::optional<RowLifetime> {
    if (!isReceived(buffer))
      return std::nullopt;
    return RowLifetime{0, whole.last};
  }));
  // Without it, a tensor that lies in one piece lives from its first byte to its last, and no row lies over one that dies.
  add("overlap", peak.find([&](size_t buffer, RowLifetime whole) -> std::optional<RowLifetime> {
    if (lifetimes.isScattered(buffer))
      return std::nullopt;
    return whole;
  }, /*overlays=*/false));
  add("in-place", Peak(graph, steps, RowLifetimes(graph, steps, rowsPerStep, /*inPlace=*/false)).find());
  return savings;
}

} // namespace tinyc::lower
