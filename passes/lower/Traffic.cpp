#include "passes/lower/Traffic.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/EquivalenceClasses.h"

using namespace mlir;

namespace tinyc::lower {

/// MACs of the op for each weight: the positions of a convolution's window; 1 for an op without weights.
static double countPositions(kernel::KernelOpInterface op) {
  int64_t weights = 0;
  for (Value operand : op->getOperands())
    if (operand.getDefiningOp<memref::GetGlobalOp>())
      weights = std::max(weights, cast<MemRefType>(operand.getType()).getNumElements());
  return weights == 0 ? 1 : std::max(static_cast<double>(op.getMacs()) / static_cast<double>(weights), 1.0);
}

Traffic estimateTraffic(kernel::KernelOpInterface op, unsigned operand) {
  Value value = op->getOperand(operand);
  auto bytes = static_cast<double>(kernel::getByteSize(cast<MemRefType>(value.getType())));
  if (value == op.getOutputBuffer())
    return {0, bytes};
  if (value == op.getScratchBuffer()) {
    double gathered = std::max(static_cast<double>(op.getMacs()) / 4, bytes);
    return {gathered, gathered};
  }
  if (value.getDefiningOp<memref::GetGlobalOp>())
    return {bytes * std::max(countPositions(op) / 2, 1.0), 0};
  if (op.getRowCount() > 0)
    if (kernel::RowAccess rows = op.getRowAccess(operand); rows.kind == kernel::RowAccess::Kind::Window) {
      double times = std::max(static_cast<double>(rows.extent) / rows.stride, 1.0);
      return {bytes * times * times, 0}; // windows are square, or nearly
    }
  return {bytes, 0};
}

std::vector<Resident> makeResidents(const BufferGraph &graph, const RowGroups &groups) {
  // Buffers of one place share groups; the bands of one buffer belong together.
  llvm::EquivalenceClasses<size_t> classes;
  for (size_t group = 0; group < groups.groups.size(); ++group)
    classes.insert(group);
  for (const std::vector<RowGroups::Band> &bands : groups.bands)
    for (const RowGroups::Band &band : bands)
      classes.unionSets(bands.front().group, band.group);
  std::vector<Resident> residents;
  llvm::DenseMap<size_t, size_t> numbers; // of classes, by leader
  for (size_t group = 0; group < groups.groups.size(); ++group) {
    auto [number, isNew] = numbers.insert({classes.getLeaderValue(group), residents.size()});
    if (isNew)
      residents.emplace_back();
    residents[number->second].groups.push_back(group);
  }
  for (const GraphOp &op : graph.ops)
    for (const GraphAccess &access : op.accesses) {
      const std::vector<RowGroups::Band> &bands = groups.bands[access.buffer];
      if (bands.empty())
        continue;
      Resident &resident = residents[numbers.lookup(classes.getLeaderValue(bands.front().group))];
      Traffic traffic = estimateTraffic(op.op, access.operand);
      resident.readBytes += traffic.readBytes;
      resident.writtenBytes += traffic.writtenBytes;
    }
  return residents;
}

RegionPlacement placeInOneMemory(const BufferGraph &graph, const RowGroups &groups, Placement placement,
                                 ArrayRef<Region> memories) {
  Resident all;
  for (const Resident &resident : makeResidents(graph, groups)) {
    all.readBytes += resident.readBytes;
    all.writtenBytes += resident.writtenBytes;
  }
  int64_t bytes = std::max<int64_t>(placement.bytes, 1);
  auto fits = [&](const Region &memory) { return bytes <= memory.bytes; };
  const Region *best = memories.begin();
  for (const Region &memory : memories.drop_front()) {
    bool isBetter = fits(memory) && fits(*best) ? all.getCycles(memory) < all.getCycles(*best)
                                                : memory.bytes > best->bytes;
    if (isBetter)
      best = &memory;
  }
  RegionPlacement result;
  result.cycles = all.getCycles(*best);
  result.fits = fits(*best);
  result.isOptimal = result.fits && llvm::all_of(memories, [&](const Region &memory) {
                       return best->read <= memory.read && best->write <= memory.write;
                     });
  placement.bytes = bytes;
  result.regions.push_back({best->name, 0, bytes});
  result.placement = std::move(placement);
  return result;
}

RegionPlacement placeInMemories(const BufferGraph &graph, const RowGroups &groups, ArrayRef<Region> memories,
                                int64_t alignment, int64_t rounds) {
  std::vector<Resident> residents = makeResidents(graph, groups);
  RegionPlan plan = assignRegions(groups.groups, residents, memories, alignment, rounds);
  SmallVector<int64_t> begins;
  RegionPlacement result;
  Placement &placement = result.placement;
  result.cycles = plan.cycles;
  result.fits = plan.fits;
  result.isOptimal = plan.isOptimal;
  for (auto [memory, bytes] : llvm::zip_equal(memories, plan.bytes)) {
    begins.push_back(placement.bytes);
    if (bytes == 0)
      continue;
    int64_t whole = llvm::alignTo(bytes, alignment);
    result.regions.push_back({memory.name, placement.bytes, whole});
    placement.bytes += whole;
  }
  placement.offsets = plan.offsets;
  placement.bound = plan.bound;
  for (auto [resident, region] : llvm::zip_equal(residents, plan.regions))
    for (size_t group : resident.groups)
      placement.offsets[group] += begins[region];
  return result;
}

FailureOr<SmallVector<Region>> parseMemories(Operation *op, ArrayRef<std::string> texts) {
  SmallVector<Region> memories;
  for (const std::string &text : texts) {
    std::optional<Region> memory = Region::parse(text);
    if (!memory)
      return op->emitError("expects memories as name:bytes:read:write, got '") << text << "'";
    memories.push_back(std::move(*memory));
  }
  return memories;
}

} // namespace tinyc::lower
