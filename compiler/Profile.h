// `tinyc-run --profile`: where the cycles of an inference go.
#ifndef TINYC_COMPILER_PROFILE_H
#define TINYC_COMPILER_PROFILE_H

#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"

#include <optional>
#include <string>
#include <vector>

namespace tinyc {

/// Of one inference: instructions exact, cycles by the model of the core (targets/cortex-m/cycles).
struct ProfiledLayer {
  std::string op, node, kernel;
  int64_t macs = 0, scratchBytes = 0;
  int64_t calls = 0; ///< of the kernel; more than one in a stream of rows
  int64_t instructions = 0, cycles = 0;
};

struct Profile {
  std::string target;
  double clock = 0; ///< Hz; 0: not given
  std::vector<ProfiledLayer> layers;
  int64_t instructions = 0, cycles = 0; ///< of the whole inference, what lies between the kernel calls included

  llvm::json::Value toJson() const;
  /// One line per layer, without the whole inference.
  std::string toCsv() const;
  void print(llvm::raw_ostream &stream) const;
  /// Writes .json or .csv, by the name of the file.
  llvm::Error write(llvm::StringRef path) const;
};

/// Whether a profile can be written to a file of that name.
llvm::Error checkProfileName(llvm::StringRef path);

/// "216MHz" in Hz; units are Hz, kHz, MHz and GHz. Nothing if it is no frequency above 0.
std::optional<double> parseFrequency(llvm::StringRef text);

} // namespace tinyc

#endif // TINYC_COMPILER_PROFILE_H
