// The outside of a lowered program: what enters, what leaves, how large it is.
#ifndef TINYC_COMPILER_PROGRAM_H
#define TINYC_COMPILER_PROGRAM_H

#include "passes/lower/ArenaRegions.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/JSON.h"

#include <string>
#include <vector>

namespace tinyc {

/// An input or output of a program. Real value = (stored - zeroPoint) * scale for int8 and int16, the stored value else;
/// integers of scale 1 and zero point 0 stand for themselves.
struct Port {
  std::string name;                 ///< ONNX name
  std::vector<int64_t> shape;       ///< as stored
  std::vector<int64_t> permutation; ///< stored dimension i is ONNX dimension permutation[i]; empty: the same order
  std::string type; ///< "float32", "int8" .. "int64", "uint8" .. "uint64" or "bool" (bytes 0 and 1)
  double scale = 1.0;
  int64_t zeroPoint = 0;
  int64_t offset = 0; ///< bytes from the arena's start; none if streamed
  int64_t bytes = 0;
  bool streamed = false; ///< passes in rows, those of dimension 1, and is nowhere as a whole
  int64_t passes = 1;    ///< of a streamed input: how many times all of its rows are taken

  /// Of a type that may have a scale.
  bool isInteger() const { return type == "int8" || type == "int16"; }
  int64_t getElements() const;
  bool isQuantized() const { return isInteger() && (scale != 1.0 || zeroPoint != 0); }
  /// Of integers that stand for themselves.
  bool isPlainInteger() const { return type != "float32" && type != "bool" && !isQuantized(); }
  /// Bytes of an element; 0 if `type` is none.
  int64_t getElementBytes() const;
  /// Of a streamed port, whose shape is [1, rows, ...].
  int64_t getRows() const { return shape[1]; }
  int64_t getRowBytes() const { return bytes / shape[1]; }
  /// The shape in ONNX's order of dimensions.
  std::vector<int64_t> getOnnxShape() const;

  llvm::json::Value toJson() const;
  static std::optional<Port> fromJson(const llvm::json::Value &value);
};

struct Ports {
  std::vector<Port> inputs, outputs;
  /// Of the arena, if a board's memories are known: offsets count them one after the other. Of several the program gets an
  /// address each: `void run(uint8_t *const *arenas)`.
  llvm::SmallVector<lower::ArenaRegion> regions = {};
  int64_t stateCounters = 0; ///< of a streamed program: counters in its state, see passes/lower/ProgramState.h

  /// True if the program stops for rows: `int32_t run(arena, state)` instead of `void run(arena)`.
  bool isStreamed() const;
  /// True if the arena lies in several memories.
  bool isSplit() const { return regions.size() > 1; }
  /// The number of the region that holds a port.
  size_t getRegion(const Port &port) const { return lower::findRegion(regions, port.offset); }
  /// Bytes of its state, 0 if it has none.
  int64_t getStateBytes() const;
};

/// The port of a tensor; name and permutation may be null.
Port makePort(mlir::RankedTensorType tensor, mlir::StringAttr name, mlir::DenseI64ArrayAttr permutation);

/// Reads the attributes kernel.inputs and kernel.outputs of a planned function.
Ports getPorts(mlir::func::FuncOp function);

/// The one function with the attribute kernel.inputs, or null.
mlir::func::FuncOp getPlannedFunction(mlir::ModuleOp module);

/// Real values in ONNX's order of dimensions to the bytes of the port, rounding half to even and saturating.
std::vector<char> encode(const Port &port, llvm::ArrayRef<float> values);

/// The bytes of a port to real values in ONNX's order of dimensions.
std::vector<float> decode(const Port &port, llvm::ArrayRef<char> bytes);

/// The same of a port of plain integers, exactly: those out of its range saturate; of uint64 they are the bits.
std::vector<char> encodeIntegers(const Port &port, llvm::ArrayRef<int64_t> values);
std::vector<int64_t> decodeIntegers(const Port &port, llvm::ArrayRef<char> bytes);

} // namespace tinyc

#endif // TINYC_COMPILER_PROGRAM_H
