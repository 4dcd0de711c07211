#include "targets/cortex-m/Cores.h"

using namespace llvm;

namespace tinyc::targets {

// SRAM and flash are those of a common part with that core. The floating-point unit is the core's own default for
// LLVM and GCC alike, so that objects of both can be linked into one firmware.
ArrayRef<Target> getCortexMCores() {
  static constexpr int64_t kilobyte = 1024, megabyte = 1024 * kilobyte;
  static const StringRef generic[] = {"generic"};
  static const StringRef dsp[] = {"armv7e_m", "generic"};
  static const StringRef mve[] = {"armv8_1m", "armv7e_m", "generic"};
  static const StringRef m0plus[] = {"-mcpu=cortex-m0plus", "-mthumb", "-mfloat-abi=soft"};
  static const StringRef m3[] = {"-mcpu=cortex-m3", "-mthumb", "-mfloat-abi=soft"};
  static const StringRef m4[] = {"-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"};
  static const StringRef m7[] = {"-mcpu=cortex-m7", "-mthumb", "-mfpu=fpv5-d16", "-mfloat-abi=hard"};
  static const StringRef m33[] = {"-mcpu=cortex-m33", "-mthumb", "-mfpu=fpv5-sp-d16", "-mfloat-abi=hard"};
  static const StringRef m55[] = {"-mcpu=cortex-m55", "-mthumb", "-mfloat-abi=hard"};
  static const Target cores[] = {
      // RP2040 has no flash of its own; 2 MB are on the Pico board.
      {"cortex-m0plus", generic, "thumbv6m-unknown-none-eabi", "cortex-m0plus", "", m0plus, "mps2-an385",
       264 * kilobyte, 2 * megabyte, 16, "kernels-cortex-m0plus.bc"},
      // ATSAM3X8E (Arduino Due).
      {"cortex-m3", generic, "thumbv7m-unknown-none-eabi", "cortex-m3", "", m3, "mps2-an385", 96 * kilobyte,
       512 * kilobyte, 16, "kernels-cortex-m3.bc"},
      // nRF52840.
      {"cortex-m4", dsp, "thumbv7em-unknown-none-eabihf", "cortex-m4", "", m4, "mps2-an386", 256 * kilobyte,
       1 * megabyte, 16, "kernels-cortex-m4.bc"},
      // STM32F746.
      {"cortex-m7", dsp, "thumbv7em-unknown-none-eabihf", "cortex-m7", "", m7, "mps2-an500", 320 * kilobyte,
       1 * megabyte, 16, "kernels-cortex-m7.bc"},
      // nRF5340, application core.
      {"cortex-m33", dsp, "thumbv8m.main-unknown-none-eabihf", "cortex-m33", "", m33, "mps2-an505", 512 * kilobyte,
       1 * megabyte, 16, "kernels-cortex-m33.bc"},
      // Alif Ensemble E1.
      {"cortex-m55", mve, "thumbv8.1m.main-unknown-none-eabihf", "cortex-m55", "", m55, "mps3-an547",
       4 * megabyte, 1536 * kilobyte, 16, "kernels-cortex-m55.bc"},
  };
  return cores;
}

} // namespace tinyc::targets
