// Random convolutional networks in float, with even numbers of channels as a rule.
#ifndef TINYC_TEST_PASSES_LOWER_RANDOMIMAGENETWORK_H
#define TINYC_TEST_PASSES_LOWER_RANDOMIMAGENETWORK_H

#include "dialects/nn/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

#include <random>
#include <vector>

namespace tinyc::lower {

/// Convolutions (pointwise, depthwise, strided, in groups), poolings and residual sums and products, then a fully connected layer.
class RandomImageNetwork {
public:
  RandomImageNetwork(mlir::MLIRContext *context, unsigned seed) : builder(context), engine(seed) {}

  mlir::OwningOpRef<mlir::ModuleOp> build(int layers) {
    using namespace mlir;
    Location location = builder.getUnknownLoc();
    OwningOpRef<ModuleOp> module = ModuleOp::create(location);
    builder.setInsertionPointToEnd(module->getBody());
    RankedTensorType input = makeType({1, random(3, 9), random(2, 7), random(1, 6)});
    auto function = func::FuncOp::create(builder, location, "main", builder.getFunctionType({input}, {}));
    builder.setInsertionPointToEnd(function.addEntryBlock());
    std::vector<Value> images = {function.getArgument(0)};
    for (int layer = 0; layer < layers; ++layer)
      images.push_back(addLayer(images));
    Value last = images.back();
    int64_t count = cast<RankedTensorType>(last.getType()).getNumElements(), outputs = random(1, 6);
    last = nn::ReshapeOp::create(builder, location, makeType({1, count}), last);
    last = nn::FullyConnectedOp::create(builder, location, makeType({1, outputs}), last, makeConstant({outputs, count}),
                                        Value(), FloatAttr(), FloatAttr());
    func::ReturnOp::create(builder, location, last);
    function.setFunctionType(builder.getFunctionType({input}, {last.getType()}));
    return module;
  }

private:
  int64_t random(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(engine); }

  mlir::RankedTensorType makeType(llvm::ArrayRef<int64_t> shape) {
    return mlir::RankedTensorType::get(shape, builder.getF32Type());
  }

  mlir::Value makeConstant(llvm::ArrayRef<int64_t> shape) {
    mlir::RankedTensorType type = makeType(shape);
    std::vector<float> values(type.getNumElements());
    for (float &value : values)
      value = std::uniform_real_distribution<float>(-1.0f, 1.0f)(engine);
    return nn::ConstantOp::create(builder, builder.getUnknownLoc(), type,
                                  mlir::DenseElementsAttr::get(type, llvm::ArrayRef<float>(values)));
  }

  mlir::Value addLayer(llvm::ArrayRef<mlir::Value> images) {
    using namespace mlir;
    Location location = builder.getUnknownLoc();
    Value from = images.back();
    SmallVector<int64_t> shape(cast<RankedTensorType>(from.getType()).getShape());
    int64_t kernel[2], strides[2], pads[4], ones[2] = {1, 1};
    bool pointwise = random(0, 2) == 0, same = random(0, 1);
    for (int axis : {0, 1}) {
      int64_t size = shape[1 + axis];
      kernel[axis] = pointwise ? 1 : random(1, std::min<int64_t>(3, size));
      strides[axis] = pointwise || random(0, 3) ? 1 : 2;
      pads[axis] = same ? kernel[axis] / 2 : 0;
      pads[axis + 2] = same ? (kernel[axis] - 1) / 2 : 0;
      shape[1 + axis] = (size + pads[axis] + pads[axis + 2] - kernel[axis]) / strides[axis] + 1;
    }
    FloatAttr zero = random(0, 1) ? builder.getF32FloatAttr(0.0f) : FloatAttr(), none;
    switch (random(0, 7)) {
    case 0: {
      SmallVector<Value> partners;
      for (Value image : images)
        if (image.getType() == from.getType())
          partners.push_back(image);
      Value partner = partners[random(0, static_cast<int64_t>(partners.size()) - 1)];
      if (random(0, 3) == 0)
        return nn::MulOp::create(builder, location, from.getType(), from, partner, zero, none);
      return nn::AddOp::create(builder, location, from.getType(), from, partner, zero, none);
    }
    case 1:
      return nn::MaxPoolOp::create(builder, location, makeType(shape), from, kernel, strides, pads, ones, none, none);
    case 2:
      return nn::AvgPoolOp::create(builder, location, makeType(shape), from, kernel, strides, pads, ones, random(0, 1) == 0,
                                   zero, none);
    default:
      break;
    }
    bool depthwise = random(0, 2) == 0;
    int64_t inputs = shape[3], groups = depthwise ? inputs : inputs % 2 == 0 && random(0, 4) == 0 ? 2 : 1;
    shape[3] = depthwise ? inputs : random(0, 7) ? 2 * random(1, 8) : 2 * random(1, 4) + groups % 2;
    SmallVector<int64_t> filters = {shape[3], kernel[0], kernel[1], inputs / groups};
    Value bias = random(0, 1) ? makeConstant({shape[3]}) : Value();
    return nn::Conv2DOp::create(builder, location, makeType(shape), from, makeConstant(filters), bias, strides, pads, ones,
                                groups, zero, none);
  }

  mlir::OpBuilder builder;
  std::mt19937 engine;
};

} // namespace tinyc::lower

#endif // TINYC_TEST_PASSES_LOWER_RANDOMIMAGENETWORK_H
