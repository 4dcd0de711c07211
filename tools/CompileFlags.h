// The command-line flags of a compilation, shared by tinyc and tinyc-run.
#ifndef TINYC_TOOLS_COMPILEFLAGS_H
#define TINYC_TOOLS_COMPILEFLAGS_H

#include "compiler/Options.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/LogicalResult.h"

namespace tinyc {

/// Flags that fill an Options. One object in main, before the command line is parsed.
class CompileFlags {
public:
  explicit CompileFlags(llvm::cl::OptionCategory &category);
  ~CompileFlags();

  /// The options the flags ask for; on a malformed value prints one line to stderr and returns false.
  bool fill(Options &options) const;
  /// --target or --board was given.
  bool hasTarget() const;
  /// The first flag given, in the order of their names, that says how to compile: all but --target, --scale and --offset,
  /// which apply to a package as well. Empty if none was given.
  std::string findGiven() const;

private:
  /// The part of --quantize=mixed.
  bool fillPruning(Pruning &pruning) const;
  bool fillSearch(Options &options) const;

  struct Flags;
  static bool fillMethods(const Flags &flags, QuantizationMethods &methods);
  std::unique_ptr<Flags> flags;
  std::vector<const llvm::cl::Option *> compilations; ///< the flags that say how to compile, by name
};

/// The shipped boards, one a line.
void printBoards(llvm::raw_ostream &stream);

/// Parses argv and handles --help and --version; usage errors exit with 1. Only flags of `category` are shown.
void parseCommandLine(int argc, char **argv, llvm::cl::OptionCategory &category, llvm::StringRef overview);

/// The exit status of a tool that did its work with that result: 1 with an error printed, too, if standard output could
/// not be written.
int getExitStatus(llvm::LogicalResult result);

} // namespace tinyc

#endif // TINYC_TOOLS_COMPILEFLAGS_H
