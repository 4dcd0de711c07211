// tinyc-opt: every pass and pipeline of tinyc on .mlir files, with mlir-opt's flags.
#include "compiler/Pipeline.h"
#include "passes/compress/Passes.h"
#include "passes/graph/Passes.h"
#include "passes/lower/Passes.h"
#include "passes/schedule/Passes.h"
#include "mlir/InitAllDialects.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  tinyc::registerDialects(registry);
  mlir::registerTransformsPasses();
  tinyc::graph::registerGraphPasses();
  tinyc::compress::registerCompressPasses();
  tinyc::schedule::registerSchedulePasses();
  tinyc::lower::registerLowerPasses();
  tinyc::registerPipelines();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "tinyc's passes on .mlir files\n", registry));
}
