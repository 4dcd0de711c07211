#ifndef TINYC_COMPILER_ONNX_FOLDNODE_H
#define TINYC_COMPILER_ONNX_FOLDNODE_H

#include "compiler/onnx/NodeImporter.h"

namespace tinyc::onnx {

/// Makes the outputs of a node constants if its inputs are, and it is cheap to evaluate: at most 2^16 elements and 2^22
/// multiply-accumulates for each op. `before`: the last op of the block before the node's; null: there was none. Fails,
/// with a diagnostic, where an op cannot be evaluated.
mlir::LogicalResult foldNode(NodeImporter &node, llvm::ArrayRef<std::string> outputs, mlir::Operation *before);

} // namespace tinyc::onnx

#endif // TINYC_COMPILER_ONNX_FOLDNODE_H
