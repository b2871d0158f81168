// INT8 against FP32 matrix multiplication of FP32 activations: what post-training quantization of
// one linear layer buys, and what it costs.
//
// fp32  C = A * B^T
// int8  A is quantized (per tensor, with parameters fixed beforehand, as static quantization does),
//       multiplied by weights quantized per channel, and the result is FP32 again; all of it is
//       timed
#include <memory>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/aligned.h"
#include "bench/inputs.h"
#include "bench/matmul_problem.h"
#include "bench/register.h"
#include "bench/shapes.h"
#include "bench/shared.h"
#include "kernels/int8_matmul/quantize_s8.h"

namespace podium::bench {
namespace {

struct Int8Problem {
  std::shared_ptr<const MatmulProblem> f32;
  AffineParams params;               // of the activations
  std::vector<std::int8_t> weights;  // N x K
  AlignedVector<float> scales;       // N
  AlignedVector<float> want;  // M x N, by the scalar reference: every ISA must give just this
};

// The timed work, on the kernels and weights packed by the functions of `kernels`.
void QuantizeAndMultiply(const MatmulShape& shape, const Int8Problem& p, const KernelTable& kernels,
                         const std::int8_t* packed, std::uint8_t* a, float* c) {
  const auto [M, N, K] = shape;
  kernels.quantize_u8({M * K, p.f32->a.data(), p.params, a});
  kernels.gemm_u8s8f32({.M = M,
                        .N = N,
                        .K = K,
                        .a = a,
                        .lda = K,
                        .a_params = &p.params,
                        .a_params_stride = 0,
                        .packed_b = packed,
                        .b_scales = p.scales.data(),
                        .bias = nullptr,
                        .activation = Activation::kNone,
                        .c = c,
                        .ldc = N});
}

Int8Problem MakeInt8Problem(const MatmulShape& shape) {
  const auto [M, N, K] = shape;
  Int8Problem p = {.f32 = SharedMatmulProblem(shape),
                   .params = {},
                   .weights = std::vector<std::int8_t>(N * K),
                   .scales = AlignedVector<float>(N),
                   .want = AlignedVector<float>(M * N)};
  const AlignedVector<float> calibration = Activations(M, K, kSeed + 100);
  p.params = ChooseAffineParams(calibration.data(), calibration.size());
  QuantizeS8PerChannel({N, K, p.f32->b.data(), K, p.weights.data(), p.scales.data()});
  const KernelTable& reference = ReferenceKernels();
  std::vector<std::int8_t> packed(reference.packed_s8_size(N, K));
  reference.pack_s8({N, K, p.weights.data(), K, packed.data()});
  std::vector<std::uint8_t> a(M * K);
  QuantizeAndMultiply(shape, p, reference, packed.data(), a.data(), p.want.data());
  return p;
}

Row MakeInt8(const MatmulShape& shape, const KernelTable& kernels) {
  struct State {
    std::shared_ptr<const Int8Problem> problem;
    AlignedVector<std::int8_t> packed;
    AlignedVector<std::uint8_t> a;
    AlignedVector<float> c;
  };
  const auto [M, N, K] = shape;
  auto s = std::make_shared<State>();
  s->problem = Shared(std::tuple(M, N, K), [&] { return MakeInt8Problem(shape); });
  s->packed.resize(kernels.packed_s8_size(N, K));
  kernels.pack_s8({N, K, s->problem->weights.data(), K, s->packed.data()});
  s->a.resize(M * K);
  s->c.resize(M * N);

  Row row = MatmulRow(shape, "ops", static_cast<double>(N * K + sizeof(float) * N));
  row.operand_bytes = sizeof(float) * (M * K + M * N + N) + s->a.size() + s->packed.size();
  row.run = [s, shape, &kernels] {
    QuantizeAndMultiply(shape, *s->problem, kernels, s->packed.data(), s->a.data(), s->c.data());
  };
  row.run();
  row.quality = CompareToTruth(s->c, s->problem->f32->truth, N);
  row.verify = [s, N = N]() -> absl::Status {
    for (std::size_t i = 0; i < s->c.size(); ++i) {
      if (s->c[i] == s->problem->want[i]) continue;
      return absl::InternalError(absl::StrCat("C[", i / N, ", ", i % N, "] = ", s->c[i],
                                              ", the reference says ", s->problem->want[i]));
    }
    return absl::OkStatus();
  };
  return row;
}

const bool kRegistered = [] {
  for (const MatmulShape& shape : kMatmulShapes) {
    RegisterForEachIsa(
        {.family = "int8_matmul", .name = "fp32", .techniques = "", .baseline = true},
        MatmulKeys(shape),
        [shape](const KernelTable& kernels) { return MakeMatmulF32(shape, "flops", kernels); });
    RegisterForEachIsa(
        {.family = "int8_matmul", .name = "int8", .techniques = "quantization", .baseline = false},
        MatmulKeys(shape),
        [shape](const KernelTable& kernels) { return MakeInt8(shape, kernels); });
  }
  return true;
}();

}  // namespace
}  // namespace podium::bench
