#include "compiler/onnx/ExternalData.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace tinyc::onnx {

Expected<StringRef> ExternalData::open(StringRef location) {
  if (auto found = files.find(location); found != files.end())
    return found->second->getBuffer();
  if (directory.empty())
    return createStringError("the model comes without a directory");
  if (location.empty() || location.contains('\0'))
    return createStringError("it names no file");
  if (sys::path::is_absolute(location, sys::path::Style::posix) ||
      sys::path::is_absolute(location, sys::path::Style::windows) || location.starts_with("\\"))
    return createStringError("the path '" + location +
                             "' is absolute; only files below the model's directory are read");
  for (StringRef part : make_range(sys::path::begin(location), sys::path::end(location)))
    if (part == "..")
      return createStringError("the path '" + location + "' leads out of the model's directory");
  SmallString<128> path(directory), resolved, root;
  sys::path::append(path, location);
  if (std::error_code error = sys::fs::real_path(path, resolved))
    return createStringError("cannot open '" + location + "': " + error.message());
  if (std::error_code error = sys::fs::real_path(directory, root))
    return createStringError("cannot open the model's directory: " + error.message());
  if (!root.ends_with("/"))
    root += "/";
  if (!StringRef(resolved).starts_with(root))
    return createStringError("the path '" + location + "' is a link out of the model's directory");
  if (!sys::fs::is_regular_file(resolved))
    return createStringError("'" + location + "' is no regular file");
  ErrorOr<std::unique_ptr<MemoryBuffer>> buffer =
      MemoryBuffer::getFile(resolved, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return createStringError("cannot read '" + location + "': " + buffer.getError().message());
  return (files[location] = std::move(*buffer))->getBuffer();
}

Expected<StringRef> ExternalData::read(StringRef location, uint64_t offset, std::optional<uint64_t> length) {
  Expected<StringRef> contents = open(location);
  if (!contents)
    return contents.takeError();
  const uint64_t size = contents->size();
  if (offset > size || (length && *length > size - offset))
    return createStringError("'" + location + "' has " + Twine(size) + " bytes, none at " + Twine(offset) +
                             (length ? " to " + Twine(offset) + " + " + Twine(*length) : Twine()));
  return contents->substr(offset, length.value_or(size - offset));
}

} // namespace tinyc::onnx
