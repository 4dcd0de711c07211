// The algebra of layouts against permuted arrays, the minimum cut against all choices.
#include "passes/graph/Layout.h"
#include "passes/graph/MinimumCut.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"

#include <gtest/gtest.h>
#include <random>

using namespace llvm;
using namespace tinyc::graph;

namespace {

std::mt19937 engine(1);
int64_t random(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(engine); }

SmallVector<int64_t> randomPermutation(size_t rank) {
  SmallVector<int64_t> permutation = to_vector(seq<int64_t>(0, rank));
  std::shuffle(permutation.begin(), permutation.end(), engine);
  return permutation;
}

/// 2 * 2 * 3 * 2 = 24 elements, cut at random.
SmallVector<int64_t> randomShape() {
  SmallVector<int64_t> shape(1, 1);
  for (int64_t factor : {2, 2, 3, 2})
    random(0, 1) ? shape.back() *= factor : (shape.push_back(factor), factor);
  if (random(0, 1))
    shape.insert(shape.begin() + random(0, shape.size()), 1);
  return shape;
}

int64_t count(ArrayRef<int64_t> shape) {
  int64_t product = 1;
  for (int64_t size : shape)
    product *= size;
  return product;
}

/// Positions of a row-major array of `shape` in the order of the transposed array.
SmallVector<int64_t> transposed(ArrayRef<int64_t> shape, ArrayRef<int64_t> permutation) {
  SmallVector<int64_t> result, index(shape.size(), 0), strides(shape.size(), 1);
  for (int64_t axis = static_cast<int64_t>(shape.size()) - 2; axis >= 0; --axis)
    strides[axis] = strides[axis + 1] * shape[axis + 1];
  for (int64_t element = 0; element < count(shape); ++element) {
    int64_t source = 0;
    for (size_t axis = 0; axis < shape.size(); ++axis)
      source += index[axis] * strides[permutation[axis]];
    result.push_back(source);
    for (int64_t axis = static_cast<int64_t>(shape.size()) - 1;
         axis >= 0 && ++index[axis] == shape[permutation[axis]]; --axis)
      index[axis] = 0;
  }
  return result;
}

TEST(LayoutTest, nchwAsNhwc) {
  Layout layout = Layout::fromPermutation({1, 3, 4, 5}, {0, 2, 3, 1});
  EXPECT_EQ(layout.getSizes(), ArrayRef<int64_t>({3, 20}));
  EXPECT_EQ(layout.getOrder(), ArrayRef<int64_t>({1, 0}));
  EXPECT_EQ(layout, Layout::fromPermutation({3, 20}, {1, 0}));
  EXPECT_EQ(layout.getDimensions({1, 3, 4, 5})->permutation, ArrayRef<int64_t>({0, 2, 3, 1}));
  // [1, 60] holds both factors in its second dimension, whose elements are shuffled.
  EXPECT_TRUE(layout.getDimensions({1, 60})->shuffled[1]);
  // The border between 6 and 10 lies inside no factor of 3 and 20.
  EXPECT_FALSE(layout.getDimensions({6, 10}).has_value());
  // [3, 2, 10] keeps its dimensions, [15, 4] would be torn.
  EXPECT_EQ(layout.getDimensions({3, 2, 10})->permutation, ArrayRef<int64_t>({1, 2, 0}));
  EXPECT_FALSE(layout.getDimensions({15, 4}).has_value());
}

TEST(LayoutTest, unitsStay) {
  EXPECT_TRUE(Layout::fromPermutation({1, 1, 7, 5}, {0, 2, 3, 1}).isCanonical());
  // W = 1, H = 1: N, H, W, C either way.
  EXPECT_EQ(Layout::fromPermutation({1, 3, 4, 1}, {0, 2, 3, 1}).getDimensions({1, 3, 4, 1})->permutation,
            ArrayRef<int64_t>({0, 2, 3, 1}));
  EXPECT_EQ(Layout::fromPermutation({1, 3, 1, 4}, {0, 2, 3, 1}).getDimensions({1, 3, 1, 4})->permutation,
            ArrayRef<int64_t>({0, 2, 3, 1}));
}

TEST(LayoutTest, transposesAndTheirInverses) {
  for (int round = 0; round < 2000; ++round) {
    SmallVector<int64_t> shape = randomShape(), permutation = randomPermutation(shape.size());
    Layout layout = Layout::fromPermutation(shape, permutation);
    SmallVector<int64_t> sources = layout.getSources(24);
    EXPECT_EQ(sources, transposed(shape, permutation));
    std::optional<Layout> nothing = Layout::compose(layout, layout.inverse());
    ASSERT_TRUE(nothing.has_value());
    EXPECT_TRUE(nothing->isCanonical());
    std::optional<Layout::Dimensions> dimensions = layout.getDimensions(shape);
    ASSERT_TRUE(dimensions.has_value());
    EXPECT_FALSE(is_contained(dimensions->shuffled, true));
    EXPECT_EQ(transposed(shape, dimensions->permutation), sources);
  }
}

TEST(LayoutTest, composition) {
  int found = 0;
  for (int round = 0; round < 2000; ++round) {
    SmallVector<int64_t> first = randomShape(), second = randomShape();
    Layout a = Layout::fromPermutation(first, randomPermutation(first.size()));
    Layout b = Layout::fromPermutation(second, randomPermutation(second.size()));
    std::optional<Layout> both = Layout::compose(a, b);
    if (!both)
      continue;
    ++found;
    SmallVector<int64_t> expected, outer = b.getSources(24), inner = a.getSources(24);
    for (int64_t source : outer)
      expected.push_back(inner[source]);
    EXPECT_EQ(both->getSources(24), expected);
  }
  EXPECT_GT(found, 500);
}

TEST(LayoutTest, resized) {
  Layout layout = Layout::fromPermutation({1, 3, 4, 5}, {0, 2, 3, 1});
  // Channels joined: 3 become 7. Height left out of a broadcast operand. Height grown from 1: N, H, W, C.
  EXPECT_EQ(layout.resized({1, 3, 4, 5}, {1, 7, 4, 5}), Layout::fromPermutation({1, 7, 4, 5}, {0, 2, 3, 1}));
  EXPECT_EQ(layout.resized({1, 3, 4, 5}, {1, 3, 1, 5}), Layout::fromPermutation({3, 5}, {1, 0}));
  EXPECT_TRUE(layout.resized({1, 3, 4, 5}, {1, 3, 1, 1})->isCanonical());
  EXPECT_EQ(Layout::fromPermutation({3, 5}, {1, 0}).resized({1, 3, 1, 5}, {1, 3, 2, 5}),
            Layout::fromPermutation({1, 3, 2, 5}, {0, 2, 3, 1}));
  // Shuffled columns cannot change in number.
  EXPECT_FALSE(layout.resized({1, 60}, {1, 61}).has_value());
}

TEST(MinimumCutTest, againstAllChoices) {
  for (int round = 0; round < 500; ++round) {
    unsigned nodes = random(1, 8);
    MinimumCut cut(nodes);
    SmallVector<int64_t> costs(nodes, 0);
    SmallVector<std::tuple<unsigned, unsigned, int64_t>> arcs;
    for (unsigned node = 0; node < nodes; ++node) {
      costs[node] = random(-9, 9);
      cut.addCost(node, costs[node]);
    }
    for (unsigned arc = 0; arc < 2 * nodes; ++arc) {
      unsigned from = random(0, nodes - 1), to = random(0, nodes - 1);
      if (from == to)
        continue;
      arcs.push_back({from, to, random(0, 9)});
      cut.addArc(from, to, std::get<2>(arcs.back()));
    }
    auto getCost = [&](unsigned chosen) {
      int64_t cost = 0;
      for (unsigned node = 0; node < nodes; ++node)
        cost += chosen >> node & 1 ? costs[node] : 0;
      for (auto [from, to, capacity] : arcs)
        cost += (chosen >> from & 1) && !(chosen >> to & 1) ? capacity : 0;
      return cost;
    };
    BitVector solved = cut.solve();
    unsigned chosen = 0;
    for (unsigned node : solved.set_bits())
      chosen |= 1u << node;
    int64_t best = 0;
    for (unsigned other = 0; other < 1u << nodes; ++other)
      best = std::min(best, getCost(other));
    EXPECT_EQ(getCost(chosen), best);
  }
}

} // namespace
