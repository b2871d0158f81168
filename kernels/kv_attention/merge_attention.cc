#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/kv_attention/decode_attention.h"

namespace podium {

void MergeAttention(const MergeAttentionArgs& args) {
  float max = -std::numeric_limits<float>::infinity();
  for (std::size_t p = 0; p < args.n_parts; ++p) {
    max = std::max(max, args.sums[p * args.sums_stride].max);
  }
  const auto weight = [&](std::size_t p) {
    const SoftmaxSum& part = args.sums[p * args.sums_stride];
    return part.sum == 0 ? 0.0f : part.sum * std::exp(part.max - max);
  };
  float sum = 0;
  for (std::size_t p = 0; p < args.n_parts; ++p) sum += weight(p);
  const float inverse = sum == 0 ? 0 : 1 / sum;
  // Column by column in blocks, so that `out` may be a part.
  constexpr std::size_t kColumns = 64;
  for (std::size_t d0 = 0; d0 < args.head_dim; d0 += kColumns) {
    const std::size_t columns = std::min(args.head_dim - d0, kColumns);
    float merged[kColumns] = {};
    for (std::size_t p = 0; p < args.n_parts; ++p) {
      const float factor = weight(p) * inverse;
      const float* part = args.parts + p * args.stride + d0;
      for (std::size_t d = 0; d < columns; ++d) merged[d] += factor * part[d];
    }
    std::copy_n(merged, columns, args.out + d0);
  }
}

}  // namespace podium
