// What a kernel call costs: estimates for the planner, the reports and the profile.
#ifndef TINYC_TARGETS_COSTMODEL_H
#define TINYC_TARGETS_COSTMODEL_H

#include "targets/Target.h"

namespace tinyc::targets {

struct CallCost {
  double cycles = 0;
  double constantBytes = 0; ///< of constants read, from flash; weights that are read again count again

  CallCost &operator+=(const CallCost &other) {
    cycles += other.cycles;
    constantBytes += other.constantBytes;
    return *this;
  }
};

/// The cost of one call of `kernel` for output rows [rowBegin, rowEnd), call overhead included. `params` are the words of its
/// parameter block, complete for the kernel. The core runs from memory without wait states. On targets without costs of
/// their own those of a Cortex-M7 (host) or Cortex-M4 stand in.
CallCost estimateCall(const Target &target, const Kernel &kernel, llvm::ArrayRef<uint32_t> params, int32_t rowBegin,
                      int32_t rowEnd);

/// The cost of computing `rows` rows in calls of rowsPerStep (the last one of fewer), as in a stream. With a `scale` above 0 a
/// call gets the rows [0, count * scale) of its parameter block, otherwise the numbers of the rows.
CallCost estimateSteps(const Target &target, const Kernel &kernel, llvm::ArrayRef<uint32_t> params, int32_t rows,
                       int32_t rowsPerStep, int32_t scale);

/// Energy in picojoules. What a core takes is its supply current while it runs, which the cycles count; MACs and bytes are what the
/// work adds.
struct EnergyCosts {
  double cycle, mac, flashByte, sramByte;
};

/// By core, of a common part; sources in CostModel.cpp. The host's are those of a Cortex-M7.
EnergyCosts getEnergyCosts(const Target &target);

/// The bytes of flash that the code of a kernel takes, with what it calls but the C library: the more of arm-none-eabi-gcc's and
/// LLVM's. Measured by tools/measure_code.py; on targets without a row of their own that of a Cortex-M7 (host) or Cortex-M4, else 0.
int64_t getCodeBytes(const Target &target, const Kernel &kernel);

} // namespace tinyc::targets

#endif // TINYC_TARGETS_COSTMODEL_H
