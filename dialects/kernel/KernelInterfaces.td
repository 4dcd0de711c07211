//===- Op interfaces of the kernel dialect ---------------------------------===//

#ifndef TINYC_DIALECTS_KERNEL_KERNELINTERFACES_TD
#define TINYC_DIALECTS_KERNEL_KERNELINTERFACES_TD

include "mlir/IR/OpBase.td"

def KernelOpInterface : OpInterface<"KernelOpInterface"> {
  let cppNamespace = "::tinyc::kernel";
  let description = [{
    One execution of a kernel contract of runtime/include/tinyc/kernels.h: buffers in, one buffer out.
    Operands stand in the order of the C function's arguments; an absent optional one is left out.
  }];
  let methods = [
    InterfaceMethod<"The row of runtime/kernels.def, up to the ISA.", "::tinyc::kernel::Contract", "getContract">,
    InterfaceMethod<"The parameter block of the C function, derived from types and properties.",
                    "::tinyc::kernel::ParamsAttr", "getParams">,
    InterfaceMethod<"Output rows [begin, end) that are computed (what a row is: see the contract).",
                    "std::pair<int32_t, int32_t>", "getRows">,
    InterfaceMethod<"Multiply-accumulate operations of one execution.", "int64_t", "getMacs", (ins), "",
                    [{ return 0; }]>,
    InterfaceMethod<"Operand numbers of the buffers the output may be written over: the element at each address is "
                    "read before it is written.", "::llvm::SmallVector<unsigned>", "getInPlaceOperands", (ins), "",
                    [{ return {}; }]>,
    InterfaceMethod<"Pointer arguments of the C function, between parameter block and rows; a null value stands for "
                    "NULL.", "::llvm::SmallVector<::mlir::Value>", "getCallArguments", (ins), "", [{
      ::llvm::SmallVector<::mlir::Value> arguments($_op->getOperands());
      if (!$_op.getScratch())
        arguments.push_back(::mlir::Value());
      return arguments;
    }]>,
    InterfaceMethod<"The buffer that is written.", "::mlir::Value", "getOutputBuffer", (ins), "",
                    [{ return $_op.getOutput(); }]>,
    InterfaceMethod<"The temporary buffer, or null.", "::mlir::Value", "getScratchBuffer", (ins), "",
                    [{ return $_op.getScratch(); }]>,
    InterfaceMethod<"Sets or replaces the temporary buffer.", "void", "setScratchBuffer",
                    (ins "::mlir::Value":$scratch), "", [{ $_op.getScratchMutable().assign(scratch); }]>,
    InterfaceMethod<"Symbol of the C function chosen for the target, or empty before selection.", "::llvm::StringRef",
                    "getSymbol", (ins), "", [{ return $_op.getKernel().value_or(""); }]>,
    InterfaceMethod<"Chooses the C function.", "void", "setSymbol", (ins "::llvm::StringRef":$symbol), "",
                    [{ $_op.setKernel(symbol); }]>,
  ];
}

#endif // TINYC_DIALECTS_KERNEL_KERNELINTERFACES_TD
