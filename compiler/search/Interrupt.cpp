#include "compiler/search/Interrupt.h"

namespace tinyc::search {

static constexpr int kSignals[] = {SIGINT, SIGTERM};

/// A signal handler reaches nothing but what is static.
static volatile std::sig_atomic_t &getFlag() {
  static volatile std::sig_atomic_t flag = 0;
  return flag;
}

Interrupt::Interrupt() {
  getFlag() = 0;
  struct sigaction action = {};
  action.sa_handler = [](int) { getFlag() = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND); // the second one ends the process
  sigemptyset(&action.sa_mask);
  for (int number = 0; number < 2; ++number)
    sigaction(kSignals[number], &action, &before[number]);
}

Interrupt::~Interrupt() {
  for (int number = 0; number < 2; ++number)
    sigaction(kSignals[number], &before[number], nullptr);
}

bool Interrupt::wasAsked() const { return getFlag() != 0; }

} // namespace tinyc::search
