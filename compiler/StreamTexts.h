// The parts of model.h and README.md that a package with streamed inputs or outputs has of its own. @PREFIX@ and
// @MACRO@ stand for the prefix of its C names.
#ifndef TINYC_COMPILER_STREAMTEXTS_H
#define TINYC_COMPILER_STREAMTEXTS_H

#include "compiler/Program.h"

namespace tinyc {

/// Of the header: the types before <prefix>_context, and the context itself.
std::string makeStreamTypes(const Ports &ports);
/// Of the header: the functions after <prefix>_output_bytes.
std::string makeStreamFunctions(const Ports &ports);
/// Of the header's opening comment: how the functions follow each other.
std::string makeStreamUse(const Ports &ports);

/// Of the read-me: the program in "Use".
std::string makeStreamExample(const Ports &ports, llvm::StringRef outputType);
/// Of the read-me: the functions beside <prefix>_init, input and output.
std::string makeStreamCalls(const Ports &ports);
/// Of the read-me: how a camera's lines get in.
std::string makeStreamNotes(const Ports &ports);

} // namespace tinyc

#endif // TINYC_COMPILER_STREAMTEXTS_H
