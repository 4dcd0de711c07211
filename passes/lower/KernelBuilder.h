// Buffers and constants while a function of nn ops becomes one of kernel ops.
#ifndef TINYC_PASSES_LOWER_KERNELBUILDER_H
#define TINYC_PASSES_LOWER_KERNELBUILDER_H

#include "dialects/kernel/Kernel.h"
#include "dialects/nn/NN.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/DenseMap.h"

namespace tinyc::lower {

class KernelBuilder : public mlir::OpBuilder {
public:
  KernelBuilder(mlir::func::FuncOp function, mlir::SymbolTable &symbols);

  /// The buffer that holds a tensor, with the tensor's shape. `user` reads it: it gives a constant its place and name.
  mlir::Value getBuffer(mlir::Value tensor, mlir::Operation *user);

  /// A buffer to compute `result` into: an argument of the function, a part of a concatenation, or a new one.
  mlir::Value createBuffer(mlir::OpResult result);

  /// `result` is the buffer of `operand` under another shape.
  void setView(mlir::OpResult result, mlir::Value operand);
  bool hasBuffer(mlir::Value tensor) const { return buffers.contains(tensor); }
  /// `result` is computed into a buffer made before.
  void setBuffer(mlir::Value result, mlir::Value buffer) { buffers[result] = buffer; }

  /// The same bytes under another shape.
  mlir::Value reshape(mlir::Location location, mlir::Value buffer, llvm::ArrayRef<int64_t> shape);
  /// Part `index` of a buffer that is divided into parts of `shape`.
  mlir::Value slice(mlir::Location location, mlir::Value buffer, int64_t index, llvm::ArrayRef<int64_t> shape);

  /// The elements from `offset` on, as many as `shape` has.
  mlir::Value part(mlir::Location location, mlir::Value buffer, int64_t offset, llvm::ArrayRef<int64_t> shape);

  /// A constant buffer, named after the node at `location`.
  mlir::Value createConstant(mlir::Location location, mlir::DenseElementsAttr value, llvm::StringRef suffix);
  mlir::Value createConstant(mlir::Location location, llvm::ArrayRef<int32_t> values, llvm::StringRef suffix);

  /// The value of a constant tensor, null if it is none.
  static mlir::DenseElementsAttr getConstantValue(mlir::Value tensor);

  /// The buffers of `tensor` will be computed into argument `output`.
  void assignOutput(mlir::Value tensor, mlir::Value output) { outputs[tensor] = output; }
  /// `tensor` will be computed into part of the result of a concatenation, from element `offset`.
  void assignPart(mlir::Value tensor, mlir::OpResult whole, int64_t offset) { parts[tensor] = {whole, offset}; }
  bool isAssigned(mlir::Value tensor) const { return outputs.contains(tensor) || parts.contains(tensor); }
  /// True if `tensor` is computed into `whole`, from element `offset`.
  bool isPartOf(mlir::Value tensor, mlir::OpResult whole, int64_t offset) const;

private:
  struct Part {
    mlir::OpResult whole;
    int64_t offset; // elements
  };
  mlir::func::FuncOp function;
  mlir::SymbolTable &symbols;
  llvm::DenseMap<mlir::Value, mlir::Value> buffers, outputs;
  llvm::DenseMap<mlir::Value, Part> parts;
  llvm::DenseMap<mlir::Attribute, mlir::memref::GlobalOp> constants;
};

/// The type of the buffer that holds a tensor; booleans are bytes.
mlir::MemRefType getBufferType(mlir::Type tensor);

/// The stage of a kernel that produces `result`: bounds for f32; zero point, bounds and `shift` for int8.
mlir::Attribute makeStage(mlir::Type result, std::optional<float> lower, std::optional<float> upper, int32_t shift = 0,
                          bool perChannel = false);

/// The same with the bounds of an op's fused clamp.
mlir::Attribute makeStage(nn::FusedActivationOpInterface op, int32_t shift = 0, bool perChannel = false);

/// One function for each family of nn ops. They emit one error at the op where they fail.
mlir::LogicalResult convertConvolution(nn::Conv2DOp op, KernelBuilder &builder);
mlir::LogicalResult convertConvTranspose(nn::ConvTranspose2DOp op, KernelBuilder &builder);
mlir::LogicalResult convertFullyConnected(nn::FullyConnectedOp op, KernelBuilder &builder);
mlir::LogicalResult convertMatMul(nn::MatMulOp op, KernelBuilder &builder);
mlir::LogicalResult convertAvgPool(nn::AvgPoolOp op, KernelBuilder &builder);
mlir::LogicalResult convertMaxPool(nn::MaxPoolOp op, KernelBuilder &builder);
mlir::LogicalResult convertResize(nn::ResizeOp op, KernelBuilder &builder);
mlir::LogicalResult convertSoftmax(mlir::Operation *op, KernelBuilder &builder);
mlir::LogicalResult convertBinary(mlir::Operation *op, KernelBuilder &builder);
mlir::LogicalResult convertUnary(mlir::Operation *op, KernelBuilder &builder);
mlir::LogicalResult convertQuantization(mlir::Operation *op, KernelBuilder &builder);
mlir::LogicalResult convertMovement(mlir::Operation *op, KernelBuilder &builder);
mlir::LogicalResult convertLoopNest(nn::LoopNestOp op, KernelBuilder &builder);
mlir::LogicalResult convertRecurrent(nn::RecurrentOp op, KernelBuilder &builder);

/// Copies a buffer of any element type to another of its shape.
void createCopyNest(KernelBuilder &builder, mlir::Location location, mlir::Value from, mlir::Value to);

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_KERNELBUILDER_H
