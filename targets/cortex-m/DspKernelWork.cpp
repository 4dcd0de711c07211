// The work of the convolutions and matrix products in runtime/kernels/armv7e-m; each function follows the loops of its
// kernel.
#include "targets/cortex-m/KernelWork.h"

#include "tinyc/kernels.h"
#include "tinyc/layouts.h"
#include "tinyc/window.h"

#include <algorithm>

namespace tinyc::targets {

namespace {

/// Output pixels of a row in blocks of threes and twos, and at most one alone.
struct Blocks {
  int32_t threes, twos, ones;
};

Blocks splitRow(int32_t width) {
  if (width <= 2)
    return {0, width == 2, width == 1};
  int32_t twos = width % 3 == 0 ? 0 : 3 - width % 3;
  return {(width - 2 * twos) / 3, twos, 0};
}

/// What of the columns of a row of output is gathered, and how.
struct Gathering {
  double runs = 0;   ///< pixels of one input row
  double fills = 0;  ///< words of padding written
  double blocks = 0; ///< blocks of columns
  double rows = 0;   ///< input rows of those blocks
};

/// `columns` columns, `step` apart, from input column `left`, whose windows begin in input row `top`; `length` elements
/// each.
void gather(const tinyc_window &window, int32_t top, int32_t left, int32_t columns, int32_t step, int32_t length,
            Gathering &sum) {
  tinyc_taps across = tinyc_inner_taps(left, step, columns, window.input_width);
  tinyc_taps down = tinyc_inner_taps(top, window.dilation_height, window.kernel_height, window.input_height);
  int32_t inside = across.end - across.begin, rows = down.end - down.begin;
  if (inside < columns || rows < window.kernel_height)
    sum.fills += columns * length / 2;
  sum.blocks += 1;
  if (inside == 0)
    return;
  sum.rows += rows;
  sum.runs += static_cast<double>(rows) * inside;
}

/// Outputs that a kernel limits to a narrow clamp after it has written them.
double countClamped(const tinyc_output_s8 &stage, double outputs) {
  return stage.clamp_min > -128 || stage.clamp_max < 127 ? outputs : 0;
}

/// Of a weight, by the kernel's name.
int32_t getWeightBits(const KernelCall &call) {
  return call.symbol.find("_s8_s4") != call.symbol.npos ? 4 : call.symbol.find("_s8_s2") != call.symbol.npos ? 2 : 8;
}

double countOutputs(const KernelCall &call, const tinyc_window &window) {
  return static_cast<double>(call.rows()) * window.output_width * window.output_channels;
}

} // namespace

KernelWork countColumns(const KernelCall &call) {
  const auto &params = call.as<tinyc_conv2d_s8_params>();
  const tinyc_window &window = params.window, group = tinyc_group_window(&params);
  int32_t channels = group.input_channels, filters = group.output_channels, width = window.output_width;
  bool pixelwise = window.kernel_height == 1 && window.kernel_width == 1 && window.stride_height == 1 &&
                   window.stride_width == 1 && params.groups == 1 && window.pad_top == 0 && window.pad_left == 0 &&
                   width == window.input_width && window.output_height == window.input_height;
  bool together = tinyc_has_shared_columns(&window), isTall = !pixelwise && width == 1;
  int32_t shift = tinyc_column_shift(&window), length = tinyc_column_length(&group);
  int32_t step = window.kernel_width == 1 ? window.stride_width : window.dilation_width;
  double threes = 0, twos = 0, ones = 0, pieces = 0;
  for (int32_t y = call.rowBegin, rows; y < call.rowEnd; y += rows) {
    // Rows that lie in one piece are one row of blocks.
    rows = 1;
    if (isTall || (pixelwise && window.input_ring_rows > 0))
      rows = std::min(window.output_ring_rows - tinyc_ring_row(y, window.output_ring_rows), call.rowEnd - y);
    if (pixelwise && window.input_ring_rows > 0)
      rows = std::min(rows, window.input_ring_rows - tinyc_ring_row(y, window.input_ring_rows));
    Blocks blocks = splitRow(width * rows);
    threes += blocks.threes * params.groups;
    twos += blocks.twos * params.groups;
    ones += blocks.ones * params.groups;
    pieces += 1;
  }
  Gathering gathered;
  for (int32_t y = call.rowBegin; y < call.rowEnd && !pixelwise; y++) {
    int32_t top = y * window.stride_height - window.pad_top;
    for (int32_t x = 0; x < window.output_width;) {
      int32_t missing = window.output_width - x, pixels = missing == 4 || missing == 2 ? 2 : missing == 1 ? 1 : 3;
      int32_t left = x * window.stride_width - window.pad_left;
      if (together)
        gather(window, top, left, window.kernel_width + (pixels - 1) * shift, step, length, gathered);
      for (int32_t i = 0; i < pixels && !together; i++)
        gather(window, top, left + i * window.stride_width, window.kernel_width, step, length, gathered);
      x += pixels;
    }
  }

  // Steps of the inner loop: of two elements, or of the four or eight of a word of narrow weights.
  int32_t bits = getWeightBits(call), groups = params.groups;
  int32_t words = bits < 8 ? tinyc_narrow_column_words(&group, bits == 4 ? 2 : 4) : window.kernel_width * length / 2;
  // Filters in whole pairs, and those that take the way through a buffer.
  double pairs = filters / 2, buffered3 = filters % 2 * threes,
         buffered2 = filters % 2 * twos + (filters + 1) / 2 * ones;
  double outputs3 = threes * pairs + buffered3, outputs2 = twos * pairs + buffered2;
  auto exits = [&](double outputs, int32_t round) { return words > round ? outputs : 0; };

  bool isFew = step == 1 && groups == 1 && channels <= 3, inFours = channels % 4 == 0;
  KernelWork work;
  struct Variant {
    const char *s8, *s4, *s2;
  };
  static constexpr Variant pixels = {"conv2d_columns_pixels", "conv2d_columns_s4_pixels", "conv2d_columns_s2_pixels"},
                           pixelsOfAny = {"conv2d_columns_pixels_any", "conv2d_columns_s4_pixels_any",
                                          "conv2d_columns_s2_pixels_any"},
                           fours = {"conv2d_columns_fours", "conv2d_columns_s4_fours", "conv2d_columns_s2_fours"},
                           foursApart = {"conv2d_columns_fours_apart", "conv2d_columns_s4_fours_apart",
                                         "conv2d_columns_s2_fours_apart"},
                           one = {"conv2d_columns_ones", "conv2d_columns_s4_ones", "conv2d_columns_s2_ones"},
                           two = {"conv2d_columns_twos", "conv2d_columns_s4_twos", "conv2d_columns_s2_twos"},
                           three = {"conv2d_columns_threes", "conv2d_columns_s4_threes", "conv2d_columns_s2_threes"},
                           any = {"conv2d_columns_any", "conv2d_columns_s4_any", "conv2d_columns_s2_any"},
                           anyApart = {"conv2d_columns_any_apart", "conv2d_columns_s4_any_apart",
                                       "conv2d_columns_s2_any_apart"};
  const Variant &variant = pixelwise  ? inFours ? pixels : pixelsOfAny
                           : inFours  ? together ? fours : foursApart
                           : isFew    ? channels == 1   ? one
                                        : channels == 2 ? two
                                                        : three
                           : together ? any
                                      : anyApart;
  work.variant = bits == 8 ? variant.s8 : bits == 4 ? variant.s4 : variant.s2;
  work.add("call", 1);
  work.add("row", pieces * groups);
  work.add("block", threes + twos + ones);
  work.add("step of 3 pixels", outputs3 * words);
  work.add("step of 2 pixels", outputs2 * words);
  work.add("filter pair of 3 pixels", outputs3);
  work.add("filter pair of 2 pixels", outputs2);
  work.add("end of steps", exits(outputs3, bits == 8 ? 32 : bits == 4 ? 16 : 8) + exits(outputs2, bits == 2 ? 8 : 16));
  if (bits < 8)
    work.add("elements of a step added up", (threes + twos + ones) * words);
  work.add("filter pair through a buffer", buffered3 + buffered2);
  work.add("output clamped", countClamped(params.output, countOutputs(call, window)));
  double columns = (threes + twos + ones) * window.kernel_width + (2 * threes + twos) * shift;
  work.add("word of elements shifted", params.output.shift != 32 ? columns * length / 2 : 0);
  work.constantBytes = (threes + twos + ones) * ((filters + 1) / 2) * (16 + 4.0 * words);
  if (pixelwise) {
    double pixels = static_cast<double>(call.rows()) * width;
    work.add("pixel gathered", inFours ? 0 : pixels);
    work.add("four elements gathered", pixels * (channels / 4));
    work.add("element gathered", pixels * (channels % 4));
    return work;
  }
  work.add("columns gathered", gathered.blocks * groups);
  work.add("row of an only pixel", isTall ? gathered.blocks * groups : 0);
  work.add("input row gathered", gathered.rows * groups);
  work.add("pixel gathered", gathered.runs * groups);
  work.add("four elements gathered", isFew ? 0 : gathered.runs * groups * (channels / 4));
  work.add("element gathered", isFew ? 0 : gathered.runs * groups * (channels % 4));
  work.add("word of padding", gathered.fills * groups);
  return work;
}

KernelWork countDirect(const KernelCall &call) {
  const auto &params = call.as<tinyc_conv2d_s8_params>();
  const tinyc_window &window = params.window;
  int32_t height = window.kernel_height, width = window.kernel_width, channels = window.input_channels;
  // Of pairs of pixels, and of a single one.
  struct {
    double blocks = 0, segments = 0, steps = 0, rounds = 0;
  } two, one;
  for (int32_t y = call.rowBegin; y < call.rowEnd; y++) {
    int32_t top = y * window.stride_height - window.pad_top;
    tinyc_taps taps = tinyc_inner_taps(top, window.dilation_height, height, window.input_height);
    int32_t inside = taps.end - taps.begin;
    for (int32_t x = 0; x < window.output_width; x += 2) {
      bool isSingle = x + 1 == window.output_width;
      int32_t left = x * window.stride_width - window.pad_left, shift = isSingle ? 0 : window.stride_width;
      int32_t begin = std::min(std::max(-left, 0), width);
      int32_t joined = std::max(std::min(width, window.input_width - left - shift) - begin, 0);
      if (window.dilation_width > 1)
        joined = 0;
      int32_t alone = inside * (width - joined) + (height - inside) * width, together = joined > 0 ? inside : 0;
      auto &kind = isSingle ? one : two;
      constexpr int32_t round = 16;
      kind.blocks += 1;
      kind.segments += alone + together;
      kind.steps += height * width * channels / 4;
      kind.rounds += alone * ((channels / 4 - 1) / round) + together * ((joined * channels / 4 - 1) / round);
    }
  }
  double filters = (window.output_channels + 1) / 2;
  KernelWork work;
  work.variant = "conv2d_direct";
  work.add("call", 1);
  work.add("row", call.rows());
  work.add("pixels", two.blocks + one.blocks);
  work.add("segment", two.segments + one.segments);
  work.add("filter pair of two pixels", two.blocks * filters);
  work.add("segment of two pixels", two.segments * filters);
  work.add("step of two pixels", two.steps * filters);
  work.add("further round of two pixels", two.rounds * filters);
  work.add("filter pair of a pixel", one.blocks * filters);
  work.add("segment of a pixel", one.segments * filters);
  work.add("step of a pixel", one.steps * filters);
  work.add("further round of a pixel", one.rounds * filters);
  work.add("filter pair through a buffer", (two.blocks + one.blocks) * (window.output_channels % 2));
  work.add("element of padding", tinyc_is_padded(&window) ? channels : 0);
  work.add("output clamped", countClamped(params.output, countOutputs(call, window)));
  work.constantBytes = (two.blocks + one.blocks) * filters * (16 + 2.0 * height * width * channels);
  return work;
}

KernelWork countPlanes(const KernelCall &call) {
  const auto &params = call.as<tinyc_conv2d_s8_params>();
  const tinyc_window &window = params.window;
  int32_t pairs = tinyc_planes_pairs(&window), kernelWidth = tinyc_planes_kernel_width(&window);
  int32_t stripWidth = tinyc_planes_width(&window), width = window.output_width;
  double channels = window.output_channels, planes = window.input_channels;
  int32_t inside = std::min(window.input_width, stripWidth - window.pad_left);
  int32_t columns = (width + TINYC_PLANES_PIXELS - 1) / TINYC_PLANES_PIXELS;
  // Of two output rows, and of a single one.
  struct {
    double strips = 0, runs = 0, blocks = 0, kernelRows = 0, weights = 0;
  } two, one;
  double fills = 0, pairRows = 0, halfRows = 0, buffered = 0;
  for (int32_t y = call.rowBegin; y < call.rowEnd; y += 2 * pairs) {
    int32_t rows = std::min(2 * pairs, call.rowEnd - y);
    int32_t kernelRows = rows == 1 ? (window.kernel_height + 1) / 2 : tinyc_planes_kernel_rows(&window);
    int32_t stripRows = rows == 1 ? kernelRows : tinyc_planes_rows(&window, (rows + 1) / 2);
    int32_t top = y * window.stride_height - window.pad_top;
    int32_t reach = (rows - 1) * window.stride_height + window.kernel_height;
    int32_t begin = std::max(top, 0), end = std::min(top + reach, window.input_height);
    int32_t input = std::max(end - begin, 0), above = input > 0 && (begin - top) % 2 != 0;
    fills += stripRows * stripWidth;
    halfRows += above + (input - above) % 2;
    pairRows += (input - above) / 2;
    auto &kind = rows == 1 ? one : two;
    int32_t blocks = (rows + 1) / 2 * columns;
    if (rows == 1) {
      blocks = (width + TINYC_PLANES_ROW_PIXELS - 1) / TINYC_PLANES_ROW_PIXELS;
      kind.runs += 1 + (width > TINYC_PLANES_ROW_PIXELS && width % TINYC_PLANES_ROW_PIXELS != 0);
      buffered += width < TINYC_PLANES_ROW_PIXELS ? width : 0;
    } else {
      bool plain =
          width >= TINYC_PLANES_PIXELS && tinyc_ring_row(y, window.output_ring_rows) + rows <= window.output_ring_rows;
      kind.runs += plain ? columns : blocks;
      buffered += plain ? 0 : rows * width;
    }
    kind.strips += 1;
    kind.blocks += blocks;
    kind.kernelRows += blocks * kernelRows;
    kind.weights += kernelRows * kernelWidth;
  }
  KernelWork work;
  bool isNarrow = getWeightBits(call) < 8;
  work.variant = window.stride_width == 1 ? isNarrow ? "depthwise_planes_narrow" : "depthwise_planes"
                 : isNarrow               ? "depthwise_planes_narrow_stride_2"
                                          : "depthwise_planes_stride_2";
  work.add("call", 1);
  work.add("strip", two.strips + one.strips);
  work.add("word of padding", fills);
  work.add("pair of input rows", planes * pairRows);
  work.add("word gathered", planes * pairRows * inside);
  work.add("half gathered", planes * halfRows * inside);
  work.add("output through a buffer", channels * buffered);
  work.add("channel", channels * two.strips);
  work.add("column of blocks", channels * two.runs);
  work.add("block", channels * two.blocks);
  work.add("row of words", channels * two.kernelRows);
  work.add("step", channels * two.kernelRows * kernelWidth);
  work.add("weight unpacked", channels * two.weights);
  work.add("channel of one row", channels * one.strips);
  work.add("run of one row", channels * one.runs);
  work.add("block of one row", channels * one.blocks);
  work.add("row of words of one row", channels * one.kernelRows);
  work.add("step of one row", channels * one.kernelRows * kernelWidth);
  work.add("weight unpacked for one row", channels * one.weights);
  work.add("output clamped", countClamped(params.output, countOutputs(call, window)));
  double taps = window.kernel_height * window.kernel_width, strips = two.strips + one.strips;
  if (isNarrow)
    work.add("narrow weight", strips * channels * taps);
  work.add("weight shifted", params.output.shift != 32 ? channels * 2 * (two.weights + one.weights) : 0);
  work.constantBytes = strips * channels * (8 + taps * getWeightBits(call) / 8);
  return work;
}

KernelWork countRows3x3(const KernelCall &call) {
  const auto &params = call.as<tinyc_conv2d_s8_params>();
  const tinyc_window &window = params.window;
  int32_t stride = window.stride_width, isLeft = window.pad_left > 0;
  int32_t isRight = (window.output_width - 1) * stride - window.pad_left + 2 == window.input_width;
  int32_t steps = window.output_width - isRight - 1, round = stride == 1 ? 3 : 2, rounds = (steps + round - 1) / round;
  double above = 0, below = 0, lines = static_cast<double>(call.rows()) * window.output_channels;
  for (int32_t y = call.rowBegin; y < call.rowEnd; y++) {
    int32_t top = y * stride - window.pad_top;
    above += top < 0;
    below += top + 2 >= window.input_height;
  }
  KernelWork work;
  bool isNarrow = getWeightBits(call) < 8;
  work.variant = stride == 1 ? isNarrow ? "depthwise_rows_3x3_s4" : "depthwise_rows_3x3"
                 : isNarrow  ? "depthwise_rows_3x3_s4_stride_2"
                             : "depthwise_rows_3x3_stride_2";
  work.add("call", 1);
  // Narrow weights: of eight channels at a time.
  work.add("row", isNarrow ? call.rows() * ((window.output_channels + 7) / 8) : call.rows());
  work.add("line of a channel", lines);
  work.add("output", lines * window.output_width);
  work.add("line below padding", above * window.output_channels);
  work.add("line above padding", below * window.output_channels);
  work.add("line from its first column on", isLeft ? 0 : lines);
  work.add("line with padding at its end", isRight ? lines : 0);
  work.add("line of some rounds", rounds > 1 ? lines : 0);
  work.add("line that enters a round", rounds * round != steps ? lines : 0);
  work.add("output clamped", countClamped(params.output, lines * window.output_width));
  if (isNarrow)
    work.add("narrow channel", window.output_channels);
  work.constantBytes = isNarrow ? window.output_channels * 12.5 : lines * 20;
  return work;
}

KernelWork countLines(const KernelCall &call) {
  const auto &params = call.as<tinyc_conv2d_s8_params>();
  const tinyc_window &window = params.window;
  int32_t steps = tinyc_lines_words(&window), count = tinyc_lines_count(&window), step = 1;
  if (window.stride_width == 1)
    step = 2 * window.dilation_width;
  double lines = static_cast<double>(call.rows()) * window.output_channels, parts = 0, blocks = 0, words = 0;
  double runs = 0, buffered = 0, padded = 0;
  for (int32_t number = 0; number < count; number++) {
    int32_t outputs = (window.output_width - (step > 1 ? number : 0) + step - 1) / step;
    int32_t left = (step > 1 ? number : 0) - window.pad_left, advance = 2 * window.dilation_width;
    for (int32_t begin = 0; begin < outputs; begin += TINYC_LINES_OUTPUTS, left += TINYC_LINES_OUTPUTS * advance) {
      int32_t part = std::min(outputs - begin, static_cast<int32_t>(TINYC_LINES_OUTPUTS));
      int32_t whole = part / TINYC_PLANES_ROW_PIXELS, rest = part % TINYC_PLANES_ROW_PIXELS;
      parts += 1;
      runs += (whole > 0) + (rest > 0);
      blocks += whole + (rest > 0);
      buffered += whole == 0 ? part : 0;
      tinyc_taps inside = tinyc_inner_taps(left, advance, part + steps - 1, window.input_width - window.dilation_width);
      words += inside.end - inside.begin;
      padded += part + steps - 1 - (inside.end - inside.begin);
    }
  }
  KernelWork work;
  work.variant = "depthwise_lines";
  work.add("call", 1);
  work.add("row", call.rows());
  work.add("channel", lines);
  work.add("weight unpacked", lines * steps);
  work.add("weight shifted", params.output.shift != 32 ? lines * 2 * steps : 0);
  work.add("line", lines * parts);
  work.add("word gathered", lines * words);
  work.add("word with padding", lines * padded);
  work.add("run", lines * runs);
  work.add("block", lines * blocks);
  work.add("row of words", lines * blocks * (steps / tinyc_lines_row(&window)));
  work.add("step", lines * blocks * steps);
  work.add("output through a buffer", lines * buffered);
  work.add("output clamped", countClamped(params.output, lines * window.output_width));
  work.constantBytes = lines * (8 + window.kernel_width);
  return work;
}

KernelWork countPixelPairs(const KernelCall &call) {
  const auto &params = call.as<tinyc_conv2d_s8_params>();
  const tinyc_window &window = params.window;
  int32_t channels = window.input_channels / params.groups, filters = window.output_channels / params.groups;
  int32_t length = window.kernel_height * window.kernel_width * channels;
  double pixels = static_cast<double>(call.rows()) * window.output_width;
  double products = static_cast<double>(static_cast<int64_t>(pixels + 1) / 2) * params.groups;
  bool runs = window.dilation_width * window.input_channels == channels;
  bool fast = params.output.shift == 32 && params.output.clamp_min <= -128 && params.output.clamp_max >= 127;
  KernelWork work;
  work.variant = fast ? "conv2d_pixel_pairs" : "conv2d_pixel_pairs_slow_stage";
  work.add("call", 1);
  work.add("pair of pixels", products);
  work.add("run gathered", 2 * products * window.kernel_height * (runs ? 1 : window.kernel_width));
  work.add("four elements gathered", 2 * products * (length / 4));
  work.add("element gathered", channels % 4 == 0 ? 0 : 2 * products * (length % 4 + 2 * window.kernel_height));
  work.add("filter pair", products * (filters / 2));
  work.add("filter alone", products * (filters % 2));
  work.add("sixteen elements", products * (filters / 2) * (length / 16));
  work.add("four elements", products * (filters / 2) * (length % 16 / 4));
  work.add("element", products * (filters / 2) * (length % 4));
  work.add("four elements of a filter alone", products * (filters % 2) * (length / 4));
  work.add("element of a filter alone", products * (filters % 2) * (length % 4));
  work.add("unaligned load", countUnaligned(products * filters * (length / 4), length) +
                                 countUnaligned(2 * products * (length / 4), channels));
  work.constantBytes = products * filters * (length + 8.0);
  return work;
}

KernelWork countChannelFours(const KernelCall &call) {
  const auto &params = call.as<tinyc_conv2d_s8_params>();
  const tinyc_window &window = params.window;
  int32_t taps = window.kernel_height * window.kernel_width, channels = window.output_channels;
  bool plain = channels == window.input_channels;
  double fours = plain ? channels / 4 : 0, alone = channels - 4 * fours;
  double rows = call.rows(), pixels = rows * window.output_width;
  bool fast = params.output.shift == 32 && params.output.clamp_min <= -128 && params.output.clamp_max >= 127;
  double inside = 0, insideColumns = 0, insideRows = 0;
  for (int32_t x = 0; x < window.output_width; x++) {
    tinyc_taps taps = tinyc_inner_taps(x * window.stride_width - window.pad_left, window.dilation_width,
                                       window.kernel_width, window.input_width);
    insideColumns += taps.end - taps.begin;
  }
  for (int32_t y = call.rowBegin; y < call.rowEnd; y++) {
    tinyc_taps taps = tinyc_inner_taps(y * window.stride_height - window.pad_top, window.dilation_height,
                                       window.kernel_height, window.input_height);
    insideRows += taps.end - taps.begin;
  }
  inside = insideRows * insideColumns;
  KernelWork work;
  bool spans = window.kernel_height == 3 && window.kernel_width == 3;
  int32_t bits = getWeightBits(call);
  if (bits == 8)
    work.variant = spans  ? fast ? "depthwise_fours_3x3" : "depthwise_fours_3x3_slow_stage"
                   : fast ? "depthwise_fours"
                          : "depthwise_fours_slow_stage";
  else
    work.variant = spans  ? fast ? "depthwise_fours_3x3_narrow" : "depthwise_fours_3x3_narrow_slow_stage"
                   : fast ? "depthwise_fours_narrow"
                          : "depthwise_fours_narrow_slow_stage";
  work.add("call", 1);
  work.add("four channels", fours);
  work.add("weight of four channels", fours * taps);
  work.add("row of four channels", fours * rows);
  work.add("pixel of four channels", fours * pixels);
  work.add("tap of four channels", fours * inside);
  work.add("row of taps of four channels", fours * insideRows * window.output_width);
  work.add("weight of a channel alone", alone * taps);
  work.add("pixel of a channel alone", alone * pixels);
  work.add("row of taps of a channel alone", alone * insideRows * window.output_width);
  work.add("tap of a channel alone", alone * inside);
  work.add("unaligned load", countUnaligned(fours * (inside + taps), channels));
  work.constantBytes = channels * (taps * bits / 8.0 + 4) + channels * pixels * 4;
  return work;
}

KernelWork countFullyConnectedPairs(const KernelCall &call) {
  const auto &params = call.as<tinyc_fully_connected_s8_params>();
  double rows = call.rows(), whole = params.outputs / 6;
  int32_t left = params.outputs % 6, fours = (params.inputs + 3) / 4;
  KernelWork work;
  int32_t bits = getWeightBits(call);
  work.variant = bits == 8   ? "fully_connected_pairs"
                 : bits == 4 ? "fully_connected_pairs_s4"
                             : "fully_connected_pairs_s2";
  work.add("call", 1);
  work.add("row", rows);
  work.add("block of 3 pairs", rows * (whole + (left > 4)));
  work.add("four inputs of 3 pairs", rows * (whole + (left > 4)) * fours);
  work.add("block of 2 pairs", rows * (left == 3 || left == 4));
  work.add("four inputs of 2 pairs", rows * (left == 3 || left == 4) * fours);
  work.add("block of 1 pair", rows * (left == 1 || left == 2));
  work.add("four inputs of 1 pair", rows * (left == 1 || left == 2) * fours);
  work.add("output through a buffer", rows * left);
  work.add("block with last inputs apart", params.inputs % 4 ? rows * (whole + (left > 0)) : 0);
  work.add("unaligned load", countUnaligned(rows * (whole + (left > 0)) * fours, rows > 1 ? params.inputs : 4));
  work.add("output clamped", countClamped(params.output, rows * params.outputs));
  if (bits < 8)
    work.add("four inputs added up", rows * fours);
  work.constantBytes = rows * params.outputs * (params.inputs * bits / 8 + 8.0);
  return work;
}

KernelWork countFullyConnectedFours(const KernelCall &call) {
  const auto &params = call.as<tinyc_fully_connected_s8_params>();
  double rows = call.rows(), fours = rows * (params.outputs / 4), alone = rows * (params.outputs % 4);
  bool fast = params.output.shift == 32 && params.output.clamp_min <= -128 && params.output.clamp_max >= 127;
  KernelWork work;
  work.variant = fast ? "fully_connected_fours" : "fully_connected_fours_slow_stage";
  work.add("call", 1);
  work.add("row", rows);
  work.add("four outputs", fours);
  work.add("four inputs of four outputs", fours * (params.inputs / 4));
  work.add("input of four outputs", fours * (params.inputs % 4));
  work.add("output alone", alone);
  work.add("four inputs of an output alone", alone * (params.inputs / 4));
  work.add("input of an output alone", alone * (params.inputs % 4));
  work.add("unaligned load", countUnaligned((4 * fours + alone) * (params.inputs / 4), params.inputs));
  work.constantBytes = rows * params.outputs * (params.inputs + 8.0);
  return work;
}

} // namespace tinyc::targets
