// Lets a user stop a search from the keyboard without losing it.
#ifndef TINYC_COMPILER_SEARCH_INTERRUPT_H
#define TINYC_COMPILER_SEARCH_INTERRUPT_H

#include <csignal>

namespace tinyc::search {

/// While one exists, SIGINT and SIGTERM end nothing but are noted; a second one ends the process as ever.
class Interrupt {
public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt &) = delete;

  bool wasAsked() const;

private:
  struct sigaction before[2];
};

} // namespace tinyc::search

#endif // TINYC_COMPILER_SEARCH_INTERRUPT_H
