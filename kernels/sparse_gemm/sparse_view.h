// The form in which sparse weights are stored and multiplied: K-blocked compressed sparse rows, of
// single weights or of small dense blocks.
//
// The matrix, N x K, is a grid of blocks of kBlockRows output channels x kBlockCols input channels;
// at its lower and right edge they reach beyond it, with zeros. Those blocks that hold a weight are
// stored in the order in which a kernel meets them:
//
//   for each group of kGroupChannels output channels,
//     for each slice of `slice_columns` block columns (at least one, even if K = 0),
//       for each block row of the group, once, a segment: its blocks within the slice, columns
//       ascending. The segments with most blocks come first, among equals the lower row.
//
// So the activations of a slice stay in a near cache while weights and indices arrive as streams,
// and the length of a loop over a segment mostly is that of the one before, which a CPU predicts.
//
// Where kBlockRows is 1, the columns of a matrix that is not very sparse are stored a second time, as
// bits: with one token, lanes are neighbouring columns, and a kernel spreads the values over them by
// these masks.
#pragma once

#include <cstddef>
#include <cstdint>

namespace podium {

inline constexpr std::size_t kGroupChannels = 1024;
inline constexpr std::size_t kMaskColumns = 16;

// Of what the weights meet, and of the product: which of a matrix is contiguous, the tokens of a
// channel or the channels of a token.
enum class ActivationLayout { kFeatureMajor, kTokenMajor };

struct SparseSegment {
  std::uint16_t row;    // block row, counted from the first of its group
  std::uint16_t count;  // blocks
};

template <class T, std::size_t kRows, std::size_t kCols>
struct SparseView {
  using Value = T;
  static constexpr std::size_t kBlockRows = kRows, kBlockCols = kCols;
  static constexpr std::size_t kMaxSliceColumns = kRows == 1 ? 512 : 1024;

  std::size_t N, K;
  std::size_t slice_columns;      // 1 .. kMaxSliceColumns
  const SparseSegment* segments;  // in the order above
  const std::uint16_t* col_idx;   // of each block: its column, counted from the first of its slice
  const T* values;                // of each block: kBlockRows * kBlockCols weights, row-major
  // Of each segment slice_columns / kMaskColumns, lowest bit first, set for stored columns; or null.
  const std::uint16_t* masks;
};

using CsrView = SparseView<float, 1, 1>;
using Block4x1View = SparseView<float, 4, 1>;
using Block1x4S8View = SparseView<std::int8_t, 1, 4>;

}  // namespace podium
