// Reading, rearranging and making constants: helpers shared by the graph passes.
#ifndef TINYC_PASSES_GRAPH_CONSTANTS_H
#define TINYC_PASSES_GRAPH_CONSTANTS_H

#include "dialects/nn/NN.h"
#include "mlir/IR/PatternMatch.h"

namespace tinyc::graph {

/// A constant as an operand sees it: an nn.constant, or an nn.constant behind a quant.dcast (a QDQ model's weight).
struct ConstantSource {
  nn::ConstantOp constant;
  mlir::quant::DequantizeCastOp cast; // null for a plain constant

  /// The elements, or null where they are not held densely.
  mlir::DenseElementsAttr getElements() { return llvm::dyn_cast<mlir::DenseElementsAttr>(constant.getValue()); }
};
/// The constant behind `value`, if its elements are known.
std::optional<ConstantSource> getConstantSource(mlir::Value value);

/// The elements of a float nn.constant; nullopt for every other value (also for a dequantized constant, which passes
/// that calculate must leave alone).
std::optional<llvm::SmallVector<double>> getFloatConstant(mlir::Value value);

/// The elements of a float nn.constant for each channel of a tensor of `shape` whose last dimension is the channel:
/// the constant has the rank of `shape` (or rank 1) and only the last dimension may differ from 1.
std::optional<llvm::SmallVector<double>> getChannelConstant(mlir::Value value, llvm::ArrayRef<int64_t> shape);

/// A float nn.constant of `shape`.
mlir::Value createFloatConstant(mlir::OpBuilder &builder, mlir::Location loc, llvm::ArrayRef<int64_t> shape,
                                llvm::ArrayRef<double> values);

/// A constant of type `type` whose element i is element sources[i] of `elements`.
mlir::Value createGathered(mlir::OpBuilder &builder, mlir::Location loc, mlir::RankedTensorType type,
                           mlir::DenseElementsAttr elements, llvm::ArrayRef<int64_t> sources);

/// The element type of a tensor whose dimension i was permutation[i]: moves the axis of a type quantized per axis.
mlir::Type permuteAxis(mlir::Type elementType, llvm::ArrayRef<int64_t> permutation);

/// The element type of a tensor whose index i along `axis` was sources[i].
mlir::Type gatherAxis(mlir::Type elementType, int64_t axis, llvm::ArrayRef<int64_t> sources);

/// Bytes of a tensor's elements, each in whole bytes.
int64_t getBytes(mlir::RankedTensorType type);

/// shape[permutation[i]] for each i.
llvm::SmallVector<int64_t> permute(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> permutation);

} // namespace tinyc::graph

#endif // TINYC_PASSES_GRAPH_CONSTANTS_H
