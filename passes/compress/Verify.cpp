#include "passes/compress/FloatIslands.h"
#include "passes/compress/Parameters.h"
#include "passes/compress/Passes.h"
#include "passes/compress/SparsityPattern.h"

using namespace mlir;

namespace tinyc::compress {

#define GEN_PASS_DEF_VERIFYPASS
#include "passes/compress/Passes.h.inc"

namespace {
/// Whether the op's weights have the pattern that its nn.sparsity names.
LogicalResult verifySparsity(Operation *op) {
  auto text = op->getAttrOfType<StringAttr>(kSparsityAttr);
  if (!text)
    return success();
  llvm::Expected<SparsityPattern> pattern = SparsityPattern::parse(text.getValue());
  if (!pattern)
    return op->emitOpError(llvm::toString(pattern.takeError()));
  std::optional<nn::HostTensor> weight = op->getNumOperands() > 1 ? getRealConstant(op->getOperand(1)) : std::nullopt;
  if (!weight || pattern->of == 0)
    return op->emitOpError("expects constant weights and a pattern N:M for ") << kSparsityAttr << ", got " << text;
  ArrayRef<float> weights = std::as_const(*weight).get<float>();
  auto depth = static_cast<int64_t>(weights.size()), inputs = weight->getType().getShape().back();
  for (auto [begin, end] : pattern->getUnits(depth, inputs)) {
    int64_t most = ((end - begin) * pattern->kept + pattern->of - 1) / pattern->of;
    int64_t count = end - begin - llvm::count(weights.slice(begin, end - begin), 0.0f);
    if (count > most)
      return op->emitOpError("expects at most ")
             << most << " of " << end - begin << " neighbouring weights not to be zero (" << kSparsityAttr << " = "
             << text << "), got " << count << " from number " << begin << " on";
  }
  return success();
}

struct VerifyPass : impl::VerifyPassBase<VerifyPass> {
  using VerifyPassBase::VerifyPassBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    WalkResult result = function.walk([](Operation *op) { return WalkResult(verifySparsity(op)); });
    if (result.wasInterrupted())
      return signalPassFailure();
    if (!fullInteger)
      return;
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
