#include "passes/lower/ByteOwnership.h"

#include <algorithm>
#include <iterator>

namespace tinyc::lower {

void ByteOwnership::cut(int64_t at) {
  auto after = intervals.lower_bound(at);
  if (after == intervals.begin())
    return;
  auto before = std::prev(after);
  if (before->second.end <= at)
    return;
  intervals[at] = before->second;
  before->second.end = at;
}

void ByteOwnership::clear(ByteRange range) {
  if (range.size() <= 0)
    return;
  cut(range.begin);
  cut(range.end);
  intervals.erase(intervals.lower_bound(range.begin), intervals.lower_bound(range.end));
}

void ByteOwnership::set(ByteRange range, ByteOwner owner) {
  if (range.size() <= 0)
    return;
  clear(range);
  intervals[range.begin] = {range.end, owner};
}

ByteOwner ByteOwnership::findOther(ByteRange range, ByteOwner owner) const {
  for (int64_t at = range.begin; at < range.end;) {
    auto interval = intervals.upper_bound(at);
    if (interval == intervals.begin() || std::prev(interval)->second.end <= at)
      return ByteOwner();
    --interval;
    if (interval->second.owner != owner)
      return interval->second.owner;
    at = interval->second.end;
  }
  return owner;
}

void ByteOwnership::forEach(llvm::function_ref<void(ByteRange, ByteOwner)> visit) const {
  for (const auto &[begin, interval] : intervals)
    visit({begin, interval.end}, interval.owner);
}

void ByteOwnership::forEachGap(ByteRange range, llvm::function_ref<void(ByteRange)> visit) const {
  int64_t at = range.begin;
  auto interval = intervals.upper_bound(at);
  if (interval != intervals.begin())
    at = std::max(at, std::prev(interval)->second.end);
  for (; interval != intervals.end() && interval->first < range.end; ++interval) {
    if (at < interval->first)
      visit({at, interval->first});
    at = interval->second.end;
  }
  if (at < range.end)
    visit({at, range.end});
}

} // namespace tinyc::lower
