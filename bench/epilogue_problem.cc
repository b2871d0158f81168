#include "bench/epilogue_problem.h"

#include <string>
#include <string_view>
#include <tuple>

#include "bench/inputs.h"
#include "bench/rows_problem.h"
#include "bench/shared.h"

namespace podium::bench {
namespace {

EpilogueProblem MakeProblem(const EpilogueShape& shape) {
  const auto [M, N, K] = shape.matmul;
  const std::string_view op = shape.op;
  const bool gelu = op == "gemm_bias_gelu", swiglu = op == "gemm_swiglu";
  EpilogueProblem p = {.matmul = SharedMatmulProblem(shape.matmul),
                       .bias = swiglu ? AlignedVector<float>(N) : Biases(N, kSeed + 2),
                       .second = {},
                       .truth = {}};
  if (!gelu) p.second = Activations(M, N, kSeed + 3);
  p.truth = MatmulTruth(M, N, K, p.matmul->a, *p.matmul->b);
  for (std::size_t i = 0; i < p.truth.size(); ++i) {
    double& y = p.truth[i];
    y += p.bias[i % N];
    if (gelu) y = ActivateF64(Activation::kGeluTanh, y);
    if (swiglu) y = ActivateF64(Activation::kSilu, y) * p.second[i];
    if (op == "gemm_bias_residual") y += p.second[i];
  }
  return p;
}

}  // namespace

std::shared_ptr<const EpilogueProblem> SharedEpilogueProblem(const EpilogueShape& shape) {
  const auto [M, N, K] = shape.matmul;
  return Shared(std::tuple(std::string(shape.op), M, N, K), [&] { return MakeProblem(shape); });
}

Keys EpilogueKeys(const EpilogueShape& shape) {
  Keys keys = MatmulKeys({.shape = shape.matmul});
  keys.insert(keys.begin(), {"op", shape.op});
  return keys;
}

Row MakeEpilogueRow(const EpilogueShape& shape, const Matmul<float>& matmul) {
  const auto problem = SharedEpilogueProblem(shape);
  const auto c = std::make_shared<AlignedVector<float>>();
  const std::size_t N = shape.matmul.N;
  Row row = MatmulRow({.shape = shape.matmul}, "flops", matmul, c);
  const std::size_t bytes = sizeof(float) * (N + problem->second.size());
  row.params += static_cast<double>(N);
  row.size_bytes += static_cast<double>(sizeof(float) * N);
  row.bytes += static_cast<double>(bytes);
  row.operand_bytes += bytes;
  row.run();
  row.quality = CompareToTruth(*c, problem->truth, N);
  row.verify = [problem, c, N] { return CheckFused(CompareToTruth(*c, problem->truth, N)); };
  return row;
}

}  // namespace podium::bench
