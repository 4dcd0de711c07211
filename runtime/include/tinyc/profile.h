/* tinyc/profile.h - measures the kernel calls of a program. Compile the package with MODEL_PROFILE defined (the prefix of the
 * package in place of MODEL), and define these two functions; without MODEL_PROFILE nothing of this is in the program.
 * `layer` is the number of the kernel call in report.json, from 0; a layer in a stream of rows is called many times. For
 * cores with the cycle counter of the DWT unit (Armv7-M, Armv8-M):
 *
 *   #include "tinyc/profile.h"
 *   static uint32_t begin, cycles[LAYERS];
 *   void tinyc_profile_begin(int32_t layer) { begin = tinyc_profile_cycles(); }
 *   void tinyc_profile_end(int32_t layer) { cycles[layer] += tinyc_profile_cycles() - begin; }
 *   ... tinyc_profile_start(); model_invoke(&model); ... print cycles ...
 */
#ifndef TINYC_PROFILE_H
#define TINYC_PROFILE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

void tinyc_profile_begin(int32_t layer);
void tinyc_profile_end(int32_t layer);

#if defined(__ARM_ARCH) && __ARM_ARCH >= 7 && defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
/* Switches the cycle counter on. */
static inline void tinyc_profile_start(void) {
  volatile uint32_t *const debug = (volatile uint32_t *)0xE000EDFCu;   /* DEMCR */
  volatile uint32_t *const access = (volatile uint32_t *)0xE0001FB0u;  /* DWT_LAR: a Cortex-M7 locks the unit */
  volatile uint32_t *const control = (volatile uint32_t *)0xE0001000u; /* DWT_CTRL */
  *debug |= 1u << 24; /* TRCENA */
  *access = 0xC5ACCE55u;
  *control |= 1u; /* CYCCNTENA */
}

/* Cycles since then, modulo 2^32. */
static inline uint32_t tinyc_profile_cycles(void) { return *(volatile uint32_t *)0xE0001004u; /* DWT_CYCCNT */ }
#endif

/* What stands for a kernel call in a program with MODEL_PROFILE. */
#define TINYC_PROFILED(number, call)     \
  do {                                   \
    const int32_t profiled_ = (number);  \
    tinyc_profile_begin(profiled_);      \
    call;                                \
    tinyc_profile_end(profiled_);        \
  } while (0)

#ifdef __cplusplus
}
#endif

#endif /* TINYC_PROFILE_H */
