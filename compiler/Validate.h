// `tinyc-run --validate`: how close the programs of a model come to a reference, and to each other.
#ifndef TINYC_COMPILER_VALIDATE_H
#define TINYC_COMPILER_VALIDATE_H

#include "compiler/ErrorSums.h"
#include "compiler/Evaluate.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

namespace tinyc {

/// The outputs of one program, or of a file, on all samples.
struct ValidatedProgram {
  std::string name; ///< "float", "host", a core, or "reference" for outputs from files
  std::vector<OutputValues> outputs;
  std::optional<double> accuracy;
  std::vector<ErrorSums> errors; ///< of each output, against the reference; empty for the reference itself
};

struct Validation {
  int64_t samples = 0;
  std::string reference;                  ///< "float", or the files
  std::vector<ValidatedProgram> programs; ///< the reference first

  /// Share of samples whose greatest element of the first output is the same in two programs; nullopt if it has one
  /// element.
  std::optional<double> getAgreement(const ValidatedProgram &one, const ValidatedProgram &other) const;
  /// True if all outputs of two programs are equal numbers.
  static bool isEqual(const ValidatedProgram &one, const ValidatedProgram &other);

  llvm::json::Value toJson() const;
  void print(llvm::raw_ostream &stream) const;
};

} // namespace tinyc

#endif // TINYC_COMPILER_VALIDATE_H
