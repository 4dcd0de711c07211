#include "passes/lower/KernelBuilder.h"
#include "passes/lower/Passes.h"
#include "passes/schedule/ActivationGraph.h"

#include "llvm/ADT/TypeSwitch.h"

#include <limits>

using namespace mlir;

namespace tinyc::lower {

#define GEN_PASS_DEF_CONVERTNNTOKERNELPASS
#include "passes/lower/Passes.h.inc"

namespace {

bool isTensor(Type type) { return isa<RankedTensorType>(type); }

// An activation that kernels can hold: float32, or int4, int8 or symmetric int16 with one scale; of loop nests other integers,
// too.
LogicalResult verifyActivation(Location location, Type type, const Twine &what) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape())
    return emitError(location) << what << " has type " << type << ", expects a tensor of static shape";
  Type element = tensor.getElementType();
  auto quantized = dyn_cast<quant::UniformQuantizedType>(element);
  bool isNarrow = quantized && quantized.isSigned() && llvm::is_contained({4u, 8u}, quantized.getStorageTypeIntegralWidth());
  if (!element.isF32() && !isNarrow && !isa<IntegerType>(element) && !(quantized && nn::isInt16Activation(quantized)))
    return emitError(location) << what << " has elements of type " << element
                               << ", kernels hold f32, or signed 4- or 8-bit integers or i16<-32767:32767> with one scale";
  if (tensor.getNumElements() == 0 || tensor.getNumElements() > std::numeric_limits<int32_t>::max() / 4)
    return emitError(location) << what << " has " << tensor.getNumElements() << " elements, expects 1 to 2^29 - 1";
  return success();
}

class FunctionConversion {
public:
  FunctionConversion(func::FuncOp function, SymbolTable &symbols) : function(function), builder(function, symbols) {}

  LogicalResult run() {
    if (!function.getBody().hasOneBlock())
      return function.emitError("expects a function of one block");
    if (failed(verifyTypes()))
      return failure();
    addArguments();
    assignOutputs();
    assignConcatenations();
    bool ok = true;
    for (Operation *op : original) {
      builder.setInsertionPoint(op);
      if (succeeded(convert(op)))
        continue;
      ok = false;
      // So that the ops after it can be converted, and report their own errors.
      for (OpResult result : op->getResults())
        builder.createBuffer(result);
    }
    if (!ok)
      return failure();
    finish();
    return success();
  }

private:
  LogicalResult verifyTypes() {
    bool ok = true;
    for (BlockArgument argument : function.getArguments())
      ok &= succeeded(
          verifyActivation(function.getLoc(), argument.getType(), "input #" + Twine(argument.getArgNumber())));
    for (Operation &op : function.front().without_terminator()) {
      original.push_back(&op);
      if (op.hasTrait<OpTrait::ConstantLike>())
        continue;
      for (OpResult result : op.getResults())
        ok &= succeeded(verifyActivation(op.getLoc(), result.getType(), "result"));
    }
    return success(ok);
  }

  // Buffers as new arguments behind the tensors, which finish() removes.
  void addArguments() {
    unsigned count = function.getNumArguments();
    for (unsigned i = 0; i < count; ++i) {
      BlockArgument tensor = function.getArgument(i);
      Type type = tensor.getType();
      Value buffer = function.front().addArgument(getBufferType(type), tensor.getLoc());
      builder.setBuffer(tensor, buffer);
      attributes.push_back(makeAttributes(type, function.getArgAttrDict(i), /*isOutput=*/false));
    }
    for (auto [i, value] : llvm::enumerate(getReturn()->getOperands())) {
      outputs.push_back(function.front().addArgument(getBufferType(value.getType()), value.getLoc()));
      attributes.push_back(makeAttributes(value.getType(), function.getResultAttrDict(i), /*isOutput=*/true));
    }
  }

  DictionaryAttr makeAttributes(Type type, DictionaryAttr from, bool isOutput) {
    NamedAttrList list;
    list.set(kernel::kTypeAttr, TypeAttr::get(type));
    if (isOutput)
      list.set(kernel::kOutputAttr, builder.getUnitAttr());
    for (StringRef name : {StringRef(nn::kNameAttr), StringRef(nn::kPermutationAttr)})
      if (Attribute attribute = from ? from.get(name) : Attribute())
        list.set(name, attribute);
    return list.getDictionary(function.getContext());
  }

  // A result of the function is computed into its argument, unless that would need two places.
  void assignOutputs() {
    for (auto [value, output] : llvm::zip_equal(getReturn()->getOperands(), outputs)) {
      Value root = schedule::getViewedTensor(value);
      if (root.getDefiningOp() && !builder.isAssigned(root) && !root.getDefiningOp<nn::ConstantOp>())
        builder.assignOutput(root, output);
    }
  }

  // An operand of a concatenation along the outermost dimension is computed into its part of the result.
  void assignConcatenations() {
    for (auto concat : function.getOps<nn::ConcatOp>()) {
      ArrayRef<int64_t> shape = concat.getOutput().getType().getShape();
      bool contiguous = llvm::all_of(shape.take_front(concat.getAxis()), [](int64_t size) { return size == 1; });
      int64_t offset = 0;
      for (Value input : concat.getInputs()) {
        Value root = schedule::getViewedTensor(input);
        if (contiguous && root.getDefiningOp() && !root.getDefiningOp<nn::ConstantOp>() && !builder.isAssigned(root))
          builder.assignPart(root, cast<OpResult>(concat.getOutput()), offset);
        offset += cast<RankedTensorType>(input.getType()).getNumElements();
      }
    }
  }

  LogicalResult convert(Operation *op) {
    if (schedule::isView(op)) {
      builder.setView(op->getResult(0), op->getOperand(0));
      return success();
    }
    return llvm::TypeSwitch<Operation *, LogicalResult>(op)
        .Case([](nn::ConstantOp) { return success(); })
        .Case([&](nn::Conv2DOp conv) { return convertConvolution(conv, builder); })
        .Case([&](nn::ConvTranspose2DOp conv) { return convertConvTranspose(conv, builder); })
        .Case([&](nn::FullyConnectedOp fullyConnected) { return convertFullyConnected(fullyConnected, builder); })
        .Case([&](nn::MatMulOp matmul) { return convertMatMul(matmul, builder); })
        .Case([&](nn::AvgPoolOp pool) { return convertAvgPool(pool, builder); })
        .Case([&](nn::MaxPoolOp pool) { return convertMaxPool(pool, builder); })
        .Case([&](nn::ResizeOp resize) { return convertResize(resize, builder); })
        .Case<nn::SoftmaxOp, nn::LogSoftmaxOp>([&](auto softmax) { return convertSoftmax(softmax, builder); })
        .Case<nn::AddOp, nn::SubOp, nn::MulOp>([&](auto binary) { return convertBinary(binary, builder); })
        .Case<nn::ClampOp, nn::LeakyReluOp, nn::SigmoidOp, nn::HardSigmoidOp, nn::HardSwishOp>(
            [&](auto unary) { return convertUnary(unary, builder); })
        .Case<quant::QuantizeCastOp, quant::DequantizeCastOp, nn::RequantizeOp>(
            [&](auto cast) { return convertQuantization(cast, builder); })
        .Case([&](nn::LoopNestOp nest) { return convertLoopNest(nest, builder); })
        .Case([&](nn::RecurrentOp recurrent) { return convertRecurrent(recurrent, builder); })
        .Case<nn::TransposeOp, nn::ConcatOp, nn::PadOp>([&](auto move) { return convertMovement(move, builder); })
        .Default([](Operation *other) { return other->emitOpError("has no kernel"); });
  }

  void finish() {
    Operation *terminator = getReturn();
    builder.setInsertionPoint(terminator);
    for (auto [value, output] : llvm::zip_equal(terminator->getOperands(), outputs))
      copyOutput(value, output);
    func::ReturnOp::create(builder, terminator->getLoc());
    terminator->erase();
    for (Operation *op : llvm::reverse(original))
      op->erase();
    // Views that only other views needed.
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(function.front())))
      if (isa<memref::ReinterpretCastOp, memref::GetGlobalOp>(op) && op.use_empty())
        op.erase();
    // Arguments: the tensors go, the buffers stay.
    unsigned tensors = llvm::count_if(function.front().getArgumentTypes(), isTensor);
    function.front().eraseArguments(0, tensors);
    function.setType(builder.getFunctionType(function.front().getArgumentTypes(), {}));
    function.removeResAttrsAttr();
    function.setAllArgAttrs(attributes);
  }

  // Results that are inputs, constants, or returned twice.
  void copyOutput(Value value, Value output) {
    Value buffer = builder.getBuffer(value, getReturn());
    auto view = buffer.getDefiningOp<memref::ReinterpretCastOp>();
    if (buffer == output || (view && view.getSource() == output))
      return;
    if (isa<IntegerType>(getElementTypeOrSelf(value))) {
      createCopyNest(builder, value.getLoc(), buffer, output);
      return;
    }
    int32_t length = cast<MemRefType>(output.getType()).getNumElements();
    kernel::CopyOp::create(builder, value.getLoc(), buffer, output, /*scratch=*/Value(), /*blocks=*/1u, length, length,
                           length, /*outputOffset=*/0u, /*inputOffset=*/0u, FlatSymbolRefAttr());
  }

  Operation *getReturn() { return function.front().getTerminator(); }

  func::FuncOp function;
  KernelBuilder builder;
  SmallVector<Operation *> original;
  SmallVector<Value> outputs;
  SmallVector<DictionaryAttr> attributes; // of the new arguments
};

class ConvertNNToKernelPass : public impl::ConvertNNToKernelPassBase<ConvertNNToKernelPass> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    for (auto function : llvm::to_vector(getOperation().getOps<func::FuncOp>())) {
      if (function.isExternal() ||
          (llvm::none_of(function.getArgumentTypes(), isTensor) && llvm::none_of(function.getResultTypes(), isTensor)))
        continue;
      if (failed(FunctionConversion(function, symbols).run()))
        return signalPassFailure();
    }
  }
};

} // namespace

} // namespace tinyc::lower
