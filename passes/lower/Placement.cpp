#include "passes/lower/Placement.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>

using namespace llvm;

namespace tinyc::lower {

int64_t getLiveBytes(ArrayRef<Lifetime> buffers) {
  int64_t most = 0;
  // The live bytes grow only where a lifetime begins.
  for (const Lifetime &at : buffers) {
    int64_t live = 0;
    for (const Lifetime &buffer : buffers)
      if (buffer.first <= at.first && at.first <= buffer.last)
        live += buffer.bytes;
    most = std::max(most, live);
  }
  return most;
}

namespace {

using Order = std::vector<size_t>;

class Placer {
public:
  explicit Placer(ArrayRef<Lifetime> buffers) : buffers(buffers), neighbours(buffers.size()) {
    for (size_t i = 0; i < buffers.size(); ++i)
      for (size_t j = 0; j < buffers.size(); ++j)
        if (i != j && buffers[i].overlaps(buffers[j]))
          neighbours[i].push_back(j);
  }

  Placement place(const Order &order) const {
    Placement placement;
    placement.offsets.assign(buffers.size(), -1);
    std::vector<std::pair<int64_t, int64_t>> taken; // begin, end
    for (size_t i : order) {
      taken.clear();
      for (size_t j : neighbours[i])
        if (placement.offsets[j] >= 0)
          taken.push_back({placement.offsets[j], placement.offsets[j] + buffers[j].bytes});
      llvm::sort(taken);
      int64_t end = 0, best = -1, bestGap = std::numeric_limits<int64_t>::max();
      for (auto [begin, blockEnd] : taken) {
        int64_t gap = begin - end;
        if (gap >= buffers[i].bytes && gap < bestGap) {
          best = end;
          bestGap = gap;
        }
        end = std::max(end, blockEnd);
      }
      placement.offsets[i] = best >= 0 ? best : end;
      placement.bytes = std::max(placement.bytes, placement.offsets[i] + buffers[i].bytes);
    }
    return placement;
  }

private:
  ArrayRef<Lifetime> buffers;
  std::vector<std::vector<size_t>> neighbours; // of overlapping lifetimes
};

// xorshift64* (Marsaglia, "Xorshift RNGs", 2003): the same numbers on every host.
class Random {
public:
  size_t below(size_t bound) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return static_cast<size_t>((state * 0x2545F4914F6CDD1Dull >> 33) % bound);
  }

private:
  uint64_t state = 0x9E3779B97F4A7C15ull;
};

} // namespace

// Orders to start from; ties by index.
static std::vector<Order> makeOrders(ArrayRef<Lifetime> buffers) {
  Order byIndex(buffers.size());
  std::iota(byIndex.begin(), byIndex.end(), size_t{0});
  auto sorted = [&](auto key) {
    Order order = byIndex;
    llvm::stable_sort(order, [&](size_t a, size_t b) { return key(buffers[a]) > key(buffers[b]); });
    return order;
  };
  auto length = [](const Lifetime &buffer) { return buffer.last - buffer.first + 1; };
  return {
      sorted([&](const Lifetime &buffer) { return std::make_pair(buffer.bytes, length(buffer)); }),
      sorted([&](const Lifetime &buffer) { return std::make_pair(length(buffer), buffer.bytes); }),
      sorted([&](const Lifetime &buffer) { return static_cast<double>(buffer.bytes) * length(buffer); }),
      sorted([&](const Lifetime &buffer) { return std::make_pair(-buffer.first, buffer.bytes); }),
      sorted([&](const Lifetime &buffer) { return std::make_pair(buffer.last, buffer.bytes); }),
  };
}

Placement placeBuffers(ArrayRef<Lifetime> buffers, int64_t rounds) {
  Placer placer(buffers);
  int64_t bound = getLiveBytes(buffers);
  Placement best;
  Order order;
  for (const Order &candidate : makeOrders(buffers)) {
    Placement placement = placer.place(candidate);
    if (order.empty() || placement.bytes < best.bytes) {
      best = std::move(placement);
      order = candidate;
    }
  }
  // A round costs up to the square of the buffers.
  int64_t count = buffers.size();
  rounds = std::min(rounds, int64_t{50'000'000} / std::max<int64_t>(count * count, 1));
  Random random;
  for (int64_t round = 0; round < rounds && best.bytes > bound && count > 1; ++round) {
    Order changed = order;
    size_t from = random.below(count), to = random.below(count);
    if (round % 2)
      std::swap(changed[from], changed[to]);
    else // Move one to an earlier turn.
      std::rotate(changed.begin() + std::min(from, to), changed.begin() + std::max(from, to),
                  changed.begin() + std::max(from, to) + 1);
    Placement placement = placer.place(changed);
    // Equal ones are taken too, to leave plateaus.
    if (placement.bytes <= best.bytes) {
      best = std::move(placement);
      order = std::move(changed);
    }
  }
  return best;
}

} // namespace tinyc::lower
