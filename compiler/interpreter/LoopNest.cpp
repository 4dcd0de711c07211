// nn.loop_nest: the body is compiled to a list of instructions on lanes (LoopInstructions.h).
#include "compiler/interpreter/Kernels.h"
#include "compiler/interpreter/LoopInstructions.h"

using namespace mlir;

namespace tinyc::nn {

namespace {

/// A nest ready to run.
class NestProgram {
public:
  explicit NestProgram(LoopNestOp op);
  void run(Operands operands, HostTensor &out) const;

private:
  struct MappedInput {
    size_t number;
    unsigned lane;
    loop::LinearAccess access;
    Read read;
  };
  /// loop.load and loop.index run between instructions: they need tensors and indices.
  struct Load {
    size_t tensor;
    unsigned result;
    SmallVector<unsigned> indices;
    SmallVector<int64_t> shape;
    Read read;
  };
  struct Index {
    unsigned loop, result;
  };
  struct Step {
    enum class Kind { Instruction, Load, Index } kind;
    size_t number;
  };

  unsigned getLane(Value value) {
    return numbers.try_emplace(value, numbers.size()).first->second;
  }
  void addInstruction(Operation &op);
  static void fill(Attribute value, Lanes &lanes);

  SmallVector<int64_t> sizes;
  int64_t parallel;
  bool isScan;
  std::vector<MappedInput> inputs;
  std::vector<Instruction> instructions;
  std::vector<Load> loads;
  std::vector<Index> indices;
  std::vector<Step> steps;
  std::vector<std::pair<unsigned, Attribute>> constants;
  loop::LinearAccess written;
  Write write;
  Attribute init;
  unsigned accumulator = 0, yielded = 0;
  bool yieldsReal;
  llvm::DenseMap<Value, unsigned> numbers;
};

NestProgram::NestProgram(LoopNestOp op) {
  loop::Nest nest = op.getNest();
  sizes = llvm::to_vector(nest.sizes);
  parallel = nest.parallel;
  isScan = nest.isScan();
  init = nest.init;
  unsigned argument = 0;
  for (size_t number = 0; number < nest.getInputCount(); ++number)
    if (nest.isMapped(number)) {
      BlockArgument value = nest.body->getArgument(argument++);
      inputs.push_back({number, getLane(value), loop::getAccess(nest, number), findRead(value.getType())});
    }
  if (nest.hasReduction())
    accumulator = getLane(nest.body->getArgument(argument));
  written = loop::getAccess(nest, nest.getInputCount());
  for (Operation &each : nest.body->without_terminator()) {
    if (auto constant = dyn_cast<arith::ConstantOp>(each)) {
      constants.push_back({getLane(constant), constant.getValue()});
    } else if (auto load = dyn_cast<loop::LoadOp>(each)) {
      Load step = {load.getTensor(), getLane(load), {}, llvm::to_vector(nest.types[load.getTensor()].getShape()),
                   findRead(load.getType())};
      for (Value index : load.getIndices())
        step.indices.push_back(getLane(index));
      steps.push_back({Step::Kind::Load, loads.size()});
      loads.push_back(std::move(step));
    } else if (auto index = dyn_cast<loop::IndexOp>(each)) {
      steps.push_back({Step::Kind::Index, indices.size()});
      indices.push_back({index.getLoop(), getLane(index)});
    } else {
      addInstruction(each);
    }
  }
  Value value = cast<loop::YieldOp>(nest.body->getTerminator()).getValue();
  yielded = getLane(value);
  yieldsReal = value.getType().isF32();
  write = findWrite(value.getType());
}

void NestProgram::addInstruction(Operation &op) {
  Instruction instruction = makeInstruction(op);
  for (auto [number, operand] : llvm::enumerate(op.getOperands()))
    instruction.operands[number] = getLane(operand);
  instruction.result = getLane(op.getResult(0));
  steps.push_back({Step::Kind::Instruction, instructions.size()});
  instructions.push_back(instruction);
}

void NestProgram::fill(Attribute value, Lanes &lanes) {
  if (auto real = dyn_cast<FloatAttr>(value))
    std::fill_n(lanes.real, kLanes, real.getValue().convertToFloat());
  else
    std::fill_n(lanes.integer, kLanes, cast<IntegerAttr>(value).getValue().getSExtValue());
}

void NestProgram::run(Operands operands, HostTensor &out) const {
  std::vector<Lanes> lanes(numbers.size());
  for (const auto &[lane, value] : constants)
    fill(value, lanes[lane]);
  const size_t rank = sizes.size();
  // Of each lane: the indices of the parallel loops, and where its elements are.
  std::vector<std::array<int64_t, kLanes>> at(rank), positions(inputs.size() + 1);
  std::array<int64_t, kLanes> loaded;
  int64_t points = 1, reduction = 1;
  for (auto [loop, size] : llvm::enumerate(sizes))
    (static_cast<int64_t>(loop) < parallel ? points : reduction) *= size;
  auto getOffset = [&](const loop::LinearAccess &access, int64_t lane) {
    int64_t offset = access.offset;
    for (int64_t loop = 0; loop < parallel; ++loop)
      offset += access.strides[loop] * at[loop][lane];
    return offset;
  };
  SmallVector<int64_t> inner(rank, 0); // indices of the reduction's loops
  auto getShift = [&](const loop::LinearAccess &access) {
    int64_t shift = 0;
    for (size_t loop = parallel; loop < rank; ++loop)
      shift += access.strides[loop] * inner[loop];
    return shift;
  };
  for (int64_t first = 0; first < points; first += kLanes) {
    const int64_t count = std::min(kLanes, points - first);
    for (int64_t lane = 0; lane < count; ++lane) {
      int64_t rest = first + lane;
      for (int64_t loop = parallel; loop-- > 0; rest /= sizes[loop])
        at[loop][lane] = rest % sizes[loop];
      for (auto [number, input] : llvm::enumerate(inputs))
        positions[number][lane] = getOffset(input.access, lane);
      positions.back()[lane] = getOffset(written, lane);
    }
    if (init)
      fill(init, lanes[accumulator]);
    std::fill(inner.begin(), inner.end(), 0);
    for (int64_t step = 0; step < reduction; ++step) {
      for (auto [number, input] : llvm::enumerate(inputs))
        input.read(operands[input.number]->getBytes().data(), positions[number].data(), getShift(input.access),
                   lanes[input.lane], count);
      for (const Step &each : steps) {
        if (each.kind == Step::Kind::Instruction) {
          const Instruction &instruction = instructions[each.number];
          instruction.execute(instruction, lanes.data(), count);
        } else if (each.kind == Step::Kind::Index) {
          const Index &index = indices[each.number];
          int64_t *values = lanes[index.result].integer;
          for (int64_t lane = 0; lane < count; ++lane)
            values[lane] = index.loop < parallel ? at[index.loop][lane] : inner[index.loop];
        } else {
          const Load &load = loads[each.number];
          for (int64_t lane = 0; lane < count; ++lane) {
            int64_t position = 0;
            for (auto [index, size] : llvm::zip_equal(load.indices, load.shape))
              position = position * size + std::clamp<int64_t>(lanes[index].integer[lane], 0, size - 1);
            loaded[lane] = position;
          }
          load.read(operands[load.tensor]->getBytes().data(), loaded.data(), 0, lanes[load.result], count);
        }
      }
      if (init && yielded != accumulator)
        lanes[accumulator] = lanes[yielded];
      if (isScan || step + 1 == reduction)
        write(out.getBytes().data(), positions.back().data(), getShift(written), lanes[yielded], count);
      for (size_t loop = rank; loop-- > static_cast<size_t>(parallel);) {
        if (++inner[loop] < sizes[loop])
          break;
        inner[loop] = 0;
      }
    }
  }
}

} // namespace

FailureOr<Kernel> compileLoopNest(LoopNestOp op) {
  for (Operation &each : op.getBody().front().without_terminator())
    if (!isa<arith::ConstantOp, loop::LoadOp, loop::IndexOp>(each) && !makeInstruction(each).execute)
      return each.emitOpError("has no reference semantics");
  return Kernel([program = NestProgram(op)](Operands operands, HostTensor &out) { program.run(operands, out); });
}

} // namespace tinyc::nn
