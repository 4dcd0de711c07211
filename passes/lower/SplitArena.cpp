#include "dialects/kernel/Kernel.h"
#include "passes/lower/ArenaRegions.h"
#include "passes/lower/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace tinyc::lower {

#define GEN_PASS_DEF_SPLITARENAPASS
#include "passes/lower/Passes.h.inc"

namespace {

LogicalResult splitArena(func::FuncOp function, ArrayRef<ArenaRegion> regions) {
  Block &block = function.front();
  OpBuilder builder(function.getContext());
  Value arena = block.getArgument(0);
  SmallVector<Value> parts;
  for (const ArenaRegion &region : regions)
    parts.push_back(block.addArgument(MemRefType::get({region.bytes}, builder.getI8Type()), arena.getLoc()));
  for (Operation *user : llvm::make_early_inc_range(arena.getUsers())) {
    builder.setInsertionPoint(user);
    if (auto view = dyn_cast<memref::ViewOp>(user)) {
      IntegerAttr shift;
      if (!matchPattern(view.getByteShift(), m_Constant(&shift)))
        return view.emitOpError("expects a constant offset into the arena");
      size_t region = findRegion(regions, shift.getInt());
      if (region == regions.size())
        return view.emitOpError("lies in no region of the arena");
      Value offset =
          arith::ConstantIndexOp::create(builder, view.getLoc(), shift.getInt() - regions[region].begin);
      view.getSourceMutable().assign(parts[region]);
      view.getByteShiftMutable().assign(offset);
    } else if (auto rows = dyn_cast<kernel::RowsOp>(user)) {
      SmallVector<int64_t> offsets(rows.getOffsets());
      size_t region = findRegion(regions, offsets.front());
      if (region == regions.size())
        return rows.emitOpError("lies in no region of the arena");
      for (int64_t &offset : offsets)
        offset -= regions[region].begin;
      rows.getArenaMutable().assign(parts[region]);
      rows.setOffsets(offsets);
    } else {
      return user->emitOpError("is not expected to use the arena");
    }
  }
  block.eraseArgument(0);
  function.setType(builder.getFunctionType(TypeRange(block.getArgumentTypes()), {}));
  return success();
}

class SplitArenaPass : public impl::SplitArenaPassBase<SplitArenaPass> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      SmallVector<ArenaRegion> regions = getArenaRegions(function);
      if (regions.size() < 2 || function.getNumArguments() != 1)
        continue;
      if (failed(verifyArenaRegions(function, {})) || failed(splitArena(function, regions)))
        return signalPassFailure();
    }
  }
};

} // namespace

} // namespace tinyc::lower
