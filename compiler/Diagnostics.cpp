#include "compiler/Diagnostics.h"

#include "mlir/IR/Location.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace tinyc {

namespace {
struct Place {
  std::string file, node;
  unsigned line = 0, column = 0;
};
} // namespace

/// Collects the first node name and the first file of a nested location.
static void collect(Location location, Place &place) {
  llvm::TypeSwitch<LocationAttr>(location)
      .Case([&](FileLineColLoc at) {
        if (!place.file.empty())
          return;
        place.file = at.getFilename().str();
        place.line = at.getLine();
        place.column = at.getColumn();
      })
      .Case([&](NameLoc at) {
        if (place.node.empty())
          place.node = at.getName().str();
        collect(at.getChildLoc(), place);
      })
      .Case([&](CallSiteLoc at) { collect(at.getCallee(), place); })
      .Case([&](FusedLoc at) {
        for (Location inner : at.getLocations())
          collect(inner, place);
      })
      .Default([](LocationAttr) {});
}

std::string getNodeName(Location location) {
  Place place;
  collect(location, place);
  return place.node;
}

std::string describeLocation(Location location, StringRef file) {
  Place place;
  collect(location, place);
  std::string text = place.file.empty() ? file.str() : place.file;
  if (place.line > 0)
    text += ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
  if (!place.node.empty())
    text += (text.empty() ? "" : ":") + place.node;
  return text;
}

static StringRef describeSeverity(DiagnosticSeverity severity) {
  switch (severity) {
  case DiagnosticSeverity::Error:
    return "error";
  case DiagnosticSeverity::Warning:
    return "warning";
  case DiagnosticSeverity::Note:
    return "note";
  case DiagnosticSeverity::Remark:
    return "remark";
  }
  llvm_unreachable("severity");
}

DiagnosticPrinter::DiagnosticPrinter(MLIRContext *context, StringRef file)
    : ScopedDiagnosticHandler(context), file(file.str()) {
  setHandler([this](Diagnostic &diagnostic) {
    auto print = [&](Diagnostic &one) {
      // The op itself is named by its location; its printed form would repeat whole weights.
      llvm::errs() << describeLocation(one.getLocation(), this->file) << ": " << describeSeverity(one.getSeverity())
                   << ": " << one.str() << "\n";
    };
    print(diagnostic);
    for (Diagnostic &note : diagnostic.getNotes())
      if (!StringRef(note.str()).starts_with("see current operation"))
        print(note);
    return success();
  });
}

} // namespace tinyc
