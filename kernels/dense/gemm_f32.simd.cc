#include "kernels/dense/gemm_f32.h"

#include "kernels/dense/mac_f32.h"

namespace podium::PODIUM_ISA {
namespace {

static_assert(kPackedChannels % kPanel<MacF32> == 0);

struct StoreF32 {
  float* c;
  std::size_t ldc;

  auto Channels(std::size_t n, std::size_t count) const {
    return [ c = c + n, ldc = ldc, count ](F32 acc, std::size_t m) __attribute__((always_inline)) {
      StoreLanes(c + m * ldc, acc, count);
    };
  }
};

}  // namespace

std::size_t PackedF32Size(std::size_t N, std::size_t K) {
  return CeilDiv(N, kPanel<MacF32>) * PanelSize<MacF32>(K);
}

void PackF32(const PackF32Args& args) {
  for (std::size_t n = 0; n < args.N; n += kPanel<MacF32>) {
    PackPanel<MacF32>(args.N, args.K, args.b, args.ldb, n, args.packed + PackedF32Size(n, args.K));
  }
}

void GemmF32(const GemmF32Args& args) { GemmF32Into(args, StoreF32{args.c, args.ldc}); }

}  // namespace podium::PODIUM_ISA
