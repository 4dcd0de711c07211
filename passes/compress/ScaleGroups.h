// Which values of a float function get one common quantized type.
#ifndef TINYC_PASSES_COMPRESS_SCALEGROUPS_H
#define TINYC_PASSES_COMPRESS_SCALEGROUPS_H

#include "passes/compress/FloatIslands.h"
#include "passes/compress/Parameters.h"

namespace tinyc::compress {

/// Values connected by ops that keep scales (QuantizableOpInterface::sharesScale) form a group of one type. The range
/// of a group is the union of the ranges of its sources: the values that no such op computes.
class ScaleGroups {
public:
  /// Reads nn.range, fixed ranges and fused clamps of the function's float values, and their bits (chooseActivationBits). Fails,
  /// with a diagnostic at the op, where a range is missing or not finite. What only ops of `islands` read and compute has no type.
  static mlir::FailureOr<ScaleGroups> create(mlir::func::FuncOp function, const FloatIslands &islands,
                                             unsigned activationBits = 8);

  /// The quantized type for a float argument or result, of one that an island computes the type after a cast; null for others.
  mlir::quant::UniformQuantizedType getType(mlir::Value value) const;
  /// The quantized type in which `op` reads a float argument or result: the value's, or, if the op's result has another width, one of
  /// that; null for other values.
  mlir::quant::UniformQuantizedType getReadType(mlir::Operation *op, mlir::Value operand) const;
  /// Values that were to have 4 bits and do not, with the reason (ActivationBits).
  const llvm::MapVector<mlir::Value, std::string> &getObstacles() const { return obstacles; }

private:
  struct Group {
    Range range = {0.0, 0.0};
    bool hasRange = false;
    bool fixed = false;                      // the range is that of an op's definition
    mlir::quant::UniformQuantizedType given; // by a dcast
    unsigned bits = 8;                       // of all values of the group
  };

  mlir::LogicalResult addValues(mlir::func::FuncOp function, const FloatIslands &islands);
  mlir::LogicalResult addValue(mlir::Value value, mlir::DenseF64ArrayAttr range, mlir::Location location, bool isSource);
  mlir::LogicalResult connect(mlir::Operation *op);
  void widen(mlir::Value value, Range constants);
  mlir::Value find(mlir::Value value) const;
  void unite(mlir::Value value, mlir::Value other);

  llvm::MapVector<mlir::Value, mlir::Value> parents;
  llvm::DenseMap<mlir::Value, unsigned> bits; // of each value
  llvm::MapVector<mlir::Value, std::string> obstacles;
  llvm::DenseMap<mlir::Value, Range> ranges; // of each value by itself
  llvm::DenseMap<mlir::Value, Group> groups; // of each root
};

} // namespace tinyc::compress

#endif // TINYC_PASSES_COMPRESS_SCALEGROUPS_H
