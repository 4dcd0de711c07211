// `tinyc --print-cost`: what every layer of a program is estimated to cost.
#ifndef TINYC_COMPILER_COSTTABLE_H
#define TINYC_COMPILER_COSTTABLE_H

#include "compiler/Report.h"

namespace tinyc {

/// For every kernel op its MACs, estimated cycles, cycles per MAC, share, and the bytes of constants that it reads; then
/// the sums.
void printCostTable(const Report &report, llvm::raw_ostream &stream);

} // namespace tinyc

#endif // TINYC_COMPILER_COSTTABLE_H
