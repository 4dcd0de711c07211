#include "compiler/Npy.h"

#include "compiler/Files.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>
#include <cstring>
#include <optional>

using namespace llvm;

namespace tinyc {

std::string formatShape(ArrayRef<int64_t> shape, StringRef first) {
  std::string text = "[";
  for (auto [index, size] : enumerate(shape)) {
    if (index)
      text += ", ";
    text += index == 0 && !first.empty() ? first.str() : std::to_string(size);
  }
  return text + "]";
}

static unsigned getBytes(NpyArray::Element element) {
  switch (element) {
  case NpyArray::Element::Bool:
  case NpyArray::Element::I1:
  case NpyArray::Element::U1:
    return 1;
  case NpyArray::Element::I2:
  case NpyArray::Element::U2:
  case NpyArray::Element::F2:
    return 2;
  case NpyArray::Element::I4:
  case NpyArray::Element::U4:
  case NpyArray::Element::F4:
    return 4;
  case NpyArray::Element::I8:
  case NpyArray::Element::U8:
  case NpyArray::Element::F8:
    return 8;
  }
  return 0;
}

//===----------------------------------------------------------------------===//
// The header: a Python dictionary {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
//===----------------------------------------------------------------------===//

namespace {
struct Header {
  std::string descr;
  bool fortranOrder = false;
  SmallVector<int64_t> shape;
};

/// Reads the dictionary; `error` says what is wrong with it.
class HeaderParser {
public:
  explicit HeaderParser(StringRef text) : text(text) {}

  std::optional<Header> parse(std::string &error) {
    bool seen[3] = {false, false, false};
    if (!consume("{"))
      return fail(error, "expects a dictionary as header");
    while (!consume("}")) {
      std::optional<StringRef> key = parseString();
      if (!key || !consume(":"))
        return fail(error, "has a malformed header");
      bool valid = true;
      if (*key == "descr") {
        seen[0] = true;
        std::optional<StringRef> descr = parseString();
        if (!descr)
          return fail(error, "expects numbers as elements, got a structured type");
        header.descr = descr->str();
      } else if (*key == "fortran_order") {
        seen[1] = true;
        header.fortranOrder = consume("True");
        valid = header.fortranOrder || consume("False");
      } else if (*key == "shape") {
        seen[2] = true;
        valid = parseShape();
      } else {
        return fail(error, "has a header with the unknown key '" + key->str() + "'");
      }
      if (!valid)
        return fail(error, "has a malformed '" + key->str() + "' in its header");
      consume(",");
    }
    if (!all_of(seen, [](bool found) { return found; }))
      return fail(error, "has a header without descr, fortran_order or shape");
    return header;
  }

private:
  std::nullopt_t fail(std::string &error, std::string reason) {
    error = std::move(reason);
    return std::nullopt;
  }
  bool consume(StringRef token) {
    text = text.ltrim(" \n\t");
    return text.consume_front(token);
  }
  std::optional<StringRef> parseString() {
    text = text.ltrim(" \n\t");
    if (!text.starts_with("'") && !text.starts_with("\""))
      return std::nullopt;
    size_t end = text.find(text.front(), 1);
    if (end == StringRef::npos)
      return std::nullopt;
    StringRef value = text.slice(1, end);
    text = text.drop_front(end + 1);
    return value;
  }
  bool parseShape() {
    if (!consume("("))
      return false;
    while (!consume(")")) {
      int64_t size;
      text = text.ltrim(" \n\t");
      if (text.consumeInteger(10, size) || size < 0)
        return false;
      text.consume_front("L"); // Python 2 wrote long integers so
      header.shape.push_back(size);
      if (!consume(",") && !text.ltrim().starts_with(")"))
        return false;
    }
    return true;
  }

  StringRef text;
  Header header;
};
} // namespace

static std::optional<NpyArray::Element> parseElement(StringRef descr) {
  using Element = NpyArray::Element;
  return StringSwitch<std::optional<Element>>(descr.drop_front())
      .Case("b1", Element::Bool)
      .Case("i1", Element::I1)
      .Case("u1", Element::U1)
      .Case("i2", Element::I2)
      .Case("u2", Element::U2)
      .Case("i4", Element::I4)
      .Case("u4", Element::U4)
      .Case("i8", Element::I8)
      .Case("u8", Element::U8)
      .Case("f2", Element::F2)
      .Case("f4", Element::F4)
      .Case("f8", Element::F8)
      .Default(std::nullopt);
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

Expected<NpyArray> NpyArray::read(StringRef path) {
  if (sys::fs::is_directory(path))
    return makeFileError(path, "is a directory");
  ErrorOr<std::unique_ptr<MemoryBuffer>> opened =
      MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!opened)
    return makeFileError(path, opened.getError().message());

  StringRef bytes = (*opened)->getBuffer();
  if (bytes.size() < 10 || !bytes.starts_with("\x93NUMPY"))
    return makeFileError(path, "is no .npy file");
  unsigned version = static_cast<unsigned char>(bytes[6]);
  if (version < 1 || version > 3)
    return makeFileError(path, "expects .npy version 1 to 3, got " + Twine(version));
  size_t begin = version == 1 ? 10 : 12;
  if (bytes.size() < begin)
    return makeFileError(path, "is truncated in its header");
  const char *field = bytes.data() + 8;
  size_t length = version == 1 ? support::endian::read16le(field) : support::endian::read32le(field);
  if (bytes.size() - begin < length)
    return makeFileError(path, "is truncated in its header");

  std::string reason;
  std::optional<Header> header = HeaderParser(bytes.substr(begin, length)).parse(reason);
  if (!header)
    return makeFileError(path, reason);
  std::optional<Element> element = header->descr.empty() ? std::nullopt : parseElement(header->descr);
  if (StringRef(header->descr).contains('O'))
    return makeFileError(path, "expects numbers as elements, got Python objects");
  if (!element)
    return makeFileError(path, "expects bool, integer or floating point elements, got '" + header->descr + "'");
  if (header->descr.front() == '>' && tinyc::getBytes(*element) > 1)
    return makeFileError(path, "expects little endian elements, got '" + header->descr + "'");
  if (header->fortranOrder && header->shape.size() > 1)
    return makeFileError(path, "expects C order, got Fortran order (save numpy.ascontiguousarray of it)");

  size_t available = bytes.size() - begin - length;
  int64_t count = 1;
  bool overflow = false;
  for (int64_t size : header->shape)
    overflow |= MulOverflow(count, size, count);
  int64_t needed = 0;
  overflow |= bool(MulOverflow<int64_t>(count, tinyc::getBytes(*element), needed));
  if (overflow || static_cast<uint64_t>(needed) > available)
    return makeFileError(path, "is truncated: shape " + formatShape(header->shape) + " of '" + header->descr +
                                   "' needs " + (overflow ? Twine("too many") : Twine(needed)) + " bytes, got " +
                                   Twine(available));

  NpyArray array;
  array.path = path.str();
  array.shape = std::move(header->shape);
  array.element = *element;
  array.count = count;
  array.data = bytes.data() + begin + length;
  array.file = std::move(*opened);
  return array;
}

/// IEEE binary16 to double; exact.
static double halfToDouble(uint16_t bits) {
  int exponent = (bits >> 10) & 31, fraction = bits & 1023;
  double magnitude = exponent == 0    ? std::ldexp(fraction, -24)
                     : exponent == 31 ? (fraction ? NAN : INFINITY)
                                      : std::ldexp(1024 + fraction, exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}

template <typename T> static T load(const char *data, int64_t index) {
  return support::endian::read<T, support::unaligned>(data + index * sizeof(T), endianness::little);
}

void NpyArray::read(int64_t first, MutableArrayRef<double> values) const {
  auto readBytes = [&](auto zero) {
    const auto *from = reinterpret_cast<const decltype(zero) *>(data) + first;
    std::copy_n(from, values.size(), values.begin());
  };
  if (element == Element::U1)
    return readBytes(static_cast<unsigned char>(0));
  if (element == Element::I1)
    return readBytes(static_cast<signed char>(0));
  if (element == Element::F4) {
    for (auto [i, value] : enumerate(values))
      value = bit_cast<float>(load<uint32_t>(data, first + i));
    return;
  }
  for (auto [i, value] : enumerate(values))
    value = get(first + i);
}

double NpyArray::get(int64_t index) const {
  switch (element) {
  case Element::Bool:
    return data[index] != 0;
  case Element::I1:
    return static_cast<signed char>(data[index]);
  case Element::U1:
    return static_cast<unsigned char>(data[index]);
  case Element::I2:
    return load<int16_t>(data, index);
  case Element::U2:
    return load<uint16_t>(data, index);
  case Element::I4:
    return load<int32_t>(data, index);
  case Element::U4:
    return load<uint32_t>(data, index);
  case Element::I8:
    return static_cast<double>(load<int64_t>(data, index));
  case Element::U8:
    return static_cast<double>(load<uint64_t>(data, index));
  case Element::F2:
    return halfToDouble(load<uint16_t>(data, index));
  case Element::F4:
    return bit_cast<float>(load<uint32_t>(data, index));
  case Element::F8:
    return bit_cast<double>(load<uint64_t>(data, index));
  }
  return 0;
}

void NpyArray::readIntegers(int64_t first, MutableArrayRef<int64_t> values) const {
  assert(!isFloatingPoint() && "floating point elements are no integers");
  for (auto [i, value] : enumerate(values))
    value = element == Element::I8 || element == Element::U8 ? load<int64_t>(data, first + i)
                                                             : static_cast<int64_t>(get(first + i));
}

Expected<std::vector<int64_t>> NpyArray::toIntegers() const {
  if (isFloatingPoint())
    return makeFileError(path, "expects integers, got floating point elements");
  std::vector<int64_t> values(count);
  readIntegers(0, values);
  return values;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static Error writeElements(StringRef path, ArrayRef<int64_t> shape, StringRef descr, StringRef elements) {
  std::string header = ("{'descr': '" + descr + "', 'fortran_order': False, 'shape': (").str();
  for (int64_t size : shape)
    header += std::to_string(size) + ", ";
  if (shape.size() > 1) // a tuple of one element keeps its comma
    header.resize(header.size() - 2);
  header += "), }";
  size_t prefix = 10; // magic, version, length
  header.resize(alignTo(prefix + header.size() + 1, 64) - prefix - 1, ' ');
  header += '\n';

  std::string contents("\x93NUMPY\x01\x00", 8);
  contents += static_cast<char>(header.size() & 255);
  contents += static_cast<char>(header.size() >> 8);
  contents += header;
  contents += elements;
  return writeFile(path, contents);
}

Error writeNpy(StringRef path, ArrayRef<int64_t> shape, ArrayRef<float> values) {
  static_assert(endianness::native == endianness::little, "elements are written as they lie in memory");
  return writeElements(path, shape, "<f4",
                       {reinterpret_cast<const char *>(values.data()), values.size() * sizeof(float)});
}

Error writeNpy(StringRef path, ArrayRef<int64_t> shape, ArrayRef<int64_t> values) {
  return writeElements(path, shape, "<i8", {reinterpret_cast<const char *>(values.data()), values.size() * sizeof(int64_t)});
}

Error writeNpy(StringRef path, ArrayRef<int64_t> shape, ArrayRef<int8_t> values) {
  return writeElements(path, shape, "|i1", {reinterpret_cast<const char *>(values.data()), values.size()});
}

} // namespace tinyc
