#include "passes/schedule/OrderSearch.h"
#include "passes/schedule/Passes.h"

using namespace mlir;

namespace tinyc::schedule {

#define GEN_PASS_DEF_ORDEROPERATORSPASS
#include "passes/schedule/Passes.h.inc"

namespace {

class OrderOperatorsPass : public impl::OrderOperatorsPassBase<OrderOperatorsPass> {
public:
  using OrderOperatorsPassBase::OrderOperatorsPassBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (!function.getBody().hasOneBlock())
      return;
    ActivationGraph graph(function, overlap);
    OrderResult result = findLeastPeakOrder(graph, limit);
    if (llvm::is_sorted(result.order))
      return;
    Operation *terminator = function.front().getTerminator();
    for (size_t node : result.order)
      graph.getOperation(node)->moveBefore(terminator);
  }
};

} // namespace

} // namespace tinyc::schedule
