// RUN: tinyc-opt %s -split-input-file -verify-diagnostics -compress-verify

// One of four, and of the two inputs that are left over one; integers as well as floats.
func.func @holds(%x: tensor<1x6xf32>) -> tensor<1x2xf32> {
  %w = nn.constant dense<[[0.0, 0.5, 0.0, 0.0, 0.0, 1.0], [-1.0, 0.0, 0.0, 0.0, 0.0, 0.0]]> : tensor<2x6xf32> -> tensor<2x6xf32>
  %0 = nn.fully_connected %x, %w {nn.sparsity = "1:4"} : (tensor<1x6xf32>, tensor<2x6xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

// The neighbours of the second filter begin with weight 6: 6 to 9, and 10 with 11.
func.func @second_filter(%x: tensor<1x6xf32>) -> tensor<1x2xf32> {
  %w = nn.constant dense<[[0.0, 0.5, 0.0, 0.0, 0.0, 1.0], [-1.0, 0.0, 2.0, 0.0, 0.0, 0.0]]> : tensor<2x6xf32> -> tensor<2x6xf32>
  // expected-error @+1 {{expects at most 1 of 4 neighbouring weights not to be zero (nn.sparsity = "1:4"), got 2 from number 6 on}}
  %0 = nn.fully_connected %x, %w {nn.sparsity = "1:4"} : (tensor<1x6xf32>, tensor<2x6xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

func.func @share(%x: tensor<1x4xf32>) -> tensor<1x1xf32> {
  %w = nn.constant dense<[[0.0, 0.5, 0.0, 0.0]]> : tensor<1x4xf32> -> tensor<1x4xf32>
  // expected-error @+1 {{expects constant weights and a pattern N:M for nn.sparsity, got "50%"}}
  %0 = nn.fully_connected %x, %w {nn.sparsity = "50%"} : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}
