// What an integer program's outputs are worth beside those of the float one.
#ifndef TINYC_COMPILER_OUTPUTERROR_H
#define TINYC_COMPILER_OUTPUTERROR_H

#include "dialects/nn/Interpreter.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace tinyc {

/// Lets the function return the operand of a softmax at its end; true if it had one.
bool removeSoftmax(mlir::func::FuncOp function);

/// Whether a function's first result holds scores of classes: `hadSoftmax`, or 2 to 1000 elements, as many as no
/// autoencoder would have.
bool isClassifier(mlir::func::FuncOp function, bool hadSoftmax);

/// The Kullback-Leibler divergence of the classes' probabilities, sum of p * log(p / q), of logits; not below 0.
double getDivergence(llvm::ArrayRef<float> wanted, llvm::ArrayRef<float> got);

/// All outputs of a function, one after the other, on each of `count` samples, by the reference interpreter. Its
/// arguments, which may be quantized, get the real values of `getInputs`.
mlir::LogicalResult runOnSamples(mlir::func::FuncOp function, int64_t count,
                                 llvm::function_ref<std::vector<nn::HostTensor>(int64_t)> getInputs,
                                 std::vector<std::vector<float>> &outputs);

/// The mean over samples of what `got` differs from `wanted`: the relative squared error of all outputs, and of a
/// classifier's logits the mean divergence on top.
double getDistortion(llvm::ArrayRef<std::vector<float>> wanted, llvm::ArrayRef<std::vector<float>> got,
                     bool classifies);

} // namespace tinyc

#endif // TINYC_COMPILER_OUTPUTERROR_H
