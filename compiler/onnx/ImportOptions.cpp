// The values of --input-shape, --input-value and --dim.
#include "compiler/onnx/Import.h"

#include "llvm/ADT/STLExtras.h"

namespace tinyc {

llvm::Error parseDimension(llvm::StringRef text, ImportOptions &options) {
  auto [name, number] = text.rsplit(':');
  int64_t size;
  if (name.empty() || number.getAsInteger(10, size) || size < 1)
    return llvm::createStringError("expects NAME:SIZE with a positive size, got '" + text + "'");
  if (!options.dimensions.insert({name.str(), size}).second)
    return llvm::createStringError("gives the size of '" + name + "' twice");
  return llvm::Error::success();
}

llvm::Error parseInputValue(llvm::StringRef text, ImportOptions &options) {
  auto [name, list] = text.rsplit(':');
  llvm::SmallVector<llvm::StringRef> parts;
  list.split(parts, ',');
  if (name.empty() || list.empty() || llvm::is_contained(parts, ""))
    return llvm::createStringError("expects NAME:VALUE or NAME:VALUE,VALUE..., got '" + text + "'");
  std::vector<std::string> values(parts.begin(), parts.end());
  if (!options.inputValues.try_emplace(name.str(), std::move(values)).second)
    return llvm::createStringError("gives the values of '" + name + "' twice");
  return llvm::Error::success();
}

llvm::Error parseInputShape(llvm::StringRef text, ImportOptions &options) {
  auto [name, dimensions] = text.rsplit(':');
  llvm::SmallVector<llvm::StringRef> parts;
  dimensions.split(parts, 'x');
  llvm::SmallVector<int64_t> shape;
  for (llvm::StringRef part : parts) {
    int64_t size;
    if (name.empty() || part.getAsInteger(10, size) || size < 1)
      return llvm::createStringError("expects NAME:D0xD1x... with positive dimensions, got '" + text + "'");
    shape.push_back(size);
  }
  if (!options.inputShapes.insert({name.str(), shape}).second)
    return llvm::createStringError("gives the shape of '" + name + "' twice");
  return llvm::Error::success();
}

} // namespace tinyc
