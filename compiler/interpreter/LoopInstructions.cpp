#include "compiler/interpreter/LoopInstructions.h"

#include "dialects/loop/Loop.h"
#include "tinyc/math.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace tinyc::nn {

namespace {

int64_t wrap(uint64_t value, unsigned width) {
  return static_cast<int64_t>(value << (64 - width)) >> (64 - width);
}
uint64_t toUnsigned(int64_t value, unsigned width) { return static_cast<uint64_t>(value) << (64 - width) >> (64 - width); }

template <typename Op> void executeReal(const Instruction &self, Lanes *lanes, int64_t count) {
  const float *a = lanes[self.operands[0]].real, *b = lanes[self.operands[1]].real;
  float *out = lanes[self.result].real;
  for (int64_t i = 0; i < count; ++i)
    out[i] = Op()(a[i], b[i]);
}

template <typename Op> void executeCompareReal(const Instruction &self, Lanes *lanes, int64_t count) {
  const float *a = lanes[self.operands[0]].real, *b = lanes[self.operands[1]].real;
  int64_t *out = lanes[self.result].integer;
  for (int64_t i = 0; i < count; ++i)
    out[i] = Op()(a[i], b[i]) ? -1 : 0;
}

/// On integers of `width` bits; Op takes and gives 64 bits.
template <typename Op> void executeInteger(const Instruction &self, Lanes *lanes, int64_t count) {
  const int64_t *a = lanes[self.operands[0]].integer, *b = lanes[self.operands[1]].integer;
  int64_t *out = lanes[self.result].integer;
  for (int64_t i = 0; i < count; ++i)
    out[i] = wrap(static_cast<uint64_t>(Op()(a[i], b[i])), self.width);
}

template <typename Op> void executeUnsigned(const Instruction &self, Lanes *lanes, int64_t count) {
  const int64_t *a = lanes[self.operands[0]].integer, *b = lanes[self.operands[1]].integer;
  int64_t *out = lanes[self.result].integer;
  for (int64_t i = 0; i < count; ++i)
    out[i] = wrap(Op()(toUnsigned(a[i], self.width), toUnsigned(b[i], self.width)), self.width);
}

template <typename Op> void executeCompare(const Instruction &self, Lanes *lanes, int64_t count) {
  const int64_t *a = lanes[self.operands[0]].integer, *b = lanes[self.operands[1]].integer;
  int64_t *out = lanes[self.result].integer;
  for (int64_t i = 0; i < count; ++i)
    out[i] = Op()(a[i], b[i]) ? -1 : 0;
}

template <typename Op> void executeCompareUnsigned(const Instruction &self, Lanes *lanes, int64_t count) {
  const int64_t *a = lanes[self.operands[0]].integer, *b = lanes[self.operands[1]].integer;
  int64_t *out = lanes[self.result].integer;
  for (int64_t i = 0; i < count; ++i)
    out[i] = Op()(toUnsigned(a[i], self.width), toUnsigned(b[i], self.width)) ? -1 : 0;
}

template <typename Op> void executeUnaryInteger(const Instruction &self, Lanes *lanes, int64_t count) {
  const int64_t *a = lanes[self.operands[0]].integer;
  int64_t *out = lanes[self.result].integer;
  for (int64_t i = 0; i < count; ++i)
    out[i] = Op()(a[i], self.width);
}

// Integer semantics where arith has none; bodies do not rely on them, but must not crash the interpreter.
struct Add { uint64_t operator()(int64_t a, int64_t b) { return static_cast<uint64_t>(a) + static_cast<uint64_t>(b); } };
struct Sub { uint64_t operator()(int64_t a, int64_t b) { return static_cast<uint64_t>(a) - static_cast<uint64_t>(b); } };
struct Mul { uint64_t operator()(int64_t a, int64_t b) { return static_cast<uint64_t>(a) * static_cast<uint64_t>(b); } };
struct DivSigned {
  int64_t operator()(int64_t a, int64_t b) {
    return b == 0 ? 0 : b == -1 ? static_cast<int64_t>(-static_cast<uint64_t>(a)) : a / b;
  }
};
struct RemSigned { int64_t operator()(int64_t a, int64_t b) { return b == 0 || b == -1 ? 0 : a % b; } };
struct DivUnsigned { uint64_t operator()(uint64_t a, uint64_t b) { return b == 0 ? 0 : a / b; } };
struct RemUnsigned { uint64_t operator()(uint64_t a, uint64_t b) { return b == 0 ? 0 : a % b; } };
struct ShiftLeft {
  uint64_t operator()(int64_t a, int64_t b) { return b < 0 || b > 63 ? 0 : static_cast<uint64_t>(a) << b; }
};
struct ShiftRightSigned { int64_t operator()(int64_t a, int64_t b) { return b < 0 || b > 63 ? 0 : a >> b; } };
struct ShiftRightUnsigned { uint64_t operator()(uint64_t a, uint64_t b) { return b > 63 ? 0 : a >> b; } };
// C's comparisons; NaN is unordered.
struct Ordered { bool operator()(float a, float b) { return a == a && b == b; } };
struct Unordered { bool operator()(float a, float b) { return a != a || b != b; } };
template <typename Op> struct Not {
  bool operator()(float a, float b) { return !Op()(a, b); }
};
struct NotEqualOrdered { bool operator()(float a, float b) { return a < b || a > b; } };
struct EqualUnordered { bool operator()(float a, float b) { return !(a < b || a > b); } };
struct Extend { int64_t operator()(int64_t a, unsigned) { return a; } };
struct Truncate { int64_t operator()(int64_t a, unsigned width) { return wrap(static_cast<uint64_t>(a), width); } };
/// From `width` bits.
struct ZeroExtend { int64_t operator()(int64_t a, unsigned width) { return static_cast<int64_t>(toUnsigned(a, width)); } };

void executeSelectReal(const Instruction &self, Lanes *lanes, int64_t count) {
  const int64_t *choice = lanes[self.operands[0]].integer;
  const float *a = lanes[self.operands[1]].real, *b = lanes[self.operands[2]].real;
  float *out = lanes[self.result].real;
  for (int64_t i = 0; i < count; ++i)
    out[i] = choice[i] ? a[i] : b[i];
}

void executeSelect(const Instruction &self, Lanes *lanes, int64_t count) {
  const int64_t *choice = lanes[self.operands[0]].integer, *a = lanes[self.operands[1]].integer,
                *b = lanes[self.operands[2]].integer;
  int64_t *out = lanes[self.result].integer;
  for (int64_t i = 0; i < count; ++i)
    out[i] = choice[i] ? a[i] : b[i];
}

void executeNegate(const Instruction &self, Lanes *lanes, int64_t count) {
  const float *a = lanes[self.operands[0]].real;
  float *out = lanes[self.result].real;
  for (int64_t i = 0; i < count; ++i)
    out[i] = -a[i];
}

void executeCall(const Instruction &self, Lanes *lanes, int64_t count) {
  const float *a = lanes[self.operands[0]].real;
  float *out = lanes[self.result].real;
  for (int64_t i = 0; i < count; ++i)
    out[i] = self.function(a[i]);
}

void executeCall2(const Instruction &self, Lanes *lanes, int64_t count) {
  const float *a = lanes[self.operands[0]].real, *b = lanes[self.operands[1]].real;
  float *out = lanes[self.result].real;
  for (int64_t i = 0; i < count; ++i)
    out[i] = self.function2(a[i], b[i]);
}

void executeToReal(const Instruction &self, Lanes *lanes, int64_t count) {
  const int64_t *a = lanes[self.operands[0]].integer;
  float *out = lanes[self.result].real;
  for (int64_t i = 0; i < count; ++i)
    out[i] = static_cast<float>(a[i]);
}

void executeUnsignedToReal(const Instruction &self, Lanes *lanes, int64_t count) {
  const int64_t *a = lanes[self.operands[0]].integer;
  float *out = lanes[self.result].real;
  for (int64_t i = 0; i < count; ++i)
    out[i] = static_cast<float>(toUnsigned(a[i], self.width));
}

void executeToInteger(const Instruction &self, Lanes *lanes, int64_t count) {
  const float *a = lanes[self.operands[0]].real;
  int64_t *out = lanes[self.result].integer;
  for (int64_t i = 0; i < count; ++i)
    out[i] = a[i] >= -0x1p63f && a[i] < 0x1p63f ? wrap(static_cast<uint64_t>(static_cast<int64_t>(a[i])), self.width) : 0;
}

void executeToUnsigned(const Instruction &self, Lanes *lanes, int64_t count) {
  const float *a = lanes[self.operands[0]].real;
  int64_t *out = lanes[self.result].integer;
  for (int64_t i = 0; i < count; ++i)
    out[i] = a[i] > -1.0f && a[i] < 0x1p64f ? wrap(static_cast<uint64_t>(a[i]), self.width) : 0;
}

void executeBitsToReal(const Instruction &self, Lanes *lanes, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    lanes[self.result].real[i] =
        llvm::bit_cast<float>(static_cast<uint32_t>(lanes[self.operands[0]].integer[i]));
}

void executeBitsToInteger(const Instruction &self, Lanes *lanes, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    lanes[self.result].integer[i] = llvm::bit_cast<int32_t>(lanes[self.operands[0]].real[i]);
}

Execute findCompare(arith::CmpIPredicate predicate) {
  switch (predicate) {
  case arith::CmpIPredicate::eq: return executeCompare<std::equal_to<>>;
  case arith::CmpIPredicate::ne: return executeCompare<std::not_equal_to<>>;
  case arith::CmpIPredicate::slt: return executeCompare<std::less<>>;
  case arith::CmpIPredicate::sle: return executeCompare<std::less_equal<>>;
  case arith::CmpIPredicate::sgt: return executeCompare<std::greater<>>;
  case arith::CmpIPredicate::sge: return executeCompare<std::greater_equal<>>;
  case arith::CmpIPredicate::ult: return executeCompareUnsigned<std::less<>>;
  case arith::CmpIPredicate::ule: return executeCompareUnsigned<std::less_equal<>>;
  case arith::CmpIPredicate::ugt: return executeCompareUnsigned<std::greater<>>;
  case arith::CmpIPredicate::uge: return executeCompareUnsigned<std::greater_equal<>>;
  }
  return nullptr;
}

Execute findCompare(arith::CmpFPredicate predicate) {
  switch (predicate) {
  case arith::CmpFPredicate::OEQ: return executeCompareReal<std::equal_to<>>;
  case arith::CmpFPredicate::OGT: return executeCompareReal<std::greater<>>;
  case arith::CmpFPredicate::OGE: return executeCompareReal<std::greater_equal<>>;
  case arith::CmpFPredicate::OLT: return executeCompareReal<std::less<>>;
  case arith::CmpFPredicate::OLE: return executeCompareReal<std::less_equal<>>;
  case arith::CmpFPredicate::ONE: return executeCompareReal<NotEqualOrdered>;
  case arith::CmpFPredicate::ORD: return executeCompareReal<Ordered>;
  case arith::CmpFPredicate::UEQ: return executeCompareReal<EqualUnordered>;
  case arith::CmpFPredicate::UGT: return executeCompareReal<Not<std::less_equal<>>>;
  case arith::CmpFPredicate::UGE: return executeCompareReal<Not<std::less<>>>;
  case arith::CmpFPredicate::ULT: return executeCompareReal<Not<std::greater_equal<>>>;
  case arith::CmpFPredicate::ULE: return executeCompareReal<Not<std::greater<>>>;
  case arith::CmpFPredicate::UNE: return executeCompareReal<std::not_equal_to<>>;
  case arith::CmpFPredicate::UNO: return executeCompareReal<Unordered>;
  default: return nullptr; // always true, always false
  }
}

template <typename T> void read(const char *data, const int64_t *positions, int64_t shift, Lanes &lanes, int64_t count) {
  const T *elements = reinterpret_cast<const T *>(data) + shift;
  for (int64_t i = 0; i < count; ++i)
    if constexpr (std::is_same_v<T, float>)
      lanes.real[i] = elements[positions[i]];
    else
      lanes.integer[i] = elements[positions[i]];
}
/// Booleans are bytes; a lane's i1 is 0 or -1.
void readBool(const char *data, const int64_t *positions, int64_t shift, Lanes &lanes, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    lanes.integer[i] = data[shift + positions[i]] ? -1 : 0;
}
template <typename T> void write(char *data, const int64_t *positions, int64_t shift, const Lanes &lanes, int64_t count) {
  T *elements = reinterpret_cast<T *>(data) + shift;
  for (int64_t i = 0; i < count; ++i)
    if constexpr (std::is_same_v<T, float>)
      elements[positions[i]] = lanes.real[i];
    else
      elements[positions[i]] = static_cast<T>(lanes.integer[i]);
}
void writeBool(char *data, const int64_t *positions, int64_t shift, const Lanes &lanes, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    data[shift + positions[i]] = lanes.integer[i] != 0;
}

float (*findFunction(StringRef name))(float) {
  using Function = float (*)(float);
  return llvm::StringSwitch<Function>(name)
#define LOOP_FUNCTION(name, operands) LOOP_FUNCTION_##operands(name)
#define LOOP_FUNCTION_1(name) .Case(#name, tinyc_math_##name##_f32)
#define LOOP_FUNCTION_2(name)
#include "dialects/loop/Functions.def"
#undef LOOP_FUNCTION_2
#undef LOOP_FUNCTION_1
      .Default(nullptr);
}

float (*findFunction2(StringRef name))(float, float) {
  using Function = float (*)(float, float);
  return llvm::StringSwitch<Function>(name)
#define LOOP_FUNCTION_1(name)
#define LOOP_FUNCTION_2(name) .Case(#name, tinyc_math_##name##_f32)
#include "dialects/loop/Functions.def"
#undef LOOP_FUNCTION_2
#undef LOOP_FUNCTION_1
#undef LOOP_FUNCTION
      .Default(nullptr);
}

Execute findExecute(Operation &op) {
  bool isReal = op.getResult(0).getType().isF32();
  return llvm::TypeSwitch<Operation *, Execute>(&op)
      .Case([](arith::AddFOp) { return executeReal<std::plus<>>; })
      .Case([](arith::SubFOp) { return executeReal<std::minus<>>; })
      .Case([](arith::MulFOp) { return executeReal<std::multiplies<>>; })
      .Case([](arith::DivFOp) { return executeReal<std::divides<>>; })
      .Case([](arith::NegFOp) { return executeNegate; })
      .Case([](arith::CmpFOp compare) { return findCompare(compare.getPredicate()); })
      .Case([](arith::CmpIOp compare) { return findCompare(compare.getPredicate()); })
      .Case([&](arith::SelectOp) { return isReal ? executeSelectReal : executeSelect; })
      .Case([](arith::AddIOp) { return executeInteger<Add>; })
      .Case([](arith::SubIOp) { return executeInteger<Sub>; })
      .Case([](arith::MulIOp) { return executeInteger<Mul>; })
      .Case([](arith::DivSIOp) { return executeInteger<DivSigned>; })
      .Case([](arith::RemSIOp) { return executeInteger<RemSigned>; })
      .Case([](arith::DivUIOp) { return executeUnsigned<DivUnsigned>; })
      .Case([](arith::RemUIOp) { return executeUnsigned<RemUnsigned>; })
      .Case([](arith::AndIOp) { return executeInteger<std::bit_and<>>; })
      .Case([](arith::OrIOp) { return executeInteger<std::bit_or<>>; })
      .Case([](arith::XOrIOp) { return executeInteger<std::bit_xor<>>; })
      .Case([](arith::ShLIOp) { return executeInteger<ShiftLeft>; })
      .Case([](arith::ShRSIOp) { return executeInteger<ShiftRightSigned>; })
      .Case([](arith::ShRUIOp) { return executeUnsigned<ShiftRightUnsigned>; })
      .Case([](arith::ExtSIOp) { return executeUnaryInteger<Extend>; })
      .Case([](arith::ExtUIOp) { return executeUnaryInteger<ZeroExtend>; })
      .Case([](arith::TruncIOp) { return executeUnaryInteger<Truncate>; })
      .Case([](arith::SIToFPOp) { return executeToReal; })
      .Case([](arith::UIToFPOp) { return executeUnsignedToReal; })
      .Case([](arith::FPToSIOp) { return executeToInteger; })
      .Case([](arith::FPToUIOp) { return executeToUnsigned; })
      .Case([&](arith::BitcastOp) { return isReal ? executeBitsToReal : executeBitsToInteger; })
      .Case([](loop::CallOp call) { return call.getOperands().size() == 1 ? executeCall : executeCall2; })
      .Default([](Operation *) { return nullptr; });
}

} // namespace

Instruction makeInstruction(Operation &op) {
  Instruction instruction;
  instruction.execute = findExecute(op);
  Type type = op.getResult(0).getType();
  // Comparisons and extensions are made of their operands' bits.
  if (isa<arith::CmpIOp, arith::ExtUIOp, arith::UIToFPOp>(op))
    type = op.getOperand(0).getType();
  instruction.width = type.getIntOrFloatBitWidth();
  if (auto call = dyn_cast<loop::CallOp>(op)) {
    instruction.function = findFunction(call.getFunction());
    instruction.function2 = findFunction2(call.getFunction());
  }
  return instruction;
}

Read findRead(Type scalar) {
  if (scalar.isF32())
    return read<float>;
  switch (scalar.getIntOrFloatBitWidth()) {
  case 1: return readBool;
  case 8: return read<int8_t>;
  case 16: return read<int16_t>;
  case 32: return read<int32_t>;
  default: return read<int64_t>;
  }
}
Write findWrite(Type scalar) {
  if (scalar.isF32())
    return write<float>;
  switch (scalar.getIntOrFloatBitWidth()) {
  case 1: return writeBool;
  case 8: return write<int8_t>;
  case 16: return write<int16_t>;
  case 32: return write<int32_t>;
  default: return write<int64_t>;
  }
}

} // namespace tinyc::nn
