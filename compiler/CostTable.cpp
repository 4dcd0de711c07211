#include "compiler/CostTable.h"

#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace tinyc {

static std::string formatNumber(double number) { return groupDigits(std::llround(number)); }

/// Cycles per MAC, or nothing for ops without MACs.
static std::string formatRatio(double cycles, int64_t macs) {
  return macs > 0 ? formatv("{0:f2}", cycles / static_cast<double>(macs)).str() : "";
}

void printCostTable(const Report &report, raw_ostream &stream) {
  static const char row[] = "{0,4}  {1,-20} {2,-32} {3,-42} {4,5} {5,12} {6,12} {7,6} {8,6} {9,12}\n";
  stream << "Estimated cost of " << report.modelFile << " for " << report.target
         << (report.board.empty() ? ", memory without wait states" : ", with the flash of " + report.board) << "\n"
         << formatv(row, "", "op", "node", "kernel", "rows", "MACs", "cycles", "/MAC", "%", "flash read");
  double constantBytes = 0;
  for (auto [number, layer] : enumerate(report.layers)) {
    double share = report.cycles > 0 ? 100 * layer.cycles / report.cycles : 0;
    StringRef node = layer.node, kernel = layer.kernel;
    kernel.consume_front("tinyc_");
    stream << formatv(row, number, layer.op, node.take_back(32), kernel,
                      layer.memory.stream >= 0 ? std::to_string(layer.memory.rowsPerStep) : "all",
                      groupDigits(layer.macs), formatNumber(layer.cycles), formatRatio(layer.cycles, layer.macs),
                      formatv("{0:f1}", share).str(), formatNumber(layer.constantBytes));
    constantBytes += layer.constantBytes;
  }
  stream << formatv(row, "", "sum", "", "", "", groupDigits(report.macs), formatNumber(report.cycles),
                    formatRatio(report.cycles, report.macs), "100.0", formatNumber(constantBytes));
}

} // namespace tinyc
