#include "bench/int8_problem.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <span>
#include <tuple>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/inputs.h"
#include "bench/matmul_check.h"
#include "bench/shared.h"
#include "kernels/int8_matmul/quantize_s8.h"
#include "kernels/kernel_table.h"

namespace podium::bench {
namespace {

Int8Weights MakeWeights(std::size_t N, std::size_t K, const AlignedVector<float>& b) {
  Int8Weights w = {.b = AlignedVector<std::int8_t>(N * K),
                   .scales = AlignedVector<float>(N),
                   .bias = Biases(N, kSeed + 2)};
  QuantizeS8PerChannel({N, K, b.data(), K, w.b.data(), w.scales.data()});
  return w;
}

// The weights of the checksums: random, and odd, so that no error of a single element escapes.
std::vector<std::uint64_t> ChecksumWeights(std::size_t N) {
  std::mt19937_64 rng(kSeed);
  std::vector<std::uint64_t> weights(N);
  for (std::uint64_t& w : weights) w = rng() | 1;
  return weights;
}

std::vector<std::uint64_t> Checksums(const MatmulShape& shape, std::span<const std::uint8_t> a,
                                     std::span<const std::int8_t> b) {
  const auto [M, N, K] = shape;
  const std::vector<std::uint64_t> weights = ChecksumWeights(N);
  std::vector<std::uint64_t> column(K, 0), sums(M, 0);
  for (std::size_t n = 0; n < N; ++n) {
    for (std::size_t k = 0; k < K; ++k) {
      column[k] += weights[n] * static_cast<std::uint64_t>(std::int64_t{b[n * K + k]});
    }
  }
  for (std::size_t m = 0; m < M; ++m) {
    for (std::size_t k = 0; k < K; ++k) sums[m] += a[m * K + k] * column[k];
  }
  return sums;
}

// p.known, of p.rows.
std::vector<float> KnownRows(const MatmulShape& shape, const Int8Problem& p) {
  const std::size_t N = shape.N, K = shape.K;
  AlignedVector<std::uint8_t> a;
  for (std::size_t m : p.rows) a.insert(a.end(), &p.a[m * K], &p.a[m * K] + K);
  const KernelTable& reference = ReferenceKernels();
  std::vector<std::int8_t> packed(reference.packed_s8_size(N, K));
  reference.pack_s8({N, K, p.weights->b.data(), K, packed.data()});
  std::vector<float> c(p.rows.size() * N);
  reference.gemm_u8s8f32({.M = p.rows.size(),
                          .N = N,
                          .K = K,
                          .a = a.data(),
                          .lda = K,
                          .a_params = &p.params,
                          .a_params_stride = 0,
                          .packed_b = packed.data(),
                          .b_scales = p.weights->scales.data(),
                          .bias = nullptr,
                          .activation = Activation::kNone,
                          .c = c.data(),
                          .ldc = N});
  return c;
}

Int8Problem MakeInt8Problem(const MatmulShape& shape) {
  const auto [M, N, K] = shape;
  Int8Problem p;
  p.f32 = SharedMatmulProblem(shape);
  p.weights = Shared(std::tuple(N, K), [&, N = N, K = K] { return MakeWeights(N, K, *p.f32->b); });
  const AlignedVector<float> calibration = Activations(M, K, kSeed + 100);
  p.params = ChooseAffineParams(calibration.data(), calibration.size());
  p.a.resize(M * K);
  ReferenceKernels().quantize_u8({M * K, p.f32->a.data(), p.params, p.a.data()});
  p.checksums = Checksums(shape, p.a, p.weights->b);
  p.rows = SpreadRows(M, std::max<std::size_t>(8, (std::size_t{1} << 28) / (N * K)));
  p.known = KnownRows(shape, p);
  return p;
}

template <class T>
absl::Status Differs(std::size_t m, std::size_t n, T got, T want) {
  return absl::InternalError(
      absl::StrCat("C[", m, ", ", n, "] = ", got, ", the reference says ", want));
}

absl::Status CheckS32(const MatmulShape& shape, const Int8Problem& p,
                      std::span<const std::int32_t> c) {
  const auto [M, N, K] = shape;
  const std::vector<std::uint64_t> weights = ChecksumWeights(N);
  for (std::size_t m = 0; m < M; ++m) {
    std::uint64_t sum = 0;
    for (std::size_t n = 0; n < N; ++n) {
      sum += weights[n] * static_cast<std::uint64_t>(std::int64_t{c[m * N + n]});
    }
    if (sum == p.checksums[m]) continue;
    for (std::size_t n = 0; n < N; ++n) {
      std::int32_t want = 0;
      for (std::size_t k = 0; k < K; ++k) want += p.a[m * K + k] * p.weights->b[n * K + k];
      if (c[m * N + n] != want) return Differs(m, n, c[m * N + n], want);
    }
  }
  return absl::OkStatus();
}

// Zeros for no bias.
std::vector<float> BiasOf(const Int8Problem& p, bool bias) {
  const AlignedVector<float>& b = p.weights->bias;
  return bias ? std::vector<float>(b.begin(), b.end()) : std::vector<float>(b.size(), 0.0f);
}

absl::Status CheckKnownRows(std::size_t N, const Int8Problem& p, const std::vector<float>& bias,
                            Rounding rounding, std::span<const float> c) {
  for (std::size_t i = 0; i < p.known.size(); ++i) {
    const std::size_t m = p.rows[i / N], n = i % N;
    const float want = p.known[i] + bias[n], got = c[m * N + n];
    // Converting the sum, multiplying the scales, dividing the bias by them, multiplying and adding
    // round each by at most 2^-24 of the scaled sum and the bias; fewer than 8 times, both sides.
    const float terms = std::fabs(p.known[i]) + std::fabs(bias[n]);
    const float bound = rounding == Rounding::kOurs ? 0 : std::ldexp(terms, -21);
    if (!(std::fabs(got - want) <= bound)) return Differs(m, n, got, want);  // so that a NaN fails
  }
  return absl::OkStatus();
}

// Every row, by one weighted sum. Its bound is the one above, of |scaled| <= |C| + |bias| and weights
// of at most 1; FP64's own rounding is far below that.
absl::Status CheckAllRows(const MatmulShape& shape, const Int8Problem& p,
                          const std::vector<float>& bias, std::span<const float> c) {
  const auto [M, N, K] = shape;
  std::mt19937 rng(kSeed);
  std::vector<double> weights(N), column(K, 0.0);
  double of_bias = 0;
  for (std::size_t n = 0; n < N; ++n) {
    weights[n] = (0.5 + 0.5 * rng() / 4294967296.0) * (rng() % 2 == 0 ? 1 : -1);
    of_bias += weights[n] * bias[n];
    const double scaled = weights[n] * p.weights->scales[n];
    for (std::size_t k = 0; k < K; ++k) column[k] += scaled * p.weights->b[n * K + k];
  }
  for (std::size_t m = 0; m < M; ++m) {
    double want = 0, got = 0, bound = 0;
    for (std::size_t k = 0; k < K; ++k) {
      want += static_cast<double>(p.a[m * K + k] - p.params.zero_point) * column[k];
    }
    want = want * p.params.scale + of_bias;
    for (std::size_t n = 0; n < N; ++n) {
      got += weights[n] * c[m * N + n];
      bound += std::ldexp(std::fabs(c[m * N + n]) + 2 * std::fabs(bias[n]), -21);
    }
    if (!(std::fabs(got - want) <= bound)) {
      return absl::InternalError(absl::StrCat("a weighted sum of row ", m, " of C is ", got,
                                              ", not ", want, " within ", bound));
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::shared_ptr<const Int8Problem> SharedInt8Problem(const MatmulShape& shape) {
  return Shared(std::tuple(shape.M, shape.N, shape.K), [&] { return MakeInt8Problem(shape); });
}

Row MakeMatmulU8S8S32(const MatmulWorkload& workload, const Matmul<std::int32_t>& matmul) {
  const auto problem = SharedInt8Problem(workload.shape);
  const auto c = std::make_shared<AlignedVector<std::int32_t>>();
  Row row = MatmulRow(workload, "ops", matmul, c);
  row.verify = [=] { return CheckS32(workload.shape, *problem, *c); };
  return row;
}

Row MakeMatmulU8S8F32(const MatmulWorkload& workload, bool bias, Rounding rounding,
                      const Matmul<float>& matmul) {
  const auto problem = SharedInt8Problem(workload.shape);
  const auto c = std::make_shared<AlignedVector<float>>();
  Row row = MatmulRow(workload, "ops", matmul, c);
  row.run();
  row.quality = problem->f32->check.QualityOf(*c, BiasOf(*problem, bias));
  row.verify = [=] {
    absl::Status status =
        CheckKnownRows(workload.shape.N, *problem, BiasOf(*problem, bias), rounding, *c);
    status.Update(CheckAllRows(workload.shape, *problem, BiasOf(*problem, bias), *c));
    return status;
  };
  return row;
}

}  // namespace podium::bench
