// The operators that import knows, for users.
#ifndef TINYC_COMPILER_ONNX_SUPPORTEDOPS_H
#define TINYC_COMPILER_ONNX_SUPPORTEDOPS_H

#include "llvm/Support/raw_ostream.h"

namespace tinyc::onnx {

/// The importer's own table: each operator with its domain and the operator sets it is supported from and up to. As lines of
/// text, or as a JSON array of objects `domain`, `operator`, `since`, `to`.
void printSupportedOps(llvm::raw_ostream &stream, bool asJson);

} // namespace tinyc::onnx

#endif // TINYC_COMPILER_ONNX_SUPPORTEDOPS_H
