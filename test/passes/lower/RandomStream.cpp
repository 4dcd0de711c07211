#include "RandomStream.h"

#include <algorithm>

namespace tinyc::lower {

namespace {

struct Layer {
  size_t input; // tensors: 0 is the model's input, k + 1 what layer k computes
  size_t skip;  // a second operand read row by row; 0: none
  int64_t kernel, stride;
  int64_t height, rowBytes, rowsPerStep;
  int64_t scratchBytes;
};

class Simulation {
public:
  Simulation(int64_t height, int64_t rowBytes, std::vector<Layer> layers, bool isContiguous)
      : inputHeight(height), inputRowBytes(rowBytes), layers(std::move(layers)), isContiguous(isContiguous) {}

  std::vector<Group> run() {
    computed.assign(layers.size(), 0);
    lastReads.resize(layers.size() + 1);
    births.resize(layers.size());
    lastReads[0].assign(inputHeight, 0);
    for (size_t layer = 0; layer < layers.size(); ++layer) {
      lastReads[layer + 1].assign(layers[layer].height, 0);
      births[layer].assign(layers[layer].height, 0);
    }
    scratch.resize(layers.size());
    need(layers.size(), layers.back().height);
    return makeGroups();
  }

private:
  // Computes the rows [0, end) of a tensor.
  void need(size_t tensor, int64_t end) {
    if (tensor == 0)
      return;
    size_t index = tensor - 1;
    const Layer &layer = layers[index];
    while (computed[index] < end) {
      int64_t first = computed[index], last = std::min(first + layer.rowsPerStep, layer.height);
      int64_t pad = layer.kernel / 2, inputHeight = getHeight(layer.input);
      int64_t low = std::max<int64_t>(first * layer.stride - pad, 0);
      int64_t high = std::min((last - 1) * layer.stride - pad + layer.kernel, inputHeight);
      need(layer.input, high);
      if (layer.skip)
        need(layer.skip, last);
      for (int64_t row = low; row < high; ++row)
        lastReads[layer.input][row] = position;
      for (int64_t row = first; row < last; ++row) {
        if (layer.skip)
          lastReads[layer.skip][row] = position;
        births[index][row] = position;
      }
      scratch[index].push_back(position++);
      computed[index] = last;
    }
  }

  int64_t getHeight(size_t tensor) { return tensor == 0 ? inputHeight : layers[tensor - 1].height; }

  std::vector<Group> makeGroups() {
    std::vector<Group> groups;
    Group input = {inputHeight * inputRowBytes, {}};
    for (int64_t row = 0; row < inputHeight; ++row)
      input.pieces.push_back({row * inputRowBytes, (row + 1) * inputRowBytes, 0, lastReads[0][row]});
    groups.push_back(input);
    for (size_t index = 0; index < layers.size(); ++index) {
      const Layer &layer = layers[index];
      if (layer.scratchBytes) {
        Group group = {layer.scratchBytes, {}};
        for (int64_t at : scratch[index])
          group.pieces.push_back({0, layer.scratchBytes, at, at});
        groups.push_back(group);
      }
      if (index + 1 == layers.size() && isContiguous) {
        Group group = {layer.height * layer.rowBytes, {}};
        for (int64_t row = 0; row < layer.height; ++row)
          group.pieces.push_back({row * layer.rowBytes, (row + 1) * layer.rowBytes, births[index][row], position});
        groups.push_back(group);
        continue;
      }
      for (int64_t first = 0; first < layer.height; first += layer.rowsPerStep) {
        int64_t last = std::min(first + layer.rowsPerStep, layer.height);
        int64_t death = births[index][first];
        for (int64_t row = first; row < last; ++row)
          death = std::max(death, lastReads[index + 1][row]);
        int64_t bytes = (last - first) * layer.rowBytes;
        groups.push_back({bytes, {{0, bytes, births[index][first], death}}});
      }
    }
    return groups;
  }

  int64_t inputHeight, inputRowBytes;
  std::vector<Layer> layers;
  bool isContiguous;
  std::vector<int64_t> computed;               // rows of each layer
  std::vector<std::vector<int64_t>> lastReads; // of each row of each tensor
  std::vector<std::vector<int64_t>> births;    // of each row of each layer
  std::vector<std::vector<int64_t>> scratch;   // positions of each layer's steps
  int64_t position = 0;
};

} // namespace

std::vector<Group> makeRandomStream(std::mt19937 &engine, int64_t height, int blocks) {
  auto random = [&](int64_t low, int64_t high) { return low + static_cast<int64_t>(engine() % (high - low + 1)); };
  std::vector<Layer> layers;
  int64_t rowsPerStep = int64_t{1} << random(0, 1);
  int64_t rows = height, width = height, channels = 0;
  auto add = [&](int64_t kernel, int64_t stride, int64_t to, size_t input, size_t skip, bool hasScratch) {
    rows = (rows + stride - 1) / stride;
    width = (width + stride - 1) / stride;
    channels = to;
    int64_t rowBytes = (width * channels + 3) / 4 * 4;
    layers.push_back({input, skip, kernel, stride, rows, rowBytes, rowsPerStep, hasScratch ? 4 * random(20, 200) : 0});
    return layers.size();
  };
  size_t tensor = add(3, 2, random(4, 16), 0, 0, random(0, 1));
  for (int block = 0; block < blocks; ++block) {
    int64_t stride = rows > 4 && random(0, 2) == 0 ? 2 : 1, expand = random(2, 6);
    int64_t to = stride == 2 ? channels + random(1, channels) : random(0, 2) ? channels : random(4, channels + 4);
    size_t from = tensor;
    int64_t before = channels;
    tensor = add(1, 1, channels * expand, tensor, 0, false);
    tensor = add(random(0, 3) ? 3 : 5, stride, channels, tensor, 0, true);
    tensor = add(1, 1, to, tensor, 0, false);
    if (stride == 1 && to == before)
      tensor = add(1, 1, to, tensor, from, false);
  }
  return Simulation(height, (height * 3 + 3) / 4 * 4, std::move(layers), random(0, 1)).run();
}

} // namespace tinyc::lower
