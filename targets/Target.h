// The processors that programs are compiled for, and the kernels each of them has.
#ifndef TINYC_TARGETS_TARGET_H
#define TINYC_TARGETS_TARGET_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <string>

struct tinyc_packing;

namespace tinyc::targets {

/// One processor core, with the memories of a common part.
struct Target {
  llvm::StringRef name;               ///< as on the command line: "cortex-m7"
  llvm::ArrayRef<llvm::StringRef> isas; ///< kernel ISAs of runtime/kernels.def, most preferred first
  llvm::StringRef triple;             ///< normalized LLVM triple; empty: the host's
  llvm::StringRef cpu, features;      ///< LLVM processor and feature string
  llvm::ArrayRef<llvm::StringRef> gccFlags; ///< processor flags of arm-none-eabi-gcc; empty on the host
  llvm::StringRef qemuMachine;        ///< -M of qemu-system-arm; empty on the host
  int64_t sramBytes, flashBytes;      ///< of a common part, for warnings; 0: no limit
  int64_t arenaAlignment;             ///< bytes; buffers in the arena are aligned to 4
  llvm::StringRef bitcode;            ///< embedded file with the kernels as LLVM bitcode

  bool isHost() const { return triple.empty(); }
};

/// All targets, the host last.
llvm::ArrayRef<Target> getTargets();

/// The target of that name, or null.
const Target *findTarget(llvm::StringRef name);

/// The names of all targets, for messages: "cortex-m0plus, cortex-m3, ...".
std::string listTargets();

/// A row of runtime/kernels.def.
struct Kernel {
  llvm::StringRef op, input, weight, isa;
  llvm::StringRef source;    ///< the .c file that holds it, relative to runtime/
  llvm::StringRef symbol;    ///< C function
  llvm::StringRef params;    ///< C type of its parameter block
  llvm::StringRef arguments; ///< name of its argument list in tinyc/kernel_functions.h
  int32_t (*scratch)(const void *params); ///< bytes of scratch for a parameter block (words, host byte order)
  const tinyc_packing *packing; ///< of its constants; null: they have the layout of tinyc/kernels.h
  llvm::StringRef inner;     ///< C function of the kernel that it calls on unpacked rows (tinyc/rows_s4.h); empty: none
};

/// All rows of runtime/kernels.def.
llvm::ArrayRef<Kernel> getKernels();

/// The first kernel, of the target's most preferred ISA that has one, which `accepts` takes; or null.
const Kernel *findKernel(const Target &target, llvm::StringRef op, llvm::StringRef input, llvm::StringRef weight,
                         llvm::function_ref<bool(const Kernel &)> accepts);

/// Whether the kernel may write the output rows of a call over input rows that die with it (tinyc_packing::overwrites).
bool overwritesInput(const Kernel &kernel, llvm::ArrayRef<uint32_t> params);

/// Whether the kernel takes only weights of which most are zeros (tinyc_packing::kept).
bool isSparse(const Kernel &kernel);

/// The kernel of that C function, or null.
const Kernel *findKernel(llvm::StringRef symbol);

} // namespace tinyc::targets

#endif // TINYC_TARGETS_TARGET_H
