#include "passes/compress/Passes.h"
#include "passes/compress/Precision.h"

#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;

namespace tinyc::compress {

#define GEN_PASS_DEF_ASSIGNPRECISIONPASS
#include "passes/compress/Passes.h.inc"

namespace {
struct AssignPrecisionPass : impl::AssignPrecisionPassBase<AssignPrecisionPass> {
  using AssignPrecisionPassBase::AssignPrecisionPassBase;

  void runOnOperation() override {
    llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer = llvm::MemoryBuffer::getFile(file);
    if (!buffer) {
      getOperation().emitError() << file << ": " << buffer.getError().message();
      return signalPassFailure();
    }
    llvm::Expected<Precision> precision = parsePrecision((*buffer)->getBuffer(), file);
    if (!precision) {
      getOperation().emitError() << llvm::toString(precision.takeError());
      return signalPassFailure();
    }
    if (failed(applyPrecision(getOperation(), *precision, file)))
      signalPassFailure();
  }
};
} // namespace

} // namespace tinyc::compress
