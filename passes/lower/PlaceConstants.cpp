#include "dialects/kernel/Kernel.h"
#include "passes/lower/Passes.h"
#include "passes/lower/Traffic.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace tinyc::lower {

#define GEN_PASS_DEF_PLACECONSTANTSPASS
#include "passes/lower/Passes.h.inc"

namespace {

class PlaceConstantsPass : public impl::PlaceConstantsPassBase<PlaceConstantsPass> {
public:
  using PlaceConstantsPassBase::PlaceConstantsPassBase;

  void runOnOperation() override {
    FailureOr<SmallVector<Region>> memories = parseMemories(getOperation(), flash);
    if (failed(memories))
      return signalPassFailure();
    if (memories->empty())
      return;
    SymbolTable symbols(getOperation());
    llvm::MapVector<memref::GlobalOp, double> reads; // bytes read of each constant
    getOperation().walk([&](kernel::KernelOpInterface op) {
      for (OpOperand &operand : op->getOpOperands())
        if (auto get = operand.get().getDefiningOp<memref::GetGlobalOp>())
          if (auto constant = symbols.lookup<memref::GlobalOp>(get.getName()))
            reads[constant] += estimateTraffic(op, operand.getOperandNumber()).readBytes;
    });
    SmallVector<int64_t> bytes;
    SmallVector<double> readBytes;
    for (auto &[constant, read] : reads) {
      bytes.push_back(kernel::getByteSize(constant.getType()));
      readBytes.push_back(read);
    }
    std::vector<size_t> assigned = assignConstants(bytes, readBytes, *memories);
    for (auto [entry, memory] : llvm::zip_equal(reads, assigned))
      entry.first->setAttr(kernel::kMemoryAttr, StringAttr::get(&getContext(), (*memories)[memory].name));
  }
};

} // namespace

} // namespace tinyc::lower
