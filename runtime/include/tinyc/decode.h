/* tinyc/decode.h - the decoder of entropy-coded weights, and the format that it reads: docs/DeepCompression.md.
 *
 * A coded buffer is one string of bits, the lowest bit of each byte first, with 4 bytes of zeros behind it:
 *
 *   1 bit: pairs. 8 bits: the least value, two's complement. 8 bits: number of values - 1.
 *   For each value its frequency f, of 2^table_log in all: n zeros, a one, the lower n bits of f + 1 = 2^n + ...
 *   If there are words: for each of two kinds 5 bits shift, 6 bits width, 32 bits least.
 *   table_log bits: the first state.
 *   Runs, until the output is full: 16 bits words, 24 bits bytes, 16 bits repetitions; then, so often, the words and the bytes.
 *   A word: 1 bit kind, width bits v; it is (least + v) << shift, modulo 2^32.
 *   A byte: the bits by which its state goes on to the next.
 *
 * Bytes are coded by an asymmetric numeral system with a table (tANS: Duda, Asymmetric numeral systems, 2013, section 3). In pairs two of them,
 * low and high, make the halfword 256 * high + low, as kernels that pair filters want it. The decoder reads nothing behind
 * coded_bytes and writes nothing but `bytes`, whatever it is given; where the string is not valid what it did not write is 0. */
#ifndef TINYC_DECODE_H
#define TINYC_DECODE_H

#include "tinyc/kernels.h"

#include <string.h>

enum {
  TINYC_DECODE_LEAST_LOG = 5,
  TINYC_DECODE_MOST_LOG = 11, /* two steps take 22 of the 25 bits of a window */
  TINYC_DECODE_VALUES = 256,
  TINYC_DECODE_END_BYTES = 4
};

/* The table, and the frequencies while it is made. */
static inline int32_t tinyc_decode_s8_table_bytes(int32_t table_log) {
  return (int32_t)(4u << table_log) + 2 * TINYC_DECODE_VALUES;
}

/* Between neighbouring states of one value; odd, so that all states are met. */
static inline uint32_t tinyc_decode_stride(uint32_t states) { return (states >> 1) + (states >> 3) + 3; }

typedef struct tinyc_bits {
  const uint8_t *data;
  uint32_t position; /* of the next bit */
  uint32_t last;     /* the last byte that a window may begin at */
} tinyc_bits;

/* At least 25 bits from the position on. */
static inline uint32_t tinyc_peek_bits(const tinyc_bits *bits) {
  uint32_t index = bits->position >> 3, window;
  if (index > bits->last)
    index = bits->last;
  memcpy(&window, bits->data + index, 4);
  return window >> (bits->position & 7);
}

/* The next `count` <= 16 bits. */
static inline uint32_t tinyc_take_bits(tinyc_bits *bits, uint32_t count) {
  uint32_t window = tinyc_peek_bits(bits);
  bits->position += count;
  return window & ((1u << count) - 1);
}

static inline uint32_t tinyc_take_long_bits(tinyc_bits *bits, uint32_t count) {
  if (count <= 16)
    return tinyc_take_bits(bits, count);
  uint32_t low = tinyc_take_bits(bits, 16);
  return low | tinyc_take_bits(bits, count - 16) << 16;
}

/* A frequency; more than 2^16 where the string is not valid. */
static inline uint32_t tinyc_take_frequency(tinyc_bits *bits) {
  uint32_t length = 0;
  while (length <= 16 && tinyc_take_bits(bits, 1) == 0)
    length++;
  return length > 16 ? 1u << 17 : (1u << length) + tinyc_take_bits(bits, length) - 1;
}

/* Makes the table: value in the lowest byte, the bits to take in the next, the least state to go on to in the upper half. 0 where
 * the frequencies are not valid. */
static inline int tinyc_decode_make_table(tinyc_bits *bits, int32_t table_log, uint32_t *table) {
  uint32_t states = 1u << table_log, sum = 0, state = 0, stride = tinyc_decode_stride(states);
  uint16_t *next = (uint16_t *)(table + states);
  uint32_t least = tinyc_take_bits(bits, 8), values = tinyc_take_bits(bits, 8) + 1;
  for (uint32_t value = 0; value < values; value++) {
    uint32_t frequency = tinyc_take_frequency(bits);
    if (frequency > states - sum)
      return 0;
    sum += frequency;
    next[value] = (uint16_t)frequency;
    for (; frequency > 0; frequency--) {
      table[state] = value;
      state = (state + stride) & (states - 1);
    }
  }
  if (sum != states)
    return 0;
  for (state = 0; state < states; state++) {
    uint32_t value = table[state], number = next[value]++, count = 0;
    while (number << count < states)
      count++;
    table[state] = ((least + value) & 0xffu) | count << 8 | ((number << count) - states) << 16;
  }
  return 1;
}

/* Decodes `count` bytes; returns the state behind them. */
static inline uint32_t tinyc_decode_bytes(const uint32_t *table, uint32_t state, tinyc_bits *bits, int32_t pairs,
                                          uint8_t *output, int32_t count) {
  tinyc_bits local = *bits;
  int32_t i = 0;
  for (; i + 2 <= count; i += 2) {
    uint32_t window = tinyc_peek_bits(&local);
    uint32_t first = table[state], first_bits = first >> 8 & 0xffu;
    state = (first >> 16) + (window & ((1u << first_bits) - 1));
    window >>= first_bits;
    uint32_t second = table[state], second_bits = second >> 8 & 0xffu;
    state = (second >> 16) + (window & ((1u << second_bits) - 1));
    local.position += first_bits + second_bits;
    /* A negative low byte borrows from the high one. */
    output[i] = (uint8_t)first;
    output[i + 1] = (uint8_t)(second - ((first >> 7 & 1u) & (uint32_t)pairs));
  }
  if (i < count) {
    uint32_t entry = table[state], entry_bits = entry >> 8 & 0xffu;
    state = (entry >> 16) + tinyc_take_bits(&local, entry_bits);
    output[i] = (uint8_t)entry;
  }
  *bits = local;
  return state;
}

static inline void tinyc_decode_all(const tinyc_decode_s8_params *params, const uint8_t *coded, uint8_t *output,
                                    uint32_t *table) {
  int32_t written = 0, bytes = params->bytes;
  tinyc_bits bits = {coded, 0, 0};
  int32_t valid = params->table_log >= TINYC_DECODE_LEAST_LOG && params->table_log <= TINYC_DECODE_MOST_LOG &&
                  params->coded_bytes >= TINYC_DECODE_END_BYTES;
  if (valid) {
    bits.last = (uint32_t)(params->coded_bytes - TINYC_DECODE_END_BYTES);
    int32_t pairs = (int32_t)tinyc_take_bits(&bits, 1);
    valid = tinyc_decode_make_table(&bits, params->table_log, table);
    uint32_t shift[2] = {0, 0}, width[2] = {0, 0}, least[2] = {0, 0};
    for (int32_t kind = 0; kind < 2 && params->words > 0; kind++) {
      shift[kind] = tinyc_take_bits(&bits, 5);
      width[kind] = tinyc_take_bits(&bits, 6);
      least[kind] = tinyc_take_long_bits(&bits, 32);
      valid = valid && width[kind] <= 32;
    }
    uint32_t state = valid ? tinyc_take_bits(&bits, (uint32_t)params->table_log) : 0;
    while (valid && written < bytes) {
      int32_t run_words = (int32_t)tinyc_take_bits(&bits, 16), run_bytes = (int32_t)tinyc_take_long_bits(&bits, 24);
      int32_t repetitions = (int32_t)tinyc_take_bits(&bits, 16), room = bytes - written;
      if (repetitions == 0 || run_words + run_bytes == 0 || run_bytes > room || run_words > (room - run_bytes) / 4 ||
          repetitions > room / (4 * run_words + run_bytes))
        break;
      for (; repetitions > 0; repetitions--) {
        for (int32_t i = 0; i < run_words; i++, written += 4) {
          uint32_t kind = tinyc_take_bits(&bits, 1);
          uint32_t word = (least[kind] + tinyc_take_long_bits(&bits, width[kind])) << shift[kind];
          memcpy(output + written, &word, 4);
        }
        state = tinyc_decode_bytes(table, state, &bits, pairs, output + written, run_bytes);
        written += run_bytes;
      }
    }
  }
  memset(output + written, 0, (size_t)(bytes - written));
}

#endif /* TINYC_DECODE_H */
