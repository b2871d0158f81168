#include "bench/quality.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace podium::bench {

Quality CompareToTruth(std::span<const float> got, std::span<const double> want,
                       std::size_t row_size) {
  double largest_error = 0, largest = 0, signal = 0, noise = 0;
  bool nan = false;
  for (std::size_t i = 0; i < want.size(); ++i) {
    const double error = got[i] - want[i];
    nan = nan || std::isnan(error);
    largest_error = std::max(largest_error, std::fabs(error));
    largest = std::max(largest, std::fabs(want[i]));
    signal += want[i] * want[i];
    noise += error * error;
  }
  std::size_t rows = 0, agreeing = 0;
  for (std::size_t i = 0; i + row_size <= want.size() && row_size > 0; i += row_size) {
    const auto top_got = std::max_element(got.begin() + i, got.begin() + i + row_size);
    const auto top_want = std::max_element(want.begin() + i, want.begin() + i + row_size);
    ++rows;
    if (top_got - got.begin() == top_want - want.begin()) ++agreeing;
  }
  const double infinity = std::numeric_limits<double>::infinity();
  return {
      .max_rel_err = nan           ? infinity
                     : largest > 0 ? largest_error / largest
                                   : largest_error,
      .sqnr_db = nan         ? -infinity
                 : noise > 0 ? std::min(300.0, 10 * std::log10(signal / noise))
                             : 300,
      .top1_agreement = rows > 0 ? static_cast<double>(agreeing) / static_cast<double>(rows) : 1,
  };
}

std::vector<double> MatmulTruth(std::size_t M, std::size_t N, std::size_t K,
                                std::span<const float> a, std::span<const float> b) {
  // b is transposed so that the inner loop runs over n, which a compiler may vectorise without
  // reordering the additions of any one sum.
  std::vector<double> bt(K * N);
  for (std::size_t n = 0; n < N; ++n) {
    for (std::size_t k = 0; k < K; ++k) bt[k * N + n] = b[n * K + k];
  }
  std::vector<double> want(M * N, 0.0);
  for (std::size_t m = 0; m < M; ++m) {
    double* row = want.data() + m * N;
    for (std::size_t k = 0; k < K; ++k) {
      const double x = a[m * K + k];
      const double* weights = bt.data() + k * N;
      for (std::size_t n = 0; n < N; ++n) row[n] += x * weights[n];
    }
  }
  return want;
}

}  // namespace podium::bench
