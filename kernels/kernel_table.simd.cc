// The table of one ISA; compiled once for each, and once for the scalar reference.
#include "kernels/kernel_table.h"

namespace podium {

namespace reference {
inline constexpr Isa kIsa = Isa::kReference;
}
namespace sse2 {
inline constexpr Isa kIsa = Isa::kSse2;
}
namespace avx2 {
inline constexpr Isa kIsa = Isa::kAvx2;
}
namespace avx512bw {
inline constexpr Isa kIsa = Isa::kAvx512bw;
}
namespace avx512vnni {
inline constexpr Isa kIsa = Isa::kAvx512vnni;
}
namespace neon {
inline constexpr Isa kIsa = Isa::kNeon;
}

namespace PODIUM_ISA {

PackedF32SizeFn PackedF32Size;
PackF32Fn PackF32;
GemmF32Fn GemmF32;
DepthwiseF32Fn DepthwiseF32;
PackedDepthwiseS8SizeFn PackedDepthwiseS8Size;
PackDepthwiseS8Fn PackDepthwiseS8;
DepthwiseS8Fn DepthwiseS8;
BiasActivationF32Fn BiasActivationF32;
BiasF32Fn BiasF32;
ActivationF32Fn ActivationF32;
ElementaryF32Fn ExpF32;
ElementaryF32Fn TanhF32;
ElementaryF32Fn ErfF32;
GemmBiasActivationF32Fn GemmBiasActivationF32;
LayernormF32Fn LayernormF32;
LayernormPassesF32Fn LayernormPassesF32;
RmsnormF32Fn RmsnormF32;
SoftmaxF32Fn SoftmaxF32;
SoftmaxPassesF32Fn SoftmaxPassesF32;
QuantizeU8Fn QuantizeU8;
QuantizeRowsU8Fn QuantizeRowsU8;
QuantizeGroupsS8Fn QuantizeGroupsS8;
PackedS8SizeFn PackedS8Size;
PackS8Fn PackS8;
GemmU8S8S32Fn GemmU8S8S32;
GemmS8S8S32Fn GemmS8S8S32;
GemmU8S8F32Fn GemmU8S8F32;
GemmS8S8F32Fn GemmS8S8F32;
GemmU8S8U8Fn GemmU8S8U8;
GemmS8S8S8Fn GemmS8S8S8;
RequantizeS8Fn RequantizeS8;
PackedS4SizeFn PackedS4Size;
PackS4Fn PackS4;
GemmF32S4Fn GemmF32S4;
GemmS8S4Fn GemmS8S4;
StoreKvFn StoreKv;
RotateFn Rotate;
DecodeAttentionFn DecodeAttention;
DecodeAttentionSeparateFn DecodeAttentionSeparate;
PrefillAttentionFn PrefillAttention;
PeakF32Fn PeakF32;
PeakU8S8Fn PeakU8S8;
ReadF32Fn ReadF32;
GemmCsrF32Fn GemmCsrF32;
GemmBlock4x1F32Fn GemmBlock4x1F32;
GemmBlock1x4U8S8S32Fn GemmBlock1x4U8S8S32;
GemmBlock1x4S8S8S32Fn GemmBlock1x4S8S8S32;
GemmBlock1x4U8S8F32Fn GemmBlock1x4U8S8F32;
GemmBlock1x4S8S8F32Fn GemmBlock1x4S8S8F32;
PackedNmF32SizeFn PackedNmF32Size;
PackNmF32Fn PackNmF32;
GemmNmF32Fn GemmNmF32;

extern const KernelTable kTable;
const KernelTable kTable = {
    .isa = kIsa,
    .packed_f32_size = PackedF32Size,
    .pack_f32 = PackF32,
    .gemm_f32 = GemmF32,
    .depthwise_f32 = DepthwiseF32,
    .packed_depthwise_s8_size = PackedDepthwiseS8Size,
    .pack_depthwise_s8 = PackDepthwiseS8,
    .depthwise_s8 = DepthwiseS8,
    .bias_activation_f32 = BiasActivationF32,
    .bias_f32 = BiasF32,
    .activation_f32 = ActivationF32,
    .exp_f32 = ExpF32,
    .tanh_f32 = TanhF32,
    .erf_f32 = ErfF32,
    .gemm_bias_activation_f32 = GemmBiasActivationF32,
    .layernorm_f32 = LayernormF32,
    .layernorm_passes_f32 = LayernormPassesF32,
    .rmsnorm_f32 = RmsnormF32,
    .softmax_f32 = SoftmaxF32,
    .softmax_passes_f32 = SoftmaxPassesF32,
    .quantize_u8 = QuantizeU8,
    .quantize_rows_u8 = QuantizeRowsU8,
    .quantize_groups_s8 = QuantizeGroupsS8,
    .packed_s8_size = PackedS8Size,
    .pack_s8 = PackS8,
    .gemm_u8s8s32 = GemmU8S8S32,
    .gemm_s8s8s32 = GemmS8S8S32,
    .gemm_u8s8f32 = GemmU8S8F32,
    .gemm_s8s8f32 = GemmS8S8F32,
    .gemm_u8s8u8 = GemmU8S8U8,
    .gemm_s8s8s8 = GemmS8S8S8,
    .requantize_s8 = RequantizeS8,
    .packed_s4_size = PackedS4Size,
    .pack_s4 = PackS4,
    .gemm_f32s4f32 = GemmF32S4,
    .gemm_s8s4f32 = GemmS8S4,
    .store_kv = StoreKv,
    .rotate = Rotate,
    .decode_attention = DecodeAttention,
    .decode_attention_separate = DecodeAttentionSeparate,
    .prefill_attention = PrefillAttention,
    .peak_f32 = PeakF32,
    .peak_u8s8 = PeakU8S8,
    .read_f32 = ReadF32,
    .gemm_csr_f32 = GemmCsrF32,
    .gemm_block4x1_f32 = GemmBlock4x1F32,
    .gemm_block1x4_u8s8s32 = GemmBlock1x4U8S8S32,
    .gemm_block1x4_s8s8s32 = GemmBlock1x4S8S8S32,
    .gemm_block1x4_u8s8f32 = GemmBlock1x4U8S8F32,
    .gemm_block1x4_s8s8f32 = GemmBlock1x4S8S8F32,
    .packed_nm_f32_size = PackedNmF32Size,
    .pack_nm_f32 = PackNmF32,
    .gemm_nm_f32 = GemmNmF32,
};

}  // namespace PODIUM_ISA
}  // namespace podium
