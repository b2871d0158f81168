#include "bench/matmul_problem.h"

#include <tuple>
#include <utility>

#include "bench/inputs.h"
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

Row MakeMatmulF32(const MatmulShape& shape, const std::string& work_name,
                  const Matmul<float>& matmul) {
  const auto problem = SharedMatmulProblem(shape);
  const auto c = std::make_shared<AlignedVector<float>>();
  Row row = MatmulRow(shape, work_name, matmul, c);
  row.run();
  row.quality = problem->check.QualityOf(*c);
  row.verify = [problem, c] { return problem->check.Check(*c); };
  return row;
}

Row MakeMatmulF32(const MatmulShape& shape, const std::string& work_name,
                  const KernelTable& kernels) {
  const auto [M, N, K] = shape;
  const auto problem = SharedMatmulProblem(shape);
  const auto pack = [=, &kernels, N = N, K = K](std::byte* packed) {
    kernels.pack_f32({N, K, problem->b->data(), K, reinterpret_cast<float*>(packed)});
  };
  const auto bind = [=, &kernels, M = M, N = N, K = K](const std::byte* packed, float* c) {
    const GemmF32Args args = {.M = M,
                              .N = N,
                              .K = K,
                              .a = problem->a.data(),
                              .lda = K,
                              .packed_b = reinterpret_cast<const float*>(packed),
                              .c = c,
                              .ldc = N};
    return [problem, args, &kernels] { kernels.gemm_f32(args); };
  };
  return MakeMatmulF32(shape, work_name,
                       {.size_bytes = static_cast<double>(sizeof(float) * N * K),
                        .packed_bytes = sizeof(float) * kernels.packed_f32_size(N, K),
                        .a_bytes = sizeof(float) * M * K,
                        .pack = pack,
                        .bind = bind});
}

}  // namespace podium::bench
