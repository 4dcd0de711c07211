// libFuzzer target of the ONNX importer: any bytes end in a module that verifies, or in diagnostics. Built with
// -DTINYC_FUZZ=ON (tools/fuzz.sh).
#include "compiler/onnx/Import.h"
#include "dialects/nn/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"

#include <cstdlib>
#include <memory>

/// A context keeps every attribute it has seen: a new one now and then.
static constexpr unsigned kRunsOfContext = 64;

static std::unique_ptr<mlir::MLIRContext> makeContext() {
  auto context = std::make_unique<mlir::MLIRContext>(mlir::MLIRContext::Threading::DISABLED);
  context->loadDialect<tinyc::nn::NNDialect, mlir::quant::QuantDialect, mlir::func::FuncDialect>();
  context->getDiagEngine().registerHandler([](mlir::Diagnostic &) { return mlir::success(); });
  return context;
}

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
  llvm::StringRef bytes(reinterpret_cast<const char *>(data), size);
  mlir::OwningOpRef<mlir::ModuleOp> module = tinyc::importOnnxBytes(bytes, "fuzz.onnx", {}, context.get());
  if (!module && errors == 0)
    std::abort(); // refused without a word
  return 0;
}
