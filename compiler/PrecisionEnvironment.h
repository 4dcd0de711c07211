// The choice of each layer's precision as a problem for the searches: compiler/search.
#ifndef TINYC_COMPILER_PRECISIONENVIRONMENT_H
#define TINYC_COMPILER_PRECISIONENVIRONMENT_H

#include "compiler/Options.h"
#include "compiler/search/Environment.h"
#include "dialects/nn/Interpreter.h"
#include "mlir/IR/OwningOpRef.h"
#include "passes/compress/Precision.h"
#include "targets/Target.h"

#include <functional>
#include <map>

namespace tinyc {

/// What the accuracy is measured on.
struct PrecisionSamples {
  std::vector<std::vector<nn::HostTensor>> inputs; ///< the function's float arguments, for each sample
  std::vector<int64_t> labels;                     ///< the class of each sample; empty: unknown
};

struct PrecisionProblem {
  const targets::Target *target = nullptr;
  Optimize optimize = Optimize::Balanced;
  PrecisionSamples samples;
  /// Quantizes a prepared module by its attributes, without fitting weights.
  std::function<mlir::LogicalResult(mlir::ModuleOp)> quantize;
  /// Fits the weights of a prepared module to a grid of so many bits; null: they are rounded to the nearest.
  std::function<mlir::LogicalResult(mlir::ModuleOp, int32_t bits)> round;
  /// A variant of the model with a precision at the end of phase Compress, just as its package will have it.
  std::function<mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>>(size_t variant, const compress::Precision &)>
      compile;
  /// The budgets of --prune that the variants behind the first were pruned to.
  std::vector<std::string> prunings;
  /// Activations have 8 bits, and those of single ops may have 16.
  bool choosesActivations = false;
};

/// The first step, if there are variants of the model with fewer channels, chooses one of these, action 0 all channels.
/// Then come the layers with weights, in order, ops of one ONNX node together; their actions 8, 4 and 2 bits. Behind
/// them stand, if activations are chosen, the ONNX nodes whose results have a scale of their own and may have 16 bits;
/// their actions are 8 and 16 bits.
///
/// Quality is that of the integer program in the reference interpreter against the float one. A classifier's distortion
/// is the mean over the samples of the Kullback-Leibler divergence of the classes' probabilities plus the relative
/// squared error of the logits; its drop the share of samples of another class, or with labels the accuracy lost. Else
/// the distortion is the relative squared error of the outputs, the drop its square root.
class PrecisionEnvironment : public search::Environment {
public:
  /// `prepared` are float modules of calibrated ranges (compress::buildPreparePipeline): the model, and variants of it
  /// with fewer channels, of the same layers. Fails, with a diagnostic, if there is no layer to choose for.
  static mlir::FailureOr<std::unique_ptr<PrecisionEnvironment>> create(llvm::ArrayRef<mlir::ModuleOp> prepared,
                                                                       PrecisionProblem problem);

  size_t getStepCount() const override { return steps.size(); }
  std::string getStepName(size_t step) const override { return steps[step].name; }
  size_t getActionCount(size_t step) const override;
  std::string getActionName(size_t step, uint8_t action) const override;
  bool isMoreFaithful(size_t step, uint8_t action) const override {
    return steps[step].kind == StepKind::Result && action > 0;
  }
  /// The first step of a layer, and the one behind the last.
  size_t getLayerBegin() const { return variants.size() > 1 ? 1 : 0; }
  size_t getLayerEnd() const { return layerEnd; }
  /// HAQ, section 3.1: number of the layer; whether it is depthwise, whether it is fully connected; channels in and
  /// out; kernel; stride; pixels; weights; MACs; whether the step is a result; the last action.
  std::vector<double> observe(llvm::ArrayRef<uint8_t> actions) const override;
  std::optional<search::Costs> getCosts(llvm::ArrayRef<uint8_t> assignment) override;
  std::optional<search::Quality> getQuality(llvm::ArrayRef<uint8_t> assignment) override;

  /// From now on costs are corrected so that those of the first assignment, all actions 0, are `measured`: flash by a
  /// sum, which is the program's own code, the others by a factor.
  void setMeasuredCosts(const search::Costs &measured);

  compress::SavedPrecision getPrecision(llvm::ArrayRef<uint8_t> assignment) const;
  /// What an assignment's package will be, its weights fitted layer after layer in this precision. Slow.
  struct Package {
    mlir::OwningOpRef<mlir::ModuleOp> program; ///< at the end of phase Compress
    search::Quality quality;                   ///< of the program
  };
  mlir::FailureOr<Package> makePackage(llvm::ArrayRef<uint8_t> assignment) const;
  bool isClassifier() const { return classifies; }
  /// Stands for the model, the ranges, the samples' number and the target.
  std::string getFingerprint() const;

private:
  static constexpr int32_t kBits[] = {8, 4, 2}, kResultBits[] = {8, 16};

  enum class StepKind { Channels, Layer, Result };
  struct Step {
    std::string name; // of the step
    std::string node;
    StepKind kind;
    llvm::SmallVector<unsigned> layers; // numbers among the ops with weights
    std::vector<double> features;
  };

  struct Variant {
    mlir::OwningOpRef<mlir::ModuleOp> whole;                // as given
    mlir::OwningOpRef<mlir::ModuleOp> evaluated;            // without a softmax at its end: returns the logits
    std::vector<mlir::OwningOpRef<mlir::ModuleOp>> rounded; // `evaluated` with weights fitted to each of kBits
  };

  explicit PrecisionEnvironment(PrecisionProblem problem) : problem(std::move(problem)) {}
  llvm::ArrayRef<int32_t> getBits(size_t step) const {
    return steps[step].kind == StepKind::Result ? llvm::ArrayRef(kResultBits) : llvm::ArrayRef(kBits);
  }
  size_t getVariant(llvm::ArrayRef<uint8_t> assignment) const { return variants.size() > 1 ? assignment.front() : 0; }
  mlir::LogicalResult addSteps(mlir::ModuleOp prepared);
  void addResultSteps();
  void setResultBits(mlir::ModuleOp program, llvm::ArrayRef<uint8_t> assignment) const;
  mlir::LogicalResult prepareVariant(Variant &variant);
  /// The module of an assignment, not fitted: what the costs are estimated from.
  mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>> makeProgram(llvm::ArrayRef<uint8_t> assignment) const;
  mlir::LogicalResult runSamples(mlir::ModuleOp program, std::vector<std::vector<float>> &outputs) const;
  search::Quality compare(llvm::ArrayRef<std::vector<float>> outputs) const;

  PrecisionProblem problem;
  std::vector<Variant> variants;
  std::vector<Step> steps;
  size_t layerEnd = 0;
  std::vector<std::vector<float>> reference; // outputs of the first variant in float
  bool classifies = false;
  std::map<search::Assignment, std::optional<search::Costs>> knownCosts; // as estimated
  search::Costs factors = {{1, 1, 1, 1, 1}}, sums;
};

} // namespace tinyc

#endif // TINYC_COMPILER_PRECISIONENVIRONMENT_H
