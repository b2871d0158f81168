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
    // Squares, which everybody quotes.
    {64, 64, 64},
    {128, 128, 128},
    {256, 256, 256},
    {512, 512, 512},
    {1024, 1024, 1024},
    {2048, 2048, 2048},

    // Transformers at 1 to 1024 tokens. 1024 x 1024: BERT-large, attention projection; 4096 x 1024 and
    // 1024 x 4096: its feed-forward layers (arXiv:1810.04805). 4096 x 4096: Llama-2-7B, attention
    // projection (arXiv:2307.09288).
    {1, 1024, 1024},
    {8, 1024, 1024},
    {64, 1024, 1024},
    {256, 1024, 1024},
    {1, 4096, 1024},
    {8, 4096, 1024},
    {64, 4096, 1024},
    {256, 4096, 1024},
    {1024, 4096, 1024},
    {1, 1024, 4096},
    {8, 1024, 4096},
    {64, 1024, 4096},
    {256, 1024, 4096},
    {1024, 1024, 4096},
    {1, 4096, 4096},
    {8, 4096, 4096},
    {64, 4096, 4096},
    {256, 4096, 4096},
    {1024, 4096, 4096},

    // BERT-mini, first feed-forward layer, 256 tokens (arXiv:1908.08962).
    {256, 1024, 256},

    // BERT-base, 128 tokens (arXiv:1810.04805): attention projection, feed-forward layers.
    {128, 768, 768},
    {128, 3072, 768},
    {128, 768, 3072},

    // Llama-3.2-1B (its config.json: hidden_size 2048, intermediate_size 8192, 8 KV heads of 64): decode
    // of 1, 8 and 64 sequences, a prompt of 256 tokens.
    {1, 2048, 2048},  // query and output projections
    {8, 2048, 2048},
    {64, 2048, 2048},
    {256, 2048, 2048},
    {1, 512, 2048},  // key and value projections
    {8, 512, 2048},
    {64, 512, 2048},
    {256, 512, 2048},
    {1, 8192, 2048},  // gate and up projections
    {8, 8192, 2048},
    {64, 8192, 2048},
    {256, 8192, 2048},
    {1, 2048, 8192},  // down projection
    {8, 2048, 8192},
    {64, 2048, 8192},
    {256, 2048, 8192},

    // ResNet-50 (arXiv:1512.03385, table 1), one image of 224 x 224, convolutions as im2col: a row per
    // pixel of the output, K = channels of the input * kernel area.
    // conv1, 7 x 7
    {12544, 64, 147},
    // conv2_x, 56 x 56 pixels
    {3136, 64, 64},
    {3136, 64, 576},
    {3136, 256, 64},
    {3136, 64, 256},
    // conv3_x, 28 x 28
    {784, 128, 512},
    {784, 128, 1152},
    {784, 512, 128},
    // conv4_x, 14 x 14
    {196, 256, 1024},
    {196, 256, 2304},
    {196, 1024, 256},
    // conv5_x, 7 x 7
    {49, 512, 2048},
    {49, 512, 4608},
    {49, 2048, 512},
    // the classifier
    {1, 1000, 2048},

    // MLPerf Tiny v1 (arXiv:2106.07597), one input, convolutions as above, depthwise ones left out.
    // keyword spotting, DS-CNN
    {125, 64, 40},
    {125, 64, 64},
    {1, 12, 64},
    // visual wake words, MobileNetV1 0.25
    {2304, 8, 27},
    {2304, 16, 8},
    {576, 32, 16},
    {576, 32, 32},
    {144, 64, 32},
    {144, 64, 64},
    {36, 128, 64},
    {36, 128, 128},
    {9, 256, 128},
    {9, 256, 256},
    {1, 2, 256},
    // image classification, ResNet-8
    {1024, 16, 27},
    {1024, 16, 144},
    {256, 32, 16},
    {256, 32, 144},
    {256, 32, 288},
    {64, 64, 32},
    {64, 64, 288},
    {64, 64, 576},
    {1, 10, 64},
    // anomaly detection, an autoencoder
    {1, 128, 640},
    {1, 128, 128},
    {1, 8, 128},
    {1, 128, 8},
    {1, 640, 128},
};

// Of the above, those that are also measured with weights that come from memory: one token, whose
// every weight is used once.
inline constexpr MatmulShape kColdMatmulShapes[] = {
    {1, 4096, 4096},
    {1, 4096, 1024},
    {1, 1024, 4096},
};

// Of the above, those that are also measured on several threads.
inline constexpr MatmulShape kThreadedMatmulShapes[] = {
    {1024, 1024, 1024}, {64, 1024, 1024},  {256, 1024, 1024},
    {64, 4096, 1024},   {256, 4096, 1024}, {64, 1024, 4096},
};

// With one token, weights come from memory.
inline constexpr MatmulShape kSparseShapes[] = {
    {1, 4096, 4096},    // Llama-2-7B, attention projection (arXiv:2307.09288)
    {8, 1024, 1024},    // BERT-large, attention projection, 8 tokens (arXiv:1810.04805)
    {64, 1024, 1024},   // the same, 64 tokens
    {256, 1024, 1024},  // the same, 256 tokens
    {128, 3072, 768},   // BERT-base, first feed-forward layer, 128 tokens
};

// With one token, weights come from memory.
inline constexpr MatmulShape kBreakEvenShapes[] = {
    {1, 4096, 4096},  // Llama-2-7B, attention projection, one token (arXiv:2307.09288)
    {1, 4096, 1024},  // BERT-large, first feed-forward layer, one token (arXiv:1810.04805)
    {8, 1024, 1024},  // its attention projection, 8 to 256 tokens
    {64, 1024, 1024}, {256, 1024, 1024},
};

// Decoding of one token in one attention layer whose hidden size is n_heads * head_dim.
struct DecodeShape {
  std::size_t context, n_heads, n_kv_heads, head_dim;
};

inline constexpr DecodeShape kDecodeShapes[] = {
    {128, 32, 8, 64},    // Llama-3.2-1B: hidden size 2048, grouped queries (its config.json:
    {512, 32, 8, 64},    // num_attention_heads 32, num_key_value_heads 8, head_dim 64), at
    {2048, 32, 8, 64},   // three lengths of context
    {512, 12, 12, 64},   // GPT-2 small: hidden size 768, one KV head per query head (Radford et
                         // al. 2019)
    {4096, 32, 8, 128},  // Llama-3-8B: hidden size 4096 (its config.json)
};

// Of attention alone.
inline constexpr DecodeShape kCacheShapes[] = {
    {512, 32, 8, 128},  // Llama-3-8B, at three lengths of context
    {2048, 32, 8, 128}, {8192, 32, 8, 128}, {2048, 32, 8, 64},  // Llama-3.2-1B
    {1024, 12, 12, 64},                                         // GPT-2 small, its longest context
    {2048, 32, 32, 80},  // Phi-2 (its config.json: 32 heads, hidden size 2560)
    {2048, 32, 32, 96},  // Phi-3-mini (its config.json: 32 heads, hidden size 3072)
    {2048, 8, 4, 256},   // Gemma-2-2B (its config.json)
    {2048, 64, 8, 128},  // Llama-3-70B: eight query heads share a KV head (its config.json)
};

// Of a batch of sequences up to that long.
inline constexpr DecodeShape kBatchShape = {2048, 32, 8, 128};  // Llama-3-8B

inline constexpr DecodeShape kPrefillShapes[] = {
    {1024, 32, 8, 128},  // Llama-3-8B
    {1024, 12, 12, 64},  // GPT-2 small
};

// Layer stacks of language models.
struct NetShape {
  const char* name;
  std::size_t layers, hidden, n_heads, n_kv_heads, head_dim, ffn;
  bool llama;  // RMSNorm, RoPE and SwiGLU, not layernorm and GELU
};

inline constexpr NetShape kNetShapes[] = {
    {"gpt2_small", 12, 768, 12, 12, 64, 3072, false},   // Radford et al. 2019
    {"llama_3_2_1b", 16, 2048, 32, 8, 64, 8192, true},  // its config.json
};

inline constexpr std::size_t kNetContexts[] = {128, 256, 512, 1024, 2048, 4096, 8192};

// Operations on the rows of a matrix that no weight matrix belongs to: each small enough for a
// large L2 or an L3, and some as a batch of 16 x 512 tokens, which overflow all but the largest
// caches.
struct RowsShape {
  const char* op;
  std::size_t rows, cols;
};

inline constexpr RowsShape kRowsShapes[] = {
    // BERT-mini (hidden 256, feed-forward 1024; arXiv:1908.08962), 256 tokens: 2 MiB in and out; 64
    // MiB. swiglu, of a gate and what it multiplies, for comparison.
    {"gelu", 256, 1024},
    {"gelu", 8192, 1024},
    {"bias_gelu", 256, 1024},
    {"bias_gelu", 8192, 1024},
    {"swiglu", 256, 1024},
    {"swiglu", 8192, 1024},
    {"softmax", 1536, 128},   // BERT-base, 12 heads x 128 tokens, attention scores
    {"softmax", 256, 1024},   // GPT-2 medium, 16 heads x 16 new tokens, context 1024
    {"softmax", 8192, 1024},  // the same, 16 heads x 512 new tokens
    {"softmax", 8, 128256},   // Llama-3, next-token probabilities of 8 sequences (its config.json)
    {"masked_softmax", 256, 1024},
    {"masked_softmax", 8192, 1024},
    // BERT-large (hidden 1024), after either half of a layer.
    {"layernorm", 256, 1024},
    {"layernorm", 8192, 1024},
    {"bias_residual_layernorm", 256, 1024},
    {"bias_residual_layernorm", 8192, 1024},
    // The same sizes as Llama has it, between the halves of a layer, where the sum is needed too.
    {"rmsnorm", 256, 1024},
    {"rmsnorm", 8192, 1024},
    {"residual_rmsnorm", 256, 1024},
    {"residual_rmsnorm", 8192, 1024},
};

// What follows a matrix multiplication: bias and GELU; bias and residual, as where a layer's half
// ends; the gate of SwiGLU.
struct EpilogueShape {
  const char* op;
  MatmulShape matmul;
};

inline constexpr EpilogueShape kEpilogueShapes[] = {
    {"gemm_bias_gelu", {256, 1024, 256}},      // BERT-mini, first feed-forward layer, 256 tokens
    {"gemm_bias_gelu", {64, 4096, 1024}},      // BERT-large, first feed-forward layer, 64 tokens
    {"gemm_bias_gelu", {3136, 384, 96}},       // ConvNeXt-T, stage 1, first pointwise convolution
                                               // (arXiv:2201.03545)
    {"gemm_bias_residual", {256, 256, 1024}},  // BERT-mini, second feed-forward layer
    {"gemm_swiglu", {64, 4096, 1024}},
};

}  // namespace podium::bench
