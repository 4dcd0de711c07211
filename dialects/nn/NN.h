// The nn dialect: neural-network operators on static tensors. See NNOps.td.
#ifndef TINYC_DIALECTS_NN_NN_H
#define TINYC_DIALECTS_NN_NN_H

#include "dialects/loop/Loop.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace tinyc::nn {
/// Ops that have an integer form with activations of 16 bits.
template <typename Op> class Int16Form : public mlir::OpTrait::TraitBase<Op, Int16Form> {};
} // namespace tinyc::nn

#include "dialects/nn/NNDialect.h.inc"
#include "dialects/nn/NNInterfaces.h.inc"
#define GET_OP_CLASSES
#include "dialects/nn/NNOps.h.inc"

namespace tinyc::nn {

/// The uniform quantized element type of a tensor type, or null for float.
mlir::quant::QuantizedType getQuantizedElement(mlir::Type tensor);

/// The per-tensor quantized element type of a tensor type, or null.
mlir::quant::UniformQuantizedType getPerTensor(mlir::Type tensor);

/// Scale of channel `channel` of a quantized element type, per tensor or per axis.
double getScale(mlir::quant::QuantizedType type, int64_t channel = 0);

/// True for the type of activations of 16 bits: i16<-32767:32767> with a zero point of 0.
bool isInt16Activation(mlir::quant::UniformQuantizedType type);

/// Element type that holds the values in memory: f32, or a signless integer, of a quantized type its storage.
mlir::Type getStorageType(mlir::Type elementType);

/// The number of tinyc/kernels.h for an activation of nn.recurrent, by its ONNX name; nullopt for another name.
std::optional<int32_t> findRecurrentFunction(llvm::StringRef name);

/// Attribute names; see the dialect's description.
inline constexpr llvm::StringLiteral kNameAttr = "nn.name";
inline constexpr llvm::StringLiteral kPermutationAttr = "nn.permutation";
inline constexpr llvm::StringLiteral kRangeAttr = "nn.range";
inline constexpr llvm::StringLiteral kWeightBitsAttr = "nn.weight_bits";
inline constexpr llvm::StringLiteral kActivationBitsAttr = "nn.activation_bits";
inline constexpr llvm::StringLiteral kWeightScalesAttr = "nn.weight_scales";
inline constexpr llvm::StringLiteral kFloatWeightAttr = "nn.float_weight";
inline constexpr llvm::StringLiteral kFloatBiasAttr = "nn.float_bias";
inline constexpr llvm::StringLiteral kMeanAttr = "nn.mean";
inline constexpr llvm::StringLiteral kDeviationAttr = "nn.deviation";

} // namespace tinyc::nn

#endif // TINYC_DIALECTS_NN_NN_H
