#include "passes/lower/ProgramPlacement.h"

#include <limits>

using namespace llvm;

namespace tinyc::lower {

std::vector<int32_t> getRowsPerStep(const BufferGraph &graph) {
  std::vector<int32_t> rows;
  for (const GraphOp &op : graph.ops)
    rows.push_back(op.stream >= 0 ? kernel::KernelOpInterface(op.op).getRowsPerStep() : 0);
  return rows;
}

std::vector<int64_t> getLiveWithScratch(const BufferGraph &graph, ArrayRef<Step> steps, const RowLifetimes &lifetimes) {
  std::vector<int64_t> live = lifetimes.getLiveBytes();
  for (auto [position, step] : enumerate(steps))
    for (const GraphAccess &access : graph.ops[step.op].accesses)
      if (graph.buffers[access.buffer].isScratch)
        live[position] += graph.buffers[access.buffer].bytes;
  return live;
}

// An overlay ties two lifetimes to one place, which makes the others harder to place: only those are tried that keep
// the live bytes below a limit, with several limits from the least peak on.
ProgramPlacement placeProgram(const BufferGraph &graph, ArrayRef<Step> steps, const RowLifetimes &lifetimes,
                              int64_t alignment, int64_t rounds) {
  ProgramPlacement best;
  std::vector<int64_t> live = getLiveWithScratch(graph, steps, lifetimes), least = live;
  for (const Overlay &overlay : lifetimes.getOverlays())
    least[overlay.position] -= overlay.bytes;
  int64_t peak = least.empty() ? 0 : *max_element(least);
  size_t before = std::numeric_limits<size_t>::max();
  int64_t bound = std::numeric_limits<int64_t>::max();
  for (int64_t limit : {peak, peak + peak / 32, peak + peak / 8, std::numeric_limits<int64_t>::max()}) {
    std::vector<Overlay> overlays;
    for (const Overlay &overlay : lifetimes.getOverlays())
      if (live[overlay.position] > limit)
        overlays.push_back(overlay);
    if (overlays.size() == before)
      continue;
    before = overlays.size();
    RowGroups groups = makeGroups(graph, steps, lifetimes, overlays);
    Placement placement = placeGroups(groups.groups, alignment, rounds / 4);
    bound = std::min(bound, placement.bound);
    if (limit == peak || placement.bytes < best.placement.bytes)
      best = {std::move(groups), std::move(placement)};
    if (best.placement.bytes <= bound)
      break;
  }
  if (best.placement.bytes > bound)
    if (Placement placed = placeGroups(best.groups.groups, alignment, rounds); placed.bytes < best.placement.bytes)
      best.placement = std::move(placed);
  best.placement.bound = bound;
  return best;
}

} // namespace tinyc::lower
