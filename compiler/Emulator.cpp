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

/// Links package and firmware; returns the path of the ELF file and stores the package's flash. With profiledLayers above
/// 0 the package calls back around its kernel calls.
static Expected<std::string> buildFirmware(const ScratchDirectory &directory, const targets::Target &target,
                                           StringRef package, StringRef prefix, int64_t profiledLayers,
                                           int64_t &flashBytes) {
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
  if (profiledLayers > 0) {
    if (!files->object.empty())
      return toolError("a profile needs a package of C sources, not one with an object file");
    flags.push_back("-D" + prefix.upper() + "_PROFILE");
    flags.push_back("-DPROFILED_LAYERS=" + std::to_string(profiledLayers));
  }
  for (const std::string &source : files->sources) {
    auto compiled = compileC(directory, target, source, ("package" + Twine(objects.size()) + ".o").str(), flags);
    if (!compiled)
      return compiled.takeError();
    objects.push_back(*compiled);
  }
  if (profiledLayers == 0) {
    auto bytes = measureFlash(directory, objects, (prefix + "_run").str());
    if (!bytes)
      return bytes.takeError();
    flashBytes = *bytes;
  }

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

/// The address of a symbol in hexadecimal digits.
static Expected<std::string> findSymbol(const ScratchDirectory &directory, StringRef elf, StringRef name) {
  auto table = runTool(directory, "arm-none-eabi-nm", "binutils-arm-none-eabi", {elf.str()}, 60);
  if (!table)
    return table.takeError();
  SmallVector<StringRef> lines;
  StringRef(*table).split(lines, '\n');
  for (StringRef line : lines)
    if (line.ends_with((" " + name).str()))
      return line.split(' ').first.str();
  return toolError("the firmware has no symbol " + name);
}

namespace {

/// What the firmware and the plugin said.
struct Execution {
  std::string text;   ///< of the firmware
  json::Object count; ///< of the plugin
};

} // namespace

/// Runs the firmware on input.bin in `directory`, which is the current one.
static Expected<Execution> execute(const ScratchDirectory &directory, const targets::Target &target, StringRef elf,
                                   const Twine &pluginOptions) {
  std::string executable = sys::fs::getMainExecutable(nullptr, reinterpret_cast<void *>(&runOnEmulator));
  SmallString<128> plugin(sys::path::parent_path(sys::path::parent_path(executable)));
  sys::path::append(plugin, "lib", "tinyc_count.so");
  if (!sys::fs::exists(plugin))
    return toolError(plugin + " not found: it is built beside this program");
  Expected<std::string> text = runTool(
      directory, "qemu-system-arm", "qemu-system-arm",
      {"-M", target.qemuMachine.str(), "-nographic", "-monitor", "none", "-serial", "null", "-chardev",
       "stdio,id=console", "-semihosting-config", "enable=on,target=native,chardev=console", "-plugin",
       (plugin + ",out=count.json" + pluginOptions).str(), "-kernel", elf.str()},
      3600);
  if (!text)
    return text.takeError();
  Expected<std::string> countText = loadFile("count.json");
  if (!countText)
    return countText.takeError();
  Expected<json::Value> count = json::parse(*countText);
  if (!count)
    return count.takeError();
  json::Object *object = count->getAsObject();
  if (!object || !object->getInteger("instructions"))
    return toolError("the firmware ended without its figures: " + *text);
  return Execution{std::move(*text), std::move(*object)};
}

static EmulatorCount readCounts(const json::Object &object) {
  return {object.getInteger("instructions").value_or(0), object.getInteger("cycles").value_or(0),
          object.getInteger("calls").value_or(0)};
}

/// Profiles the first sample: the whole inference without callbacks, then the layers with them. input.bin holds one sample.
static Expected<EmulatorProfile> profile(const ScratchDirectory &directory, const targets::Target &target,
                                         StringRef package, StringRef prefix, StringRef elf, int64_t layers) {
  StringRef core = target.name;
  core.consume_front("cortex-");
  EmulatorProfile profile;
  Expected<Execution> whole = execute(directory, target, elf, ",core=" + core);
  if (!whole)
    return whole.takeError();
  profile.whole = readCounts(whole->count);

  int64_t flashBytes;
  Expected<std::string> instrumented = buildFirmware(directory, target, package, prefix, layers, flashBytes);
  if (!instrumented)
    return instrumented.takeError();
  Expected<std::string> marks = findSymbol(directory, *instrumented, "profile_marks");
  if (!marks)
    return marks.takeError();
  Expected<Execution> marked = execute(directory, target, *instrumented,
                                       ",core=" + core + ",marks=0x" + *marks + ",layers=" + Twine(layers));
  if (!marked)
    return marked.takeError();
  if (const json::Array *array = marked->count.getArray("layers"))
    for (const json::Value &layer : *array)
      if (const json::Object *object = layer.getAsObject())
        profile.layers.push_back(readCounts(*object));
  if (none_of(profile.layers, [](const EmulatorCount &layer) { return layer.calls > 0; }))
    return toolError("the package has no profile: it was made by an earlier tinyc, or with --check");
  return profile;
}

Expected<EmulatorResult> runOnEmulator(const targets::Target &target, StringRef package, StringRef prefix,
                                       ArrayRef<char> inputs, int64_t profiledLayers) {
  SmallString<128> packagePath(package);
  sys::fs::make_absolute(packagePath);
  ScratchDirectory directory;
  if (Error error = directory.create())
    return error;
  EmulatorResult result;
  Expected<std::string> elf = buildFirmware(directory, target, packagePath, prefix, 0, result.flashBytes);
  if (!elf)
    return elf.takeError();
  if (Error error = writeFile(directory.file("input.bin"), StringRef(inputs.data(), inputs.size())))
    return error;

  // The firmware opens input.bin and output.bin relative to QEMU's working directory.
  SmallString<128> previous;
  if (sys::fs::current_path(previous) || sys::fs::set_current_path(directory.getPath()))
    return toolError("cannot enter " + directory.getPath());
  scope_exit restore([&] { (void)sys::fs::set_current_path(previous); });
  Expected<Execution> run = execute(directory, target, *elf, "");
  if (!run)
    return run.takeError();
  std::optional<int64_t> samples = readCount(run->text, "samples"), stack = readCount(run->text, "stack");
  Expected<std::string> outputs = loadFile("output.bin");
  if (!outputs)
    return outputs.takeError();
  if (!samples || !stack)
    return toolError("the firmware ended without its figures: " + run->text);
  result.outputs.assign(outputs->begin(), outputs->end());
  result.samples = *samples;
  result.instructions = *run->count.getInteger("instructions");
  result.stackBytes = *stack;
  if (profiledLayers == 0 || *samples == 0)
    return result;
  if (Error error = writeFile("input.bin", StringRef(inputs.data(), inputs.size() / *samples)))
    return error;
  Expected<EmulatorProfile> profiled = profile(directory, target, packagePath, prefix, *elf, profiledLayers);
  if (!profiled)
    return profiled.takeError();
  result.profile = std::move(*profiled);
  return result;
}

} // namespace tinyc
