#include "bench/naive.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

namespace podium::bench {
namespace {

float Gelu(float x) { return x / 2 * (1 + std::tanh(0.797884561f * (x + 0.044715f * x * x * x))); }
float Silu(float x) { return x / (1 + std::exp(-x)); }

void Softmax(const float* x, const float* mask, float* y, std::size_t N) {
  float max = -std::numeric_limits<float>::infinity();
  for (std::size_t n = 0; n < N; ++n) {
    y[n] = mask == nullptr ? x[n] : x[n] + mask[n];
    max = std::max(max, y[n]);
  }
  double sum = 0;
  for (std::size_t n = 0; n < N; ++n) sum += y[n] = std::exp(y[n] - max);
  for (std::size_t n = 0; n < N; ++n) y[n] /= static_cast<float>(sum);
}

void Layernorm(const RowsProblem& p, const float* h, float* y, std::size_t N) {
  float mean = 0, variance = 0;
  for (std::size_t n = 0; n < N; ++n) mean += h[n];
  mean /= static_cast<float>(N);
  for (std::size_t n = 0; n < N; ++n) variance += (h[n] - mean) * (h[n] - mean);
  const float deviation = std::sqrt(variance / static_cast<float>(N) + kNormEpsilon);
  for (std::size_t n = 0; n < N; ++n) y[n] = (h[n] - mean) / deviation * p.gamma[n] + p.beta[n];
}

void Rmsnorm(const RowsProblem& p, const float* h, float* y, std::size_t N) {
  float squares = 0;
  for (std::size_t n = 0; n < N; ++n) squares += h[n] * h[n];
  const float root = std::sqrt(squares / static_cast<float>(N) + kNormEpsilon);
  for (std::size_t n = 0; n < N; ++n) y[n] = h[n] / root * p.gamma[n];
}

}  // namespace

void RunRowsNaively(const KernelTable&, const RowsShape& s, const RowsProblem& p, RowsBuffers& b) {
  const std::string_view op = s.op;
  const std::size_t N = s.cols;
  for (std::size_t m = 0; m < s.rows; ++m) {
    const float* x = p.x.data() + m * N;
    const float* second = p.second.empty() ? nullptr : p.second.data() + m * N;
    float* y = b.y.data() + m * N;
    if (op == "gelu") {
      for (std::size_t n = 0; n < N; ++n) y[n] = Gelu(x[n]);
    } else if (op == "bias_gelu") {
      for (std::size_t n = 0; n < N; ++n) y[n] = Gelu(x[n] + p.bias[n]);
    } else if (op == "swiglu") {
      for (std::size_t n = 0; n < N; ++n) y[n] = Silu(x[n]) * second[n];
    } else if (op == "softmax" || op == "masked_softmax") {
      Softmax(x, second, y, N);
    } else if (op == "layernorm") {
      Layernorm(p, x, y, N);
    } else if (op == "rmsnorm") {
      Rmsnorm(p, x, y, N);
    } else if (op == "bias_residual_layernorm") {
      for (std::size_t n = 0; n < N; ++n) y[n] = x[n] + p.bias[n] + second[n];
      Layernorm(p, y, y, N);
    } else if (op == "residual_rmsnorm") {
      float* sum = b.sum.data() + m * N;
      for (std::size_t n = 0; n < N; ++n) sum[n] = x[n] + second[n];
      Rmsnorm(p, sum, y, N);
    }
  }
}

void NaiveEpilogue(const EpilogueShape& shape, const EpilogueProblem& p, float* c) {
  const std::string_view op = shape.op;
  const std::size_t M = shape.matmul.M, N = shape.matmul.N;
  for (std::size_t m = 0; m < M; ++m) {
    for (std::size_t n = 0; n < N; ++n) {
      const std::size_t i = m * N + n;
      const float sum = c[i] + p.bias[n];
      c[i] = op == "gemm_bias_gelu" ? Gelu(sum)
             : op == "gemm_swiglu"  ? Silu(sum) * p.second[i]
                                    : sum + p.second[i];
    }
  }
}

}  // namespace podium::bench
