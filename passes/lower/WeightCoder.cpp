#include "passes/lower/WeightCoder.h"

#include "tinyc/decode.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/ErrorHandling.h"

#include <array>
#include <cmath>
#include <optional>

namespace tinyc::lower {

namespace {

/// A string of bits, the lowest of each byte first.
class BitWriter {
public:
  void put(uint32_t value, uint32_t count) {
    for (uint32_t bit = 0; bit < count; ++bit, ++position) {
      if (position % 8 == 0)
        bytes.push_back(0);
      bytes.back() |= static_cast<uint8_t>((value >> bit & 1u) << (position % 8));
    }
  }
  /// A frequency: n zeros, a one, the lower n bits of it + 1.
  void putFrequency(uint32_t frequency) {
    uint32_t length = llvm::Log2_32(frequency + 1);
    put(1u << length, length + 1);
    put(frequency + 1, length);
  }
  /// The string, with its zeros behind it, in whole words.
  std::vector<uint8_t> finish() {
    bytes.resize(llvm::alignTo(bytes.size() + TINYC_DECODE_END_BYTES, 4), 0);
    return std::move(bytes);
  }

private:
  std::vector<uint8_t> bytes;
  size_t position = 0;
};

/// Words and bytes that follow each other, and again.
struct Run {
  int64_t words, bytes, repetitions;
};

/// How words of one kind are coded: (least + v) << shift, v of `width` bits.
struct WordForm {
  uint32_t shift = 0, width = 0, least = 0;
};

/// The parts of a string before its bytes are coded.
struct Layout {
  std::vector<Run> runs;
  std::vector<std::pair<int, uint32_t>> words; ///< kind (0 or 1) and value, in order
  std::vector<uint8_t> bytes;                  ///< in order
  WordForm forms[2];
};

Layout makeLayout(llvm::ArrayRef<uint8_t> raw, llvm::ArrayRef<WordKind> kinds) {
  constexpr int64_t kMostWords = (1 << 16) - 1, kMostBytes = (1 << 24) - 1, kMostRepetitions = (1 << 16) - 1;
  Layout layout;
  auto getKind = [&](size_t word) { return word < kinds.size() ? kinds[word] : WordKind::Bytes; };
  size_t position = 0;
  while (position < raw.size()) {
    Run run = {0, 0, 1};
    while (position + 4 <= raw.size() && getKind(position / 4) != WordKind::Bytes && run.words < kMostWords) {
      uint32_t value = 0;
      memcpy(&value, raw.data() + position, 4);
      layout.words.push_back({getKind(position / 4) == WordKind::Bias ? 0 : 1, value});
      ++run.words;
      position += 4;
    }
    while (position < raw.size() && run.bytes < kMostBytes &&
           (position + 4 > raw.size() || position % 4 != 0 || getKind(position / 4) == WordKind::Bytes)) {
      layout.bytes.push_back(raw[position++]);
      ++run.bytes;
    }
    if (!layout.runs.empty() && layout.runs.back().words == run.words && layout.runs.back().bytes == run.bytes &&
        layout.runs.back().repetitions < kMostRepetitions)
      ++layout.runs.back().repetitions;
    else
      layout.runs.push_back(run);
  }
  for (int kind : {0, 1}) {
    uint32_t all = 0;
    std::vector<int32_t> values;
    for (auto [other, value] : layout.words)
      if (other == kind) {
        all |= value;
        values.push_back(static_cast<int32_t>(value));
      }
    WordForm &form = layout.forms[kind];
    if (values.empty())
      continue;
    form.shift = all == 0 ? 0 : llvm::countr_zero(all);
    int64_t least = *llvm::min_element(values) >> form.shift, most = *llvm::max_element(values) >> form.shift;
    form.least = static_cast<uint32_t>(least);
    while (most - least >= int64_t(1) << form.width)
      ++form.width;
  }
  return layout;
}

/// Frequencies of 2^tableLog in all for these counts, at least 1 each, of about least cost: what the coarse ones lack or exceed goes
/// one by one to where it changes the sum of count * -log2(frequency) least.
std::optional<std::vector<uint32_t>> normalize(llvm::ArrayRef<int64_t> counts, int32_t tableLog) {
  int64_t total = 0, states = int64_t(1) << tableLog, sum = 0;
  for (int64_t count : counts)
    total += count;
  std::vector<uint32_t> frequencies(counts.size(), 0);
  for (auto [frequency, count] : llvm::zip_equal(frequencies, counts)) {
    if (count > 0)
      frequency = static_cast<uint32_t>(std::max<int64_t>(1, count * states / std::max<int64_t>(total, 1)));
    sum += frequency;
  }
  if (total == 0) { // no bytes: any table
    frequencies.assign(1, static_cast<uint32_t>(states));
    return frequencies;
  }
  while (sum != states) {
    int64_t step = sum < states ? 1 : -1;
    double least = INFINITY;
    size_t best = counts.size();
    for (size_t value = 0; value < counts.size(); ++value) {
      if (counts[value] == 0 || (step < 0 && frequencies[value] == 1))
        continue;
      double cost = static_cast<double>(counts[value]) *
                    (std::log2(frequencies[value]) - std::log2(frequencies[value] + static_cast<double>(step)));
      if (cost < least) {
        least = cost;
        best = value;
      }
    }
    if (best == counts.size())
      return std::nullopt; // more values than states
    frequencies[best] += static_cast<uint32_t>(step);
    sum += step;
  }
  return frequencies;
}

/// The bits that each symbol leaves, and the first state: a table-driven asymmetric numeral system runs backwards here.
struct SymbolBits {
  std::vector<std::pair<uint16_t, uint8_t>> bits; ///< value, count
  uint32_t firstState;
};

SymbolBits encodeSymbols(llvm::ArrayRef<uint8_t> symbols, int least, llvm::ArrayRef<uint32_t> frequencies, int32_t tableLog) {
  uint32_t states = 1u << tableLog, stride = tinyc_decode_stride(states), place = 0;
  // As in the decoder: the states of each value, by the number they have in it.
  std::vector<uint32_t> valueOf(states);
  for (auto [value, frequency] : llvm::enumerate(frequencies))
    for (uint32_t i = 0; i < frequency; ++i, place = (place + stride) & (states - 1))
      valueOf[place] = static_cast<uint32_t>(value);
  std::vector<std::vector<uint32_t>> statesOf(frequencies.size());
  for (uint32_t state = 0; state < states; ++state)
    statesOf[valueOf[state]].push_back(state);
  SymbolBits result;
  result.bits.resize(symbols.size());
  uint32_t state = 0; // behind the last symbol
  for (size_t i = symbols.size(); i-- > 0;) {
    auto value = static_cast<size_t>(static_cast<int8_t>(symbols[i]) - least);
    uint32_t frequency = frequencies[value], full = state + states, count = 0;
    while (full >> count >= 2 * frequency)
      ++count;
    result.bits[i] = {static_cast<uint16_t>(full & ((1u << count) - 1)), static_cast<uint8_t>(count)};
    state = statesOf[value][(full >> count) - frequency];
  }
  result.firstState = state;
  return result;
}

std::optional<CodedBytes> encodeLayout(const Layout &layout, bool pairs, int32_t tableLog) {
  std::vector<uint8_t> symbols = layout.bytes;
  if (pairs) { // in each run the second of two bytes: the high one of a halfword, from which a negative low one borrowed
    size_t position = 0;
    for (const Run &run : layout.runs)
      for (int64_t repetition = 0; repetition < run.repetitions; ++repetition, position += run.bytes)
        for (int64_t i = 0; i + 2 <= run.bytes; i += 2)
          symbols[position + i + 1] = static_cast<uint8_t>(symbols[position + i + 1] + (layout.bytes[position + i] >> 7));
  }
  int least = 127, most = -128;
  for (uint8_t symbol : symbols) {
    least = std::min<int>(least, static_cast<int8_t>(symbol));
    most = std::max<int>(most, static_cast<int8_t>(symbol));
  }
  if (symbols.empty())
    least = most = 0;
  std::vector<int64_t> counts(most - least + 1, 0);
  for (uint8_t symbol : symbols)
    ++counts[static_cast<int8_t>(symbol) - least];
  std::optional<std::vector<uint32_t>> frequencies = normalize(counts, tableLog);
  if (!frequencies)
    return std::nullopt;
  SymbolBits coded = encodeSymbols(symbols, least, *frequencies, tableLog);
  BitWriter writer;
  writer.put(pairs, 1);
  writer.put(static_cast<uint32_t>(least) & 0xffu, 8);
  writer.put(static_cast<uint32_t>(frequencies->size() - 1), 8);
  for (uint32_t frequency : *frequencies)
    writer.putFrequency(frequency);
  CodedBytes result;
  result.tableLog = tableLog;
  result.words = static_cast<int32_t>(layout.words.size());
  if (result.words > 0)
    for (const WordForm &form : layout.forms) {
      writer.put(form.shift, 5);
      writer.put(form.width, 6);
      writer.put(form.least, 32);
    }
  writer.put(coded.firstState, tableLog);
  size_t word = 0, byte = 0;
  for (const Run &run : layout.runs) {
    writer.put(static_cast<uint32_t>(run.words), 16);
    writer.put(static_cast<uint32_t>(run.bytes), 24);
    writer.put(static_cast<uint32_t>(run.repetitions), 16);
    for (int64_t repetition = 0; repetition < run.repetitions; ++repetition) {
      for (int64_t i = 0; i < run.words; ++i, ++word) {
        auto [kind, value] = layout.words[word];
        const WordForm &form = layout.forms[kind];
        writer.put(static_cast<uint32_t>(kind), 1);
        writer.put(static_cast<uint32_t>(static_cast<int32_t>(value) >> form.shift) - form.least, form.width);
      }
      for (int64_t i = 0; i < run.bytes; ++i, ++byte)
        writer.put(coded.bits[byte].first, coded.bits[byte].second);
    }
  }
  result.string = writer.finish();
  return result;
}

} // namespace

std::vector<uint8_t> decodeBytes(const CodedBytes &coded, int64_t bytes) {
  std::vector<uint8_t> output(bytes);
  std::vector<uint32_t> table(tinyc_decode_s8_table_bytes(coded.tableLog) / 4);
  tinyc_decode_s8_params params = {static_cast<int32_t>(bytes), static_cast<int32_t>(coded.string.size()), coded.tableLog,
                                   coded.words};
  tinyc_decode_all(&params, coded.string.data(), output.data(), table.data());
  return output;
}

CodedBytes encodeBytes(llvm::ArrayRef<uint8_t> bytes, llvm::ArrayRef<WordKind> kinds, int32_t mostTableLog) {
  Layout layout = makeLayout(bytes, kinds);
  std::optional<CodedBytes> best;
  for (bool pairs : {false, true})
    for (int32_t tableLog = TINYC_DECODE_LEAST_LOG; tableLog <= mostTableLog; ++tableLog) {
      std::optional<CodedBytes> coded = encodeLayout(layout, pairs, tableLog);
      if (coded && (!best || coded->string.size() + best->string.size() / 200 < best->string.size()))
        best = std::move(coded);
    }
  if (!best) // more values than the least table has states: never with 2^8 or more
    best = encodeLayout(layout, false, 8);
  if (llvm::ArrayRef(decodeBytes(*best, static_cast<int64_t>(bytes.size()))) != bytes)
    llvm::report_fatal_error("a coded constant does not decode to what it was");
  return std::move(*best);
}

} // namespace tinyc::lower
