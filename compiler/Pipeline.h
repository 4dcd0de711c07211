// The phases of a compilation, written once: Import, Graph, Compress, Schedule, Kernel, Emit.
#ifndef TINYC_COMPILER_PIPELINE_H
#define TINYC_COMPILER_PIPELINE_H

#include "compiler/Options.h"
#include "compiler/PruningReport.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace mlir {
class DialectRegistry;
}

namespace tinyc {

namespace targets {
struct Target;
}

/// The dialects that a compilation uses, with their interfaces and translations.
void registerDialects(mlir::DialectRegistry &registry);

/// Makes the phases known to tinyc-opt as the pipelines graph, compress, schedule and lower.
void registerPipelines();

/// The weights of a layer as compression left them.
struct LayerWeights {
  std::string node;       ///< of ONNX
  int64_t count = 0;      ///< of weights
  int64_t zeros = 0;      ///< of these
  int64_t parameters = 0; ///< with the biases
};

/// What the float model was, before compression changed it.
struct ModelFacts {
  int64_t parameters = 0; ///< elements of weights and biases, batch norm folded
  int64_t macs = 0;
  bool hasQuantization = false; ///< the model came with Q/DQ nodes
  int64_t removedChannels = 0;  ///< output channels of layers that compression removed
  std::vector<LayerWeights> weights; ///< of the layers whose weights are integers
  std::optional<PruningReport> pruning; ///< if channels were pruned
  std::optional<QuantizationMethods> methods; ///< of a model that was quantized: what the options left open, too
  /// With Options::explainQuantization: the model in float, and as phase Compress left it.
  mlir::OwningOpRef<mlir::ModuleOp> reference, quantized;
};

/// Runs all phases up to and including `last`. Errors are diagnostics; the result is then null.
mlir::OwningOpRef<mlir::ModuleOp> compile(const Options &options, const targets::Target &target, Phase last,
                                          mlir::MLIRContext *context, ModelFacts *facts = nullptr);

} // namespace tinyc

#endif // TINYC_COMPILER_PIPELINE_H
