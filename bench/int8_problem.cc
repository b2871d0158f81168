#include "bench/int8_problem.h"

#include <cmath>
#include <tuple>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/inputs.h"
#include "bench/quality.h"
#include "bench/shared.h"
#include "kernels/int8_matmul/quantize_s8.h"
#include "kernels/kernel_table.h"

namespace podium::bench {
namespace {

Int8Problem MakeInt8Problem(const MatmulShape& shape) {
  const auto [M, N, K] = shape;
  Int8Problem p = {.f32 = SharedMatmulProblem(shape),
                   .params = {},
                   .a = AlignedVector<std::uint8_t>(M * K),
                   .b = AlignedVector<std::int8_t>(N * K),
                   .scales = AlignedVector<float>(N),
                   .bias = Biases(N, kSeed + 2),
                   .sums = AlignedVector<std::int32_t>(M * N)};
  const AlignedVector<float> calibration = Activations(M, K, kSeed + 100);
  p.params = ChooseAffineParams(calibration.data(), calibration.size());
  const KernelTable& reference = ReferenceKernels();
  reference.quantize_u8({M * K, p.f32->a.data(), p.params, p.a.data()});
  QuantizeS8PerChannel({N, K, p.f32->b.data(), K, p.b.data(), p.scales.data()});
  std::vector<std::int8_t> packed(reference.packed_s8_size(N, K));
  reference.pack_s8({N, K, p.b.data(), K, packed.data()});
  reference.gemm_u8s8s32({.M = M,
                          .N = N,
                          .K = K,
                          .a = p.a.data(),
                          .lda = K,
                          .packed_b = packed.data(),
                          .c = p.sums.data(),
                          .ldc = N});
  return p;
}

template <class T>
absl::Status Differs(std::size_t N, std::size_t i, T got, T want) {
  return absl::InternalError(
      absl::StrCat("C[", i / N, ", ", i % N, "] = ", got, ", the reference says ", want));
}

// As gemm_u8s8_ref.cc computes it from the exact sum.
struct Dequantize {
  const Int8Problem& p;
  bool bias;
  std::vector<std::int32_t> row_sums;  // of the weights

  Dequantize(const Int8Problem& problem, bool with_bias, std::size_t K)
      : p(problem), bias(with_bias), row_sums(problem.scales.size()) {
    for (std::size_t i = 0; i < p.b.size(); ++i) row_sums[i / K] += p.b[i];
  }

  float Scaled(std::size_t i) const {
    const std::size_t n = i % row_sums.size();
    return static_cast<float>(p.sums[i] - p.params.zero_point * row_sums[n]) *
           (p.params.scale * p.scales[n]);
  }
  float operator()(std::size_t i) const {
    return bias ? Scaled(i) + p.bias[i % row_sums.size()] : Scaled(i);
  }
};

}  // namespace

std::shared_ptr<const Int8Problem> SharedInt8Problem(const MatmulShape& shape) {
  return Shared(std::tuple(shape.M, shape.N, shape.K), [&] { return MakeInt8Problem(shape); });
}

Row MakeMatmulU8S8S32(const MatmulShape& shape, const Matmul<std::int32_t>& matmul) {
  const auto problem = SharedInt8Problem(shape);
  const auto c = std::make_shared<AlignedVector<std::int32_t>>();
  Row row = MatmulRow(shape, "ops", matmul, c);
  row.verify = [problem, c, N = shape.N]() -> absl::Status {
    for (std::size_t i = 0; i < c->size(); ++i) {
      if ((*c)[i] != problem->sums[i]) return Differs(N, i, (*c)[i], problem->sums[i]);
    }
    return absl::OkStatus();
  };
  return row;
}

Row MakeMatmulU8S8F32(const MatmulShape& shape, bool bias, Rounding rounding,
                      const Matmul<float>& matmul) {
  const auto problem = SharedInt8Problem(shape);
  const auto c = std::make_shared<AlignedVector<float>>();
  Row row = MatmulRow(shape, "ops", matmul, c);
  row.run();
  std::vector<double> truth = problem->f32->truth;
  if (bias) {
    for (std::size_t i = 0; i < truth.size(); ++i) truth[i] += problem->bias[i % shape.N];
  }
  row.quality = CompareToTruth(*c, truth, shape.N);
  row.verify = [=, N = shape.N, K = shape.K]() -> absl::Status {
    const Dequantize want(*problem, bias, K);
    for (std::size_t i = 0; i < c->size(); ++i) {
      // Converting the sum, dividing the bias by the scale, multiplying and adding round at most
      // 4 times, each by 2^-24 of no more than the scaled sum and the bias; twice, for both sides.
      const float terms = std::fabs(want.Scaled(i)) + std::fabs(problem->bias[i % N]);
      const float bound = rounding == Rounding::kOurs ? 0 : std::ldexp(terms, -21);
      if (!(std::fabs((*c)[i] - want(i)) <= bound)) return Differs(N, i, (*c)[i], want(i));
    }
    return absl::OkStatus();
  };
  return row;
}

}  // namespace podium::bench
