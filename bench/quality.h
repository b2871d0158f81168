// How close a result is to the truth, computed in FP64. Of the large matrix multiplications only part of
// the truth is known: matmul_check.h says which.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

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

}  // namespace podium::bench
