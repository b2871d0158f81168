// Whether a result is C = A * B^T, and how close to it, without the cost of all of C in FP64.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "bench/quality.h"

namespace podium::bench {

// `count` rows of M, evenly spread, the first and the last among them; all of them if count >= M.
std::vector<std::size_t> SpreadRows(std::size_t M, std::size_t count);

// What is known of C[m, n] = sum over k of A[m, k] * B[n, k] in FP64:
//
// - Some rows in full: all of them while M * N * K <= most_products, else as many as that allows, but
//   at least 8 (SpreadRows).
// - If those are not all, then of every row the sums of each kGroup neighbouring columns, with random
//   weights of 1/2 to 1 and either sign (Freivalds, Probabilistic machines can use less running time,
//   1977): errors in one group cancel only by a chance that no kernel can arrange.
//
// FP32 accumulation in any order errs by at most (K + 1) * 2^-24 * sum |a * b| (Higham, Accuracy and
// Stability of Numerical Algorithms, section 3.1; 1 more for rounding the sum), and sum |a * b| is at
// most |A[m]| * |B[n]| (Cauchy and Schwarz). That is the bound of an element of the known rows, and the
// weighted sum of these bounds is that of a group: with K = 4096, a quarter of a typical element.
class MatmulCheck {
 public:
  static constexpr std::size_t kGroup = 16;

  // a is M x K, b is N x K, contiguous.
  MatmulCheck(std::size_t M, std::size_t N, std::size_t K, std::span<const float> a,
              std::span<const float> b, std::size_t most_products = std::size_t{1} << 30);

  // Of a result, M x N, contiguous. The error names the first element, or group, that is too far off.
  absl::Status Check(std::span<const float> got) const;

  // Over the rows that are known in full, of C[m, n] + bias[n]; no bias if it is empty.
  Quality QualityOf(std::span<const float> got, std::span<const float> bias = {}) const;

 private:
  double Bound(std::size_t m, std::size_t n) const;
  absl::Status CheckGroups(std::size_t m, std::span<const float> got) const;

  std::size_t M_, N_, K_;
  std::vector<std::size_t> rows_;          // known in full
  std::vector<double> want_;               // of rows_, each N
  std::vector<double> group_weights_;      // kGroup
  std::vector<double> group_sums_;         // M x number of groups; empty if rows_ are all
  std::vector<double> a_norms_, b_norms_;  // of the rows
};

}  // namespace podium::bench
