// What an ONNX file holds, whether or not it can be compiled.
#ifndef TINYC_COMPILER_ONNX_SUMMARY_H
#define TINYC_COMPILER_ONNX_SUMMARY_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tinyc {

/// A graph input or output as the file declares it.
struct TensorSummary {
  std::string name;
  std::string type;                    ///< float32, int8 ...
  std::vector<std::string> dimensions; ///< numbers, names of symbols, or "?"
};

/// All nodes of one operator in one operator set.
struct OperatorSummary {
  std::string domain; ///< empty: ai.onnx
  std::string name;
  int64_t opset = 0; ///< 0: the model names none for the domain
  int64_t count = 0;
  bool isSupported = false; ///< the operator, in that operator set; a node may still ask for what is not
};

struct ModelSummary {
  std::map<std::string, int64_t> opsets;      ///< by domain
  std::vector<TensorSummary> inputs, outputs; ///< inputs without those that are initializers
  /// The most frequent first, then by name. Local functions are inlined; nodes of branches and loop bodies count once.
  std::vector<OperatorSummary> operators;
  int64_t initializerElements = 0, initializerBytes = 0;
};

/// Reads the file at `path`, as importOnnx does, and counts. Nullopt after at least one error: the name of the node or
/// tensor it lies in (empty: the file), and the message.
std::optional<ModelSummary>
summarizeOnnx(llvm::StringRef path,
              llvm::function_ref<void(llvm::StringRef name, const std::string &message)> handleError);

} // namespace tinyc

#endif // TINYC_COMPILER_ONNX_SUMMARY_H
