#include "compiler/PackageTexts.h"

#include "compiler/StreamTexts.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace tinyc {

/// Replaces each @NAME@ of `text`.
static std::string fill(StringRef text, ArrayRef<std::pair<StringRef, std::string>> values) {
  std::string result;
  while (true) {
    auto [before, rest] = text.split('@');
    result += before;
    if (rest.empty())
      return result;
    auto [name, after] = rest.split('@');
    for (const auto &[key, value] : values)
      if (key == name)
        result += value;
    text = after;
  }
}

static std::string list(ArrayRef<int64_t> numbers) {
  std::string text;
  raw_string_ostream os(text);
  interleaveComma(numbers, os);
  return text;
}

/// Text that can stand in a C string, in a comment and in Markdown.
static std::string clean(StringRef text) {
  std::string result;
  for (char c : text)
    result += isAlnum(c) || StringRef(" .,:;_-+/()[]<>=#").contains(c) ? c : '_';
  for (size_t at; (at = result.find("/*")) != std::string::npos || (at = result.find("*/")) != std::string::npos;)
    result.replace(at, 2, "__");
  return result;
}

static std::string formatScale(double scale) {
  std::string text;
  raw_string_ostream(text) << format("%.9g", scale);
  if (StringRef(text).find_first_of(".e") == StringRef::npos)
    text += ".0";
  return text + "f";
}

static std::string getLayout(const Port &port) {
  if (port.permutation == std::vector<int64_t>{0, 2, 3, 1})
    return "NHWC";
  if (port.permutation.empty() || is_sorted(port.permutation))
    return "as in the ONNX model";
  return "ONNX dimensions in the order " + list(port.permutation);
}

static std::string getCType(const Port &port) {
  if (port.type == "float32")
    return "float";
  return port.type == "bool" ? "uint8_t" : port.type + "_t";
}

/// Calls `print(port, direction, index)` for every input, then every output.
static void forEachPort(const Ports &ports, function_ref<void(const Port &, StringRef, size_t)> print) {
  for (auto [index, port] : enumerate(ports.inputs))
    print(port, "INPUT", index);
  for (auto [index, port] : enumerate(ports.outputs))
    print(port, "OUTPUT", index);
}

static std::string makePortMacros(const Ports &ports, StringRef macros) {
  std::string text;
  raw_string_ostream os(text);
  forEachPort(ports, [&](const Port &port, StringRef direction, size_t index) {
    std::string macro = (macros + "_" + direction + "_" + Twine(index)).str();
    os << "\n/* " << (direction == "INPUT" ? "Input " : "Output ") << index << ": " << getCType(port) << " ["
       << list(port.shape) << "], " << getLayout(port) << ".";
    if (port.isInteger())
      os << " Real value = (q - " << macro << "_ZERO_POINT) * " << macro << "_SCALE.";
    os << " */\n";
    os << "#define " << macro << "_NAME \"" << clean(port.name) << "\"\n";
    os << "#define " << macro << "_BYTES " << port.bytes << "\n";
    os << "#define " << macro << "_ELEMENTS " << port.getElements() << "\n";
    os << "#define " << macro << "_RANK " << port.shape.size() << "\n";
    os << "#define " << macro << "_SHAPE {" << list(port.shape) << "}\n";
    if (port.streamed) {
      os << "#define " << macro << "_ROWS " << port.getRows() << " /* streamed */\n#define " << macro << "_ROW_BYTES "
         << port.getRowBytes() << "\n";
      if (port.passes > 1)
        os << "#define " << macro << "_PASSES " << port.passes << " /* how many times all rows are taken, from row 0 on */\n";
    } else if (ports.isSplit()) {
      os << "#define " << macro << "_OFFSET " << port.offset - ports.regions[ports.getRegion(port)].begin
         << " /* bytes into " << ports.regions[ports.getRegion(port)].name << "_arena */\n";
    } else {
      os << "#define " << macro << "_OFFSET " << port.offset << " /* bytes into the arena */\n";
    }
    if (port.isInteger()) {
      os << "#define " << macro << "_SCALE " << formatScale(port.scale) << "\n";
      os << "#define " << macro << "_ZERO_POINT (" << port.zeroPoint << ")\n";
    }
  });
  return text;
}

/// `case 0: return <value>;` for each port, or for those in the arena; `value` gets the prefix of the port's macros.
static std::string makeCases(ArrayRef<Port> ports, const Twine &macro,
                             function_ref<std::string(const Port &, std::string)> value, bool inArena = false) {
  std::string text;
  for (size_t index = 0; index < ports.size(); ++index)
    if (!inArena || !ports[index].streamed)
      text += "  case " + std::to_string(index) + ":\n    return " +
              value(ports[index], (macro + "_" + Twine(index)).str()) + ";\n";
  return text;
}

/// The first of those that have their place in the arena, or none.
static std::optional<size_t> findResident(ArrayRef<Port> ports) {
  for (auto [index, port] : enumerate(ports))
    if (!port.streamed)
      return index;
  return std::nullopt;
}

std::string makeHeader(const Report &report, const targets::Target &target, StringRef prefix, const CheckPlan *check) {
  static const char text[] = R"(/* model.h - @FILE@, compiled by tinyc for @TARGET@.
 *
@SETUP@@USE@ *
 * There is no other state: contexts with arenas of their own may run at the same time. Inputs and outputs lie in the
 * arena and may share its bytes: write every input before each invocation, and read the outputs before writing inputs.
 */
#ifndef TINYC_@MACRO@_H
#define TINYC_@MACRO@_H

#include <stddef.h>
#include <stdint.h>
@INCLUDE@
#ifdef __cplusplus
extern "C" {
#endif

@ARENAS@#define @MACRO@_ARENA_ALIGNMENT @ARENA_ALIGNMENT@

#define @MACRO@_INPUT_COUNT @INPUT_COUNT@
#define @MACRO@_OUTPUT_COUNT @OUTPUT_COUNT@
@PORTS@@TYPES@@CHECK@
@INIT@
/* Where input `index` is to be written, aligned to 4 bytes; NULL if there is none of that index@STREAMED@. */
static inline void *@PREFIX@_input(const @PREFIX@_context *context, int index) {
@NO_INPUTS@  switch (index) {
@INPUT_CASES@  default:
    return NULL;
  }
}

/* Where output `index` is after an invocation; NULL if there is none of that index@STREAMED@. */
static inline const void *@PREFIX@_output(const @PREFIX@_context *context, int index) {
@NO_OUTPUTS@  switch (index) {
@OUTPUT_CASES@  default:
    return NULL;
  }
}

/* Bytes of input `index`, 0 if there is none of that index. */
static inline size_t @PREFIX@_input_bytes(int index) {
  switch (index) {
@INPUT_BYTES@  default:
    return 0;
  }
}

/* Bytes of output `index`, 0 if there is none of that index. */
static inline size_t @PREFIX@_output_bytes(int index) {
  switch (index) {
@OUTPUT_BYTES@  default:
    return 0;
  }
}
@INVOKE@
#ifdef __cplusplus
}
#endif

#endif /* TINYC_@MACRO@_H */
)";
  static const char setup[] = R"( *   static _Alignas(@MACRO@_ARENA_ALIGNMENT) uint8_t arena[@MACRO@_ARENA_BYTES];
 *   @PREFIX@_context model;
 *   @PREFIX@_init(&model, arena, sizeof arena);
)";
  static const char arenas[] = R"(/* Working memory: inputs, outputs and everything between them. */
#define @MACRO@_ARENA_BYTES @ARENA_BYTES@
#define @MACRO@_ARENA_COUNT 1
)";
  static const char init[] = R"(/* Takes `bytes` bytes of memory at `arena`. Returns 0, or -1 if they are too few or not aligned. The memory must stay
 * valid as long as the context is used; its contents do not matter. */
static inline int @PREFIX@_init(@PREFIX@_context *context, void *arena, size_t bytes) {
  if (arena == NULL || bytes < @MACRO@_ARENA_BYTES || (uintptr_t)arena % @MACRO@_ARENA_ALIGNMENT != 0)
    return -1;
@CLEAR@  context->arena = (uint8_t *)arena@GUARD@;
@RESET@  return 0;
}
)";
  static const char types[] = R"(
typedef struct @PREFIX@_context {
  uint8_t *arena;
} @PREFIX@_context;

/* The network alone, on an arena with its inputs written. */
void @PREFIX@_run(uint8_t *arena);
)";
  static const char invoke[] = R"(
/* Computes the outputs from the inputs. */
static inline void @PREFIX@_invoke(@PREFIX@_context *context) { @PREFIX@_@RUN@(context->@FIELD@); }
)";
  static const char reset[] = "  @PREFIX@_check_reset(context->arena);\n";
  std::string macro = prefix.upper();
  auto expand = [&](StringRef part) {
    return fill(part, {{"PREFIX", prefix.str()},
                       {"MACRO", macro},
                       {"RUN", check ? "checked_run" : "run"},
                       {"FIELD", report.ports.isSplit() ? "arenas" : "arena"},
                       {"CLEAR", report.ports.isStreamed() ? "  memset(context, 0, sizeof *context);\n" : ""},
                       {"GUARD", check ? " + " + std::to_string(check->getArenaOffset()) : ""},
                       {"ARENA_BYTES", std::to_string(check ? check->getMemoryBytes() : report.sramBytes)},
                       {"RESET", check ? fill(reset, {{"PREFIX", prefix.str()}}) : ""}});
  };
  const Ports &ports = report.ports;
  const bool split = ports.isSplit();
  auto address = [&](const Port &port, std::string macros) {
    std::string arena = split ? "arenas[" + std::to_string(ports.getRegion(port)) + "]" : "arena";
    return "context->" + arena + " + " + macros + "_OFFSET";
  };
  auto bytes = [](const Port &, std::string macros) { return macros + "_BYTES"; };
  const bool streamed = ports.isStreamed();
  static const char context[] = "  (void)context;\n";
  const std::optional<size_t> input = findResident(ports.inputs), output = findResident(ports.outputs);
  std::string use;
  if (input)
    use += formatv(" *   ... write @MACRO@_INPUT_{0}_BYTES bytes to @PREFIX@_input(&model, {0}) ...\n", *input);
  use += streamed ? makeStreamUse(ports) : " *   @PREFIX@_invoke(&model);\n";
  if (output)
    use += formatv(" *   ... read @MACRO@_OUTPUT_{0}_BYTES bytes from @PREFIX@_output(&model, {0}) ...\n", *output);
  return fill(text, {{"FILE", clean(sys::path::filename(report.modelFile))},
                     {"TARGET", target.name.str()},
                     {"PREFIX", prefix.str()},
                     {"MACRO", macro},
                     {"USE", expand(use)},
                     {"INCLUDE", streamed ? "#include <string.h>\n" : ""},
                     {"SETUP", expand(split ? makeRegionUse(ports) : setup)},
                     {"ARENAS", expand(split ? makeRegionMacros(report.memories) : arenas)},
                     {"TYPES", expand(streamed ? makeStreamTypes(ports) : split ? makeRegionTypes() : types)},
                     {"INIT", expand(split ? makeRegionInit(ports) : init)},
                     {"STREAMED", streamed ? ", or it is streamed" : ""},
                     {"INVOKE", expand(streamed ? makeStreamFunctions(ports) : invoke)},
                     {"CHECK", check ? makeCheckDeclarations(prefix) : ""},
                     {"ARENA_ALIGNMENT", std::to_string(target.arenaAlignment)},
                     {"INPUT_COUNT", std::to_string(ports.inputs.size())},
                     {"OUTPUT_COUNT", std::to_string(ports.outputs.size())},
                     {"PORTS", makePortMacros(ports, macro)},
                     {"NO_INPUTS", input ? "" : context},
                     {"NO_OUTPUTS", output ? "" : context},
                     {"INPUT_CASES", makeCases(ports.inputs, macro + "_INPUT", address, /*inArena=*/true)},
                     {"OUTPUT_CASES", makeCases(ports.outputs, macro + "_OUTPUT", address, /*inArena=*/true)},
                     {"INPUT_BYTES", makeCases(ports.inputs, macro + "_INPUT", bytes)},
                     {"OUTPUT_BYTES", makeCases(ports.outputs, macro + "_OUTPUT", bytes)}});
}

static std::string makePortRows(const Ports &ports) {
  std::string text;
  raw_string_ostream os(text);
  forEachPort(ports, [&](const Port &port, StringRef direction, size_t index) {
    os << "| " << direction.lower() << " " << index << " | " << clean(port.name) << " | " << getCType(port) << " | "
       << list(port.shape) << " | " << getLayout(port) << " | " << port.bytes << " | ";
    if (port.isInteger())
      os << "(q " << (port.zeroPoint < 0 ? "+ " : "- ") << std::abs(port.zeroPoint) << ") * "
         << format("%.9g", port.scale) << " |\n";
    else
      os << "as stored |\n";
  });
  return text;
}

std::string makeReadme(const Report &report, const targets::Target &target, StringRef prefix,
                       ArrayRef<std::string> sources, const CheckPlan *check) {
  static const char text[] = R"(# @FILE@ for @TARGET@

Made by tinyc from `@FILE@` (SHA-256 `@SHA256@`). `model.h` is the API, `report.json` says what every layer costs.

| | bytes |
|---|---|
| SRAM: the arena, @STREAMED@ and intermediate results | @SRAM@ |
@STATE@| flash: weights | @WEIGHTS@ |
| flash: code, as tinyc itself compiles it (other compilers differ) | @CODE@ |

The stack comes on top of the arena; `tinyc-run` measures it.

## Inputs and outputs

| | ONNX name | type | shape | layout | bytes | real value |
|---|---|---|---|---|---|---|
@PORTS@
@QUANTIZE@`model.h` has sizes, scales and zero points as macros.

## Use

```c
@EXAMPLE@```

* `int @PREFIX@_init(@PREFIX@_context *context, @ARENAS@)`: 0, or -1 if the memory is too small or not
  aligned to `@MACRO@_ARENA_ALIGNMENT`.
* `void *@PREFIX@_input(const @PREFIX@_context *context, int index)`, `size_t @PREFIX@_input_bytes(int index)`
* `const void *@PREFIX@_output(const @PREFIX@_context *context, int index)`, `size_t @PREFIX@_output_bytes(int index)`
@INVOKE@
Write every input before each invocation and read the outputs before writing the next inputs: they may share bytes of
the arena. Nothing is allocated and there are no variables but the arena, so contexts with arenas of their own may run
at the same time.
@CAMERA@@CHECKS@@MEMORIES@
## Build

@BUILD@)";
  static const char build[] = R"(Add the directory to a CMake project (`add_subdirectory`, then link `tinyc_@PREFIX@`), or configure it
alone with your toolchain file. By hand:

```sh
@COMPILER@ @FLAGS@-std=c11 -O2 -ffp-contract=off -ffunction-sections -I. -Iruntime/include -c \
@SOURCES@
```

`-ffp-contract=off` keeps floats equal in every bit on all processors; integer models do not depend on it.

The sources are C11 and need `memcpy` and `memset` from the C library, no more.
)";
  static const char link[] = R"(Link `model.o` with your program@FLAGS@. It holds network, weights and kernels, and
defines `@PREFIX@_run` alone. It needs `memcpy` and `memset` from the C library, and the arithmetic of the compiler's own
library where the core has none.
)";
  std::string flags;
  for (StringRef flag : target.gccFlags)
    flags += flag.str() + " ";
  if (sources.empty() && !flags.empty())
    flags = ", whose processor flags are `" + StringRef(flags).trim().str() + "`";
  std::string sourceLines;
  for (const std::string &source : sources)
    sourceLines += "  " + source + (&source == &sources.back() ? "" : " \\\n");
  std::string buildText = fill(sources.empty() ? link : build,
                               {{"PREFIX", prefix.str()},
                                {"COMPILER", target.isHost() ? "cc" : "arm-none-eabi-gcc"},
                                {"FLAGS", flags},
                                {"SOURCES", sourceLines}});
  static const char quantize[] =
      "To quantize a real value r: q = round(r / scale) + zero point, limited to -128 ... 127 (int16_t: -32767 ... 32767).\n";
  static const char whole[] = R"(#include "model.h"
#include <string.h>

static _Alignas(@MACRO@_ARENA_ALIGNMENT) uint8_t arena[@MACRO@_ARENA_BYTES];

int main(void) {
  @PREFIX@_context model;
  if (@PREFIX@_init(&model, arena, sizeof arena) != 0)
    return 1;
)";
  static const char input[] =
      "  memset(@PREFIX@_input(&model, 0), 0, @MACRO@_INPUT_0_BYTES); /* your input here */\n";
  static const char tail[] = R"(  @PREFIX@_invoke(&model);
  const @OUTPUT_TYPE@ *output = (const @OUTPUT_TYPE@ *)@PREFIX@_output(&model, 0);
  return output[0] != 0; /* your use of the output here */
}
)";
  static const char invoke[] = "* `void @PREFIX@_invoke(@PREFIX@_context *context)`\n";
  const Ports &ports = report.ports;
  const bool streamed = ports.isStreamed();
  const std::string head = ports.isSplit() ? makeRegionExample(report.memories) : whole;
  const std::string outputType = ports.outputs.empty() ? "uint8_t" : getCType(ports.outputs.front());
  auto expand = [&](const Twine &part) {
    return fill(part.str(), {{"PREFIX", prefix.str()}, {"MACRO", prefix.upper()}, {"OUTPUT_TYPE", outputType}});
  };
  bool quantized = false;
  forEachPort(ports, [&](const Port &port, StringRef, size_t) { quantized |= port.isInteger(); });
  return fill(text, {{"FILE", clean(sys::path::filename(report.modelFile))},
                     {"SHA256", report.modelSha256},
                     {"TARGET", target.name.str()},
                     {"PREFIX", prefix.str()},
                     {"MACRO", prefix.upper()},
                     {"SRAM", std::to_string(report.sramBytes)},
                     {"STREAMED", streamed ? "all inputs and outputs that are not streamed," : "all inputs, outputs"},
                     {"STATE", streamed ? formatv("| SRAM: in `{0}_context`, where the network stands between two rows | {1} |\n",
                                                  prefix, ports.getStateBytes()).str()
                                        : ""},
                     {"WEIGHTS", std::to_string(report.weightBytes)},
                     {"CODE", std::to_string(report.codeBytes)},
                     {"PORTS", makePortRows(ports)},
                     {"QUANTIZE", quantized ? quantize : ""},
                     {"EXAMPLE", expand(streamed ? makeStreamExample(ports, outputType)
                                                 : head + (ports.inputs.empty() ? "" : input) + tail)},
                     {"INVOKE", expand(streamed ? makeStreamCalls(ports) : invoke)},
                     {"CAMERA", streamed ? expand(makeStreamNotes(ports)) : ""},
                     {"CHECKS", check ? makeCheckNotes(*check, prefix) : ""},
                     {"ARENAS", ports.isSplit() ? "void *..., size_t ..." : "void *arena, size_t bytes"},
                     {"MEMORIES", report.memories.empty() ? "" : expand(makeMemoryNotes(report.memories, ports.isSplit()))},
                     {"BUILD", buildText}});
}

std::string makeBuildFile(StringRef prefix, ArrayRef<std::string> sources) {
  static const char text[] = R"(# The network as a static library, tinyc_@PREFIX@. Processor flags come from the toolchain file or the parent
# project.
cmake_minimum_required(VERSION 3.13)
# A compiler without operating system cannot link the executables that CMake tries it with.
if(NOT DEFINED CMAKE_TRY_COMPILE_TARGET_TYPE)
  set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
endif()
project(tinyc_@PREFIX@ LANGUAGES C)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release)
endif()

add_library(tinyc_@PREFIX@ STATIC
@SOURCES@)
target_include_directories(tinyc_@PREFIX@ PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}
                           PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/runtime/include)
set_target_properties(tinyc_@PREFIX@ PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON)
# Floats are to be equal in every bit on all processors.
target_compile_options(tinyc_@PREFIX@ PRIVATE -ffp-contract=off -ffunction-sections -fdata-sections)
)";
  std::string lines;
  for (const std::string &source : sources)
    lines += "  " + source + (&source == &sources.back() ? "" : "\n");
  return fill(text, {{"PREFIX", prefix.str()}, {"SOURCES", lines}});
}

} // namespace tinyc
