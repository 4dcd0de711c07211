#include "passes/graph/LayoutRewriter.h"
#include "passes/graph/Passes.h"

using namespace mlir;

namespace tinyc::graph {
#define GEN_PASS_DEF_PROPAGATELAYOUTPASS
#include "passes/graph/Passes.h.inc"

namespace {
struct PropagateLayoutPass : impl::PropagateLayoutPassBase<PropagateLayoutPass> {
  using PropagateLayoutPassBase::PropagateLayoutPassBase;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      propagate(function);
  }

  // Costs are bytes.
  static bool hasStaticShapes(TypeRange types) {
    return llvm::all_of(types, [](Type type) {
      auto shaped = dyn_cast<ShapedType>(type);
      return !shaped || shaped.hasStaticShape();
    });
  }

  void propagate(func::FuncOp function) {
    if (function.isExternal() || !llvm::hasSingleElement(function.getBody()))
      return;
    if (!hasStaticShapes(function.getArgumentTypes()))
      return;
    for (Operation &op : function.front())
      if ((op.getNumRegions() > 0 && !isa<nn::LoopNestOp>(op)) || !hasStaticShapes(op.getResultTypes()))
        return;
    // A caller knows the function's present type.
    bool keep = keepBoundary || !SymbolTable::symbolKnownUseEmpty(function.getOperation(), getOperation());
    LayoutGraph graph(function, keep);
    int64_t before = graph.getCost();
    graph.minimize();
    if (graph.getCost() < before)
      LayoutRewriter(function, graph).run();
    if (!keep)
      absorbReshapes(function);
  }
};
} // namespace

} // namespace tinyc::graph
