#include "passes/compress/Passes.h"
#include "passes/compress/Precision.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;

namespace tinyc::compress {

#define GEN_PASS_DEF_ASSIGNPRECISIONPASS
#include "passes/compress/Passes.h.inc"

namespace {
struct AssignPrecisionPass : impl::AssignPrecisionPassBase<AssignPrecisionPass> {
  using AssignPrecisionPassBase::AssignPrecisionPassBase;

  void runOnOperation() override {
    if (!activations.empty()) {
      int32_t bits = llvm::StringSwitch<int32_t>(activations).Case("int8", 8).Case("int16", 16).Case("int4", 4).Default(0);
      if (bits == 0) {
        getOperation().emitError("expects activations of type int8, int16 or int4, got ") << activations;
        return signalPassFailure();
      }
      getOperation()->setAttr(nn::kActivationBitsAttr, Builder(&getContext()).getI32IntegerAttr(bits));
    }
    if (file.empty())
      return;
    llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer = llvm::MemoryBuffer::getFile(file);
    if (!buffer) {
      getOperation().emitError() << file << ": " << buffer.getError().message();
      return signalPassFailure();
    }
    llvm::Expected<SavedPrecision> precision = parsePrecision((*buffer)->getBuffer(), file);
    if (!precision) {
      getOperation().emitError() << llvm::toString(precision.takeError());
      return signalPassFailure();
    }
    if (failed(applyPrecision(getOperation(), precision->layers, file)))
      signalPassFailure();
  }
};
} // namespace

} // namespace tinyc::compress
