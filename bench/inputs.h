// Seeded inputs with the distributions that the kernels meet in real networks. The same seed gives
// the same values on every ISA, so variants of one workload compute on the same data.
#pragma once

#include <cstddef>
#include <cstdint>

#include "bench/aligned.h"

namespace podium::bench {

inline constexpr std::uint32_t kSeed = 20260101;

// Activations as they enter a linear layer of a transformer: a standard normal, with 1 % of the
// channels (columns, at least one) 10 times as wide. Such outlier channels are what makes INT8
// activations hard; a network has them in the same channels for every input, so which these are does
// not depend on the seed (Dettmers et al., arXiv:2208.07339, section 3). rows x channels, row-major.
AlignedVector<float> Activations(std::size_t rows, std::size_t channels, std::uint32_t seed);

// Weights of a trained linear layer: per output channel a normal of standard deviation 1 / sqrt(K),
// times a log-normal scale (sigma 0.3) that differs between channels, which is why scales are per
// channel (Krishnamoorthi, arXiv:1806.08342, section 3.1). N x K, row-major.
AlignedVector<float> Weights(std::size_t N, std::size_t K, std::uint32_t seed);

// Scores of attention, queries times keys, before softmax: normal with standard deviation 2, so that
// a row of 1000 has some tens of weights that matter. rows x cols, row-major.
AlignedVector<float> Scores(std::size_t rows, std::size_t cols, std::uint32_t seed);

// Biases: normal with standard deviation 0.1.
AlignedVector<float> Biases(std::size_t N, std::uint32_t seed);

}  // namespace podium::bench
