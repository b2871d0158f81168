#include "kernels/sparse_gemm/gemm_sparse_int8.h"
#include "kernels/sparse_gemm/sparse_ref.h"

namespace podium::reference {
namespace {

// The sum wraps around modulo 2^32 where it does not fit, as that of every ISA does.
template <class A>
std::int32_t Dot(const A* a, std::int32_t zero_point, const Block1x4S8View& w, std::size_t n) {
  std::uint32_t sum = 0;
  ForEachWeight(w, n, [&](std::size_t k, std::int8_t weight) {
    sum += static_cast<std::uint32_t>((a[k] - zero_point) * weight);
  });
  return static_cast<std::int32_t>(sum);
}

template <class A>
void Gemm(const GemmBlock1x4S32Args<A>& args) {
  for (std::size_t m = 0; m < args.M; ++m) {
    for (std::size_t n = 0; n < args.w.N; ++n) {
      args.c[m * args.ldc + n] = Dot(args.a + m * args.lda, 0, args.w, n);
    }
  }
}

template <class A>
void Gemm(const GemmBlock1x4F32Args<A>& args) {
  for (std::size_t m = 0; m < args.M; ++m) {
    const AffineParams params = args.a_params[m * args.a_params_stride];
    for (std::size_t n = 0; n < args.w.N; ++n) {
      const std::int32_t acc = Dot(args.a + m * args.lda, params.zero_point, args.w, n);
      const float y = static_cast<float>(acc) * (params.scale * args.w_scales[n]);
      args.c[m * args.ldc + n] = args.bias == nullptr ? y : y + args.bias[n];
    }
  }
}

}  // namespace

void GemmBlock1x4U8S8S32(const GemmBlock1x4S32Args<std::uint8_t>& args) { Gemm(args); }
void GemmBlock1x4S8S8S32(const GemmBlock1x4S32Args<std::int8_t>& args) { Gemm(args); }
void GemmBlock1x4U8S8F32(const GemmBlock1x4F32Args<std::uint8_t>& args) { Gemm(args); }
void GemmBlock1x4S8S8F32(const GemmBlock1x4F32Args<std::int8_t>& args) { Gemm(args); }

}  // namespace podium::reference
