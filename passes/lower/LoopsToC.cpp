// The function of a loop nest as C: plain loops, one variable for each value of the body.
#include "passes/lower/CText.h"
#include "passes/lower/Emission.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace tinyc::lower {

bool usesMath(ModuleOp module) {
  return module
      .walk([](loop::CallOp) { return WalkResult::interrupt(); })
      .wasInterrupted();
}

namespace {

/// C's type of a scalar, or of the elements of a buffer. Conditions are integers.
std::string getScalarName(Type type, bool isUnsigned = false) {
  if (type.isF32())
    return "float";
  unsigned width = type.getIntOrFloatBitWidth();
  return ((isUnsigned ? "uint" : "int") + Twine(width == 1 ? 32 : width) + "_t").str();
}

std::string formatInteger(const APInt &value) {
  int64_t number = value.getSExtValue();
  if (value.getBitWidth() == 1)
    return value.isZero() ? "0" : "1";
  if (value.getBitWidth() < 32)
    return std::to_string(number);
  if (value.getBitWidth() == 32)
    return number == INT32_MIN ? "INT32_MIN" : std::to_string(number);
  return number == INT64_MIN ? "INT64_MIN" : "INT64_C(" + std::to_string(number) + ")";
}

class LoopPrinter {
public:
  LoopPrinter(kernel::LoopFunctionOp function, raw_ostream &os) : nest(function.getNest()), os(os) {}

  void print(StringRef name) {
    os << "static void " << name << "(const tinyc_loop_nest_params *params";
    for (auto [number, type] : llvm::enumerate(nest.types)) {
      bool isOutput = number + 1 == nest.types.size();
      os << ", " << (isOutput ? "" : "const ") << getElementType(type.getElementType()) << " *"
         << (isOutput ? "output" : "x" + std::to_string(number));
    }
    os << ", void *scratch, int32_t row_begin, int32_t row_end) {\n";
    os << "  (void)params, (void)scratch, (void)row_begin, (void)row_end;\n";
    for (size_t number = 0; number < nest.getInputCount(); ++number)
      if (!isUsed(number))
        os << "  (void)x" << number << ";\n";
    openLoops(0, nest.parallel);
    bindArguments();
    if (nest.hasReduction()) {
      BlockArgument accumulator = nest.body->getArguments().back();
      indent() << getScalarName(accumulator.getType()) << " " << names[accumulator] << " = " << format(nest.init) << ";\n";
      openLoops(nest.parallel, nest.sizes.size());
    }
    printBody();
    Value result = cast<loop::YieldOp>(nest.body->getTerminator()).getValue();
    std::string target = "output[" + formatPosition(nest.getInputCount()) + "]";
    if (nest.hasReduction()) {
      std::string accumulator = names[nest.body->getArguments().back()];
      if (names[result] != accumulator)
        indent() << accumulator << " = " << names[result] << ";\n";
      if (nest.isScan())
        indent() << target << " = " << accumulator << ";\n";
      closeLoops(nest.sizes.size() - nest.parallel);
      if (!nest.isScan())
        indent() << target << " = " << accumulator << ";\n";
    } else {
      indent() << target << " = " << names[result] << ";\n";
    }
    closeLoops(depth - 1);
    os << "}";
  }

private:
  raw_ostream &indent() { return os.indent(2 * depth); }

  void openLoops(int64_t from, int64_t to) {
    for (int64_t loop = from; loop < to; ++loop, ++depth)
      indent() << "for (int32_t i" << loop << " = 0; i" << loop << " < " << nest.sizes[loop] << "; i" << loop << "++) {\n";
  }

  void closeLoops(int64_t count) {
    for (; count > 0; --count) {
      --depth;
      indent() << "}\n";
    }
  }

  bool isUsed(size_t number) {
    if (nest.isMapped(number) && !getElement(number).use_empty())
      return true;
    return llvm::any_of(nest.body->getOps<loop::LoadOp>(), [&](loop::LoadOp load) { return load.getTensor() == number; });
  }

  /// The body's argument for a mapped input.
  BlockArgument getElement(size_t number) {
    unsigned argument = 0;
    for (size_t before = 0; before < number; ++before)
      argument += nest.isMapped(before);
    return nest.body->getArgument(argument);
  }

  /// Names of the arguments; the elements are read at the body's begin.
  void bindArguments() {
    for (size_t number = 0; number < nest.getInputCount(); ++number)
      if (nest.isMapped(number) && !getElement(number).use_empty()) {
        names[getElement(number)] = "e" + std::to_string(number);
        mapped.push_back(number);
      }
    if (nest.hasReduction())
      names[nest.body->getArguments().back()] = "sum";
  }

  std::string formatPosition(size_t number) {
    loop::LinearAccess access = loop::getAccess(nest, number);
    std::string text;
    for (auto [loop, stride] : llvm::enumerate(access.strides)) {
      if (stride == 0 || nest.sizes[loop] == 1)
        continue;
      text += text.empty() ? (stride < 0 ? "-" : "") : stride < 0 ? " - " : " + ";
      text += "i" + std::to_string(loop);
      if (std::abs(stride) != 1)
        text += " * " + std::to_string(std::abs(stride));
    }
    if (access.offset == 0)
      return text.empty() ? "0" : text;
    // The offset first, so that no intermediate sum is negative.
    return std::to_string(access.offset) + (text.empty() ? "" : text[0] == '-' ? " - " + text.substr(1) : " + " + text);
  }

  std::string format(Attribute value) {
    if (auto real = dyn_cast<FloatAttr>(value)) {
      if (real.getValue().isFinite())
        return formatFloat(real.getValue());
      uint64_t bits = real.getValue().bitcastToAPInt().getZExtValue();
      return "tinyc_f32_of_bits(0x" + llvm::utohexstr(bits, /*LowerCase=*/true) + "u)";
    }
    return formatInteger(cast<IntegerAttr>(value).getValue());
  }

  void printBody() {
    for (size_t number : mapped)
      indent() << "const " << getScalarName(nest.types[number].getElementType()) << " e" << number << " = x" << number
               << "[" << formatPosition(number) << "];\n";
    for (Operation &op : nest.body->without_terminator())
      printOp(op);
  }

  void printOp(Operation &op) {
    Value result = op.getResult(0);
    if (result.use_empty())
      return;
    if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
      std::string text = format(constant.getValue());
      names[result] = text[0] == '-' ? "(" + text + ")" : text;
      return;
    }
    if (auto index = dyn_cast<loop::IndexOp>(op)) {
      names[result] = "i" + std::to_string(index.getLoop());
      return;
    }
    std::string text = formatOp(op), name = "v" + std::to_string(count++);
    names[result] = name;
    indent() << "const " << getScalarName(result.getType()) << " " << name << " = " << text << ";\n";
  }

  std::string get(Operation &op, unsigned operand) { return names[op.getOperand(operand)]; }

  /// An operator of C on operands of `type`; integers in unsigned arithmetic, which wraps around.
  std::string formatBinary(Operation &op, StringRef symbol, bool isUnsigned) {
    Type type = op.getOperand(0).getType();
    std::string a = get(op, 0), b = get(op, 1);
    if (type.isF32())
      return a + " " + symbol.str() + " " + b;
    std::string result = getScalarName(op.getResult(0).getType());
    if (!isUnsigned)
      return "(" + result + ")(" + a + " " + symbol.str() + " " + b + ")";
    // At least 32 bits, or C's promotion would make it signed again.
    std::string wide = getScalarName(type.getIntOrFloatBitWidth() == 64 ? type : IntegerType::get(op.getContext(), 32), true),
                own = getScalarName(type, true);
    auto toWide = [&](const std::string &text) {
      return own == wide ? "(" + own + ")" + text : "(" + wide + ")(" + own + ")" + text;
    };
    if (isa<arith::CmpIOp>(op))
      return toWide(a) + " " + symbol.str() + " " + toWide(b);
    return "(" + result + ")(" + (own == wide ? "" : "(" + own + ")") + "(" + toWide(a) + " " + symbol.str() + " " + toWide(b) +
           "))";
  }

  std::string formatCompare(arith::CmpFOp op) {
    std::string a = names[op.getLhs()], b = names[op.getRhs()];
    auto compare = [&](const char *symbol) { return a + " " + symbol + " " + b; };
    switch (op.getPredicate()) {
    case arith::CmpFPredicate::OEQ: return compare("==");
    case arith::CmpFPredicate::OGT: return compare(">");
    case arith::CmpFPredicate::OGE: return compare(">=");
    case arith::CmpFPredicate::OLT: return compare("<");
    case arith::CmpFPredicate::OLE: return compare("<=");
    case arith::CmpFPredicate::ONE: return "(" + compare("<") + " || " + compare(">") + ")";
    case arith::CmpFPredicate::ORD: return "(" + a + " == " + a + " && " + b + " == " + b + ")";
    case arith::CmpFPredicate::UEQ: return "!(" + compare("<") + " || " + compare(">") + ")";
    case arith::CmpFPredicate::UGT: return "!(" + compare("<=") + ")";
    case arith::CmpFPredicate::UGE: return "!(" + compare("<") + ")";
    case arith::CmpFPredicate::ULT: return "!(" + compare(">=") + ")";
    case arith::CmpFPredicate::ULE: return "!(" + compare(">") + ")";
    case arith::CmpFPredicate::UNE: return compare("!=");
    case arith::CmpFPredicate::UNO: return "(" + a + " != " + a + " || " + b + " != " + b + ")";
    case arith::CmpFPredicate::AlwaysTrue: return "1";
    case arith::CmpFPredicate::AlwaysFalse: return "0";
    }
    return "";
  }

  std::string formatCompare(arith::CmpIOp op) {
    switch (op.getPredicate()) {
    case arith::CmpIPredicate::eq: return get(*op, 0) + " == " + get(*op, 1);
    case arith::CmpIPredicate::ne: return get(*op, 0) + " != " + get(*op, 1);
    case arith::CmpIPredicate::slt: return get(*op, 0) + " < " + get(*op, 1);
    case arith::CmpIPredicate::sle: return get(*op, 0) + " <= " + get(*op, 1);
    case arith::CmpIPredicate::sgt: return get(*op, 0) + " > " + get(*op, 1);
    case arith::CmpIPredicate::sge: return get(*op, 0) + " >= " + get(*op, 1);
    case arith::CmpIPredicate::ult: return formatBinary(*op, "<", true);
    case arith::CmpIPredicate::ule: return formatBinary(*op, "<=", true);
    case arith::CmpIPredicate::ugt: return formatBinary(*op, ">", true);
    case arith::CmpIPredicate::uge: return formatBinary(*op, ">=", true);
    }
    return "";
  }

  std::string formatLoad(loop::LoadOp load) {
    std::string position;
    for (auto [index, size] : llvm::zip_equal(load.getIndices(), nest.types[load.getTensor()].getShape())) {
      std::string limited = size == 1 ? "0" : "tinyc_limit_s32(" + names[index] + ", 0, " + std::to_string(size - 1) + ")";
      position = position.empty() || position == "0" ? limited
                                                     : "(" + position + ") * " + std::to_string(size) + " + " + limited;
    }
    return "x" + std::to_string(load.getTensor()) + "[" + (position.empty() ? "0" : position) + "]";
  }

  std::string formatCall(loop::CallOp call) {
    std::string text = "tinyc_math_" + call.getFunction().str() + "_f32(";
    for (auto [number, operand] : llvm::enumerate(call.getOperands()))
      text += (number ? ", " : "") + names[operand];
    return text + ")";
  }

  std::string formatCast(Operation &op, bool fromUnsigned) {
    std::string to = "(" + getScalarName(op.getResult(0).getType()) + ")";
    Type from = op.getOperand(0).getType();
    if (fromUnsigned && !from.isInteger(1))
      to += "(" + getScalarName(from, true) + ")";
    // A signed extension of a condition gives all ones.
    if (!fromUnsigned && from.isInteger(1))
      return to + "-" + get(op, 0);
    return to + get(op, 0);
  }

  std::string formatOp(Operation &op) {
    return llvm::TypeSwitch<Operation *, std::string>(&op)
        .Case([&](loop::LoadOp load) { return formatLoad(load); })
        .Case([&](loop::CallOp call) { return formatCall(call); })
        .Case([&](arith::CmpFOp compare) { return formatCompare(compare); })
        .Case([&](arith::CmpIOp compare) { return formatCompare(compare); })
        .Case<arith::AddFOp, arith::AddIOp>([&](auto) { return formatBinary(op, "+", true); })
        .Case<arith::SubFOp, arith::SubIOp>([&](auto) { return formatBinary(op, "-", true); })
        .Case<arith::MulFOp, arith::MulIOp>([&](auto) { return formatBinary(op, "*", true); })
        .Case<arith::DivFOp, arith::DivSIOp>([&](auto) { return formatBinary(op, "/", false); })
        .Case([&](arith::DivUIOp) { return formatBinary(op, "/", true); })
        .Case([&](arith::RemSIOp) { return formatBinary(op, "%", false); })
        .Case([&](arith::RemUIOp) { return formatBinary(op, "%", true); })
        .Case([&](arith::AndIOp) { return formatBinary(op, "&", false); })
        .Case([&](arith::OrIOp) { return formatBinary(op, "|", false); })
        .Case([&](arith::XOrIOp) { return formatBinary(op, "^", false); })
        .Case([&](arith::ShLIOp) { return formatBinary(op, "<<", true); })
        .Case([&](arith::ShRUIOp) { return formatBinary(op, ">>", true); })
        .Case([&](arith::ShRSIOp) { return formatBinary(op, ">>", false); })
        .Case([&](arith::NegFOp) { return "-" + get(op, 0); })
        .Case([&](arith::SelectOp) { return get(op, 0) + " ? " + get(op, 1) + " : " + get(op, 2); })
        .Case([&](arith::TruncIOp) {
          return op.getResult(0).getType().isInteger(1) ? "(int32_t)(" + get(op, 0) + " & 1)" : formatCast(op, false);
        })
        .Case<arith::ExtSIOp, arith::SIToFPOp, arith::FPToSIOp>([&](auto) { return formatCast(op, false); })
        .Case<arith::ExtUIOp, arith::UIToFPOp>([&](auto) { return formatCast(op, true); })
        .Case([&](arith::FPToUIOp) {
          Type type = op.getResult(0).getType();
          return "(" + getScalarName(type) + ")(" + getScalarName(type, true) + ")" + get(op, 0);
        })
        .Case([&](arith::BitcastOp) {
          return op.getResult(0).getType().isF32() ? "tinyc_f32_of_bits((uint32_t)" + get(op, 0) + ")"
                                                   : "(int32_t)tinyc_bits_of_f32(" + get(op, 0) + ")";
        })
        .Default([](Operation *) { return std::string(); });
  }

  loop::Nest nest;
  raw_ostream &os;
  llvm::DenseMap<Value, std::string> names;
  SmallVector<size_t> mapped;
  unsigned depth = 1, count = 0;
};

} // namespace

std::string formatLoopFunction(kernel::LoopFunctionOp function, StringRef name) {
  std::string text;
  llvm::raw_string_ostream os(text);
  LoopPrinter(function, os).print(name);
  return text;
}

} // namespace tinyc::lower
