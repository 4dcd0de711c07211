// Pieces of C text.
#ifndef TINYC_PASSES_LOWER_CTEXT_H
#define TINYC_PASSES_LOWER_CTEXT_H

#include "dialects/kernel/Kernel.h"

#include <string>

namespace tinyc::lower {

/// C type of the elements. 16-bit integers are unsigned.
llvm::StringRef getElementType(mlir::Type element);

/// A float with as many digits as its value needs; INFINITY and NAN where it is not finite.
std::string formatFloat(const llvm::APFloat &value);

/// An initializer with designators, `{ .rows = 1, ... }`. Uses INFINITY and NAN where a field is not finite.
std::string formatParams(kernel::ParamsAttr params);

/// Text that is safe inside a comment.
std::string formatComment(llvm::StringRef text);

/// `node: conv2d 3x3, 442368 MACs`
std::string describe(kernel::CallOp call);

/// A kernel call of the program, in its text: the function and the name of its parameter block.
struct ProfiledCall {
  std::string kernel, params;
};

/// What surrounds kernel calls where `<PREFIX>PROFILE` is defined, see tinyc/profile.h: macros that stand before the
/// program, and the function behind it that numbers the calls. `prefix` is that of the API's names, as `model_`.
std::string formatProfileMacros(llvm::ArrayRef<ProfiledCall> calls, llvm::StringRef prefix);
std::string formatProfileLayers(llvm::ArrayRef<ProfiledCall> calls, llvm::StringRef prefix);

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_CTEXT_H
