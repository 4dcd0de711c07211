#include "passes/compress/Precision.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

using namespace mlir;

namespace tinyc::compress {

static constexpr llvm::StringLiteral kFormat = "tinyc-precision-1";

StringRef getLayerName(Operation *op) {
  auto name = op->getLoc()->findInstanceOf<NameLoc>();
  return name ? name.getName().getValue() : "";
}

/// "int4" of the types allowed; nothing if it is another one.
static std::optional<int32_t> parseType(const llvm::json::Value &value, ArrayRef<int32_t> allowed) {
  std::optional<StringRef> text = value.getAsString();
  int32_t bits;
  if (!text || !text->consume_front("int") || text->getAsInteger(10, bits) || !llvm::is_contained(allowed, bits))
    return std::nullopt;
  return bits;
}

llvm::Expected<SavedPrecision> parsePrecision(StringRef text, StringRef file) {
  auto fail = [&](const Twine &message) { return llvm::createStringError(file + ": error: " + message); };
  llvm::Expected<llvm::json::Value> parsed = llvm::json::parse(text);
  if (!parsed)
    return fail("not JSON: " + llvm::toString(parsed.takeError()));
  const llvm::json::Object *object = parsed->getAsObject();
  if (!object || object->getString("format") != StringRef(kFormat))
    return fail("expected an object with \"format\": \"" + kFormat + "\"");
  const llvm::json::Object *layers = object->getObject("layers");
  if (!layers)
    return fail("expected an object \"layers\"");
  SavedPrecision precision;
  if (const llvm::json::Value *prune = object->get("prune")) {
    if (!prune->getAsString())
      return fail("expected \"prune\" to be a string, as \"macs:0.75x\"");
    precision.prune = prune->getAsString()->str();
  }
  for (const auto &[key, value] : *layers) {
    StringRef name = key;
    const llvm::json::Object *layer = value.getAsObject();
    if (!layer)
      return fail("layer '" + name + "': expected an object");
    LayerPrecision &entry = precision.layers[name.str()];
    for (const auto &[key, value] : *layer) {
      if (key == "weights") {
        if (!(entry.weights = parseType(value, {8, 4, 2})))
          return fail("layer '" + name + "': expected weights to be \"int8\", \"int4\" or \"int2\"");
      } else if (key == "activations") {
        if (!(entry.activations = parseType(value, {4, 8, 16})))
          return fail("layer '" + name + "': expected activations to be \"int8\", \"int16\" or \"int4\"");
      } else {
        return fail("layer '" + name + "': unknown key '" + StringRef(key) + "', expected weights or activations");
      }
    }
  }
  return precision;
}

std::string printPrecision(const SavedPrecision &precision) {
  llvm::json::Object layers;
  for (const auto &[name, layer] : precision.layers) {
    llvm::json::Object entry;
    if (layer.weights)
      entry["weights"] = "int" + std::to_string(*layer.weights);
    if (layer.activations)
      entry["activations"] = "int" + std::to_string(*layer.activations);
    layers[name] = std::move(entry);
  }
  llvm::json::Object object{{"format", kFormat}, {"layers", std::move(layers)}};
  if (!precision.prune.empty())
    object["prune"] = precision.prune;
  return llvm::formatv("{0:2}\n", llvm::json::Value(std::move(object))).str();
}

LogicalResult applyPrecision(func::FuncOp function, const Precision &precision, StringRef file) {
  struct Found {
    bool op = false, weights = false;
  };
  llvm::MapVector<StringRef, Found> found;
  for (const auto &[name, layer] : precision)
    found[name];
  Builder builder(function.getContext());
  function.walk([&](nn::QuantizableOpInterface op) {
    auto entry = precision.find(getLayerName(op).str());
    if (entry == precision.end())
      return;
    Found &seen = found[entry->first];
    seen.op = true;
    if (op.getWeightOperand())
      seen.weights = true;
    if (entry->second.weights && op.getWeightOperand())
      op->setAttr(nn::kWeightBitsAttr, builder.getI32IntegerAttr(*entry->second.weights));
    if (entry->second.activations)
      op->setAttr(nn::kActivationBitsAttr, builder.getI32IntegerAttr(*entry->second.activations));
  });
  for (const auto &[name, seen] : found) {
    if (!seen.op)
      return function.emitError() << file << ": layer '" << name << "': the model has no quantizable op of that name";
    if (precision.find(name.str())->second.weights && !seen.weights)
      return function.emitError() << file << ": layer '" << name << "': has no weights";
  }
  return success();
}

} // namespace tinyc::compress
