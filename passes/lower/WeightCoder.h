// Entropy coding of packed constants: the encoder of the format of runtime/include/tinyc/decode.h.
#ifndef TINYC_PASSES_LOWER_WEIGHTCODER_H
#define TINYC_PASSES_LOWER_WEIGHTCODER_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <vector>

namespace tinyc::lower {

/// What a word (4 bytes) of packed constants is.
enum class WordKind : int8_t { Bytes = 0, Bias = 1, Multiplier = 2 };

struct CodedBytes {
  std::vector<uint8_t> string;
  int32_t tableLog = 0; ///< the decoder's table has 2^tableLog entries
  int32_t words = 0;    ///< words that are coded as numbers
};

/// The shortest coding of `bytes` with a table of at most 2^mostTableLog entries (5 to 11); a table of half the size is taken
/// where it costs at most 0.5 %. `kinds` says what each whole word is; empty: bytes. What comes out is decoded and compared.
CodedBytes encodeBytes(llvm::ArrayRef<uint8_t> bytes, llvm::ArrayRef<WordKind> kinds, int32_t mostTableLog);

/// Decodes as the firmware does.
std::vector<uint8_t> decodeBytes(const CodedBytes &coded, int64_t bytes);

} // namespace tinyc::lower

#endif // TINYC_PASSES_LOWER_WEIGHTCODER_H
