// What structured pruning removed from each layer, and what bound it: report.json's "pruning" and --explain-pruning.
#ifndef TINYC_COMPILER_PRUNINGREPORT_H
#define TINYC_COMPILER_PRUNINGREPORT_H

#include "llvm/Support/JSON.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tinyc {

/// A conv2d or fully_connected of the model before pruning.
struct PrunedLayer {
  std::string op, node;
  int64_t channelsBefore = 0, channelsAfter = 0; ///< of its output
  int64_t macsBefore = 0, macsAfter = 0;
  /// The stage (groups of channels that layers share, compress::ChannelStage) of its output; nothing if no channel can
  /// go.
  std::optional<int64_t> stage;
};

struct PrunedStage {
  int64_t groupsBefore = 0, groupsAfter = 0;
  double error = 0;     ///< of the network's results, relative to their variance, with this stage alone pruned as it is
  double macsSaved = 0; ///< with this stage alone pruned as it is
  /// What the next group would add to the error, and save; nothing if one has to stay.
  std::optional<double> nextError, nextMacs;
};

struct PruningReport {
  int64_t macsBefore = 0, macsAfter = 0;
  int64_t samples = 0; ///< of calibration, that layers were fitted to
  std::vector<PrunedLayer> layers;
  std::vector<PrunedStage> stages;

  int64_t getRemovedChannels() const;
  /// Why a layer lost what it lost, and no more.
  std::string explain(const PrunedLayer &layer) const;
};

llvm::json::Value toJson(const PruningReport &report);
void printPruningTable(const PruningReport &report, llvm::raw_ostream &stream);

} // namespace tinyc

#endif // TINYC_COMPILER_PRUNINGREPORT_H
