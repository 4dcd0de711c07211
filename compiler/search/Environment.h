// What a search over compressions sees: a sequence of choices, what each combination of them costs, and how far it is
// from the original. Precision is one such problem (compiler/PrecisionEnvironment.h); the searches know nothing else of
// it.
#ifndef TINYC_COMPILER_SEARCH_ENVIRONMENT_H
#define TINYC_COMPILER_SEARCH_ENVIRONMENT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tinyc::search {

/// What may be limited.
enum class Cost {
  Latency, ///< cycles
  Flash,   ///< bytes
  Sram,    ///< bytes
  Energy,  ///< microjoules
  Weights, ///< bytes: the part of flash that is weights, without biases, multipliers and code
};
inline constexpr size_t kCosts = 5;
inline constexpr std::array<Cost, kCosts> kAllCosts = {Cost::Latency, Cost::Flash, Cost::Sram, Cost::Energy,
                                                       Cost::Weights};
/// "latency", "flash", "sram", "energy" or "weights".
llvm::StringRef getName(Cost cost);

struct Costs {
  std::array<double, kCosts> values = {};

  double &operator[](Cost cost) { return values[static_cast<size_t>(cost)]; }
  double operator[](Cost cost) const { return values[static_cast<size_t>(cost)]; }
};

/// Limits of some of the costs.
using Limits = std::array<std::optional<double>, kCosts>;
bool isWithin(const Costs &costs, const Limits &limits);

/// An action for each step.
using Assignment = std::vector<uint8_t>;

/// How far the outputs are from the original's.
struct Quality {
  double distortion = 0; ///< 0 or above; what the searches make small
  double drop = 0;       ///< lost accuracy, 1 = 100 %; below 0 if there is more
};

/// One episode chooses an action at each step, first to last: Wang et al., "HAQ: Hardware-Aware Automated Quantization"
/// (CVPR 2019), section 3; He et al., "AMC" (ECCV 2018), section 3. Everything is deterministic: an agent's own
/// randomness comes from a seed of its own.
class Environment {
public:
  virtual ~Environment() = default;

  virtual size_t getStepCount() const = 0;
  virtual std::string getStepName(size_t step) const = 0;
  /// Searches start from action 0 of every step; the others are less faithful, unless isMoreFaithful().
  virtual size_t getActionCount(size_t step) const = 0;
  virtual std::string getActionName(size_t step, uint8_t action) const = 0;
  /// Whether an action is there to gain fidelity over action 0, for a cost.
  virtual bool isMoreFaithful(size_t, uint8_t) const { return false; }

  /// The state before step actions.size(), after `actions` at the steps before it: numbers from 0 to 1, as many at
  /// every step.
  virtual std::vector<double> observe(llvm::ArrayRef<uint8_t> actions) const = 0;

  /// What an assignment costs by the target's cost model: fast. Nothing if it cannot be compiled.
  virtual std::optional<Costs> getCosts(llvm::ArrayRef<uint8_t> assignment) = 0;
  /// Runs the whole network: slow. Nothing if it cannot be run.
  virtual std::optional<Quality> getQuality(llvm::ArrayRef<uint8_t> assignment) = 0;

  /// The reward of a whole episode.
  double getReward(const Quality &quality) const { return -quality.drop; }
};

} // namespace tinyc::search

#endif // TINYC_COMPILER_SEARCH_ENVIRONMENT_H
