// What of a program lies in which memory of the board, for report.json, the summary and the package's texts.
#ifndef TINYC_COMPILER_MEMORIES_H
#define TINYC_COMPILER_MEMORIES_H

#include "compiler/Program.h"
#include "passes/lower/Plan.h"
#include "targets/Board.h"

namespace tinyc {

/// A buffer of the arena, or a constant.
struct MemoryItem {
  std::string name, kind; ///< kind: see lower::PlannedBuffer; "constant", "code"
  int64_t bytes;
};

/// A memory of the board, with what the program puts there.
struct MemoryUse {
  targets::MemoryRegion memory;
  int64_t begin = 0;             ///< first byte of it in the arena; of a RAM
  int64_t bytes = 0;             ///< used
  std::vector<MemoryItem> items; ///< by descending size

  llvm::json::Value toJson() const;
};

/// Of a module of phase Kernel, in the board's order.
std::vector<MemoryUse> listMemories(mlir::ModuleOp module, const targets::Board &board,
                                    const lower::MemoryPlan &plan);

// The parts of model.h and README.md that a package has whose arena is divided among memories. @PREFIX@ and @MACRO@
// stand for the prefix of its C names.

/// Of the header: how the arenas are made and handed over, for its opening comment.
std::string makeRegionUse(const Ports &ports);
/// Of the header: the macros of the regions' sizes.
std::string makeRegionMacros(llvm::ArrayRef<MemoryUse> memories);
/// Of the header: the context and the network's function.
std::string makeRegionTypes();
/// Of the header: <prefix>_init.
std::string makeRegionInit(const Ports &ports);
/// Of the read-me: definition of the arenas.
std::string makeRegionExample(llvm::ArrayRef<MemoryUse> memories);
/// Of the read-me: what lies in which memory, and how a linker script puts it there.
std::string makeMemoryNotes(llvm::ArrayRef<MemoryUse> memories, bool isSplit);

} // namespace tinyc

#endif // TINYC_COMPILER_MEMORIES_H
