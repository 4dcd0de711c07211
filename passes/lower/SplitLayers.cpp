#include "passes/lower/Passes.h"
#include "passes/lower/SplitSearch.h"
#include "passes/lower/StreamCosts.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace tinyc::lower {

#define GEN_PASS_DEF_SPLITLAYERSPASS
#include "passes/lower/Passes.h.inc"

namespace {

class SplitLayersPass : public impl::SplitLayersPassBase<SplitLayersPass> {
public:
  using SplitLayersPassBase::SplitLayersPassBase;

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
    SymbolTable symbols(getOperation());
    SmallVector<LayerSplit> splits;
    for (const std::string &text : columns)
      if (failed(addSplit(function, text, LayerSplit::Kind::Columns, symbols, splits)))
        return failure();
    for (const std::string &text : channels)
      if (failed(addSplit(function, text, LayerSplit::Kind::Channels, symbols, splits)))
        return failure();
    llvm::stable_sort(splits, [](const LayerSplit &a, const LayerSplit &b) { return a.firstOp < b.firstOp; });
    for (size_t i = 1; i < splits.size(); ++i)
      if (splits[i].firstOp < splits[i - 1].lastOp)
        return function.emitError("cannot split op ") << splits[i].firstOp << " twice";
    int64_t macs = countMacs(function);
    llvm::StringSet<> usedBefore = getReadConstants();
    if (splits.empty() && (optimize == "ram" || sram > 0)) {
      // What goes wrong on a copy goes wrong in the passes behind this one, which say so.
      ScopedDiagnosticHandler silence(&getContext(), [](Diagnostic &) { return success(); });
      SplitSearch search(function, found, symbols);
      int64_t maxMacs = static_cast<int64_t>(std::max(maxRecompute.getValue(), 1.0) * macs);
      llvm::append_range(splits, search.find(maxMacs, optimize == "ram" ? 0 : sram));
    }
    if (!splits.empty() && failed(applySplits(function, splits, symbols)))
      return function.emitError("cannot be split as chosen");
    if (countMacs(function) != macs)
      function->setAttr(kModelMacsAttr, Builder(function).getI64IntegerAttr(macs));
    eraseConstants(usedBefore, symbols);
    return success();
  }

  // Names of the constants that something reads.
  llvm::StringSet<> getReadConstants() {
    llvm::StringSet<> names;
    getOperation().walk([&](memref::GetGlobalOp read) { names.insert(read.getName()); });
    return names;
  }

  // Constants whose slices took their place, and slices that were tried alone.
  void eraseConstants(const llvm::StringSet<> &usedBefore, SymbolTable &symbols) {
    llvm::StringSet<> used = getReadConstants();
    for (auto global : llvm::make_early_inc_range(getOperation().getOps<memref::GlobalOp>()))
      if (!used.contains(global.getSymName()) &&
          (usedBefore.contains(global.getSymName()) || global->hasAttr(kSliceAttr)))
        symbols.erase(global);
    for (auto global : getOperation().getOps<memref::GlobalOp>())
      global->removeAttr(kSliceAttr);
  }

  static LogicalResult addSplit(func::FuncOp function, StringRef text, LayerSplit::Kind kind,
                                const SymbolTable &symbols, SmallVectorImpl<LayerSplit> &splits) {
    bool isColumns = kind == LayerSplit::Kind::Columns;
    SmallVector<StringRef> words;
    text.split(words, ':');
    SmallVector<int64_t> numbers;
    for (StringRef word : words)
      if (int64_t number; llvm::to_integer(word, number, 10) && number >= 0)
        numbers.push_back(number);
    if (numbers.size() != words.size() || numbers.size() < 3)
      return function.emitError("expects ")
             << (isColumns ? "columns" : "channels") << " to be first:last:size:size..., got '" << text << "'";
    std::vector<kernel::KernelOpInterface> ops = getKernelOps(function);
    size_t first = numbers[0], last = numbers[1];
    if (first >= last || last > ops.size())
      return function.emitError("has ") << ops.size() << " ops, got a split of ops " << first << " to " << last;
    std::optional<ColumnInterval> columns;
    std::optional<ChannelInterval> channels;
    if (isColumns)
      columns = ColumnInterval::find(ops, first, last);
    else
      channels = ChannelInterval::find(ops, first, last, symbols);
    if (!columns && !channels)
      return ops[first]->emitOpError("and those behind it cannot be computed in ")
             << (isColumns ? "stripes of columns" : "slices of channels");
    int64_t size = isColumns ? columns->getWidth() : channels->getChannels(), sum = 0;
    LayerSplit split = {kind, first, last, SmallVector<int64_t>(ArrayRef(numbers).drop_front(2))};
    for (int64_t part : split.parts)
      sum += part;
    if (sum != size || llvm::is_contained(split.parts, 0))
      return function.emitError("expects parts of ")
             << size << (isColumns ? " columns" : " channels") << " in all, got " << sum;
    splits.push_back(std::move(split));
    return success();
  }
};

} // namespace

} // namespace tinyc::lower
