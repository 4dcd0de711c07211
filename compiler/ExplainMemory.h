// `tinyc --explain-memory`: the memory plan of a program as a table and as a picture.
#ifndef TINYC_COMPILER_EXPLAINMEMORY_H
#define TINYC_COMPILER_EXPLAINMEMORY_H

#include "compiler/Report.h"

#include <string>

namespace tinyc {

/// For every op the rows of a step and the most bytes live, with a bar; then what is held at the peak, and what each
/// technique spares.
void printMemoryTable(const Report &report, llvm::raw_ostream &stream);

/// An SVG file: time from left to right, the arena from top to bottom, every buffer in a colour of its own. Deterministic.
std::string drawMemoryPlan(const Report &report);

} // namespace tinyc

#endif // TINYC_COMPILER_EXPLAINMEMORY_H
