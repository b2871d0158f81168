#include "bench/matmul_check.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "absl/strings/str_cat.h"
#include "bench/inputs.h"

namespace podium::bench {
namespace {

constexpr std::size_t kGroup = MatmulCheck::kGroup;

std::vector<double> RowNorms(std::span<const float> matrix, std::size_t rows, std::size_t cols) {
  std::vector<double> norms(rows, 0.0);
  for (std::size_t i = 0; i < rows * cols; ++i) norms[i / cols] += double{matrix[i]} * matrix[i];
  for (double& norm : norms) norm = std::sqrt(norm);
  return norms;
}

std::vector<double> RandomWeights() {
  std::mt19937 rng(kSeed);
  std::vector<double> weights(kGroup);
  for (double& w : weights) {
    const double magnitude = 0.5 + 0.5 * rng() / 4294967296.0;
    w = rng() % 2 == 0 ? magnitude : -magnitude;
  }
  return weights;
}

// K x kGroup: `count` rows of b, transposed, so that loops over a group's columns are vectors, which
// reorder none of the additions over k; zeros in the rest.
void TransposeGroup(std::span<const float> b, std::size_t n0, std::size_t count, std::size_t K,
                    std::vector<double>& bt) {
  std::fill(bt.begin(), bt.end(), 0.0);
  for (std::size_t j = 0; j < count; ++j) {
    for (std::size_t k = 0; k < K; ++k) bt[k * kGroup + j] = b[(n0 + j) * K + k];
  }
}

}  // namespace

std::vector<std::size_t> SpreadRows(std::size_t M, std::size_t count) {
  count = std::min(count, M);
  std::vector<std::size_t> rows(count, 0);
  for (std::size_t i = 1; i < count; ++i) rows[i] = i * (M - 1) / (count - 1);
  return rows;
}

MatmulCheck::MatmulCheck(std::size_t M, std::size_t N, std::size_t K, std::span<const float> a,
                         std::span<const float> b, std::size_t most_products)
    : M_(M),
      N_(N),
      K_(K),
      rows_(
          SpreadRows(M, std::max<std::size_t>(8, most_products / std::max<std::size_t>(1, N * K)))),
      want_(rows_.size() * N),
      group_weights_(RandomWeights()),
      a_norms_(RowNorms(a, M, K)),
      b_norms_(RowNorms(b, N, K)) {
  const std::size_t groups = (N + kGroup - 1) / kGroup;
  const bool all_known = rows_.size() == M;
  if (!all_known) group_sums_.resize(M * groups);
  std::vector<double> bt(K * kGroup), weighted(K);
  for (std::size_t g = 0; g < groups; ++g) {
    const std::size_t n0 = g * kGroup, count = std::min(kGroup, N - n0);
    TransposeGroup(b, n0, count, K, bt);
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const float* x = a.data() + rows_[i] * K;
      double sums[kGroup] = {};
      for (std::size_t k = 0; k < K; ++k) {
        for (std::size_t j = 0; j < kGroup; ++j) sums[j] += x[k] * bt[k * kGroup + j];
      }
      std::copy(sums, sums + count, want_.begin() + i * N + n0);
    }
    if (all_known) continue;
    for (std::size_t k = 0; k < K; ++k) {
      weighted[k] = 0;
      for (std::size_t j = 0; j < kGroup; ++j)
        weighted[k] += group_weights_[j] * bt[k * kGroup + j];
    }
    // 8 rows at a time, for the sake of the latency of an addition.
    for (std::size_t m = 0; m < M; m += 8) {
      double sums[8] = {};
      const std::size_t rows = std::min<std::size_t>(8, M - m);
      const float* x[8];
      for (std::size_t i = 0; i < 8; ++i) x[i] = a.data() + (m + std::min(i, rows - 1)) * K;
      for (std::size_t k = 0; k < K; ++k) {
        for (std::size_t i = 0; i < 8; ++i) sums[i] += x[i][k] * weighted[k];
      }
      for (std::size_t i = 0; i < rows; ++i) group_sums_[(m + i) * groups + g] = sums[i];
    }
  }
}

double MatmulCheck::Bound(std::size_t m, std::size_t n) const {
  return static_cast<double>(K_ + 1) * std::ldexp(a_norms_[m] * b_norms_[n], -24);
}

absl::Status MatmulCheck::Check(std::span<const float> got) const {
  for (std::size_t i = 0; i < want_.size(); ++i) {
    const std::size_t m = rows_[i / N_], n = i % N_;
    const float value = got[m * N_ + n];
    // Written so that a NaN fails.
    if (!(std::fabs(value - want_[i]) <= Bound(m, n))) {
      return absl::InternalError(absl::StrCat("C[", m, ", ", n, "] = ", value, ", not ", want_[i],
                                              " within ", Bound(m, n)));
    }
  }
  if (group_sums_.empty()) return absl::OkStatus();
  for (std::size_t m = 0; m < M_; ++m) {
    if (const absl::Status status = CheckGroups(m, got); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status MatmulCheck::CheckGroups(std::size_t m, std::span<const float> got) const {
  const std::size_t groups = group_sums_.size() / M_;
  for (std::size_t g = 0; g < groups; ++g) {
    const std::size_t n0 = g * kGroup, end = std::min(n0 + kGroup, N_);
    double sum = 0, bound = 0;
    for (std::size_t n = n0; n < end; ++n) {
      sum += group_weights_[n - n0] * got[m * N_ + n];
      bound += std::fabs(group_weights_[n - n0]) * Bound(m, n);
    }
    const double want = group_sums_[m * groups + g];
    if (!(std::fabs(sum - want) <= bound)) {
      return absl::InternalError(absl::StrCat("C[", m, ", ", n0, "..", end - 1,
                                              "]: a weighted sum is ", sum, ", not ", want,
                                              " within ", bound));
    }
  }
  return absl::OkStatus();
}

Quality MatmulCheck::QualityOf(std::span<const float> got, std::span<const float> bias) const {
  std::vector<float> rows(want_.size());
  std::vector<double> want = want_;
  for (std::size_t i = 0; i < want.size(); ++i) {
    rows[i] = got[rows_[i / N_] * N_ + i % N_];
    if (!bias.empty()) want[i] += bias[i % N_];
  }
  return CompareToTruth(rows, want, N_);
}

}  // namespace podium::bench
