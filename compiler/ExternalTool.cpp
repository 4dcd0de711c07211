#include "compiler/ExternalTool.h"

#include "compiler/Files.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace tinyc {

ScratchDirectory::~ScratchDirectory() {
  if (!path.empty())
    sys::fs::remove_directories(path);
}

Error ScratchDirectory::create() {
  std::error_code code = sys::fs::createUniqueDirectory("tinyc-run", path);
  // TMPDIR may be relative, and the emulator runs in this directory.
  if (!code)
    code = sys::fs::make_absolute(path);
  if (code)
    return toolError("cannot make a temporary directory: " + code.message());
  return Error::success();
}

std::string ScratchDirectory::file(const Twine &name) const {
  SmallString<128> full(path);
  sys::path::append(full, name);
  return full.str().str();
}

Error toolError(const Twine &message) { return createStringError("error: " + message); }

Expected<std::string> loadFile(StringRef path) {
  auto buffer = MemoryBuffer::getFile(path);
  if (!buffer)
    return makeFileError(path, buffer.getError().message());
  return (*buffer)->getBuffer().str();
}

Expected<std::string> runTool(const ScratchDirectory &directory, StringRef name, StringRef debianPackage,
                              ArrayRef<std::string> arguments, unsigned seconds) {
  ErrorOr<std::string> program = sys::findProgramByName(name);
  if (!program)
    return toolError(name + " not found on PATH (Debian package " + debianPackage + ")");
  SmallVector<StringRef> argv = {*program};
  argv.append(arguments.begin(), arguments.end());
  std::string outPath = directory.file("stdout.txt"), errPath = directory.file("stderr.txt"), message;
  std::optional<StringRef> redirects[] = {StringRef(""), StringRef(outPath), StringRef(errPath)};
  int status = sys::ExecuteAndWait(*program, argv, std::nullopt, redirects, seconds, 0, &message);
  Expected<std::string> out = loadFile(outPath), err = loadFile(errPath);
  std::string outText = out ? *out : std::string(), errText = err ? *err : std::string();
  consumeError(out.takeError());
  consumeError(err.takeError());
  if (status == 0)
    return outText;
  if (status == -2 && message.empty())
    message = "did not finish in " + std::to_string(seconds) + " s";
  std::string shown = errText + outText;
  if (shown.size() > 2000)
    shown = "..." + shown.substr(shown.size() - 2000);
  return toolError(name + " failed" + (message.empty() ? "" : " (" + message + ")") + (shown.empty() ? "" : ": " + shown));
}

Expected<PackageFiles> findPackageFiles(StringRef package) {
  PackageFiles files;
  SmallString<128> object(package);
  sys::path::append(object, "model.o");
  if (sys::fs::exists(object)) {
    files.object = object.str().str();
    return files;
  }
  // A user's own sources may lie beside the program; the kernels are below runtime/.
  SmallString<128> program(package), runtime(package);
  sys::path::append(program, "model.c");
  sys::path::append(runtime, "runtime");
  if (!sys::fs::exists(program))
    return toolError(package + ": no package: it holds neither model.o nor model.c");
  files.sources.push_back(program.str().str());
  SmallString<128> checks(package); // of a package with checks
  sys::path::append(checks, "model_check.c");
  if (sys::fs::exists(checks))
    files.sources.push_back(checks.str().str());
  std::error_code code;
  for (sys::fs::recursive_directory_iterator it(runtime, code), end; it != end && !code; it.increment(code))
    if (sys::path::extension(it->path()) == ".c")
      files.sources.push_back(it->path());
  llvm::sort(files.sources);
  return files;
}

SmallVector<std::string> getIncludeFlags(StringRef package) {
  SmallString<128> include(package);
  sys::path::append(include, "runtime", "include");
  return {"-I" + package.str(), "-I" + include.str().str()};
}

} // namespace tinyc
