#include "RandomNetwork.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace tinyc::schedule {

size_t Network::add(std::vector<size_t> reads, int64_t resultBytes, bool isElementwise) {
  ops.push_back({std::move(reads), isElementwise, 0});
  bytes.push_back(resultBytes);
  return ops.size();
}

bool Network::isResult(size_t tensor) const {
  return std::none_of(ops.begin(), ops.end(), [&](const Op &op) {
    return std::find(op.reads.begin(), op.reads.end(), tensor) != op.reads.end();
  });
}

ActivationGraph Network::toGraph() const {
  ActivationGraph graph;
  graph.addInput(bytes[0]);
  for (size_t i = 0; i < ops.size(); ++i) {
    size_t node = graph.addNode(ops[i].reads);
    size_t result = graph.addResult(node, bytes[i + 1]);
    if (ops[i].isElementwise) {
      for (size_t tensor : ops[i].reads)
        if (bytes[tensor] == bytes[i + 1])
          graph.addOverlap(node, tensor, bytes[tensor]);
    } else {
      graph.addOverlap(node, ops[i].reads.front(), ops[i].saved);
    }
    if (isResult(i + 1))
      graph.keepUntilEnd(result);
  }
  return graph;
}

std::vector<lower::Group> Network::toGroups(llvm::ArrayRef<size_t> order) const {
  std::vector<int64_t> first(bytes.size(), 0), last(bytes.size(), 0);
  int64_t end = static_cast<int64_t>(order.size()) - 1;
  for (int64_t at = 0; at <= end; ++at) {
    first[order[at] + 1] = last[order[at] + 1] = at;
    for (size_t tensor : ops[order[at]].reads)
      last[tensor] = at;
  }
  for (size_t tensor = 0; tensor < bytes.size(); ++tensor)
    if (isResult(tensor))
      last[tensor] = end;
  std::vector<size_t> place(bytes.size());
  std::vector<lower::Group> groups;
  auto start = [&](size_t tensor) {
    place[tensor] = groups.size();
    groups.push_back({bytes[tensor], {{0, bytes[tensor], first[tensor], last[tensor]}}});
  };
  start(0);
  for (int64_t at = 0; at <= end; ++at) {
    size_t op = order[at], result = op + 1;
    std::optional<size_t> over;
    if (ops[op].isElementwise)
      for (size_t tensor : ops[op].reads)
        if (!over && bytes[tensor] == bytes[result] && last[tensor] == at && !isResult(tensor))
          over = place[tensor];
    if (!over) {
      start(result);
      continue;
    }
    place[result] = *over;
    groups[*over].pieces.push_back({0, bytes[result], first[result], last[result]});
  }
  return groups;
}

int64_t Network::getLiveDuring(size_t op, uint64_t executed) const {
  auto ran = [&](size_t index) { return (executed >> index & 1) != 0; };
  auto isNeededByOthers = [&](size_t tensor) {
    bool needed = isResult(tensor);
    for (size_t other = 0; other < ops.size(); ++other)
      if (other != op && !ran(other) && std::count(ops[other].reads.begin(), ops[other].reads.end(), tensor))
        needed = true;
    return needed;
  };
  int64_t live = bytes[op + 1], saved = 0;
  for (size_t tensor = 0; tensor < bytes.size(); ++tensor) {
    bool exists = tensor == 0 || ran(tensor - 1);
    bool isRead = std::count(ops[op].reads.begin(), ops[op].reads.end(), tensor) != 0;
    bool isNeeded = isNeededByOthers(tensor);
    if (exists && (isNeeded || isRead))
      live += bytes[tensor];
    if (!isRead || isNeeded)
      continue;
    if (ops[op].isElementwise && bytes[tensor] == bytes[op + 1])
      saved = std::max(saved, bytes[tensor]);
    if (!ops[op].isElementwise && tensor == ops[op].reads.front())
      saved = std::max(saved, ops[op].saved);
  }
  return live - saved;
}

int64_t Network::getLeastPeak() const {
  constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
  std::vector<int64_t> least(size_t{1} << ops.size(), kNever);
  least[0] = bytes[0];
  for (uint64_t executed = 0; executed < least.size(); ++executed) {
    if (least[executed] == kNever)
      continue;
    for (size_t op = 0; op < ops.size(); ++op) {
      bool isReady = (executed >> op & 1) == 0;
      for (size_t tensor : ops[op].reads)
        isReady = isReady && (tensor == 0 || (executed >> (tensor - 1) & 1) != 0);
      if (!isReady)
        continue;
      int64_t &next = least[executed | uint64_t{1} << op];
      next = std::min(next, std::max(least[executed], getLiveDuring(op, executed)));
    }
  }
  return least.back();
}

namespace {

class Maker {
public:
  Maker(std::mt19937 &engine, size_t mostOps) : engine(engine), mostOps(mostOps) {
    network.bytes.push_back(getBytes());
  }

  Network network;

  int64_t random(int64_t low, int64_t high) { return low + static_cast<int64_t>(engine() % (high - low + 1)); }
  int64_t getBytes() { return 16 * random(1, 64); }
  bool isFull(size_t reserve = 0) { return network.ops.size() + reserve >= mostOps; }

  void makeRandom() {
    while (!isFull()) {
      size_t tensors = network.bytes.size();
      std::vector<size_t> reads = {tensors - 1 - random(0, std::min<int64_t>(tensors - 1, 5))};
      while (random(0, 2) == 0)
        if (size_t tensor = random(0, tensors - 1); std::find(reads.begin(), reads.end(), tensor) == reads.end())
          reads.push_back(tensor);
      bool isElementwise = random(0, 2) == 0;
      network.add(reads, isElementwise ? network.bytes[reads.front()] : getBytes(), isElementwise);
    }
  }

  // A chain of ops and of blocks that fork and join.
  size_t makeSeriesParallel(size_t from, int depth) {
    for (int64_t step = 0, steps = random(1, 3); step < steps && !isFull(4); ++step) {
      if (depth == 0 || random(0, 1)) {
        from = network.add({from}, getBytes());
        continue;
      }
      bool isAdd = random(0, 1);
      int64_t bytes = getBytes();
      std::vector<size_t> ends;
      for (int64_t branch = 0, branches = random(2, 4); branch < branches && !isFull(2); ++branch) {
        size_t end = makeSeriesParallel(from, depth - 1);
        if (isAdd && network.bytes[end] != bytes && !isFull(2))
          end = network.add({end}, bytes);
        if (std::find(ends.begin(), ends.end(), end) == ends.end())
          ends.push_back(end);
      }
      if (ends.empty())
        return from;
      from = join(ends, isAdd);
    }
    return from;
  }

  size_t join(const std::vector<size_t> &ends, bool isAdd) {
    int64_t sum = 0;
    for (size_t end : ends)
      sum += network.bytes[end];
    if (ends.size() == 1)
      return ends.front();
    return isAdd ? network.add(ends, network.bytes[ends.front()], true) : network.add(ends, sum);
  }

  void makeInception() {
    size_t from = 0;
    while (!isFull(6)) {
      std::vector<size_t> ends;
      for (int64_t branch = 0, branches = random(3, 5); branch < branches && !isFull(2); ++branch) {
        size_t tensor = from;
        for (int64_t op = 0, ops = random(1, 4); op < ops && !isFull(2); ++op)
          tensor = network.add({tensor}, getBytes());
        ends.push_back(tensor);
      }
      from = join(ends, false);
      if (random(0, 1))
        from = network.add({from}, getBytes());
    }
  }

  // Cells of five additions of two hidden states each, of the last two cells or of the same one.
  void makeNasNet() {
    size_t previous = 0, current = network.add({0}, getBytes());
    while (!isFull(4)) {
      int64_t bytes = getBytes();
      std::vector<size_t> states;
      for (size_t tensor : {previous, current})
        if (!isFull(3))
          states.push_back(network.add({tensor}, bytes));
      std::vector<bool> isUsed(states.size());
      for (int block = 0; block < 5 && !isFull(5); ++block) {
        std::vector<size_t> operands;
        for (int side = 0; side < 2; ++side) {
          size_t state = random(0, states.size() - 1), tensor = states[state];
          isUsed[state] = true;
          for (int64_t op = 0, ops = random(0, 2); op < ops && !isFull(3); ++op)
            tensor = network.add({tensor}, bytes);
          if (operands.empty() || operands.front() != tensor)
            operands.push_back(tensor);
        }
        states.push_back(network.add(operands, bytes, true));
        isUsed.push_back(false);
      }
      std::vector<size_t> ends;
      for (size_t i = 0; i < states.size(); ++i)
        if (!isUsed[i])
          ends.push_back(states[i]);
      previous = current;
      current = join(ends, false);
      if (ends.size() < 2 || isFull(4))
        break;
    }
  }

private:
  std::mt19937 &engine;
  size_t mostOps;
};

} // namespace

Network makeRandomNetwork(std::mt19937 &engine, NetworkKind kind, size_t ops, bool withOverlap) {
  Maker maker(engine, ops);
  switch (kind) {
  case NetworkKind::Random:
    maker.makeRandom();
    break;
  case NetworkKind::SeriesParallel:
    for (size_t from = 0; !maker.isFull(4);)
      from = maker.makeSeriesParallel(from, 3);
    break;
  case NetworkKind::Inception:
    maker.makeInception();
    break;
  case NetworkKind::NasNet:
    maker.makeNasNet();
    break;
  }
  Network &network = maker.network;
  if (network.ops.empty())
    network.add({0}, maker.getBytes());
  for (size_t op = 0; op < network.ops.size() && withOverlap; ++op)
    if (!network.ops[op].isElementwise && maker.random(0, 1))
      network.ops[op].saved =
          std::min(network.bytes[network.ops[op].reads.front()], network.bytes[op + 1]) * maker.random(1, 8) / 8;
  return network;
}

} // namespace tinyc::schedule
