#include "compiler/onnx/Model.h"

#include "llvm/Support/Path.h"

namespace tinyc::onnx {

std::optional<Model> readModelFile(llvm::StringRef path, ErrorHandler handleError) {
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer =
      llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (std::error_code error = buffer.getError()) {
    handleError("", "cannot read the file: " + error.message());
    return std::nullopt;
  }
  llvm::StringRef contents = (*buffer)->getBuffer();
  if (contents.empty()) {
    handleError("", "the file is empty");
    return std::nullopt;
  }
  llvm::StringRef directory = llvm::sys::path::parent_path(path);
  if (directory.empty())
    directory = ".";
  return path.ends_with(".onnxtxt") ? readModelText(contents, directory, handleError)
                                    : readModel(std::move(*buffer), directory, handleError);
}

} // namespace tinyc::onnx
