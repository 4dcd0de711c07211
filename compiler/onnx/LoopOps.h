// What the builders of operators as loop nests share.
#ifndef TINYC_COMPILER_ONNX_LOOPOPS_H
#define TINYC_COMPILER_ONNX_LOOPOPS_H

#include "compiler/onnx/Loops.h"
#include "compiler/onnx/Operators.h"

namespace tinyc::onnx {

/// Output 0 is `result`.
inline mlir::LogicalResult setResult(NodeImporter &node, mlir::FailureOr<Operand> result) {
  if (failed(result))
    return mlir::failure();
  node.setOutput(0, std::move(*result));
  return mlir::success();
}

/// Present inputs, as plain values.
mlir::FailureOr<llvm::SmallVector<Operand>> getPlainInputs(NodeImporter &node);

/// Fails unless all operands have the type of the first.
mlir::LogicalResult expectOneType(NodeImporter &node, llvm::ArrayRef<Operand> operands);
mlir::LogicalResult expectFloat(NodeImporter &node, llvm::ArrayRef<Operand> operands);

/// Where an element is read, one scalar for each dimension.
using Indices = llvm::SmallVector<Scalar>;

inline Scalar makeIndex(Body &body, int64_t value) { return body.integer(DataType::Int32, value); }

/// Elements of `operand` that a reduction over `axes` puts into one.
int64_t countReduced(const Operand &operand, llvm::ArrayRef<int64_t> axes);

/// What operator `name` (ReduceL1, ReduceMax ...) computes over `axes`, which are kept as 1.
mlir::FailureOr<Operand> buildReduceOp(NodeImporter &node, llvm::StringRef name, const Operand &operand,
                                       llvm::ArrayRef<int64_t> axes);

/// Over `axes`, which are kept as 1.
mlir::FailureOr<Operand> buildSum(NodeImporter &node, const Operand &operand, llvm::ArrayRef<int64_t> axes);
mlir::FailureOr<Operand> buildMean(NodeImporter &node, const Operand &operand, llvm::ArrayRef<int64_t> axes);

} // namespace tinyc::onnx

#endif // TINYC_COMPILER_ONNX_LOOPOPS_H
