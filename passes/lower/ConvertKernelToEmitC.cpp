// Lowered program -> C: constants and parameter blocks become static arrays and structs, calls become calls.

#include "passes/lower/Emission.h"
#include "passes/lower/Passes.h"
#include "targets/Target.h"

#include "mlir/Dialect/EmitC/IR/EmitC.h"

#include <map>

using namespace mlir;

namespace tinyc::lower {
#define GEN_PASS_DEF_CONVERTKERNELTOEMITCPASS
#include "passes/lower/Passes.h.inc"

namespace {

/// C type of the elements. 16-bit integers are unsigned: only the tables of exponentials have them.
StringRef getElementType(Type element) {
  if (element.isF32())
    return "float";
  switch (element.getIntOrFloatBitWidth()) {
  case 8:
    return "int8_t";
  case 16:
    return "uint16_t";
  default:
    return "int32_t";
  }
}

/// The type emitc.global prints as getElementType().
Type getEmitCElementType(Type element) {
  if (element.isInteger(16))
    return IntegerType::get(element.getContext(), 16, IntegerType::Unsigned);
  return element;
}

/// Text of a float with as many digits as its value needs. INFINITY and NAN: see createPreamble.
std::string formatFloat(const APFloat &value) {
  if (value.isNaN())
    return "NAN";
  if (value.isInfinity())
    return value.isNegative() ? "-INFINITY" : "INFINITY";
  SmallString<32> text;
  value.toString(text, /*FormatPrecision=*/9, /*FormatMaxPadding=*/3);
  bool isInteger = text.find_first_of(".E") == StringRef::npos;
  return (text + (isInteger ? ".0f" : "f")).str();
}

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

std::string formatParams(kernel::ParamsAttr params) {
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

/// Text that is safe inside a comment.
std::string formatComment(StringRef text) {
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

/// `node: conv2d 3x3, 442368 MACs`
std::string describe(kernel::CallOp call) {
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

class ConvertKernelToEmitC : public impl::ConvertKernelToEmitCPassBase<ConvertKernelToEmitC> {
public:
  using Base::Base;

  void runOnOperation() override {
    FailureOr<func::FuncOp> program = getProgram(getOperation());
    if (failed(program))
      return signalPassFailure();
    symbols.emplace(getOperation());
    identifiers.emplace(*program);
    if (failed(convertConstants(*program)) || failed(convertProgram(*program)))
      return signalPassFailure();
    createPreamble();
  }

private:
  void createPreamble() {
    OpBuilder builder = OpBuilder::atBlockBegin(getOperation().getBody());
    Location loc = getOperation().getLoc();
    for (StringRef header : {"model.h", "tinyc/kernel_functions.h"})
      emitc::IncludeOp::create(builder, loc, header, /*is_standard_include=*/false);
    if (!hasNonFinite)
      return;
    // Constant expressions rather than math.h, which a freestanding compiler need not have.
    for (StringRef line : {"#define INFINITY ((float)(1e300 * 1e300))", "#define NAN (INFINITY - INFINITY)"})
      emitc::VerbatimOp::create(builder, loc, builder.getStringAttr(line), ValueRange());
  }

  LogicalResult convertConstants(func::FuncOp program) {
    for (memref::GlobalOp constant : getConstants(program)) {
      FailureOr<DenseElementsAttr> values = getFlatValues(constant);
      if (failed(values))
        return failure();
      OpBuilder builder(constant);
      std::string name = identifiers->create(constant.getSymName());
      builder.setInsertionPoint(constant);
      emitc::VerbatimOp::create(builder, constant.getLoc(),
                                builder.getStringAttr("_Alignas(" + Twine(getAlignment(constant)) + ")"),
                                ValueRange());
      Type element = values->getElementType();
      Type cElement = getEmitCElementType(element);
      if (cElement != element)
        *values = values->bitcast(cElement);
      if (isa<FloatType>(element))
        hasNonFinite |= llvm::any_of(values->getValues<APFloat>(), [](const APFloat &x) { return !x.isFinite(); });
      auto type = emitc::ArrayType::get({values->getNumElements()}, cElement);
      emitc::GlobalOp::create(builder, constant.getLoc(), name, type, *values, /*extern_specifier=*/false,
                              /*static_specifier=*/true, /*const_specifier=*/true);
      constantNames[constant] = name;
    }
    return success();
  }

  LogicalResult convertProgram(func::FuncOp program) {
    OpBuilder builder(program);
    MLIRContext *context = &getContext();
    auto arena = emitc::PointerType::get(IntegerType::get(context, 8, IntegerType::Unsigned));
    auto function = emitc::FuncOp::create(builder, program.getLoc(), program.getSymName(),
                                          FunctionType::get(context, {arena}, {}));
    OpBuilder params(function);
    builder.setInsertionPointToStart(function.addEntryBlock());
    for (kernel::CallOp call : program.getOps<kernel::CallOp>())
      if (failed(convertCall(call, builder, params)))
        return failure();
    emitc::ReturnOp::create(builder, program.getLoc(), Value());
    program.erase();
    for (memref::GlobalOp constant : llvm::make_early_inc_range(getOperation().getOps<memref::GlobalOp>()))
      constant.erase();
    return success();
  }

  LogicalResult convertCall(kernel::CallOp call, OpBuilder &builder, OpBuilder &params) {
    Location loc = call.getLoc();
    MLIRContext *context = &getContext();
    auto text = [&](const Twine &code) -> Attribute { return emitc::OpaqueAttr::get(context, code.str()); };

    StringRef node = getNodeName(loc);
    std::string block = identifiers->create(node.empty() ? call.getCallee() : node, "_params");
    for (Attribute value : call.getParams().getValues())
      if (auto number = dyn_cast<FloatAttr>(value))
        hasNonFinite |= !number.getValue().isFinite();
    auto type = emitc::OpaqueType::get(context, call.getParams().getType().getValue());
    emitc::GlobalOp::create(params, loc, block, type, text(formatParams(call.getParams())),
                            /*extern_specifier=*/false, /*static_specifier=*/true, /*const_specifier=*/true);

    SmallVector<Attribute> arguments = {text("&" + block)};
    for (Value buffer : call.getArguments()) {
      if (!buffer) {
        arguments.push_back(text("NULL"));
        continue;
      }
      FailureOr<Address> address = resolveAddress(call, buffer, *symbols);
      if (failed(address))
        return failure();
      arguments.push_back(text(formatAddress(*address)));
    }
    arguments.push_back(builder.getI32IntegerAttr(call.getRowBegin()));
    arguments.push_back(builder.getI32IntegerAttr(call.getRowEnd()));

    emitc::VerbatimOp::create(builder, loc, builder.getStringAttr("/* " + formatComment(describe(call)) + " */"),
                              ValueRange());
    emitc::CallOpaqueOp::create(builder, loc, TypeRange(), call.getCallee(), ValueRange(),
                                builder.getArrayAttr(arguments));
    return success();
  }

  std::string formatAddress(const Address &address) {
    StringRef element = getElementType(address.element);
    if (memref::GlobalOp constant = address.constant) {
      int64_t bytes = llvm::divideCeil(address.element.getIntOrFloatBitWidth(), 8);
      std::string name = constantNames[constant];
      if (constant.getType().getElementType() != address.element)
        name = ("(const " + element + " *)(const void *)" + name).str();
      return address.offset == 0 ? name : name + " + " + std::to_string(address.offset / bytes);
    }
    // Through void *, so that -Wcast-align has nothing to say: the arena and the plan are aligned.
    bool isByte = address.element.isInteger(8);
    return ("(" + element + " *)" + (isByte ? "" : "(void *)") + "(arena + " + Twine(address.offset) + ")").str();
  }

  std::optional<SymbolTable> symbols; // before the conversion, whose names may be the same
  std::optional<Identifiers> identifiers;
  llvm::DenseMap<Operation *, std::string> constantNames;
  bool hasNonFinite = false; // the text uses INFINITY or NAN
};

} // namespace
} // namespace tinyc::lower
