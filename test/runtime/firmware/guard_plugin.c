// QEMU TCG plugin: finds loads and stores in guards around buffers, which no kernel may touch.
//
//   qemu-system-arm ... -plugin tinyc_guard.so,out=FILE,switch=ADDRESS,rooms=ADDRESS:BYTES:GUARD:COUNT
//
// The rooms lie one behind the other; each begins with a guard, and so does what lies behind the last. A store to `switch`
// begins an interval, a store to the byte behind it ends it. `out` receives a line per instruction that touched a guard
// within an interval,
//   guard: pc 0x1234 reads 4 bytes at 0x20001000, 17 times
// (the first address), and then "guard: N accesses watched".

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Debian ships no qemu-plugin.h. These are the declarations used here of version 1 of the plugin interface, as
// documented at https://www.qemu.org/docs/master/devel/tcg-plugins.html.
typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info_t;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
enum qemu_plugin_mem_rw { QEMU_PLUGIN_MEM_R = 1, QEMU_PLUGIN_MEM_W, QEMU_PLUGIN_MEM_RW };
typedef void (*qemu_plugin_vcpu_tb_trans_cb_t)(qemu_plugin_id_t id, struct qemu_plugin_tb *block);
typedef void (*qemu_plugin_vcpu_mem_cb_t)(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address,
                                          void *userdata);
typedef void (*qemu_plugin_udata_cb_t)(qemu_plugin_id_t id, void *userdata);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_plugin_vcpu_tb_trans_cb_t callback);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *instruction, qemu_plugin_vcpu_mem_cb_t callback,
                                      enum qemu_plugin_cb_flags flags, enum qemu_plugin_mem_rw rw, void *userdata);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, qemu_plugin_udata_cb_t callback, void *userdata);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *instruction);
unsigned qemu_plugin_mem_size_shift(qemu_plugin_meminfo_t info);
bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t info);

#define EXPORT __attribute__((visibility("default")))

EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv);

enum { MOST_FOUND = 64 };

typedef struct Found {
  uint32_t pc, address, bytes;
  bool store;
  uint64_t times;
} Found;

// The plugin interface passes no state to translation callbacks: it has to be static.
static struct {
  FILE *out;
  uint32_t rooms, room_bytes, guard_bytes, count;
  uint32_t toggle;
  bool watching;
  uint64_t watched;
  Found found[MOST_FOUND];
  uint32_t foundCount;
} state;

static void report(uint32_t pc, uint32_t address, uint32_t bytes, bool store) {
  for (uint32_t i = 0; i < state.foundCount; ++i)
    if (state.found[i].pc == pc && state.found[i].store == store) {
      state.found[i].times += 1;
      return;
    }
  if (state.foundCount == MOST_FOUND)
    return;
  state.found[state.foundCount++] = (Found){pc, address, bytes, store, 1};
}

static void access_memory(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address64, void *pc) {
  (void)cpu;
  const uint32_t address = (uint32_t)address64, bytes = 1u << qemu_plugin_mem_size_shift(info);
  const bool store = qemu_plugin_mem_is_store(info);
  if (store && bytes == 1 && address - state.toggle < 2) { // not when memory is cleared
    state.watching = address == state.toggle;
    return;
  }
  if (!state.watching)
    return;
  state.watched += 1;
  for (uint32_t i = 0; i <= state.count; ++i) {
    const uint32_t guard = state.rooms + i * state.room_bytes;
    if (address < guard + state.guard_bytes && address + bytes > guard)
      report((uint32_t)(uintptr_t)pc, address, bytes, store);
  }
}

static void instrument(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
  (void)id;
  const size_t count = qemu_plugin_tb_n_insns(block);
  for (size_t i = 0; i < count; ++i) {
    struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
    qemu_plugin_register_vcpu_mem_cb(instruction, access_memory, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW,
                                     (void *)(uintptr_t)qemu_plugin_insn_vaddr(instruction));
  }
}

static void write_result(qemu_plugin_id_t id, void *userdata) {
  (void)id;
  (void)userdata;
  for (uint32_t i = 0; i < state.foundCount; ++i) {
    const Found *found = &state.found[i];
    fprintf(state.out, "guard: pc 0x%" PRIx32 " %s %" PRIu32 " bytes at 0x%" PRIx32 ", %" PRIu64 " times\n", found->pc,
            found->store ? "writes" : "reads", found->bytes, found->address, found->times);
  }
  fprintf(state.out, "guard: %" PRIu64 " accesses watched\n", state.watched);
  if (fclose(state.out) != 0)
    perror("tinyc_guard: error: cannot write the result");
}

static int fail(const char *message, const char *what) {
  fprintf(stderr, "tinyc_guard: error: %s%s\n", message, what);
  return -1;
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv) {
  (void)info;
  const char *name = NULL;
  for (int i = 0; i < argc; ++i) {
    if (strncmp(argv[i], "out=", 4) == 0) {
      name = argv[i] + 4;
    } else if (strncmp(argv[i], "switch=", 7) == 0) {
      state.toggle = (uint32_t)strtoul(argv[i] + 7, NULL, 0);
    } else if (strncmp(argv[i], "rooms=", 6) == 0) {
      if (sscanf(argv[i] + 6, "%" SCNx32 ":%" SCNu32 ":%" SCNu32 ":%" SCNu32, &state.rooms, &state.room_bytes,
                 &state.guard_bytes, &state.count) != 4)
        return fail("expects rooms=ADDRESS:BYTES:GUARD:COUNT, got ", argv[i]);
    } else {
      return fail("unknown option ", argv[i]);
    }
  }
  if (!name || !state.toggle || !state.count)
    return fail("expects out=FILE, switch=ADDRESS and rooms=ADDRESS:BYTES:GUARD:COUNT", "");
  state.out = fopen(name, "w");
  if (!state.out)
    return fail("cannot write ", name);
  qemu_plugin_register_vcpu_tb_trans_cb(id, instrument);
  qemu_plugin_register_atexit_cb(id, write_result, NULL);
  return 0;
}
