// Samples for a model: .npy files matched to the model's inputs.
#ifndef TINYC_COMPILER_DATASET_H
#define TINYC_COMPILER_DATASET_H

#include "compiler/Npy.h"
#include "compiler/Options.h"
#include "dialects/nn/Interpreter.h"

namespace tinyc {

/// From the texts of --scale and --offset: numbers separated by commas; an empty text keeps the default.
llvm::Expected<InputTransform> parseInputTransform(llvm::StringRef scale, llvm::StringRef offset);

/// The samples of one model input: an array of shape [N, d1, d2, ...] for an ONNX input of shape [B, d1, d2, ...], N a
/// multiple of B.
class Dataset {
public:
  /// `shape` is the ONNX input's. Fails for a shape that does not match and for values that are not finite, naming the
  /// file. Per-channel transforms have one number for each index of ONNX dimension 1.
  static llvm::Expected<Dataset> open(llvm::StringRef path, const InputTransform &transform,
                                      llvm::ArrayRef<int64_t> shape, llvm::StringRef input);

  /// Samples, each a whole input.
  int64_t size() const { return array.getNumElements() / sampleElements; }
  llvm::StringRef getPath() const { return array.getPath(); }
  /// The real values of sample `index` in ONNX's order: stored number * scale + offset.
  std::vector<float> get(int64_t index) const;
  /// The integers of sample `index`, exactly; nullopt of a file of real numbers, or if they are transformed.
  std::optional<std::vector<int64_t>> getIntegers(int64_t index) const;

private:
  explicit Dataset(NpyArray array) : array(std::move(array)) {}
  /// Whether every value is finite, whatever is stored.
  bool isBounded() const;

  NpyArray array;
  llvm::SmallVector<float> scales, offsets; // for each channel
  int64_t channelStride = 1;                // elements from one channel to the next
  int64_t sampleElements = 1;
};

/// An input of a model, its shape in ONNX's order.
struct InputShape {
  std::string name;
  std::vector<int64_t> shape;
};

/// The datasets of all inputs. `files` are FILE (a model of one input) or NAME=FILE. Fails if an input lacks a file or has
/// two, if a name is none of an input, or if the files differ in their number of samples.
llvm::Expected<std::vector<Dataset>> openDatasets(llvm::ArrayRef<InputShape> inputs, llvm::ArrayRef<std::string> files,
                                                  const InputTransform &transform);

/// A tensor of `type` from real values in ONNX's order: stored dimension i is ONNX dimension permutation[i] (empty: the
/// same order). A quantized type rounds ties to even and saturates.
nn::HostTensor makeTensor(mlir::RankedTensorType type, llvm::ArrayRef<int64_t> permutation,
                          llvm::ArrayRef<float> values);

/// The datasets of all arguments of a model function.
class InputDatasets {
public:
  /// Fails as openDatasets does.
  static llvm::Expected<InputDatasets> open(mlir::func::FuncOp function, llvm::ArrayRef<std::string> files,
                                            const InputTransform &transform);

  int64_t size() const { return datasets.empty() ? 0 : datasets.front().size(); }
  llvm::StringRef getPath() const { return datasets.front().getPath(); }
  /// The arguments of sample `index`. Thread-safe.
  std::vector<nn::HostTensor> get(int64_t index) const;

private:
  std::vector<Dataset> datasets;
  std::vector<mlir::RankedTensorType> types;
  std::vector<std::vector<int64_t>> permutations;
};

/// The samples of calibration files that Options::calibrationFirst and calibrationLimit choose.
struct CalibrationRows {
  int64_t first = 0, count = 0;

  /// Fails, naming the file, if none is left.
  static llvm::Expected<CalibrationRows> choose(const InputDatasets &datasets, const Options &options);
  /// The number in the files of sample `index` of `wanted`, at most `count`, which are spread over all of these.
  int64_t getNumber(int64_t index, int64_t wanted) const { return first + index * count / wanted; }
};

} // namespace tinyc

#endif // TINYC_COMPILER_DATASET_H
