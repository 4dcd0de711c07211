// `tinyc --explain-quantization`: the errors of quantization as a table and as a part of report.json.
#ifndef TINYC_COMPILER_EXPLAINQUANTIZATION_H
#define TINYC_COMPILER_EXPLAINQUANTIZATION_H

#include "compiler/QuantizationErrors.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

namespace tinyc {

/// For every layer its precision, range, clipping and errors; then the layers to give more bits first.
void printQuantizationTable(const QuantizationErrors &errors, llvm::raw_ostream &stream);

/// The object `quantization` of report.json. Figures that are infinite (no noise) are null.
llvm::json::Value toJson(const QuantizationErrors &errors);

} // namespace tinyc

#endif // TINYC_COMPILER_EXPLAINQUANTIZATION_H
