#include "passes/graph/Layout.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include <algorithm>
#include <functional>
#include <numeric>

using namespace mlir;

namespace tinyc::graph {

static int64_t product(ArrayRef<int64_t> values) {
  return std::accumulate(values.begin(), values.end(), int64_t(1), std::multiplies<int64_t>());
}

static SmallVector<int64_t> invert(ArrayRef<int64_t> order) {
  SmallVector<int64_t> inverse(order.size());
  for (auto [position, factor] : llvm::enumerate(order))
    inverse[factor] = position;
  return inverse;
}

Layout Layout::normalize(ArrayRef<int64_t> sizes, ArrayRef<int64_t> order) {
  // Number the factors greater than 1 anew, in canonical order.
  SmallVector<int64_t> kept(sizes.size(), -1), keptSizes, stored;
  for (auto [factor, size] : llvm::enumerate(sizes))
    if (size != 1) {
      kept[factor] = keptSizes.size();
      keptSizes.push_back(size);
    }
  for (int64_t factor : order)
    if (kept[factor] >= 0)
      stored.push_back(kept[factor]);

  // Factor f joins f - 1 where it is also stored right behind it.
  SmallVector<int64_t> position = invert(stored);
  SmallVector<int64_t> joined(keptSizes.size());
  Layout result;
  for (int64_t factor : llvm::seq<int64_t>(0, keptSizes.size())) {
    if (factor > 0 && position[factor] == position[factor - 1] + 1)
      result.sizes.back() *= keptSizes[factor];
    else
      result.sizes.push_back(keptSizes[factor]);
    joined[factor] = result.sizes.size() - 1;
  }
  for (int64_t factor : stored)
    if (result.order.empty() || result.order.back() != joined[factor])
      result.order.push_back(joined[factor]);
  return result.sizes.size() > 1 ? result : Layout();
}

Layout Layout::fromPermutation(ArrayRef<int64_t> shape, ArrayRef<int64_t> permutation) {
  return normalize(shape, permutation);
}

Layout Layout::inverse() const {
  Layout result;
  for (int64_t factor : order)
    result.sizes.push_back(sizes[factor]);
  result.order.assign(invert(order));
  return result;
}

std::optional<Layout::Refined> Layout::refine(ArrayRef<int64_t> blocks) const {
  SmallVector<int64_t> factors(sizes.begin(), sizes.end()), stored(order.begin(), order.end());
  if (isCanonical()) {
    factors = {product(blocks)};
    stored = {0};
  }
  // From the innermost factor and block outwards: cut off the smaller of the two remainders.
  Refined result;
  SmallVector<SmallVector<int64_t>> pieces(factors.size());
  int64_t block = static_cast<int64_t>(blocks.size()) - 1, blockRest = block >= 0 ? blocks[block] : 1;
  for (int64_t factor = static_cast<int64_t>(factors.size()) - 1; factor >= 0; --factor) {
    int64_t rest = factors[factor];
    while (rest > 1) {
      while (blockRest == 1) {
        if (--block < 0)
          return std::nullopt;
        blockRest = blocks[block];
      }
      int64_t piece = std::min(rest, blockRest);
      if (rest % piece != 0 || blockRest % piece != 0)
        return std::nullopt;
      rest /= piece;
      blockRest /= piece;
      pieces[factor].push_back(result.sizes.size());
      result.sizes.push_back(piece);
      result.block.push_back(block);
    }
  }
  // The pieces were numbered from the inside; turn them to canonical order.
  int64_t count = result.sizes.size();
  std::reverse(result.sizes.begin(), result.sizes.end());
  std::reverse(result.block.begin(), result.block.end());
  for (int64_t factor : stored)
    for (int64_t piece : llvm::reverse(pieces[factor]))
      result.order.push_back(count - 1 - piece);
  return result;
}

std::optional<Layout> Layout::compose(const Layout &first, const Layout &second) {
  if (first.isCanonical())
    return second;
  if (second.isCanonical())
    return first;
  Layout stored = first.inverse();
  std::optional<Refined> outer = second.refine(stored.sizes), inner = stored.refine(second.sizes);
  if (!outer || !inner)
    return std::nullopt;
  // `inner` is numbered in the order in which `first` stores; its order is that of the canonical factors.
  SmallVector<int64_t> canonicalSizes, order;
  for (int64_t piece : inner->order)
    canonicalSizes.push_back(inner->sizes[piece]);
  SmallVector<int64_t> canonicalOf = invert(inner->order);
  for (int64_t piece : outer->order)
    order.push_back(canonicalOf[piece]);
  return normalize(canonicalSizes, order);
}

std::optional<Layout::Dimensions> Layout::getDimensions(ArrayRef<int64_t> shape) const {
  std::optional<Refined> refined = refine(shape);
  if (!refined)
    return std::nullopt;
  Dimensions result;
  result.shuffled.assign(shape.size(), false);
  SmallVector<int64_t> moved; // dimensions greater than 1, as stored
  int64_t last = -1;
  for (int64_t piece : refined->order) {
    int64_t dimension = refined->block[piece];
    if (moved.empty() || moved.back() != dimension) {
      if (llvm::is_contained(moved, dimension))
        return std::nullopt;
      moved.push_back(dimension);
    } else if (piece != last + 1) {
      result.shuffled[dimension] = true;
    }
    last = piece;
  }

  // Dimensions of size 1: leading ones stay in front, others before the dimension that follows them, trailing ones
  // behind the dimension they follow. So NCHW with W = 1 becomes N, H, W, C and with H = 1 also N, H, W, C.
  SmallVector<SmallVector<int64_t>> before(shape.size()), after(shape.size());
  int64_t previous = -1;
  SmallVector<int64_t> pending;
  for (int64_t dimension : llvm::seq<int64_t>(0, shape.size())) {
    if (shape[dimension] == 1) {
      pending.push_back(dimension);
      continue;
    }
    (previous < 0 ? result.permutation : before[dimension]).append(pending);
    pending.clear();
    previous = dimension;
  }
  (previous < 0 ? result.permutation : after[previous]).append(pending);
  for (int64_t dimension : moved) {
    result.permutation.append(before[dimension]);
    result.permutation.push_back(dimension);
    result.permutation.append(after[dimension]);
  }
  return result;
}

std::optional<Layout> Layout::resized(ArrayRef<int64_t> from, ArrayRef<int64_t> to) const {
  if (isCanonical() || from == to)
    return *this;
  if (from.size() != to.size())
    return std::nullopt;
  bool grows = false; // a dimension of size 1
  for (auto [before, after] : llvm::zip_equal(from, to))
    grows |= before == 1 && after != 1;
  if (grows) {
    std::optional<Dimensions> dimensions = getDimensions(from);
    if (!dimensions || llvm::is_contained(dimensions->shuffled, true))
      return std::nullopt;
    return fromPermutation(to, dimensions->permutation);
  }
  std::optional<Refined> refined = refine(from);
  if (!refined)
    return std::nullopt;
  for (int64_t dimension : llvm::seq<int64_t>(0, from.size())) {
    if (from[dimension] == to[dimension])
      continue;
    SmallVector<int64_t> pieces; // of this dimension, as stored
    int64_t begin = -1;
    for (auto [position, piece] : llvm::enumerate(refined->order))
      if (refined->block[piece] == dimension) {
        begin = pieces.empty() ? position : begin;
        pieces.push_back(piece);
      }
    if (to[dimension] == 1) {
      for (int64_t piece : pieces)
        refined->sizes[piece] = 1;
      continue;
    }
    for (auto [index, piece] : llvm::enumerate(pieces))
      if (refined->order[begin + index] != piece || piece != pieces.front() + static_cast<int64_t>(index))
        return std::nullopt;
    for (int64_t piece : pieces)
      refined->sizes[piece] = 1;
    refined->sizes[pieces.front()] = to[dimension];
  }
  return normalize(refined->sizes, refined->order);
}

SmallVector<int64_t> Layout::getSources(int64_t count) const {
  if (isCanonical())
    return llvm::to_vector(llvm::seq<int64_t>(0, count));
  // Strides of the canonical factors, in stored order.
  SmallVector<int64_t> strides(sizes.size(), 1), sources = {0};
  for (int64_t factor = static_cast<int64_t>(sizes.size()) - 2; factor >= 0; --factor)
    strides[factor] = strides[factor + 1] * sizes[factor + 1];
  for (int64_t factor : order) {
    SmallVector<int64_t> next;
    next.reserve(sources.size() * sizes[factor]);
    for (int64_t base : sources)
      for (int64_t index : llvm::seq<int64_t>(0, sizes[factor]))
        next.push_back(base + index * strides[factor]);
    sources = std::move(next);
  }
  return sources;
}

} // namespace tinyc::graph
