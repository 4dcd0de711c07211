// Arm semihosting, the calls the emulator firmware needs: the host's files, console and exit code.
// Source: Arm, "Semihosting for AArch32 and AArch64", release 2.0.
#ifndef TINYC_EMULATOR_SEMIHOSTING_H
#define TINYC_EMULATOR_SEMIHOSTING_H

#include <stddef.h>
#include <stdint.h>

enum {
  SYS_OPEN = 0x01,
  SYS_CLOSE = 0x02,
  SYS_WRITE0 = 0x04,
  SYS_WRITE = 0x05,
  SYS_READ = 0x06,
  SYS_SEEK = 0x0A,
  SYS_FLEN = 0x0C,
  SYS_EXIT_EXTENDED = 0x20,
};

// File modes of SYS_OPEN, as in fopen.
enum { OPEN_READ_BINARY = 1, OPEN_WRITE_BINARY = 5 };

static inline int32_t semihost(int32_t operation, const void *argument) {
  register int32_t r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

// A handle, or -1. `length` excludes the terminating zero.
static inline int32_t host_open(const char *name, size_t length, int mode) {
  const uintptr_t block[3] = {(uintptr_t)name, (uintptr_t)mode, length};
  return semihost(SYS_OPEN, block);
}

// The number of bytes not read: 0 is success, `bytes` the end of the file.
static inline size_t host_read(int32_t file, void *data, size_t bytes) {
  const uintptr_t block[3] = {(uintptr_t)file, (uintptr_t)data, bytes};
  return (size_t)semihost(SYS_READ, block);
}

// The number of bytes not written: 0 is success.
static inline size_t host_write(int32_t file, const void *data, size_t bytes) {
  const uintptr_t block[3] = {(uintptr_t)file, (uintptr_t)data, bytes};
  return (size_t)semihost(SYS_WRITE, block);
}

// Moves to `position` bytes from the begin of the file. 0 is success.
static inline int32_t host_seek(int32_t file, size_t position) {
  const uintptr_t block[2] = {(uintptr_t)file, position};
  return semihost(SYS_SEEK, block);
}

// Bytes of the file, or -1.
static inline int32_t host_length(int32_t file) {
  const uintptr_t block[1] = {(uintptr_t)file};
  return semihost(SYS_FLEN, block);
}

// 0 is success.
static inline int32_t host_close(int32_t file) {
  const uintptr_t block[1] = {(uintptr_t)file};
  return semihost(SYS_CLOSE, block);
}

static inline void host_print(const char *text) { semihost(SYS_WRITE0, text); }

__attribute__((noreturn)) static inline void host_exit(int code) {
  const uint32_t applicationExit = 0x20026; // ADP_Stopped_ApplicationExit
  const uintptr_t block[2] = {applicationExit, (uintptr_t)code};
  semihost(SYS_EXIT_EXTENDED, block);
  for (;;) {
  }
}

// Writes `value` in the given base and a terminating zero; returns the first character, inside `text`.
enum { NUMBER_TEXT_BYTES = 11 }; // 2^32 - 1 in base 10
static inline const char *format_number(uint32_t value, uint32_t base, char text[NUMBER_TEXT_BYTES]) {
  char *first = text + NUMBER_TEXT_BYTES - 1;
  *first = '\0';
  do {
    *--first = "0123456789abcdef"[value % base];
    value /= base;
  } while (value != 0);
  return first;
}

#endif
