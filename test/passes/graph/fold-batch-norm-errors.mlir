// RUN: tinyc-opt %s -split-input-file -verify-diagnostics -graph-fold-batch-norm

func.func @variable(%x: tensor<3x1xf32>, %mean: tensor<1xf32>) -> tensor<3x1xf32> {
  %one = nn.constant dense<1.0> : tensor<1xf32> -> tensor<1xf32>
  // expected-error @below {{'nn.batch_norm' op expects constant scale, offset, mean and variance}}
  %0 = nn.batch_norm %x, %one, %one, %mean, %one {epsilon = 1.0e-5 : f32} : (tensor<3x1xf32>, tensor<1xf32>,
    tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<3x1xf32>
  return %0 : tensor<3x1xf32>
}

// -----

func.func @negative(%x: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %one = nn.constant dense<1.0> : tensor<2xf32> -> tensor<2xf32>
  %variance = nn.constant dense<[1.0, -2.0]> : tensor<2xf32> -> tensor<2xf32>
  // expected-error @below {{'nn.batch_norm' op expects variance + epsilon > 0, got -1.500000e+00 in channel 1}}
  %0 = nn.batch_norm %x, %one, %one, %one, %variance {epsilon = 0.5 : f32} : (tensor<3x2xf32>, tensor<2xf32>,
    tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<3x2xf32>
  return %0 : tensor<3x2xf32>
}
