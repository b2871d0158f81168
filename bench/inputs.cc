#include "bench/inputs.h"

#include <cmath>
#include <numbers>
#include <random>
#include <vector>

namespace podium::bench {
namespace {

// Box and Muller's method on a Mersenne twister: the standard fixes the generator's bits, but not
// what std::normal_distribution makes of them.
class Normal {
 public:
  explicit Normal(std::uint32_t seed) : rng_(seed) {}

  float operator()() {
    const double u = (rng_() + 1.0) / 4294967297.0;  // in (0, 1): the logarithm is finite
    const double v = rng_() / 4294967296.0;
    return static_cast<float>(std::sqrt(-2.0 * std::log(u)) * std::cos(2 * std::numbers::pi * v));
  }

 private:
  std::mt19937 rng_;
};

}  // namespace

AlignedVector<float> Activations(std::size_t rows, std::size_t channels, std::uint32_t seed) {
  std::vector<float> width(channels, 1.0f);
  std::mt19937 choose(kSeed);
  for (std::size_t i = 0; i < (channels + 99) / 100; ++i) width[choose() % channels] = 10.0f;
  Normal normal(seed);
  AlignedVector<float> x(rows * channels);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = width[i % channels] * normal();
  return x;
}

AlignedVector<float> Weights(std::size_t N, std::size_t K, std::uint32_t seed) {
  Normal normal(seed);
  AlignedVector<float> w(N * K);
  const float deviation = 1.0f / std::sqrt(static_cast<float>(K));
  for (std::size_t n = 0; n < N; ++n) {
    const float scale = deviation * std::exp(0.3f * normal());
    for (std::size_t k = 0; k < K; ++k) w[n * K + k] = scale * normal();
  }
  return w;
}

AlignedVector<float> Scores(std::size_t rows, std::size_t cols, std::uint32_t seed) {
  Normal normal(seed);
  AlignedVector<float> scores(rows * cols);
  for (float& score : scores) score = 2.0f * normal();
  return scores;
}

AlignedVector<float> Biases(std::size_t N, std::uint32_t seed) {
  Normal normal(seed);
  AlignedVector<float> bias(N);
  for (float& b : bias) b = 0.1f * normal();
  return bias;
}

}  // namespace podium::bench
