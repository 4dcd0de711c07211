// One line per problem on stderr: `file:node: error: reason`.
#ifndef TINYC_COMPILER_DIAGNOSTICS_H
#define TINYC_COMPILER_DIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"

#include <string>

namespace tinyc {

/// `file:node` of an op's location: the ONNX node's name inside the model's file. Either part may be missing.
std::string describeLocation(mlir::Location location, llvm::StringRef file);

/// The ONNX node's name of a location, or an empty string.
std::string getNodeName(mlir::Location location);

/// While alive, prints the context's diagnostics as `file:node: error: reason`, with `file` for locations that name
/// none.
class DiagnosticPrinter : public mlir::ScopedDiagnosticHandler {
public:
  DiagnosticPrinter(mlir::MLIRContext *context, llvm::StringRef file);

private:
  std::string file;
};

} // namespace tinyc

#endif // TINYC_COMPILER_DIAGNOSTICS_H
