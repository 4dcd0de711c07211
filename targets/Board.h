// Boards: a core with the memories that a program may use. docs/Boards.md describes the files.
#ifndef TINYC_TARGETS_BOARD_H
#define TINYC_TARGETS_BOARD_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tinyc::targets {

/// A contiguous memory of one kind.
struct MemoryRegion {
  enum class Kind { Ram, Flash };

  std::string name; ///< lower-case C identifier; in upper case a part of macro names
  Kind kind = Kind::Ram;
  int64_t bytes = 0;
  int64_t reserved = 0;            ///< bytes the application keeps for itself: stack, heap, code
  std::optional<uint64_t> address; ///< of the first byte
  std::string section;             ///< of the user's linker script, that lies in this memory; may be empty
  double read = 1, write = 1;      ///< cycles for each 32-bit word, on average over a sequence of words

  /// Bytes a program may use.
  int64_t getFreeBytes() const { return bytes - reserved; }
};

struct Board {
  std::string name, description;
  std::string core;       ///< name of a target
  int64_t clock = 0;      ///< Hz; 0: unknown
  std::vector<MemoryRegion> memory;

  /// The regions of a kind, in the file's order.
  std::vector<MemoryRegion> getRegions(MemoryRegion::Kind kind) const;
  /// Bytes a program may use in the regions of a kind.
  int64_t getFreeBytes(MemoryRegion::Kind kind) const;
};

/// Reads the text of a board file. Errors are one line, "FILE:LINE: error: ...".
llvm::Expected<Board> parseBoard(llvm::MemoryBufferRef file);

/// The board of a shipped file if there is one of that name, else of the file at that path.
llvm::Expected<Board> loadBoard(llvm::StringRef nameOrPath);

/// The names of the shipped board files, sorted.
std::vector<std::string> getBoardNames();

} // namespace tinyc::targets

#endif // TINYC_TARGETS_BOARD_H
