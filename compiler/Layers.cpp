#include "compiler/Layers.h"

using namespace mlir;

namespace tinyc {

int64_t countMacs(Operation *root) {
  int64_t macs = 0;
  root->walk([&](nn::CostOpInterface op) { macs += op.getMacs(); });
  return macs;
}

SmallVector<nn::QuantizableOpInterface> findLayers(Operation *root) {
  SmallVector<nn::QuantizableOpInterface> layers;
  root->walk([&](nn::QuantizableOpInterface op) {
    if (op.getWeightOperand())
      layers.push_back(op);
  });
  return layers;
}

} // namespace tinyc
