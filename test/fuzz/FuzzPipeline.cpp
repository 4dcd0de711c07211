// libFuzzer target of MLIR's text and all passes: any text ends in C code, or in diagnostics. Functions of nn ops go through the
// phases Graph, Compress (with random samples), Schedule, Kernel and Emit; everything else is parsed and verified.
#include "compiler/LowerPhase.h"
#include "compiler/Pipeline.h"
#include "dialects/kernel/Kernel.h"
#include "dialects/nn/NN.h"
#include "passes/compress/Passes.h"
#include "passes/graph/Passes.h"
#include "passes/lower/Passes.h"
#include "passes/schedule/Passes.h"
#include "targets/CEmission.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdlib>
#include <memory>

namespace {

/// A context keeps every attribute it has seen: a new one now and then.
constexpr unsigned kRunsOfContext = 64;
/// What one execution may cost: elements of all tensors, multiply-accumulates, points of loops, ops.
constexpr int64_t kMostElements = 1 << 16, kMostWork = 1 << 20, kMostOps = 64;

std::unique_ptr<mlir::MLIRContext> makeContext() {
  mlir::DialectRegistry registry;
  tinyc::registerDialects(registry);
  auto context = std::make_unique<mlir::MLIRContext>(registry, mlir::MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
  context->getDiagEngine().registerHandler([](mlir::Diagnostic &) { return mlir::success(); });
  return context;
}

/// sum + the product of the sizes; above `most` where either exceeds it.
int64_t addProduct(int64_t sum, llvm::ArrayRef<int64_t> sizes, int64_t most) {
  int64_t product = 1;
  for (int64_t size : sizes) {
    if (size < 0 || size > most || product > most)
      return most + 1;
    product *= size;
  }
  return std::min(sum + product, most + 1);
}

/// One function of nn ops that a second is enough for.
bool isSmall(mlir::ModuleOp module) {
  int64_t functions = 0, ops = 0, elements = 0, work = 0;
  module.walk([&](mlir::Operation *op) {
    ++ops;
    functions += mlir::isa<mlir::func::FuncOp>(op);
    if (!mlir::isa<mlir::ModuleOp, mlir::func::FuncOp, mlir::func::ReturnOp>(op) &&
        !mlir::isa_and_nonnull<tinyc::nn::NNDialect, mlir::quant::QuantDialect, tinyc::loop::LoopDialect, mlir::arith::ArithDialect>(
            op->getDialect()))
      functions = 2;
    llvm::SmallVector<mlir::Type> types = llvm::to_vector(op->getResultTypes());
    for (mlir::Region &region : op->getRegions())
      for (mlir::Block &block : region)
        llvm::append_range(types, block.getArgumentTypes());
    for (mlir::Type type : types)
      if (auto shaped = mlir::dyn_cast<mlir::ShapedType>(type))
        elements = shaped.hasRank() ? addProduct(elements, shaped.getShape(), kMostElements) : kMostElements + 1;
    if (auto nest = mlir::dyn_cast<tinyc::nn::LoopNestOp>(op))
      work = addProduct(work, nest.getSizes(), kMostWork);
    if (auto cost = mlir::dyn_cast<tinyc::nn::CostOpInterface>(op))
      work = addProduct(work, {cost.getMacs()}, kMostWork);
  });
  return functions == 1 && ops <= kMostOps && elements <= kMostElements && work <= kMostWork;
}

/// From Graph to C. The choices are those of the text's length.
mlir::LogicalResult runPhases(mlir::ModuleOp module, size_t length) {
  constexpr llvm::StringLiteral targets[] = {"cortex-m7", "cortex-m0plus", "cortex-m55", "host"};
  constexpr llvm::StringLiteral schedules[] = {"balanced", "ram", "speed", "size"};
  tinyc::compress::CompressOptions compression;
  compression.quantize = length % 2 == 0;
  tinyc::lower::LowerOptions lowering;
  lowering.target = targets[length / 2 % 4];
  lowering.optimize = schedules[length / 8 % 4];
  mlir::PassManager manager(module.getContext());
  tinyc::graph::buildGraphPipeline(manager);
  tinyc::compress::buildCompressPipeline(manager, compression);
  tinyc::schedule::buildSchedulePipeline(manager);
  tinyc::lower::buildLowerPipeline(manager, lowering);
  if (mlir::failed(manager.run(module)) || mlir::failed(tinyc::lowerToCalls(module)))
    return mlir::failure();
  llvm::raw_null_ostream nowhere;
  return tinyc::targets::emitC(module, nowhere);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static std::unique_ptr<mlir::MLIRContext> context = makeContext();
  static unsigned runs = 0;
  if (++runs % kRunsOfContext == 0)
    context = makeContext();
  unsigned errors = 0;
  mlir::ScopedDiagnosticHandler count(context.get(), [&](mlir::Diagnostic &diagnostic) {
    errors += diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error;
    return mlir::success();
  });
  const std::string text(reinterpret_cast<const char *>(data), size); // ends in a zero, which MLIR's lexer needs
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::parseSourceString<mlir::ModuleOp>(text, context.get());
  const bool fails = !module || (isSmall(*module) && mlir::failed(runPhases(*module, size)));
  if (fails && errors == 0)
    std::abort(); // refused without a word
  return 0;
}
