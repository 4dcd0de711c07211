#include "passes/lower/SmallestKernels.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

using namespace llvm;

namespace tinyc::lower {

namespace {

/// Uses chosen for the ops of some families, in the order in which these were added.
struct Partial {
  int64_t bytes = 0;
  double cycles = 0;
  std::vector<size_t> uses;
};

/// Ops whose kernels are the same, and those kernels.
struct Family {
  std::vector<size_t> ops;
  SmallVector<const targets::Kernel *> kernels;
};

/// Drops what is neither smaller nor faster than another one.
void keepFront(std::vector<Partial> &partials) {
  llvm::sort(partials, [](const Partial &one, const Partial &other) {
    return std::tie(one.bytes, one.cycles, one.uses) < std::tie(other.bytes, other.cycles, other.uses);
  });
  std::vector<Partial> front;
  for (Partial &partial : partials)
    if (front.empty() || partial.cycles < front.back().cycles)
      front.push_back(std::move(partial));
  partials = std::move(front);
}

/// The family's ops by the kernels whose bits are set; nullopt if an op has none of them.
std::optional<Partial> useKernels(const Family &family, unsigned set, bool wantsFast,
                                  ArrayRef<SmallVector<KernelUse>> ops) {
  Partial partial;
  for (size_t op : family.ops) {
    const KernelUse *best = nullptr;
    for (const KernelUse &use : ops[op]) {
      if (!(set >> (llvm::find(family.kernels, use.kernel) - family.kernels.begin()) & 1))
        continue;
      auto isBetter = [&] {
        if (wantsFast)
          return std::pair(use.cycles, use.constantBytes) < std::pair(best->cycles, best->constantBytes);
        return std::pair(use.constantBytes, use.cycles) < std::pair(best->constantBytes, best->cycles);
      };
      if (!best || isBetter())
        best = &use;
    }
    if (!best)
      return std::nullopt;
    partial.bytes += best->constantBytes;
    partial.cycles += best->cycles;
    partial.uses.push_back(best - ops[op].begin());
  }
  return partial;
}

} // namespace

std::vector<size_t> chooseSmallestKernels(ArrayRef<SmallVector<KernelUse>> ops,
                                          function_ref<int64_t(const targets::Kernel &)> getCodeBytes,
                                          double maxCycles) {
  MapVector<StringRef, Family> families; // by the first kernel's operation and types
  std::map<std::string, StringRef> names;
  double fastest = 0;
  for (auto [op, uses] : llvm::enumerate(ops)) {
    const targets::Kernel &first = *uses.front().kernel;
    std::string key = (first.op + " " + first.input + " " + first.weight).str();
    auto [name, isNew] = names.try_emplace(key);
    if (isNew)
      name->second = name->first;
    Family &family = families[name->second];
    family.ops.push_back(op);
    double least = uses.front().cycles;
    for (const KernelUse &use : uses) {
      least = std::min(least, use.cycles);
      if (!llvm::is_contained(family.kernels, use.kernel))
        family.kernels.push_back(use.kernel);
    }
    fastest += least;
  }
  std::vector<Partial> front(1);
  for (const auto &[name, family] : families) {
    std::vector<Partial> own, joined;
    for (unsigned set = 1; set < 1u << family.kernels.size(); ++set)
      for (bool wantsFast : {true, false})
        if (std::optional<Partial> partial = useKernels(family, set, wantsFast, ops)) {
          for (auto [number, kernel] : llvm::enumerate(family.kernels))
            if (set >> number & 1)
              partial->bytes += getCodeBytes(*kernel);
          own.push_back(std::move(*partial));
        }
    keepFront(own);
    for (const Partial &before : front)
      for (const Partial &after : own) {
        joined.push_back({before.bytes + after.bytes, before.cycles + after.cycles, before.uses});
        llvm::append_range(joined.back().uses, after.uses);
      }
    keepFront(joined);
    front = std::move(joined);
  }
  // The front is ordered by bytes; its last entry is the fastest.
  const Partial *chosen = &front.back();
  for (const Partial &partial : llvm::reverse(front))
    if (partial.cycles <= std::max(maxCycles, fastest) * (1 + 1e-12))
      chosen = &partial;
  std::vector<size_t> result(ops.size());
  size_t position = 0;
  for (const auto &[name, family] : families)
    for (size_t op : family.ops)
      result[op] = chosen->uses[position++];
  return result;
}

} // namespace tinyc::lower
