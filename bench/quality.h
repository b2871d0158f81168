// How close a result is to the truth, computed in FP64.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "absl/status/status.h"

namespace podium::bench {

struct Quality {
  // max |got - want| / max |want|, over the whole result.
  double max_rel_err;
  // 10 log10(sum want^2 / sum (got - want)^2), at most 300, where got == want.
  double sqnr_db;
  // Fraction of rows whose largest element stands at the same index; in [0, 1].
  double top1_agreement;
};

// Both row-major and contiguous, `row_size` elements a row. A NaN in `got` gives max_rel_err =
// infinity.
Quality CompareToTruth(std::span<const float> got, std::span<const double> want,
                       std::size_t row_size);

// want[m, n] = sum over k of a[m, k] * b[n, k], in FP64; a is M x K, b is N x K, contiguous.
std::vector<double> MatmulTruth(std::size_t M, std::size_t N, std::size_t K,
                                std::span<const float> a, std::span<const float> b);

// The Euclidean norm of each row of a contiguous matrix.
std::vector<double> RowNorms(std::span<const float> matrix, std::size_t row_size);

// Whether `got` is `want` up to what FP32 accumulation in any order may do to
// want[m, n] = sum over k of a[m, k] * b[n, k]: the error is at most (K + 1) * 2^-24 * sum |a * b|
// (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1; 1 more for rounding the
// sum), and sum |a * b| at most |a[m]| * |b[n]| (Cauchy and Schwarz). The error names the first
// element.
absl::Status CheckMatmul(std::span<const float> got, std::span<const double> want, std::size_t K,
                         std::span<const double> a_norms, std::span<const double> b_norms);

}  // namespace podium::bench
