#include "compiler/Files.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace tinyc {

Error makeFileError(StringRef path, const Twine &reason) {
  return createStringError(inconvertibleErrorCode(), path + ": error: " + reason);
}

static std::error_code write(raw_fd_ostream &stream, FilePrinter print) {
  print(stream);
  stream.flush();
  std::error_code code = stream.error();
  stream.clear_error(); // else the destructor ends the process
  return code;
}

static Error writeInPlace(StringRef path, FilePrinter print) {
  std::error_code code;
  raw_fd_ostream stream(path, code);
  if (!code)
    code = write(stream, print);
  return code ? makeFileError(path, code.message()) : Error::success();
}

Error writeFile(StringRef path, StringRef contents) {
  return writeFile(path, [&](raw_ostream &stream) { stream << contents; });
}

Error writeFile(StringRef path, FilePrinter print) {
  // Renaming would replace these.
  sys::fs::file_status status;
  if (!sys::fs::status(path, status, /*follow=*/false) && !sys::fs::is_regular_file(status))
    return writeInPlace(path, print);

  Expected<sys::fs::TempFile> file =
      sys::fs::TempFile::create(path + ".partial-%%%%%%", sys::fs::all_read | sys::fs::all_write);
  if (!file)
    return makeFileError(path, toString(file.takeError()));
  raw_fd_ostream stream(file->FD, /*shouldClose=*/false);
  if (std::error_code code = write(stream, print)) {
    consumeError(file->discard());
    return makeFileError(path, code.message());
  }
  if (Error error = file->keep(path))
    return makeFileError(path, toString(std::move(error)));
  return Error::success();
}

} // namespace tinyc
