// All ops of the kernel dialect.
#ifndef TINYC_DIALECTS_KERNEL_KERNELOPS_TD
#define TINYC_DIALECTS_KERNEL_KERNELOPS_TD

include "dialects/kernel/ConvolutionOps.td"
include "dialects/kernel/PoolingOps.td"
include "dialects/kernel/ElementwiseOps.td"
include "dialects/kernel/MovementOps.td"
include "dialects/kernel/StreamOps.td"
include "dialects/kernel/LoopNestOps.td"
include "dialects/kernel/RecurrentOp.td"

#endif // TINYC_DIALECTS_KERNEL_KERNELOPS_TD
