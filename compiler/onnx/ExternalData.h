// Tensors whose data lie in files beside the model.
#ifndef TINYC_COMPILER_ONNX_EXTERNALDATA_H
#define TINYC_COMPILER_ONNX_EXTERNALDATA_H

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

namespace tinyc::onnx {

/// Opens the files a model names, each once. They must lie in the model's directory or below: absolute paths, `..` and
/// links that lead out of it are refused, since a model may come from anywhere.
class ExternalData {
public:
  /// `directory`: of the model; empty: no files are read.
  explicit ExternalData(llvm::StringRef directory) : directory(directory) {}

  /// The bytes from `offset` on, `length` of them, or all up to the file's end. The error names no tensor.
  llvm::Expected<llvm::StringRef> read(llvm::StringRef location, uint64_t offset, std::optional<uint64_t> length);

private:
  llvm::Expected<llvm::StringRef> open(llvm::StringRef location);

  std::string directory;
  llvm::StringMap<std::unique_ptr<llvm::MemoryBuffer>> files;
};

} // namespace tinyc::onnx

#endif // TINYC_COMPILER_ONNX_EXTERNALDATA_H
