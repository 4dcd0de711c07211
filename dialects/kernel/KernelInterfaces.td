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
    InterfaceMethod<"Sets, replaces or, if null, removes the temporary buffer.", "void", "setScratchBuffer",
                    (ins "::mlir::Value":$scratch), "", [{
      if (scratch)
        $_op.getScratchMutable().assign(scratch);
      else
        $_op.getScratchMutable().clear();
    }]>,
    InterfaceMethod<"Symbol of the C function chosen for the target, or empty before selection.", "::llvm::StringRef",
                    "getSymbol", (ins), "", [{ return $_op.getKernel().value_or(""); }]>,
    InterfaceMethod<"Chooses the C function.", "void", "setSymbol", (ins "::llvm::StringRef":$symbol), "",
                    [{ $_op.setKernel(symbol); }]>,

    // Execution by rows, in kernel.stream.
    InterfaceMethod<"Rows that the op can be executed over, a few at a time: dimension 1 of the output [1, H, W, C], unless "
                    "an op says otherwise. 0: it can be executed as a whole only.", "int32_t", "getRowCount", (ins), "",
                    [{ return ::tinyc::kernel::detail::getRowCount($_op); }]>,
    InterfaceMethod<"The rows of an operand's buffer that a row of the op touches; operands that are no image, or that "
                    "are broadcast over the rows, are touched as a whole. Meaningful if getRowCount() > 0.",
                    "::tinyc::kernel::RowAccess", "getRowAccess", (ins "unsigned":$operand), "",
                    [{ return ::tinyc::kernel::detail::getRowAccess($_op, operand); }]>,
    InterfaceMethod<"Rows of the contract that make one row of a row-local op: the C function gets rows "
                    "[0, count * getRowScale()) for a band of `count` rows. 0: it gets the numbers of the rows, as do "
                    "ops with a window.", "int32_t", "getRowScale", (ins), "",
                    [{ return 1; }]>,
    InterfaceMethod<"Rows computed by one step of a stream, at most; 0 outside of streams.", "int32_t",
                    "getRowsPerStep", (ins), "", [{ return $_op.getRowsPerStep(); }]>,
    InterfaceMethod<"Sets the rows of a step. getParams() then describes a band of that many rows, or, for an op with a "
                    "window, the whole image with the band as the output's ring.", "void", "setRowsPerStep",
                    (ins "int32_t":$rows), "", [{ $_op.setRowsPerStep(static_cast<uint32_t>(rows)); // the op's own, not this one
                    }]>,
  ];
  let extraSharedClassDeclaration = [{
    /// Whether the rows of a step need the same rows of the images it reads and no others.
    bool isRowLocal() { return ::tinyc::kernel::detail::isRowLocal($_op); }
  }];
  let verify = [{ return ::tinyc::kernel::detail::verifyRowsPerStep($_op); }];
}

#endif // TINYC_DIALECTS_KERNEL_KERNELINTERFACES_TD
