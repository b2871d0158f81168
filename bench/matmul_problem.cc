#include "bench/matmul_problem.h"

#include <cmath>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/aligned.h"
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

Keys MatmulKeys(const MatmulShape& shape) {
  return {{"M", absl::StrCat(shape.M)}, {"N", absl::StrCat(shape.N)}, {"K", absl::StrCat(shape.K)}};
}

Row MatmulRow(const MatmulShape& shape, const std::string& work_name, double size_bytes) {
  const auto M = static_cast<double>(shape.M), N = static_cast<double>(shape.N),
             K = static_cast<double>(shape.K);
  Row row;
  row.work = {{work_name, 2 * M * N * K}};
  row.size_bytes = size_bytes;
  row.params = N * K;
  row.bytes = sizeof(float) * (M * K + M * N) + size_bytes;
  return row;
}

Row MakeMatmulF32(const MatmulShape& shape, const std::string& work_name,
                  const KernelTable& kernels) {
  struct State {
    std::shared_ptr<const MatmulProblem> problem;
    AlignedVector<float> packed, c;
  };
  const auto [M, N, K] = shape;
  auto s = std::make_shared<State>();
  s->problem = SharedMatmulProblem(shape);
  s->packed.resize(kernels.packed_f32_size(N, K));
  kernels.pack_f32({N, K, s->problem->b.data(), K, s->packed.data()});
  s->c.resize(M * N);

  Row row = MatmulRow(shape, work_name, static_cast<double>(sizeof(float) * N * K));
  row.operand_bytes = sizeof(float) * (M * K + M * N + s->packed.size());
  const GemmF32Args args = {.M = M,
                            .N = N,
                            .K = K,
                            .a = s->problem->a.data(),
                            .lda = K,
                            .packed_b = s->packed.data(),
                            .c = s->c.data(),
                            .ldc = N};
  row.run = [s, args, &kernels] { kernels.gemm_f32(args); };
  row.run();
  row.quality = CompareToTruth(s->c, s->problem->truth, N);
  row.verify = [s, args] {
    const MatmulProblem& p = *s->problem;
    return CheckMatmul(s->c, p.truth, args.K, p.a_norms, p.b_norms);
  };
  return row;
}

}  // namespace podium::bench
