// Lowered program -> LLVM: constants and parameter blocks become internal globals, calls become calls.

#include "passes/lower/Emission.h"
#include "passes/lower/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;

namespace tinyc::lower {
#define GEN_PASS_DEF_CONVERTKERNELTOLLVMPASS
#include "passes/lower/Passes.h.inc"

namespace {

class ConvertKernelToLLVM : public impl::ConvertKernelToLLVMPassBase<ConvertKernelToLLVM> {
public:
  using Base::Base;

  void runOnOperation() override {
    pointer = LLVM::LLVMPointerType::get(&getContext());
    FailureOr<func::FuncOp> program = getProgram(getOperation());
    if (failed(program))
      return signalPassFailure();
    symbols.emplace(getOperation());
    identifiers.emplace(*program);
    if (failed(convertConstants(*program)) || failed(convertProgram(*program)))
      signalPassFailure();
  }

private:
  LLVM::GlobalOp createConstant(OpBuilder &builder, Location loc, StringRef name, DenseElementsAttr values,
                                int64_t alignment) {
    auto type = LLVM::LLVMArrayType::get(values.getElementType(), values.getNumElements());
    return LLVM::GlobalOp::create(builder, loc, type, /*isConstant=*/true, LLVM::Linkage::Internal, name, values,
                                  alignment);
  }

  LogicalResult convertConstants(func::FuncOp program) {
    for (memref::GlobalOp constant : getConstants(program)) {
      FailureOr<DenseElementsAttr> values = getFlatValues(constant);
      if (failed(values))
        return failure();
      OpBuilder builder(constant);
      constants[constant] = createConstant(builder, constant.getLoc(), identifiers->create(constant.getSymName()),
                                           *values, getAlignment(constant));
    }
    return success();
  }

  LogicalResult convertProgram(func::FuncOp program) {
    OpBuilder builder(program);
    auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(&getContext()), {pointer});
    std::string name = program.getSymName().str();
    auto function = LLVM::LLVMFuncOp::create(builder, program.getLoc(), name, type);
    OpBuilder globals(function);
    Block *entry = function.addEntryBlock(builder);
    builder.setInsertionPointToStart(entry);
    for (kernel::CallOp call : program.getOps<kernel::CallOp>())
      if (failed(convertCall(call, entry->getArgument(0), builder, globals)))
        return failure();
    LLVM::ReturnOp::create(builder, program.getLoc(), ValueRange());
    program.erase();
    for (memref::GlobalOp constant : llvm::make_early_inc_range(getOperation().getOps<memref::GlobalOp>()))
      constant.erase();
    return success();
  }

  LogicalResult convertCall(kernel::CallOp call, Value arena, OpBuilder &builder, OpBuilder &globals) {
    Location loc = call.getLoc();
    SmallVector<int32_t> words;
    for (uint32_t word : call.getParams().getWords())
      words.push_back(static_cast<int32_t>(word));
    auto type = RankedTensorType::get({static_cast<int64_t>(words.size())}, builder.getI32Type());
    StringRef node = getNodeName(loc);
    LLVM::GlobalOp params =
        createConstant(globals, loc, identifiers->create(node.empty() ? call.getCallee() : node, "_params"),
                       DenseElementsAttr::get(type, ArrayRef(words)), /*alignment=*/4);

    SmallVector<Value> arguments = {LLVM::AddressOfOp::create(builder, loc, params)};
    for (Value buffer : call.getArguments()) {
      if (!buffer) {
        arguments.push_back(LLVM::ZeroOp::create(builder, loc, pointer));
        continue;
      }
      FailureOr<Address> address = resolveAddress(call, buffer, *symbols);
      if (failed(address))
        return failure();
      Value base = arena;
      if (address->constant)
        base = LLVM::AddressOfOp::create(builder, loc, constants[address->constant]);
      if (address->offset != 0)
        base = LLVM::GEPOp::create(builder, loc, pointer, builder.getI8Type(), base,
                                   LLVM::GEPArg(static_cast<int32_t>(address->offset)),
                                   LLVM::GEPNoWrapFlags::inbounds);
      arguments.push_back(base);
    }
    for (int32_t row : {call.getRowBegin(), call.getRowEnd()})
      arguments.push_back(LLVM::ConstantOp::create(builder, loc, builder.getI32Type(), row));
    LLVM::CallOp::create(builder, loc, getKernel(call, arguments, globals), arguments);
    return success();
  }

  /// The declaration of a kernel; all calls of one agree in the number of pointers (kernel.call's verifier).
  LLVM::LLVMFuncOp getKernel(kernel::CallOp call, ValueRange arguments, OpBuilder &globals) {
    if (auto known = SymbolTable::lookupNearestSymbolFrom<LLVM::LLVMFuncOp>(getOperation(), call.getCalleeAttr()))
      return known;
    SmallVector<Type> types(arguments.getTypes());
    auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(&getContext()), types);
    return LLVM::LLVMFuncOp::create(globals, call.getLoc(), call.getCallee(), type);
  }

  LLVM::LLVMPointerType pointer;
  std::optional<SymbolTable> symbols; // before the conversion, whose names may be the same
  std::optional<Identifiers> identifiers;
  llvm::DenseMap<Operation *, LLVM::GlobalOp> constants;
};

} // namespace
} // namespace tinyc::lower
