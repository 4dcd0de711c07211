// The coder of weights: what it writes is read again, takes about the entropy, and nothing that is read can do harm.
#include "passes/lower/WeightCoder.h"

#include "tinyc/decode.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>

using namespace tinyc::lower;

namespace {

std::vector<uint8_t> makeNormal(size_t count, double deviation, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal(0.0, deviation);
  std::vector<uint8_t> bytes(count);
  for (uint8_t &byte : bytes)
    byte = static_cast<uint8_t>(static_cast<int8_t>(std::clamp(std::nearbyint(normal(engine)), -127.0, 127.0)));
  return bytes;
}

double getEntropy(const std::vector<uint8_t> &bytes) {
  std::array<double, 256> counts = {};
  for (uint8_t byte : bytes)
    counts[byte] += 1.0;
  double bits = 0.0;
  for (double count : counts)
    if (count > 0.0)
      bits += count * std::log2(static_cast<double>(bytes.size()) / count);
  return bits / 8.0;
}

TEST(WeightCoderTest, ReadsWhatItWrites) {
  std::mt19937 engine(1);
  for (int round = 0; round < 300; ++round) {
    size_t count = round < 40 ? round : engine() % 3000;
    std::vector<uint8_t> bytes = makeNormal(count, std::exp2(static_cast<double>(engine() % 8) - 1.0), round);
    std::vector<WordKind> kinds(round % 3 ? count / 4 : 0);
    for (WordKind &kind : kinds)
      kind = static_cast<WordKind>(engine() % (round % 2 ? 3 : 24) % 3);
    int32_t most = 5 + static_cast<int32_t>(engine() % 7);
    CodedBytes coded = encodeBytes(bytes, kinds, most);
    EXPECT_EQ(coded.string.size() % 4, 0u);
    EXPECT_EQ(decodeBytes(coded, static_cast<int64_t>(count)), bytes) << round;
  }
}

/// Within 2 % of the entropy of the bytes, and 300 bytes for the table of frequencies and the ends.
TEST(WeightCoderTest, TakesTheEntropy) {
  for (double deviation : {0.3, 1.0, 3.0, 10.0}) {
    std::vector<uint8_t> bytes = makeNormal(40000, deviation, 7);
    double size = static_cast<double>(encodeBytes(bytes, {}, 11).string.size());
    EXPECT_LT(size, 1.02 * getEntropy(bytes) + 300.0) << deviation;
    EXPECT_GT(size, getEntropy(bytes)) << deviation;
  }
}

/// Halfwords 256 * high + low of small numbers: the high byte is one less where the low one is negative. Coded as pairs, both bytes
/// have the distribution of the numbers.
TEST(WeightCoderTest, UndoesBorrows) {
  std::vector<uint8_t> numbers = makeNormal(20000, 1.5, 3), halfwords;
  for (size_t i = 0; i < numbers.size(); i += 2) {
    int value = 256 * static_cast<int8_t>(numbers[i + 1]) + static_cast<int8_t>(numbers[i]);
    halfwords.push_back(static_cast<uint8_t>(value & 0xff));
    halfwords.push_back(static_cast<uint8_t>(value >> 8 & 0xff));
  }
  size_t plain = encodeBytes(numbers, {}, 9).string.size(), paired = encodeBytes(halfwords, {}, 9).string.size();
  EXPECT_LE(paired, plain + 8);
}

/// 64 biases that are multiples of 32 below 2^15, of 10 bits and one for their kind, between 36 weights each of one bit or so: about
/// (64 * 11 + 64 * 36 * 1.2) / 8 bytes, where the biases alone take 256.
TEST(WeightCoderTest, CodesWordsAsNumbers) {
  std::mt19937 engine(5);
  std::vector<uint8_t> bytes;
  std::vector<WordKind> kinds;
  for (int channel = 0; channel < 64; ++channel) {
    auto bias = static_cast<int32_t>(engine() % 1024) * 32 - 16384;
    for (int byte = 0; byte < 4; ++byte)
      bytes.push_back(static_cast<uint8_t>(static_cast<uint32_t>(bias) >> 8 * byte & 0xff));
    kinds.push_back(WordKind::Bias);
    for (int i = 0; i < 36; ++i)
      bytes.push_back(engine() % 2 ? 1 : 0);
    kinds.insert(kinds.end(), 9, WordKind::Bytes);
  }
  CodedBytes coded = encodeBytes(bytes, kinds, 9);
  EXPECT_EQ(coded.words, 64);
  EXPECT_LT(coded.string.size(), 64 * (11 + 36 * 1.2) / 8);
}

/// Any string at all: the decoder writes the output and nothing else, and reads nothing behind the string.
TEST(WeightCoderTest, SurvivesAnyString) {
  std::mt19937 engine(9);
  for (int round = 0; round < 3000; ++round) {
    CodedBytes coded = encodeBytes(makeNormal(engine() % 300, 2.0, round), {}, 9);
    for (unsigned flips = engine() % 20; flips > 0; --flips)
      coded.string[engine() % coded.string.size()] ^= static_cast<uint8_t>(1u << engine() % 8);
    if (round % 3 == 0)
      coded.string.resize(engine() % coded.string.size());
    constexpr int32_t kBytes = 200, kGuard = 64;
    coded.words = static_cast<int32_t>(engine() % 3);
    tinyc_decode_s8_params params = {kBytes, static_cast<int32_t>(coded.string.size()), coded.tableLog, coded.words};
    std::vector<uint8_t> output(kGuard + kBytes + kGuard, 0xa5);
    int32_t tableBytes = tinyc_decode_s8_table_bytes(coded.tableLog);
    std::vector<uint32_t> table(tableBytes / 4 + kGuard, 0x5a5a5a5a);
    std::vector<uint8_t> string = coded.string; // of its own size, for a sanitizer
    string.shrink_to_fit();
    tinyc_decode_all(&params, string.data(), output.data() + kGuard, table.data());
    for (int32_t i = 0; i < kGuard; ++i) {
      ASSERT_EQ(output[i], 0xa5) << round;
      ASSERT_EQ(output[kGuard + kBytes + i], 0xa5) << round;
      ASSERT_EQ(table[tableBytes / 4 + i], 0x5a5a5a5au) << round;
    }
  }
}

} // namespace
