#include "dialects/nn/NN.h"

using namespace mlir;

namespace tinyc::nn {

loop::Nest LoopNestOp::getNest() {
  loop::Nest nest = {getSizes(), static_cast<int64_t>(getParallel()), {}, {}, dyn_cast_or_null<TypedAttr>(getInitAttr()),
                     &getBody().front()};
  nest.maps = llvm::to_vector(getMaps().getAsValueRange<AffineMapAttr>());
  for (Value input : getInputs())
    nest.types.push_back(cast<ShapedType>(input.getType()));
  nest.types.push_back(getOutput().getType());
  return nest;
}

LogicalResult LoopNestOp::verifyRegions() {
  for (Type type : llvm::concat<Type>(llvm::to_vector(getOperandTypes()), llvm::to_vector((*this)->getResultTypes())))
    if (getQuantizedElement(type) && !getPerTensor(type))
      return emitOpError("expects quantization per tensor, got ") << type << " (C2)";
  if (getInit() && !isa<TypedAttr>(*getInit()))
    return emitOpError("expects a number as init, got ") << *getInit() << " (C7)";
  return loop::verifyNest(*this, getNest());
}

int64_t LoopNestOp::getMacs() { return 0; }

} // namespace tinyc::nn
