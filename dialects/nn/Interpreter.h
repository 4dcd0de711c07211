// The reference interpreter of the nn dialect: its executable semantics, float and integer. Calibration, constant
// folding, accuracy measurement and the tests use it. Declared here, with the dialect whose meaning it is;
// implemented in compiler/interpreter.
#ifndef TINYC_DIALECTS_NN_INTERPRETER_H
#define TINYC_DIALECTS_NN_INTERPRETER_H

#include "dialects/nn/NN.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace tinyc::nn {

/// A tensor in host memory, row-major. `type` says shape and element type: f32, integers (i1 as bytes 0 or 1), or a
/// quantized type whose storage integers (i8, i16, i32) are held.
class HostTensor {
public:
  HostTensor() = default;
  explicit HostTensor(mlir::RankedTensorType type);
  /// The elements of an attribute, for a tensor of `type` (f32 or storage integers); a tensor without type if they
  /// cannot be read (a resource that is absent).
  static HostTensor fromElements(mlir::RankedTensorType type, mlir::ElementsAttr elements);

  mlir::RankedTensorType getType() const { return type; }
  int64_t getNumElements() const { return type.getNumElements(); }
  /// Bytes of one element in memory.
  int64_t getElementBytes() const;
  template <typename T> llvm::MutableArrayRef<T> get() {
    return {reinterpret_cast<T *>(storage.data()), storage.size() / sizeof(T)};
  }
  template <typename T> llvm::ArrayRef<T> get() const {
    return {reinterpret_cast<const T *>(storage.data()), storage.size() / sizeof(T)};
  }
  llvm::ArrayRef<char> getBytes() const { return storage; }
  llvm::MutableArrayRef<char> getBytes() { return storage; }
  /// The real values: float and integer elements as they are, quantized ones as (q - zero point) * scale.
  std::vector<float> toReal() const;
  /// The same elements as an attribute for nn.constant.
  mlir::DenseElementsAttr toElements() const;

private:
  mlir::RankedTensorType type;
  std::vector<char> storage;
};

/// Evaluates one op of the nn dialect (or quant.qcast / quant.dcast) on constant operands. Fails, with a diagnostic
/// at the op, for an op without reference semantics.
mlir::FailureOr<HostTensor> evaluate(mlir::Operation *op, llvm::ArrayRef<const HostTensor *> operands);

/// Runs a model function. Constants are converted once at creation; `run` is const and may be called by many threads.
/// The function must outlive the interpreter and stay as it is.
class Interpreter {
public:
  /// Fails, with a diagnostic at the op, if the function holds an op without reference semantics.
  /// Fails as well where an accumulator of an integer form with constant weights could leave 32 bits.
  static mlir::FailureOr<Interpreter> create(mlir::func::FuncOp function);
  Interpreter(Interpreter &&);
  Interpreter &operator=(Interpreter &&);
  ~Interpreter();

  /// Called for each argument and after each op with the value and its contents. Constants, and values computed from
  /// constants alone, are known at creation and not observed.
  using Observer = llvm::function_ref<void(mlir::Value, const HostTensor &)>;

  /// One inference: `inputs` in the order of the function's arguments, with their types. Intermediate tensors are
  /// freed after their last use.
  mlir::FailureOr<std::vector<HostTensor>> run(llvm::ArrayRef<HostTensor> inputs, Observer observer = nullptr) const;

  /// `count` inferences on all cores: sample i's inputs come from `getInputs(i)`, its outputs go to `consume(i,
  /// outputs)`. Both, and the observer, are called from many threads at once, never twice at once for one i; `worker`
  /// numbers the thread, 0 .. getWorkerCount() - 1.
  mlir::LogicalResult
  runAll(int64_t count, llvm::function_ref<std::vector<HostTensor>(int64_t)> getInputs,
         llvm::function_ref<void(int64_t, std::vector<HostTensor>)> consume,
         llvm::function_ref<void(unsigned worker, mlir::Value, const HostTensor &)> observer = nullptr) const;
  static unsigned getWorkerCount();

private:
  struct Program;
  explicit Interpreter(std::unique_ptr<Program> program);
  std::unique_ptr<Program> program;
};

} // namespace tinyc::nn

#endif // TINYC_DIALECTS_NN_INTERPRETER_H
