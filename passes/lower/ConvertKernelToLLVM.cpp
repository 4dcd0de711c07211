// Lowered program -> LLVM: constants and parameter blocks become internal globals, calls become calls.

#include "passes/lower/Emission.h"
#include "passes/lower/Passes.h"
#include "passes/lower/ProgramState.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;

namespace tinyc::lower {
#define GEN_PASS_DEF_CONVERTKERNELTOLLVMPASS
#include "passes/lower/Passes.h.inc"

namespace {

/// What the call of a stream's op computes: rows [row, end). `input` is a tinyc_rows of the arena to be used for it.
struct StepValues {
  Value row, end, input;
};

class ConvertKernelToLLVM : public impl::ConvertKernelToLLVMPassBase<ConvertKernelToLLVM> {
public:
  using Base::Base;

  void runOnOperation() override {
    pointer = LLVM::LLVMPointerType::get(&getContext());
    FailureOr<func::FuncOp> program = getProgram(getOperation());
    if (failed(program))
      return signalPassFailure();
    isSplit = (*program).getNumArguments() > 1;
    symbols.emplace(getOperation());
    identifiers.emplace(*program);
    if (failed(convertLoops()) || failed(convertConstants(*program)) || failed(convertProgram(*program)))
      signalPassFailure();
  }

private:
  LLVM::GlobalOp createConstant(OpBuilder &builder, Location loc, StringRef name, DenseElementsAttr values,
                                int64_t alignment) {
    if (values.getElementType().isUnsignedInteger())
      values = toSignless(values);
    auto type = LLVM::LLVMArrayType::get(values.getElementType(), values.getNumElements());
    return LLVM::GlobalOp::create(builder, loc, type, /*isConstant=*/true, LLVM::Linkage::Internal, name, values,
                                  alignment);
  }

  LogicalResult convertLoops() {
    for (auto function : llvm::make_early_inc_range(getOperation().getOps<kernel::LoopFunctionOp>())) {
      std::string name = identifiers->create(function.getSymName());
      loopNames[function.getSymNameAttr()] = name;
      function.setSymName(name + ".body"); // its name is that of the function now
      if (failed(createLoopFunction(function, name, getOperation())))
        return failure();
      function.erase();
    }
    return success();
  }

  LogicalResult convertConstants(func::FuncOp program) {
    for (memref::GlobalOp constant : getConstants(program)) {
      FailureOr<DenseElementsAttr> values = getFlatValues(constant);
      if (failed(values))
        return failure();
      OpBuilder builder(constant);
      constants[constant] = createConstant(builder, constant.getLoc(), identifiers->create(constant.getSymName()),
                                           *values, getAlignment(constant));
      // Below .rodata, so that linker scripts need not know of it.
      if (auto memory = constant->getAttrOfType<StringAttr>(kernel::kMemoryAttr))
        constants[constant].setSection((".rodata." + program.getSymName().rsplit('_').first + "." + memory.getValue()).str());
    }
    return success();
  }

  LogicalResult convertProgram(func::FuncOp program) {
    if (isStreamed(program))
      return convertStreamedProgram(program);
    OpBuilder builder(program);
    auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(&getContext()), {pointer});
    std::string name = program.getSymName().str();
    auto function = LLVM::LLVMFuncOp::create(builder, program.getLoc(), name, type);
    OpBuilder globals(function);
    Block *entry = function.addEntryBlock(builder);
    builder.setInsertionPointToStart(entry);
    for (Operation &op : program.getBody().front()) {
      LogicalResult converted = success();
      if (auto call = dyn_cast<kernel::CallOp>(op))
        converted = convertCall(call, entry->getArgument(0), builder, globals);
      else if (auto stream = dyn_cast<kernel::StreamOp>(op))
        converted = convertStream(stream, entry->getArgument(0), builder, globals);
      if (failed(converted))
        return failure();
    }
    LLVM::ReturnOp::create(builder, program.getLoc(), ValueRange());
    eraseProgram(program);
    return success();
  }

  void eraseProgram(func::FuncOp program) {
    program.erase();
    for (memref::GlobalOp constant : llvm::make_early_inc_range(getOperation().getOps<memref::GlobalOp>()))
      constant.erase();
  }

  LogicalResult convertCall(kernel::CallOp call, Value arena, OpBuilder &builder, OpBuilder &globals,
                            const StepValues *step = nullptr) {
    Location loc = call.getLoc();
    SmallVector<int32_t> words;
    for (uint32_t word : call.getParams().getWords())
      words.push_back(static_cast<int32_t>(word));
    auto type = RankedTensorType::get({static_cast<int64_t>(words.size())}, builder.getI32Type());
    StringRef node = getNodeName(loc);
    LLVM::GlobalOp params =
        createConstant(globals, loc, identifiers->create(node.empty() ? call.getCallee() : node, "_params"),
                       DenseElementsAttr::get(type, ArrayRef(words)), /*alignment=*/4);

    FailureOr<SmallVector<Argument>> resolved = resolveArguments(call, *symbols);
    if (failed(resolved))
      return failure();
    SmallVector<Value> arguments = {LLVM::AddressOfOp::create(builder, loc, params)};
    for (const Argument &argument : *resolved)
      arguments.push_back(createArgument(argument, arena, loc, builder, globals, step));
    if (!step)
      for (int32_t row : {call.getRowBegin(), call.getRowEnd()})
        arguments.push_back(createInteger(builder, loc, row));
    else if (int32_t scale = call.getStep()->getScale()) {
      Value count = LLVM::SubOp::create(builder, loc, step->end, step->row);
      arguments.push_back(createInteger(builder, loc, 0));
      arguments.push_back(LLVM::MulOp::create(builder, loc, count, createInteger(builder, loc, scale)));
    } else {
      arguments.append({step->row, step->end});
    }
    LLVM::CallOp::create(builder, loc, getKernel(call, arguments, globals), arguments);
    return success();
  }

  Value createArgument(const Argument &argument, Value arena, Location loc, OpBuilder &builder, OpBuilder &globals,
                       const StepValues *step) {
    if (argument.kind == Argument::Kind::Null)
      return LLVM::ZeroOp::create(builder, loc, pointer);
    if (argument.kind == Argument::Kind::Table) {
      Value field = createElementAddress(builder, loc, pointer, step->input, createInteger(builder, loc, 1));
      LLVM::StoreOp::create(builder, loc, getOffsetTable(argument.rows, builder, globals), field);
      if (isSplit)
        LLVM::StoreOp::create(builder, loc, createRegion(builder, loc, arena, argument.address), step->input);
      return step->input;
    }
    Value base = arena;
    if (argument.address.constant)
      base = LLVM::AddressOfOp::create(builder, loc, constants[argument.address.constant]);
    else if (isSplit)
      base = createRegion(builder, loc, arena, argument.address);
    if (argument.address.offset != 0)
      base = LLVM::GEPOp::create(builder, loc, pointer, builder.getI8Type(), base,
                                 LLVM::GEPArg(static_cast<int32_t>(argument.address.offset)),
                                 LLVM::GEPNoWrapFlags::inbounds);
    if (argument.kind == Argument::Kind::Fixed)
      return base;
    Value distance;
    if (argument.rows) {
      Value table = getOffsetTable(argument.rows, builder, globals);
      Value entry = createElementAddress(builder, loc, builder.getI32Type(), table, step->row);
      distance = LLVM::LoadOp::create(builder, loc, builder.getI32Type(), entry);
    } else {
      distance = LLVM::MulOp::create(builder, loc, step->row,
                                     createInteger(builder, loc, static_cast<int32_t>(argument.rowBytes)));
    }
    return createElementAddress(builder, loc, builder.getI8Type(), base, distance);
  }

  /// The region of the arena that an address lies in; `arena` holds the addresses of all.
  Value createRegion(OpBuilder &builder, Location loc, Value arena, const Address &address) {
    Value region = createInteger(builder, loc, static_cast<int32_t>(address.region));
    return LLVM::LoadOp::create(builder, loc, pointer, createElementAddress(builder, loc, pointer, arena, region));
  }

  //===--------------------------------------------------------------------===//
  // Streams
  //===--------------------------------------------------------------------===//

  // for (step = 0; step < count; ++step)
  //   switch (steps[step])
  //   case i: end = min(rows[i] + rowsPerStep, height), call for rows [rows[i], end), rows[i] = end
  // One that stops keeps step and rows in `state`, and returns a Request.
  LogicalResult convertStream(kernel::StreamOp stream, Value caller, OpBuilder &callerBuilder, OpBuilder &globals,
                              Value callerState = nullptr, Value *result = nullptr) {
    Location loc = stream.getLoc();
    Type i32 = callerBuilder.getI32Type();
    const bool isStopping = stops(*stream);
    auto type = isStopping ? LLVM::LLVMFunctionType::get(i32, {pointer, pointer})
                           : LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(&getContext()), {pointer});
    std::string name = identifiers->createStream();
    auto function = LLVM::LLVMFuncOp::create(globals, loc, name, type, LLVM::Linkage::Internal);
    OpBuilder tables(function);
    if (isStopping)
      *result = LLVM::CallOp::create(callerBuilder, loc, function, ValueRange{caller, callerState}).getResult();
    else
      LLVM::CallOp::create(callerBuilder, loc, function, ValueRange(caller));

    OpBuilder builder(&getContext());
    Block *entry = function.addEntryBlock(builder), *head = function.addBlock(), *body = function.addBlock();
    SmallVector<Block *> cases;
    for ([[maybe_unused]] Operation &op : stream.getBody().front())
      cases.push_back(function.addBlock());
    Block *next = function.addBlock(), *done = function.addBlock();
    BlockArgument step = head->addArgument(i32, loc);

    builder.setInsertionPointToStart(entry);
    Value arena = entry->getArgument(0), zero = createInteger(builder, loc, 0), one = createInteger(builder, loc, 1);
    Value state = isStopping ? entry->getArgument(1) : Value(), rows, firstStep = zero;
    auto clearRows = [&](Value clear) {
      for (int32_t i = 0; i < static_cast<int32_t>(cases.size()); ++i)
        LLVM::StoreOp::create(builder, loc, clear,
                              createElementAddress(builder, loc, i32, rows, createInteger(builder, loc, i)));
    };
    if (isStopping) {
      rows = createStateAddress(builder, loc, state, StateWord::Counters);
      firstStep = LLVM::LoadOp::create(builder, loc, i32, createStateAddress(builder, loc, state, StateWord::Step));
    } else {
      rows = LLVM::AllocaOp::create(builder, loc, pointer, i32,
                                    createInteger(builder, loc, static_cast<int32_t>(cases.size())));
      clearRows(zero);
    }
    Value input = LLVM::AllocaOp::create(builder, loc, pointer, pointer, createInteger(builder, loc, 2));
    LLVM::StoreOp::create(builder, loc, arena, input);
    DenseElementsAttr values = makeStepTable(stream);
    LLVM::GlobalOp steps = createConstant(tables, loc, identifiers->create(name, "_steps"), values,
                                          values.getElementType().getIntOrFloatBitWidth() / 8);
    LLVM::BrOp::create(builder, loc, ValueRange(firstStep), head);

    builder.setInsertionPointToStart(head);
    Value count = createInteger(builder, loc, static_cast<int32_t>(values.getNumElements()));
    Value isStep = LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::slt, step, count);
    LLVM::CondBrOp::create(builder, loc, isStep, body, done);

    builder.setInsertionPointToStart(body);
    Type stepType = cast<LLVM::LLVMArrayType>(steps.getType()).getElementType();
    Value stepAddress =
        createElementAddress(builder, loc, stepType, LLVM::AddressOfOp::create(builder, loc, steps), step);
    Value index = LLVM::ZExtOp::create(builder, loc, i32, LLVM::LoadOp::create(builder, loc, stepType, stepAddress));
    SmallVector<int32_t> numbers = llvm::to_vector(llvm::seq<int32_t>(0, cases.size()));
    LLVM::SwitchOp::create(builder, loc, index, next, ValueRange(), ArrayRef<int32_t>(numbers), BlockRange(cases),
                           SmallVector<ValueRange>(cases.size()));

    for (auto [number, op] : llvm::enumerate(stream.getBody().front())) {
      auto call = dyn_cast<kernel::CallOp>(op);
      builder.setInsertionPointToStart(cases[number]);
      Location at = op.getLoc();
      Value counter =
          createElementAddress(builder, at, i32, rows, createInteger(builder, at, static_cast<int32_t>(number)));
      StepValues values = {LLVM::LoadOp::create(builder, at, i32, counter), Value(), input};
      Transfer transfer;
      if (!call) {
        FailureOr<Transfer> resolved = resolveTransfer(op, *symbols);
        if (failed(resolved))
          return failure();
        transfer = *resolved;
      }
      int32_t rowsPerStep = call ? call.getStep()->getRows() : transfer.rowsPerStep;
      int32_t height = call ? static_cast<int32_t>(call.getRowEnd()) : transfer.height;
      values.end = LLVM::AddOp::create(builder, at, values.row, createInteger(builder, at, rowsPerStep));
      if (height % rowsPerStep != 0) {
        Value limit = createInteger(builder, at, height);
        Value isLast = LLVM::ICmpOp::create(builder, at, LLVM::ICmpPredicate::sgt, values.end, limit);
        values.end = LLVM::SelectOp::create(builder, at, isLast, limit, values.end);
      }
      LLVM::StoreOp::create(builder, at, values.end, counter);
      if (!call) {
        Value after = LLVM::AddOp::create(builder, at, step, createInteger(builder, at, 1));
        storeState(builder, at, state, StateWord::Step, after);
        createStop(transfer, values, state, at, builder, tables);
        continue;
      }
      if (failed(convertCall(call, arena, builder, tables, &values)))
        return failure();
      LLVM::BrOp::create(builder, at, ValueRange(), next);
    }

    builder.setInsertionPointToStart(next);
    LLVM::BrOp::create(builder, loc, ValueRange(LLVM::AddOp::create(builder, loc, step, one)), head);
    builder.setInsertionPointToStart(done);
    if (!isStopping) {
      LLVM::ReturnOp::create(builder, loc, ValueRange());
      return success();
    }
    Value none = createInteger(builder, loc, 0);
    clearRows(none);
    storeState(builder, loc, state, StateWord::Step, none);
    LLVM::ReturnOp::create(builder, loc, createInteger(builder, loc, static_cast<int32_t>(Request::Done)));
    return success();
  }

  //===--------------------------------------------------------------------===//
  // Programs that stop for rows
  //===--------------------------------------------------------------------===//

  Value createStateAddress(OpBuilder &builder, Location loc, Value state, StateWord word) {
    return createElementAddress(builder, loc, builder.getI32Type(), state,
                                createInteger(builder, loc, static_cast<int32_t>(word)));
  }

  void storeState(OpBuilder &builder, Location loc, Value state, StateWord word, Value value) {
    LLVM::StoreOp::create(builder, loc, value, createStateAddress(builder, loc, state, word));
  }

  // Says which rows are wanted or there, those of `step`, and returns to the user.
  void createStop(const Transfer &transfer, const StepValues &step, Value state, Location loc, OpBuilder &builder,
                  OpBuilder &globals) {
    const Argument &place = transfer.place;
    Value offset = createInteger(builder, loc, static_cast<int32_t>(place.address.offset));
    if (place.rows) {
      Value entry = createElementAddress(builder, loc, builder.getI32Type(),
                                         getOffsetTable(place.rows, builder, globals), step.row);
      offset = LLVM::LoadOp::create(builder, loc, builder.getI32Type(), entry);
    } else if (place.kind == Argument::Kind::Band) {
      Value distance = LLVM::MulOp::create(builder, loc, step.row,
                                           createInteger(builder, loc, static_cast<int32_t>(place.rowBytes)));
      offset = LLVM::AddOp::create(builder, loc, offset, distance);
    }
    Value request = createInteger(builder, loc, static_cast<int32_t>(transfer.request));
    storeState(builder, loc, state, StateWord::Request, request);
    storeState(builder, loc, state, StateWord::Port, createInteger(builder, loc, transfer.port));
    storeState(builder, loc, state, StateWord::Row, step.row);
    storeState(builder, loc, state, StateWord::Count, LLVM::SubOp::create(builder, loc, step.end, step.row));
    storeState(builder, loc, state, StateWord::Offset, offset);
    LLVM::ReturnOp::create(builder, loc, request);
  }

  // i32 run(arena, state): switch (stage) over the stages' blocks, each of which goes on to the next.
  LogicalResult convertStreamedProgram(func::FuncOp program) {
    Location loc = program.getLoc();
    OpBuilder builder(program);
    Type i32 = builder.getI32Type();
    std::string name = program.getSymName().str();
    auto function =
        LLVM::LLVMFuncOp::create(builder, loc, name, LLVM::LLVMFunctionType::get(i32, {pointer, pointer}));
    OpBuilder globals(function);
    Block *entry = function.addEntryBlock(builder);
    Value arena = entry->getArgument(0), state = entry->getArgument(1);
    std::vector<ProgramStage> stages = splitStages(program);
    SmallVector<Block *> blocks;
    for (size_t i = 0; i <= stages.size(); ++i)
      blocks.push_back(function.addBlock());

    builder.setInsertionPointToStart(entry);
    Value stage = LLVM::LoadOp::create(builder, loc, i32, createStateAddress(builder, loc, state, StateWord::Stage));
    SmallVector<int32_t> numbers = llvm::to_vector(llvm::seq<int32_t>(0, stages.size()));
    LLVM::SwitchOp::create(builder, loc, stage, blocks.back(), ValueRange(), ArrayRef<int32_t>(numbers),
                           BlockRange(ArrayRef(blocks).drop_back()), SmallVector<ValueRange>(stages.size()));
    for (auto [number, operations] : llvm::enumerate(stages)) {
      builder.setInsertionPointToStart(blocks[number]);
      Value next = createInteger(builder, loc, static_cast<int32_t>(number) + 1);
      bool endsInStop = false;
      for (Operation *op : operations)
        if (failed(convertStatement(*op, arena, state, next, endsInStop, function, builder, globals)))
          return failure();
      if (endsInStop)
        continue;
      storeState(builder, loc, state, StateWord::Stage, next);
      LLVM::BrOp::create(builder, loc, ValueRange(), blocks[number + 1]);
    }
    builder.setInsertionPointToStart(blocks.back());
    Value done = createInteger(builder, loc, static_cast<int32_t>(Request::Done));
    storeState(builder, loc, state, StateWord::Stage, createInteger(builder, loc, 0));
    storeState(builder, loc, state, StateWord::Request, done);
    LLVM::ReturnOp::create(builder, loc, done);
    eraseProgram(program);
    return success();
  }

  LogicalResult convertStatement(Operation &op, Value arena, Value state, Value nextStage, bool &endsInStop,
                                 LLVM::LLVMFuncOp function, OpBuilder &builder, OpBuilder &globals) {
    Location loc = op.getLoc();
    if (auto call = dyn_cast<kernel::CallOp>(op))
      return convertCall(call, arena, builder, globals);
    if (auto stream = dyn_cast<kernel::StreamOp>(op)) {
      Value request;
      if (failed(convertStream(stream, arena, builder, globals, state, &request)))
        return failure();
      if (!request)
        return success();
      Block *stop = function.addBlock(), *rest = function.addBlock();
      Value isDone = LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::eq, request,
                                          createInteger(builder, loc, static_cast<int32_t>(Request::Done)));
      LLVM::CondBrOp::create(builder, loc, isDone, rest, stop);
      builder.setInsertionPointToStart(stop);
      LLVM::ReturnOp::create(builder, loc, request);
      builder.setInsertionPointToStart(rest);
      return success();
    }
    FailureOr<Transfer> transfer = resolveTransfer(op, *symbols);
    if (failed(transfer))
      return failure();
    storeState(builder, loc, state, StateWord::Stage, nextStage);
    StepValues all = {createInteger(builder, loc, 0), createInteger(builder, loc, transfer->height), Value()};
    createStop(*transfer, all, state, loc, builder, globals);
    endsInStop = true;
    return success();
  }

  Value createInteger(OpBuilder &builder, Location loc, int32_t value) {
    return LLVM::ConstantOp::create(builder, loc, builder.getI32Type(), value);
  }

  Value createElementAddress(OpBuilder &builder, Location loc, Type element, Value base, Value index) {
    return LLVM::GEPOp::create(builder, loc, pointer, element, base, LLVM::GEPArg(index),
                               LLVM::GEPNoWrapFlags::inbounds);
  }

  static DenseElementsAttr toSignless(DenseElementsAttr values) {
    unsigned width = values.getElementType().getIntOrFloatBitWidth();
    return values.bitcast(IntegerType::get(values.getContext(), width));
  }

  /// Tensors whose rows lie at the same offsets share a table.
  Value getOffsetTable(kernel::RowsOp rows, OpBuilder &builder, OpBuilder &globals) {
    Location loc = rows.getLoc();
    LLVM::GlobalOp &table = offsetTables[rows.getOffsetsAttr()];
    if (!table)
      table = createConstant(globals, loc, identifiers->create(getNodeName(loc), "_rows"),
                             makeOffsetTable(rows.getOffsetsAttr()), /*alignment=*/4);
    return LLVM::AddressOfOp::create(builder, loc, table);
  }

  /// The declaration of a kernel; all calls of one agree in the number of pointers (kernel.call's verifier).
  LLVM::LLVMFuncOp getKernel(kernel::CallOp call, ValueRange arguments, OpBuilder &globals) {
    auto loops = loopNames.find(call.getCalleeAttr().getAttr());
    if (loops != loopNames.end())
      return getOperation().lookupSymbol<LLVM::LLVMFuncOp>(loops->second);
    if (auto known = SymbolTable::lookupNearestSymbolFrom<LLVM::LLVMFuncOp>(getOperation(), call.getCalleeAttr()))
      return known;
    SmallVector<Type> types(arguments.getTypes());
    auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(&getContext()), types);
    return LLVM::LLVMFuncOp::create(globals, call.getLoc(), call.getCallee(), type);
  }

  LLVM::LLVMPointerType pointer;
  std::optional<SymbolTable> symbols; // before the conversion, whose names may be the same
  std::optional<Identifiers> identifiers;
  llvm::DenseMap<Attribute, std::string> loopNames; // of the functions of loop nests
  llvm::DenseMap<Operation *, LLVM::GlobalOp> constants;
  llvm::DenseMap<Attribute, LLVM::GlobalOp> offsetTables;
  bool isSplit = false; // the arena has several regions
};

} // namespace
} // namespace tinyc::lower
