/* Text output of the firmware tests: semihosting on a Cortex-M, standard output on the host. */
#ifndef TINYC_TEST_FIRMWARE_REPORT_H
#define TINYC_TEST_FIRMWARE_REPORT_H

#include <stdint.h>

#if defined(__arm__)
#include "semihosting.h"
static inline void printText(const char *text) { host_print(text); }
#else
#include <stdio.h>
static inline void printText(const char *text) { fputs(text, stdout); }
#endif

static inline void printNumber(uint32_t value) {
  char text[11], *first = text + 10;
  *first = '\0';
  do {
    *--first = (char)('0' + value % 10u);
    value /= 10u;
  } while (value != 0u);
  printText(first);
}

#endif
