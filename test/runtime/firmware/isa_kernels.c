/* Firmware: every Armv7E-M kernel of kernels.def, and on a core with MVE every Armv8.1-M one, against the generic one over
 * random shapes, bit for bit, with random row ranges, ring buffers and guard bytes around output and scratch. Prints one
 * line; exits 1 on a mismatch. */
#include "isa_elements.h"
#include "isa_int4.h"
#include "isa_windows.h"

int main(void) {
  for (int32_t shape = 0; shape < SHAPES; shape++) {
    testConvolution(shape, 0);
    testConvolution(shape, 1);
    testConvTranspose(shape);
    testFullyConnected(shape);
    weightBits = 8;
    contractWeights = weights;
    testPool(kIs_avg_pool, (Function)tinyc_avg_pool_s8, shape);
    testPool(kIs_max_pool, (Function)tinyc_max_pool_s8, shape);
    testSumRows(shape);
    testAverage(shape);
    testMatmul(shape);
    testElementwise(kIs_add, (Function)tinyc_add_s8, shape);
    testElementwise(kIs_mul, (Function)tinyc_mul_s8, shape);
    testLookup(shape);
    testSoftmax(kIs_softmax, (Function)tinyc_softmax_s8, shape);
    testSoftmax(kIs_log_softmax, (Function)tinyc_log_softmax_s8, shape);
    testRequantize(shape);
    testTranspose(shape);
    testQuantize(shape);
    testResize(shape);
    activationBits = 16;
    testConvolution(shape, 0);
    testConvolution(shape, 1);
    testFullyConnected(shape);
    weightBits = 8;
    contractWeights = weights;
    testElementwise(kIs_add, (Function)tinyc_add_s16, shape);
    testElementwise(kIs_mul, (Function)tinyc_mul_s16, shape);
    testRequantize(shape);
    activationBits = 8;
    testInt4(shape);
  }
  printText("tinyc: ");
  printNumber(SHAPES);
  printText(" shapes, tested");
  for (const Row *row = kernels; row != kernels + kRows; row++) {
    printText(row == kernels ? " " : "/");
    printNumber((uint32_t)row->shapes);
    if (row->overwriting > 0) {
      printText("+");
      printNumber((uint32_t)row->overwriting);
    }
  }
  printText(" on the kernels, ");
  printNumber((uint32_t)failures);
  printText(" mismatches\n");
  return failures != 0;
}
