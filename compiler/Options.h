// What a user asks of one compilation. Filled by the tools from their command lines; the library reads no flags.
#ifndef TINYC_COMPILER_OPTIONS_H
#define TINYC_COMPILER_OPTIONS_H

#include "compiler/Budget.h"
#include "compiler/onnx/Import.h"
#include "targets/Board.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tinyc {

/// The phases of a compilation, in order.
enum class Phase { Import, Graph, Compress, Schedule, Kernel, Emit };

/// The form of the result.
enum class Emit { Import, Graph, Compress, Schedule, Kernel, LLVM, C, Object, Package };

/// int8 quantization: by the model's own Q/DQ nodes, by calibration, or none.
enum class Quantize {
  Automatic, ///< the model's own Q/DQ nodes if it has any, else int8 if calibration data is given, else none
  None,
  Int8,
  Mixed, ///< each layer in the precision that a search finds
};

/// The methods of quantization by calibration, by the names that flags and passes have for them: docs/Quantization.md.
struct QuantizationMethods {
  std::string calibration = "percentile"; ///< of compress-calibrate
  bool symmetric = false;                 ///< activations of both signs have zero points of 0
  bool equalize = true;                   ///< run compress-equalize
  std::string weightScales;               ///< max, mse, weighted; empty: as the weights' type suggests
  std::string rounding;                   ///< nearest, gptq, adaround; empty: nearest for int8, else gptq
  std::string correctBias;                ///< none, empirical, analytic; empty: empirical where weights are rounded to nearest
                                          ///< and the error is less for it
};

/// Integers that weights are stored in.
enum class WeightType { Int8, Int4, Int2 };

/// How weights are rounded for entropy coding, and whether they are stored that way: docs/DeepCompression.md.
struct WeightCoding {
  bool isCoded = false; ///< entropy coded in flash, decoded into SRAM before use
  double entropyBits = 0.0; ///< rounded so that a weight takes so many bits in the mean; 0: as WeightType says
  int64_t codebookBits = 0; ///< rounded to 2^codebookBits values in each layer; 0: as WeightType says

  double decodeCycles = 0.0; ///< percent of the other cycles that decoding takes at most; 0: any

  bool isRounded() const { return entropyBits > 0.0 || codebookBits > 0; }
};

/// Integers that activations are stored in.
enum class ActivationType { Int8, Int16, Int4 };

/// What the schedule is chosen for.
enum class Optimize {
  Ram,      ///< the smallest arena
  Balanced, ///< the smallest arena whose estimated cycles are within 5 % of the fastest's
  Speed,    ///< the fewest estimated cycles
  Size,     ///< the least flash whose estimated cycles are at most 1.5 times the fastest's
};

/// Stored sample x becomes the model's float input x * scale + offset; one number, or one per channel (ONNX
/// dimension 1).
struct InputTransform {
  std::vector<float> scale = {1.0f};
  std::vector<float> offset = {0.0f};
};

/// What --quantize=mixed looks for: the least distortion within the budgets; or the least of a cost within a drop of accuracy and
/// the budgets.
struct PrecisionSearch {
  std::vector<Budget> budgets;
  std::optional<double> maxDrop;           ///< 0 to 1
  search::Cost least = search::Cost::Flash; ///< what is made least within maxDrop
  std::string labelFile;                   ///< .npy of class numbers of the calibration samples; empty: agreement with float counts
  int64_t measurements = 200;              ///< of the evolution
  uint64_t seed = 1;
  std::string recordFile;              ///< .json that keeps the measurements, to resume
  std::vector<std::string> frontFiles; ///< .json, .csv, .svg of the Pareto front
  std::string precisionFile;           ///< .json of the precision found
  bool activations = false;            ///< those of 16 bits are a choice from the beginning, not only where maxDrop needs them
  bool showProgress = false;
};

/// What --prune removes, and how.
struct Pruning {
  std::vector<PruneBudget> budgets;
  std::string importance = "second-order"; ///< of compress-prune-channels
  bool refit = true;                       ///< fit the layers that stay
  int64_t tuneEpochs = 0;                  ///< then move them all together towards the dense network's results
};

struct Options {
  std::string model;  ///< path of an .onnx file (or .onnxtxt, ONNX's text syntax)
  std::string target = "cortex-m7";
  std::optional<targets::Board> board; ///< where the program is to run; its core is the target
  Emit emit = Emit::Package;
  std::string output; ///< path of the package or file; empty: derived from the model's name
  std::string prefix = "model"; ///< prefix of the package's C names

  ImportOptions import;

  Quantize quantize = Quantize::Automatic;
  WeightType weights = WeightType::Int8; ///< of layers that are quantized by calibration
  WeightCoding weightCoding;
  std::string sparsity; ///< pattern of compress-sparsify; empty: weights stay dense
  ActivationType activations = ActivationType::Int8; ///< of the same
  PrecisionSearch search;                ///< of Quantize::Mixed
  std::string precisionFile;             ///< .json with the precision of layers; empty: none
  std::vector<std::string> calibrationFiles; ///< FILE.npy, [samples, ...]; NAME=FILE.npy for each of several inputs
  InputTransform inputTransform;
  QuantizationMethods methods;
  bool fullInteger = false;    ///< refuse operators that stay in float when the model is quantized
  double percentile = 99.999;  ///< of the values of a tensor on either side, for calibration by percentile
  int64_t calibrationFirst = 0; ///< index of the first sample used
  int64_t calibrationLimit = 0; ///< use this many from there on; 0: up to 512, spread over all

  Pruning pruning;
  bool keepChannels = false; ///< keep channels that are constant or that nothing reads

  std::optional<int64_t> sramBudget, flashBudget; ///< bytes
  Optimize optimize = Optimize::Balanced;
  double maxRecompute = 1.0; ///< MACs executed over MACs of the model, at most
  bool streamInput = false;  ///< the program takes its input in rows; the input is never resident as a whole
  bool streamOutput = false; ///< the same for its output
  bool check = false;        ///< the package looks for kernels that touch bytes which they must not

  bool printCost = false;        ///< print the table of estimated costs
  bool explainMemory = false;    ///< print the table of the memory plan
  bool explainPruning = false;   ///< print why each layer was or was not pruned
  bool explainQuantization = false; ///< measure what quantization does to each layer; needs calibration samples
  std::string memoryPictureFile; ///< path of the picture of the memory plan, SVG; empty: none
};

} // namespace tinyc

#endif // TINYC_COMPILER_OPTIONS_H
