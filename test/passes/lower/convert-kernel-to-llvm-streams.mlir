// RUN: tinyc-opt %s -lower-convert-kernel-to-llvm | FileCheck %s

// The same program as in convert-kernel-to-emitc-streams.mlir.
memref.global "private" constant @table : memref<256xi8> = dense<7>
memref.global "private" constant @scale : memref<1x5x4x8xf32> = dense<1.5>
func.func @model_run(%arena: memref<2048xi8>) {
  %c0 = arith.constant 0 : index
  %c512 = arith.constant 512 : index
  %x = memref.view %arena[%c0][] : memref<2048xi8> to memref<1x5x4x8xi8>
  %y = memref.view %arena[%c512][] : memref<2048xi8> to memref<1x5x4x8xf32>
  %table = memref.get_global @table : memref<256xi8>
  %scale = memref.get_global @scale : memref<1x5x4x8xf32>
  %t = kernel.rows %arena [160, 192, 256, 288, 160] : memref<2048xi8> to memref<1x5x4x8xi8> loc("/conv/a")
  %u = kernel.rows %arena [320, 320, 320, 320, 320] : memref<2048xi8> to memref<1x5x4x8xi8> loc("/pool/b")
  %v = kernel.rows %arena [1200, 1328, 1200, 1328, 1200] : memref<2048xi8> to memref<1x5x4x8xf32> loc("/deq/c")
  kernel.stream steps [0, 1, 2, 3, 0, 1, 2, 3, 1, 2, 3, 0, 1, 2, 3, 1, 2, 3] {
    kernel.call @tinyc_lookup_s8(%x, %table, %t, null) : memref<1x5x4x8xi8>, memref<256xi8>, memref<1x5x4x8xi8>
      rows [0, 5] params <"tinyc_lookup_s8_params", ["rows", "length"], [2 : i32, 32 : i32]>
      step <rows = 2, scale = 1, bands = [0, 2], tables = []> loc("/conv/a")
    kernel.call @tinyc_max_pool_s8(%t, %u, null) : memref<1x5x4x8xi8>, memref<1x5x4x8xi8>
      rows [0, 5] params <"tinyc_pool_s8_params", ["window.kernel_height", "window.kernel_width"], [3 : i32, 1 : i32]>
      step <rows = 1, scale = 0, bands = [1], tables = [0]> loc("/pool/b")
    kernel.call @tinyc_dequantize_s8_f32(%u, %v, null) : memref<1x5x4x8xi8>, memref<1x5x4x8xf32>
      rows [0, 5] params <"tinyc_quantize_params", ["rows", "length"], [1 : i32, 32 : i32]>
      step <rows = 1, scale = 1, bands = [0, 1], tables = []> loc("/deq/c")
    kernel.call @tinyc_mul_f32(%v, %scale, %y, null) : memref<1x5x4x8xf32>, memref<1x5x4x8xf32>, memref<1x5x4x8xf32>
      rows [0, 5] params <"tinyc_elementwise_f32_params", ["dims[0]"], [1 : i32]>
      step <rows = 1, scale = 1, bands = [0, 1, 2], tables = []> {kernel.macs = 160 : i64} loc("/mul/d")
  }
  return
}
// CHECK-DAG: llvm.mlir.global internal constant @model_stream_0_steps(dense<[0, 1, 2, 3, 0, 1, 2, 3, 1, 2, 3, 0, 1, 2, 3, 1, 2, 3]> : tensor<18xi8>)
// CHECK-DAG: llvm.mlir.global internal constant @conv_a_rows(dense<[160, 192, 256, 288, 160]> : tensor<5xi32>) {{.*}}alignment = 4
// CHECK-DAG: llvm.mlir.global internal constant @deq_c_rows(dense<[1200, 1328, 1200, 1328, 1200]> : tensor<5xi32>)
// CHECK:     llvm.func internal @model_stream_0(%[[ARENA:.*]]: !llvm.ptr)
// CHECK:       %[[COUNT:.*]] = llvm.mlir.constant(4 : i32)
// CHECK:       %[[ROWS:.*]] = llvm.alloca %[[COUNT]] x i32
// CHECK-COUNT-4: llvm.store %{{.*}} : i32, !llvm.ptr
// CHECK:       %[[INPUT:.*]] = llvm.alloca %{{.*}} x !llvm.ptr
// CHECK:       llvm.store %[[ARENA]], %[[INPUT]]
// CHECK:       llvm.br ^[[HEAD:.*]](%{{.*}} : i32)
// CHECK:     ^[[HEAD]](%[[STEP:.*]]: i32):
// CHECK:       %[[STEPS:.*]] = llvm.mlir.constant(18 : i32)
// CHECK:       llvm.icmp "slt" %[[STEP]], %[[STEPS]]
// CHECK:       llvm.cond_br %{{.*}}, ^{{.*}}, ^[[DONE:.*]]
// CHECK:       %[[BYTE:.*]] = llvm.load %{{.*}} : !llvm.ptr -> i8
// CHECK:       %[[OP:.*]] = llvm.zext %[[BYTE]] : i8 to i32
// CHECK:       llvm.switch %[[OP]] : i32, ^[[NEXT:.*]] [
// CHECK-NEXT:    0: ^[[A:[a-z0-9]*]],
// CHECK-NEXT:    1: ^[[B:[a-z0-9]*]],
// CHECK-NEXT:    2:
// CHECK-NEXT:    3:
// The last of five rows alone: end = min(row + 2, 5). The function gets rows [0, end - row).
// CHECK:     ^[[A]]:
// CHECK:       %[[ROW:.*]] = llvm.load %[[COUNTER:.*]] : !llvm.ptr -> i32
// CHECK:       %[[TWO:.*]] = llvm.mlir.constant(2 : i32)
// CHECK:       %[[SUM:.*]] = llvm.add %[[ROW]], %[[TWO]]
// CHECK:       %[[FIVE:.*]] = llvm.mlir.constant(5 : i32)
// CHECK:       %[[BEYOND:.*]] = llvm.icmp "sgt" %[[SUM]], %[[FIVE]]
// CHECK:       %[[END:.*]] = llvm.select %[[BEYOND]], %[[FIVE]], %[[SUM]]
// CHECK:       llvm.store %[[END]], %[[COUNTER]]
// CHECK:       %[[BYTES:.*]] = llvm.mlir.constant(32 : i32)
// CHECK:       %[[DISTANCE:.*]] = llvm.mul %[[ROW]], %[[BYTES]]
// CHECK:       %[[X:.*]] = llvm.getelementptr inbounds %[[ARENA]][%[[DISTANCE]]]
// CHECK:       %[[TABLE:.*]] = llvm.mlir.addressof @conv_a_rows
// CHECK:       llvm.getelementptr inbounds %[[TABLE]][%[[ROW]]] : (!llvm.ptr, i32) -> !llvm.ptr, i32
// CHECK:       %[[OFFSET:.*]] = llvm.load
// CHECK:       %[[T:.*]] = llvm.getelementptr inbounds %[[ARENA]][%[[OFFSET]]]
// CHECK:       llvm.sub %[[END]], %[[ROW]]
// CHECK:       llvm.call @tinyc_lookup_s8(%{{.*}}, %[[X]], %{{.*}}, %[[T]], %{{.*}}, %{{.*}}, %{{.*}})
// CHECK:       llvm.br ^[[NEXT]]
// The window's input is the tinyc_rows, whose second member gets the table; the rows are those of the image.
// CHECK:     ^[[B]]:
// CHECK:       %[[BEGIN:.*]] = llvm.load
// CHECK:       %[[LIMIT:.*]] = llvm.add %[[BEGIN]]
// CHECK:       %[[MEMBER:.*]] = llvm.getelementptr inbounds %[[INPUT]][%{{.*}}] : (!llvm.ptr, i32) -> !llvm.ptr, !llvm.ptr
// CHECK:       %[[OFFSETS:.*]] = llvm.mlir.addressof @conv_a_rows
// CHECK:       llvm.store %[[OFFSETS]], %[[MEMBER]]
// CHECK:       %[[U:.*]] = llvm.getelementptr inbounds %[[ARENA]][320]
// CHECK:       llvm.call @tinyc_max_pool_s8(%{{.*}}, %[[INPUT]], %[[U]], %{{.*}}, %[[BEGIN]], %[[LIMIT]])
// CHECK:     ^[[NEXT]]:
// CHECK:       llvm.br ^[[HEAD]]
// CHECK:     ^[[DONE]]:
// CHECK-NEXT:  llvm.return
// CHECK:     llvm.func @model_run(%[[CALLER:.*]]: !llvm.ptr)
// CHECK-NEXT:  llvm.call @model_stream_0(%[[CALLER]])
// CHECK-NEXT:  llvm.return
