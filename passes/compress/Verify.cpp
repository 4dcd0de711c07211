#include "passes/compress/FloatIslands.h"
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
    auto isFloat = [](Type type) { return isa<FloatType>(getElementTypeOrSelf(type)); };
    SmallVector<std::string> names;
    for (BlockArgument argument : function.getArguments())
      if (isFloat(argument.getType())) {
        auto name = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), nn::kNameAttr);
        names.push_back("input '" + (name ? name.str() : std::to_string(argument.getArgNumber())) + "'");
      }
    for (Operation &op : function.getBody().front().without_terminator()) {
      const bool isConstant = isa<nn::ConstantOp>(op) && llvm::all_of(op.getUsers(), [&](Operation *user) {
                                return llvm::any_of(user->getResultTypes(), isFloat); // the user is named instead
                              });
      if (llvm::any_of(op.getResultTypes(), isFloat) && !isConstant)
        names.push_back(describeOp(&op));
    }
    if (names.empty())
      return;
    mlir::emitError(function.getLoc(), "expects integer values only, but these are float: ") << llvm::join(names, ", ");
    signalPassFailure();
  }
};
} // namespace

} // namespace tinyc::compress
