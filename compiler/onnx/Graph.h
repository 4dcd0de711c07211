// The structure of an ONNX graph: who produces which value.
#ifndef TINYC_COMPILER_ONNX_GRAPH_H
#define TINYC_COMPILER_ONNX_GRAPH_H

#include "compiler/onnx/Model.h"

namespace tinyc::onnx {

/// Checks that the graph has outputs, that each value has exactly one producer, that every value read is produced,
/// and that there is no cycle. Returns the nodes so ordered that producers come first, else in the file's order; or
/// nullopt after at least one error.
std::optional<std::vector<const Node *>> orderNodes(const Model &model, ErrorHandler handleError);

} // namespace tinyc::onnx

#endif // TINYC_COMPILER_ONNX_GRAPH_H
