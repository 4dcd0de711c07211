#include "compiler/Memories.h"

#include "dialects/kernel/Kernel.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using tinyc::targets::MemoryRegion;

namespace tinyc {

llvm::json::Value MemoryUse::toJson() const {
  llvm::json::Array list;
  for (const MemoryItem &item : items)
    list.push_back(
        llvm::json::Object{{"name", llvm::json::fixUTF8(item.name)}, {"kind", item.kind}, {"bytes", item.bytes}});
  const bool isRam = memory.kind == MemoryRegion::Kind::Ram;
  llvm::json::Object object{{"name", memory.name},
                            {"kind", isRam ? "ram" : "flash"},
                            {"bytes", bytes},
                            {"available", memory.getFreeBytes()},
                            {"holds", std::move(list)}};
  if (isRam)
    object["offset"] = begin;
  if (!memory.section.empty())
    object["section"] = memory.section;
  return object;
}

std::vector<MemoryUse> listMemories(ModuleOp module, const targets::Board &board, const lower::MemoryPlan &plan) {
  std::vector<MemoryUse> memories;
  for (const MemoryRegion &memory : board.memory)
    memories.push_back({memory});
  auto find = [&](StringRef name) {
    return llvm::find_if(memories, [&](const MemoryUse &use) { return use.memory.name == name; });
  };
  for (const lower::ArenaRegion &region : lower::getArenaRegions(getPlannedFunction(module))) {
    auto use = find(region.name);
    if (use == memories.end())
      continue;
    use->begin = region.begin;
    use->bytes = region.bytes;
    for (const lower::PlannedBuffer &buffer : plan.buffers)
      if (region.begin <= buffer.offset && buffer.offset < region.begin + region.bytes)
        use->items.push_back({buffer.name, buffer.kind, buffer.bytes});
  }
  for (auto constant : module.getOps<memref::GlobalOp>()) {
    auto name = constant->getAttrOfType<StringAttr>(kernel::kMemoryAttr);
    auto use = name ? find(name.getValue()) : memories.end();
    if (use == memories.end())
      continue;
    use->items.push_back({constant.getSymName().str(), "constant", kernel::getByteSize(constant.getType())});
    use->bytes += use->items.back().bytes;
  }
  for (MemoryUse &use : memories)
    llvm::stable_sort(use.items, [](const MemoryItem &a, const MemoryItem &b) { return a.bytes > b.bytes; });
  return memories;
}

static bool isArena(const MemoryUse &use) { return use.memory.kind == MemoryRegion::Kind::Ram && use.bytes > 0; }

std::string makeRegionUse(const Ports &ports) {
  std::string arguments;
  for (const lower::ArenaRegion &region : ports.regions)
    arguments += llvm::formatv(", {0}_arena, sizeof {0}_arena", region.name);
  std::string text;
  for (const lower::ArenaRegion &region : ports.regions)
    text += llvm::formatv(" *   static _Alignas(@MACRO@_ARENA_ALIGNMENT) uint8_t {0}_arena[@MACRO@_ARENA_{1}_BYTES];\n",
                          region.name, StringRef(region.name).upper());
  return text + " *   @PREFIX@_context model;\n *   @PREFIX@_init(&model" + arguments + ");\n";
}

std::string makeRegionMacros(llvm::ArrayRef<MemoryUse> memories) {
  std::string text = "/* Working memory: inputs, outputs and everything between them, in several memories. */\n", list;
  int64_t count = 0;
  for (const MemoryUse &use : memories) {
    if (!isArena(use))
      continue;
    std::string macro = "@MACRO@_ARENA_" + StringRef(use.memory.name).upper() + "_BYTES";
    text += llvm::formatv("#define {0} {1}\n", macro, use.bytes);
    list += " X(" + use.memory.name + ", " + macro + ")";
    ++count;
  }
  text += llvm::formatv("#define @MACRO@_ARENA_COUNT {0}\n", count);
  return text + "/* X(name, bytes) for each memory, in the order of @PREFIX@_init's arguments. */\n"
                "#define @MACRO@_ARENAS(X)" +
         list + "\n";
}

std::string makeRegionTypes() {
  return R"(
typedef struct @PREFIX@_context {
  uint8_t *arenas[@MACRO@_ARENA_COUNT];
} @PREFIX@_context;

/* The network alone, on its arenas in the order of @PREFIX@_init's arguments, with its inputs written. */
void @PREFIX@_run(uint8_t *const *arenas);
)";
}

std::string makeRegionInit(const Ports &ports) {
  std::string parameters, conditions, stores;
  for (auto [number, region] : llvm::enumerate(ports.regions)) {
    parameters += llvm::formatv(",\n                               void *{0}_arena, size_t {0}_bytes", region.name);
    conditions += llvm::formatv("{0}{1}_arena == NULL || {1}_bytes < @MACRO@_ARENA_{2}_BYTES ||\n"
                                "      (uintptr_t){1}_arena % @MACRO@_ARENA_ALIGNMENT != 0",
                                number == 0 ? "" : " ||\n      ", region.name, StringRef(region.name).upper());
    stores += llvm::formatv("  context->arenas[{0}] = (uint8_t *){1}_arena;\n", number, region.name);
  }
  return "/* Takes a part of each memory. Returns 0, or -1 if one has too few bytes or is not aligned. They must stay\n"
         " * valid as long as the context is used; their contents do not matter. */\n"
         "static inline int @PREFIX@_init(@PREFIX@_context *context" +
         parameters + ") {\n  if (" + conditions + ")\n    return -1;\n" + stores + "  return 0;\n}\n";
}

std::string makeRegionExample(llvm::ArrayRef<MemoryUse> memories) {
  std::string text = "#include \"model.h\"\n#include <string.h>\n\n", arguments;
  for (const MemoryUse &use : memories) {
    if (!isArena(use))
      continue;
    const std::string &name = use.memory.name;
    std::string section;
    if (!use.memory.section.empty())
      section = "__attribute__((section(\"" + use.memory.section + "\"))) ";
    text += llvm::formatv("{0}static _Alignas(@MACRO@_ARENA_ALIGNMENT) uint8_t {1}_arena[@MACRO@_ARENA_{2}_BYTES];\n",
                          section, name, StringRef(name).upper());
    arguments += llvm::formatv(", {0}_arena, sizeof {0}_arena", name);
  }
  return text + "\nint main(void) {\n  @PREFIX@_context model;\n  if (@PREFIX@_init(&model" + arguments +
         ") != 0)\n    return 1;\n";
}

std::string makeMemoryNotes(llvm::ArrayRef<MemoryUse> memories, bool isSplit) {
  std::string text = "\n## Memories\n\n| memory | bytes | available | of it |\n|---|---|---|---|\n", scripts, flash;
  for (const MemoryUse &use : memories) {
    const MemoryRegion &memory = use.memory;
    const bool isRam = memory.kind == MemoryRegion::Kind::Ram;
    text += llvm::formatv("| {0} | {1} | {2} | {3} |\n", memory.name, use.bytes, memory.getFreeBytes(),
                          isRam ? "arena" : "constants, code");
    if (use.bytes == 0)
      continue;
    std::string upper = StringRef(memory.name).upper();
    std::string section = memory.section.empty() ? "." + memory.name : memory.section;
    if (!isRam) {
      size_t count = llvm::count_if(use.items, [](const MemoryItem &item) { return item.kind == "constant"; });
      flash += llvm::formatv("* `@MACRO@_SECTION_{0}`: {1} constants, for memory {2}\n", upper, count, memory.name);
      continue;
    }
    if (memory.address)
      scripts += llvm::formatv("  /* MEMORY: {0} (rw) : ORIGIN = {1:x8}, LENGTH = {2} */\n", upper, *memory.address,
                               memory.bytes);
    scripts += llvm::formatv("  {0} (NOLOAD) : {{ *({0} {0}.*) } > {1}\n", section, upper);
  }
  if (!scripts.empty()) {
    text += isSplit ? "\nThe buffers that are accessed most for their size lie in the fastest memory. "
                    : "\nThe arena fits into the fastest memory that has room for it. ";
    text += "Its place is where your program and linker script put it, for example:\n\n```\n" + scripts + "```\n";
  }
  if (!flash.empty())
    text += "\nEach constant of `model.c` stands behind a macro that is empty unless you define it, for example with\n"
            "`-D'@MACRO@_SECTION_NAME=__attribute__((section(\".name\")))'`:\n\n" +
            flash;
  return text;
}

} // namespace tinyc
