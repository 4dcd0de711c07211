// What a model needs, before it is compiled: --analyze.
#ifndef TINYC_COMPILER_ANALYZE_H
#define TINYC_COMPILER_ANALYZE_H

#include "compiler/Options.h"
#include "compiler/onnx/Summary.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/LogicalResult.h"
#include "llvm/Support/raw_ostream.h"

namespace tinyc {

/// The program of one form of the model on one core, with the schedule of the smallest SRAM.
struct ProgramSize {
  std::string target;
  int64_t sramBytes = 0;
  int64_t weightBytes = 0, codeBytes = 0; ///< of flash
  double cycles = 0;                      ///< estimated
};

/// A form that the model can be compiled to.
struct ModelForm {
  std::string name;                ///< float32, int8, or "as it is" for a model with Q/DQ nodes
  std::vector<ProgramSize> sizes;  ///< the core asked for first, then those of the boards, by name
  std::vector<std::string> boards; ///< that hold the program, of those tinyc knows
  std::vector<std::string> floatOperators; ///< of int8: those that stay in float, "Div '/norm/Div'"
};

struct Analysis {
  std::string file;
  ModelSummary summary;
  std::vector<std::string> problems; ///< one line each; why the model cannot be compiled. Then nothing below is known.
  int64_t parameters = 0;            ///< elements of weights and biases, batch norm folded
  int64_t macs = 0;
  std::vector<ModelForm> forms;

  void print(llvm::raw_ostream &stream) const;
  llvm::json::Value toJson() const;
};

/// Analyzes options.model and prints the result, as JSON or as text. A model that cannot be compiled is no error: the
/// result says why. Only a file that is no model is one.
llvm::LogicalResult runAnalysis(const Options &options, bool json, llvm::raw_ostream &stream);

} // namespace tinyc

#endif // TINYC_COMPILER_ANALYZE_H
