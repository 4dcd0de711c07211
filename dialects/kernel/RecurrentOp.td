// kernel.recurrent.
#ifndef TINYC_DIALECTS_KERNEL_RECURRENTOP_TD
#define TINYC_DIALECTS_KERNEL_RECURRENTOP_TD

include "dialects/kernel/KernelBase.td"

def Kernel_RecurrentOp : Op<Kernel_Dialect, "recurrent", [
    DeclareOpInterfaceMethods<KernelOpInterface, ["getMacs", "getCallArguments", "getRowCount"]>, AttrSizedOperandSegments]> {
  let summary = "LSTM, GRU or RNN over a sequence: tinyc_recurrent_f32";
  let description = [{
    As nn.recurrent, on buffers; `functions` are numbers of tinyc/kernels.h, `clip` is infinite where nothing is clipped.
    C1. input is [T, N, I], weights [D, G * H, I], recurrence [D, G * H, H], output [rows, D, N, H], of f32; 6 functions,
    alphas and betas, those of the second direction from number 3 on.
  }];
  let arguments = (ins Kernel_In<Kernel_F32>:$input, Kernel_In<Kernel_F32>:$weights, Kernel_In<Kernel_F32>:$recurrence,
                       Kernel_OptionalIn<Kernel_F32>:$bias, Kernel_OptionalIn<Kernel_S32>:$lengths,
                       Kernel_OptionalIn<Kernel_F32>:$initialHidden, Kernel_OptionalIn<Kernel_F32>:$initialCell,
                       Kernel_OptionalIn<Kernel_F32>:$peepholes, Kernel_Out<Kernel_F32>:$output, Kernel_Scratch:$scratch,
                       I32Attr:$cell, DenseI32ArrayAttr:$functions, DenseF32ArrayAttr:$alphas, DenseF32ArrayAttr:$betas,
                       F32Attr:$clip, UnitAttr:$reverse, UnitAttr:$resetAfter, UnitAttr:$coupled, UnitAttr:$keepSequence,
                       UnitAttr:$keepHidden, UnitAttr:$keepCell,
                       OptionalAttr<FlatSymbolRefAttr>:$kernel, DefaultValuedAttr<I32Attr, "0">:$rowsPerStep);
  let assemblyFormat = [{
    $input `,` $weights `,` $recurrence (`bias` $bias^ `:` type($bias))? (`lengths` $lengths^ `:` type($lengths))?
    (`hidden` $initialHidden^ `:` type($initialHidden))? (`cell` $initialCell^ `:` type($initialCell))?
    (`peepholes` $peepholes^ `:` type($peepholes))? `:` type($input) `,` type($weights) `,` type($recurrence)
    `->` $output `:` type($output) (`scratch` $scratch^ `:` type($scratch))? attr-dict
  }];
  let hasVerifier = 1;
}

#endif // TINYC_DIALECTS_KERNEL_RECURRENTOP_TD
