// The constants of weighted kernels: weights, bias and multipliers as their contract lays them out.
#ifndef TINYC_PASSES_LOWER_CONSTANTS_H
#define TINYC_PASSES_LOWER_CONSTANTS_H

#include "dialects/kernel/Kernel.h"
#include "tinyc/pack.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/SymbolTable.h"

#include <optional>
#include <vector>

namespace tinyc::lower {

/// The global that `buffer` is read from if it has dense values, else null.
mlir::memref::GlobalOp getConstant(mlir::Value buffer, mlir::SymbolTable &symbols);
mlir::DenseElementsAttr getValues(mlir::memref::GlobalOp constant);

/// [channels, height, width, 1] -> [height, width, channels], element by element.
mlir::DenseElementsAttr transposeWeights(mlir::DenseElementsAttr weights);

/// The constants of a convolution or fully connected op, int8 or float; weights of less than 8 bits one a byte.
class WeightedConstants {
public:
  /// None if `op` is another op, or if one of its constants is not a global with dense values.
  static std::optional<WeightedConstants> read(mlir::Operation *op, mlir::SymbolTable &symbols);

  tinyc_constants get() const {
    auto data = [](const auto &values) { return values.empty() ? nullptr : values.data(); };
    return {data(weights), data(bias), data(multipliers), data(floatWeights), data(floatBias)};
  }

private:
  std::vector<int8_t> weights;
  std::vector<int32_t> bias, multipliers;
  std::vector<float> floatWeights, floatBias;
};

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_CONSTANTS_H
