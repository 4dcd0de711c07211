#include "passes/lower/CText.h"

#include "passes/lower/Emission.h"
#include "targets/Target.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

#include <map>

using namespace mlir;
using namespace tinyc;
using namespace tinyc::lower;

StringRef lower::getElementType(Type element) {
  if (element.isF32())
    return "float";
  switch (element.getIntOrFloatBitWidth()) {
  case 4: // two in a byte
  case 8:
    return "int8_t";
  case 16:
    return element.isUnsignedInteger() ? "uint16_t" : "int16_t";
  case 64:
    return "int64_t";
  default:
    return "int32_t";
  }
}

// Text of a float with as many digits as its value needs. INFINITY and NAN are macros of the text.
std::string lower::formatFloat(const APFloat &value) {
  if (value.isNaN())
    return "NAN";
  if (value.isInfinity())
    return value.isNegative() ? "-INFINITY" : "INFINITY";
  SmallString<32> text;
  value.toString(text, /*FormatPrecision=*/9, /*FormatMaxPadding=*/3);
  bool isInteger = text.find_first_of(".E") == StringRef::npos;
  return (text + (isInteger ? ".0f" : "f")).str();
}

namespace {

/// A C initializer: either a value, or members (`.name`) or elements (`[0]`) in order.
struct Initializer {
  std::string value;
  llvm::MapVector<StringRef, std::unique_ptr<Initializer>, std::map<StringRef, unsigned>> members;

  /// The member that a designator like `window.pads[1]` names; made if it is not there.
  Initializer &operator[](StringRef designator) {
    Initializer *member = this;
    while (!designator.empty()) {
      designator.consume_front(".");
      StringRef name = designator.take_front(designator.find_first_of(".[", 1));
      designator = designator.drop_front(name.size());
      std::unique_ptr<Initializer> &entry = member->members[name];
      if (!entry)
        entry = std::make_unique<Initializer>();
      member = entry.get();
    }
    return *member;
  }

  void print(raw_ostream &os, StringRef open = "{", StringRef separator = ", ", StringRef close = "}") const {
    if (members.empty()) {
      os << value;
      return;
    }
    os << open;
    llvm::interleave(
        members, os,
        [&](const auto &member) {
          if (!member.first.starts_with("["))
            os << '.' << member.first << " = ";
          member.second->print(os);
        },
        separator);
    os << close;
  }
};

} // namespace

std::string lower::formatParams(kernel::ParamsAttr params) {
  Initializer root;
  for (unsigned i = 0; i < params.size(); ++i) {
    Attribute value = params.getValues()[i];
    if (auto number = dyn_cast<FloatAttr>(value))
      root[params.getField(i)].value = formatFloat(number.getValue());
    else
      root[params.getField(i)].value = std::to_string(cast<IntegerAttr>(value).getValue().getSExtValue());
  }
  std::string text;
  llvm::raw_string_ostream os(text);
  root.print(os, "{\n    ", ",\n    ", ",\n}");
  return text;
}

std::string lower::formatComment(StringRef text) {
  std::string comment;
  for (char c : text) {
    char last = comment.empty() ? ' ' : comment.back();
    bool formsDelimiter = (last == '*' && c == '/') || (last == '/' && c == '*');
    if (formsDelimiter || c == '\\')
      comment += '_';
    comment += llvm::isPrint(c) && c != '\\' ? c : '_';
  }
  return comment;
}

std::string lower::describe(kernel::CallOp call) {
  std::string text = getNodeName(call.getLoc()).str();
  llvm::raw_string_ostream os(text);
  const targets::Kernel *row = targets::findKernel(call.getCallee());
  if (row)
    os << (text.empty() ? "" : ": ") << row->op;
  kernel::ParamsAttr params = call.getParams();
  StringRef separator = " ";
  for (unsigned i = 0; i < params.size(); ++i)
    if (StringRef field = params.getField(i); field == "window.kernel_height" || field == "window.kernel_width") {
      os << separator << cast<IntegerAttr>(params.getValues()[i]).getValue();
      separator = "x";
    }
  if (auto macs = call->getAttrOfType<IntegerAttr>(kernel::kMacsAttr))
    os << ", " << macs.getValue() << " MACs";
  return text;
}

std::string lower::formatProfileMacros(ArrayRef<ProfiledCall> calls, StringRef prefix) {
  llvm::SetVector<StringRef> kernels;
  for (const ProfiledCall &call : calls)
    kernels.insert(call.kernel);
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "#if defined(" << prefix.upper() << "PROFILE) && !defined(" << prefix.upper() << "CHECK)\n"
     << "#include \"tinyc/profile.h\"\nstatic int32_t " << prefix << "profile_layer(const void *params);\n";
  for (StringRef kernel : kernels)
    os << "#define " << kernel << "(params, ...) \\\n  TINYC_PROFILED(" << prefix << "profile_layer(params), \\\n  " << kernel
       << "(params, __VA_ARGS__))\n";
  os << "#endif";
  return text;
}

std::string lower::formatProfileLayers(ArrayRef<ProfiledCall> calls, StringRef prefix) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "#if defined(" << prefix.upper() << "PROFILE) && !defined(" << prefix.upper() << "CHECK)\n"
     << "/* The number of the kernel call with these parameters. */\n"
     << "static int32_t " << prefix << "profile_layer(const void *params) {\n  static const void *const layers[] = {\n";
  for (const ProfiledCall &call : calls)
    os << "    &" << call.params << ",\n";
  os << "  };\n  int32_t layer = 0;\n  while (layers[layer] != params)\n    layer++;\n  return layer;\n}\n#endif";
  return text;
}
