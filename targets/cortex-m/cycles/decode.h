// Decodes the instructions of Armv6-M to Armv8-M into what their timing depends on.
#ifndef TINYC_CYCLES_DECODE_H
#define TINYC_CYCLES_DECODE_H

#include <stdbool.h>
#include <stdint.h>

typedef enum Kind {
  KIND_MOVE_ADD,  // add, sub, mov, movw: what the early ALU of a Cortex-M7 does
  KIND_SHIFT,     // a shift alone
  KIND_ALU,       // other logic and arithmetic, compares
  KIND_REVERSE,   // rev, rbit
  KIND_FIELD,     // bit fields, extension, SIMD addition, pkh
  KIND_SATURATE,  // ssat, usat, q*
  KIND_MULTIPLY,
  KIND_DIVIDE,
  KIND_LOAD,      // one register
  KIND_LOAD_MANY, // ldm, pop, ldrd, vldm, vldr of doubles
  KIND_STORE,
  KIND_STORE_MANY,
  KIND_BRANCH,    // direct
  KIND_INDIRECT,  // bx, blx, pop {pc}, mov pc
  KIND_TABLE,     // tbb, tbh
  KIND_IT,
  KIND_NOP,
  KIND_FLOAT,     // add, mul, compare, convert
  KIND_FUSED,     // multiply and add
  KIND_FLOAT_DIVIDE,
  KIND_FLOAT_ROOT,
  KIND_FLOAT_MOVE, // between registers of any kind
  KIND_FLOAT_LOAD,
  KIND_FLOAT_STORE,
  KIND_SYSTEM,    // barriers, svc, bkpt, mrs
  KIND_VECTOR,    // Armv8.1-M MVE and low-overhead loops: not decoded
  KIND_UNKNOWN
} Kind;

// Registers are bit masks: r0 is bit 0 of the core registers, s0 bit 0 of the floating-point registers.
typedef struct Instruction {
  uint32_t address;
  Kind kind;
  uint8_t bytes;           // 2 or 4
  uint8_t transfers;       // registers moved by the *_MANY kinds
  bool sub_word;           // a load of 8 or 16 bits
  bool shifts;             // has an inline shift, or a constant other than 8 low bits
  bool register_offset;    // of a load or store
  bool conditional;        // a conditional branch, or in an IT block
  bool link;               // bl, blx
  bool backward;           // a conditional branch to a lower address
  bool jumps;              // may go elsewhere than to the next instruction
  bool sets_flags, reads_flags;
  bool wide_product;       // a multiplication with a 64-bit result
  uint16_t operands;       // read by the late ALU
  uint16_t early_operands; // read a stage earlier: shifted, extended, saturated
  uint16_t addresses;      // read to make an address
  uint16_t factors;        // multiplied
  uint16_t accumulators;   // added to a product
  uint16_t stored;         // written to memory
  uint16_t results;
  uint16_t base_results;   // updated by a load or store
  uint32_t float_operands, float_accumulators, float_results;
} Instruction;

// `first` and `second` are the halfwords at the address. in_it: the instruction is in an IT block.
Instruction decode_instruction(uint32_t address, uint16_t first, uint16_t second, bool wide, bool in_it);

#endif // TINYC_CYCLES_DECODE_H
