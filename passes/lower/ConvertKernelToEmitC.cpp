// Lowered program -> C: constants and parameter blocks become static arrays and structs, calls become calls.

#include "passes/lower/CText.h"
#include "passes/lower/Emission.h"
#include "passes/lower/Passes.h"
#include "passes/lower/ProgramState.h"

#include "mlir/Dialect/EmitC/IR/EmitC.h"

#include <set>

using namespace mlir;

namespace tinyc::lower {
#define GEN_PASS_DEF_CONVERTKERNELTOEMITCPASS
#include "passes/lower/Passes.h.inc"

namespace {

class ConvertKernelToEmitC : public impl::ConvertKernelToEmitCPassBase<ConvertKernelToEmitC> {
public:
  using Base::Base;

  void runOnOperation() override {
    FailureOr<func::FuncOp> program = getProgram(getOperation());
    if (failed(program))
      return signalPassFailure();
    isSplit = (*program).getNumArguments() > 1;
    symbols.emplace(getOperation());
    identifiers.emplace(*program);
    convertLoops();
    if (failed(convertConstants(*program)) || failed(convertProgram(*program)))
      return signalPassFailure();
    createPreamble();
  }

private:
  void createPreamble() {
    OpBuilder builder = OpBuilder::atBlockBegin(getOperation().getBody());
    Location loc = getOperation().getLoc();
    auto include = [&](StringRef header) {
      emitc::IncludeOp::create(builder, loc, header, /*is_standard_include=*/false);
    };
    include("model.h");
    include("tinyc/kernel_functions.h");
    if (!loopTexts.empty())
      include("tinyc/arithmetic.h");
    if (hasMath)
      include("tinyc/math.h");
    for (const std::string &text : loopTexts) // before macros that may stand for calls of them
      createText(builder, loc, text);
    if (!profiledCalls.empty()) {
      createText(builder, loc, formatProfileMacros(profiledCalls, identifiers->getPrefix()));
      OpBuilder end = OpBuilder::atBlockEnd(getOperation().getBody());
      createText(end, loc, formatProfileLayers(profiledCalls, identifiers->getPrefix()));
    }
    for (const std::string &macro : sections) // empty unless the user defines it
      createText(builder, loc, "#ifndef " + macro + "\n#define " + macro + "\n#endif");
    if (!hasNonFinite)
      return;
    // Constant expressions rather than math.h, which a freestanding compiler need not have.
    for (StringRef line : {"#define INFINITY ((float)(1e300 * 1e300))", "#define NAN (INFINITY - INFINITY)"})
      emitc::VerbatimOp::create(builder, loc, builder.getStringAttr(line), ValueRange());
  }

  void convertLoops() {
    hasMath = usesMath(getOperation());
    for (auto function : llvm::make_early_inc_range(getOperation().getOps<kernel::LoopFunctionOp>())) {
      std::string name = identifiers->create(function.getSymName());
      loopTexts.push_back(formatLoopFunction(function, name));
      loopNames[function.getSymNameAttr()] = name;
      function.erase();
    }
  }

  /// The C function of a call: a kernel's, or that of a loop nest.
  std::string getCallee(kernel::CallOp call) {
    auto loops = loopNames.find(call.getCalleeAttr().getAttr());
    return loops == loopNames.end() ? call.getCallee().str() : loops->second;
  }

  /// The macro that lets a user put a constant into the memory planned for it.
  std::string formatSection(memref::GlobalOp constant) {
    auto memory = constant->getAttrOfType<StringAttr>(kernel::kMemoryAttr);
    if (!memory)
      return "";
    std::string name = (identifiers->getPrefix() + "section_" + memory.getValue()).str(), macro = StringRef(name).upper();
    sections.insert(macro);
    return " " + macro;
  }

  LogicalResult convertConstants(func::FuncOp program) {
    for (memref::GlobalOp constant : getConstants(program)) {
      FailureOr<DenseElementsAttr> values = getFlatValues(constant);
      if (failed(values))
        return failure();
      OpBuilder builder(constant);
      std::string name = identifiers->create(constant.getSymName());
      builder.setInsertionPoint(constant);
      emitc::VerbatimOp::create(builder, constant.getLoc(),
                                builder.getStringAttr("_Alignas(" + Twine(getAlignment(constant)) + ")" +
                                                      formatSection(constant)),
                                ValueRange());
      Type element = values->getElementType();
      if (isa<FloatType>(element))
        hasNonFinite |= llvm::any_of(values->getValues<APFloat>(), [](const APFloat &x) { return !x.isFinite(); });
      auto type = emitc::ArrayType::get({values->getNumElements()}, element);
      emitc::GlobalOp::create(builder, constant.getLoc(), name, type, *values, /*extern_specifier=*/false,
                              /*static_specifier=*/true, /*const_specifier=*/true);
      constantNames[constant] = name;
    }
    return success();
  }

  LogicalResult convertProgram(func::FuncOp program) {
    if (isStreamed(program))
      return convertStreamedProgram(program);
    OpBuilder builder(program);
    MLIRContext *context = &getContext();
    auto arena = emitc::PointerType::get(IntegerType::get(context, 8, IntegerType::Unsigned));
    auto function = emitc::FuncOp::create(builder, program.getLoc(), program.getSymName(),
                                          FunctionType::get(context, {arena}, {}));
    OpBuilder globals(function);
    builder.setInsertionPointToStart(function.addEntryBlock());
    for (Operation &op : program.getBody().front()) {
      LogicalResult converted = success();
      if (auto call = dyn_cast<kernel::CallOp>(op))
        converted = convertCall(call, builder, globals);
      else if (auto stream = dyn_cast<kernel::StreamOp>(op))
        converted = convertStream(stream, builder, globals);
      if (failed(converted))
        return failure();
    }
    emitc::ReturnOp::create(builder, program.getLoc(), Value());
    eraseProgram(program);
    return success();
  }

  void eraseProgram(func::FuncOp program) {
    program.erase();
    for (memref::GlobalOp constant : llvm::make_early_inc_range(getOperation().getOps<memref::GlobalOp>()))
      constant.erase();
  }

  LogicalResult convertCall(kernel::CallOp call, OpBuilder &builder, OpBuilder &globals) {
    FailureOr<SmallVector<std::string>> texts = formatArguments(call, globals);
    if (failed(texts))
      return failure();
    SmallVector<Attribute> arguments;
    for (const std::string &text : *texts)
      arguments.push_back(emitc::OpaqueAttr::get(&getContext(), text));
    arguments.push_back(builder.getI32IntegerAttr(call.getRowBegin()));
    arguments.push_back(builder.getI32IntegerAttr(call.getRowEnd()));
    createText(builder, call.getLoc(), "/* " + formatComment(describe(call)) + " */");
    emitc::CallOpaqueOp::create(builder, call.getLoc(), TypeRange(), getCallee(call), ValueRange(),
                                builder.getArrayAttr(arguments));
    return success();
  }

  static void createText(OpBuilder &builder, Location loc, const Twine &text) {
    emitc::VerbatimOp::create(builder, loc, builder.getStringAttr(text), ValueRange());
  }

  /// The arguments of a call but the rows, as text. Makes the constants of them that it needs.
  FailureOr<SmallVector<std::string>> formatArguments(kernel::CallOp call, OpBuilder &globals) {
    Location loc = call.getLoc();
    StringRef node = getNodeName(loc);
    std::string block = identifiers->create(node.empty() ? call.getCallee() : node, "_params");
    for (Attribute value : call.getParams().getValues())
      if (auto number = dyn_cast<FloatAttr>(value))
        hasNonFinite |= !number.getValue().isFinite();
    auto type = emitc::OpaqueType::get(&getContext(), call.getParams().getType().getValue());
    emitc::GlobalOp::create(globals, loc, block, type,
                            emitc::OpaqueAttr::get(&getContext(), formatParams(call.getParams())),
                            /*extern_specifier=*/false, /*static_specifier=*/true, /*const_specifier=*/true);
    FailureOr<SmallVector<Argument>> resolved = resolveArguments(call, *symbols);
    if (failed(resolved))
      return failure();
    profiledCalls.push_back({getCallee(call), block});
    SmallVector<std::string> arguments = {"&" + block};
    for (const Argument &argument : *resolved)
      arguments.push_back(formatArgument(argument, globals));
    return arguments;
  }

  std::string formatArgument(const Argument &argument, OpBuilder &globals) {
    if (argument.kind == Argument::Kind::Null)
      return "NULL";
    const Address &address = argument.address;
    StringRef element = getElementType(address.element);
    // Through void *, so that -Wcast-align has nothing to say: the arena and the plan are aligned.
    if (argument.kind == Argument::Kind::Table)
      return ("(const " + element + " *)(const void *)&input").str();
    std::string row; // what the row of the step adds to the address
    if (argument.kind == Argument::Kind::Band)
      row = argument.rows ? getOffsetTable(argument.rows, globals) + "[row]"
                          : "row * " + std::to_string(argument.rowBytes / getElementBytes(address));
    if (memref::GlobalOp constant = address.constant) {
      std::string name = constantNames[constant];
      if (constant.getType().getElementType() != address.element)
        name = ("(const " + element + " *)(const void *)" + name).str();
      if (address.offset != 0)
        name += " + " + std::to_string(address.offset / getElementBytes(address));
      return row.empty() ? name : name + " + " + row;
    }
    if (argument.kind == Argument::Kind::Band && !argument.rows)
      row = "row * " + std::to_string(argument.rowBytes);
    std::string offset = std::to_string(address.offset);
    if (!row.empty())
      offset = address.offset == 0 ? row : offset + " + " + row;
    bool isByte = address.element.isInteger(8) || address.element.isInteger(4);
    return ("(" + element + " *)" + (isByte ? "" : "(void *)") + "(" + getArena(address) + " + " + offset + ")").str();
  }

  /// The region of the arena that an address lies in.
  std::string getArena(const Address &address) {
    return isSplit ? "arena[" + std::to_string(address.region) + "]" : "arena";
  }

  static int64_t getElementBytes(const Address &address) {
    return llvm::divideCeil(address.element.getIntOrFloatBitWidth(), 8);
  }

  //===--------------------------------------------------------------------===//
  // Streams
  //===--------------------------------------------------------------------===//

  LogicalResult convertStream(kernel::StreamOp stream, OpBuilder &builder, OpBuilder &globals) {
    FailureOr<std::string> name = createStream(stream, globals);
    if (failed(name))
      return failure();
    emitc::CallOpaqueOp::create(builder, stream.getLoc(), TypeRange(), *name, ValueRange(),
                                builder.getArrayAttr(emitc::OpaqueAttr::get(&getContext(), "arena")));
    return success();
  }

  /// The function of a stream; returns its name.
  FailureOr<std::string> createStream(kernel::StreamOp stream, OpBuilder &globals) {
    std::string cases;
    llvm::raw_string_ostream os(cases);
    bool hasTable = false;
    for (auto [number, op] : llvm::enumerate(stream.getBody().front())) {
      auto call = dyn_cast<kernel::CallOp>(op);
      hasTable |= call && !call.getStep()->getTables().empty();
      if (failed(call ? printCase(call, number, os, globals) : printTransferCase(op, number, os, globals)))
        return failure();
    }
    const bool isStopping = stops(*stream);
    DenseElementsAttr steps = makeStepTable(stream);
    std::string name = identifiers->createStream(), text;
    llvm::raw_string_ostream function(text);
    function << (isStopping ? "static int32_t " : "static void ") << name << "(" << getArenaParameter()
             << (isStopping ? ", " + identifiers->getPrefix() + "state *state" : "") << ") {\n  static const "
             << (steps.getElementType().getIntOrFloatBitWidth() == 8 ? "uint8_t" : "uint16_t") << " steps[] = {";
    llvm::interleaveComma(stream.getSteps(), function);
    if (isStopping)
      function << "};\n  int32_t *const rows = state->rows;\n";
    else
      function << "};\n  int32_t rows[" << stream.getBody().front().getOperations().size() << "] = {0};\n";
    if (hasTable)
      function << "  tinyc_rows input = {" << (isSplit ? "NULL" : "arena") << ", NULL};\n";
    if (isStopping)
      function << "  while (state->step < " << steps.getNumElements() << ") {\n    switch (steps[state->step++]) {\n";
    else
      function << "  for (int32_t step = 0; step < " << steps.getNumElements()
               << "; step++) {\n    switch (steps[step]) {\n";
    function << cases << "    default:\n      break;\n    }\n  }\n";
    if (isStopping)
      function << "  state->step = 0;\n  memset(state->rows, 0, sizeof state->rows);\n  return " << getMacro("DONE")
               << ";\n";
    function << "}";
    createText(globals, stream.getLoc(), text);
    return name;
  }

  LogicalResult printCase(kernel::CallOp call, size_t number, raw_ostream &os, OpBuilder &globals) {
    FailureOr<SmallVector<std::string>> arguments = formatArguments(call, globals);
    FailureOr<SmallVector<Argument>> resolved = resolveArguments(call, *symbols);
    if (failed(arguments) || failed(resolved))
      return failure();
    kernel::StepAttr step = *call.getStep();
    int32_t count = step.getRows(), height = call.getRowEnd(), scale = step.getScale();
    std::string end = "row + " + std::to_string(count);
    bool isUneven = height % count != 0;
    if (isUneven)
      end += (" < " + Twine(height) + " ? row + " + Twine(count) + " : " + Twine(height)).str();
    bool usesRow = scale == 0 || isUneven || llvm::any_of(*resolved, [](const Argument &argument) {
      return argument.kind == Argument::Kind::Band;
    });
    os << "    case " << number << ": { /* " << formatComment(describe(call)) << " */\n";
    if (usesRow)
      os << "      const int32_t row = rows[" << number << "], end = " << end << ";\n";
    for (const Argument &argument : *resolved)
      if (argument.kind == Argument::Kind::Table) {
        if (isSplit)
          os << "      input.base = " << getArena(argument.address) << ";\n";
        os << "      input.offsets = " << getOffsetTable(argument.rows, globals) << ";\n";
      }
    os << "      " << getCallee(call) << "(";
    for (const std::string &argument : *arguments)
      os << argument << ", ";
    std::string factor = scale == 1 ? "" : " * " + std::to_string(scale);
    if (scale == 0)
      os << "row, end);\n";
    else if (isUneven)
      os << "0, " << (scale == 1 ? "end - row" : "(end - row)") << factor << ");\n";
    else
      os << "0, " << count * scale << ");\n";
    os << "      rows[" << number << "] " << (usesRow ? "= end" : "+= " + std::to_string(count)) << ";\n"
       << "      break;\n    }\n";
    return success();
  }

  //===--------------------------------------------------------------------===//
  // Programs that stop for rows
  //===--------------------------------------------------------------------===//

  /// `MODEL_DONE` for the prefix `model_`.
  std::string getMacro(StringRef name) { return identifiers->getPrefix().upper() + name.str(); }

  std::string getArenaParameter() { return isSplit ? "uint8_t *const *arena" : "uint8_t *arena"; }

  // The whole program as text: a stage that goes on where it stopped is an `if` on state->stage.
  LogicalResult convertStreamedProgram(func::FuncOp program) {
    OpBuilder globals(program);
    StringRef prefix = identifiers->getPrefix();
    std::string stop = (prefix + "stop").str(), body, text;
    createText(globals, program.getLoc(),
               "static int32_t " + stop + "(" + prefix + "state *state, int32_t request, int32_t port, int32_t row, "
               "int32_t count, int32_t offset) {\n  state->request = request;\n  state->port = port;\n"
               "  state->row = row;\n  state->count = count;\n  state->offset = offset;\n"
               "  return request;\n}");
    llvm::raw_string_ostream os(body), function(text);
    std::vector<ProgramStage> stages = splitStages(program);
    for (auto [number, stage] : llvm::enumerate(stages)) {
      os << "  if (state->stage == " << number << ") {\n";
      bool isLast = number + 1 == stages.size(), endsInStop = false;
      for (Operation *op : stage)
        if (failed(printStatement(*op, number, endsInStop, os, globals)))
          return failure();
      if (!isLast && !endsInStop)
        os << "    state->stage = " << number + 1 << ";\n";
      os << "  }\n";
    }
    function << "int32_t " << program.getSymName() << "(" << getArenaParameter() << ", " << prefix
             << "state *state) {\n"
             << body << "  state->stage = 0;\n  state->request = " << getMacro("DONE") << ";\n  return "
             << getMacro("DONE") << ";\n}";
    createText(globals, program.getLoc(), text);
    eraseProgram(program);
    return success();
  }

  LogicalResult printStatement(Operation &op, size_t stage, bool &endsInStop, raw_ostream &os, OpBuilder &globals) {
    if (auto call = dyn_cast<kernel::CallOp>(op)) {
      FailureOr<SmallVector<std::string>> arguments = formatArguments(call, globals);
      if (failed(arguments))
        return failure();
      os << "    /* " << formatComment(describe(call)) << " */\n    " << getCallee(call) << "(";
      for (const std::string &argument : *arguments)
        os << argument << ", ";
      os << static_cast<int32_t>(call.getRowBegin()) << ", " << static_cast<int32_t>(call.getRowEnd()) << ");\n";
      return success();
    }
    if (auto stream = dyn_cast<kernel::StreamOp>(op)) {
      FailureOr<std::string> name = createStream(stream, globals);
      if (failed(name))
        return failure();
      if (stops(op))
        os << "    if (" << *name << "(arena, state) != " << getMacro("DONE") << ")\n      return state->request;\n";
      else
        os << "    " << *name << "(arena);\n";
      return success();
    }
    FailureOr<Transfer> transfer = resolveTransfer(op, *symbols);
    if (failed(transfer))
      return failure();
    os << "    state->stage = " << stage + 1 << ";\n    "
       << formatStop(*transfer, "0", std::to_string(transfer->height), globals);
    endsInStop = true;
    return success();
  }

  LogicalResult printTransferCase(Operation &op, size_t number, raw_ostream &os, OpBuilder &globals) {
    FailureOr<Transfer> transfer = resolveTransfer(op, *symbols);
    if (failed(transfer))
      return failure();
    int32_t count = transfer->rowsPerStep, height = transfer->height;
    bool isUneven = height % count != 0;
    os << "    case " << number << ": {\n      const int32_t row = rows[" << number << "]";
    if (isUneven)
      os << ", end = row + " << count << " < " << height << " ? row + " << count << " : " << height;
    os << ";\n      rows[" << number << "] = " << (isUneven ? "end" : "row + " + std::to_string(count)) << ";\n      "
       << formatStop(*transfer, "row", isUneven ? "end - row" : std::to_string(count), globals) << "    }\n";
    return success();
  }

  /// `return model_stop(...); /* name */`
  std::string formatStop(const Transfer &transfer, StringRef row, StringRef count, OpBuilder &globals) {
    const Argument &place = transfer.place;
    std::string offset = std::to_string(place.address.offset), text;
    if (place.rows)
      offset = "(int32_t)" + getOffsetTable(place.rows, globals) + "[row]";
    else if (place.kind == Argument::Kind::Band)
      offset = (place.address.offset == 0 ? "" : offset + " + ") + "row * " + std::to_string(place.rowBytes);
    llvm::raw_string_ostream os(text);
    os << "return " << identifiers->getPrefix() << "stop(state, "
       << getMacro(transfer.request == Request::WantsRows ? "WANTS_ROWS" : "HAS_ROWS") << ", " << transfer.port << ", "
       << row << ", " << count << ", " << offset << "); /* "
       << formatComment(transfer.name) << " */\n";
    return text;
  }

  /// Tensors whose rows lie at the same offsets share a table.
  std::string getOffsetTable(kernel::RowsOp rows, OpBuilder &globals) {
    std::string &name = offsetTables[rows.getOffsetsAttr()];
    if (!name.empty())
      return name;
    name = identifiers->create(getNodeName(rows.getLoc()), "_rows");
    DenseElementsAttr values = makeOffsetTable(rows.getOffsetsAttr());
    emitc::GlobalOp::create(globals, rows.getLoc(), name,
                            emitc::ArrayType::get({values.getNumElements()}, values.getElementType()), values,
                            /*extern_specifier=*/false, /*static_specifier=*/true, /*const_specifier=*/true);
    return name;
  }

  std::optional<SymbolTable> symbols; // before the conversion, whose names may be the same
  std::optional<Identifiers> identifiers;
  llvm::DenseMap<Operation *, std::string> constantNames;
  llvm::DenseMap<Attribute, std::string> offsetTables;
  std::vector<std::string> loopTexts;
  llvm::DenseMap<Attribute, std::string> loopNames; // of the functions of loop nests, in C
  bool hasMath = false;                             // loops call functions of tinyc/math.h
  SmallVector<ProfiledCall> profiledCalls; // all, in order
  std::set<std::string> sections; // macros of the memories for constants
  bool hasNonFinite = false; // the text uses INFINITY or NAN
  bool isSplit = false;      // the arena has several regions: `arena` is an array of their addresses
};

} // namespace
} // namespace tinyc::lower
