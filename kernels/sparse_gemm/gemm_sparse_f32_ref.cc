#include <algorithm>

#include "kernels/sparse_gemm/gemm_sparse_f32.h"
#include "kernels/sparse_gemm/sparse_ref.h"

namespace podium::reference {
namespace {

template <class View>
void Gemm(const GemmSparseF32Args<View>& args) {
  const bool feature_major = args.layout == ActivationLayout::kFeatureMajor;
  constexpr std::size_t kTokens = 64;
  for (std::size_t m0 = 0; m0 < args.M; m0 += kTokens) {
    const std::size_t tokens = std::min(kTokens, args.M - m0);
    for (std::size_t n = 0; n < args.w.N; ++n) {
      double sums[kTokens] = {};
      ForEachWeight(args.w, n, [&](std::size_t k, float weight) {
        for (std::size_t t = 0; t < tokens; ++t) {
          const std::size_t m = m0 + t;
          const float x = args.x[feature_major ? k * args.ldx + m : m * args.ldx + k];
          sums[t] += double{weight} * x;
        }
      });
      for (std::size_t t = 0; t < tokens; ++t) {
        const std::size_t m = m0 + t;
        args.y[feature_major ? n * args.ldy + m : m * args.ldy + n] = static_cast<float>(sums[t]);
      }
    }
  }
}

}  // namespace

void GemmCsrF32(const GemmCsrF32Args& args) { Gemm(args); }
void GemmBlock4x1F32(const GemmBlock4x1F32Args& args) { Gemm(args); }

}  // namespace podium::reference
