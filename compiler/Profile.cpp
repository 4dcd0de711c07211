#include "compiler/Profile.h"

#include "compiler/Files.h"
#include "compiler/Report.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace llvm;

namespace tinyc {

static int64_t sum(ArrayRef<ProfiledLayer> layers, int64_t ProfiledLayer::*field) {
  int64_t total = 0;
  for (const ProfiledLayer &layer : layers)
    total += layer.*field;
  return total;
}

json::Value Profile::toJson() const {
  json::Array array;
  for (auto [number, layer] : enumerate(layers))
    array.push_back(json::Object{{"id", static_cast<int64_t>(number)},
                                 {"op", layer.op},
                                 {"node", json::fixUTF8(layer.node)},
                                 {"kernel", layer.kernel},
                                 {"macs", layer.macs},
                                 {"calls", layer.calls},
                                 {"instructions", layer.instructions},
                                 {"cycles", layer.cycles},
                                 {"scratch_bytes", layer.scratchBytes}});
  json::Object object{{"target", target},
                      {"macs", sum(layers, &ProfiledLayer::macs)},
                      {"instructions", instructions},
                      {"cycles", cycles},
                      {"layers", std::move(array)}};
  if (clock > 0) {
    object["clock_hz"] = clock;
    object["ms"] = 1000 * static_cast<double>(cycles) / clock;
  }
  return object;
}

/// A field of CSV (RFC 4180).
static std::string quote(StringRef text) {
  if (text.find_first_of(",\"\r\n") == StringRef::npos)
    return text.str();
  std::string quoted = "\"";
  for (char c : text)
    quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string Profile::toCsv() const {
  std::string text = "id,op,node,kernel,macs,calls,instructions,cycles,scratch_bytes\n";
  raw_string_ostream os(text);
  for (auto [number, layer] : enumerate(layers))
    os << formatv("{0},{1},{2},{3},{4},{5},{6},{7},{8}\n", number, layer.op, quote(layer.node), layer.kernel, layer.macs,
                  layer.calls, layer.instructions, layer.cycles, layer.scratchBytes);
  return text;
}

void Profile::print(raw_ostream &stream) const {
  static const char row[] = "{0,4}  {1,-20} {2,-32} {3,12} {4,6} {5,13} {6,12} {7,6} {8,6} {9,8}";
  auto formatRow = [&](StringRef number, StringRef op, StringRef node, const ProfiledLayer &layer) {
    std::string ratio = layer.macs > 0 ? formatv("{0:f2}", static_cast<double>(layer.cycles) / layer.macs).str() : "";
    double share = cycles > 0 ? 100.0 * layer.cycles / cycles : 0;
    stream << formatv(row, number, op, node, groupDigits(layer.macs), layer.calls, groupDigits(layer.instructions),
                      groupDigits(layer.cycles), ratio, formatv("{0:f1}", share).str(), groupDigits(layer.scratchBytes));
    if (clock > 0)
      stream << formatv(" {0,8:f3}", 1000 * static_cast<double>(layer.cycles) / clock);
    stream << "\n";
  };
  stream << "Profile of one inference on " << target << ": cycles are estimates, memory without wait states\n"
         << formatv(row, "", "op", "node", "MACs", "calls", "instructions", "cycles", "/MAC", "%", "scratch")
         << (clock > 0 ? "       ms\n" : "\n");
  ProfiledLayer total;
  for (auto [number, layer] : enumerate(layers)) {
    formatRow(std::to_string(number), layer.op, StringRef(layer.node).take_back(32), layer);
    total.scratchBytes = std::max(total.scratchBytes, layer.scratchBytes);
  }
  total.macs = sum(layers, &ProfiledLayer::macs);
  total.calls = sum(layers, &ProfiledLayer::calls);
  total.instructions = sum(layers, &ProfiledLayer::instructions);
  total.cycles = sum(layers, &ProfiledLayer::cycles);
  formatRow("", "sum of the layers", "", total);
  total.instructions = instructions;
  total.cycles = cycles;
  formatRow("", "inference", "", total);
}

Error Profile::write(StringRef path) const {
  return writeFile(path, path.ends_with(".csv") ? toCsv() : formatv("{0:2}\n", toJson()).str());
}

Error checkProfileName(StringRef path) {
  if (path.ends_with(".csv") || path.ends_with(".json"))
    return Error::success();
  return createStringError("error: --profile expects a file name that ends with .json or .csv, got '" + path + "'");
}

std::optional<double> parseFrequency(StringRef text) {
  double factor = 1;
  if (text.consume_back("Hz"))
    factor = text.consume_back("k") ? 1e3 : text.consume_back("M") ? 1e6 : text.consume_back("G") ? 1e9 : 1;
  double value = 0;
  if (text.trim().getAsDouble(value) || !(value > 0) || !std::isfinite(value))
    return std::nullopt;
  return value * factor;
}

} // namespace tinyc
