#include "targets/Board.h"

#include "targets/EmbeddedFiles.h"
#include "targets/Target.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/YAMLTraits.h"

#include <cmath>

using namespace llvm;
using namespace tinyc;
using namespace tinyc::targets;

namespace {

// Values as they stand in the file.
struct Bytes {
  int64_t value = 0;
};
struct Address {
  std::optional<uint64_t> value;
};
struct Cycles {
  double value = 1;
};
struct Frequency {
  int64_t value = 0;
};

/// What a parse leaves behind: the first error, and the text of the last one raised by a scalar (YAMLTraits takes it
/// by reference).
struct ParseState {
  std::string error, scalarError;

  StringRef fail(const Twine &text) {
    scalarError = text.str();
    return scalarError;
  }
};

} // namespace

LLVM_YAML_IS_SEQUENCE_VECTOR(tinyc::targets::MemoryRegion)

namespace llvm::yaml {

/// Scalars that are read only: a board is never written.
template <typename T> struct ReadOnlyScalar {
  static void output(const T &, void *, raw_ostream &) {}
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

template <> struct ScalarTraits<Bytes> : ReadOnlyScalar<Bytes> {
  static StringRef input(StringRef text, void *state, Bytes &bytes) {
    StringRef digits = text;
    int64_t unit = 1;
    if (digits.consume_back_insensitive("k"))
      unit = 1024;
    else if (digits.consume_back_insensitive("m"))
      unit = 1024 * 1024;
    int64_t number;
    if (digits.getAsInteger(10, number) || number < 0 || number > (int64_t(1) << 31) / unit)
      return static_cast<ParseState *>(state)->fail("expects bytes up to 2048M, for example 65536, 64K or 1M, got '" +
                                                    text + "'");
    bytes.value = number * unit;
    return "";
  }
};

template <> struct ScalarTraits<Address> : ReadOnlyScalar<Address> {
  static StringRef input(StringRef text, void *state, Address &address) {
    uint64_t number;
    if (text.getAsInteger(0, number) || number > std::numeric_limits<uint32_t>::max())
      return static_cast<ParseState *>(state)->fail("expects a 32-bit address, for example 0x20000000, got '" + text +
                                                    "'");
    address.value = number;
    return "";
  }
};

template <> struct ScalarTraits<Cycles> : ReadOnlyScalar<Cycles> {
  static StringRef input(StringRef text, void *state, Cycles &cycles) {
    if (text.getAsDouble(cycles.value) || !(cycles.value > 0 && cycles.value <= 1e6))
      return static_cast<ParseState *>(state)->fail("expects cycles for each word, above 0 and up to 1000000, got '" +
                                                    text + "'");
    return "";
  }
};

template <> struct ScalarTraits<Frequency> : ReadOnlyScalar<Frequency> {
  static StringRef input(StringRef text, void *state, Frequency &frequency) {
    StringRef digits = text;
    double unit = 1, number;
    if (digits.consume_back_insensitive("MHz"))
      unit = 1e6;
    digits = digits.rtrim();
    if (digits.getAsDouble(number) || !(number * unit >= 1 && number * unit <= 1e10))
      return static_cast<ParseState *>(state)->fail("expects a clock, for example 216 MHz or 216000000, got '" + text +
                                                    "'");
    frequency.value = static_cast<int64_t>(std::llround(number * unit));
    return "";
  }
};

template <> struct ScalarTraits<MemoryRegion::Kind> : ReadOnlyScalar<MemoryRegion::Kind> {
  static StringRef input(StringRef text, void *state, MemoryRegion::Kind &kind) {
    if (text != "ram" && text != "flash")
      return static_cast<ParseState *>(state)->fail("unknown kind of memory '" + text + "': expected ram or flash");
    kind = text == "ram" ? MemoryRegion::Kind::Ram : MemoryRegion::Kind::Flash;
    return "";
  }
};

template <> struct MappingTraits<MemoryRegion> {
  static void mapping(IO &io, MemoryRegion &region) {
    Bytes bytes, reserved;
    Address address;
    Cycles read, write;
    io.mapRequired("name", region.name);
    io.mapRequired("kind", region.kind);
    io.mapRequired("bytes", bytes);
    io.mapOptional("reserved", reserved);
    io.mapOptional("address", address);
    io.mapOptional("section", region.section);
    io.mapOptional("read", read);
    io.mapOptional("write", write);
    region.bytes = bytes.value;
    region.reserved = reserved.value;
    region.address = address.value;
    region.read = read.value;
    region.write = write.value;
  }

  static std::string validate(IO &io, MemoryRegion &region) {
    if (io.error())
      return "";
    auto isPart = [](char c) { return isLower(c) || isDigit(c) || c == '_'; };
    if (region.name.empty() || !isLower(region.name.front()) || !all_of(region.name, isPart))
      return "expects a memory name of lower-case letters, digits and _, got '" + region.name + "'";
    if (region.bytes == 0)
      return "memory '" + region.name + "' has no bytes";
    if (region.reserved >= region.bytes)
      return "memory '" + region.name + "' reserves " + std::to_string(region.reserved) + " of its " +
             std::to_string(region.bytes) + " bytes: nothing is left";
    if (!all_of(region.section, [](char c) { return isAlnum(c) || c == '_' || c == '.'; }))
      return "expects a section name of letters, digits, _ and ., got '" + region.section + "'";
    return "";
  }
};

template <> struct MappingTraits<Board> {
  static void mapping(IO &io, Board &board) {
    Frequency clock;
    io.mapRequired("name", board.name);
    io.mapOptional("description", board.description);
    io.mapRequired("core", board.core);
    io.mapOptional("clock", clock);
    io.mapRequired("memory", board.memory);
    board.clock = clock.value;
  }

  static std::string validate(IO &io, Board &board) {
    if (io.error())
      return "";
    auto isPart = [](char c) { return isAlnum(c) || c == '_' || c == '-' || c == '.'; };
    if (board.name.empty() || !all_of(board.name, isPart))
      return "expects a board name of letters, digits, _, - and ., got '" + board.name + "'";
    if (!findTarget(board.core))
      return "unknown core '" + board.core + "': expected one of " + listTargets();
    if (board.getRegions(MemoryRegion::Kind::Ram).empty())
      return "board '" + board.name + "' has no memory of kind ram";
    for (auto [i, region] : enumerate(board.memory))
      for (const MemoryRegion &other : ArrayRef(board.memory).take_front(i)) {
        if (region.name == other.name)
          return "expects memories of different names, got '" + region.name + "' twice";
        if (region.address && other.address && *region.address < *other.address + other.bytes &&
            *other.address < *region.address + region.bytes)
          return "memory '" + region.name + "' overlaps '" + other.name + "'";
      }
    return "";
  }
};

} // namespace llvm::yaml

std::vector<MemoryRegion> Board::getRegions(MemoryRegion::Kind kind) const {
  std::vector<MemoryRegion> regions;
  copy_if(memory, std::back_inserter(regions), [&](const MemoryRegion &region) { return region.kind == kind; });
  return regions;
}

int64_t Board::getFreeBytes(MemoryRegion::Kind kind) const {
  int64_t bytes = 0;
  for (const MemoryRegion &region : getRegions(kind))
    bytes += region.getFreeBytes();
  return bytes;
}

Expected<Board> targets::parseBoard(MemoryBufferRef file) {
  ParseState state;
  std::string name = file.getBufferIdentifier().str();
  // The YAML parser expects something to parse.
  SmallVector<StringRef> lines;
  file.getBuffer().split(lines, '\n');
  if (all_of(lines, [](StringRef line) { return line.trim().empty() || line.trim().starts_with("#"); }))
    return createStringError(name + ":1: error: is empty, expects a board with name, core and memory");
  auto collect = [](const SMDiagnostic &diagnostic, void *context) {
    auto *state = static_cast<ParseState *>(context);
    // Errors after the first are mostly consequences of it.
    if (state->error.empty() && diagnostic.getKind() == SourceMgr::DK_Error)
      state->error = (diagnostic.getFilename() + ":" + Twine(std::max(diagnostic.getLineNo(), 1)) + ": error: " +
                      diagnostic.getMessage())
                         .str();
  };
  yaml::Input input(file, &state, collect, &state);
  Board board;
  input >> board;
  if (!state.error.empty())
    return createStringError(state.error);
  if (input.error() || board.name.empty())
    return createStringError(name + ":1: error: expects a board with name, core and memory");
  return board;
}

static constexpr StringRef kFolder = "boards/", kSuffix = ".yaml";

std::vector<std::string> targets::getBoardNames() {
  std::vector<std::string> names;
  for (const EmbeddedFile &file : embeddedFiles()) {
    StringRef name = file.name;
    if (name.consume_front(kFolder) && name.consume_back(kSuffix))
      names.push_back(name.str());
  }
  return names;
}

Expected<Board> targets::loadBoard(StringRef nameOrPath) {
  if (std::optional<StringRef> shipped = embeddedFile((kFolder + nameOrPath + kSuffix).str()))
    return parseBoard(MemoryBufferRef(*shipped, nameOrPath));
  ErrorOr<std::unique_ptr<MemoryBuffer>> file = MemoryBuffer::getFile(nameOrPath);
  if (file)
    return parseBoard((*file)->getMemBufferRef());
  bool isPath = nameOrPath.find_first_of("/.") != StringRef::npos;
  if (isPath)
    return createStringError(nameOrPath + ": error: " + file.getError().message());
  return createStringError("error: unknown board '" + nameOrPath + "': expected a file or one of " +
                           join(getBoardNames(), ", "));
}
