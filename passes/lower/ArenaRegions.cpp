#include "passes/lower/ArenaRegions.h"

#include "dialects/kernel/Kernel.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace tinyc::lower {

SmallVector<ArenaRegion> getArenaRegions(func::FuncOp function) {
  SmallVector<ArenaRegion> regions;
  if (auto list = function->getAttrOfType<ArrayAttr>(kernel::kRegionsAttr))
    for (auto entry : list.getAsRange<DictionaryAttr>()) {
      auto name = entry.getAs<StringAttr>("name");
      auto begin = entry.getAs<IntegerAttr>("begin"), bytes = entry.getAs<IntegerAttr>("bytes");
      if (name && begin && bytes)
        regions.push_back({name.str(), begin.getInt(), bytes.getInt()});
    }
  return regions;
}

void setArenaRegions(func::FuncOp function, ArrayRef<ArenaRegion> regions) {
  Builder builder(function.getContext());
  SmallVector<Attribute> list;
  for (const ArenaRegion &region : regions)
    list.push_back(builder.getDictionaryAttr({
        builder.getNamedAttr("name", builder.getStringAttr(region.name)),
        builder.getNamedAttr("begin", builder.getI64IntegerAttr(region.begin)),
        builder.getNamedAttr("bytes", builder.getI64IntegerAttr(region.bytes)),
    }));
  function->setAttr(kernel::kRegionsAttr, builder.getArrayAttr(list));
}

size_t findRegion(ArrayRef<ArenaRegion> regions, int64_t offset) {
  const ArenaRegion *found = llvm::find_if(regions, [&](const ArenaRegion &region) {
    return region.begin <= offset && offset < region.begin + region.bytes;
  });
  return found - regions.begin();
}

static LogicalResult verifyBytes(Operation *op, ArrayRef<ArenaRegion> regions, const Twine &what, int64_t begin,
                                 int64_t bytes) {
  size_t region = findRegion(regions, begin);
  if (region < regions.size() && begin + bytes <= regions[region].begin + regions[region].bytes)
    return success();
  return op->emitError() << what << " at bytes " << begin << " to " << begin + bytes
                         << " of the arena lies in no region as a whole";
}

static LogicalResult verifyBuffer(Operation &op, ArrayRef<ArenaRegion> regions) {
  if (auto view = dyn_cast<memref::ViewOp>(op)) {
    IntegerAttr shift;
    if (!matchPattern(view.getByteShift(), m_Constant(&shift)))
      return success(); // lower-verify-plan reports it
    return verifyBytes(&op, regions, "buffer", shift.getInt(), kernel::getByteSize(view.getType()));
  }
  auto rows = dyn_cast<kernel::RowsOp>(op);
  if (!rows || rows.getOffsets().empty())
    return success();
  ArrayRef<int64_t> offsets = rows.getOffsets();
  int64_t rowBytes = kernel::getByteSize(rows.getResult().getType()) / static_cast<int64_t>(offsets.size());
  for (int64_t offset : offsets) {
    if (failed(verifyBytes(&op, regions, "row", offset, rowBytes)))
      return failure();
    if (findRegion(regions, offset) != findRegion(regions, offsets.front()))
      return op.emitError() << "expects all rows in one region, got one at byte " << offset << " of the arena";
  }
  return success();
}

static LogicalResult verifyPorts(func::FuncOp function, StringRef attribute, ArrayRef<ArenaRegion> regions) {
  auto list = function->getAttrOfType<ArrayAttr>(attribute);
  if (!list)
    return success();
  for (auto entry : list.getAsRange<DictionaryAttr>()) {
    auto offset = entry.getAs<IntegerAttr>("offset"), bytes = entry.getAs<IntegerAttr>("bytes");
    auto name = entry.getAs<StringAttr>("name");
    bool isStreamed = entry.contains(kernel::kStreamedAttr);
    if (offset && bytes && name && !isStreamed &&
        failed(verifyBytes(function, regions, "'" + name.getValue() + "'", offset.getInt(), bytes.getInt())))
      return failure();
  }
  return success();
}

LogicalResult verifyArenaRegions(func::FuncOp function, ArrayRef<Region> memories) {
  SmallVector<ArenaRegion> regions = getArenaRegions(function);
  if (!function->hasAttr(kernel::kRegionsAttr))
    return success();
  auto arena = dyn_cast<MemRefType>(function.getArgument(0).getType());
  if (!arena)
    return success(); // lower-verify-plan reports it
  int64_t next = 0;
  for (auto [number, region] : llvm::enumerate(regions)) {
    if (region.begin != next || region.bytes <= 0)
      return function.emitError("expects region '")
             << region.name << "' from byte " << next << " of the arena on, got bytes " << region.begin << " to "
             << region.begin + region.bytes;
    next += region.bytes;
    for (const ArenaRegion &other : ArrayRef(regions).take_front(number))
      if (other.name == region.name)
        return function.emitError("has two regions in memory '") << region.name << "'";
    const Region *memory = llvm::find_if(memories, [&](const Region &memory) { return memory.name == region.name; });
    if (memory == memories.end() && !memories.empty())
      return function.emitError("has a region in the unknown memory '") << region.name << "'";
    if (memory != memories.end() && region.bytes > memory->bytes)
      return function.emitError("needs ") << region.bytes << " bytes of memory '" << region.name << "', "
                                          << region.bytes - memory->bytes << " more than its " << memory->bytes;
  }
  if (next != arena.getNumElements())
    return function.emitError("has regions of ") << next << " bytes, but an arena of " << arena.getNumElements();
  for (Operation &op : function.front())
    if (failed(verifyBuffer(op, regions)))
      return failure();
  if (failed(verifyPorts(function, kernel::kInputsAttr, regions)))
    return failure();
  return verifyPorts(function, kernel::kOutputsAttr, regions);
}

} // namespace tinyc::lower
