// The table of one ISA; compiled once for each, and once for the scalar reference.
#include "kernels/kernel_table.h"

namespace podium {

namespace reference {
constexpr Isa kIsa = Isa::kReference;
}
namespace sse2 {
constexpr Isa kIsa = Isa::kSse2;
}
namespace avx2 {
constexpr Isa kIsa = Isa::kAvx2;
}
namespace avx512bw {
constexpr Isa kIsa = Isa::kAvx512bw;
}
namespace avx512vnni {
constexpr Isa kIsa = Isa::kAvx512vnni;
}
namespace neon {
constexpr Isa kIsa = Isa::kNeon;
}

namespace PODIUM_ISA {

PackedF32SizeFn PackedF32Size;
PackF32Fn PackF32;
GemmF32Fn GemmF32;
QuantizeU8Fn QuantizeU8;
PackedS8SizeFn PackedS8Size;
PackS8Fn PackS8;
GemmU8S8S32Fn GemmU8S8S32;
GemmU8S8F32Fn GemmU8S8F32;

extern const KernelTable kTable;
const KernelTable kTable = {
    .isa = kIsa,
    .packed_f32_size = PackedF32Size,
    .pack_f32 = PackF32,
    .gemm_f32 = GemmF32,
    .quantize_u8 = QuantizeU8,
    .packed_s8_size = PackedS8Size,
    .pack_s8 = PackS8,
    .gemm_u8s8s32 = GemmU8S8S32,
    .gemm_u8s8f32 = GemmU8S8F32,
};

}  // namespace PODIUM_ISA
}  // namespace podium
