#include "compiler/onnx/SupportedOps.h"

#include "compiler/onnx/Operators.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

namespace tinyc::onnx {

void printSupportedOps(llvm::raw_ostream &stream, bool asJson) {
  llvm::json::Array rows;
  for (llvm::StringRef domain : {llvm::StringRef(), llvm::StringRef(kMicrosoftDomain)}) {
    const int64_t newest = domain.empty() ? kNewestOpset : 1;
    llvm::StringRef last;
    for (const Operator &op : getOperators(domain)) {
      if (op.name == last)
        continue;
      last = op.name;
      const std::string name = domain.empty() ? op.name.str() : (domain + "." + op.name).str();
      if (asJson)
        rows.push_back(llvm::json::Object{
            {"domain", domain.empty() ? "ai.onnx" : domain}, {"operator", op.name}, {"since", op.minimumOpset}, {"to", newest}});
      else
        stream << llvm::formatv("{0,-40} operator sets {1} to {2}\n", name, op.minimumOpset, newest);
    }
  }
  if (asJson)
    stream << llvm::formatv("{0:2}\n", llvm::json::Value(std::move(rows)));
}

} // namespace tinyc::onnx
