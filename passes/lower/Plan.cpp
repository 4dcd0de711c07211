#include "passes/lower/Plan.h"

#include "dialects/kernel/Kernel.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace tinyc::lower {

std::vector<PlannedBuffer> MemoryPlan::getLive(int64_t position) const {
  std::vector<PlannedBuffer> live;
  for (const PlannedBuffer &buffer : buffers)
    if (buffer.isLive(position))
      live.push_back(buffer);
  llvm::stable_sort(live, [](const PlannedBuffer &a, const PlannedBuffer &b) { return a.bytes > b.bytes; });
  std::vector<PlannedBuffer> distinct;
  for (const PlannedBuffer &buffer : live)
    if (llvm::none_of(distinct, [&](const PlannedBuffer &other) { return other.offset == buffer.offset; }))
      distinct.push_back(buffer);
  return distinct;
}

DictionaryAttr MemoryPlan::toAttribute(MLIRContext *context) const {
  Builder builder(context);
  SmallVector<Attribute> list;
  for (const PlannedBuffer &buffer : buffers)
    list.push_back(builder.getDictionaryAttr({
        builder.getNamedAttr("name", builder.getStringAttr(buffer.name)),
        builder.getNamedAttr("kind", builder.getStringAttr(buffer.kind)),
        builder.getNamedAttr("offset", builder.getI64IntegerAttr(buffer.offset)),
        builder.getNamedAttr("bytes", builder.getI64IntegerAttr(buffer.bytes)),
        builder.getNamedAttr("first", builder.getI64IntegerAttr(buffer.first)),
        builder.getNamedAttr("last", builder.getI64IntegerAttr(buffer.last)),
    }));
  DictionaryAttr peak = builder.getDictionaryAttr({
      builder.getNamedAttr("bytes", builder.getI64IntegerAttr(peakBytes)),
      builder.getNamedAttr("position", builder.getI64IntegerAttr(peakPosition)),
      builder.getNamedAttr("op", builder.getStringAttr(peakOp)),
      builder.getNamedAttr("node", builder.getStringAttr(peakNode)),
  });
  return builder.getDictionaryAttr({
      builder.getNamedAttr("bytes", builder.getI64IntegerAttr(bytes)),
      builder.getNamedAttr("alignment", builder.getI64IntegerAttr(alignment)),
      builder.getNamedAttr("peak", peak),
      builder.getNamedAttr("buffers", builder.getArrayAttr(list)),
  });
}

static int64_t getInteger(DictionaryAttr dictionary, StringRef name) {
  auto attribute = dictionary.getAs<IntegerAttr>(name);
  return attribute ? attribute.getInt() : 0;
}

static std::string getString(DictionaryAttr dictionary, StringRef name) {
  auto attribute = dictionary.getAs<StringAttr>(name);
  return attribute ? attribute.str() : "";
}

std::optional<MemoryPlan> MemoryPlan::get(func::FuncOp function) {
  auto dictionary = function->getAttrOfType<DictionaryAttr>(kernel::kPlanAttr);
  if (!dictionary)
    return std::nullopt;
  MemoryPlan plan;
  plan.bytes = getInteger(dictionary, "bytes");
  plan.alignment = getInteger(dictionary, "alignment");
  if (auto peak = dictionary.getAs<DictionaryAttr>("peak")) {
    plan.peakBytes = getInteger(peak, "bytes");
    plan.peakPosition = getInteger(peak, "position");
    plan.peakOp = getString(peak, "op");
    plan.peakNode = getString(peak, "node");
  }
  if (auto list = dictionary.getAs<ArrayAttr>("buffers"))
    for (auto buffer : list.getAsRange<DictionaryAttr>())
      plan.buffers.push_back({getString(buffer, "name"), getString(buffer, "kind"), getInteger(buffer, "offset"),
                              getInteger(buffer, "bytes"), getInteger(buffer, "first"), getInteger(buffer, "last")});
  return plan;
}

} // namespace tinyc::lower
