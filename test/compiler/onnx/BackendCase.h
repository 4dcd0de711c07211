// One case of ONNX's backend tests: a model with inputs and the outputs ONNX expects.
#ifndef TINYC_TEST_COMPILER_ONNX_BACKENDCASE_H
#define TINYC_TEST_COMPILER_ONNX_BACKENDCASE_H

#include "llvm/ADT/ArrayRef.h"

#include <onnx/onnx_pb.h>

#include <optional>
#include <string>
#include <vector>

struct Tensor {
  onnx::TensorProto proto;
  std::vector<int64_t> shape;
  std::vector<double> values;
};

struct BackendCase {
  std::string name;
  onnx::ModelProto model;
  std::vector<Tensor> inputs, outputs;
};

/// Which graph inputs become initializers: those a program must know at compile time; all but the first; all.
enum class Form { RunTime, FirstInput, Constant };

/// True if the import table knows all the model's operators, and inputs and outputs are tensors.
bool isSupported(const onnx::ModelProto &model);

/// Reads inputs and outputs of a case; false if their types are not read here.
bool readTensors(const std::string &directory, BackendCase &backendCase);

/// The model in a form. `runTime` gets the inputs that are left.
onnx::ModelProto specialize(const BackendCase &backendCase, Form form, std::vector<const Tensor *> &runTime);

/// Elements of a tensor of `shape` after a transposition: result dimension i is dimension permutation[i].
std::vector<double> permute(const std::vector<double> &values, llvm::ArrayRef<int64_t> shape,
                            llvm::ArrayRef<int64_t> permutation);

#endif // TINYC_TEST_COMPILER_ONNX_BACKENDCASE_H
