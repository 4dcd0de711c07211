// What a Slice takes of each dimension.
#ifndef TINYC_COMPILER_ONNX_SLICING_H
#define TINYC_COMPILER_ONNX_SLICING_H

#include "compiler/onnx/NodeImporter.h"

namespace tinyc::onnx {

/// One entry for each dimension: element i of the result is element starts + i * steps.
struct Slicing {
  Shape starts, steps, shape;
};

/// Reads starts, ends, axes and steps of a Slice node (attributes before operator set 10) for an operand of that shape. Emits an error
/// if they are not known at compile time, differ in length, or a step is 0.
mlir::FailureOr<Slicing> readSlicing(NodeImporter &node, llvm::ArrayRef<int64_t> shape);

} // namespace tinyc::onnx

#endif // TINYC_COMPILER_ONNX_SLICING_H
