#include "compiler/Emulator.h"
#include "compiler/ExternalTool.h"
#include "compiler/Files.h"

#include "targets/EmbeddedFiles.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace tinyc {

/// .text, .rodata and .data of the package alone: a partial link from its entry.
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
    return toolError("cannot read the output of arm-none-eabi-size");
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
  for (StringRef name : {"context", "init", "input", "output", "input_bytes", "output_bytes", "invoke", "next", "rows",
                         "check", "violation"})
    defines.push_back("-Dmodel_" + name.str() + "=" + prefix.str() + "_" + name.str());
  for (StringRef name : {"ARENA_BYTES", "ARENA_ALIGNMENT", "ARENA_COUNT", "ARENAS", "INPUT_COUNT", "OUTPUT_COUNT", "WANTS_ROWS", "CHECK"})
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
  SmallVector<std::string> objects, flags = getIncludeFlags(package);
  Expected<PackageFiles> files = findPackageFiles(package);
  if (!files)
    return files.takeError();
  if (!files->object.empty())
    objects.push_back(files->object);
  for (const std::string &source : files->sources) {
    auto compiled = compileC(directory, target, source, ("package" + Twine(objects.size()) + ".o").str(), flags);
    if (!compiled)
      return compiled.takeError();
    objects.push_back(*compiled);
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
  link.append({"-mthumb", "-nostartfiles", "-L" + directory.getPath().str(), "-T",
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
  if (Error error = directory.create())
    return error;
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
    return toolError(plugin + " not found: it is built beside this program");

  // The firmware opens input.bin and output.bin relative to QEMU's working directory.
  SmallString<128> previous;
  if (sys::fs::current_path(previous) || sys::fs::set_current_path(directory.getPath()))
    return toolError("cannot enter " + directory.getPath());
  scope_exit restore([&] { (void)sys::fs::set_current_path(previous); });
  Expected<std::string> out = runTool(
      directory, "qemu-system-arm", "qemu-system-arm",
      {"-M", target.qemuMachine.str(), "-nographic", "-monitor", "none", "-serial", "null", "-chardev",
       "stdio,id=console", "-semihosting-config", "enable=on,target=native,chardev=console", "-plugin",
       (plugin + ",out=count.json").str(), "-kernel", *elf},
      3600);
  if (!out)
    return out.takeError();
  std::optional<int64_t> samples = readCount(*out, "samples"), stack = readCount(*out, "stack");
  Expected<std::string> countText = loadFile("count.json"), outputs = loadFile("output.bin");
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
    return toolError("the firmware ended without its figures: " + *out);
  result.outputs.assign(outputs->begin(), outputs->end());
  result.samples = *samples;
  result.instructions = *instructions;
  result.stackBytes = *stack;
  return result;
}

} // namespace tinyc
