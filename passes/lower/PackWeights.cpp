#include "passes/lower/Constants.h"
#include "passes/lower/Passes.h"
#include "targets/Target.h"
#include "tinyc/narrow.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace tinyc::lower {

#define GEN_PASS_DEF_PACKWEIGHTSPASS
#include "passes/lower/Passes.h.inc"

namespace {

// The packing of the kernel chosen for `op`, or null.
const tinyc_packing *getPacking(kernel::KernelOpInterface op) {
  const targets::Kernel *kernel = targets::findKernel(op.getSymbol());
  return kernel ? kernel->packing : nullptr;
}

template <typename Op> void setPacked(Op op, Value packed) {
  op.getWeightsMutable().assign(packed);
  op.getBiasMutable().clear();
  op.getMultipliersMutable().clear();
}

/// What each word of a kernel's packed constants is: found by packing other biases and other multipliers.
std::vector<int8_t> findWordKinds(const tinyc_packing &packing, ArrayRef<uint32_t> params, const tinyc_constants &values,
                                  size_t channels, size_t multipliers, ArrayRef<uint8_t> packed) {
  std::vector<int8_t> kinds(packed.size() / 4, 0);
  if (!values.bias || !values.multipliers)
    return {};
  std::vector<int32_t> bias(values.bias, values.bias + channels);
  std::vector<int32_t> scales(values.multipliers, values.multipliers + multipliers);
  for (std::vector<int32_t> *numbers : {&bias, &scales})
    for (int32_t &number : *numbers)
      number ^= 1;
  for (int8_t kind : {1, 2}) {
    tinyc_constants other = values;
    (kind == 1 ? other.bias : other.multipliers) = (kind == 1 ? bias : scales).data();
    std::vector<uint8_t> bytes(packed.size());
    packing.write(params.data(), &other, bytes.data());
    for (size_t word = 0; word < kinds.size(); ++word)
      if (!std::equal(bytes.begin() + 4 * word, bytes.begin() + 4 * word + 4, packed.begin() + 4 * word))
        kinds[word] = kind;
  }
  return kinds;
}

class PackWeightsPass : public impl::PackWeightsPassBase<PackWeightsPass> {
public:
  using PackWeightsPassBase::PackWeightsPassBase;

private:
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    created.clear();
    unused.clear();
    bool ok = true;
    // The kernel's own packing first: it starts from the layout that the constants have before this pass.
    getOperation().walk([&](kernel::KernelOpInterface op) {
      if (const tinyc_packing *packing = getPacking(op))
        ok &= succeeded(pack(op, *packing, symbols));
    });
    getOperation().walk([&](kernel::DepthwiseConv2DOp op) {
      if (op.getWeights().getType().getRank() == 4)
        ok &= succeeded(transpose(op, symbols));
    });
    getOperation().walk([&](Operation *op) {
      TypeSwitch<Operation *>(op)
          .Case<kernel::Conv2DOp, kernel::DepthwiseConv2DOp, kernel::ConvTranspose2DOp, kernel::FullyConnectedOp>(
              [&](auto weighted) { ok &= succeeded(packNarrow(weighted, symbols)); });
    });
    if (!ok)
      return signalPassFailure();
    for (auto [key, packed] : created)
      replace(key.first, packed, symbols);
    for (memref::GlobalOp constant : unused)
      if (isUnused(constant))
        symbols.erase(constant);
  }

  LogicalResult pack(kernel::KernelOpInterface op, const tinyc_packing &packing, SymbolTable &symbols) {
    std::optional<WeightedConstants> constants = WeightedConstants::read(op, symbols);
    SmallVector<uint32_t> words = op.getParams().getWords();
    tinyc_constants values = constants ? constants->get() : tinyc_constants{};
    if (!constants || !packing.supports(words.data(), &values))
      return op->emitOpError("cannot pack its constants for ") << op.getSymbol();
    std::vector<uint8_t> bytes(packing.bytes(words.data()));
    packing.write(words.data(), &values, bytes.data());
    auto count = [](Value buffer) { return buffer ? cast<MemRefType>(buffer.getType()).getNumElements() : 0; };
    std::vector<int8_t> kinds;
    if (wordKinds && op->getNumOperands() > 3) {
      Value bias = op->getOperand(2), multipliers = op->getOperand(3);
      kinds = findWordKinds(packing, words, values, count(bias), count(multipliers), bytes);
    }
    DenseElementsAttr value = toElements(bytes, cast<MemRefType>(op->getOperand(1).getType()).getElementType());
    return TypeSwitch<Operation *, LogicalResult>(op)
        .Case<kernel::Conv2DOp, kernel::DepthwiseConv2DOp, kernel::FullyConnectedOp>([&](auto weighted) {
          llvm::SmallSetVector<Value, 3> before;
          for (Value constant :
               {Value(weighted.getWeights()), Value(weighted.getBias()), Value(weighted.getMultipliers())})
            if (constant)
              before.insert(constant);
          Value packed = createPacked(weighted.getWeights(), value, symbols);
          if (!kinds.empty())
            getConstant(packed, symbols)->setAttr(kernel::kWordKindsAttr, DenseI8ArrayAttr::get(&getContext(), kinds));
          setPacked(weighted, packed);
          for (Value constant : before)
            erase(constant, symbols);
          return success();
        })
        .Default([](Operation *other) { return other->emitOpError("has no weights to pack"); });
  }

  LogicalResult transpose(kernel::DepthwiseConv2DOp op, SymbolTable &symbols) {
    Value weights = op.getWeights();
    memref::GlobalOp global = getConstant(weights, symbols);
    if (!global)
      return op.emitOpError("expects its weights to be a memref.global with dense values");
    op.getWeightsMutable().assign(createPacked(weights, transposeWeights(getValues(global)), symbols));
    erase(weights, symbols);
    return success();
  }

  // Weights of less than 8 bits as the bytes that the contract wants.
  template <typename Op> LogicalResult packNarrow(Op op, SymbolTable &symbols) {
    TypedValue<MemRefType> weights = op.getWeights();
    unsigned bits = weights.getType().getElementTypeBitWidth();
    if (bits >= 8)
      return success();
    memref::GlobalOp global = getConstant(weights, symbols);
    if (!global)
      return op.emitOpError("expects its weights to be a memref.global with dense values");
    SmallVector<int8_t> values = llvm::map_to_vector(getValues(global).getValues<APInt>(), [](const APInt &value) {
      return static_cast<int8_t>(value.getSExtValue());
    });
    std::vector<uint8_t> bytes(tinyc_narrow_bytes(values.size(), bits));
    tinyc_pack_narrow(values.data(), values.size(), bits, bytes.data());
    op.getWeightsMutable().assign(
        createPacked(weights, toElements(bytes, IntegerType::get(&getContext(), 8)), symbols));
    erase(weights, symbols);
    return success();
  }

  // One-dimensional: floats for a float kernel, else bytes, whatever the width of the weights.
  DenseElementsAttr toElements(const std::vector<uint8_t> &bytes, Type weights) {
    Type element = weights.isF32() ? weights : IntegerType::get(&getContext(), 8);
    int64_t size = 8 * bytes.size() / element.getIntOrFloatBitWidth();
    return DenseElementsAttr::getFromRawBuffer(
        RankedTensorType::get({size}, element),
        ArrayRef<char>(reinterpret_cast<const char *>(bytes.data()), bytes.size()));
  }

  // Erases an unused read of a constant; the constant too, later, if nothing else reads it.
  void erase(Value read, SymbolTable &symbols) {
    unused.insert(getConstant(read, symbols));
    if (read.use_empty())
      read.getDefiningOp()->erase();
  }

  bool isUnused(memref::GlobalOp constant) {
    std::optional<SymbolTable::UseRange> uses = SymbolTable::getSymbolUses(constant, getOperation());
    return uses && uses->empty();
  }

  // Reads a new constant with that value, at the place where the one it is made of is read.
  Value createPacked(Value from, DenseElementsAttr value, SymbolTable &symbols) {
    memref::GlobalOp global = getConstant(from, symbols);
    memref::GlobalOp &packed = created[{global, value}];
    if (!packed) {
      OpBuilder builder(global);
      auto type = MemRefType::get(value.getType().getShape(), value.getElementType());
      packed = memref::GlobalOp::create(builder, global.getLoc(), (global.getSymName() + "_packed").str(),
                                        global.getSymVisibilityAttr(), type, value, global.getConstant(),
                                        global.getAlignmentAttr());
      symbols.insert(packed, Block::iterator(global));
    }
    OpBuilder builder(from.getDefiningOp());
    return memref::GetGlobalOp::create(builder, from.getLoc(), packed.getType(), packed.getSymName());
  }

  // Where nothing reads the constant in its old layout any more, the packed one takes its place and name.
  void replace(memref::GlobalOp before, memref::GlobalOp after, SymbolTable &symbols) {
    if (!unused.contains(before) || !isUnused(before))
      return;
    StringAttr name = before.getSymNameAttr();
    unused.remove(before);
    symbols.erase(before);
    // The name is free now, so this cannot fail but for uses that cannot be walked.
    if (failed(symbols.rename(after, name)))
      after.emitError("cannot be renamed to ") << name;
  }

  llvm::MapVector<std::pair<memref::GlobalOp, Attribute>, memref::GlobalOp> created; // by origin and value
  llvm::SetVector<memref::GlobalOp> unused;                                          // constants that lost a reader
};

} // namespace

} // namespace tinyc::lower
