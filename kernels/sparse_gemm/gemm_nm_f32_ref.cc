#include <cstring>

#include "kernels/sparse_gemm/gemm_nm_f32.h"

namespace podium::reference {

std::size_t PackedNmF32Size(std::size_t N, std::size_t K, std::size_t /*keep*/) { return N * K; }

void PackNmF32(const PackNmF32Args& args) {
  for (std::size_t n = 0; args.K > 0 && n < args.N; ++n) {
    std::memcpy(args.packed + n * args.K, args.b + n * args.ldb, args.K * sizeof(float));
  }
}

void GemmNmF32(const GemmNmF32Args& args) {
  const bool feature_major = args.layout == ActivationLayout::kFeatureMajor;
  const auto at = [&](std::size_t m, std::size_t channel, std::size_t ld) {
    return feature_major ? channel * ld + m : m * ld + channel;
  };
  for (std::size_t m = 0; m < args.M; ++m) {
    for (std::size_t n = 0; n < args.N; ++n) {
      double sum = 0;
      for (std::size_t k = 0; k < args.K; ++k) {
        const float w = args.packed_b[n * args.K + k];
        if (w != 0) sum += double{w} * args.a[at(m, k, args.lda)];
      }
      args.c[at(m, n, args.ldc)] = static_cast<float>(sum);
    }
  }
}

}  // namespace podium::reference
