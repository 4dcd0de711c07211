// nn.loop_nest: the body is compiled to a list of instructions on lanes, points of the parallel loops that are evaluated side
// by side, so that the cost of finding out what to do next is shared by many elements.
#include "compiler/interpreter/Kernels.h"
#include "tinyc/math.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace tinyc::nn {

namespace {

constexpr int64_t kLanes = 128;

/// The values of one scalar at all lanes: f32, or integers, sign-extended.
union Lanes {
  float real[kLanes];
  int64_t integer[kLanes];
};

struct Instruction;
using Execute = void (*)(const Instruction &, Lanes *, int64_t count);

/// One op of a body; operands and result are numbers of lanes.
struct Instruction {
  Execute execute = nullptr;
  unsigned result = 0, operands[3] = {0, 0, 0};
  unsigned width = 64; // bits of the integers that it makes, or that it compares
  float (*function)(float) = nullptr;
  float (*function2)(float, float) = nullptr;
};

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

/// Element of a tensor in memory to a lane and back.
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

using Read = void (*)(const char *, const int64_t *, int64_t, Lanes &, int64_t);
using Write = void (*)(char *, const int64_t *, int64_t, const Lanes &, int64_t);

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

/// A nest ready to run.
class NestProgram {
public:
  explicit NestProgram(LoopNestOp op);
  void run(Operands operands, HostTensor &out) const;

private:
  struct MappedInput {
    size_t number;
    unsigned lane;
    loop::LinearAccess access;
    Read read;
  };
  /// loop.load and loop.index run between instructions: they need tensors and indices.
  struct Load {
    size_t tensor;
    unsigned result;
    SmallVector<unsigned> indices;
    SmallVector<int64_t> shape;
    Read read;
  };
  struct Index {
    unsigned loop, result;
  };
  struct Step {
    enum class Kind { Instruction, Load, Index } kind;
    size_t number;
  };

  unsigned getLane(Value value) {
    return numbers.try_emplace(value, numbers.size()).first->second;
  }
  void addInstruction(Operation &op);
  static void fill(Attribute value, Lanes &lanes);

  SmallVector<int64_t> sizes;
  int64_t parallel;
  bool isScan;
  std::vector<MappedInput> inputs;
  std::vector<Instruction> instructions;
  std::vector<Load> loads;
  std::vector<Index> indices;
  std::vector<Step> steps;
  std::vector<std::pair<unsigned, Attribute>> constants;
  loop::LinearAccess written;
  Write write;
  Attribute init;
  unsigned accumulator = 0, yielded = 0;
  bool yieldsReal;
  llvm::DenseMap<Value, unsigned> numbers;
};

NestProgram::NestProgram(LoopNestOp op) {
  loop::Nest nest = op.getNest();
  sizes = llvm::to_vector(nest.sizes);
  parallel = nest.parallel;
  isScan = nest.isScan();
  init = nest.init;
  unsigned argument = 0;
  for (size_t number = 0; number < nest.getInputCount(); ++number)
    if (nest.isMapped(number)) {
      BlockArgument value = nest.body->getArgument(argument++);
      inputs.push_back({number, getLane(value), loop::getAccess(nest, number), findRead(value.getType())});
    }
  if (nest.hasReduction())
    accumulator = getLane(nest.body->getArgument(argument));
  written = loop::getAccess(nest, nest.getInputCount());
  for (Operation &each : nest.body->without_terminator()) {
    if (auto constant = dyn_cast<arith::ConstantOp>(each)) {
      constants.push_back({getLane(constant), constant.getValue()});
    } else if (auto load = dyn_cast<loop::LoadOp>(each)) {
      Load step = {load.getTensor(), getLane(load), {}, llvm::to_vector(nest.types[load.getTensor()].getShape()),
                   findRead(load.getType())};
      for (Value index : load.getIndices())
        step.indices.push_back(getLane(index));
      steps.push_back({Step::Kind::Load, loads.size()});
      loads.push_back(std::move(step));
    } else if (auto index = dyn_cast<loop::IndexOp>(each)) {
      steps.push_back({Step::Kind::Index, indices.size()});
      indices.push_back({index.getLoop(), getLane(index)});
    } else {
      addInstruction(each);
    }
  }
  Value value = cast<loop::YieldOp>(nest.body->getTerminator()).getValue();
  yielded = getLane(value);
  yieldsReal = value.getType().isF32();
  write = findWrite(value.getType());
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

void NestProgram::addInstruction(Operation &op) {
  Instruction instruction;
  instruction.execute = findExecute(op);
  for (auto [number, operand] : llvm::enumerate(op.getOperands()))
    instruction.operands[number] = getLane(operand);
  Type type = op.getResult(0).getType();
  // Comparisons and extensions are made of their operands' bits.
  if (isa<arith::CmpIOp, arith::ExtUIOp, arith::UIToFPOp>(op))
    type = op.getOperand(0).getType();
  instruction.width = type.getIntOrFloatBitWidth();
  if (auto call = dyn_cast<loop::CallOp>(op)) {
    instruction.function = findFunction(call.getFunction());
    instruction.function2 = findFunction2(call.getFunction());
  }
  instruction.result = getLane(op.getResult(0));
  steps.push_back({Step::Kind::Instruction, instructions.size()});
  instructions.push_back(instruction);
}

void NestProgram::fill(Attribute value, Lanes &lanes) {
  if (auto real = dyn_cast<FloatAttr>(value))
    std::fill_n(lanes.real, kLanes, real.getValue().convertToFloat());
  else
    std::fill_n(lanes.integer, kLanes, cast<IntegerAttr>(value).getValue().getSExtValue());
}

void NestProgram::run(Operands operands, HostTensor &out) const {
  std::vector<Lanes> lanes(numbers.size());
  for (const auto &[lane, value] : constants)
    fill(value, lanes[lane]);
  const size_t rank = sizes.size();
  // Of each lane: the indices of the parallel loops, and where its elements are.
  std::vector<std::array<int64_t, kLanes>> at(rank), positions(inputs.size() + 1);
  std::array<int64_t, kLanes> loaded;
  int64_t points = 1, reduction = 1;
  for (auto [loop, size] : llvm::enumerate(sizes))
    (static_cast<int64_t>(loop) < parallel ? points : reduction) *= size;
  auto getOffset = [&](const loop::LinearAccess &access, int64_t lane) {
    int64_t offset = access.offset;
    for (int64_t loop = 0; loop < parallel; ++loop)
      offset += access.strides[loop] * at[loop][lane];
    return offset;
  };
  SmallVector<int64_t> inner(rank, 0); // indices of the reduction's loops
  auto getShift = [&](const loop::LinearAccess &access) {
    int64_t shift = 0;
    for (size_t loop = parallel; loop < rank; ++loop)
      shift += access.strides[loop] * inner[loop];
    return shift;
  };
  for (int64_t first = 0; first < points; first += kLanes) {
    const int64_t count = std::min(kLanes, points - first);
    for (int64_t lane = 0; lane < count; ++lane) {
      int64_t rest = first + lane;
      for (int64_t loop = parallel; loop-- > 0; rest /= sizes[loop])
        at[loop][lane] = rest % sizes[loop];
      for (auto [number, input] : llvm::enumerate(inputs))
        positions[number][lane] = getOffset(input.access, lane);
      positions.back()[lane] = getOffset(written, lane);
    }
    if (init)
      fill(init, lanes[accumulator]);
    std::fill(inner.begin(), inner.end(), 0);
    for (int64_t step = 0; step < reduction; ++step) {
      for (auto [number, input] : llvm::enumerate(inputs))
        input.read(operands[input.number]->getBytes().data(), positions[number].data(), getShift(input.access),
                   lanes[input.lane], count);
      for (const Step &each : steps) {
        if (each.kind == Step::Kind::Instruction) {
          const Instruction &instruction = instructions[each.number];
          instruction.execute(instruction, lanes.data(), count);
        } else if (each.kind == Step::Kind::Index) {
          const Index &index = indices[each.number];
          int64_t *values = lanes[index.result].integer;
          for (int64_t lane = 0; lane < count; ++lane)
            values[lane] = index.loop < parallel ? at[index.loop][lane] : inner[index.loop];
        } else {
          const Load &load = loads[each.number];
          for (int64_t lane = 0; lane < count; ++lane) {
            int64_t position = 0;
            for (auto [index, size] : llvm::zip_equal(load.indices, load.shape))
              position = position * size + std::clamp<int64_t>(lanes[index].integer[lane], 0, size - 1);
            loaded[lane] = position;
          }
          load.read(operands[load.tensor]->getBytes().data(), loaded.data(), 0, lanes[load.result], count);
        }
      }
      if (init && yielded != accumulator)
        lanes[accumulator] = lanes[yielded];
      if (isScan || step + 1 == reduction)
        write(out.getBytes().data(), positions.back().data(), getShift(written), lanes[yielded], count);
      for (size_t loop = rank; loop-- > static_cast<size_t>(parallel);) {
        if (++inner[loop] < sizes[loop])
          break;
        inner[loop] = 0;
      }
    }
  }
}

} // namespace

FailureOr<Kernel> compileLoopNest(LoopNestOp op) {
  for (Operation &each : op.getBody().front().without_terminator())
    if (!isa<arith::ConstantOp, loop::LoadOp, loop::IndexOp>(each) && !findExecute(each))
      return each.emitOpError("has no reference semantics");
  return Kernel([program = NestProgram(op)](Operands operands, HostTensor &out) { program.run(operands, out); });
}

} // namespace tinyc::nn
