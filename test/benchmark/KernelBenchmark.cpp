// Every kernel with weights that a host has, over layer shapes of MobileNetV1 and V2, MCUNet, ResNet8 and DS-CNN. The
// counter macs is multiply-accumulates per second on one core.
#include "tinyc/kernel_functions.h"
#include "tinyc/pack_x86_64.h"
#include "tinyc/scratch.h"

#include <benchmark/benchmark.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

namespace {

// A layer with padding as TensorFlow's SAME; depthwise if filters is 0.
struct Layer {
  const char *network;
  int32_t height, width, channels, filters, kernelHeight, kernelWidth, stride;
};

constexpr Layer layers[] = {
    {"mobilenet_v1 first", 96, 96, 3, 8, 3, 3, 2},
    {"mobilenet_v1 pointwise", 48, 48, 8, 16, 1, 1, 1},
    {"mobilenet_v1 pointwise", 12, 12, 64, 64, 1, 1, 1},
    {"mobilenet_v1 pointwise", 6, 6, 128, 128, 1, 1, 1},
    {"mobilenet_v1 pointwise", 3, 3, 256, 256, 1, 1, 1},
    {"mobilenet_v1 depthwise", 24, 24, 32, 0, 3, 3, 1},
    {"mobilenet_v1 depthwise", 48, 48, 16, 0, 3, 3, 2},
    {"mobilenet_v2 expand", 28, 28, 24, 144, 1, 1, 1},
    {"mobilenet_v2 project", 14, 14, 384, 64, 1, 1, 1},
    {"mobilenet_v2 depthwise", 14, 14, 384, 0, 3, 3, 1},
    {"mcunet expand", 20, 20, 16, 48, 1, 1, 1},
    {"mcunet depthwise", 20, 20, 48, 0, 7, 7, 1},
    {"mcunet depthwise", 10, 10, 120, 0, 5, 5, 1},
    {"mcunet project", 5, 5, 240, 96, 1, 1, 1},
    {"resnet8", 32, 32, 16, 16, 3, 3, 1},
    {"resnet8", 8, 8, 64, 64, 3, 3, 1},
    {"ds-cnn first", 49, 10, 1, 64, 10, 4, 2},
    {"ds-cnn pointwise", 25, 5, 64, 64, 1, 1, 1},
    {"ds-cnn depthwise", 25, 5, 64, 0, 3, 3, 1},
};

tinyc_window makeWindow(const Layer &layer) {
  auto outputs = [&](int32_t size) { return (size + layer.stride - 1) / layer.stride; };
  auto before = [&](int32_t size, int32_t kernel) {
    return std::max((outputs(size) - 1) * layer.stride + kernel - size, 0) / 2;
  };
  int32_t filters = layer.filters ? layer.filters : layer.channels;
  return {layer.height,
          layer.width,
          layer.channels,
          layer.height,
          outputs(layer.height),
          outputs(layer.width),
          filters,
          outputs(layer.height),
          layer.kernelHeight,
          layer.kernelWidth,
          layer.stride,
          layer.stride,
          1,
          1,
          before(layer.height, layer.kernelHeight),
          before(layer.width, layer.kernelWidth)};
}

template <typename T> std::vector<T> makeRandom(size_t count) {
  std::mt19937 engine(1);
  std::uniform_int_distribution<int> bytes(-127, 127);
  std::vector<T> values(count);
  for (T &value : values)
    value = static_cast<T>(bytes(engine));
  return values;
}

// `generic` and `tuned` have one signature; scratch and packing are those of `tuned`, null where it has none.
template <typename T, typename Params, typename Run>
void measure(benchmark::State &state, const Params &params, int64_t macs, int32_t scratchBytes, Run run) {
  const tinyc_window &window = params.window;
  std::vector<T> input = makeRandom<T>(window.input_height * window.input_width * window.input_channels);
  std::vector<T> output(window.output_height * window.output_width * window.output_channels);
  std::vector<char> scratch(scratchBytes + 64);
  for (auto _ : state) {
    run(input.data(), output.data(), scratch.data());
    benchmark::DoNotOptimize(output.data());
    benchmark::ClobberMemory();
  }
  state.counters["macs"] = benchmark::Counter(static_cast<double>(macs), benchmark::Counter::kIsIterationInvariantRate);
}

struct Shape {
  tinyc_window window;
  int32_t groups, length, filters;
  int64_t macs;

  explicit Shape(const Layer &layer) : window(makeWindow(layer)), groups(layer.filters ? 1 : layer.channels) {
    filters = window.output_channels;
    length = window.kernel_height * window.kernel_width * (window.input_channels / groups);
    macs = static_cast<int64_t>(window.output_height) * window.output_width * filters * length;
  }
};

void runInt8(benchmark::State &state, Layer layer, bool tuned) {
  Shape shape(layer);
  tinyc_conv2d_s8_params params = {shape.window, shape.groups, -3, {5, -128, 127, 32, 1}};
  auto weights = makeRandom<int8_t>(shape.filters * shape.length);
  std::vector<int32_t> bias(shape.filters, 1000), multipliers(shape.filters, 1 << 22);
  tinyc_constants constants = {weights.data(), bias.data(), multipliers.data(), nullptr, nullptr};
  const tinyc_packing &packing = layer.filters ? tinyc_conv2d_s8_panels_packing : tinyc_depthwise_s8_panels_packing;
  std::vector<uint8_t> packed(packing.bytes(&params));
  packing.write(&params, &constants, packed.data());
  auto generic = layer.filters ? tinyc_conv2d_s8_s8 : tinyc_depthwise_conv2d_s8_s8;
#if defined(__x86_64__)
  auto kernel = tuned ? layer.filters ? tinyc_conv2d_s8_s8_x86_64 : tinyc_depthwise_conv2d_s8_s8_x86_64 : generic;
#else
  auto kernel = generic;
#endif
  const int8_t *data = tuned ? reinterpret_cast<const int8_t *>(packed.data()) : weights.data();
  measure<int8_t>(state, params, shape.macs, tinyc_conv2d_s8_s8_x86_64_scratch(&params),
                  [&](const int8_t *input, int8_t *output, void *scratch) {
                    kernel(&params, input, data, bias.data(), multipliers.data(), output, scratch, 0,
                           shape.window.output_height);
                  });
}

void runFloat(benchmark::State &state, Layer layer, bool tuned) {
  Shape shape(layer);
  float infinity = std::numeric_limits<float>::infinity();
  tinyc_conv2d_f32_params params = {shape.window, shape.groups, {-infinity, infinity}};
  auto weights = makeRandom<float>(shape.filters * shape.length), bias = makeRandom<float>(shape.filters);
  tinyc_constants constants = {nullptr, nullptr, nullptr, weights.data(), bias.data()};
  std::vector<float> packed(tinyc_conv2d_f32_panels_bytes(&params) / sizeof(float));
  tinyc_conv2d_f32_panels_write(&params, &constants, reinterpret_cast<uint8_t *>(packed.data()));
  auto generic = layer.filters ? tinyc_conv2d_f32_f32 : tinyc_depthwise_conv2d_f32_f32;
#if defined(__x86_64__)
  auto kernel = tuned ? layer.filters ? tinyc_conv2d_f32_f32_x86_64 : tinyc_depthwise_conv2d_f32_f32_x86_64 : generic;
#else
  auto kernel = generic;
#endif
  const float *data = tuned && layer.filters ? packed.data() : weights.data();
  measure<float>(state, params, shape.macs, tinyc_conv2d_f32_f32_x86_64_scratch(&params),
                 [&](const float *input, float *output, void *scratch) {
                   kernel(&params, input, data, bias.data(), output, scratch, 0, shape.window.output_height);
                 });
}

} // namespace

/// Registers every kernel on every layer.
void registerKernels() {
#if defined(__x86_64__)
  const std::vector<bool> variants = {false, true};
#else
  const std::vector<bool> variants = {false};
#endif
  for (const Layer &layer : layers)
    for (bool tuned : variants) {
      std::string shape = std::string(layer.network) + " " + std::to_string(layer.height) + "x" +
                          std::to_string(layer.width) + "x" + std::to_string(layer.channels) + " " +
                          std::to_string(layer.kernelHeight) + "x" + std::to_string(layer.kernelWidth) +
                          (layer.filters ? "->" + std::to_string(layer.filters) : "") + (layer.stride > 1 ? " /2" : "");
      std::string variant = tuned ? "/x86_64" : "/generic";
      benchmark::RegisterBenchmark((shape + "/s8" + variant).c_str(), runInt8, layer, tuned);
      benchmark::RegisterBenchmark((shape + "/f32" + variant).c_str(), runFloat, layer, tuned);
    }
}
