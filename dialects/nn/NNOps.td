// All ops of the nn dialect.
#ifndef TINYC_DIALECTS_NN_NNOPS_TD
#define TINYC_DIALECTS_NN_NNOPS_TD

include "dialects/nn/ConvolutionOps.td"
include "dialects/nn/PoolingOps.td"
include "dialects/nn/ElementwiseOps.td"
include "dialects/nn/MovementOps.td"
include "dialects/nn/LoopNestOp.td"
include "dialects/nn/RecurrentOp.td"

#endif // TINYC_DIALECTS_NN_NNOPS_TD
