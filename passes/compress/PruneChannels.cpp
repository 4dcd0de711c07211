#include "passes/compress/ChannelPruner.h"
#include "passes/compress/StepwiseRun.h"

using namespace mlir;

namespace tinyc::compress {

#define GEN_PASS_DEF_PRUNECHANNELSPASS
#include "passes/compress/Passes.h.inc"

std::optional<ChannelImportance> parseChannelImportance(StringRef text) {
  return llvm::StringSwitch<std::optional<ChannelImportance>>(text)
      .Case("weight", ChannelImportance::Weight)
      .Case("activation", ChannelImportance::Activation)
      .Case("second-order", ChannelImportance::SecondOrder)
      .Default(std::nullopt);
}

namespace {
struct PruneChannelsPass : impl::PruneChannelsPassBase<PruneChannelsPass> {
  using PruneChannelsPassBase::PruneChannelsPassBase;

  LogicalResult initialize(MLIRContext *context) override {
    if (!(share > 0.0 && share <= 1.0))
      return mlir::emitError(UnknownLoc::get(context), "expects a share above 0 and at most 1, got ")
             << share.getValue();
    if (!getMeasure())
      return mlir::emitError(UnknownLoc::get(context), "expects cost macs, weights or activations, got ")
             << cost.getValue();
    if (!parseChannelImportance(importance))
      return mlir::emitError(UnknownLoc::get(context), "expects importance weight, activation or second-order, got ")
             << importance.getValue();
    return success();
  }

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    OwningOpRef<func::FuncOp> original = cast<func::FuncOp>(function->clone());
    FailureOr<std::unique_ptr<ChannelPruner>> pruner =
        ChannelPruner::create(*original, *parseChannelImportance(importance),
                              makeRandomData(function, samples, /*seed=*/1, -1.0, 1.0), samples);
    if (failed(pruner) || failed((*pruner)->prune(function, (*pruner)->select(*getMeasure(), share), refit)))
      signalPassFailure();
  }

private:
  std::optional<ChannelCost> getMeasure() const {
    return llvm::StringSwitch<std::optional<ChannelCost>>(cost)
        .Case("macs", ChannelCost::Macs)
        .Case("weights", ChannelCost::Weights)
        .Case("activations", ChannelCost::Activations)
        .Default(std::nullopt);
  }
};
} // namespace

} // namespace tinyc::compress
