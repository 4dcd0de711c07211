#include "passes/lower/ColumnSearch.h"
#include "passes/lower/Passes.h"
#include "passes/lower/StreamCosts.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace tinyc::lower {

#define GEN_PASS_DEF_SPLITCOLUMNSPASS
#include "passes/lower/Passes.h.inc"

namespace {

class SplitColumnsPass : public impl::SplitColumnsPassBase<SplitColumnsPass> {
public:
  using SplitColumnsPassBase::SplitColumnsPassBase;

  void runOnOperation() override {
    const targets::Target *found = targets::findTarget(target);
    if (!found) {
      getOperation().emitError("unknown target '") << target << "', expects one of " << targets::listTargets();
      return signalPassFailure();
    }
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal() && failed(run(function, *found)))
        return signalPassFailure();
  }

private:
  LogicalResult run(func::FuncOp function, const targets::Target &found) {
    // From the last on, so that the numbers of the ops before it stay.
    for (const std::string &text : llvm::reverse(splits))
      if (failed(splitAs(function, text)))
        return failure();
    if (!splits.empty() || maxRecompute <= 1 || (optimize != "ram" && sram == 0))
      return success();
    SymbolTable symbols(getOperation());
    int64_t maxMacs = static_cast<int64_t>(maxRecompute * countMacs(function)), bytes = optimize == "ram" ? 0 : sram;
    std::vector<ColumnSplit> chosen = ColumnSearch(function, found, symbols).find(maxMacs, bytes);
    if (chosen.empty())
      return success();
    function->setAttr(kModelMacsAttr, Builder(function).getI64IntegerAttr(countMacs(function)));
    bool ok = applySplits(function, chosen).has_value();
    (void)ok;
    assert(ok && "the splits were tried on a copy");
    return success();
  }

  LogicalResult splitAs(func::FuncOp function, StringRef text) {
    SmallVector<StringRef> parts;
    text.split(parts, ':');
    SmallVector<int64_t> numbers;
    for (StringRef part : parts)
      if (int64_t number; llvm::to_integer(part, number, 10) && number >= 0)
        numbers.push_back(number);
    if (numbers.size() != parts.size() || numbers.size() < 3)
      return function.emitError("expects split to be first:last:width:width..., got '") << text << "'";
    std::vector<kernel::KernelOpInterface> ops = getKernelOps(function);
    size_t first = numbers[0], last = numbers[1];
    if (first >= last || last > ops.size())
      return function.emitError("has ") << ops.size() << " ops, got a split of ops " << first << " to " << last;
    std::optional<ColumnInterval> interval = ColumnInterval::find(ops, first, last);
    if (!interval)
      return ops[first]->emitOpError("and those behind it cannot be computed in stripes of columns");
    ArrayRef<int64_t> widths = ArrayRef(numbers).drop_front(2);
    int64_t sum = 0;
    for (int64_t width : widths)
      sum += width;
    if (sum != interval->getWidth() || llvm::is_contained(widths, 0))
      return function.emitError("expects stripes of ") << interval->getWidth() << " columns in all, got " << sum;
    interval->split(widths);
    return success();
  }
};

} // namespace

} // namespace tinyc::lower
