// The table of supported operators, and the builders it names.
#ifndef TINYC_COMPILER_ONNX_OPERATORS_H
#define TINYC_COMPILER_ONNX_OPERATORS_H

#include "compiler/onnx/NodeImporter.h"

#include <climits>

namespace tinyc::onnx {

/// The newest operator set the table describes.
inline constexpr int64_t kNewestOpset = 25;
inline constexpr unsigned kVariadic = UINT_MAX;

using Builder = mlir::LogicalResult (*)(NodeImporter &);

/// The domain of ONNX Runtime's own operators.
inline constexpr llvm::StringLiteral kMicrosoftDomain = "com.microsoft";

/// One row: the operator from `minimumOpset` up to the next row of the same name.
struct Operator {
  llvm::StringLiteral name;
  int64_t minimumOpset;
  unsigned minimumInputs, maximumInputs, maximumOutputs;
  /// The attributes it may have: `name=type` separated by spaces; types int, float, string, tensor, ints, floats, any.
  llvm::StringLiteral attributes;
  Builder build;
  /// Bit i: input i may be absent though it is one of the first `minimumInputs`.
  uint32_t absentInputs = 0;
};

/// The rows of a domain ("" is ONNX's own); none of a domain that is not known.
llvm::ArrayRef<Operator> getOperators(llvm::StringRef domain = "");

/// The row for an operator in operator set `opset` of `domain`; null if there is none.
const Operator *findOperator(llvm::StringRef domain, llvm::StringRef name, int64_t opset);

/// The first operator set the table has `name` in, or nullopt.
std::optional<int64_t> findFirstOpset(llvm::StringRef domain, llvm::StringRef name);

/// Checks numbers of inputs and outputs, and names and types of attributes, against the row.
mlir::LogicalResult verifySignature(const Node &node, const Operator &op, const NodeImporter &importer);

// ConvolutionOps.cpp
mlir::LogicalResult buildConv(NodeImporter &node);
mlir::LogicalResult buildConvTranspose(NodeImporter &node);
// AttentionOps.cpp: as MatMul, Softmax, MatMul
mlir::LogicalResult buildAttention(NodeImporter &node);
mlir::LogicalResult buildMicrosoftAttention(NodeImporter &node);
mlir::LogicalResult buildMultiHeadAttention(NodeImporter &node);
// FusedOps.cpp
mlir::LogicalResult buildFusedConv(NodeImporter &node);
mlir::LogicalResult buildFusedGemm(NodeImporter &node);
mlir::LogicalResult buildFusedMatMul(NodeImporter &node);
// DynamicQuantizeOps.cpp
mlir::LogicalResult buildDynamicQuantizeLSTM(NodeImporter &node);
mlir::LogicalResult buildDynamicQuantizeMatMul(NodeImporter &node);
// RotaryEmbeddingOp.cpp
mlir::LogicalResult buildRotaryEmbedding(NodeImporter &node);
// PoolingOps.cpp
mlir::LogicalResult buildAveragePool(NodeImporter &node);
mlir::LogicalResult buildMaxPool(NodeImporter &node);
mlir::LogicalResult buildGlobalAveragePool(NodeImporter &node);
mlir::LogicalResult buildReduceMean(NodeImporter &node);
// ResizeOps.cpp
mlir::LogicalResult buildResize(NodeImporter &node);
mlir::LogicalResult buildUpsample(NodeImporter &node);
// ProductOps.cpp
mlir::LogicalResult buildGemm(NodeImporter &node);
mlir::LogicalResult buildMatMul(NodeImporter &node);
// ElementwiseOps.cpp
mlir::LogicalResult buildAdd(NodeImporter &node);
mlir::LogicalResult buildSub(NodeImporter &node);
mlir::LogicalResult buildMul(NodeImporter &node);
mlir::LogicalResult buildDiv(NodeImporter &node);
mlir::LogicalResult buildRelu(NodeImporter &node);
mlir::LogicalResult buildClip(NodeImporter &node);
mlir::LogicalResult buildLeakyRelu(NodeImporter &node);
mlir::LogicalResult buildSigmoid(NodeImporter &node);
mlir::LogicalResult buildHardSigmoid(NodeImporter &node);
mlir::LogicalResult buildHardSwish(NodeImporter &node);
// NormalizationOps.cpp
mlir::LogicalResult buildBatchNormalization(NodeImporter &node);
mlir::LogicalResult buildSoftmax(NodeImporter &node);
mlir::LogicalResult buildLogSoftmax(NodeImporter &node);
// MovementOps.cpp
mlir::LogicalResult buildConcat(NodeImporter &node);
mlir::LogicalResult buildDropout(NodeImporter &node);
mlir::LogicalResult buildFlatten(NodeImporter &node);
mlir::LogicalResult buildIdentity(NodeImporter &node);
mlir::LogicalResult buildPad(NodeImporter &node);
mlir::LogicalResult buildReshape(NodeImporter &node);
mlir::LogicalResult buildSqueeze(NodeImporter &node);
mlir::LogicalResult buildTranspose(NodeImporter &node);
mlir::LogicalResult buildUnsqueeze(NodeImporter &node);
// QuantizationOps.cpp
mlir::LogicalResult buildQuantizeLinear(NodeImporter &node);
mlir::LogicalResult buildDequantizeLinear(NodeImporter &node);
// QuantizationLoops.cpp
mlir::LogicalResult buildQuantizeLoops(NodeImporter &node, DataType type);
mlir::LogicalResult buildDequantizeLoops(NodeImporter &node);
// QLinearOps.cpp: operators on quantized tensors, as dequantize, float operator, quantize
mlir::LogicalResult buildConvInteger(NodeImporter &node);
mlir::LogicalResult buildMatMulInteger(NodeImporter &node);
mlir::LogicalResult buildMatMulIntegerToFloat(NodeImporter &node);
mlir::LogicalResult buildMicrosoftQuantization(NodeImporter &node);
mlir::LogicalResult buildQGemm(NodeImporter &node);
mlir::LogicalResult buildQLinearBinary(NodeImporter &node);
mlir::LogicalResult buildQLinearConcat(NodeImporter &node);
mlir::LogicalResult buildQLinearConv(NodeImporter &node);
mlir::LogicalResult buildQLinearMatMul(NodeImporter &node);
mlir::LogicalResult buildQLinearPool(NodeImporter &node);
mlir::LogicalResult buildQLinearSoftmax(NodeImporter &node);
mlir::LogicalResult buildQLinearUnary(NodeImporter &node);
// FoldedOps.cpp: constants and the arithmetic of shapes, evaluated at import
mlir::LogicalResult buildCast(NodeImporter &node);
mlir::LogicalResult buildConstant(NodeImporter &node);
mlir::LogicalResult buildConstantOfShape(NodeImporter &node);
mlir::LogicalResult buildExpand(NodeImporter &node);
mlir::LogicalResult buildGather(NodeImporter &node);
mlir::LogicalResult buildRange(NodeImporter &node);
mlir::LogicalResult buildShape(NodeImporter &node);
mlir::LogicalResult buildSize(NodeImporter &node);
mlir::LogicalResult buildSlice(NodeImporter &node);
// FoldedArithmetic.cpp
mlir::LogicalResult foldBinary(NodeImporter &node);
mlir::LogicalResult buildComparison(NodeImporter &node);
mlir::LogicalResult buildReduction(NodeImporter &node);
mlir::LogicalResult buildVariadic(NodeImporter &node);
mlir::LogicalResult buildWhere(NodeImporter &node);


// Operators as loop nests: all inputs may be run-time tensors of any plain type.
// ElementwiseLoops.cpp
mlir::LogicalResult buildUnaryLoops(NodeImporter &node);
mlir::LogicalResult buildBinaryLoops(NodeImporter &node);
mlir::LogicalResult buildVariadicLoops(NodeImporter &node);
mlir::LogicalResult buildWhereLoops(NodeImporter &node);
mlir::LogicalResult buildCastLoops(NodeImporter &node, DataType target);
mlir::LogicalResult buildClipLoops(NodeImporter &node);
mlir::LogicalResult buildPow(NodeImporter &node);
mlir::LogicalResult buildBiasGelu(NodeImporter &node);
// PoolingLoops.cpp
mlir::LogicalResult buildPoolLoops(NodeImporter &node);
mlir::LogicalResult buildGlobalPool(NodeImporter &node);
mlir::LogicalResult buildConvLoops(NodeImporter &node);
mlir::LogicalResult buildGridSample(NodeImporter &node);
// LossLoops.cpp
mlir::LogicalResult buildNegativeLogLikelihoodLoss(NodeImporter &node);
mlir::LogicalResult buildSoftmaxCrossEntropyLoss(NodeImporter &node);
mlir::LogicalResult buildCastLike(NodeImporter &node);
// ComposedOps.cpp: operators as others of the table
mlir::LogicalResult buildDynamicQuantizeLinear(NodeImporter &node);
mlir::LogicalResult buildEinsum(NodeImporter &node);
// RecurrentOps.cpp
mlir::LogicalResult buildRecurrent(NodeImporter &node);
// ControlFlowOps.cpp: branches and loops known at compile time
mlir::LogicalResult buildIf(NodeImporter &node);
mlir::LogicalResult buildLoop(NodeImporter &node);
mlir::LogicalResult buildScan(NodeImporter &node);
// SelectionOps.cpp: results whose shape follows from constants
mlir::LogicalResult buildCompress(NodeImporter &node);
mlir::LogicalResult buildNonZero(NodeImporter &node);
mlir::LogicalResult buildNonMaxSuppression(NodeImporter &node);
mlir::LogicalResult buildUnique(NodeImporter &node);
// SignalOps.cpp
mlir::LogicalResult buildDFT(NodeImporter &node);
mlir::LogicalResult buildMelWeightMatrix(NodeImporter &node);
mlir::LogicalResult buildSTFT(NodeImporter &node);
mlir::LogicalResult buildWindow(NodeImporter &node);
// RegionLoops.cpp
mlir::LogicalResult buildDet(NodeImporter &node);
mlir::LogicalResult buildMaxUnpool(NodeImporter &node);
mlir::LogicalResult buildRoiAlign(NodeImporter &node);
// ReductionLoops.cpp
mlir::LogicalResult buildReduceLoops(NodeImporter &node);
mlir::LogicalResult buildArgExtreme(NodeImporter &node);
mlir::LogicalResult buildCumulation(NodeImporter &node);
mlir::LogicalResult buildHardmax(NodeImporter &node);
mlir::LogicalResult buildLayerNormalization(NodeImporter &node);
mlir::LogicalResult buildSkipLayerNormalization(NodeImporter &node);
mlir::LogicalResult buildInstanceNormalization(NodeImporter &node);
mlir::LogicalResult buildGroupNormalization(NodeImporter &node);
mlir::LogicalResult buildMeanVarianceNormalization(NodeImporter &node);
mlir::LogicalResult buildLpNormalization(NodeImporter &node);
mlir::LogicalResult buildLRN(NodeImporter &node);
// MovementLoops.cpp
mlir::FailureOr<Operand> buildTransposeLoops(NodeImporter &node, const Operand &operand,
                                             llvm::ArrayRef<int64_t> permutation);
mlir::FailureOr<Operand> buildConcatLoops(NodeImporter &node, int64_t axis, llvm::ArrayRef<int64_t> shape);
mlir::LogicalResult buildSliceLoops(NodeImporter &node);
mlir::LogicalResult buildSplit(NodeImporter &node);
mlir::LogicalResult buildTile(NodeImporter &node);
mlir::LogicalResult buildExpandLoops(NodeImporter &node);
mlir::LogicalResult buildPadLoops(NodeImporter &node, const Shape &before, const Shape &after);
mlir::LogicalResult buildTrilu(NodeImporter &node);
mlir::LogicalResult buildDepthToSpace(NodeImporter &node);
mlir::LogicalResult buildReverseSequence(NodeImporter &node);
mlir::LogicalResult buildGatherLoops(NodeImporter &node);
mlir::LogicalResult buildGatherElements(NodeImporter &node);
mlir::LogicalResult buildGatherND(NodeImporter &node);
mlir::LogicalResult buildScatterElements(NodeImporter &node);
mlir::LogicalResult buildScatterND(NodeImporter &node);
mlir::LogicalResult buildOneHot(NodeImporter &node);
mlir::LogicalResult buildEyeLike(NodeImporter &node);
mlir::LogicalResult buildTopK(NodeImporter &node);

} // namespace tinyc::onnx

#endif // TINYC_COMPILER_ONNX_OPERATORS_H
