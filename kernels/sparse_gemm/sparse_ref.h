// How the scalar references read sparse_view.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/sparse_gemm/sparse_view.h"

namespace podium::reference {

// Calls f(k, weight) for each stored weight of output channel n.
template <class View, class F>
void ForEachWeight(const View& w, std::size_t n, const F& f) {
  const std::size_t columns = (w.K + View::kBlockCols - 1) / View::kBlockCols;
  const SparseSegment* segment = w.segments;
  std::size_t i = 0;  // the first block of the segment
  for (std::size_t n0 = 0; n0 < w.N; n0 += kGroupChannels) {
    const std::size_t channels = w.N - n0 < kGroupChannels ? w.N - n0 : kGroupChannels;
    const std::size_t block_rows = (channels + View::kBlockRows - 1) / View::kBlockRows;
    std::size_t c0 = 0;
    do {
      for (std::size_t b = 0; b < block_rows; ++b, ++segment) {
        const std::size_t first = n0 + segment->row * View::kBlockRows;
        const std::size_t end = i + segment->count;
        if (n < first || n >= first + View::kBlockRows) i = end;
        for (; i < end; ++i) {
          for (std::size_t j = 0; j < View::kBlockCols; ++j) {
            const std::size_t k = (c0 + w.col_idx[i]) * View::kBlockCols + j;
            const std::size_t in_block = (n - first) * View::kBlockCols + j;
            if (k < w.K) f(k, w.values[i * View::kBlockRows * View::kBlockCols + in_block]);
          }
        }
      }
      c0 += w.slice_columns;
    } while (c0 < columns);
  }
}

}  // namespace podium::reference
