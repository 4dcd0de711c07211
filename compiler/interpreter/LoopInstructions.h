// What the body of a loop nest is made of in the interpreter: instructions on lanes, points of the parallel loops that are evaluated
// side by side, so that the cost of finding out what to do next is shared by many elements.
#ifndef TINYC_COMPILER_INTERPRETER_LOOPINSTRUCTIONS_H
#define TINYC_COMPILER_INTERPRETER_LOOPINSTRUCTIONS_H

#include "mlir/IR/Operation.h"

#include <cstdint>

namespace tinyc::nn {

inline constexpr int64_t kLanes = 128;

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

/// The instruction of an arith op or loop.call; operands and result are still to be numbered. `execute` is null if there is none.
Instruction makeInstruction(mlir::Operation &op);

/// Elements of a tensor in memory, at positions + shift, to lanes and back.
using Read = void (*)(const char *, const int64_t *, int64_t, Lanes &, int64_t);
using Write = void (*)(char *, const int64_t *, int64_t, const Lanes &, int64_t);

/// For scalars of f32, i1, i8, i16, i32 or i64.
Read findRead(mlir::Type scalar);
Write findWrite(mlir::Type scalar);

} // namespace tinyc::nn

#endif // TINYC_COMPILER_INTERPRETER_LOOPINSTRUCTIONS_H
