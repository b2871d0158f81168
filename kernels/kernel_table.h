// Run-time dispatch: one table of kernels per ISA. Take the table of an ISA once, then pack and
// compute with its functions; packed forms of different ISAs do not mix.
#pragma once

#include <span>

#include "kernels/dense/gemm_f32.h"
#include "kernels/depthwise_conv/depthwise.h"
#include "kernels/fused_activation/bias_activation.h"
#include "kernels/fused_activation/elementary.h"
#include "kernels/fused_activation/gemm_bias_activation.h"
#include "kernels/fused_activation/layernorm.h"
#include "kernels/fused_activation/rmsnorm.h"
#include "kernels/fused_activation/softmax.h"
#include "kernels/int8_matmul/gemm_int8.h"
#include "kernels/int8_matmul/gemm_s4.h"
#include "kernels/int8_matmul/quantize_rows.h"
#include "kernels/int8_matmul/quantize_u8.h"
#include "kernels/int8_matmul/requantize_s8.h"
#include "kernels/isa.h"
#include "kernels/kv_attention/decode_attention.h"
#include "kernels/kv_attention/prefill_attention.h"
#include "kernels/kv_attention/store_kv.h"
#include "kernels/machine/limits.h"
#include "kernels/sparse_gemm/gemm_nm_f32.h"
#include "kernels/sparse_gemm/gemm_sparse_f32.h"
#include "kernels/sparse_gemm/gemm_sparse_int8.h"

namespace podium {

struct KernelTable {
  Isa isa;
  // dense/
  PackedF32SizeFn* packed_f32_size;
  PackF32Fn* pack_f32;
  GemmF32Fn* gemm_f32;
  // depthwise_conv/
  DepthwiseF32Fn* depthwise_f32;
  PackedDepthwiseS8SizeFn* packed_depthwise_s8_size;
  PackDepthwiseS8Fn* pack_depthwise_s8;
  DepthwiseS8Fn* depthwise_s8;
  // fused_activation/
  BiasActivationF32Fn* bias_activation_f32;
  BiasF32Fn* bias_f32;
  ActivationF32Fn* activation_f32;
  ElementaryF32Fn* exp_f32;
  ElementaryF32Fn* tanh_f32;
  ElementaryF32Fn* erf_f32;
  GemmBiasActivationF32Fn* gemm_bias_activation_f32;
  LayernormF32Fn* layernorm_f32;
  LayernormPassesF32Fn* layernorm_passes_f32;
  RmsnormF32Fn* rmsnorm_f32;
  SoftmaxF32Fn* softmax_f32;
  SoftmaxPassesF32Fn* softmax_passes_f32;
  // int8_matmul/
  QuantizeU8Fn* quantize_u8;
  QuantizeRowsU8Fn* quantize_rows_u8;
  QuantizeGroupsS8Fn* quantize_groups_s8;
  PackedS8SizeFn* packed_s8_size;
  PackS8Fn* pack_s8;
  GemmU8S8S32Fn* gemm_u8s8s32;
  GemmS8S8S32Fn* gemm_s8s8s32;
  GemmU8S8F32Fn* gemm_u8s8f32;
  GemmS8S8F32Fn* gemm_s8s8f32;
  GemmU8S8U8Fn* gemm_u8s8u8;
  GemmS8S8S8Fn* gemm_s8s8s8;
  RequantizeS8Fn* requantize_s8;
  PackedS4SizeFn* packed_s4_size;
  PackS4Fn* pack_s4;
  GemmF32S4Fn* gemm_f32s4f32;
  GemmS8S4Fn* gemm_s8s4f32;
  // kv_attention/
  StoreKvFn* store_kv;
  RotateFn* rotate;
  DecodeAttentionFn* decode_attention;
  DecodeAttentionSeparateFn* decode_attention_separate;
  PrefillAttentionFn* prefill_attention;
  // machine/
  PeakF32Fn* peak_f32;
  PeakU8S8Fn* peak_u8s8;
  ReadF32Fn* read_f32;
  // sparse_gemm/
  GemmCsrF32Fn* gemm_csr_f32;
  GemmBlock4x1F32Fn* gemm_block4x1_f32;
  GemmBlock1x4U8S8S32Fn* gemm_block1x4_u8s8s32;
  GemmBlock1x4S8S8S32Fn* gemm_block1x4_s8s8s32;
  GemmBlock1x4U8S8F32Fn* gemm_block1x4_u8s8f32;
  GemmBlock1x4S8S8F32Fn* gemm_block1x4_s8s8f32;
  PackedNmF32SizeFn* packed_nm_f32_size;
  PackNmF32Fn* pack_nm_f32;
  GemmNmF32Fn* gemm_nm_f32;
};

// Plain scalar C++: the definition of each kernel's result.
const KernelTable& ReferenceKernels();

// All tables in this build, weakest first; front() is the reference. This CPU may lack some.
std::span<const KernelTable* const> BuiltKernels();

// Those of BuiltKernels() that this CPU can run and that the environment variable PODIUM_ISA, if
// set, does not rule out: it names an ISA of this build, and caps the list there. Any other text caps
// at the reference, so that a slip of the pen cannot pass for a fast result.
std::span<const KernelTable* const> SupportedKernels();

// The strongest of SupportedKernels().
const KernelTable& BestKernels();

}  // namespace podium
