#include "compiler/Emulator.h"

#include "targets/EmbeddedFiles.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

using namespace llvm;

namespace tinyc {

namespace {
/// A fresh directory, removed with all it holds.
struct ScratchDirectory {
  SmallString<128> path;
  ~ScratchDirectory() {
    if (!path.empty())
      sys::fs::remove_directories(path);
  }
  std::string file(const Twine &name) const {
    SmallString<128> full(path);
    sys::path::append(full, name);
    return full.str().str();
  }
};
} // namespace

static Error fail(const Twine &message) { return createStringError("error: " + message); }

static Error writeFile(StringRef path, StringRef contents) {
  std::error_code code;
  raw_fd_ostream stream(path, code);
  if (code)
    return fail(path + ": " + code.message());
  stream << contents;
  stream.close();
  return stream.has_error() ? fail(path + ": " + stream.error().message()) : Error::success();
}

static Expected<std::string> readFile(StringRef path) {
  auto buffer = MemoryBuffer::getFile(path);
  if (!buffer)
    return fail(path + ": " + buffer.getError().message());
  return (*buffer)->getBuffer().str();
}

/// Runs a program found on PATH with its output in files of `directory`; on failure the error shows the last of what it
/// printed. Returns its standard output.
static Expected<std::string> runTool(const ScratchDirectory &directory, StringRef name, StringRef debianPackage,
                                     ArrayRef<std::string> arguments, unsigned seconds) {
  ErrorOr<std::string> program = sys::findProgramByName(name);
  if (!program)
    return fail(name + " not found on PATH (Debian package " + debianPackage + ")");
  SmallVector<StringRef> argv = {*program};
  argv.append(arguments.begin(), arguments.end());
  std::string outPath = directory.file("stdout.txt"), errPath = directory.file("stderr.txt"), message;
  std::optional<StringRef> redirects[] = {StringRef(""), StringRef(outPath), StringRef(errPath)};
  int status = sys::ExecuteAndWait(*program, argv, std::nullopt, redirects, seconds, 0, &message);
  Expected<std::string> out = readFile(outPath), err = readFile(errPath);
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
  return fail(name + " failed" + (message.empty() ? "" : " (" + message + ")") + (shown.empty() ? "" : ": " + shown));
}

/// .text, .rodata and .data of the package alone: a partial link from model_run.
static Expected<int64_t> measureFlash(const ScratchDirectory &directory, ArrayRef<std::string> objects,
                                      StringRef entry) {
  std::string linked = directory.file("package.o");
  SmallVector<std::string> arguments = {"-r", "--gc-sections", "-e", entry.str(), "-o", linked};
  arguments.append(objects.begin(), objects.end());
  if (auto out = runTool(directory, "arm-none-eabi-ld", "binutils-arm-none-eabi", arguments, 60); !out)
    return out.takeError();
  auto sizes = runTool(directory, "arm-none-eabi-size", "binutils-arm-none-eabi", {linked}, 60);
  if (!sizes)
    return sizes.takeError();
  int64_t text = 0, data = 0;
  StringRef row = StringRef(*sizes).split('\n').second.trim();
  auto [textPart, rest] = row.split('\t');
  if (textPart.trim().getAsInteger(10, text) || rest.split('\t').first.trim().getAsInteger(10, data))
    return fail("cannot read the output of arm-none-eabi-size");
  return text + data;
}

/// Compiles one C file of package or firmware.
static Expected<std::string> compileC(const ScratchDirectory &directory, const targets::Target &target,
                                      StringRef source, StringRef object, ArrayRef<std::string> more) {
  SmallVector<std::string> arguments;
  for (StringRef flag : target.gccFlags)
    arguments.push_back(flag.str());
  arguments.append({"-mthumb", "-std=c11", "-O2", "-ffunction-sections", "-fdata-sections", "-ffp-contract=off", "-c",
                    source.str(), "-o", directory.file(object)});
  arguments.append(more.begin(), more.end());
  if (auto out = runTool(directory, "arm-none-eabi-gcc", "gcc-arm-none-eabi", arguments, 300); !out)
    return out.takeError();
  return directory.file(object);
}

/// The C names that main.c uses, mapped to those of a package with another prefix.
static SmallVector<std::string> mapPrefix(StringRef prefix) {
  SmallVector<std::string> defines;
  if (prefix == "model")
    return defines;
  for (StringRef name : {"context", "init", "input", "output", "input_bytes", "output_bytes", "invoke"})
    defines.push_back("-Dmodel_" + name.str() + "=" + prefix.str() + "_" + name.str());
  for (StringRef name : {"ARENA_BYTES", "ARENA_ALIGNMENT", "INPUT_COUNT", "OUTPUT_COUNT"})
    defines.push_back("-DMODEL_" + name.str() + "=" + prefix.upper() + "_" + name.str());
  return defines;
}

/// Links package and firmware; returns the path of the ELF file and stores the package's flash.
static Expected<std::string> buildFirmware(const ScratchDirectory &directory, const targets::Target &target,
                                           StringRef package, StringRef prefix, int64_t &flashBytes) {
  for (const targets::EmbeddedFile &file : targets::embeddedFiles()) {
    StringRef name = file.name;
    if (name.consume_front("emulator/"))
      if (Error error = writeFile(directory.file(name), file.contents))
        return error;
  }
  SmallString<128> object(package), include(package);
  sys::path::append(object, "model.o");
  sys::path::append(include, "runtime", "include");
  SmallVector<std::string> objects, flags = {"-I" + package.str(), "-I" + include.str().str()};
  if (sys::fs::exists(object)) {
    objects.push_back(object.str().str());
  } else {
    std::error_code code;
    for (sys::fs::recursive_directory_iterator it(package, code), end; it != end && !code; it.increment(code)) {
      if (sys::path::extension(it->path()) != ".c")
        continue;
      auto compiled = compileC(directory, target, it->path(), ("package" + Twine(objects.size()) + ".o").str(), flags);
      if (!compiled)
        return compiled.takeError();
      objects.push_back(*compiled);
    }
    if (code || objects.empty())
      return fail(package + ": no package: it holds neither model.o nor C files");
    llvm::sort(objects);
  }
  if (auto bytes = measureFlash(directory, objects, (prefix + "_run").str()))
    flashBytes = *bytes;
  else
    return bytes.takeError();

  flags.append(mapPrefix(prefix));
  for (StringRef source : {"main", "startup"}) {
    auto compiled = compileC(directory, target, directory.file(source + ".c"), (source + ".o").str(), flags);
    if (!compiled)
      return compiled.takeError();
    objects.push_back(*compiled);
  }
  SmallVector<std::string> link;
  for (StringRef flag : target.gccFlags)
    link.push_back(flag.str());
  std::string elf = directory.file("firmware.elf");
  link.append({"-mthumb", "-nostartfiles", "-L" + directory.path.str().str(), "-T",
               (target.qemuMachine + ".ld").str(), "-Wl,--gc-sections", "-o", elf});
  link.append(objects.begin(), objects.end());
  if (auto out = runTool(directory, "arm-none-eabi-gcc", "gcc-arm-none-eabi", link, 300); !out)
    return out.takeError();
  return elf;
}

/// `name=123` in the firmware's last line.
static std::optional<int64_t> readCount(StringRef text, StringRef name) {
  size_t line = text.rfind("tinyc: "), at = text.find((name + "=").str(), line);
  if (line == StringRef::npos || at == StringRef::npos)
    return std::nullopt;
  StringRef digits = text.substr(at + name.size() + 1);
  int64_t value = 0;
  if (digits.consumeInteger(10, value))
    return std::nullopt;
  return value;
}

Expected<EmulatorResult> runOnEmulator(const targets::Target &target, StringRef package, StringRef prefix,
                                       ArrayRef<char> inputs) {
  SmallString<128> packagePath(package);
  sys::fs::make_absolute(packagePath);
  ScratchDirectory directory;
  if (std::error_code code = sys::fs::createUniqueDirectory("tinyc-run", directory.path))
    return fail("cannot make a temporary directory: " + code.message());
  EmulatorResult result;
  Expected<std::string> elf = buildFirmware(directory, target, packagePath, prefix, result.flashBytes);
  if (!elf)
    return elf.takeError();
  if (Error error = writeFile(directory.file("input.bin"), StringRef(inputs.data(), inputs.size())))
    return error;

  std::string executable = sys::fs::getMainExecutable(nullptr, reinterpret_cast<void *>(&runOnEmulator));
  SmallString<128> plugin(sys::path::parent_path(sys::path::parent_path(executable)));
  sys::path::append(plugin, "lib", "tinyc_count.so");
  if (!sys::fs::exists(plugin))
    return fail(plugin + " not found: it is built beside this program");

  // The firmware opens input.bin and output.bin relative to QEMU's working directory.
  SmallString<128> previous;
  if (sys::fs::current_path(previous) || sys::fs::set_current_path(directory.path))
    return fail("cannot enter " + directory.path);
  auto restore = make_scope_exit([&] { (void)sys::fs::set_current_path(previous); });
  Expected<std::string> out = runTool(
      directory, "qemu-system-arm", "qemu-system-arm",
      {"-M", target.qemuMachine.str(), "-nographic", "-monitor", "none", "-serial", "null", "-chardev",
       "stdio,id=console", "-semihosting-config", "enable=on,target=native,chardev=console", "-plugin",
       (plugin + ",out=count.json").str(), "-kernel", *elf},
      3600);
  if (!out)
    return out.takeError();
  std::optional<int64_t> samples = readCount(*out, "samples"), stack = readCount(*out, "stack");
  Expected<std::string> countText = readFile("count.json"), outputs = readFile("output.bin");
  if (!countText)
    return countText.takeError();
  if (!outputs)
    return outputs.takeError();
  Expected<json::Value> count = json::parse(*countText);
  if (!count)
    return count.takeError();
  const json::Object *object = count->getAsObject();
  std::optional<int64_t> instructions = object ? object->getInteger("instructions") : std::nullopt;
  if (!samples || !stack || !instructions)
    return fail("the firmware ended without its figures: " + *out);
  result.outputs.assign(outputs->begin(), outputs->end());
  result.samples = *samples;
  result.instructions = *instructions;
  result.stackBytes = *stack;
  return result;
}

} // namespace tinyc
