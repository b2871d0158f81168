// Pruning: sets the weights that matter least to zero, in place (Han et al., arXiv:1506.02626,
// section 3, without the retraining).
//
// B  f32  N x K, row-major, row stride ldb >= K
//
// Of `total` candidates the round(sparsity * total) smallest become +0, halves rounded up; among
// equals those that come first in memory. So the result is the same on every machine, and the count
// of zeros exact unless B held more zeros before. A NaN counts as larger than infinity.
//
// Candidates that are blocks of weights are ordered by their L1 norm (Li et al., arXiv:1608.08710,
// section 3.1, prune whole filters by it); blocks at the lower and right edge may be smaller. The
// larger the blocks, the faster a product can be, and the less of the magnitude is kept at the same
// sparsity.
//
// Done once, ahead of time, so plain scalar code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace podium {

struct PruneArgs {
  std::size_t N, K;
  float* b;
  std::size_t ldb;  // >= K
  double sparsity;  // 0..1: the fraction that becomes zero
};

// Candidates: single weights, by magnitude.
void PruneMagnitude(const PruneArgs& args);

// Candidates: the weights of all layers together, earlier layers first among equals, so that layers
// of small weights lose more of them (global pruning, as opposed to PruneMagnitude of each layer).
struct PruneLayer {
  std::size_t N, K;
  float* b;
  std::size_t ldb;  // >= K
};
void PruneMagnitudeGlobal(std::span<const PruneLayer> layers, double sparsity);

// Candidates: blocks of 4 output channels x 1 input channel, of 1 x 4, of whole rows (output
// channels) and of whole columns (input channels).
void PruneBlocks4x1(const PruneArgs& args);
void PruneBlocks1x4(const PruneArgs& args);
void PruneRows(const PruneArgs& args);
void PruneColumns(const PruneArgs& args);

// Candidates: single weights, in an order drawn with std::mt19937_64 from the seed: the control
// that any criterion should beat.
void PruneRandom(const PruneArgs& args, std::uint64_t seed);

// N:M pruning with M = 4: of each 4 neighbours in a row, beginning at k = 0, 4, ..., the `keep`
// largest magnitudes stay (Mishra et al., arXiv:2104.08378, for keep = 2). Where K ends
// a group early, at most `keep` of what it has.
struct PruneOfFourArgs {
  std::size_t N, K;
  float* b;
  std::size_t ldb;   // >= K
  std::size_t keep;  // 0..4
};
void PruneOfFour(const PruneOfFourArgs& args);

}  // namespace podium
