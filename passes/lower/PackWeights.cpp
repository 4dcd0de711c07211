#include "dialects/kernel/Kernel.h"
#include "passes/lower/Passes.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;

namespace tinyc::lower {

#define GEN_PASS_DEF_PACKWEIGHTSPASS
#include "passes/lower/Passes.h.inc"

namespace {

// [channels, height, width, 1] -> [height, width, channels], element by element.
DenseElementsAttr transposeWeights(DenseElementsAttr weights) {
  ArrayRef<int64_t> shape = weights.getType().getShape();
  int64_t channels = shape[0], pixels = shape[1] * shape[2], bytes = weights.getElementType().getIntOrFloatBitWidth() / 8;
  auto type = RankedTensorType::get({shape[1], shape[2], channels}, weights.getElementType());
  if (weights.isSplat())
    return weights.reshape(type);
  ArrayRef<char> from = weights.getRawData();
  std::vector<char> to(from.size());
  for (int64_t pixel = 0; pixel < pixels; ++pixel)
    for (int64_t channel = 0; channel < channels; ++channel)
      std::copy_n(from.begin() + (channel * pixels + pixel) * bytes, bytes,
                  to.begin() + (pixel * channels + channel) * bytes);
  return DenseElementsAttr::getFromRawBuffer(type, to);
}

class PackWeightsPass : public impl::PackWeightsPassBase<PackWeightsPass> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    llvm::MapVector<memref::GlobalOp, memref::GlobalOp> packed; // by the constant before
    bool ok = true;
    getOperation().walk([&](kernel::DepthwiseConv2DOp op) {
      if (op.getWeights().getType().getRank() != 4)
        return;
      auto read = op.getWeights().getDefiningOp<memref::GetGlobalOp>();
      auto global = read ? symbols.lookup<memref::GlobalOp>(read.getName()) : memref::GlobalOp();
      auto value = global ? dyn_cast_if_present<DenseElementsAttr>(global.getInitialValueAttr()) : DenseElementsAttr();
      if (!value) {
        op.emitOpError("expects its weights to be a memref.global with dense values");
        ok = false;
        return;
      }
      memref::GlobalOp &now = packed[global];
      if (!now)
        now = createPacked(global, transposeWeights(value), symbols);
      OpBuilder builder(read);
      Value weights = memref::GetGlobalOp::create(builder, read.getLoc(), now.getType(), now.getSymName());
      op.getWeightsMutable().assign(weights);
      if (read->use_empty())
        read.erase();
    });
    if (!ok)
      return signalPassFailure();
    for (auto [before, after] : packed)
      replace(before, after, symbols);
  }

  memref::GlobalOp createPacked(memref::GlobalOp global, DenseElementsAttr value, SymbolTable &symbols) {
    OpBuilder builder(global);
    auto type = MemRefType::get(value.getType().getShape(), value.getElementType());
    auto packed = memref::GlobalOp::create(builder, global.getLoc(), (global.getSymName() + "_packed").str(),
                                           global.getSymVisibilityAttr(), type, value, global.getConstant(),
                                           global.getAlignmentAttr());
    symbols.insert(packed, Block::iterator(global));
    return packed;
  }

  // Where nothing reads the constant in its old layout any more, the packed one takes its place and name.
  void replace(memref::GlobalOp before, memref::GlobalOp after, SymbolTable &symbols) {
    std::optional<SymbolTable::UseRange> uses = SymbolTable::getSymbolUses(before, getOperation());
    if (!uses || !uses->empty())
      return;
    StringAttr name = before.getSymNameAttr();
    symbols.erase(before);
    // The name is free now, so this cannot fail but for uses that cannot be walked.
    if (failed(symbols.rename(after, name)))
      after.emitError("cannot be renamed to ") << name;
  }
};

} // namespace

} // namespace tinyc::lower
