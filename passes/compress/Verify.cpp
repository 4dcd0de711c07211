#include "passes/compress/Passes.h"

using namespace mlir;

namespace tinyc::compress {

#define GEN_PASS_DEF_VERIFYPASS
#include "passes/compress/Passes.h.inc"

namespace {
struct VerifyPass : impl::VerifyPassBase<VerifyPass> {
  using VerifyPassBase::VerifyPassBase;

  void runOnOperation() override {
    if (!fullInteger)
      return;
    func::FuncOp function = getOperation();
    bool valid = true;
    auto isFloat = [](Type type) { return isa<FloatType>(getElementTypeOrSelf(type)); };
    for (BlockArgument argument : function.getArguments())
      if (isFloat(argument.getType())) {
        auto name = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), nn::kNameAttr);
        mlir::emitError(argument.getLoc())
            << "expects integer values only, but input '"
            << (name ? name.getValue() : StringRef(std::to_string(argument.getArgNumber()))) << "' is float";
        valid = false;
      }
    function.walk([&](Operation *op) {
      if (llvm::none_of(op->getResultTypes(), isFloat) || op->getParentOfType<nn::LoopNestOp>())
        return; // of the body of a loop nest the nest itself is named
      if (isa<nn::ConstantOp>(op) && llvm::all_of(op->getUsers(), [&](Operation *user) {
            return llvm::any_of(user->getResultTypes(), isFloat); // the user is named instead
          }))
        return;
      op->emitOpError("stays in float, expects integer values only");
      valid = false;
    });
    if (!valid)
      signalPassFailure();
  }
};
} // namespace

} // namespace tinyc::compress
