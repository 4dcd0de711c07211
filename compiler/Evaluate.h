// Runs a program on samples, on the host or an emulated Cortex-M, and measures what it computes.
#ifndef TINYC_COMPILER_EVALUATE_H
#define TINYC_COMPILER_EVALUATE_H

#include "compiler/Options.h"
#include "compiler/Profile.h"
#include "compiler/Program.h"
#include "llvm/Support/Error.h"

namespace tinyc {

struct EvaluationOptions {
  std::vector<std::string> inputFiles; ///< FILE.npy, or NAME=FILE.npy for each of several inputs
  InputTransform inputTransform;
  int64_t first = 0;                   ///< index of the first sample
  int64_t limit = 0;                   ///< number of samples; 0: all
  std::string labelFile;               ///< .npy of class numbers
  std::string expectFile;              ///< .npy like the output, or "input"
  std::string outputFile;              ///< .npy of the first output, float32, to be written
  bool interpret = false;              ///< run the reference interpreter, not a compiled program
  bool profile = false;                ///< count the cycles of every layer, on an emulated Cortex-M
  std::string profileFile;             ///< .json or .csv to be written
  double clock = 0;                    ///< Hz, for milliseconds in the profile; 0: none
  std::string compilationFlag;         ///< a flag given that says how to compile, which a package refuses; empty: none
  bool keepOutputs = false;            ///< hand out the outputs of all samples in Evaluation::outputs
};

/// One output of a program for all samples.
struct OutputValues {
  std::string name;
  std::vector<int64_t> shape; ///< of one sample, in ONNX's order
  std::vector<float> values;  ///< real values in ONNX's order, the samples one after the other
};

/// What was measured. The JSON names are a contract with users' scripts.
struct Evaluation {
  std::string target;
  int64_t samples = 0;
  std::optional<double> accuracy; ///< 0 to 1
  std::optional<double> mse;      ///< mean over samples and elements of (output - expected)^2
  std::optional<int64_t> sramBytes, flashBytes;
  std::optional<int64_t> stackBytes;            ///< high-water mark of one inference
  std::optional<int64_t> instructions; ///< per inference, mean rounded to nearest
  std::optional<Profile> profile;
  std::vector<OutputValues> outputs; ///< empty unless asked for

  llvm::json::Value toJson() const;
  void print(llvm::raw_ostream &stream) const;
};

/// The samples of a program's inputs, as it reads them.
class Samples {
public:
  static llvm::Expected<Samples> open(llvm::ArrayRef<Port> inputs, const EvaluationOptions &options);
  ~Samples();
  Samples(Samples &&);

  int64_t size() const;
  /// Real values of input `input` of sample `index` in ONNX's order.
  std::vector<float> getValues(int64_t index, unsigned input) const;
  /// The bytes of all inputs of sample `index`, one after the other.
  std::vector<char> getBytes(int64_t index) const;

private:
  struct Data;
  explicit Samples(std::unique_ptr<Data> data);
  std::unique_ptr<Data> data;
};

/// The classes of `count` samples from `first` on, each below `classes`.
llvm::Expected<std::vector<int64_t>> readLabels(llvm::StringRef path, int64_t first, int64_t count, int64_t classes);

/// Accuracy and error of the outputs' bytes (of all samples, each all outputs), and the output file.
llvm::Error measure(const Ports &ports, const Samples &samples, llvm::ArrayRef<char> outputs,
                    const EvaluationOptions &options, Evaluation &evaluation);

} // namespace tinyc

#endif // TINYC_COMPILER_EVALUATE_H
