#include "passes/compress/SparsityPattern.h"

#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace tinyc::compress {

Expected<SparsityPattern> SparsityPattern::parse(StringRef text) {
  constexpr int64_t kMost = 16;
  SparsityPattern pattern;
  auto [kept, of] = text.split(':');
  if (!kept.getAsInteger(10, pattern.kept) && !of.getAsInteger(10, pattern.of) && pattern.kept > 0 && pattern.kept < pattern.of &&
      pattern.of <= kMost)
    return pattern;
  pattern = {};
  auto [share, block] = text.split('x');
  bool hasBlock = text.contains('x');
  double percent;
  if (share.consume_back("%") && !share.getAsDouble(percent) && percent > 0.0 && percent < 100.0 &&
      (!hasBlock || (!block.getAsInteger(10, pattern.block) && pattern.block >= 2 && pattern.block <= kMost))) {
    pattern.share = percent / 100.0;
    return pattern;
  }
  return createStringError("expected a share of the weights such as 50%, blocks such as 50%x4 (of 2 to 16), or N:M such as 2:4 "
                           "(M at most 16), got '" +
                           text + "'");
}

SmallVector<std::pair<int64_t, int64_t>> SparsityPattern::getUnits(int64_t depth, int64_t inputs) const {
  SmallVector<std::pair<int64_t, int64_t>> units;
  int64_t length = of > 0 ? of : block;
  for (int64_t pixel = 0; pixel < depth; pixel += inputs)
    for (int64_t first = pixel; first < pixel + inputs; first += length)
      units.push_back({first, std::min(first + length, pixel + inputs)});
  return units;
}

} // namespace tinyc::compress
