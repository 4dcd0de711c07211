// From an ONNX model to a module in the nn dialect.
#ifndef TINYC_COMPILER_ONNX_IMPORT_H
#define TINYC_COMPILER_ONNX_IMPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <map>
#include <string>
#include <vector>

namespace tinyc {

struct ImportOptions {
  /// Shapes of graph inputs by name, for models with symbolic dimensions.
  std::map<std::string, llvm::SmallVector<int64_t>> inputShapes;
  /// Sizes of symbolic dimensions by name.
  std::map<std::string, int64_t> dimensions;
  /// Elements of graph inputs by name, as text: they become constants.
  std::map<std::string, std::vector<std::string>> inputValues;
};

/// Adds one `name:1x3x32x32` (the value of --input-shape) to `options`. The name may hold colons.
llvm::Error parseInputShape(llvm::StringRef text, ImportOptions &options);

/// Adds one `sr:16000` or `scales:1,0.5` (the value of --input-value) to `options`. The name may hold colons.
llvm::Error parseInputValue(llvm::StringRef text, ImportOptions &options);

/// Adds one `batch:1` (the value of --dim) to `options`.
llvm::Error parseDimension(llvm::StringRef text, ImportOptions &options);

/// Reads the model at `path`: ONNX text syntax if the extension is .onnxtxt, else protobuf. The result holds one
/// function @main on nn ops, batch dimensions pinned to 1, activations in ONNX's order of dimensions around NHWC ops,
/// locations NameLoc(node name, path:0:0). Null on failure: every problem found was emitted as an error diagnostic,
/// at the node's location or, where the file as a whole is wrong, at path:0:0.
mlir::OwningOpRef<mlir::ModuleOp> importOnnx(llvm::StringRef path, const ImportOptions &options,
                                             mlir::MLIRContext *context);

/// As importOnnx, of the bytes of a model; `path` is used in locations only. No other files are read.
mlir::OwningOpRef<mlir::ModuleOp> importOnnxBytes(llvm::StringRef bytes, llvm::StringRef path,
                                                  const ImportOptions &options, mlir::MLIRContext *context);

/// As importOnnxBytes, of a model in ONNX text syntax.
mlir::OwningOpRef<mlir::ModuleOp> importOnnxText(llvm::StringRef text, llvm::StringRef path,
                                                 const ImportOptions &options, mlir::MLIRContext *context);

} // namespace tinyc

#endif // TINYC_COMPILER_ONNX_IMPORT_H
