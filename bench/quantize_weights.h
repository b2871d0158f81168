// Quantization of weights at any width and granularity, to see what each costs in accuracy; what the
// kernels multiply by is made by kernels/int8_matmul.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace podium::bench {

// Symmetric, rounded to the nearest level, ties to even: real value = scale * q, where
//
//   scale = max |w| / (2^(bits - 1) - 1) over all weights that share it (1 if they are all 0)
//
// That is what needs no data and no search; methods that do better start from it.
struct WeightQuantization {
  static constexpr std::size_t kPerTensor = 0, kPerChannel = 1;

  int bits;           // 2 to 8
  std::size_t group;  // neighbouring weights of a channel with a common scale, or one of the above
};

struct QuantizedWeights {
  std::vector<std::int8_t> q;  // N x K; of fewer than 8 bits, not yet packed
  std::vector<float> scales;   // in the order of the weights
};

// `w` is N x K, contiguous, finite. A channel's last group may be smaller.
QuantizedWeights Quantize(const WeightQuantization& how, std::size_t N, std::size_t K,
                          std::span<const float> w);

// The real values, N x K.
std::vector<float> Dequantize(const WeightQuantization& how, std::size_t N, std::size_t K,
                              const QuantizedWeights& weights);

// In storage: `bits` a weight, and FP32 scales.
double StoredBytes(const WeightQuantization& how, const QuantizedWeights& weights);

}  // namespace podium::bench
