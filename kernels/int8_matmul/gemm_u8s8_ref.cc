#include <cassert>
#include <cstring>

#include "kernels/int8_matmul/gemm_u8s8.h"

namespace podium::reference {
namespace {

std::int32_t Dot(const std::uint8_t* a, const std::int8_t* b, std::size_t K) {
  std::int32_t sum = 0;
  for (std::size_t k = 0; k < K; ++k) sum += a[k] * b[k];
  return sum;
}

std::int32_t RowSum(const std::int8_t* b, std::size_t K) {
  std::int32_t sum = 0;
  for (std::size_t k = 0; k < K; ++k) sum += b[k];
  return sum;
}

}  // namespace

// Row sums are taken when they are needed, so only the weights themselves are stored.
std::size_t PackedS8Size(std::size_t N, std::size_t K) { return N * K; }

void PackS8(const PackS8Args& args) {
  for (std::size_t n = 0; n < args.N; ++n) {
    if (args.K > 0) std::memcpy(args.packed + n * args.K, args.b + n * args.ldb, args.K);
  }
}

void GemmU8S8S32(const GemmU8S8S32Args& args) {
  assert(args.K <= kMaxDepthU8S8);
  for (std::size_t m = 0; m < args.M; ++m) {
    for (std::size_t n = 0; n < args.N; ++n) {
      args.c[m * args.ldc + n] = Dot(args.a + m * args.lda, args.packed_b + n * args.K, args.K);
    }
  }
}

void GemmU8S8F32(const GemmU8S8F32Args& args) {
  assert(args.K <= kMaxDepthU8S8);
  for (std::size_t n = 0; n < args.N; ++n) {
    const std::int8_t* b = args.packed_b + n * args.K;
    const std::int32_t row_sum = RowSum(b, args.K);
    const float scale = args.a_scale * args.b_scales[n];
    for (std::size_t m = 0; m < args.M; ++m) {
      // |dot| and |zero_point * sum| are both below 2^31, and so is their difference.
      const std::int32_t acc = Dot(args.a + m * args.lda, b, args.K) - args.a_zero_point * row_sum;
      float y = static_cast<float>(acc) * scale;
      if (args.bias != nullptr) y += args.bias[n];
      args.c[m * args.ldc + n] = y;
    }
  }
}

}  // namespace podium::reference
