#include "kernels/sparse_gemm/sparse_matrix.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace podium {
namespace {

constexpr std::size_t CeilDiv(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

// Slices are so long that an average segment has about so many blocks, for which the sums of its
// channels are fetched and put away, and a branch is mispredicted; but no shorter than kSliceColumns.
// A row of single weights is bound by the loads of activations, which should come from L1: 128
// columns x 64 tokens are 32 KiB. Measured from 50 to 95 % zeros on Zen 5.
template <class View>
constexpr std::size_t kUsualSegment = View::kBlockRows == 1 ? 14 : 100;
constexpr std::size_t kSliceColumns = 128;

// Masks where at least so many percent of the blocks are stored: they add at most 6 % to the size, and
// below it is faster to pick activations one by one than to spread weights. Measured on Zen 5.
template <class View>
constexpr std::size_t kMaskedPercent = sizeof(typename View::Value) == 1 ? 33 : 40;

template <class View>
class Converter {
 public:
  using T = typename View::Value;
  explicit Converter(const DenseMatrix<T>& dense) : dense_(dense) {}

  SparseMatrix<View> Convert() {
    m_.N = dense_.N;
    m_.K = dense_.K;
    const std::size_t columns = CeilDiv(dense_.K, View::kBlockCols);
    const std::size_t rows = CeilDiv(dense_.N, View::kBlockRows);
    std::size_t blocks = 0;
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < columns; ++c) blocks += IsStored(r, c);
    }
    has_masks_ = View::kBlockRows == 1 && blocks * 100 >= kMaskedPercent<View> * rows * columns;
    m_.slice_columns = has_masks_ ? kSliceColumns : SliceColumns(columns, rows, blocks);
    constexpr std::size_t kGroupRows = kGroupChannels / View::kBlockRows;
    for (std::size_t r0 = 0; r0 < rows; r0 += kGroupRows) {
      std::size_t c0 = 0;
      do {  // once even if K = 0
        const std::size_t c1 = std::min(c0 + m_.slice_columns, columns);
        AppendSlice(r0, std::min(r0 + kGroupRows, rows), c0, c1);
        c0 = c1;
      } while (c0 < columns);
    }
    return std::move(m_);
  }

 private:
  // Of slices of about the same length.
  static std::size_t SliceColumns(std::size_t columns, std::size_t rows, std::size_t blocks) {
    const std::size_t usual =
        std::clamp(kUsualSegment<View> * rows * columns / std::max<std::size_t>(blocks, 1),
                   kSliceColumns, View::kMaxSliceColumns);
    const std::size_t slices = (columns + usual / 2) / usual;
    return std::clamp(CeilDiv(columns, std::max<std::size_t>(slices, 1)), std::size_t{1},
                      View::kMaxSliceColumns);
  }

  // Calls f(weight) for each weight of a block, row-major, 0 for those beyond the matrix.
  template <class F>
  void ForEachWeight(std::size_t row, std::size_t column, const F& f) const {
    for (std::size_t i = 0; i < View::kBlockRows; ++i) {
      for (std::size_t j = 0; j < View::kBlockCols; ++j) {
        const std::size_t n = row * View::kBlockRows + i, k = column * View::kBlockCols + j;
        f(n < dense_.N && k < dense_.K ? dense_.b[n * dense_.ldb + k] : T{0});
      }
    }
  }

  bool IsStored(std::size_t row, std::size_t column) const {
    bool stored = false;
    ForEachWeight(row, column, [&](T weight) { stored = stored || weight != 0; });
    return stored;
  }

  void AppendSlice(std::size_t r0, std::size_t r1, std::size_t c0, std::size_t c1) {
    std::vector<std::size_t> counts(r1 - r0), order(r1 - r0);
    for (std::size_t r = r0; r < r1; ++r) {
      for (std::size_t c = c0; c < c1; ++c) counts[r - r0] += IsStored(r, c);
    }
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return counts[a] > counts[b]; });
    for (const std::size_t row : order) {
      m_.segments.push_back(
          {static_cast<std::uint16_t>(row), static_cast<std::uint16_t>(counts[row])});
      AppendSegment(r0 + row, c0, c1);
    }
  }

  void AppendSegment(std::size_t row, std::size_t c0, std::size_t c1) {
    const std::size_t mask = m_.masks.size();  // the first of this segment
    if (has_masks_) m_.masks.resize(mask + m_.slice_columns / kMaskColumns);
    for (std::size_t c = c0; c < c1; ++c) {
      if (!IsStored(row, c)) continue;
      if (has_masks_) {
        const std::size_t bit = (c - c0) % kMaskColumns;
        m_.masks[mask + (c - c0) / kMaskColumns] |= static_cast<std::uint16_t>(1u << bit);
      }
      m_.col_idx.push_back(static_cast<std::uint16_t>(c - c0));
      ForEachWeight(row, c, [&](T weight) { m_.values.push_back(weight); });
      m_.nnz += std::min(View::kBlockRows, dense_.N - row * View::kBlockRows) *
                std::min(View::kBlockCols, dense_.K - c * View::kBlockCols);
    }
  }

  DenseMatrix<T> dense_;
  bool has_masks_ = false;
  SparseMatrix<View> m_;
};

}  // namespace

CsrMatrix CsrFromDense(const DenseView& dense) { return Converter<CsrView>(dense).Convert(); }

Block4x1Matrix Block4x1FromDense(const DenseView& dense) {
  return Converter<Block4x1View>(dense).Convert();
}

Block1x4S8Matrix Block1x4S8FromDense(const DenseMatrix<std::int8_t>& dense) {
  return Converter<Block1x4S8View>(dense).Convert();
}

std::vector<std::int32_t> RowSums(const DenseMatrix<std::int8_t>& dense) {
  std::vector<std::int32_t> sums(dense.N);
  for (std::size_t n = 0; n < dense.N; ++n) {
    const std::int8_t* const row = dense.b + n * dense.ldb;
    sums[n] = std::accumulate(row, row + dense.K, std::int32_t{0});
  }
  return sums;
}

}  // namespace podium
