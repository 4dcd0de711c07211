/* tinyc/panels.h - the layouts of packed constants and of scratch that the x86-64 kernels of weighted operators, their
 * packing (tinyc/pack_x86_64.h) and their scratch sizes (tinyc/scratch.h) agree on.
 *
 * A panel is 16 outputs of one group, filled up with zeros: the lanes of a vector. `length` elements make a window.
 *
 * s8: per panel int32 bias[16], int32 multipliers[16], int8 weights[(length + 3) / 4][16][4]: four elements of each output
 * stand together, those behind `length` are zero. Inputs are taken as input + 128, an unsigned byte, as VPDPBUSD wants
 * them; bias has 128 * sum(weights) subtracted for it, modulo 2^32.
 * f32: per panel float bias[16], float weights[length][16].
 * depthwise s8: per panel int32 bias[16], int32 multipliers[16], int16 weights[kernel_height][(kernel_width + 1) / 2][16][2]:
 * two neighbours of a row together, for VPMADDWD.
 *
 * Scratch holds a block of windows, one after the other: bytes (int16 without VNNI, in half as many windows), filled up to
 * a multiple of four elements, or floats; and 64 bytes more, into which a copy may run ahead. */
#ifndef TINYC_PANELS_H
#define TINYC_PANELS_H

#include "tinyc/kernels.h"

enum { TINYC_PANEL_LANES = 16, TINYC_PANEL_WINDOWS = 8 /* of a block */ };

/* Panels of each group. */
static inline int32_t tinyc_panel_count(int32_t filters) {
  return (filters + TINYC_PANEL_LANES - 1) / TINYC_PANEL_LANES;
}

/* Groups of four elements in a window. */
static inline int32_t tinyc_panel_quads(int32_t length) { return length / 4 + (length % 4 != 0); }

/* Bytes of one panel. */
static inline int64_t tinyc_panel_bytes_s8(int32_t length) {
  return TINYC_PANEL_LANES * (8 + 4 * (int64_t)tinyc_panel_quads(length));
}
static inline int64_t tinyc_panel_bytes_f32(int32_t length) {
  return TINYC_PANEL_LANES * 4 * ((int64_t)length + 1);
}
static inline int64_t tinyc_depthwise_panel_bytes_s8(const tinyc_window *window) {
  return TINYC_PANEL_LANES * (8 + 4 * (int64_t)window->kernel_height * ((window->kernel_width + 1) / 2));
}

#endif /* TINYC_PANELS_H */
