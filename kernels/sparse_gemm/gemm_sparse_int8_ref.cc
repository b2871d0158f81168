#include "kernels/sparse_gemm/gemm_sparse_int8.h"
#include "kernels/sparse_gemm/sparse_ref.h"

namespace podium::reference {
namespace {

// Calls f(c, m, n, sum of (a - zero_point[m]) * w) for each element c of the product. The sum wraps around
// modulo 2^32 where it does not fit, as that of every ISA does.
template <class Args, class ZeroPoint, class F>
void ForEachSum(const Args& args, const ZeroPoint& zero_point, const F& f) {
  const bool feature_major = args.layout == ActivationLayout::kFeatureMajor;
  for (std::size_t m = 0; m < args.M; ++m) {
    for (std::size_t n = 0; n < args.w.N; ++n) {
      std::uint32_t sum = 0;
      ForEachWeight(args.w, n, [&](std::size_t k, std::int8_t weight) {
        const std::int32_t a = args.a[feature_major ? k * args.lda + m : m * args.lda + k];
        sum += static_cast<std::uint32_t>((a - zero_point(m)) * weight);
      });
      f(args.c[feature_major ? n * args.ldc + m : m * args.ldc + n], m, n,
        static_cast<std::int32_t>(sum));
    }
  }
}

template <class A>
void Gemm(const GemmBlock1x4S32Args<A>& args) {
  ForEachSum(
      args, [](std::size_t) { return 0; },
      [](std::int32_t& c, std::size_t, std::size_t, std::int32_t sum) { c = sum; });
}

template <class A>
void Gemm(const GemmBlock1x4F32Args<A>& args) {
  const auto params = [&](std::size_t m) { return args.a_params[m * args.a_params_stride]; };
  ForEachSum(
      args, [&](std::size_t m) { return params(m).zero_point; },
      [&](float& c, std::size_t m, std::size_t n, std::int32_t sum) {
        c = static_cast<float>(sum) * (params(m).scale * args.w_scales[n]);
        if (args.bias != nullptr) c = c + args.bias[n];
      });
}

}  // namespace

void GemmBlock1x4U8S8S32(const GemmBlock1x4S32Args<std::uint8_t>& args) { Gemm(args); }
void GemmBlock1x4S8S8S32(const GemmBlock1x4S32Args<std::int8_t>& args) { Gemm(args); }
void GemmBlock1x4U8S8F32(const GemmBlock1x4F32Args<std::uint8_t>& args) { Gemm(args); }
void GemmBlock1x4S8S8F32(const GemmBlock1x4F32Args<std::int8_t>& args) { Gemm(args); }

}  // namespace podium::reference
