#include "targets/Target.h"
#include "tinyc/kernels.h"
#include "tinyc/pack.h"
#include "tinyc/pack_x86_64.h"
#include "tinyc/scratch.h"

#include "llvm/ADT/STLExtras.h"

using namespace llvm;

namespace tinyc::targets {

ArrayRef<Kernel> getKernels() {
#define TINYC_PACKED_KERNEL(op, input, weight, isa, source, symbol, params, arguments, scratch, packing)               \
  {#op, #input, #weight, #isa, source, #symbol, #params, #arguments, scratch, &packing, ""},
#define TINYC_KERNEL(op, input, weight, isa, source, symbol, params, arguments, scratch)                               \
  {#op, #input, #weight, #isa, source, #symbol, #params, #arguments, scratch, nullptr, ""},
#define TINYC_S4_KERNEL(op, weight, isa, source, symbol, params, arguments, scratch, inner)                            \
  {#op, "s4", #weight, #isa, source, #symbol, #params, #arguments, symbol##_scratch, nullptr, #inner},
#define TINYC_S4_PACKED_KERNEL(op, weight, isa, source, symbol, params, arguments, scratch, inner, packing)            \
  {#op, "s4", #weight, #isa, source, #symbol, #params, #arguments, symbol##_scratch, &packing, #inner},
  static const Kernel kernels[] = {
#include "runtime/kernels.def"
  };
#undef TINYC_KERNEL
  return kernels;
}

const Kernel *findKernel(const Target &target, StringRef op, StringRef input, StringRef weight,
                         function_ref<bool(const Kernel &)> accepts) {
  for (StringRef isa : target.isas)
    for (const Kernel &kernel : getKernels())
      if (kernel.isa == isa && kernel.op == op && kernel.input == input && kernel.weight == weight && accepts(kernel))
        return &kernel;
  return nullptr;
}

// Rows of 4 bits are unpacked before the results that lie over them are packed: as their kernel on int8, unless results are wider.
static bool narrowsRows(ArrayRef<uint32_t> params) {
  const auto &conv = *reinterpret_cast<const tinyc_conv2d_s4_params *>(params.data());
  return conv.rows.output_bits <= conv.rows.input_bits;
}

bool overwritesInput(const Kernel &kernel, ArrayRef<uint32_t> params) {
  if (kernel.params == "tinyc_conv2d_s4_params" && !narrowsRows(params))
    return false;
  return kernel.packing && kernel.packing->overwrites && kernel.packing->overwrites(params.data()) != 0;
}

bool isSparse(const Kernel &kernel) { return kernel.packing && kernel.packing->kept > 0; }

const Kernel *findKernel(StringRef symbol) {
  const Kernel *found = find_if(getKernels(), [&](const Kernel &kernel) { return kernel.symbol == symbol; });
  return found == getKernels().end() ? nullptr : found;
}

} // namespace tinyc::targets
