// The precision of each layer as a file: what a search found, to be had again.
#ifndef TINYC_PASSES_COMPRESS_PRECISION_H
#define TINYC_PASSES_COMPRESS_PRECISION_H

#include "dialects/nn/NN.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/Error.h"

#include <map>

namespace tinyc::compress {

/// Bits of one layer; nothing: the default of compress-quantize.
struct LayerPrecision {
  std::optional<int32_t> weights;     ///< 8, 4 or 2
  std::optional<int32_t> activations; ///< 8 or 16, of the result

  bool operator==(const LayerPrecision &other) const = default;
};

/// By the name of the ONNX node.
using Precision = std::map<std::string, LayerPrecision, std::less<>>;

/// The name of the ONNX node that an op computes, or "".
llvm::StringRef getLayerName(mlir::Operation *op);

/// What a file says.
struct SavedPrecision {
  Precision layers;
  std::string prune; ///< what --prune has to be; empty: no channels are removed
};

/// Reads {"format": "tinyc-precision-1", "prune": "macs:0.75x", "layers": {"node": {"weights": "int4", "activations":
/// "int8"}, ...}}. `file` is its name in errors, which say the layer and what is wrong.
llvm::Expected<SavedPrecision> parsePrecision(llvm::StringRef text, llvm::StringRef file);
std::string printPrecision(const SavedPrecision &precision);

/// Sets nn.weight_bits and nn.activation_bits of the ops of these layers. Fails, with an error at the function, for a
/// layer that is none of the function, and for weights of an op that has none; `file` is named in it.
mlir::LogicalResult applyPrecision(mlir::func::FuncOp function, const Precision &precision, llvm::StringRef file);

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_PRECISION_H
