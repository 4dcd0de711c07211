// The order in which a tensor's elements stand in memory, told apart from the tensor's shape.
#ifndef TINYC_PASSES_GRAPH_LAYOUT_H
#define TINYC_PASSES_GRAPH_LAYOUT_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>
#include <optional>

namespace tinyc::graph {

/// A mixed-radix permutation of a tensor's elements. The row-major ("canonical") order is cut into factors
/// (`sizes`, outermost first, their product is the number of elements) and the factors are stored in another order:
/// stored factor i is canonical factor order[i]. Because it speaks of elements and not of dimensions, a layout is the
/// same on both sides of a reshape; NCHW stored as NHWC is sizes [N, C, H*W], order [0, 2, 1].
///
/// Always in normal form (no factor of size 1, no two neighbours that stay neighbours; the canonical order has no
/// factors at all), so that equal orders compare equal. Dimensions of size 1 never matter.
class Layout {
public:
  /// The canonical order.
  Layout() = default;
  /// The order in which transposing a tensor of `shape` by `permutation` leaves the elements.
  static Layout fromPermutation(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> permutation);

  bool isCanonical() const { return sizes.empty(); }
  bool operator==(const Layout &) const = default;
  llvm::ArrayRef<int64_t> getSizes() const { return sizes; }
  llvm::ArrayRef<int64_t> getOrder() const { return order; }

  Layout inverse() const;

  /// `first`, and then `second` applied to what is stored; nullopt where the factors do not divide each other.
  static std::optional<Layout> compose(const Layout &first, const Layout &second);

  /// How the layout moves the dimensions of a tensor.
  struct Dimensions {
    /// Stored dimension i is dimension permutation[i] of the shape. Dimensions of size 1 stay beside their neighbours.
    llvm::SmallVector<int64_t> permutation;
    /// For each dimension of the shape: true if its own elements are in another order.
    llvm::SmallVector<bool> shuffled;
  };
  /// nullopt if the layout tears a dimension of `shape` apart.
  std::optional<Dimensions> getDimensions(llvm::ArrayRef<int64_t> shape) const;

  /// The layout of a tensor of shape `to` whose dimensions are stored as those of a tensor of shape `from` in this
  /// layout; the shapes have one rank. A dimension may become 1; any other change of size needs a dimension that is
  /// neither torn nor shuffled, nullopt where that does not hold. A dimension that was 1 is taken to stand where
  /// getDimensions puts it.
  std::optional<Layout> resized(llvm::ArrayRef<int64_t> from, llvm::ArrayRef<int64_t> to) const;

  /// For each stored element, outermost first, its canonical position among `count` elements.
  llvm::SmallVector<int64_t> getSources(int64_t count) const;

private:
  /// The factors cut so that each of `blocks` (sizes with the same product) is a run of whole factors.
  struct Refined {
    llvm::SmallVector<int64_t> sizes, order, block;
  };
  std::optional<Refined> refine(llvm::ArrayRef<int64_t> blocks) const;
  static Layout normalize(llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<int64_t> order);

  llvm::SmallVector<int64_t, 4> sizes, order;
};

} // namespace tinyc::graph

#endif // TINYC_PASSES_GRAPH_LAYOUT_H
