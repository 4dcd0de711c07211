// Which ops of a float function stay float when it is quantized.
#ifndef TINYC_PASSES_COMPRESS_FLOATISLANDS_H
#define TINYC_PASSES_COMPRESS_FLOATISLANDS_H

#include "dialects/nn/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"

namespace tinyc::compress {

/// The division of a function's ops into integer ones and islands of float ones. Ops without an integer form stay float; ops with
/// weights, and casts of the model, do not. The others (elementwise ops, pooling, ops that move elements) go where the function then
/// casts the fewest elements between float and integers, found as a minimum cut; operands of tables for which 8 bits are too coarse
/// stay float where they can. An argument that only float ops read, and a
/// result that one computes, stay float.
class FloatIslands {
public:
  /// `activationBits` are those of ops without nn.activation_bits.
  static FloatIslands find(mlir::func::FuncOp function, unsigned activationBits = 8);

  /// Whether an op of the function stays float. Ops without float values, constants and the terminator do not.
  bool contains(mlir::Operation *op) const { return islands.contains(op); }
  /// Whether an argument or result is computed, or given, as float numbers.
  bool isFloatValue(mlir::Value value) const;
  /// Whether an op that does not stay float reads or computes the value (a return alone does not count): it needs an integer type.
  bool needsType(mlir::Value value) const;
  /// The number of the island that an op belongs to: float ops that read each other's results.
  unsigned getIsland(mlir::Operation *op) const { return islands.lookup(op); }
  /// Ops without an integer form, in order, each with the reason: "the op has no integer form".
  const llvm::MapVector<mlir::Operation *, std::string> &getReasons() const { return reasons; }

private:
  void number(llvm::ArrayRef<mlir::Operation *> ops);

  llvm::MapVector<mlir::Operation *, std::string> reasons;
  llvm::DenseMap<mlir::Operation *, unsigned> islands;
  llvm::DenseSet<mlir::Value> floatArguments;
};

/// What an op is called in a message: "loop_nest Div '/norm/Div'", the last part the ONNX node's name if there is one.
std::string describeOp(mlir::Operation *op);

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_FLOATISLANDS_H
