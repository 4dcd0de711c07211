// Functions that a model defines itself: calls of them are replaced by their bodies.
#ifndef TINYC_COMPILER_ONNX_FUNCTIONS_H
#define TINYC_COMPILER_ONNX_FUNCTIONS_H

#include "compiler/onnx/Model.h"

namespace tinyc::onnx {

/// Lets `rename` change the name of each value that the node and its subgraphs read or define.
void renameValues(Node &node, llvm::function_ref<void(std::string &)> rename);

/// Replaces every call of a function of the model by the nodes of its body, those of functions inside it too. Nodes and
/// inner values get the call's name in front: `call/node`. An attribute of a body that refers to one of the function's
/// gets the call's, or the function's default. False after an error: a function that calls itself, a call with too many
/// inputs or outputs, more than a million nodes.
bool inlineFunctions(Model &model, ErrorHandler handleError);

} // namespace tinyc::onnx

#endif // TINYC_COMPILER_ONNX_FUNCTIONS_H
