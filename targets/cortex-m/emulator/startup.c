// Vector table, reset and fault handlers of the emulator firmware, for every core from Armv6-M to Armv8.1-M.
// Interrupts stay off: nothing disturbs instruction counts or the stack.

#include "semihosting.h"

#include <string.h>

// Symbols of sections.ld.
extern uint32_t data_start[], data_end[], data_load[], bss_start[], bss_end[], stack_limit[], stack_top[];

int main(void);
void reset_handler(void);

// Coprocessor access control and configuration control, at the same addresses on every M profile core.
#define CPACR (*(volatile uint32_t *)0xE000ED88u)
#define CCR (*(volatile uint32_t *)0xE000ED14u)
#define CFSR (*(volatile const uint32_t *)0xE000ED28u)
#define BFAR (*(volatile const uint32_t *)0xE000ED38u)

// Memory protection unit of Armv7-M.
#define MPU_CTRL (*(volatile uint32_t *)0xE000ED94u)
#define MPU_RNR (*(volatile uint32_t *)0xE000ED98u)
#define MPU_RBAR (*(volatile uint32_t *)0xE000ED9Cu)
#define MPU_RASR (*(volatile uint32_t *)0xE000EDA0u)

enum { FAULT_EXIT_CODE = 99 };

#if __ARM_ARCH <= 7
// Below their RAM these boards ignore writes and read zeros: make an overflow of the stack a fault. The Armv8-M
// boards have nothing mapped there.
static void guard_stack(void) {
  const uint32_t bytesLog2 = 24;
  MPU_RNR = 0;
  MPU_RBAR = (uint32_t)stack_limit - (1u << bytesLog2);
  MPU_RASR = ((bytesLog2 - 1) << 1) | 1u; // no access, enabled
  MPU_CTRL = (1u << 2) | 1u;              // the default memory map elsewhere, enabled
  __asm__ volatile("dsb\n\tisb" ::: "memory");
}
#endif

__attribute__((noreturn)) void reset_handler(void) {
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
  CPACR |= 0xFu << 20; // full access to CP10 and CP11: floating point and MVE
  __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
#if __ARM_ARCH == 6
  // Armv6-M code runs on an emulated Cortex-M3 (see README.md). Trap what a Cortex-M0+ cannot do.
  CCR |= 1u << 3; // UNALIGN_TRP
  __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
#if __ARM_ARCH <= 7
  guard_stack();
#endif
  memcpy(data_start, data_load, (size_t)((char *)data_end - (char *)data_start));
  memset(bss_start, 0, (size_t)((char *)bss_end - (char *)bss_start));
  host_exit(main());
}

// `frame` is the stack pointer at the fault: r0-r3, r12, lr, pc, xpsr, unless the stack itself overflowed.
__attribute__((noreturn, used)) static void report_fault(const uint32_t *frame) {
  char text[NUMBER_TEXT_BYTES];
  host_print("tinyc: fault: cfsr=0x");
  host_print(format_number(CFSR, 16, text));
  host_print(" bfar=0x");
  host_print(format_number(BFAR, 16, text));
  if (frame >= stack_limit && frame + 8 <= stack_top) {
    host_print(" pc=0x");
    host_print(format_number(frame[6], 16, text));
  } else {
    host_print(" stack overflow");
  }
  host_print("\n");
  host_exit(FAULT_EXIT_CODE);
}

// Runs on a fresh stack, since a stack overflow may be the cause.
__attribute__((naked)) static void fault(void) {
  __asm__ volatile("mrs r0, msp\n\t"
                   "ldr r1, =stack_top\n\t"
                   "mov sp, r1\n\t"
                   "ldr r1, =report_fault\n\t"
                   "bx r1\n\t"
                   ".ltorg");
}

typedef union {
  uint32_t *stack;
  void (*handler)(void);
} Vector;

__attribute__((section(".vectors"), used)) static const Vector vectors[16] = {
    [0] = {.stack = stack_top},
    [1] = {.handler = reset_handler},
    [2] = {.handler = fault},  // non-maskable interrupt
    [3] = {.handler = fault},  // hard fault: the others escalate to it, as none is enabled
    [4] = {.handler = fault},  // memory management
    [5] = {.handler = fault},  // bus
    [6] = {.handler = fault},  // usage
    [7] = {.handler = fault},  // secure
    [11] = {.handler = fault}, // supervisor call
    [14] = {.handler = fault}, // pending service
    [15] = {.handler = fault}, // system tick
};
