#include "bench/matmul_row.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "bench/parallel.h"
#include "kernels/dense/gemm_f32.h"

namespace podium::bench {
const std::vector<MatmulWorkload>& MatmulWorkloads() {
  static const auto* const workloads = [] {
    auto* all = new std::vector<MatmulWorkload>;
    for (const MatmulShape& shape : kMatmulShapes) all->push_back({.shape = shape});
    for (const MatmulShape& shape : kColdMatmulShapes) {
      all->push_back({.shape = shape, .cold_weights = true});
    }
    for (const int threads : ThreadCounts()) {
      // A thread that had no channels of its own would be one in name only.
      const auto enough = [threads](const MatmulShape& shape) {
        return shape.N / kPackedChannels >= static_cast<std::size_t>(threads);
      };
      for (const MatmulShape& shape : kThreadedMatmulShapes) {
        if (enough(shape)) all->push_back({.shape = shape, .threads = threads});
      }
      for (const MatmulShape& shape : kColdMatmulShapes) {
        if (enough(shape)) {
          all->push_back({.shape = shape, .cold_weights = true, .threads = threads});
        }
      }
    }
    return all;
  }();
  return *workloads;
}

Keys MatmulKeys(const MatmulWorkload& workload) {
  const auto [M, N, K] = workload.shape;
  Keys keys = {{"M", absl::StrCat(M)}, {"N", absl::StrCat(N)}, {"K", absl::StrCat(K)}};
  if (workload.cold_weights) keys.emplace_back("weights", "cold");
  if (workload.threads > 1) keys.emplace_back("threads", absl::StrCat(workload.threads));
  return keys;
}

std::vector<Slice> SliceChannels(const MatmulWorkload& workload,
                                 const std::function<std::size_t(std::size_t)>& packed_bytes) {
  const std::size_t N = workload.shape.N, panels = (N + kPackedChannels - 1) / kPackedChannels;
  const std::size_t count =
      std::clamp<std::size_t>(panels, 1, static_cast<std::size_t>(workload.threads));
  std::vector<Slice> slices;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t n = panels * i / count * kPackedChannels;
    const std::size_t end = std::min(N, panels * (i + 1) / count * kPackedChannels);
    slices.push_back({.n = n, .N = end - n, .offset = packed_bytes(n)});
  }
  return slices;
}

Row MatmulRow(const MatmulShape& shape, const std::string& work_name, double size_bytes,
              std::size_t activation_bytes) {
  const auto M = static_cast<double>(shape.M), N = static_cast<double>(shape.N),
             K = static_cast<double>(shape.K);
  Row row;
  row.work = {{work_name, 2 * M * N * K}};
  row.size_bytes = size_bytes;
  row.params = N * K;
  row.bytes = static_cast<double>(activation_bytes) + size_bytes;
  return row;
}

}  // namespace podium::bench
