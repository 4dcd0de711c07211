// What a quantized model costs on a target, without planning its memory: for searches, which ask for hundreds of
// programs.
#ifndef TINYC_COMPILER_PROGRAMCOSTS_H
#define TINYC_COMPILER_PROGRAMCOSTS_H

#include "compiler/Options.h"
#include "compiler/search/Environment.h"
#include "mlir/IR/BuiltinOps.h"
#include "targets/Target.h"

namespace tinyc {

/// Estimates of a module at the end of phase Compress: cycles of its layers run whole; flash of its constants and the
/// code of its kernels, without the program's own; weights; SRAM live at the peak, layer by layer; energy by
/// targets::getEnergyCosts. Fails, with a diagnostic, if the target lacks a kernel. The module stays as it is.
mlir::FailureOr<search::Costs> estimateProgram(mlir::ModuleOp module, const targets::Target &target, Optimize optimize);

/// The costs of the module as a package: cycles and SRAM of its schedule, flash as measured; energy as estimated. Slow.
/// Budgets of SRAM and flash are not kept.
mlir::FailureOr<search::Costs> measureProgram(mlir::ModuleOp module, const targets::Target &target, Options options);

} // namespace tinyc

#endif // TINYC_COMPILER_PROGRAMCOSTS_H
