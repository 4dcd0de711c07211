// Elementwise operators as loop nests: arithmetic, comparison, logic, rounding, activations, Cast and Where.
#include "compiler/onnx/LoopOps.h"

#include <functional>
#include <limits>

using namespace mlir;

namespace tinyc::onnx {

FailureOr<SmallVector<Operand>> getPlainInputs(NodeImporter &node) {
  SmallVector<Operand> operands;
  for (unsigned index = 0; index < node.getInputCount(); ++index) {
    if (!node.hasInput(index))
      continue;
    FailureOr<Operand> operand = toPlain(node, node.getInput(index));
    if (failed(operand))
      return failure();
    operands.push_back(*operand);
  }
  return operands;
}

LogicalResult expectOneType(NodeImporter &node, llvm::ArrayRef<Operand> operands) {
  for (const Operand &operand : operands)
    if (operand.type != operands.front().type)
      return node.emitError() << "expects operands of one type, got " << getName(operands.front().type) << " and "
                              << getName(operand.type);
  return success();
}

LogicalResult expectFloat(NodeImporter &node, llvm::ArrayRef<Operand> operands) {
  for (auto [index, operand] : llvm::enumerate(operands))
    if (operand.type != DataType::Float)
      return node.emitError() << "input " << index << " is " << getName(operand.type) << ", expects float32";
  return success();
}

//===----------------------------------------------------------------------===//
// One operand
//===----------------------------------------------------------------------===//

using Unary = Scalar (*)(NodeImporter &, Scalar);

/// 0 - x: of -0 that is 0.
static Scalar absolute(Scalar x) { return select(x <= 0, x.body->number(x.type, 0) - x, x); }

/// log(1 + e^x) = max(x, 0) + log1p(e^-|x|), which does not overflow.
static Scalar softplus(Scalar x) {
  Scalar zero = x.body->number(x.type, 0);
  return select(x > 0, x, select(isNaN(x), x, zero)) + call("log1p", call("exp", -absolute(x)));
}

/// 1 / (1 + e^-x), from e^-|x| as sigmoid's kernel.
static Scalar logistic(Scalar x) {
  Scalar e = call("exp", select(x < 0, x, -x)), one = x.body->number(x.type, 1);
  return select(x < 0, e, one) / (e + 1);
}

static Scalar elu(Scalar x, float alpha) { return select(x < 0, (call("exp", x) - 1) * alpha, x); }

static Scalar gelu(NodeImporter &node, Scalar x) {
  if (node.getString("approximate", "none") == "tanh") {
    Scalar inner = (x + x * x * x * 0.044715) * 0.7978845608028654;
    return x * 0.5 * (call("tanh", inner) + 1);
  }
  return x * 0.5 * (call("erf", x * 0.7071067811865476) + 1);
}

static Scalar shrink(NodeImporter &node, Scalar x) {
  const float bias = node.getFloatAttribute("bias", 0.0f), lambd = node.getFloatAttribute("lambd", 0.5f);
  Scalar zero = x.body->number(x.type, 0), lambda = cast(x.body->number(DataType::Float, lambd), x.type);
  Scalar offset = cast(x.body->number(DataType::Float, bias), x.type);
  return select(x < -lambda, x + offset, select(x > lambda, x - offset, zero));
}

static Scalar sign(Scalar x) {
  Scalar zero = x.body->number(x.type, 0), one = x.body->number(x.type, 1);
  Scalar result = select(x > 0, one, zero);
  if (!isUnsigned(x.type))
    result = select(x < 0, x.body->number(x.type, -1), result);
  return x.type == DataType::Float ? select(isNaN(x), x, result) : result;
}

static Scalar isInfinite(NodeImporter &node, Scalar x) {
  Scalar result = x.body->integer(DataType::Bool, 0);
  const double infinity = std::numeric_limits<double>::infinity();
  if (node.getInt("detect_positive", 1) != 0)
    result = result | (x == infinity);
  if (node.getInt("detect_negative", 1) != 0)
    result = result | (x == -infinity);
  return result;
}

struct UnaryRow {
  llvm::StringLiteral name;
  bool wantsFloat; ///< else any type of number
  std::optional<DataType> result;
  Unary body;
};

#define FUNCTION(onnx, function) {onnx, true, {}, [](NodeImporter &, Scalar x) { return call(function, x); }}
static const UnaryRow kUnary[] = {
    FUNCTION("Acos", "acos"),
    FUNCTION("Acosh", "acosh"),
    FUNCTION("Asin", "asin"),
    FUNCTION("Asinh", "asinh"),
    FUNCTION("Atan", "atan"),
    FUNCTION("Atanh", "atanh"),
    FUNCTION("Ceil", "ceil"),
    FUNCTION("Cos", "cos"),
    FUNCTION("Cosh", "cosh"),
    FUNCTION("Erf", "erf"),
    FUNCTION("Exp", "exp"),
    FUNCTION("Floor", "floor"),
    FUNCTION("Log", "log"),
    FUNCTION("Round", "round"),
    FUNCTION("Sin", "sin"),
    FUNCTION("Sinh", "sinh"),
    FUNCTION("Sqrt", "sqrt"),
    FUNCTION("Tan", "tan"),
    FUNCTION("Tanh", "tanh"),
    {"Abs", false, {}, [](NodeImporter &, Scalar x) { return isUnsigned(x.type) ? x : absolute(x); }},
    {"BitwiseNot", false, {}, [](NodeImporter &, Scalar x) { return !x; }},
    {"Celu", true, {},
     [](NodeImporter &node, Scalar x) {
       const float alpha = node.getFloatAttribute("alpha", 1.0f);
       Scalar below = (call("exp", x / alpha) - 1) * alpha;
       return select(x < 0, below, x);
     }},
    {"Elu", true, {}, [](NodeImporter &node, Scalar x) { return elu(x, node.getFloatAttribute("alpha", 1.0f)); }},
    {"Gelu", true, {}, gelu},
    {"HardSigmoid", true, {},
     [](NodeImporter &node, Scalar x) {
       Scalar line = x * node.getFloatAttribute("alpha", 0.2f) + node.getFloatAttribute("beta", 0.5f);
       return maximum(minimum(line, x.body->number(x.type, 1)), x.body->number(x.type, 0));
     }},
    {"IsInf", true, DataType::Bool, isInfinite},
    {"IsNaN", true, DataType::Bool, [](NodeImporter &, Scalar x) { return isNaN(x); }},
    {"Mish", true, {}, [](NodeImporter &, Scalar x) { return x * call("tanh", softplus(x)); }},
    {"Neg", false, {}, [](NodeImporter &, Scalar x) { return -x; }},
    {"Not", false, DataType::Bool, [](NodeImporter &, Scalar x) { return !x; }},
    {"QuickGelu", true, {},
     [](NodeImporter &node, Scalar x) { return x * logistic(x * node.getFloatAttribute("alpha", 1.702f)); }},
    {"Reciprocal", true, {}, [](NodeImporter &, Scalar x) { return 1.0 / x; }},
    {"Relu", false, {}, [](NodeImporter &, Scalar x) { return select(x < 0, x.body->number(x.type, 0), x); }},
    {"Selu", true, {},
     [](NodeImporter &node, Scalar x) {
       const float alpha = node.getFloatAttribute("alpha", 1.67326319217681884765625f);
       return elu(x, alpha) * node.getFloatAttribute("gamma", 1.05070102214813232421875f);
     }},
    {"Shrink", false, {}, shrink},
    {"Sigmoid", true, {}, [](NodeImporter &, Scalar x) { return logistic(x); }},
    {"Sign", false, {}, [](NodeImporter &, Scalar x) { return sign(x); }},
    {"Softplus", true, {}, [](NodeImporter &, Scalar x) { return softplus(x); }},
    {"Softsign", true, {}, [](NodeImporter &, Scalar x) { return x / (absolute(x) + 1); }},
    {"Swish", true, {},
     [](NodeImporter &node, Scalar x) { return x * logistic(x * node.getFloatAttribute("alpha", 1.0f)); }},
    {"ThresholdedRelu", true, {},
     [](NodeImporter &node, Scalar x) {
       return select(x > node.getFloatAttribute("alpha", 1.0f), x, x.body->number(x.type, 0));
     }},
};
#undef FUNCTION

LogicalResult buildUnaryLoops(NodeImporter &node) {
  const auto *row = llvm::find_if(kUnary, [&](const UnaryRow &each) { return each.name == node.getOperatorName(); });
  assert(row != std::end(kUnary) && "the table of operators names rows of this one");
  FailureOr<Operand> operand = toPlain(node, node.getInput(0));
  if (failed(operand) || (row->wantsFloat && failed(expectFloat(node, *operand))))
    return failure();
  const bool isLogic = row->result == DataType::Bool && !row->wantsFloat;
  if (!row->wantsFloat && (operand->type == DataType::Bool) != isLogic)
    return node.emitError() << node.describeInput(0) << " is " << getName(operand->type)
                            << (isLogic ? ", expects bool" : ", expects numbers");
  return setResult(node, buildElementwise(node, *operand, row->result.value_or(operand->type),
                                          [&](Body &, llvm::ArrayRef<Scalar> x) { return row->body(node, x[0]); }));
}

//===----------------------------------------------------------------------===//
// Several operands
//===----------------------------------------------------------------------===//

using Binary = Scalar (*)(NodeImporter &, Scalar, Scalar);

/// With fmod = 0 integers get the sign of the divisor, as in Python.
static Scalar modulo(NodeImporter &node, Scalar x, Scalar y) {
  Scalar rest = x % y;
  if (node.getInt("fmod", 0) != 0 || isUnsigned(x.type))
    return rest;
  Scalar differs = (rest != 0) & ((rest < 0) ^ (y < 0));
  return select(differs, rest + y, rest);
}

/// The power of an integer by squaring has 64 steps at most; exponents that are not integers go through float.
static Scalar integerPower(Scalar base, Scalar exponent) {
  Body &body = *base.body;
  Scalar power = body.number(base.type, 1), factor = base, bits = cast(exponent, DataType::Int64);
  Scalar isNegative = bits < 0, one = body.integer(DataType::Int64, 1);
  for (unsigned step = 0; step < 6; ++step) {
    power = select((bits & one) != 0, power * factor, power);
    factor = factor * factor;
    bits = shift(bits, one, /*left=*/false);
  }
  // Of a larger exponent only powers of 0, 1 and -1 are in range.
  Scalar isOdd = (cast(exponent, DataType::Int64) & one) != 0, isOne = base == 1, zero = body.number(base.type, 0);
  Scalar unit = select(isOne, base, zero);
  if (!isUnsigned(base.type)) {
    Scalar minusOne = body.number(base.type, -1);
    unit = select(base == -1, select(isOdd, minusOne, body.number(base.type, 1)), unit);
  }
  Scalar isLarge = (bits != 0) | isNegative;
  return select(isLarge, unit, power);
}

static Scalar power(NodeImporter &, Scalar x, Scalar y) {
  if (x.type == DataType::Float)
    return call("pow", x, cast(y, DataType::Float));
  if (y.type == DataType::Float)
    return cast(call("pow", cast(x, DataType::Float), y), x.type);
  return integerPower(x, y);
}

struct BinaryRow {
  llvm::StringLiteral name;
  enum Kind { Numbers, Floats, Integers, Logic, Compare, Any } kind;
  Binary body;
};

static const BinaryRow kBinary[] = {
    {"Add", BinaryRow::Numbers, [](NodeImporter &, Scalar x, Scalar y) { return x + y; }},
    {"And", BinaryRow::Logic, [](NodeImporter &, Scalar x, Scalar y) { return x & y; }},
    {"BitShift", BinaryRow::Integers,
     [](NodeImporter &node, Scalar x, Scalar y) { return shift(x, y, node.getString("direction", "") == "LEFT"); }},
    {"BitwiseAnd", BinaryRow::Integers, [](NodeImporter &, Scalar x, Scalar y) { return x & y; }},
    {"BitwiseOr", BinaryRow::Integers, [](NodeImporter &, Scalar x, Scalar y) { return x | y; }},
    {"BitwiseXor", BinaryRow::Integers, [](NodeImporter &, Scalar x, Scalar y) { return x ^ y; }},
    {"Div", BinaryRow::Numbers, [](NodeImporter &, Scalar x, Scalar y) { return x / y; }},
    {"Equal", BinaryRow::Any, [](NodeImporter &, Scalar x, Scalar y) { return x == y; }},
    {"Greater", BinaryRow::Compare, [](NodeImporter &, Scalar x, Scalar y) { return x > y; }},
    {"GreaterOrEqual", BinaryRow::Compare, [](NodeImporter &, Scalar x, Scalar y) { return x >= y; }},
    {"Less", BinaryRow::Compare, [](NodeImporter &, Scalar x, Scalar y) { return x < y; }},
    {"LessOrEqual", BinaryRow::Compare, [](NodeImporter &, Scalar x, Scalar y) { return x <= y; }},
    {"Mod", BinaryRow::Numbers, modulo},
    {"Mul", BinaryRow::Numbers, [](NodeImporter &, Scalar x, Scalar y) { return x * y; }},
    {"Or", BinaryRow::Logic, [](NodeImporter &, Scalar x, Scalar y) { return x | y; }},
    {"PRelu", BinaryRow::Numbers, [](NodeImporter &, Scalar x, Scalar y) { return select(x < 0, x * y, x); }},
    {"Sub", BinaryRow::Numbers, [](NodeImporter &, Scalar x, Scalar y) { return x - y; }},
    {"Xor", BinaryRow::Logic, [](NodeImporter &, Scalar x, Scalar y) { return x ^ y; }},
};

LogicalResult buildBinaryLoops(NodeImporter &node) {
  const auto *row = llvm::find_if(kBinary, [&](const BinaryRow &each) { return each.name == node.getOperatorName(); });
  assert(row != std::end(kBinary) && "the table of operators names rows of this one");
  FailureOr<SmallVector<Operand>> operands = getPlainInputs(node);
  if (failed(operands) || failed(expectOneType(node, *operands)))
    return failure();
  const DataType type = operands->front().type;
  const bool isLogic = row->kind == BinaryRow::Logic;
  if ((row->kind == BinaryRow::Integers && !isInteger(type)) ||
      (row->kind != BinaryRow::Any && (type == DataType::Bool) != isLogic))
    return node.emitError() << "operands of type " << getName(type) << " are not supported";
  const bool compares = row->kind == BinaryRow::Compare || row->kind == BinaryRow::Any;
  return setResult(node, buildElementwise(node, *operands, compares ? DataType::Bool : type,
                                          [&](Body &, llvm::ArrayRef<Scalar> x) { return row->body(node, x[0], x[1]); }));
}

/// The powers that are cheaper as products, quotients and roots; null for others.
static Scalar (*findPower(double exponent))(Scalar) {
  if (exponent == 2.0)
    return [](Scalar x) { return x * x; };
  if (exponent == 3.0)
    return [](Scalar x) { return x * x * x; };
  if (exponent == -1.0)
    return [](Scalar x) { return 1.0 / x; };
  return nullptr;
}

LogicalResult buildPow(NodeImporter &node) {
  FailureOr<SmallVector<Operand>> operands = getPlainInputs(node);
  if (failed(operands))
    return failure();
  const Operand &exponent = operands->back();
  if (operands->front().type == DataType::Float && exponent.isConstant() && exponent.type == DataType::Float &&
      ShapedType::getNumElements(exponent.getShape()) == 1 && exponent.getRank() <= operands->front().getRank())
    if (auto power = findPower(exponent.constant->getFloats().front()))
      return setResult(node, buildElementwise(node, operands->front(), DataType::Float,
                                              [&](Body &, llvm::ArrayRef<Scalar> x) { return power(x[0]); }));
  return setResult(node, buildElementwise(node, *operands, operands->front().type,
                                          [&](Body &, llvm::ArrayRef<Scalar> x) { return power(node, x[0], x[1]); }));
}

/// Max, Min, Sum, Mean: a fold over the operands.
LogicalResult buildVariadicLoops(NodeImporter &node) {
  FailureOr<SmallVector<Operand>> operands = getPlainInputs(node);
  if (failed(operands) || failed(expectOneType(node, *operands)))
    return failure();
  const llvm::StringRef name = node.getOperatorName();
  if (operands->front().type == DataType::Bool)
    return node.emitError() << "operands of type bool are not supported";
  return setResult(node, buildElementwise(node, *operands, operands->front().type, [&](Body &, llvm::ArrayRef<Scalar> x) {
                     Scalar result = x[0];
                     for (Scalar next : x.drop_front())
                       result = name == "Max" ? maximum(result, next) : name == "Min" ? minimum(result, next) : result + next;
                     return name == "Mean" ? result / static_cast<double>(x.size()) : result;
                   }));
}

LogicalResult buildWhereLoops(NodeImporter &node) {
  FailureOr<SmallVector<Operand>> operands = getPlainInputs(node);
  if (failed(operands) || failed(expectOneType(node, llvm::ArrayRef(*operands).drop_front())))
    return failure();
  if (operands->front().type != DataType::Bool)
    return node.emitError() << node.describeInput(0) << " is " << getName(operands->front().type) << ", expects bool";
  return setResult(node, buildElementwise(node, *operands, (*operands)[1].type,
                                          [](Body &, llvm::ArrayRef<Scalar> x) { return select(x[0], x[1], x[2]); }));
}

LogicalResult buildCastLoops(NodeImporter &node, DataType target) {
  FailureOr<Operand> operand = toPlain(node, node.getInput(0));
  if (failed(operand))
    return failure();
  if (!isLoopType(target))
    return node.emitError() << "a cast to " << getName(target) << " is not supported";
  return setResult(node, buildElementwise(node, *operand, target,
                                          [&](Body &, llvm::ArrayRef<Scalar> x) { return cast(x[0], target); }));
}

/// Clip of integers, or with bounds that are not known at compile time.
LogicalResult buildClipLoops(NodeImporter &node) {
  // An infinite bound is none.
  auto hasBound = [&](unsigned index) {
    if (!node.hasInput(index))
      return false;
    const Operand &bound = node.getInput(index);
    if (!bound.isConstant() || bound.constant->type != DataType::Float || bound.constant->getNumElements() != 1)
      return true;
    return bound.constant->get<float>().front() != (index == 1 ? -1.0f : 1.0f) * std::numeric_limits<float>::infinity();
  };
  const bool hasLower = hasBound(1), hasUpper = hasBound(2);
  SmallVector<Operand> operands;
  for (unsigned index = 0; index < 3; ++index)
    if (index == 0 || (index == 1 ? hasLower : hasUpper)) {
      FailureOr<Operand> operand = toPlain(node, node.getInput(index));
      if (failed(operand))
        return failure();
      if (index > 0 && countElements(operand->getShape()) != 1)
        return node.emitError() << node.describeInput(index) << " has shape " << toString(operand->getShape())
                                << ", expects one element";
      operands.push_back(index > 0 ? reshapeOperand(node, *operand, {}) : *operand);
    }
  if (failed(expectOneType(node, operands)))
    return failure();
  return setResult(node, buildElementwise(node, operands, operands.front().type, [&](Body &, llvm::ArrayRef<Scalar> x) {
                     Scalar result = x[0];
                     unsigned next = 1;
                     if (hasLower)
                       result = maximum(result, x[next++]);
                     return hasUpper ? minimum(result, x[next]) : result;
                   }));
}

/// BiasGelu and FastGelu with a bias: x + bias, then Gelu.
LogicalResult buildBiasGelu(NodeImporter &node) {
  FailureOr<SmallVector<Operand>> operands = getPlainInputs(node);
  if (failed(operands) || failed(expectFloat(node, *operands)))
    return failure();
  const bool isFast = node.getOperatorName() == "FastGelu";
  return setResult(node, buildElementwise(node, *operands, DataType::Float, [&](Body &, llvm::ArrayRef<Scalar> x) {
                     Scalar sum = x.size() > 1 ? x[0] + x[1] : x[0];
                     if (!isFast)
                       return sum * 0.5 * (call("erf", sum * 0.7071067811865476) + 1);
                     Scalar inner = (sum + sum * sum * sum * 0.044715) * 0.7978845608028654;
                     return sum * 0.5 * (call("tanh", inner) + 1);
                   }));
}

} // namespace tinyc::onnx
