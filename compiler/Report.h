// report.json and the summary: what a compiled program costs. The names of the fields are a contract with users'
// scripts; docs/Report.md lists them.
#ifndef TINYC_COMPILER_REPORT_H
#define TINYC_COMPILER_REPORT_H

#include "compiler/Memories.h"
#include "compiler/Options.h"
#include "compiler/Pipeline.h"
#include "compiler/Program.h"
#include "compiler/QuantizationErrors.h"
#include "passes/lower/Plan.h"

namespace tinyc {

/// One kernel execution of the program.
struct Layer {
  std::string op, node, kernel;
  std::vector<int64_t> shape; ///< of the output
  int64_t weightBits = 0;     ///< of a weight; 0: the op has none
  int64_t macs = 0, weightBytes = 0, scratchBytes = 0;
  int64_t weights = 0, zeroWeights = 0; ///< numbers of them, where they are integers
  int64_t storedBytes = 0;  ///< flash of its constants, coded where they are
  double ratio = 0;         ///< bytes of its parameters in float32 over storedBytes
  bool isCoded = false;
  double cycles = 0;        ///< estimated, of all its calls
  double constantBytes = 0; ///< of constants that they read; what is read again counts again
  bool isFloat = false;     ///< reads or writes float activations
  bool isCast = false;      ///< between float and integers
  int64_t floatBytes = 0;   ///< of the output, if that is float
  lower::OpMemory memory;
};

/// What a quantized program computes in float.
struct FloatShare {
  std::vector<int64_t> layers; ///< indices
  int64_t casts = 0;           ///< of them between float and integers
  double cycles = 0;           ///< estimated, of all of them
  int64_t bytes = 0;           ///< of the float activations that they write
};

struct Report {
  std::string modelFile, modelSha256, target, prefix;
  int64_t macs = 0, parameters = 0;
  int64_t modelMacs = 0; ///< fewer than `macs` if some values are computed again
  int64_t importedMacs = 0, removedChannels = 0; ///< before channels were removed; of the layers' outputs
  double cycles = 0; ///< estimated, of all kernel calls
  double decodeCycles = 0; ///< of these those that decode weights
  int64_t inputBytes = 0, outputBytes = 0, activationBytes = 0, scratchBytes = 0, sramBytes = 0;
  int64_t weightBytes = 0, codeBytes = 0;
  std::vector<Layer> layers;
  lower::MemoryPlan plan;
  Optimize optimize = Optimize::Balanced;
  double maxRecompute = 1.0;
  QuantizationMethods methods; ///< asked for, or chosen
  Ports ports;
  std::string board;               ///< empty: unknown
  std::vector<MemoryUse> memories; ///< of the board
  std::optional<PruningReport> pruning; ///< if channels were pruned
  std::optional<QuantizationErrors> quantization; ///< if it was to be explained

  /// Bytes of all parameters in float32 over those of the constants in flash; 0 without constants.
  double getCompressionRatio() const { return weightBytes > 0 ? 4.0 * static_cast<double>(parameters) / weightBytes : 0.0; }
  int64_t getFlashBytes() const { return weightBytes + codeBytes; }
  /// Nothing for programs that are float or integer as a whole.
  std::optional<FloatShare> getFloatShare() const;
  llvm::json::Value toJson() const;
  /// The lines that `tinyc` prints.
  void printSummary(llvm::raw_ostream &stream) const;

private:
  std::string describeRecompute() const;
};

/// 12345678 as "12,345,678".
std::string groupDigits(int64_t number);

/// A buffer held at the peak, with its bytes, and rows if it is held in part: "'conv1' 3,200 B (5 of 25 rows)".
std::string describe(const lower::PeakBuffer &buffer);

/// Reads the report off a module of phase Kernel. codeBytes is the caller's to fill.
Report makeReport(mlir::ModuleOp module, const Options &options, const ModelFacts &facts);

} // namespace tinyc

#endif // TINYC_COMPILER_REPORT_H
