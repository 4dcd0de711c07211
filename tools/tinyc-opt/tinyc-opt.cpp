// tinyc-opt: every pass and pipeline of tinyc on .mlir files, with mlir-opt's flags.
#include "dialects/nn/NN.h"
#if __has_include("dialects/kernel/Kernel.h")
#include "dialects/kernel/Kernel.h"
#endif
#if __has_include("passes/graph/Passes.h")
#include "passes/graph/Passes.h"
#endif
#if __has_include("passes/compress/Passes.h")
#include "passes/compress/Passes.h"
#endif
#if __has_include("passes/schedule/Passes.h")
#include "passes/schedule/Passes.h"
#endif
#if __has_include("passes/lower/Passes.h")
#include "passes/lower/Passes.h"
#endif
#include "mlir/InitAllDialects.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  registry.insert<tinyc::nn::NNDialect>();
#if __has_include("dialects/kernel/Kernel.h")
  registry.insert<tinyc::kernel::KernelDialect>();
#endif
  mlir::registerTransformsPasses();
#if __has_include("passes/graph/Passes.h")
  tinyc::graph::registerGraphPasses();
  tinyc::graph::registerGraphPipeline();
#endif
#if __has_include("passes/compress/Passes.h")
  tinyc::compress::registerCompressPasses();
#endif
#if __has_include("passes/schedule/Passes.h")
  tinyc::schedule::registerSchedulePasses();
#endif
#if __has_include("passes/lower/Passes.h")
  tinyc::lower::registerLowerPasses();
#endif
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "tinyc optimizer driver\n", registry));
}
