// Pruning: sets the weights that matter least to zero, in place (Han et al., arXiv:1506.02626,
// section 3.1, without the retraining).
//
// B  f32  N x K, row-major, row stride ldb >= K
//
// Of `total` candidates the round(sparsity * total) smallest become +0, halves rounded up; among
// equals those that come first in memory. So the result is the same on every machine, and the count
// of zeros exact unless B held more zeros before. A NaN counts as larger than infinity.
//
// Done once, ahead of time, so plain scalar code.
#pragma once

#include <cstddef>

namespace podium {

struct PruneArgs {
  std::size_t N, K;
  float* b;
  std::size_t ldb;  // >= K
  double sparsity;  // 0..1: the fraction that becomes zero
};

// The candidates are the N * K single weights, ordered by magnitude.
void PruneMagnitude(const PruneArgs& args);

// The candidates are the ceil(N / 4) * K blocks of 4 output channels x 1 input channel, of which
// the last may span fewer channels, ordered by their L1 norm (Li et al., arXiv:1608.08710,
// section 3.1, prune whole filters by it). The price of the faster format: it keeps less of the
// magnitude than PruneMagnitude at the same sparsity.
void PruneBlocks4x1(const PruneArgs& args);

}  // namespace podium
