#include "bench/quantize_weights.h"

#include <algorithm>
#include <cmath>

namespace podium::bench {
namespace {

// Rows of `cols` weights in groups of `group`: a tensor is one row of one group.
struct Groups {
  std::size_t rows, cols, group;
};

Groups GroupsOf(const WeightQuantization& how, std::size_t N, std::size_t K) {
  if (how.group == WeightQuantization::kPerTensor) return {1, N * K, N * K};
  if (how.group == WeightQuantization::kPerChannel) return {N, K, K};
  return {N, K, how.group};
}

// visit(begin, end) of each group, in the order of their scales.
template <class Visit>
void ForEachGroup(const Groups& g, const Visit& visit) {
  for (std::size_t row = 0; row < g.rows; ++row) {
    for (std::size_t k = 0; k < g.cols; k += g.group) {
      visit(row * g.cols + k, row * g.cols + std::min(k + g.group, g.cols));
    }
  }
}

}  // namespace

QuantizedWeights Quantize(const WeightQuantization& how, std::size_t N, std::size_t K,
                          std::span<const float> w) {
  const auto levels = static_cast<float>((1 << (how.bits - 1)) - 1);
  QuantizedWeights out;
  out.q.resize(N * K);
  ForEachGroup(GroupsOf(how, N, K), [&](std::size_t begin, std::size_t end) {
    float largest = 0;
    for (std::size_t i = begin; i < end; ++i) largest = std::max(largest, std::fabs(w[i]));
    // A group of denormals would give a scale of 0.
    const float scale = largest / levels > 0 ? largest / levels : 1;
    out.scales.push_back(scale);
    for (std::size_t i = begin; i < end; ++i) {
      out.q[i] =
          static_cast<std::int8_t>(std::clamp(std::nearbyint(w[i] / scale), -levels, levels));
    }
  });
  return out;
}

std::vector<float> Dequantize(const WeightQuantization& how, std::size_t N, std::size_t K,
                              const QuantizedWeights& weights) {
  std::vector<float> w(N * K);
  auto scale = weights.scales.begin();
  ForEachGroup(GroupsOf(how, N, K), [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) w[i] = *scale * weights.q[i];
    ++scale;
  });
  return w;
}

double StoredBytes(const WeightQuantization& how, const QuantizedWeights& weights) {
  return how.bits * static_cast<double>(weights.q.size()) / 8 +
         static_cast<double>(sizeof(float) * weights.scales.size());
}

}  // namespace podium::bench
