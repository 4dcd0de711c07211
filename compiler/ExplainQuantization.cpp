#include "compiler/ExplainQuantization.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace llvm;

namespace tinyc {

/// Layers named at the end of the table.
static constexpr size_t kMostNamed = 5;

static std::string printf(const char *text, double value) {
  std::string result;
  raw_string_ostream(result) << format(text, value);
  return result;
}

static std::string formatPercent(double share) { return printf("%.2f", 100.0 * share); }

// A name in at most `width` bytes: its end tells more than its beginning.
static std::string shortenNode(StringRef name, size_t width) {
  return name.size() <= width ? name.str() : ".." + name.take_back(width - 2).str();
}

static double getShare(int64_t part, int64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

void printQuantizationTable(const QuantizationErrors &errors, raw_ostream &stream) {
  stream << "Quantization on " << errors.samples << " calibration samples: outputs "
         << formatDecibels(errors.outputs.getSqnr()) << " dB, cosine " << printf("%.5f", errors.outputs.getCosine())
         << ", l2 " << formatPercent(errors.outputs.getRelativeL2()) << " %, same greatest output "
         << formatPercent(getShare(errors.agreement, errors.samples)) << " %\n";
  const char *row =
      "{0,4}  {1,-16} {2,-32} {3,7} {4,7} {5,10} {6,10} {7,7} {8,7} {9,7} {10,8} {11,7} {12,8} {13,7} {14,6}\n";
  stream << "                                                                                          clipped weights"
            "   ------- output -------   --- alone: outputs ---\n";
  stream << formatv(row, "", "op", "node", "weights", "result", "from", "to", "%", "dB", "dB", "cosine", "l2 %", "dB",
                    "same %", "noise%");
  for (auto [number, layer] : enumerate(errors.layers)) {
    bool quantized = layer.isQuantized();
    stream << formatv(
        row, number, layer.op, shortenNode(layer.node, 32), layer.weights, layer.activations,
        printf("%.4g", quantized ? layer.low : layer.least), printf("%.4g", quantized ? layer.high : layer.greatest),
        quantized ? formatPercent(layer.clipped) : "",
        layer.weightErrors ? formatDecibels(layer.weightErrors->getSqnr()) : "", formatDecibels(layer.output.getSqnr()),
        printf("%.5f", layer.output.getCosine()), formatPercent(layer.output.getRelativeL2()),
        layer.alone.count ? formatDecibels(layer.alone.getSqnr()) : "",
        layer.alone.count ? formatPercent(getShare(layer.aloneAgreement, errors.samples)) : "",
        layer.alone.count ? printf("%.1f", 100.0 * errors.getNoiseShare(layer)) : "");
  }
  if (errors.raiseFirst.empty())
    return;
  stream << "Give more bits first to:\n";
  double sum = 0;
  for (unsigned number : ArrayRef(errors.raiseFirst).take_front(kMostNamed)) {
    const LayerErrors &layer = errors.layers[number];
    sum += errors.getNoiseShare(layer);
    stream << formatv("{0,4}  {1} '{2}': {3} % of the noise that the layers, each alone, give the outputs; up to here "
                      "{4} %\n",
                      number, layer.op, layer.node, printf("%.1f", 100.0 * errors.getNoiseShare(layer)),
                      printf("%.1f", 100.0 * sum));
  }
}

/// JSON has no infinity.
static json::Value toNumber(double value) { return std::isfinite(value) ? json::Value(value) : json::Value(nullptr); }

static void setErrors(json::Object &object, const ErrorSums &sums) {
  object["sqnr_db"] = toNumber(sums.getSqnr());
  object["cosine"] = toNumber(sums.getCosine());
  object["l2"] = toNumber(sums.getRelativeL2());
}

static json::Value toJson(const LayerErrors &layer, int64_t id, const QuantizationErrors &errors) {
  json::Object object{{"id", id},
                      {"op", layer.op},
                      {"node", json::fixUTF8(layer.node)},
                      {"activations", layer.activations},
                      {"observed", json::Array{toNumber(layer.least), toNumber(layer.greatest)}}};
  if (!layer.weights.empty())
    object["weights"] = layer.weights;
  if (layer.isQuantized()) {
    object["scale"] = layer.scale;
    object["zero_point"] = layer.zeroPoint;
    object["range"] = json::Array{layer.low, layer.high};
    object["clipped"] = layer.clipped;
  }
  if (layer.weightErrors)
    object["weight_sqnr_db"] = toNumber(layer.weightErrors->getSqnr());
  json::Object output;
  setErrors(output, layer.output);
  object["output"] = std::move(output);
  if (layer.alone.count) {
    json::Object alone;
    setErrors(alone, layer.alone);
    alone["agreement"] = getShare(layer.aloneAgreement, errors.samples);
    alone["noise_share"] = errors.getNoiseShare(layer);
    object["alone"] = std::move(alone);
  }
  return object;
}

json::Value toJson(const QuantizationErrors &errors) {
  json::Object outputs;
  setErrors(outputs, errors.outputs);
  outputs["agreement"] = getShare(errors.agreement, errors.samples);
  json::Array layers, first;
  for (auto [id, layer] : enumerate(errors.layers))
    layers.push_back(toJson(layer, static_cast<int64_t>(id), errors));
  for (unsigned number : errors.raiseFirst)
    first.push_back(static_cast<int64_t>(number));
  return json::Object{{"samples", errors.samples},
                      {"outputs", std::move(outputs)},
                      {"layers", std::move(layers)},
                      {"raise_first", std::move(first)}};
}

} // namespace tinyc
