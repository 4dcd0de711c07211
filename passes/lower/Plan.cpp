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

double MemoryPlan::getGap() const {
  return bound > 0 ? 100.0 * static_cast<double>(bytes - bound) / static_cast<double>(bound) : 0.0;
}

namespace {
// A dictionary attribute, entry by entry.
class Dictionary {
public:
  explicit Dictionary(MLIRContext *context) : builder(context) {}

  Dictionary &set(StringRef name, int64_t value) { return set(name, builder.getI64IntegerAttr(value)); }
  Dictionary &set(StringRef name, const std::string &value) { return set(name, builder.getStringAttr(value)); }
  Dictionary &set(StringRef name, Attribute value) {
    list.set(name, value);
    return *this;
  }
  DictionaryAttr get() { return list.getDictionary(builder.getContext()); }

private:
  Builder builder;
  NamedAttrList list;
};
} // namespace

DictionaryAttr MemoryPlan::toAttribute(MLIRContext *context) const {
  Builder builder(context);
  SmallVector<Attribute> bufferList, opList, liveList, savingList;
  for (const PlannedBuffer &buffer : buffers) {
    Dictionary entry(context);
    entry.set("name", buffer.name).set("kind", buffer.kind).set("offset", buffer.offset).set("bytes", buffer.bytes);
    entry.set("first", buffer.first).set("last", buffer.last);
    SmallVector<int64_t> pieces;
    for (const PlannedPiece &piece : buffer.pieces)
      pieces.append({piece.offset, piece.bytes, piece.first, piece.last});
    if (!pieces.empty())
      entry.set("pieces", builder.getDenseI64ArrayAttr(pieces));
    bufferList.push_back(entry.get());
  }
  for (const OpMemory &op : ops) {
    Dictionary entry(context);
    entry.set("op", op.op).set("node", op.node).set("first", op.first).set("last", op.last);
    opList.push_back(
        entry.set("live", op.liveBytes).set("rowsPerStep", op.rowsPerStep).set("stream", op.stream).get());
  }
  for (const PeakBuffer &buffer : peakLive) {
    Dictionary entry(context);
    entry.set("name", buffer.name).set("kind", buffer.kind).set("bytes", buffer.bytes);
    liveList.push_back(entry.set("heldRows", buffer.heldRows).set("rows", buffer.rows).get());
  }
  for (const Saving &saving : savings)
    savingList.push_back(Dictionary(context).set("technique", saving.technique).set("bytes", saving.bytes).get());
  DictionaryAttr peak = Dictionary(context)
                            .set("bytes", peakBytes)
                            .set("position", peakPosition)
                            .set("op", peakOp)
                            .set("node", peakNode)
                            .get();
  Dictionary plan(context);
  plan.set("bytes", bytes).set("alignment", alignment).set("peak", peak);
  plan.set("buffers", builder.getArrayAttr(bufferList));
  if (bound != 0)
    plan.set("bound", bound);
  if (!ops.empty())
    plan.set("ops", builder.getArrayAttr(opList));
  if (!peakLive.empty())
    plan.set("peakLive", builder.getArrayAttr(liveList));
  if (!savings.empty())
    plan.set("savings", builder.getArrayAttr(savingList));
  return plan.get();
}

// The dictionaries of a list; what is none is passed over.
static SmallVector<DictionaryAttr> getList(DictionaryAttr dictionary, StringRef name) {
  SmallVector<DictionaryAttr> list;
  if (auto attribute = dictionary.getAs<ArrayAttr>(name))
    for (Attribute element : attribute)
      if (auto entry = dyn_cast<DictionaryAttr>(element))
        list.push_back(entry);
  return list;
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
  plan.bound = getInteger(dictionary, "bound");
  for (DictionaryAttr buffer : getList(dictionary, "buffers")) {
    plan.buffers.push_back({getString(buffer, "name"), getString(buffer, "kind"), getInteger(buffer, "offset"),
                            getInteger(buffer, "bytes"), getInteger(buffer, "first"), getInteger(buffer, "last"), {}});
    if (auto pieces = buffer.getAs<DenseI64ArrayAttr>("pieces"))
      for (ArrayRef<int64_t> rest = pieces.asArrayRef(); rest.size() >= 4; rest = rest.drop_front(4))
        plan.buffers.back().pieces.push_back({rest[0], rest[1], rest[2], rest[3]});
  }
  for (DictionaryAttr op : getList(dictionary, "ops"))
    plan.ops.push_back({getString(op, "op"), getString(op, "node"), getInteger(op, "first"), getInteger(op, "last"),
                        getInteger(op, "live"), getInteger(op, "rowsPerStep"), getInteger(op, "stream")});
  for (DictionaryAttr buffer : getList(dictionary, "peakLive"))
    plan.peakLive.push_back({getString(buffer, "name"), getString(buffer, "kind"), getInteger(buffer, "bytes"),
                             getInteger(buffer, "heldRows"), getInteger(buffer, "rows")});
  for (DictionaryAttr saving : getList(dictionary, "savings"))
    plan.savings.push_back({getString(saving, "technique"), getInteger(saving, "bytes")});
  return plan;
}

} // namespace tinyc::lower
