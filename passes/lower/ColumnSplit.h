// Ops executed once for each of several stripes of their result's columns: one of the transformations of
// lower-split-layers.
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

/// What one stripe of an interval takes.
struct StripeNeeds {
  Columns input;         ///< of the image computed by the interval before, if there is one
  int64_t lineBytes = 0; ///< about the most bytes of rows live at once inside of the interval
  int64_t macs = 0;
};

/// Neighbouring ops with one result, an image whose columns can be computed apart from each other: all they read are
/// constants and images, by windows or column by column.
class ColumnInterval {
public:
  /// The ops [firstOp, lastOp) of `ops`, or nullopt if they are no such interval.
  static std::optional<ColumnInterval> find(llvm::ArrayRef<kernel::KernelOpInterface> ops, size_t firstOp,
                                            size_t lastOp);

  mlir::Value getResult() const { return result; }
  /// Columns of the result.
  int64_t getWidth() const;
  int64_t getResultBytes() const;
  size_t getFirstOp() const { return firstOp; }
  size_t getLastOp() const { return lastOp; }

  /// What the columns `stripe` of the result take; `before` is the result of the interval before, or null.
  StripeNeeds getNeeds(Columns stripe, mlir::Value before) const;
  /// Columns of each buffer that the columns `stripe` of the result need.
  llvm::DenseMap<mlir::Value, Columns> getColumns(Columns stripe) const;

  /// Whether ops of `next`, and none else, read the result.
  bool isReadOnlyBy(const ColumnInterval &next) const;

  /// In order.
  llvm::ArrayRef<kernel::KernelOpInterface> getOps() const { return ops; }

private:
  bool check();
  bool checkOp(kernel::KernelOpInterface op) const;
  bool findResult();
  int64_t getLineBytes(const llvm::DenseMap<mlir::Value, Columns> &needs, mlir::Value before) const;

  std::vector<kernel::KernelOpInterface> ops;
  size_t firstOp = 0, lastOp = 0;
  mlir::Value result;
};

/// One stripe of one of several intervals.
struct ChainStep {
  size_t interval, stripe;
};
/// The order in which the stripes of neighbouring intervals are executed: each as late as those that need it allow.
/// Each interval has the stripes `stripes[interval]`, in order from column 0 on; `inputs` are their StripeNeeds::input.
std::vector<ChainStep> orderStripes(llvm::ArrayRef<std::vector<Columns>> stripes,
                                    llvm::ArrayRef<std::vector<Columns>> inputs);

/// An interval and the widths of the stripes that compute its result.
struct StripedInterval {
  ColumnInterval interval;
  llvm::SmallVector<int64_t> widths;
};

/// Replaces the ops of neighbouring intervals, of which each reads the result of the one before and none else does, by
/// those of their stripes, in the order of orderStripes(). Of a result in between only the stripes exist, each a buffer
/// that lives until the last stripe of the next interval that needs columns of it. The first op of each stripe but the
/// first gets the attribute kernel::kStripeAttr.
void splitChain(llvm::ArrayRef<StripedInterval> chain);

/// Stripes of these widths, from column 0 on.
std::vector<Columns> makeStripes(llvm::ArrayRef<int64_t> widths);
/// Widths of stripes of `most` columns of an image of `width` columns, the last one of what remains.
llvm::SmallVector<int64_t> getWidths(int64_t width, int64_t most);

// The parts of ops that the analysis and the transformation share.
namespace columns {
mlir::MemRefType getType(mlir::Value value);
kernel::WindowAttr getWindow(mlir::Operation *op);
/// The buffers that an op reads, without constants.
llvm::SmallVector<mlir::OpOperand *> getInputs(kernel::KernelOpInterface op);
/// Whether an op without a window reads one column for all of its own.
bool isBroadcast(kernel::KernelOpInterface op, mlir::Value input);
/// The columns of its input that the columns `stripe` of an op's output need, as far as the image has them.
Columns getNeed(kernel::KernelOpInterface op, mlir::Value input, Columns stripe);
} // namespace columns

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_COLUMNSPLIT_H
