// Arrays in NumPy's .npy format (versions 1 to 3): the data users calibrate and evaluate with.
#ifndef TINYC_COMPILER_NPY_H
#define TINYC_COMPILER_NPY_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <string>
#include <vector>

namespace tinyc {

/// An array in a .npy file, C order (first index slowest), little endian. The file stays mapped while the array lives.
class NpyArray {
public:
  enum class Element { Bool, I1, U1, I2, U2, I4, U4, I8, U8, F2, F4, F8 };

  /// Reads the header and checks it against the file's size. An error's message is complete: `FILE: error: REASON`.
  static llvm::Expected<NpyArray> read(llvm::StringRef path);

  llvm::StringRef getPath() const { return path; }
  llvm::ArrayRef<int64_t> getShape() const { return shape; }
  Element getElement() const { return element; }
  bool isFloatingPoint() const { return element >= Element::F2; }
  int64_t getNumElements() const { return count; }
  /// Element `index` in row-major order.
  double get(int64_t index) const;
  /// Elements first, first + 1, ... of that order.
  void read(int64_t first, llvm::MutableArrayRef<double> values) const;
  /// The same of integers, exactly (those of uint64 as the signed ones of the same bits); not for floating point elements.
  void readIntegers(int64_t first, llvm::MutableArrayRef<int64_t> values) const;
  /// All elements as integers (labels); fails for floating point elements.
  llvm::Expected<std::vector<int64_t>> toIntegers() const;

private:
  std::string path;
  llvm::SmallVector<int64_t> shape;
  Element element = Element::F4;
  int64_t count = 0;
  const char *data = nullptr;
  std::unique_ptr<llvm::MemoryBuffer> file;
};

/// `[2, 3]`, as messages about shapes write it; `first` replaces the first number.
std::string formatShape(llvm::ArrayRef<int64_t> shape, llvm::StringRef first = "");

/// Writes float32, int64 or int8 elements in row-major order. The file appears whole or not at all.
llvm::Error writeNpy(llvm::StringRef path, llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<float> values);
llvm::Error writeNpy(llvm::StringRef path, llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> values);
llvm::Error writeNpy(llvm::StringRef path, llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int8_t> values);

} // namespace tinyc

#endif // TINYC_COMPILER_NPY_H
