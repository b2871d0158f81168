// The shapes the suite measures, each with the network and layer it comes from.
//
// M is the number of tokens (rows of activations), N of output channels, K of input channels.
#pragma once

#include <cstddef>

namespace podium::bench {

struct MatmulShape {
  std::size_t M, N, K;
};

inline constexpr MatmulShape kMatmulShapes[] = {
    {1024, 1024, 1024},  // the square everybody quotes; an attention projection of a GPT-2 medium
                         // (hidden size 1024, context 1024; Radford et al. 2019)
    {64, 4096, 1024},    // BERT-large, first feed-forward layer, 64 tokens (arXiv:1810.04805)
    {64, 1024, 4096},    // the same, second feed-forward layer
    {128, 768, 768},     // BERT-base, attention projection, 128 tokens
    {1, 2048, 2048},     // Llama-3.2-1B, query projection, decode of one token
};

}  // namespace podium::bench
