// A mutator of MLIR's text: of four mutations three change one word (a number, a name, a keyword), or a line, so that the text
// stays well-formed more often. The other is libFuzzer's own, of bytes.
#include <cctype>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize);

namespace {

class TextMutator {
public:
  TextMutator(std::string text, unsigned seed) : text(std::move(text)), engine(seed) {}

  std::string run() {
    split();
    if (words.empty())
      return text;
    switch (pick(8)) {
    case 0: moveLine(); break;
    case 1: // a word of the text stands for another one of its kind
    case 2:
    case 3: copyWord(); break;
    default: changeNumber();
    }
    return text;
  }

private:
  struct Word {
    size_t begin, length;
    bool isNumber;
  };

  size_t pick(size_t count) { return engine() % count; }

  void split() {
    for (size_t at = 0; at < text.size();) {
      const size_t begin = at;
      const bool isNumber = std::isdigit(static_cast<unsigned char>(text[at])) != 0;
      auto belongs = [&](char c) {
        return isNumber ? std::isdigit(static_cast<unsigned char>(c)) != 0
                        : std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '%' || c == '!';
      };
      while (at < text.size() && belongs(text[at]))
        ++at;
      if (at > begin)
        words.push_back({begin, at - begin, isNumber});
      else
        ++at;
    }
  }

  void changeNumber() {
    static const char *const numbers[] = {"0", "1", "2", "3", "4", "7", "8", "16", "31", "32", "64", "127", "128", "255", "256",
                                          "4096", "65536", "2147483647", "2147483648", "4294967296", "9223372036854775807", "-1"};
    for (int trial = 0; trial < 8; ++trial) {
      const Word &word = words[pick(words.size())];
      if (!word.isNumber)
        continue;
      text.replace(word.begin, word.length, numbers[pick(std::size(numbers))]);
      return;
    }
  }

  void copyWord() {
    const Word &to = words[pick(words.size())];
    for (int trial = 0; trial < 8; ++trial) {
      const Word &from = words[pick(words.size())];
      if (from.isNumber != to.isNumber)
        continue;
      text.replace(to.begin, to.length, text.substr(from.begin, from.length));
      return;
    }
  }

  /// Repeats, removes or moves a line.
  void moveLine() {
    std::vector<std::string> lines;
    size_t begin = 0;
    for (size_t at = 0; at <= text.size(); ++at)
      if (at == text.size() || text[at] == '\n') {
        lines.push_back(text.substr(begin, at - begin));
        begin = at + 1;
      }
    const size_t from = pick(lines.size()), to = pick(lines.size()), kind = pick(3);
    const std::string line = lines[from];
    if (kind != 0)
      lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(from));
    if (kind != 1)
      lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(std::min(to, lines.size())), line);
    text.clear();
    for (const std::string &each : lines)
      text += each + "\n";
  }

  std::string text;
  std::mt19937 engine;
  std::vector<Word> words;
};

} // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maxSize, unsigned seed) {
  if (seed % 4 == 0)
    return LLVMFuzzerMutate(data, size, maxSize);
  const std::string text = TextMutator(std::string(reinterpret_cast<const char *>(data), size), seed).run();
  if (text.empty() || text.size() > maxSize)
    return LLVMFuzzerMutate(data, size, maxSize);
  std::memcpy(data, text.data(), text.size());
  return text.size();
}
