// Encodings: Arm Architecture Reference Manual Armv7-M (DDI 0403), chapter A5.
#include "targets/cortex-m/cycles/decode.h"

enum { SP = 13, LR = 14, PC = 15 };

static uint16_t bit(unsigned reg) { return (uint16_t)(1u << reg); }

// A mask without the program counter: its value is never waited for.
static uint16_t source(unsigned reg) { return reg == PC ? 0 : bit(reg); }

static unsigned field(uint32_t value, unsigned low, unsigned width) { return (value >> low) & ((1u << width) - 1); }

static uint8_t count_bits(uint32_t mask) {
  uint8_t count = 0;
  for (; mask; mask &= mask - 1)
    count++;
  return count;
}

// ---- 16 bits -------------------------------------------------------------------------------------------------------

static void decode_load_store(Instruction *it, bool load, bool sub_word, unsigned rt, uint16_t addresses) {
  it->kind = load ? KIND_LOAD : KIND_STORE;
  it->sub_word = sub_word;
  it->addresses = addresses;
  if (load)
    it->results = bit(rt);
  else
    it->stored = bit(rt);
}

static void decode_list(Instruction *it, bool load, unsigned rn, uint16_t list, bool update) {
  it->kind = load ? KIND_LOAD_MANY : KIND_STORE_MANY;
  it->transfers = count_bits(list);
  it->addresses = bit(rn);
  it->jumps = load && (list & bit(PC));
  if (load)
    it->results = list & (uint16_t)~bit(PC);
  else
    it->stored = list;
  if (update && !(load && (list & bit(rn))))
    it->base_results = bit(rn);
}

static void decode_alu16(Instruction *it, uint16_t code, bool in_it) {
  unsigned rd = field(code, 0, 3), rm = field(code, 3, 3), op = field(code, 6, 4);
  enum { AND, EOR, LSL, LSR, ASR, ADC, SBC, ROR, TST, RSB, CMP, CMN, ORR, MUL, BIC, MVN };
  it->kind = op == LSL || op == LSR || op == ASR || op == ROR ? KIND_SHIFT : op == MUL ? KIND_MULTIPLY : KIND_ALU;
  it->sets_flags = !in_it || op == TST || op == CMP || op == CMN;
  it->reads_flags = op == ADC || op == SBC;
  uint16_t operands = op == RSB || op == MVN ? bit(rm) : bit(rd) | bit(rm);
  if (op == MUL)
    it->factors = operands;
  else if (it->kind == KIND_SHIFT)
    it->early_operands = operands;
  else
    it->operands = operands;
  if (op != TST && op != CMP && op != CMN)
    it->results = bit(rd);
}

static void decode_misc16(Instruction *it, uint16_t code) {
  if ((code & 0x0f00) == 0x0000) { // add, sub sp
    it->kind = KIND_MOVE_ADD;
    it->operands = it->results = bit(SP);
  } else if ((code & 0x0500) == 0x0100) { // cbz, cbnz
    it->kind = KIND_BRANCH;
    it->conditional = true;
    it->operands = bit(field(code, 0, 3));
  } else if ((code & 0x0f00) == 0x0200) { // sxth, sxtb, uxth, uxtb
    it->kind = KIND_FIELD;
    it->operands = bit(field(code, 3, 3));
    it->results = bit(field(code, 0, 3));
  } else if ((code & 0x0600) == 0x0400) { // push, pop
    bool load = code & 0x0800;
    uint16_t list = (uint16_t)(code & 0xff);
    if (code & 0x0100)
      list |= bit(load ? PC : LR);
    decode_list(it, load, SP, list, true);
  } else if ((code & 0x0f00) == 0x0a00) { // rev
    it->kind = KIND_REVERSE;
    it->early_operands = bit(field(code, 3, 3));
    it->results = bit(field(code, 0, 3));
  } else if ((code & 0x0f00) == 0x0f00) {
    it->kind = (code & 0xf) ? KIND_IT : KIND_NOP;
  } else {
    it->kind = KIND_SYSTEM;
  }
}

static void decode16(Instruction *it, uint16_t code, bool in_it) {
  unsigned low = field(code, 0, 3), middle = field(code, 3, 3), high = field(code, 6, 3), named = field(code, 8, 3);
  switch (code >> 11) {
  case 0: case 1: case 2: // shift by a constant
    it->kind = code < 0x40 ? KIND_MOVE_ADD : KIND_SHIFT;
    *(code < 0x40 ? &it->operands : &it->early_operands) = bit(middle);
    it->results = bit(low);
    it->sets_flags = !in_it;
    break;
  case 3: // add, sub
    it->kind = KIND_MOVE_ADD;
    it->operands = bit(middle) | (code & 0x0400 ? 0 : bit(high));
    it->results = bit(low);
    it->sets_flags = !in_it;
    break;
  case 4: case 5: case 6: case 7: // mov, cmp, add, sub with 8 bits
    it->kind = (code >> 11) == 5 ? KIND_ALU : KIND_MOVE_ADD;
    it->operands = (code >> 11) == 4 ? 0 : bit(named);
    it->results = (code >> 11) == 5 ? 0 : bit(named);
    it->sets_flags = !in_it || (code >> 11) == 5;
    break;
  case 8: {
    if (!(code & 0x0400)) {
      decode_alu16(it, code, in_it);
      break;
    }
    unsigned rd = low | field(code, 7, 1) << 3, rm = field(code, 3, 4), op = field(code, 8, 2);
    if (op == 3) {
      it->kind = KIND_INDIRECT;
      it->operands = source(rm);
      it->link = code & 0x80;
      it->results = it->link ? bit(LR) : 0;
      break;
    }
    it->kind = op == 1 ? KIND_ALU : rd == PC ? KIND_INDIRECT : KIND_MOVE_ADD;
    it->operands = source(rm) | (op == 2 ? 0 : source(rd));
    it->results = op == 1 ? 0 : source(rd);
    it->sets_flags = op == 1;
    break;
  }
  case 9: // ldr from the literal pool
    decode_load_store(it, true, false, named, 0);
    break;
  case 10: case 11: {
    unsigned op = field(code, 9, 3);
    decode_load_store(it, op >= 3, op != 0 && op != 4, low, bit(middle) | bit(high));
    it->register_offset = true;
    break;
  }
  case 12: case 13: case 14: case 15: case 16: case 17:
    decode_load_store(it, code & 0x0800, (code >> 11) >= 14, low, bit(middle));
    break;
  case 18: case 19:
    decode_load_store(it, code & 0x0800, false, named, bit(SP));
    break;
  case 20: case 21: // adr, add rd, sp
    it->kind = KIND_MOVE_ADD;
    it->operands = (code >> 11) == 21 ? bit(SP) : 0;
    it->results = bit(named);
    break;
  case 22: case 23:
    decode_misc16(it, code);
    break;
  case 24: case 25:
    decode_list(it, code & 0x0800, named, (uint16_t)(code & 0xff), true);
    break;
  case 26: case 27:
    it->kind = field(code, 8, 4) < 14 ? KIND_BRANCH : KIND_SYSTEM;
    it->conditional = it->reads_flags = it->kind == KIND_BRANCH;
    it->backward = code & 0x80;
    break;
  default:
    it->kind = KIND_BRANCH;
  }
}

// ---- 32 bits -------------------------------------------------------------------------------------------------------

enum { OP_AND = 0, OP_ORR = 2, OP_ORN = 3, OP_EOR = 4, OP_PKH = 6, OP_ADD = 8, OP_ADC = 10, OP_SBC = 11, OP_SUB = 13, OP_RSB = 14 };

// Data processing with a constant or an inline shift: `operand` is the mask of the second operand.
static void decode_data(Instruction *it, unsigned op, bool sets_flags, unsigned rn, unsigned rd, uint16_t operand,
                        bool shifts, bool constant) {
  bool test = rd == PC && (op == OP_AND || op == OP_EOR || op == OP_ADD || op == OP_SUB);
  bool move = rn == PC && (op == OP_ORR || op == OP_ORN);
  it->kind = op == OP_PKH                                                  ? KIND_FIELD
             : test                                                        ? KIND_ALU
             : move && op == OP_ORR && shifts && !constant                 ? KIND_SHIFT
             : (move && op == OP_ORR) || op == OP_ADD || op == OP_SUB      ? KIND_MOVE_ADD
                                                                           : KIND_ALU;
  it->shifts = shifts && it->kind != KIND_SHIFT;
  it->operands = move ? 0 : source(rn);
  if ((shifts && !constant) || op == OP_PKH)
    it->early_operands = operand;
  else
    it->operands |= operand;
  it->results = test ? 0 : source(rd);
  it->sets_flags = sets_flags;
  it->reads_flags = op == OP_ADC || op == OP_SBC;
}

static void decode_single(Instruction *it, uint32_t code) {
  unsigned rn = field(code, 16, 4), rt = field(code, 12, 4), size = field(code, 21, 2);
  bool load = code & (1u << 20), immediate12 = code & (1u << 23);
  if (load && rt == PC && size != 2) { // pld
    it->kind = KIND_NOP;
    return;
  }
  uint16_t addresses = source(rn);
  if (rn != PC && !immediate12 && !(code & 0x0800)) {
    addresses |= bit(field(code, 0, 4));
    it->register_offset = true;
  }
  decode_load_store(it, load, size != 2, rt, addresses);
  if (rn != PC && !immediate12 && (code & 0x0900) == 0x0900)
    it->base_results = bit(rn);
  if (load && rt == PC) {
    it->kind = KIND_INDIRECT;
    it->results = 0;
  }
}

static void decode_double(Instruction *it, uint32_t code) {
  unsigned rn = field(code, 16, 4), rt = field(code, 12, 4), rt2 = field(code, 8, 4);
  bool load = code & (1u << 20);
  if (!(code & (1u << 24)) && !(code & (1u << 21))) { // exclusive access, table branch
    if ((code & 0xfff000e0) == 0xe8d00000) {
      it->kind = KIND_TABLE;
      it->addresses = source(rn) | bit(field(code, 0, 4));
    } else {
      decode_load_store(it, load, false, rt, source(rn));
    }
    return;
  }
  it->kind = load ? KIND_LOAD_MANY : KIND_STORE_MANY;
  it->transfers = 2;
  it->addresses = source(rn);
  *(load ? &it->results : &it->stored) = bit(rt) | bit(rt2);
  if (code & (1u << 21))
    it->base_results = bit(rn);
}

static void decode_register_data(Instruction *it, uint32_t code) {
  unsigned rn = field(code, 16, 4), rd = field(code, 8, 4), rm = field(code, 0, 4);
  unsigned op1 = field(code, 20, 4), op2 = field(code, 4, 4);
  it->results = bit(rd);
  if (op1 < 8 && op2 == 0) {
    it->kind = KIND_SHIFT;
    it->early_operands = bit(rn) | bit(rm);
    it->sets_flags = op1 & 1;
  } else if (op1 < 6 && op2 >= 8) { // extension, with addition unless rn is the program counter
    it->kind = KIND_FIELD;
    *(rn == PC ? &it->operands : &it->early_operands) = bit(rm);
    it->operands |= source(rn);
  } else if (op1 >= 8 && op2 < 8) { // parallel addition; saturating where op2 & 3 is 1
    it->kind = (op2 & 3) == 1 ? KIND_SATURATE : KIND_FIELD;
    *((op2 & 3) == 1 ? &it->early_operands : &it->operands) = bit(rn) | bit(rm);
    it->sets_flags = (op2 & 3) == 0; // GE, for sel
  } else if (op1 == 9) {
    it->kind = KIND_REVERSE;
    it->early_operands = bit(rm);
  } else if (op1 == 8) { // qadd
    it->kind = KIND_SATURATE;
    it->early_operands = bit(rn) | bit(rm);
  } else { // sel, clz
    it->kind = op1 == 11 ? KIND_ALU : KIND_FIELD;
    it->operands = bit(rm) | (op1 == 11 ? 0 : bit(rn));
    it->reads_flags = op1 == 10;
  }
}

static void decode_multiply(Instruction *it, uint32_t code) {
  unsigned rn = field(code, 16, 4), ra = field(code, 12, 4), rd = field(code, 8, 4), rm = field(code, 0, 4);
  unsigned op = field(code, 20, 3);
  bool wide = code & (1u << 23);
  it->kind = KIND_MULTIPLY;
  it->factors = bit(rn) | bit(rm);
  it->results = bit(rd);
  if (!wide) {
    it->accumulators = source(ra);
    return;
  }
  if (op == 1 || op == 3) {
    it->kind = KIND_DIVIDE;
    it->operands = it->factors;
    it->factors = 0;
    return;
  }
  it->wide_product = true;
  it->results |= bit(ra);
  if (op >= 4)
    it->accumulators = it->results;
}

static void decode_plain_immediate(Instruction *it, uint32_t code) {
  unsigned rn = field(code, 16, 4), rd = field(code, 8, 4), op = field(code, 20, 5);
  it->results = bit(rd);
  switch (op) {
  case 0x00: case 0x0a: case 0x04: // addw, subw, movw
    it->kind = KIND_MOVE_ADD;
    it->operands = op == 4 ? 0 : source(rn);
    break;
  case 0x0c: // movt
    it->kind = KIND_ALU;
    it->operands = bit(rd);
    break;
  case 0x10: case 0x12: case 0x18: case 0x1a:
    it->kind = KIND_SATURATE;
    it->early_operands = bit(rn);
    break;
  case 0x16: // bfi, bfc
    it->kind = KIND_FIELD;
    it->early_operands = source(rn);
    it->operands = bit(rd);
    break;
  case 0x14: case 0x1c:
    it->kind = KIND_FIELD;
    it->early_operands = bit(rn);
    break;
  default:
    it->kind = KIND_UNKNOWN;
  }
}

static void decode_branch(Instruction *it, uint32_t code) {
  if (code & 0x1000) { // b.w, bl
    it->kind = KIND_BRANCH;
    it->link = code & 0x4000;
    it->results = it->link ? bit(LR) : 0;
  } else if (code & 0x4000) { // low-overhead loops of Armv8.1-M
    it->kind = KIND_VECTOR;
  } else if (field(code, 22, 4) < 14) {
    it->kind = KIND_BRANCH;
    it->conditional = it->reads_flags = true;
    it->backward = code & (1u << 26);
  } else { // msr, mrs, barriers, hints
    it->kind = (code & 0xfffffff0) == 0xf3af8000 ? KIND_NOP : KIND_SYSTEM;
  }
}

// ---- floating point ------------------------------------------------------------------------------------------------

static uint32_t float_register(uint32_t code, unsigned low, unsigned extra, bool wide) {
  unsigned name = field(code, low, 4), more = field(code, extra, 1);
  if (!wide)
    return 1u << (name << 1 | more);
  return (more ? 0 : 3u << (name << 1)); // d16 and up do not exist on these cores
}

static void decode_float_data(Instruction *it, uint32_t code, bool wide) {
  uint32_t d = float_register(code, 12, 22, wide), n = float_register(code, 16, 7, wide);
  uint32_t m = float_register(code, 0, 5, wide);
  unsigned op = field(code, 20, 4) & 0xb;
  it->float_operands = n | m;
  it->float_results = d;
  if (op == 8 && !(code & (1u << 28))) {
    it->kind = KIND_FLOAT_DIVIDE;
  } else if (op == 2 || op == 3 || (code & (1u << 28))) {
    it->kind = KIND_FLOAT;
  } else if (op != 0xb) { // vmla, vmls, vnmla, vfma ...
    it->kind = KIND_FUSED;
    it->float_accumulators = d;
  } else {
    unsigned what = field(code, 16, 4), more = field(code, 6, 2);
    it->float_operands = more & 1 ? m : 0;
    it->kind = what == 1 && more == 3                 ? KIND_FLOAT_ROOT
               : what <= 1 || !(more & 1)             ? KIND_FLOAT_MOVE
                                                      : KIND_FLOAT;
    if (what == 4 || what == 5) { // vcmp
      it->float_operands = d | (what == 4 ? m : 0);
      it->float_results = 0;
    }
  }
}

static void decode_float_memory(Instruction *it, uint32_t code, bool wide) {
  unsigned rn = field(code, 16, 4), count = field(code, 0, 8);
  bool load = code & (1u << 20), single = (code & (1u << 24)) && !(code & (1u << 21));
  uint32_t d = float_register(code, 12, 22, wide);
  it->addresses = source(rn);
  it->transfers = (uint8_t)(single ? (wide ? 2 : 1) : count);
  it->kind = it->transfers == 1 ? (load ? KIND_FLOAT_LOAD : KIND_FLOAT_STORE) : load ? KIND_LOAD_MANY : KIND_STORE_MANY;
  if (!single) {
    uint32_t first = d;
    for (unsigned i = 1; i < count; i++)
      d |= first << i;
    it->base_results = code & (1u << 21) ? bit(rn) : 0;
  }
  *(load ? &it->float_results : &it->float_operands) = d;
}

static void decode_float(Instruction *it, uint32_t code) {
  unsigned coprocessor = field(code, 8, 4), rt = field(code, 12, 4);
  bool wide = coprocessor == 11;
  if (coprocessor != 10 && coprocessor != 11) {
    it->kind = KIND_VECTOR;
  } else if ((code & 0x0fe00000) == 0x0c400000) { // vmov of two core registers
    it->kind = KIND_FLOAT_MOVE;
    bool to_core = code & (1u << 20);
    uint32_t m = float_register(code, 0, 5, wide);
    *(to_core ? &it->float_operands : &it->float_results) = wide ? m : m | m << 1;
    *(to_core ? &it->results : &it->operands) = bit(rt) | bit(field(code, 16, 4));
  } else if ((code & 0x0e000000) == 0x0c000000) {
    decode_float_memory(it, code, wide);
  } else if (!(code & 0x10)) {
    decode_float_data(it, code, wide);
  } else { // vmov, vmrs, vmsr
    it->kind = KIND_FLOAT_MOVE;
    bool to_core = code & (1u << 20);
    if ((code & 0x00e00000) == 0x00e00000) {
      it->sets_flags = to_core && rt == PC;
      it->results = to_core && rt != PC ? bit(rt) : 0;
      return;
    }
    uint32_t n = float_register(code, 16, 7, wide);
    *(to_core ? &it->float_operands : &it->float_results) = n;
    *(to_core ? &it->results : &it->operands) = source(rt);
  }
}

static void decode32(Instruction *it, uint32_t code) {
  unsigned rn = field(code, 16, 4), rd = field(code, 8, 4), rm = field(code, 0, 4), op2 = field(code, 20, 7);
  switch (field(code, 27, 2)) {
  case 1:
    if (op2 & 0x40) {
      decode_float(it, code);
    } else if (op2 & 0x20) {
      bool shifts = code & 0x70f0;
      decode_data(it, field(code, 21, 4), code & (1u << 20), rn, rd, bit(rm), shifts, false);
    } else if (op2 & 0x04) {
      decode_double(it, code);
    } else {
      decode_list(it, code & (1u << 20), rn, (uint16_t)code, code & (1u << 21));
    }
    break;
  case 2:
    if (code & 0x8000)
      decode_branch(it, code);
    else if (op2 & 0x20)
      decode_plain_immediate(it, code);
    else
      decode_data(it, field(code, 21, 4), code & (1u << 20), rn, rd, 0, code & 0x04007000, true);
    break;
  default:
    if (op2 & 0x40)
      decode_float(it, code);
    else if ((op2 & 0x71) == 0x00 || ((op2 & 0x61) == 0x01 && (op2 & 0x07) != 0x07))
      decode_single(it, code);
    else if ((op2 & 0x70) == 0x20)
      decode_register_data(it, code);
    else if ((op2 & 0x70) == 0x30)
      decode_multiply(it, code);
    else
      it->kind = KIND_VECTOR;
  }
}

Instruction decode_instruction(uint32_t address, uint16_t first, uint16_t second, bool wide, bool in_it) {
  Instruction it = {.address = address, .kind = KIND_UNKNOWN, .bytes = wide ? 4 : 2};
  if (wide)
    decode32(&it, (uint32_t)first << 16 | second);
  else
    decode16(&it, first, in_it);
  it.jumps |= it.kind == KIND_BRANCH || it.kind == KIND_INDIRECT || it.kind == KIND_TABLE;
  if (in_it)
    it.conditional = it.reads_flags = true;
  return it;
}
