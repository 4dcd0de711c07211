// Phase Schedule: the order in which ops run.
#ifndef TINYC_PASSES_SCHEDULE_PASSES_H
#define TINYC_PASSES_SCHEDULE_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace tinyc::schedule {

#define GEN_PASS_DECL
#include "passes/schedule/Passes.h.inc"

void buildSchedulePipeline(mlir::OpPassManager &manager);

#define GEN_PASS_REGISTRATION
#include "passes/schedule/Passes.h.inc"

} // namespace tinyc::schedule

#endif // TINYC_PASSES_SCHEDULE_PASSES_H
