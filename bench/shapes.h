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

inline constexpr MatmulShape kSparseShapes[] = {
    {64, 1024, 1024},   // BERT-large, attention projection, 64 tokens (arXiv:1810.04805)
    {256, 1024, 1024},  // the same, 256 tokens
    {128, 3072, 768},   // BERT-base, first feed-forward layer, 128 tokens
};

// Decoding of one token in one attention layer whose hidden size is n_heads * head_dim.
struct DecodeShape {
  std::size_t context, n_heads, n_kv_heads, head_dim;
};

inline constexpr DecodeShape kDecodeShapes[] = {
    {128, 32, 8, 64},   // Llama-3.2-1B: hidden size 2048, grouped queries (its config.json:
    {512, 32, 8, 64},   // num_attention_heads 32, num_key_value_heads 8, head_dim 64), at
    {2048, 32, 8, 64},  // three lengths of context
    {512, 12, 12, 64},  // GPT-2 small: hidden size 768, one KV head per query head (Radford et
                        // al. 2019)
};

// Operations on the rows of a matrix that no weight matrix belongs to.
struct RowsShape {
  const char* op;
  std::size_t rows, cols;
};

inline constexpr RowsShape kRowsShapes[] = {
    {"bias_gelu", 256, 1024},   // BERT-mini (hidden 256, feed-forward 1024; arXiv:1908.08962), 256
                                // tokens: 2 MiB in and out, L2 and L3
    {"bias_gelu", 8192, 1024},  // the same, a batch of 16 x 512 tokens: 64 MiB, memory
    {"softmax", 1536, 128},     // BERT-base, 12 heads x 128 tokens, attention scores
    {"softmax", 256, 1024},     // GPT-2 medium, 16 heads x 16 new tokens, context 1024
    {"softmax", 8192, 1024},    // the same, 16 heads x 512 new tokens
    {"layernorm", 256, 1024},   // BERT-large (hidden 1024), 256 tokens
    {"layernorm", 8192, 1024},  // the same, a batch of 16 x 512 tokens
};

inline constexpr MatmulShape kEpilogueShapes[] = {
    {256, 1024, 256},  // BERT-mini, first feed-forward layer, 256 tokens
    {64, 4096, 1024},  // BERT-large, first feed-forward layer, 64 tokens
    {3136, 384, 96},   // ConvNeXt-T, stage 1, first pointwise convolution (arXiv:2201.03545)
};

}  // namespace podium::bench
