// RUN: tinyc-opt %s -compress-fold-qdq -verify-diagnostics -split-input-file

func.func @bits(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{expects activations of 8 bits, got}}
  %q = quant.qcast %x : tensor<4xf32> to tensor<4x!quant.uniform<i16:f32, 0.125>>
  %d = quant.dcast %q : tensor<4x!quant.uniform<i16:f32, 0.125>> to tensor<4xf32>
  return %d : tensor<4xf32>
}

// -----

// 1e6 / (0.5 * 1e-4) = 2e10 is above 2^31.
func.func @bias(%x: tensor<1x1x!quant.uniform<i8:f32, 0.5>>) -> tensor<1x1x!quant.uniform<i8:f32, 0.25>> {
  %xd = quant.dcast %x : tensor<1x1x!quant.uniform<i8:f32, 0.5>> to tensor<1x1xf32>
  %wq = nn.constant dense<1> : tensor<1x1xi8> -> tensor<1x1x!quant.uniform<i8:f32, 1.0e-4>>
  %w = quant.dcast %wq : tensor<1x1x!quant.uniform<i8:f32, 1.0e-4>> to tensor<1x1xf32>
  %b = nn.constant dense<1.0e6> : tensor<1xf32> -> tensor<1xf32>
  // expected-error @below {{expects biases that fit 32 bits, got 1.000000e+06 in channel 0}}
  %0 = nn.fully_connected %xd, %w, %b : (tensor<1x1xf32>, tensor<1x1xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  %q = quant.qcast %0 : tensor<1x1xf32> to tensor<1x1x!quant.uniform<i8:f32, 0.25>>
  return %q : tensor<1x1x!quant.uniform<i8:f32, 0.25>>
}
