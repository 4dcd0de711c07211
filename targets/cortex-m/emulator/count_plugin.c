// QEMU TCG plugin: the exact number of instructions executed between two marker instructions.
//
//   qemu-system-arm ... -plugin tinyc_count.so,out=count.json
//
// `mov r10, r10` begins and `mov r11, r11` ends a measured interval; neither is counted. Both are 16-bit
// instructions of every M profile core that no compiler emits, so no symbol table is needed. Instructions of an IT
// block count whether their condition holds or not: the core issues them either way. At exit, `out` receives
//   {"instructions": 123, "invocations": 1}
// with the sum over all intervals.
//
// Each translation block adds its length to a counter when it is entered, by inline code without a callback. That is
// exact as long as a measured block runs to its end, that is, without interrupts, faults and semihosting calls inside.

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

// Debian ships no qemu-plugin.h. These are the declarations used here of version 1 of the plugin interface, as
// documented at https://www.qemu.org/docs/master/devel/tcg-plugins.html.
typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info_t;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
typedef void (*qemu_plugin_vcpu_tb_trans_cb_t)(qemu_plugin_id_t id, struct qemu_plugin_tb *block);
typedef void (*qemu_plugin_vcpu_udata_cb_t)(unsigned int cpu, void *userdata);
typedef void (*qemu_plugin_udata_cb_t)(qemu_plugin_id_t id, void *userdata);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_plugin_vcpu_tb_trans_cb_t callback);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block, enum qemu_plugin_op op, void *address,
                                              uint64_t value);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *instruction, qemu_plugin_vcpu_udata_cb_t callback,
                                            enum qemu_plugin_cb_flags flags, void *userdata);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, qemu_plugin_udata_cb_t callback, void *userdata);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *instruction);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *instruction);

#define EXPORT __attribute__((visibility("default")))

EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv);

// The plugin interface passes no state to inline operations and translation callbacks: it has to be static.
static struct {
  FILE *out;
  uint64_t executed; // instructions of all blocks entered so far
  uint64_t begin;    // value of `executed` after the last begin marker
  bool measuring;
  uint64_t instructions;
  uint64_t invocations;
} state;

// `rest` is the number of instructions after the marker in its block: counted on entry, not executed yet.
static void begin_interval(unsigned int cpu, void *rest) {
  (void)cpu;
  state.begin = state.executed - (uintptr_t)rest;
  state.measuring = true;
}

static void end_interval(unsigned int cpu, void *rest) {
  (void)cpu;
  if (!state.measuring)
    return;
  const uint64_t markerItself = 1;
  state.instructions += state.executed - (uintptr_t)rest - markerItself - state.begin;
  state.invocations += 1;
  state.measuring = false;
}

static void instrument(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
  (void)id;
  static const uint8_t beginMarker[2] = {0xD2, 0x46}, endMarker[2] = {0xDB, 0x46};
  const size_t count = qemu_plugin_tb_n_insns(block);
  qemu_plugin_register_vcpu_tb_exec_inline(block, QEMU_PLUGIN_INLINE_ADD_U64, &state.executed, count);
  for (size_t i = 0; i < count; ++i) {
    struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
    if (qemu_plugin_insn_size(instruction) != sizeof(beginMarker))
      continue;
    const void *bytes = qemu_plugin_insn_data(instruction);
    void *rest = (void *)(uintptr_t)(count - 1 - i);
    if (memcmp(bytes, beginMarker, sizeof(beginMarker)) == 0)
      qemu_plugin_register_vcpu_insn_exec_cb(instruction, begin_interval, QEMU_PLUGIN_CB_NO_REGS, rest);
    else if (memcmp(bytes, endMarker, sizeof(endMarker)) == 0)
      qemu_plugin_register_vcpu_insn_exec_cb(instruction, end_interval, QEMU_PLUGIN_CB_NO_REGS, rest);
  }
}

static void write_result(qemu_plugin_id_t id, void *userdata) {
  (void)id;
  (void)userdata;
  fprintf(state.out, "{\"instructions\": %" PRIu64 ", \"invocations\": %" PRIu64 "}\n", state.instructions,
          state.invocations);
  if (fclose(state.out) != 0)
    perror("tinyc_count: error: cannot write the result");
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv) {
  (void)info;
  static const char option[] = "out=";
  if (argc != 1 || strncmp(argv[0], option, sizeof(option) - 1) != 0) {
    fprintf(stderr, "tinyc_count: error: expects the one option out=FILE\n");
    return -1;
  }
  const char *name = argv[0] + sizeof(option) - 1;
  state.out = fopen(name, "w");
  if (!state.out) {
    fprintf(stderr, "tinyc_count: error: cannot write %s\n", name);
    return -1;
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, instrument);
  qemu_plugin_register_atexit_cb(id, write_result, NULL);
  return 0;
}
