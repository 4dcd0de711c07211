// What each byte of the arena holds, while a planned program is followed step by step.
#ifndef TINYC_PASSES_LOWER_BYTEOWNERSHIP_H
#define TINYC_PASSES_LOWER_BYTEOWNERSHIP_H

#include "llvm/ADT/STLFunctionalExtras.h"

#include <cstdint>
#include <map>

namespace tinyc::lower {

/// Bytes [begin, end) of the arena.
struct ByteRange {
  int64_t begin = 0, end = 0;

  int64_t size() const { return end - begin; }
  bool overlaps(const ByteRange &other) const { return begin < other.end && other.begin < end; }
  bool operator==(const ByteRange &other) const { return begin == other.begin && end == other.end; }
};

/// A row of a buffer whose rows lie anywhere, or a contiguous buffer (row 0).
struct ByteOwner {
  int64_t buffer = -1; ///< -1: nobody
  int64_t row = 0;

  bool operator==(const ByteOwner &other) const { return buffer == other.buffer && row == other.row; }
  bool operator!=(const ByteOwner &other) const { return !(*this == other); }
};

/// The owner of every byte, as disjoint intervals.
class ByteOwnership {
public:
  void set(ByteRange range, ByteOwner owner);
  void clear(ByteRange range);

  /// The first owner in `range` that is not `owner`, nobody included; `owner` if all bytes are its own.
  ByteOwner findOther(ByteRange range, ByteOwner owner) const;

  /// Calls `visit` for each interval with an owner, ascending.
  void forEach(llvm::function_ref<void(ByteRange, ByteOwner)> visit) const;

  /// Calls `visit` for each part of `range` without an owner, ascending.
  void forEachGap(ByteRange range, llvm::function_ref<void(ByteRange)> visit) const;

private:
  struct Interval {
    int64_t end;
    ByteOwner owner;
  };
  /// Splits the interval that `at` lies inside of.
  void cut(int64_t at);

  std::map<int64_t, Interval> intervals; // by their begin
};

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_BYTEOWNERSHIP_H
