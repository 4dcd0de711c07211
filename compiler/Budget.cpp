#include "compiler/Budget.h"

#include "llvm/ADT/StringExtras.h"

#include <cmath>

using namespace llvm;

namespace tinyc {

using search::Cost;

std::optional<Cost> parseCost(StringRef text) {
  for (Cost cost : search::kAllCosts)
    if (text == search::getName(cost))
      return cost;
  return std::nullopt;
}

static std::optional<double> parseNumber(StringRef text) {
  double number;
  if (text.empty() || text.getAsDouble(number) || !std::isfinite(number))
    return std::nullopt;
  return number;
}

std::optional<double> parsePercentage(StringRef text) {
  text.consume_back("%");
  std::optional<double> number = parseNumber(text);
  if (!number || *number < 0 || *number > 100)
    return std::nullopt;
  return *number / 100;
}

Expected<Budget> parseBudget(StringRef text) {
  auto [name, value] = text.split(':');
  std::optional<Cost> cost = parseCost(name);
  if (!cost)
    return createStringError("expected latency:, flash:, sram:, energy: or weights: and a value, got '%s'",
                             text.str().c_str());
  Budget budget = {*cost, 0, value.consume_back("x")};
  double unit = 1;
  if (!budget.isRelative) {
    if (*cost == Cost::Energy) {
      if (value.consume_back("mJ"))
        unit = 1000;
      else
        value.consume_back("uJ");
    } else {
      double kilo = *cost == Cost::Latency ? 1000 : 1024;
      if (value.consume_back_insensitive("k"))
        unit = kilo;
      else if (value.consume_back_insensitive("m"))
        unit = kilo * kilo;
    }
  }
  std::optional<double> number = parseNumber(value);
  if (!number || *number <= 0)
    return createStringError("expected a value above 0, for example %s or %s:0.6x, got '%s'",
                             *cost == Cost::Latency  ? "latency:2.1M (cycles)"
                             : *cost == Cost::Energy ? "energy:850uJ"
                             : *cost == Cost::Flash  ? "flash:120K (bytes)"
                             : *cost == Cost::Sram   ? "sram:24K (bytes)"
                                                     : "weights:60K (bytes)",
                             search::getName(*cost).str().c_str(), text.str().c_str());
  budget.value = *number * unit;
  return budget;
}

Expected<PruneBudget> parsePruneBudget(StringRef text) {
  if (std::optional<Cost> cost = parseCost(text))
    return PruneBudget{*cost, std::nullopt};
  StringRef value = text;
  if (!value.consume_front("macs")) {
    Expected<Budget> budget = parseBudget(text);
    if (budget)
      return PruneBudget{budget->cost, budget->value, budget->isRelative};
    consumeError(budget.takeError());
    return createStringError("expected macs:0.75x, or latency:, flash:, sram:, energy: or weights: and a value, got '%s'",
                             text.str().c_str());
  }
  if (value.empty())
    return PruneBudget{};
  PruneBudget budget;
  if (value.consume_front(":")) {
    budget.isRelative = value.consume_back("x");
    double unit = budget.isRelative ? 1 : value.consume_back_insensitive("k") ? 1e3 : value.consume_back_insensitive("m") ? 1e6 : 1;
    if (std::optional<double> number = parseNumber(value); number && *number > 0) {
      budget.limit = *number * unit;
      return budget;
    }
  }
  return createStringError("expected a number of MACs above 0, for example macs:0.75x or macs:9M, got '%s'",
                           text.str().c_str());
}

} // namespace tinyc
