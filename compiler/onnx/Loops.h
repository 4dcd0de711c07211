// Builds nn.loop_nest: the operators without an nn op of their own are bodies of a few lines on scalars. Where all inputs are
// constants, the nest is evaluated at import.
#ifndef TINYC_COMPILER_ONNX_LOOPS_H
#define TINYC_COMPILER_ONNX_LOOPS_H

#include "compiler/onnx/NodeImporter.h"

namespace tinyc::onnx {

class Body;

/// A value in the body of a loop nest, with ONNX's type: operators choose the arithmetic by it. Operands of one operator have
/// one type; numbers take that of the other operand.
struct Scalar {
  Body *body = nullptr;
  mlir::Value value;
  DataType type = DataType::Undefined;
};

/// The body of a loop nest under construction.
class Body {
public:
  Body(mlir::OpBuilder &builder, mlir::Location loc) : builder(builder), loc(loc) {}

  Scalar number(DataType type, double value);
  Scalar integer(DataType type, int64_t value);
  /// The index of a loop, Int32.
  Scalar index(unsigned loop);
  /// An element of input `number`; indices outside stand for the nearest inside. They may be of any integer type.
  Scalar load(unsigned number, llvm::ArrayRef<Scalar> indices, DataType type);

  mlir::OpBuilder &builder;
  const mlir::Location loc;
};

Scalar operator+(Scalar lhs, Scalar rhs);
Scalar operator-(Scalar lhs, Scalar rhs);
Scalar operator*(Scalar lhs, Scalar rhs);
/// Of integers truncated; a division by 0 gives 0, of the least number by -1 the least number.
Scalar operator/(Scalar lhs, Scalar rhs);
/// Of integers, with the sign of the dividend (0 for a division by 0); of floats C's fmod.
Scalar operator%(Scalar lhs, Scalar rhs);
Scalar operator-(Scalar operand);
Scalar operator<(Scalar lhs, Scalar rhs);
Scalar operator<=(Scalar lhs, Scalar rhs);
Scalar operator>(Scalar lhs, Scalar rhs);
Scalar operator>=(Scalar lhs, Scalar rhs);
Scalar operator==(Scalar lhs, Scalar rhs);
Scalar operator!=(Scalar lhs, Scalar rhs);
Scalar operator&(Scalar lhs, Scalar rhs);
Scalar operator|(Scalar lhs, Scalar rhs);
Scalar operator^(Scalar lhs, Scalar rhs);
Scalar operator!(Scalar condition);
inline Scalar operator+(Scalar lhs, double rhs) { return lhs + lhs.body->number(lhs.type, rhs); }
inline Scalar operator-(Scalar lhs, double rhs) { return lhs - lhs.body->number(lhs.type, rhs); }
inline Scalar operator*(Scalar lhs, double rhs) { return lhs * lhs.body->number(lhs.type, rhs); }
inline Scalar operator/(Scalar lhs, double rhs) { return lhs / lhs.body->number(lhs.type, rhs); }
inline Scalar operator<(Scalar lhs, double rhs) { return lhs < lhs.body->number(lhs.type, rhs); }
inline Scalar operator<=(Scalar lhs, double rhs) { return lhs <= lhs.body->number(lhs.type, rhs); }
inline Scalar operator>(Scalar lhs, double rhs) { return lhs > lhs.body->number(lhs.type, rhs); }
inline Scalar operator>=(Scalar lhs, double rhs) { return lhs >= lhs.body->number(lhs.type, rhs); }
inline Scalar operator==(Scalar lhs, double rhs) { return lhs == lhs.body->number(lhs.type, rhs); }
inline Scalar operator!=(Scalar lhs, double rhs) { return lhs != lhs.body->number(lhs.type, rhs); }
inline Scalar operator-(double lhs, Scalar rhs) { return rhs.body->number(rhs.type, lhs) - rhs; }
inline Scalar operator/(double lhs, Scalar rhs) { return rhs.body->number(rhs.type, lhs) / rhs; }
Scalar select(Scalar condition, Scalar whenTrue, Scalar whenFalse);
/// NaN if one operand is.
Scalar minimum(Scalar lhs, Scalar rhs);
Scalar maximum(Scalar lhs, Scalar rhs);
/// A function of tinyc/math.h.
Scalar call(llvm::StringRef function, Scalar operand);
Scalar call(llvm::StringRef function, Scalar lhs, Scalar rhs);
/// ONNX Cast. Floats out of range saturate, NaN becomes 0.
Scalar cast(Scalar operand, DataType type);
/// By 0 .. width - 1 bits; 0 beyond.
Scalar shift(Scalar operand, Scalar bits, bool left);
inline Scalar isNaN(Scalar operand) { return operand != operand; }

/// A tensor that a nest reads: `map` takes the loops to its indices; without one, it is read by Body::load only.
struct LoopInput {
  Operand operand;
  mlir::AffineMap map;
};

struct Loops {
  llvm::SmallVector<LoopInput> inputs;
  Shape sizes;
  /// How many of the loops, the outer ones, are parallel.
  int64_t parallel = 0;
  Shape shape; ///< of the result
  DataType type = DataType::Undefined;
  mlir::AffineMap map;
  /// The accumulator's initial value, of a nest with a reduction.
  double init = 0;
  /// Set: elements are moved, not computed with; the result has the element type of this input, quantized or not.
  std::optional<unsigned> moves = std::nullopt;
};

using BodyBuilder = llvm::function_ref<Scalar(Body &, llvm::ArrayRef<Scalar>)>;

/// Builds the nest. `body` gets the elements of the mapped inputs, then the accumulator.
mlir::FailureOr<Operand> buildLoops(NodeImporter &node, const Loops &loops, BodyBuilder body);

/// The map of a tensor of `shape` that is broadcast to `rank` loops by numpy's rules.
mlir::AffineMap makeBroadcastMap(NodeImporter &node, llvm::ArrayRef<int64_t> shape, int64_t rank);

/// One result for each index of the broadcast operands.
mlir::FailureOr<Operand> buildElementwise(NodeImporter &node, llvm::ArrayRef<Operand> operands, DataType type,
                                          BodyBuilder body);

/// A reduction of `operand` over `axes` (normalized), in their order. The body gets element and accumulator; the result
/// keeps reduced dimensions as 1.
mlir::FailureOr<Operand> buildReduction(NodeImporter &node, const Operand &operand, llvm::ArrayRef<int64_t> axes,
                                        DataType type, double init, BodyBuilder body);

/// Elements of `operand` at indices that `getIndices` computes from the result's. Elements keep their type.
mlir::FailureOr<Operand>
buildMovement(NodeImporter &node, const Operand &operand, llvm::ArrayRef<int64_t> shape,
              llvm::function_ref<llvm::SmallVector<Scalar>(Body &, llvm::ArrayRef<Scalar>)> getIndices,
              llvm::ArrayRef<Operand> others = {});

/// The same elements under another shape.
Operand reshapeOperand(NodeImporter &node, const Operand &operand, llvm::ArrayRef<int64_t> shape);

/// An operand of real or integer values: a quantized one becomes what ONNX sees, integers.
mlir::FailureOr<Operand> toPlain(NodeImporter &node, const Operand &operand);

inline bool isInteger(DataType type) {
  return type != DataType::Float && type != DataType::Bool && getByteWidth(type) != 0 && getBitWidth(type) >= 8;
}
inline bool isUnsigned(DataType type) {
  return type == DataType::UInt8 || type == DataType::UInt16 || type == DataType::UInt32 || type == DataType::UInt64;
}
/// Whether loops can hold elements of the type.
inline bool isLoopType(DataType type) { return type == DataType::Float || type == DataType::Bool || isInteger(type); }

/// The element type of tensors of plain values.
mlir::Type getPlainType(mlir::MLIRContext *context, DataType type);

} // namespace tinyc::onnx

#endif // TINYC_COMPILER_ONNX_LOOPS_H
