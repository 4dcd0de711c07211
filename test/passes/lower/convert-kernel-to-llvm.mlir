// RUN: tinyc-opt %s -split-input-file -lower-convert-kernel-to-llvm | FileCheck %s

// Parameter blocks are words, addresses are bytes: offset 4 of the i32 constant is 16 B. No index type is left, so the
// result serves 32-bit and 64-bit targets.
memref.global "private" constant @unused : memref<2xi8> = dense<7>
memref.global "private" constant @act_table : memref<2x2xi8> = dense<[[1, 2], [3, 4]]>
memref.global "private" constant @bias : memref<8xi32> = dense<9> {alignment = 16 : i64}
func.func @model_run(%arena: memref<128xi8>) {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %x = memref.view %arena[%c0][] : memref<128xi8> to memref<4x16xi8>
  %y = memref.view %arena[%c64][] : memref<128xi8> to memref<4x16xi8>
  %table = memref.get_global @act_table : memref<2x2xi8>
  %bias = memref.get_global @bias : memref<8xi32>
  %tail = memref.subview %bias[4] [4] [1] : memref<8xi32> to memref<4xi32, strided<[1], offset: 4>>
  kernel.call @tinyc_one(%x, %table, %tail, %y, null)
    : memref<4x16xi8>, memref<2x2xi8>, memref<4xi32, strided<[1], offset: 4>>, memref<4x16xi8>
    rows [0, 4] params <"tinyc_pad_f32_params", ["dims[0]", "value"], [-1 : i32, 1.0 : f32]> loc("/act/Sigmoid")
  kernel.call @tinyc_one(%y, %table, %tail, %x, %y)
    : memref<4x16xi8>, memref<2x2xi8>, memref<4xi32, strided<[1], offset: 4>>, memref<4x16xi8>, memref<4x16xi8>
    rows [2, 3] params <"tinyc_pad_f32_params", ["value"], [1.0 : f32]>
    loc("/act/Sigmoid")
  return
}
// CHECK-NOT:  index
// CHECK-NOT:  @unused
// CHECK:      llvm.mlir.global internal constant @act_table(dense<[1, 2, 3, 4]> : tensor<4xi8>) {{.*}}alignment = 4 : i64
// CHECK-SAME:   !llvm.array<4 x i8>
// CHECK:      llvm.mlir.global internal constant @bias({{.*}}alignment = 16 : i64
// The bits of 1.0f are 0x3F800000 = 1065353216.
// CHECK:      llvm.mlir.global internal constant @act_Sigmoid_params(dense<[-1, 1065353216]> : tensor<2xi32>)
// CHECK-SAME:   !llvm.array<2 x i32>
// CHECK:      llvm.func @tinyc_one(!llvm.ptr, !llvm.ptr, !llvm.ptr, !llvm.ptr, !llvm.ptr, !llvm.ptr, i32, i32)
// CHECK:      llvm.mlir.global internal constant @act_Sigmoid_params_2
// CHECK-NOT:  llvm.func @tinyc_one
// CHECK:      llvm.func @model_run(%[[ARENA:.*]]: !llvm.ptr)
// CHECK-DAG:    %[[PARAMS:.*]] = llvm.mlir.addressof @act_Sigmoid_params :
// CHECK-DAG:    %[[TABLE:.*]] = llvm.mlir.addressof @act_table
// CHECK-DAG:    %[[BIAS:.*]] = llvm.mlir.addressof @bias
// CHECK-DAG:    %[[TAIL:.*]] = llvm.getelementptr inbounds %[[BIAS]][16] : (!llvm.ptr) -> !llvm.ptr, i8
// CHECK-DAG:    %[[Y:.*]] = llvm.getelementptr inbounds %[[ARENA]][64] : (!llvm.ptr) -> !llvm.ptr, i8
// CHECK-DAG:    %[[NULL:.*]] = llvm.mlir.zero : !llvm.ptr
// CHECK-DAG:    %[[BEGIN:.*]] = llvm.mlir.constant(0 : i32) : i32
// CHECK-DAG:    %[[END:.*]] = llvm.mlir.constant(4 : i32) : i32
// CHECK:        llvm.call @tinyc_one(%[[PARAMS]], %[[ARENA]], %[[TABLE]], %[[TAIL]], %[[Y]], %[[NULL]], %[[BEGIN]], %[[END]])
// CHECK:        llvm.call @tinyc_one
// CHECK:        llvm.return
