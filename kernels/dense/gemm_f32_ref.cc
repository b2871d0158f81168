#include <algorithm>

#include "kernels/dense/gemm_f32.h"

namespace podium::reference {

std::size_t PackedF32Size(std::size_t N, std::size_t K) { return N * K; }

void PackF32(const PackF32Args& args) {
  for (std::size_t n = 0; n < args.N; ++n) {
    std::copy_n(args.b + n * args.ldb, args.K, args.packed + n * args.K);
  }
}

void GemmF32(const GemmF32Args& args) {
  for (std::size_t m = 0; m < args.M; ++m) {
    for (std::size_t n = 0; n < args.N; ++n) {
      double sum = 0;
      for (std::size_t k = 0; k < args.K; ++k) {
        sum += double{args.a[m * args.lda + k]} * args.packed_b[n * args.K + k];
      }
      args.c[m * args.ldc + n] = static_cast<float>(sum);
    }
  }
}

}  // namespace podium::reference
