// Phase Graph: fold, fuse, choose layouts. Works on float models, on QDQ models and on ops in integer form.
#ifndef TINYC_PASSES_GRAPH_PASSES_H
#define TINYC_PASSES_GRAPH_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace tinyc::graph {

#define GEN_PASS_DECL
#include "passes/graph/Passes.h.inc"

/// All passes of the phase, in order, on a module.
void buildGraphPipeline(mlir::OpPassManager &manager);

#define GEN_PASS_REGISTRATION
#include "passes/graph/Passes.h.inc"

} // namespace tinyc::graph

#endif // TINYC_PASSES_GRAPH_PASSES_H
