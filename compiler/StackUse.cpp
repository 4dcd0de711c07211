#include "compiler/StackUse.h"

#include <pthread.h>
#include <sys/mman.h>

namespace tinyc {

static constexpr size_t kStackBytes = 1 << 20, kGuardBytes = 1 << 16;
static constexpr uint32_t kPaint = 0x5AFEC0DE;

namespace {
struct Run {
  llvm::function_ref<void()> work;
  uint32_t *lowest;
  int64_t used = 0;
};
} // namespace

/// Paints from the stack's lowest word up to its own frame, runs, and looks for the lowest word that changed.
[[gnu::noinline]] static void *runPainted(void *argument) {
  Run &run = *static_cast<Run *>(argument);
  // Volatile: nothing may turn these loops into calls that use the stack below.
  volatile uint32_t *frame = static_cast<volatile uint32_t *>(__builtin_frame_address(0));
  constexpr int64_t kOwnFrame = 64; // words: this function's own variables stay unpainted
  for (volatile uint32_t *word = run.lowest; word < frame - kOwnFrame; ++word)
    *word = kPaint;
  run.work();
  volatile uint32_t *word = run.lowest;
  while (word < frame - kOwnFrame && *word == kPaint)
    ++word;
  run.used = (frame - word) * static_cast<int64_t>(sizeof(uint32_t));
  return nullptr;
}

std::optional<int64_t> measureStack(llvm::function_ref<void()> work) {
  void *memory = mmap(nullptr, kGuardBytes + kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return std::nullopt;
  // Work that needs more faults below the stack, rather than writing into other memory.
  char *stack = static_cast<char *>(memory) + kGuardBytes;
  Run run{work, reinterpret_cast<uint32_t *>(stack)};
  pthread_attr_t attributes;
  pthread_t thread;
  bool started = mprotect(memory, kGuardBytes, PROT_NONE) == 0 && pthread_attr_init(&attributes) == 0;
  if (started) {
    started = pthread_attr_setstack(&attributes, stack, kStackBytes) == 0 &&
              pthread_create(&thread, &attributes, runPainted, &run) == 0;
    pthread_attr_destroy(&attributes);
  }
  if (started)
    pthread_join(thread, nullptr);
  munmap(memory, kGuardBytes + kStackBytes);
  return started ? std::optional<int64_t>(run.used) : std::nullopt;
}

} // namespace tinyc
