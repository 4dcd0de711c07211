// RUN: not tinyc-opt %s -compress-sparsify="pattern=5:4" 2>&1 | FileCheck %s --check-prefix=PATTERN
// PATTERN: error: expected a share of the weights such as 50%, blocks such as 50%x4 (of 2 to 16), or N:M such as 2:4 (M at most 16), got '5:4'
// RUN: not tinyc-opt %s -compress-sparsify="method=lottery" 2>&1 | FileCheck %s --check-prefix=METHOD
// METHOD: error: expects method second-order or magnitude, got lottery
// RUN: not tinyc-opt %s -compress-round-coded="bits=0.1" 2>&1 | FileCheck %s --check-prefix=BITS
// BITS: error: expects 0.5 to 7 bits in the mean, got 1.000000e-01
// RUN: not tinyc-opt %s -compress-round-coded="codebook=7" 2>&1 | FileCheck %s --check-prefix=CODEBOOK
// CODEBOOK: error: expects codebooks of 1 to 6 bits, got 7
func.func @main(%x: tensor<1x4xf32>) -> tensor<1x1xf32> {
  %w = nn.constant dense<[[0.875, -1.0, 0.25, 0.0]]> : tensor<1x4xf32> -> tensor<1x4xf32>
  %0 = nn.fully_connected %x, %w : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}
