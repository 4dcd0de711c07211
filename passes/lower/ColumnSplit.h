// Ops executed once for each of several stripes of their result's columns: the transformation of lower-split-columns.
#ifndef TINYC_PASSES_LOWER_COLUMNSPLIT_H
#define TINYC_PASSES_LOWER_COLUMNSPLIT_H

#include "dialects/kernel/Kernel.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace tinyc::lower {

/// Attribute of a function that is split: the multiply-accumulate operations (i64) it had before.
inline constexpr llvm::StringLiteral kModelMacsAttr = "kernel.model_macs";

/// The ops of a function of kernel ops, in order.
std::vector<kernel::KernelOpInterface> getKernelOps(mlir::func::FuncOp function);

/// Multiply-accumulate operations of all ops of a function, those in streams too.
int64_t countMacs(mlir::func::FuncOp function);

/// Columns [begin, end) of an image.
struct Columns {
  int64_t begin = 0, end = 0;

  int64_t size() const { return end - begin; }
  bool operator==(const Columns &other) const { return begin == other.begin && end == other.end; }
};

/// Neighbouring ops with one result, an image whose columns can be computed apart from each other: all they read are
/// constants and images, by windows or column by column.
class ColumnInterval {
public:
  /// The ops [firstOp, lastOp) of `ops`, or nullopt if they are no such interval.
  static std::optional<ColumnInterval> find(llvm::ArrayRef<kernel::KernelOpInterface> ops, size_t firstOp,
                                            size_t lastOp);

  /// Columns of the result.
  int64_t getWidth() const;
  int64_t getResultBytes() const;
  size_t getFirstOp() const { return firstOp; }
  size_t getLastOp() const { return lastOp; }

  /// Multiply-accumulate operations of the ops if the result is computed in stripes of these widths.
  int64_t getMacs(llvm::ArrayRef<int64_t> widths) const;
  /// Those of one stripe.
  int64_t getMacs(Columns stripe) const;

  /// Replaces the ops by those of the stripes, one stripe after the other. The first op of each but the first stripe
  /// gets the attribute kernel::kStripeAttr. Returns the number of new ops.
  size_t split(llvm::ArrayRef<int64_t> widths);

private:
  struct StripeBuilder;

  bool check();
  bool checkOp(kernel::KernelOpInterface op) const;
  bool findResult();
  llvm::DenseMap<mlir::Value, Columns> getNeeds(Columns stripe) const;

  std::vector<kernel::KernelOpInterface> ops;
  size_t firstOp = 0, lastOp = 0;
  mlir::Value result;
};

/// Widths of `count` stripes of an image of `width` columns, as even as they can be, the wider ones first.
llvm::SmallVector<int64_t> getEvenWidths(int64_t width, int64_t count);

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_COLUMNSPLIT_H
