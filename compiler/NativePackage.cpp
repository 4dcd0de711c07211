#include "compiler/NativePackage.h"

#include "llvm/Support/DynamicLibrary.h"

using namespace llvm;

namespace tinyc {

Expected<std::unique_ptr<NativePackage>> NativePackage::load(StringRef package, StringRef prefix) {
  Expected<PackageFiles> files = findPackageFiles(package);
  if (!files)
    return files.takeError();
  auto loaded = std::make_unique<NativePackage>();
  if (Error error = loaded->directory.create())
    return error;
  std::string library = loaded->directory.file("package.so");
  // Symbols are resolved on loading: the resolver would run on the stack that is measured.
  SmallVector<std::string> arguments = {"-std=c11", "-O2",        "-ffp-contract=off", "-fPIC",
                                        "-shared",  "-Wl,-z,now", "-o",                library};
  arguments.append(getIncludeFlags(package));
  arguments.append(files->sources);
  if (!files->object.empty())
    arguments.push_back(files->object);
  if (auto out = runTool(loaded->directory, "cc", "gcc", arguments, 600); !out)
    return out.takeError();
  std::string message;
  sys::DynamicLibrary handle = sys::DynamicLibrary::getPermanentLibrary(library.c_str(), &message);
  if (!handle.isValid())
    return toolError(package + ": " + message);
  void *symbol = handle.getAddressOfSymbol((prefix + "_run").str().c_str());
  if (!symbol)
    return toolError(package + ": it does not define " + prefix + "_run");
  loaded->function = symbol;
  return loaded;
}

} // namespace tinyc
