#include "bench/matmul_problem.h"

#include <tuple>

#include "bench/inputs.h"
#include "bench/shared.h"

namespace podium::bench {

std::shared_ptr<const MatmulProblem> SharedMatmulProblem(const MatmulShape& shape) {
  return Shared(std::tuple(shape.M, shape.N, shape.K), [&] {
    MatmulProblem p = {.a = Activations(shape.M, shape.K, kSeed),
                       .b = Weights(shape.N, shape.K, kSeed + 1),
                       .truth = {},
                       .a_norms = {},
                       .b_norms = {}};
    p.truth = MatmulTruth(shape.M, shape.N, shape.K, p.a, p.b);
    p.a_norms = RowNorms(p.a, shape.K);
    p.b_norms = RowNorms(p.b, shape.K);
    return p;
  });
}

Row MakeMatmulF32(const MatmulShape& shape, const std::string& work_name,
                  const Matmul<float>& matmul) {
  const auto problem = SharedMatmulProblem(shape);
  const auto c = std::make_shared<AlignedVector<float>>();
  Row row = MatmulRow(shape, work_name, matmul, c);
  row.run();
  row.quality = CompareToTruth(*c, problem->truth, shape.N);
  row.verify = [problem, c, K = shape.K] {
    return CheckMatmul(*c, problem->truth, K, problem->a_norms, problem->b_norms);
  };
  return row;
}

Row MakeMatmulF32(const MatmulShape& shape, const std::string& work_name,
                  const KernelTable& kernels) {
  const auto [M, N, K] = shape;
  const auto problem = SharedMatmulProblem(shape);
  const auto pack = [=, &kernels, N = N, K = K](std::byte* packed) {
    kernels.pack_f32({N, K, problem->b.data(), K, reinterpret_cast<float*>(packed)});
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
