/* tinyc/activation.h - the activations of one generic integer kernel: of int16 if it defines TINYC_ACTIVATION_BITS as
 * 16 before, else of int8. */
#ifndef TINYC_ACTIVATION_H
#define TINYC_ACTIVATION_H

#include "tinyc/arithmetic.h"
#include "tinyc/window.h"

#ifndef TINYC_ACTIVATION_BITS
#define TINYC_ACTIVATION_BITS 8
#endif

#if TINYC_ACTIVATION_BITS == 16
typedef int16_t Activation;
enum { kLeastActivation = -32768 };
#else
typedef int8_t Activation;
enum { kLeastActivation = -128 };
#endif

TINYC_CORE Activation finish(int32_t acc, int32_t multiplier, const tinyc_output_s8 *output) {
  return (Activation)tinyc_output_stage(acc, multiplier, output);
}

/* Logical row y of the window's input. */
TINYC_CORE const Activation *getInputRow(const tinyc_window *window, const Activation *input, int32_t y) {
  return (const Activation *)tinyc_input_row(window, input, y, (int32_t)sizeof(Activation));
}

#endif /* TINYC_ACTIVATION_H */
