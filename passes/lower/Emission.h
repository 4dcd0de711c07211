// What the conversions of kernel calls to C and to LLVM share.
#ifndef TINYC_PASSES_LOWER_EMISSION_H
#define TINYC_PASSES_LOWER_EMISSION_H

#include "dialects/kernel/Kernel.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/StringSet.h"

#include <string>

namespace tinyc::lower {

/// Where a buffer of a lowered program lies: `offset` bytes into the arena or into a constant.
struct Address {
  mlir::memref::GlobalOp constant; // null: the arena
  int64_t offset;                  // bytes
  mlir::Type element;
  unsigned region = 0;             // of the arena: number of the function's argument
};

/// Finds the address of a memref made of views, subviews and casts of the function's arena or of one of the constants.
/// Emits an error at `user` if it is not known at compile time.
mlir::FailureOr<Address> resolveAddress(mlir::Operation *user, mlir::Value buffer,
                                        const mlir::SymbolTable &constants);

/// What a call passes for a pointer.
struct Argument {
  enum class Kind {
    Null,
    Fixed, ///< the address
    Band,  ///< the first row of the step: `rowBytes` times its number behind the address, or where `rows` says
    Table  ///< a tinyc_rows of the arena and the offsets of `rows`
  };
  Kind kind = Kind::Null;
  Address address = {};
  int64_t rowBytes = 0;
  kernel::RowsOp rows = nullptr; ///< of a Band: null if address and rowBytes say where each row is
};

/// The pointers of a call in order. Emits an error if an address is not known at compile time.
mlir::FailureOr<llvm::SmallVector<Argument>> resolveArguments(kernel::CallOp call,
                                                              const mlir::SymbolTable &constants);

/// Where the rows [row, row + step) of a buffer lie: a Band, or Fixed if they do not move. Emits an error at `user` if that
/// is not known at compile time.
mlir::FailureOr<Argument> resolveBand(mlir::Operation *user, mlir::Value buffer, int64_t step,
                                      const mlir::SymbolTable &constants);

/// The offsets of a kernel.rows as a table of unsigned 32-bit words.
mlir::DenseElementsAttr makeOffsetTable(mlir::DenseI64ArrayAttr offsets);

/// The steps of a stream in as few bytes each as they need, 1 or 2.
mlir::DenseElementsAttr makeStepTable(kernel::StreamOp stream);

/// The one function of a lowered program (its argument is the arena, or one for each region: lower-split-arena). Emits an error if there is none or more than
/// one, or if it holds anything but kernel calls, places where it stops, streams of them, and addresses.
mlir::FailureOr<mlir::func::FuncOp> getProgram(mlir::ModuleOp module);

/// The constants that the program reads, in the module's order.
llvm::SmallVector<mlir::memref::GlobalOp> getConstants(mlir::func::FuncOp program);

/// The values of a constant as a vector (rank 1). Emits an error if the initial value is absent or no
/// DenseElementsAttr.
mlir::FailureOr<mlir::DenseElementsAttr> getFlatValues(mlir::memref::GlobalOp constant);

/// Alignment of a constant in bytes: its own, at least 4 (kernels load words) and that of its elements.
int64_t getAlignment(mlir::memref::GlobalOp constant);

/// Makes C identifiers out of the names of ONNX nodes, each different from the others, from the keywords of C and from
/// the names of the package's API and its kernels.
class Identifiers {
public:
  explicit Identifiers(mlir::func::FuncOp program);

  /// `name` with everything but letters, digits and _ replaced by _, followed by `suffix`, and by a number if it is
  /// taken.
  std::string create(llvm::StringRef name, llvm::StringRef suffix = "");

  /// The name of the function of the next stream.
  std::string createStream();

  /// The prefix of the API's names, as `model_`.
  llvm::StringRef getPrefix() const { return prefix; }

private:
  llvm::StringSet<> taken;
  std::string prefix;
  unsigned streams = 0;
};

/// The loops of a program as a C function, `static void name(parameters, inputs, output, scratch, rows)`.
std::string formatLoopFunction(kernel::LoopFunctionOp function, llvm::StringRef name);

/// The same as a function of LLVM, of a module that is being converted. Declares the functions it calls.
mlir::LogicalResult createLoopFunction(kernel::LoopFunctionOp function, llvm::StringRef name, mlir::ModuleOp module);

/// Whether the loops of a lowered program call functions of tinyc/math.h.
bool usesMath(mlir::ModuleOp module);

/// The ONNX node's name at the location, or empty.
llvm::StringRef getNodeName(mlir::Location location);

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_EMISSION_H
