#include "bench/matmul_problem.h"

#include <tuple>
#include <utility>
#include <vector>

#include "bench/inputs.h"
#include "bench/parallel.h"
#include "bench/shared.h"

namespace podium::bench {

std::shared_ptr<const MatmulProblem> SharedMatmulProblem(const MatmulShape& shape) {
  const auto [M, N, K] = shape;
  return Shared(std::tuple(M, N, K), [&, M = M, N = N, K = K]() -> MatmulProblem {
    AlignedVector<float> a = Activations(M, K, kSeed);
    const auto b = Shared(std::tuple(N, K), [&] { return Weights(N, K, kSeed + 1); });
    MatmulCheck check(M, N, K, a, *b);
    return {.a = std::move(a), .b = b, .check = std::move(check)};
  });
}

Row MakeMatmulF32(const MatmulWorkload& workload, const std::string& work_name,
                  const Matmul<float>& matmul) {
  const auto problem = SharedMatmulProblem(workload.shape);
  const auto c = std::make_shared<AlignedVector<float>>();
  Row row = MatmulRow(workload, work_name, matmul, c);
  row.run();
  row.quality = problem->check.QualityOf(*c);
  row.verify = [problem, c] { return problem->check.Check(*c); };
  return row;
}

Matmul<float> MatmulF32(const MatmulWorkload& workload, const KernelTable& kernels) {
  const auto [M, N, K] = workload.shape;
  const auto problem = SharedMatmulProblem(workload.shape);
  const auto packed_bytes = [&kernels, K = K](std::size_t channels) {
    return sizeof(float) * kernels.packed_f32_size(channels, K);
  };
  const std::vector<Slice> slices = SliceChannels(workload, packed_bytes);
  const auto pack = [=, &kernels, N = N, K = K](std::byte* packed) {
    kernels.pack_f32({N, K, problem->b->data(), K, reinterpret_cast<float*>(packed)});
  };
  const auto bind = [=, &kernels, M = M, N = N, K = K](const std::byte* packed, float* c) {
    std::vector<GemmF32Args> tiles;
    for (const Slice& slice : slices) {
      tiles.push_back({.M = M,
                       .N = slice.N,
                       .K = K,
                       .a = problem->a.data(),
                       .lda = K,
                       .packed_b = reinterpret_cast<const float*>(packed + slice.offset),
                       .c = c + slice.n,
                       .ldc = N});
    }
    return [=, &kernels] {
      Parallel(static_cast<int>(tiles.size()), [&](int i) { kernels.gemm_f32(tiles[i]); });
    };
  };
  return {.size_bytes = static_cast<double>(sizeof(float) * N * K),
          .packed_bytes = packed_bytes(N),
          .a_bytes = sizeof(float) * M * K,
          .pack = pack,
          .bind = bind};
}

}  // namespace podium::bench
