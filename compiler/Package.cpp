#include "compiler/Package.h"

#include "compiler/Files.h"
#include "compiler/PackageTexts.h"
#include "dialects/kernel/Kernel.h"
#include "passes/lower/Emission.h"
#include "targets/CEmission.h"
#include "targets/EmbeddedFiles.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

#include <map>

using namespace llvm;
using namespace mlir;

namespace tinyc {

/// Contents by path relative to the package.
using PackageFiles = std::map<std::string, std::string>;

static Error fail(const Twine &message) { return createStringError("error: " + message); }

Error setProgramPrefix(ModuleOp lowered, StringRef prefix) {
  bool valid = !prefix.empty() && !isDigit(prefix.front()) &&
               all_of(prefix, [](char c) { return isAlnum(c) || c == '_'; });
  if (!valid)
    return fail("expects a C identifier as prefix, got '" + prefix + "'");
  auto functions = lowered.getOps<func::FuncOp>();
  if (functions.empty())
    return fail("expects a lowered program");
  (*functions.begin()).setSymName((prefix + "_run").str());
  return Error::success();
}

/// Adds the embedded runtime file and, first, those that it includes with quotes.
static void addRuntimeFile(StringRef name, PackageFiles &files) {
  std::optional<StringRef> contents = targets::embeddedFile(name);
  if (!contents || !files.try_emplace("runtime/" + name.str(), contents->str()).second)
    return;
  SmallVector<StringRef> lines;
  contents->split(lines, '\n');
  for (StringRef line : lines) {
    line = line.ltrim();
    if (line.consume_front("#include \"") && line.starts_with("tinyc/"))
      addRuntimeFile(("include/" + line.take_until([](char c) { return c == '"'; })).str(), files);
  }
}

/// The rows of kernels.def for these kernels: what tinyc/kernel_functions.h declares.
static std::string makeKernelTable(ArrayRef<const targets::Kernel *> kernels) {
  std::string text = "/* kernels.def - the kernels of this package: those rows of the runtime's table. */\n";
  const char *beginInt4 = "#ifndef TINYC_S4_KERNEL\n"
                          "#define TINYC_S4_KERNEL(op, weight, isa, source, symbol, params, arguments, scratch, inner) \\\n"
                          "  TINYC_KERNEL(op, s4, weight, isa, source, symbol, params, arguments, scratch)\n"
                          "#endif\n";
  const bool hasInt4 = llvm::any_of(kernels, [](const targets::Kernel *kernel) { return !kernel->inner.empty(); });
  if (hasInt4)
    text += beginInt4;
  for (const targets::Kernel *kernel : kernels)
    if (!kernel->inner.empty())
      text += formatv("TINYC_S4_KERNEL({0}, {1}, {2}, \"{3}\", {4}, {5}, {6}, tinyc_no_scratch, {7})\n", kernel->op,
                      kernel->weight, kernel->isa, kernel->source, kernel->symbol, kernel->params, kernel->arguments,
                      kernel->inner);
    else
      text += formatv("TINYC_KERNEL({0}, {1}, {2}, {3}, \"{4}\", {5}, {6}, {7}, tinyc_no_scratch)\n", kernel->op,
                    kernel->input, kernel->weight, kernel->isa, kernel->source, kernel->symbol, kernel->params,
                    kernel->arguments);
  if (hasInt4)
    text += "#undef TINYC_S4_KERNEL\n";
  return text;
}

/// Adds the files that a package with checks has of its own.
static void addChecks(const CheckPlan &check, StringRef prefix, ArrayRef<const targets::Kernel *> kernels,
                      PackageFiles &files, std::vector<std::string> &sources) {
  std::vector<std::string> symbols;
  for (const targets::Kernel *kernel : kernels)
    symbols.push_back(kernel->symbol.str());
  files["model_check.h"] = makeCheckMacros(symbols, prefix);
  files["model_check.c"] = makeCheckSource(check, prefix);
  addRuntimeFile("check.c", files);
  sources.insert(sources.end(), {"model_check.c", "runtime/check.c"});
  // The program is the same as without checks: the macros stand in front of it.
  StringRef include = "#include \"tinyc/kernel_functions.h\"\n";
  std::string &program = files["model.c"];
  program.insert(program.find(include.str()) + include.size(), "#include \"model_check.h\"\n");
}

static Error addSources(ModuleOp lowered, const targets::Target &target, const PackageOptions &options,
                        const Report &report, PackageFiles &files) {
  StringRef prefix = options.prefix;
  raw_string_ostream os(files["model.c"]);
  os << "/* model.c - the network of model.h: weights, parameters and calls. Made by tinyc for " << target.name
     << ". */\n";
  if (failed(targets::emitC(lowered, os)))
    return fail("cannot emit C");

  llvm::SetVector<const targets::Kernel *> kernels;
  WalkResult result = lowered.walk([&](kernel::CallOp call) {
    if (lowered.lookupSymbol<kernel::LoopFunctionOp>(call.getCallee()))
      return WalkResult::advance();
    const targets::Kernel *row = targets::findKernel(call.getCallee());
    if (!row)
      return WalkResult(call.emitOpError("calls the unknown kernel ") << call.getCallee());
    kernels.insert(row);
    if (!row->inner.empty())
      kernels.insert(targets::findKernel(row->inner));
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    return fail("cannot emit C");
  std::vector<const targets::Kernel *> rows(kernels.begin(), kernels.end());
  llvm::sort(rows, [](const targets::Kernel *a, const targets::Kernel *b) { return a->symbol < b->symbol; });

  addRuntimeFile("include/tinyc/kernel_functions.h", files);
  addRuntimeFile("include/tinyc/profile.h", files);
  std::vector<std::string> sources = {"model.c"};
  if (!lowered.getOps<kernel::LoopFunctionOp>().empty())
    addRuntimeFile("include/tinyc/arithmetic.h", files);
  for (const targets::Kernel *row : rows) {
    addRuntimeFile(row->source, files);
    std::string path = ("runtime/" + row->source).str();
    if (!is_contained(sources, path))
      sources.push_back(path);
  }
  if (lower::usesMath(lowered) || files.count("runtime/include/tinyc/math.h")) {
    addRuntimeFile("kernels/generic/math_f32.c", files);
    sources.push_back("runtime/kernels/generic/math_f32.c");
  }
  if (options.check)
    addChecks(*options.check, prefix, rows, files, sources);
  llvm::sort(sources.begin() + 1, sources.end());
  files["runtime/kernels.def"] = makeKernelTable(rows);
  files["CMakeLists.txt"] = makeBuildFile(prefix, sources);
  files["README.md"] = makeReadme(report, target, prefix, sources, options.check);
  return Error::success();
}

/// Makes a directory with its parents, as mkdir would: the umask applies.
static std::error_code makeDirectories(const Twine &path) {
  return sys::fs::create_directories(path, /*IgnoreExisting=*/true, sys::fs::all_all);
}

/// Whether the directory may receive a package: it does not exist, is empty, or holds an earlier package.
static Error checkDestination(StringRef directory) {
  if (!sys::fs::exists(directory))
    return Error::success();
  if (!sys::fs::is_directory(directory))
    return makeFileError(directory, "is a file, expects a directory");
  std::error_code code;
  bool empty = sys::fs::directory_iterator(directory, code) == sys::fs::directory_iterator();
  if (code)
    return makeFileError(directory, code.message());
  if (!empty && !sys::fs::exists(directory + "/report.json"))
    return makeFileError(directory, "is neither empty nor a package of tinyc, which has a report.json");
  if (!sys::fs::can_write(directory))
    return makeFileError(directory, std::make_error_code(std::errc::permission_denied).message());
  return Error::success();
}

/// Removes the files of an earlier package that the new one does not have.
static void removeStale(StringRef directory, const PackageFiles &files) {
  std::vector<std::string> ours = {"model.c", "model.o", "model_check.c", "model_check.h", "CMakeLists.txt"};
  for (const targets::EmbeddedFile &file : targets::embeddedFiles())
    ours.push_back(("runtime/" + file.name).str());
  for (const std::string &path : ours)
    if (!files.count(path))
      sys::fs::remove(directory + "/" + path);
  // Directories go if they are empty now.
  for (StringRef path : {"runtime/kernels/generic", "runtime/kernels/armv7e-m", "runtime/kernels/armv8.1-m",
                         "runtime/kernels", "runtime/include/tinyc", "runtime/include", "runtime"})
    sys::fs::remove(directory + "/" + path);
}

static Error writeFiles(StringRef output, const PackageFiles &files) {
  SmallString<128> directory(output);
  sys::path::remove_dots(directory, /*remove_dot_dot=*/false);
  if (std::error_code code = sys::fs::make_absolute(directory))
    return makeFileError(output, code.message());
  while (directory.size() > 1 && sys::path::is_separator(directory.back()))
    directory.pop_back();
  if (Error error = checkDestination(directory))
    return error;

  // Parents that are made now are removed again on failure.
  std::vector<std::string> madeParents;
  for (StringRef parent = sys::path::parent_path(directory); !parent.empty() && !sys::fs::exists(parent);
       parent = sys::path::parent_path(parent))
    madeParents.push_back(parent.str());
  SmallString<128> staging;
  llvm::scope_exit cleanUp([&] {
    if (!staging.empty())
      sys::fs::remove_directories(staging);
    for (const std::string &parent : madeParents)
      sys::fs::remove(parent);
  });
  std::error_code code = makeDirectories(sys::path::parent_path(directory));
  // Inside of a directory that exists: its parent may be closed to the user.
  const bool exists = sys::fs::exists(directory);
  if (!code)
    code = sys::fs::createUniqueDirectory(directory + (exists ? "/.partial" : ".partial"), staging);
  if (code)
    return makeFileError(output, code.message());
  for (const auto &[name, contents] : files) {
    std::string path = (staging + "/" + name).str();
    code = makeDirectories(sys::path::parent_path(path));
    if (code)
      return makeFileError(path, code.message());
    if (Error error = writeFile(path, contents))
      return error;
  }

  if (!exists) {
    code = sys::fs::rename(staging, directory);
    if (code)
      return makeFileError(output, code.message());
    sys::fs::setPermissions(directory, static_cast<sys::fs::perms>(0777 & ~sys::fs::getUmask()));
    staging.clear();
    madeParents.clear();
    return Error::success();
  }
  for (const auto &file : files) {
    std::string path = (directory + "/" + file.first).str();
    code = makeDirectories(sys::path::parent_path(path));
    if (!code)
      code = sys::fs::rename(staging + "/" + file.first, path);
    if (code)
      return makeFileError(path, code.message());
  }
  removeStale(directory, files);
  return Error::success();
}

Error writePackage(ModuleOp lowered, const targets::Target &target, StringRef directory, const Report &report,
                   const PackageOptions &options) {
  PackageFiles files;
  if (!options.object.empty()) {
    files["model.o"] = std::string(options.object.begin(), options.object.end());
    files["README.md"] = makeReadme(report, target, options.prefix, {});
  } else if (Error error = addSources(lowered, target, options, report, files)) {
    return error;
  }
  files["model.h"] = makeHeader(report, target, options.prefix, options.check);
  files["report.json"] = formatv("{0:2}\n", report.toJson()).str();
  return writeFiles(directory, files);
}

} // namespace tinyc
