#include "dialects/kernel/Params.h"

#include "tinyc/rows_s4.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/bit.h"

#include <limits>
#include <type_traits>

using namespace mlir;

namespace tinyc::kernel {

namespace {

struct Field {
  const char *name;
  size_t offset;
  bool isReal;
};

} // namespace

// Fields must cover a struct word by word, in memory order.
template <size_t count> static constexpr bool covers(const Field (&fields)[count], size_t size) {
  for (size_t i = 0; i < count; ++i)
    if (fields[i].offset != 4 * i)
      return false;
  return size == 4 * count;
}

// `name` is a C designator, looked up in the C struct: a field that moves or is renamed there fails to compile here.
// clang-format off
#define FIELD(name) Field{#name, offsetof(Struct, name), std::is_same_v<std::remove_reference_t<decltype(Struct{}.name)>, float>}
// clang-format on
#define ARRAY4(name) FIELD(name[0]), FIELD(name[1]), FIELD(name[2]), FIELD(name[3])
#define ARRAY6(name) ARRAY4(name), FIELD(name[4]), FIELD(name[5])
#define OUTPUT_S8                                                                                                      \
  FIELD(output.zero_point), FIELD(output.clamp_min), FIELD(output.clamp_max), FIELD(output.shift),                     \
      FIELD(output.multiplier_step)
#define KERNEL_OUTPUT_S8                                                                                               \
  FIELD(kernel.output.zero_point), FIELD(kernel.output.clamp_min), FIELD(kernel.output.clamp_max),                    \
      FIELD(kernel.output.shift), FIELD(kernel.output.multiplier_step)
#define KERNEL_WINDOW                                                                                                  \
  FIELD(kernel.window.input_height), FIELD(kernel.window.input_width), FIELD(kernel.window.input_channels),           \
      FIELD(kernel.window.input_ring_rows), FIELD(kernel.window.output_height), FIELD(kernel.window.output_width),    \
      FIELD(kernel.window.output_channels), FIELD(kernel.window.output_ring_rows),                                    \
      FIELD(kernel.window.kernel_height), FIELD(kernel.window.kernel_width), FIELD(kernel.window.stride_height),      \
      FIELD(kernel.window.stride_width), FIELD(kernel.window.dilation_height), FIELD(kernel.window.dilation_width),   \
      FIELD(kernel.window.pad_top), FIELD(kernel.window.pad_left)
#define ROWS_S4                                                                                                        \
  FIELD(rows.input_bits), FIELD(rows.output_bits), FIELD(rows.input_ring_rows), FIELD(rows.output_ring_rows),         \
      FIELD(rows.rows)
#define OUTPUT_F32 FIELD(output.clamp_min), FIELD(output.clamp_max)
#define WINDOW                                                                                                         \
  FIELD(window.input_height), FIELD(window.input_width), FIELD(window.input_channels), FIELD(window.input_ring_rows),  \
      FIELD(window.output_height), FIELD(window.output_width), FIELD(window.output_channels),                          \
      FIELD(window.output_ring_rows), FIELD(window.kernel_height), FIELD(window.kernel_width),                         \
      FIELD(window.stride_height), FIELD(window.stride_width), FIELD(window.dilation_height),                          \
      FIELD(window.dilation_width), FIELD(window.pad_top), FIELD(window.pad_left)

#define PARAMS(name, ...)                                                                                              \
  template <> ParamsAttr makeParams<name>(MLIRContext * context, const name &params) {                                 \
    using Struct = name;                                                                                               \
    static constexpr Field fields[] = {__VA_ARGS__};                                                                   \
    static_assert(covers(fields, sizeof(name)), "the fields of " #name " differ from tinyc/kernels.h");                \
    return makeAttribute(context, #name, fields, &params);                                                             \
  }

static ParamsAttr makeAttribute(MLIRContext *context, StringRef type, ArrayRef<Field> fields, const void *params) {
  Builder builder(context);
  SmallVector<Attribute> names, values;
  for (const Field &field : fields) {
    uint32_t word;
    std::memcpy(&word, static_cast<const char *>(params) + field.offset, sizeof word);
    names.push_back(builder.getStringAttr(field.name));
    if (field.isReal)
      values.push_back(builder.getF32FloatAttr(llvm::bit_cast<float>(word)));
    else
      values.push_back(builder.getI32IntegerAttr(static_cast<int32_t>(word)));
  }
  return ParamsAttr::get(context, builder.getStringAttr(type), builder.getArrayAttr(names),
                         builder.getArrayAttr(values));
}

PARAMS(tinyc_conv2d_s8_params, WINDOW, FIELD(groups), FIELD(input_zero_point), OUTPUT_S8)
PARAMS(tinyc_conv2d_f32_params, WINDOW, FIELD(groups), OUTPUT_F32)
PARAMS(tinyc_fully_connected_s8_params, FIELD(rows), FIELD(inputs), FIELD(outputs), OUTPUT_S8)
PARAMS(tinyc_fully_connected_f32_params, FIELD(rows), FIELD(inputs), FIELD(outputs), OUTPUT_F32)
PARAMS(tinyc_matmul_s8_params, FIELD(rows), FIELD(inner), FIELD(columns), FIELD(lhs_zero_point), FIELD(rhs_zero_point),
       OUTPUT_S8)
PARAMS(tinyc_matmul_f32_params, FIELD(rows), FIELD(inner), FIELD(columns), OUTPUT_F32)
PARAMS(tinyc_pool_s8_params, WINDOW, FIELD(include_pad), FIELD(first_count), FIELD(input_zero_point), OUTPUT_S8)
PARAMS(tinyc_pool_f32_params, WINDOW, FIELD(include_pad), OUTPUT_F32, FIELD(divisor_count))
PARAMS(tinyc_sum_rows_params, FIELD(rows), FIELD(width), FIELD(channels))
PARAMS(tinyc_average_s8_params, FIELD(channels), FIELD(count), FIELD(input_zero_point), OUTPUT_S8)
PARAMS(tinyc_average_f32_params, FIELD(channels), FIELD(count), OUTPUT_F32)
PARAMS(tinyc_elementwise_s8_params, ARRAY4(dims), ARRAY4(lhs_strides), ARRAY4(rhs_strides), FIELD(lhs_zero_point),
       FIELD(rhs_zero_point), FIELD(lhs_multiplier), FIELD(rhs_multiplier), FIELD(offset), OUTPUT_S8)
PARAMS(tinyc_elementwise_f32_params, ARRAY4(dims), ARRAY4(lhs_strides), ARRAY4(rhs_strides), OUTPUT_F32)
PARAMS(tinyc_lookup_s8_params, FIELD(rows), FIELD(length))
PARAMS(tinyc_unary_f32_params, FIELD(rows), FIELD(length), FIELD(alpha), FIELD(beta), OUTPUT_F32)
PARAMS(tinyc_softmax_s8_params, FIELD(rows), FIELD(length), FIELD(input_multiplier), FIELD(output_multiplier),
       FIELD(output_shift), FIELD(output_zero_point))
PARAMS(tinyc_softmax_f32_params, FIELD(rows), FIELD(length))
PARAMS(tinyc_quantize_params, FIELD(rows), FIELD(length), FIELD(scale), FIELD(zero_point))
PARAMS(tinyc_requantize_s8_params, FIELD(rows), FIELD(length), FIELD(input_zero_point), FIELD(multiplier), OUTPUT_S8)
PARAMS(tinyc_pad_s8_params, ARRAY4(dims), ARRAY4(before), ARRAY4(after), FIELD(value))
PARAMS(tinyc_pad_f32_params, ARRAY4(dims), ARRAY4(before), ARRAY4(after), FIELD(value))
PARAMS(tinyc_transpose_params, ARRAY6(dims), ARRAY6(input_strides))
PARAMS(tinyc_resize_params, FIELD(input_height), FIELD(input_width), FIELD(channels), FIELD(output_height),
       FIELD(output_width), FIELD(row_taps), FIELD(column_taps), FIELD(zero_point))
PARAMS(tinyc_copy_params, FIELD(rows), FIELD(length), FIELD(input_pitch), FIELD(output_pitch), FIELD(output_offset),
       FIELD(input_offset))
PARAMS(tinyc_recurrent_f32_params, FIELD(cell), FIELD(steps), FIELD(batch), FIELD(inputs), FIELD(hidden), FIELD(directions),
       FIELD(reverse), FIELD(reset_after), FIELD(coupled), FIELD(keep_sequence), FIELD(keep_hidden), FIELD(keep_cell),
       ARRAY6(functions), ARRAY6(alphas), ARRAY6(betas), FIELD(clip))
PARAMS(tinyc_decode_s8_params, FIELD(bytes), FIELD(coded_bytes), FIELD(table_log), FIELD(words))
PARAMS(tinyc_loop_nest_params, FIELD(iterations))
PARAMS(tinyc_conv2d_s4_params, KERNEL_WINDOW, FIELD(kernel.groups), FIELD(kernel.input_zero_point), KERNEL_OUTPUT_S8,
       ROWS_S4)
PARAMS(tinyc_pool_s4_params, KERNEL_WINDOW, FIELD(kernel.include_pad), FIELD(kernel.first_count),
       FIELD(kernel.input_zero_point), KERNEL_OUTPUT_S8, ROWS_S4)
PARAMS(tinyc_fully_connected_s4_params, FIELD(kernel.rows), FIELD(kernel.inputs), FIELD(kernel.outputs),
       KERNEL_OUTPUT_S8, FIELD(rows), FIELD(input_bits), FIELD(output_bits))
PARAMS(tinyc_elementwise_s4_params, ARRAY4(kernel.dims), ARRAY4(kernel.lhs_strides), ARRAY4(kernel.rhs_strides),
       FIELD(kernel.lhs_zero_point), FIELD(kernel.rhs_zero_point), FIELD(kernel.lhs_multiplier),
       FIELD(kernel.rhs_multiplier), FIELD(kernel.offset), KERNEL_OUTPUT_S8, FIELD(rows), FIELD(lhs_bits),
       FIELD(rhs_bits), FIELD(output_bits))
PARAMS(tinyc_requantize_s4_params, FIELD(kernel.rows), FIELD(kernel.length), FIELD(kernel.input_zero_point),
       FIELD(kernel.multiplier), KERNEL_OUTPUT_S8, FIELD(rows), FIELD(input_bits), FIELD(output_bits))

MemRefType getBandType(KernelOpInterface op, MemRefType type) {
  bool isImage = type.getRank() == 4 && type.getDimSize(1) == op.getRowCount();
  if (op.getRowsPerStep() == 0 || !isImage)
    return type;
  SmallVector<int64_t> shape(type.getShape());
  shape[1] = op.getRowsPerStep();
  return MemRefType::get(shape, type.getElementType());
}

tinyc_window makeWindow(KernelOpInterface op, WindowAttr window, Value inputBuffer) {
  auto input = cast<MemRefType>(inputBuffer.getType()), output = cast<MemRefType>(op.getOutputBuffer().getType());
  bool isBand = op.isRowLocal();
  if (isBand) {
    input = getBandType(op, input);
    output = getBandType(op, output);
  }
  tinyc_window w = {};
  w.input_height = w.input_ring_rows = input.getDimSize(1);
  w.input_width = input.getDimSize(2);
  w.input_channels = input.getDimSize(3);
  w.output_height = w.output_ring_rows = output.getDimSize(1);
  w.output_width = output.getDimSize(2);
  w.output_channels = output.getDimSize(3);
  w.kernel_height = window.getKernelHeight();
  w.kernel_width = window.getKernelWidth();
  w.stride_height = window.getStrideHeight();
  w.stride_width = window.getStrideWidth();
  w.dilation_height = window.getDilationHeight();
  w.dilation_width = window.getDilationWidth();
  w.pad_top = window.getPadTop();
  w.pad_left = window.getPadLeft();
  if (op.getRowsPerStep() > 0 && !isBand) {
    w.output_ring_rows = op.getRowsPerStep();
    // 0: the input is a tinyc_rows.
    if (inputBuffer.getDefiningOp<RowsOp>())
      w.input_ring_rows = 0;
  }
  return w;
}

tinyc_rows_s4 makeRowsS4(tinyc_window &window, MemRefType input, MemRefType output) {
  // Short rows are computed some at a time: calls of a row cost kernels that share work between rows.
  constexpr int32_t kResults = 256;
  int32_t most = std::max(1, std::min(window.output_height, window.output_ring_rows));
  int32_t count = std::clamp(kResults / std::max(1, window.output_width * window.output_channels), 1, most);
  auto bits = [](MemRefType type) { return isInt4(type) ? 4 : 8; };
  tinyc_rows_s4 rows = {bits(input), bits(output), window.input_ring_rows, window.output_ring_rows, count};
  if (isInt4(input))
    window.input_ring_rows = tinyc_unpacked_ring(&window, count);
  if (isInt4(output))
    window.output_ring_rows = count;
  return rows;
}

LogicalResult verifyRowsInt4(Operation *op, ArrayRef<MemRefType> types) {
  for (MemRefType type : types)
    if (isInt4(type) && getRowsAndLength(type).second % 2 != 0)
      return op->emitOpError("expects rows of an even number of 4-bit elements, got ") << type;
  return success();
}

RowAccess getWindowAccess(Operation *op, unsigned operand, WindowAttr window, MemRefType input, MemRefType output) {
  // Constants have no rows, though the weights of one filter may look like an image.
  if (operand != 0)
    return {op->getOperand(operand) == cast<KernelOpInterface>(op).getOutputBuffer() ? RowAccess::Kind::Same
                                                                                     : RowAccess::Kind::Whole};
  int32_t extent = (window.getKernelHeight() - 1) * window.getDilationHeight() + 1;
  bool isPixel = extent == 1 && window.getKernelWidth() == 1 && window.getStrideHeight() == 1 &&
                 window.getStrideWidth() == 1 && window.getPadTop() == 0 && window.getPadLeft() == 0 &&
                 input.getDimSize(1) == output.getDimSize(1) && input.getDimSize(2) == output.getDimSize(2);
  if (isPixel)
    return {RowAccess::Kind::Same};
  return {RowAccess::Kind::Window, window.getStrideHeight(), extent, window.getPadTop()};
}

tinyc_output_s8 makeOutputS8(Attribute stage) {
  auto output = cast<OutputS8Attr>(stage);
  return {output.getZeroPoint(), output.getClampMin(), output.getClampMax(), output.getShift(),
          output.getPerChannel() ? 1 : 0};
}

tinyc_output_f32 makeOutputF32(Attribute stage) {
  auto output = cast<OutputF32Attr>(stage);
  constexpr float infinity = std::numeric_limits<float>::infinity();
  FloatAttr min = output.getClampMin(), max = output.getClampMax();
  return {min ? min.getValue().convertToFloat() : -infinity, max ? max.getValue().convertToFloat() : infinity};
}

std::pair<int32_t, int32_t> getRowsAndLength(MemRefType type) {
  int64_t rank = type.getRank(), leading = rank >= 3 ? rank - 2 : rank - 1, rows = 1;
  for (int64_t i = 0; i < leading; ++i)
    rows *= type.getDimSize(i);
  return {rows, rows == 0 ? 0 : type.getNumElements() / rows};
}

void Loops::merge() {
  Loops merged;
  merged.strides.resize(strides.size());
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == 1)
      continue;
    bool joins = !merged.sizes.empty();
    for (auto [joined, own] : llvm::zip_equal(merged.strides, strides))
      joins = joins && joined.back() == own[i] * sizes[i];
    if (joins)
      merged.sizes.back() *= sizes[i];
    else
      merged.sizes.push_back(sizes[i]);
    for (auto [joined, own] : llvm::zip_equal(merged.strides, strides)) {
      if (joins)
        joined.back() = own[i];
      else
        joined.push_back(own[i]);
    }
  }
  *this = std::move(merged);
}

// Row-major element strides, 0 where `shape` is 1.
static SmallVector<int64_t> getStrides(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size());
  int64_t stride = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    strides[i] = shape[i] == 1 ? 0 : stride;
    stride *= shape[i];
  }
  return strides;
}

Loops getBroadcastLoops(ArrayRef<int64_t> lhs, ArrayRef<int64_t> rhs, ArrayRef<int64_t> output) {
  Loops loops{llvm::to_vector(output), {getStrides(lhs), getStrides(rhs)}};
  loops.merge();
  return loops;
}

Loops getTransposeLoops(ArrayRef<int64_t> input, ArrayRef<int64_t> permutation) {
  SmallVector<int64_t> strides = getStrides(input);
  Loops loops;
  loops.strides.resize(1);
  for (int64_t dimension : permutation) {
    loops.sizes.push_back(input[dimension]);
    loops.strides[0].push_back(strides[dimension]);
  }
  loops.merge();
  return loops;
}

PadLoops getPadLoops(ArrayRef<int64_t> sizes, ArrayRef<int64_t> before, ArrayRef<int64_t> after) {
  PadLoops loops;
  for (size_t i = 0; i < sizes.size(); ++i) {
    bool padded = before[i] != 0 || after[i] != 0;
    if (!padded && !loops.sizes.empty()) {
      loops.sizes.back() *= sizes[i];
      loops.before.back() *= sizes[i];
      loops.after.back() *= sizes[i];
      continue;
    }
    if (!padded && sizes[i] == 1)
      continue;
    loops.sizes.push_back(sizes[i]);
    loops.before.push_back(before[i]);
    loops.after.push_back(after[i]);
  }
  return loops;
}

StringRef getElementName(MemRefType type) {
  if (isFloat(type))
    return "f32";
  switch (type.getElementTypeBitWidth()) {
  case 2:
    return "s2";
  case 4:
    return "s4";
  case 16:
    return "s16";
  default:
    return "s8";
  }
}

LogicalResult verifyStage(Operation *op, MemRefType output, Attribute stage) {
  if (isFloat(output) && !isa<OutputF32Attr>(stage))
    return op->emitOpError("expects stage to be #kernel.output_f32 for f32 buffers, got ") << stage;
  if (isFloat(output))
    return success();
  auto integer = dyn_cast<OutputS8Attr>(stage);
  if (!integer)
    return op->emitOpError("expects stage to be #kernel.output_s8 for i")
           << output.getElementTypeBitWidth() << " buffers, got " << stage;
  unsigned bits = output.getElementTypeBitWidth();
  int32_t greatest = (1 << (bits - 1)) - 1, least = bits == 16 ? -greatest : -greatest - 1;
  if (integer.getClampMin() < least || integer.getClampMax() > greatest)
    return op->emitOpError("expects a clamp within ")
           << least << " to " << greatest << " for i" << output.getElementTypeBitWidth() << " buffers, got "
           << integer.getClampMin() << " to " << integer.getClampMax();
  return success();
}

} // namespace tinyc::kernel
