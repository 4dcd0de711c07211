#include "compiler/PruningReport.h"

#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace llvm;

namespace tinyc {

int64_t PruningReport::getRemovedChannels() const {
  int64_t removed = 0;
  for (const PrunedLayer &layer : layers)
    removed += layer.channelsBefore - layer.channelsAfter;
  return removed;
}

/// Of a thousandth of a percent: what more digits say differs from host to host.
static double roundShare(double share) { return std::round(share * 1e5) / 1e5; }

static std::string formatShare(double share) { return formatv("{0:f3} %", 100.0 * share).str(); }

std::string PruningReport::explain(const PrunedLayer &layer) const {
  if (!layer.stage)
    return "fixed: the model's outputs, or an op that needs their number, hold its channels";
  const PrunedStage &stage = stages[*layer.stage];
  std::string text;
  if (stage.groupsAfter < stage.groupsBefore)
    text = formatv("stage {0}: {1} of {2} groups went, alone an error of {3} for {4} MACs; ", *layer.stage,
                   stage.groupsBefore - stage.groupsAfter, stage.groupsBefore, formatShare(stage.error),
                   std::llround(stage.macsSaved))
               .str();
  else
    text = formatv("stage {0}: kept; ", *layer.stage).str();
  if (!stage.nextError)
    return text + "no other can go";
  return text + formatv("the next would add {0} for {1} MACs, more than what the budget took elsewhere",
                        formatShare(*stage.nextError), std::llround(*stage.nextMacs))
                    .str();
}

json::Value toJson(const PruningReport &report) {
  json::Array layers, stages;
  for (const PrunedLayer &layer : report.layers) {
    json::Object object{{"op", layer.op},
                        {"node", json::fixUTF8(layer.node)},
                        {"channels_before", layer.channelsBefore},
                        {"channels_after", layer.channelsAfter},
                        {"macs_before", layer.macsBefore},
                        {"macs_after", layer.macsAfter},
                        {"reason", report.explain(layer)}};
    if (layer.stage)
      object["stage"] = *layer.stage;
    layers.push_back(std::move(object));
  }
  for (const PrunedStage &stage : report.stages) {
    json::Object object{{"groups_before", stage.groupsBefore},
                        {"groups_after", stage.groupsAfter},
                        {"error", roundShare(stage.error)},
                        {"macs_saved", std::llround(stage.macsSaved)}};
    if (stage.nextError) {
      object["next_error"] = roundShare(*stage.nextError);
      object["next_macs"] = std::llround(*stage.nextMacs);
    }
    stages.push_back(std::move(object));
  }
  return json::Object{{"macs_before", report.macsBefore},
                      {"macs_after", report.macsAfter},
                      {"removed_channels", report.getRemovedChannels()},
                      {"samples", report.samples},
                      {"layers", std::move(layers)},
                      {"stages", std::move(stages)}};
}

void printPruningTable(const PruningReport &report, raw_ostream &stream) {
  stream << formatv("Pruning on {0} calibration samples: {1} of {2} MACs stay ({3:f3}x), {4} channels of layers went\n",
                    report.samples, report.macsAfter, report.macsBefore,
                    static_cast<double>(report.macsAfter) /
                        static_cast<double>(std::max<int64_t>(report.macsBefore, 1)),
                    report.getRemovedChannels());
  const char *row = "{0,-16} {1,-32} {2,13} {3,24}  {4}\n";
  stream << formatv(row, "op", "node", "channels", "MACs", "why");
  for (const PrunedLayer &layer : report.layers) {
    std::string node = layer.node.size() <= 32 ? layer.node : ".." + layer.node.substr(layer.node.size() - 30);
    stream << formatv(row, layer.op, node, formatv("{0} -> {1}", layer.channelsBefore, layer.channelsAfter).str(),
                      formatv("{0} -> {1}", layer.macsBefore, layer.macsAfter).str(), report.explain(layer));
  }
}

} // namespace tinyc
