// Trains the GPT of gpt.h on lines of its language and writes its weights:
//
//   cmake --build --preset release -t train_gpt
//   build/release/bin/train_gpt bench/models/weights/gpt.safetensors
//
// Gradients by hand, in plain loops; see train_models.cc for what follows from the seed.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <random>

#include "absl/strings/str_cat.h"
#include "bench/models/gpt.h"
#include "bench/models/safetensors.h"
#include "kernels/kv_attention/store_kv.h"

namespace podium::models {
namespace {

constexpr std::uint32_t kSeed = 7;
constexpr std::size_t kLines = 8, kTokens = kLines * kLineTokens, kBatch = 16;
constexpr int kSteps = 8000;
constexpr double kRate = 4e-3;
// Training ends with this share of right answers, over so many steps, whose lines are new to the
// network: on one that is never wrong nothing could be seen of what a technique costs.
constexpr double kEnough = 0.95;
constexpr int kWindow = 50;

using Vec = std::vector<float>;

// y += x W^T; x is T x K, W N x K. By way of W^T, whose rows compilers can vectorize.
void AddProduct(const Vec& x, const Vec& w, std::size_t K, std::size_t N, Vec& y) {
  Vec transposed(K * N);
  for (std::size_t n = 0; n < N; ++n) {
    for (std::size_t k = 0; k < K; ++k) transposed[k * N + n] = w[n * K + k];
  }
  for (std::size_t t = 0; t < x.size() / K; ++t) {
    float* const row = y.data() + t * N;
    for (std::size_t k = 0; k < K; ++k) {
      const float value = x[t * K + k];
      for (std::size_t n = 0; n < N; ++n) row[n] += value * transposed[k * N + n];
    }
  }
}
// dx += dy W; dW += dy^T x.
void AddGradients(const Vec& x, const Vec& w, const Vec& dy, std::size_t K, std::size_t N, Vec& dx,
                  Vec& dw) {
  const std::size_t T = x.size() / K;
  for (std::size_t t = 0; t < T; ++t) {
    for (std::size_t n = 0; n < N; ++n) {
      const float d = dy[t * N + n];
      for (std::size_t k = 0; k < K; ++k) {
        dx[t * K + k] += d * w[n * K + k];
        dw[n * K + k] += d * x[t * K + k];
      }
    }
  }
}

struct Normalized {
  Vec unit, y;  // before gain and bias, and after
  Vec scale;    // of each row
};
Normalized Normalize(const Vec& x, const Vec& gain, const Vec& bias) {
  const std::size_t d = gain.size(), T = x.size() / d;
  Normalized out = {Vec(x.size()), Vec(x.size()), Vec(T)};
  for (std::size_t t = 0; t < T; ++t) {
    float mean = 0, variance = 0;
    for (std::size_t i = 0; i < d; ++i) mean += x[t * d + i] / static_cast<float>(d);
    for (std::size_t i = 0; i < d; ++i) {
      variance += (x[t * d + i] - mean) * (x[t * d + i] - mean) / static_cast<float>(d);
    }
    out.scale[t] = 1 / std::sqrt(variance + kGptEpsilon);
    for (std::size_t i = 0; i < d; ++i) {
      out.unit[t * d + i] = (x[t * d + i] - mean) * out.scale[t];
      out.y[t * d + i] = out.unit[t * d + i] * gain[i] + bias[i];
    }
  }
  return out;
}
// Adds to dx, dgain and dbias.
void NormalizeBackward(const Normalized& n, const Vec& gain, const Vec& dy, Vec& dx, Vec& dgain,
                       Vec& dbias) {
  const std::size_t d = gain.size(), T = dy.size() / d;
  for (std::size_t t = 0; t < T; ++t) {
    float mean = 0, along = 0;
    for (std::size_t i = 0; i < d; ++i) {
      const float g = dy[t * d + i] * gain[i];
      mean += g / static_cast<float>(d);
      along += g * n.unit[t * d + i] / static_cast<float>(d);
      dgain[i] += dy[t * d + i] * n.unit[t * d + i];
      dbias[i] += dy[t * d + i];
    }
    for (std::size_t i = 0; i < d; ++i) {
      dx[t * d + i] += n.scale[t] * (dy[t * d + i] * gain[i] - mean - n.unit[t * d + i] * along);
    }
  }
}

// Rotates each head of each row by its position, or back.
void Rotate(const GptShape& s, const Vec& rope, float direction, Vec& x) {
  const std::size_t D = s.head_dim(), half = D / 2;
  for (std::size_t row = 0; row < x.size() / D; ++row) {
    const float* angles = rope.data() + row / s.heads * D;
    float* v = x.data() + row * D;
    for (std::size_t i = 0; i < half; ++i) {
      const float a = v[i], b = v[i + half], sine = direction * angles[half + i];
      v[i] = a * angles[i] - b * sine;
      v[i + half] = b * angles[i] + a * sine;
    }
  }
}

float Gelu(float x, float* slope) {
  const float u = 0.7978845608f * (x + 0.044715f * x * x * x), t = std::tanh(u);
  *slope = 0.5f * (1 + t) + 0.5f * x * (1 - t * t) * 0.7978845608f * (1 + 3 * 0.044715f * x * x);
  return 0.5f * x * (1 + t);
}

// What a layer keeps for its way back.
struct Kept {
  Vec x, q, k, v, weights, attended, middle, up, active, slope;
  Normalized first, second;
};

class Trainer {
 public:
  explicit Trainer(GptWeights& weights)
      : w_(weights), s_(weights.shape), gradient_(weights.shape), rope_(kTokens * s_.head_dim()) {
    FillRopeTable(kTokens, s_.head_dim(), kGptRopeBase, rope_.data());
  }

  GptWeights& gradient() { return gradient_; }

  // Adds the gradients of one sequence. Its mean loss; and how many answers were the likeliest.
  float Accumulate(const std::vector<std::size_t>& tokens, std::size_t* right) {
    const std::size_t d = s_.hidden, V = s_.vocab;
    Vec x(kTokens * d);
    for (std::size_t t = 0; t < kTokens; ++t) {
      for (std::size_t i = 0; i < d; ++i) x[t * d + i] = w_.embedding[tokens[t] * d + i];
    }
    std::vector<Kept> kept;
    for (const GptLayerWeights& layer : w_.layers) kept.push_back(Forward(layer, x));
    const Normalized last = Normalize(x, w_.gain, w_.bias);
    Vec logits(kTokens * V), dlogits(kTokens * V);
    AddProduct(last.y, w_.embedding, d, V, logits);
    float loss = 0;
    bool all_right = false;
    for (std::size_t t = 0; t + 1 < kTokens; ++t) {
      const float* row = logits.data() + t * V;
      const float max = *std::max_element(row, row + V);
      float sum = 0;
      for (std::size_t i = 0; i < V; ++i) sum += std::exp(row[i] - max);
      const std::size_t next = tokens[t + 1];
      for (std::size_t i = 0; i < V; ++i) {
        const float p = std::exp(row[i] - max) / sum;
        dlogits[t * V + i] = (p - (i == next ? 1.0f : 0.0f)) / kTokens;
      }
      loss += (max + std::log(sum) - row[next]) / kTokens;
      // The answers of a line count when all their digits are right.
      const std::size_t at = (t + 1) % kLineTokens;
      if (at == kAnswerAt) all_right = true;
      if (at >= kAnswerAt && at < kAnswerAt + kAnswerTokens) all_right &= row[next] == max;
      if (at == kAnswerAt + kAnswerTokens - 1) *right += all_right;
    }
    Vec dlast(kTokens * d), dx(kTokens * d);
    AddGradients(last.y, w_.embedding, dlogits, d, V, dlast, gradient_.embedding);
    NormalizeBackward(last, w_.gain, dlast, dx, gradient_.gain, gradient_.bias);
    for (std::size_t i = w_.layers.size(); i > 0; --i) {
      Backward(w_.layers[i - 1], kept[i - 1], gradient_.layers[i - 1], dx);
    }
    for (std::size_t t = 0; t < kTokens; ++t) {
      for (std::size_t i = 0; i < d; ++i) gradient_.embedding[tokens[t] * d + i] += dx[t * d + i];
    }
    return loss;
  }

 private:
  // x becomes the layer's output.
  Kept Forward(const GptLayerWeights& w, Vec& x) const {
    const std::size_t d = s_.hidden, F = s_.ffn, D = s_.head_dim(), T = kTokens;
    Kept kept;
    kept.x = x;
    kept.first = Normalize(x, w.gain1, w.bias1);
    kept.q = kept.k = kept.v = kept.attended = Vec(T * d);
    AddProduct(kept.first.y, w.q, d, d, kept.q);
    AddProduct(kept.first.y, w.k, d, d, kept.k);
    AddProduct(kept.first.y, w.v, d, d, kept.v);
    Rotate(s_, rope_, 1, kept.q);
    Rotate(s_, rope_, 1, kept.k);
    kept.weights = Vec(s_.heads * T * T);
    for (std::size_t h = 0; h < s_.heads; ++h) {
      for (std::size_t t = 0; t < T; ++t) {
        float* p = kept.weights.data() + (h * T + t) * T;
        float sum = 0;
        for (std::size_t u = 0; u <= t; ++u) {
          float score = 0;
          for (std::size_t i = 0; i < D; ++i) {
            score += kept.q[t * d + h * D + i] * kept.k[u * d + h * D + i];
          }
          score =
              score / std::sqrt(static_cast<float>(D)) - kGptSlopes[h] * static_cast<float>(t - u);
          p[u] = std::exp(std::min(score, 60.0f));
          sum += p[u];
        }
        for (std::size_t u = 0; u <= t; ++u) {
          p[u] /= sum;
          for (std::size_t i = 0; i < D; ++i) {
            kept.attended[t * d + h * D + i] += p[u] * kept.v[u * d + h * D + i];
          }
        }
      }
    }
    AddProduct(kept.attended, w.o, d, d, x);
    kept.middle = x;
    kept.second = Normalize(x, w.gain2, w.bias2);
    kept.up = kept.active = kept.slope = Vec(T * F);
    AddProduct(kept.second.y, w.up, d, F, kept.up);
    for (std::size_t i = 0; i < T * F; ++i) {
      kept.active[i] = Gelu(kept.up[i] + w.up_bias[i % F], &kept.slope[i]);
    }
    AddProduct(kept.active, w.down, F, d, x);
    for (std::size_t i = 0; i < T * d; ++i) x[i] += w.down_bias[i % d];
    return kept;
  }

  // dx, with respect to the layer's output, becomes that with respect to its input.
  void Backward(const GptLayerWeights& w, const Kept& kept, GptLayerWeights& g, Vec& dx) const {
    const std::size_t d = s_.hidden, F = s_.ffn, D = s_.head_dim(), T = kTokens;
    Vec dactive(T * F), dsecond(T * d);
    for (std::size_t i = 0; i < T * d; ++i) g.down_bias[i % d] += dx[i];
    AddGradients(kept.active, w.down, dx, F, d, dactive, g.down);
    for (std::size_t i = 0; i < T * F; ++i) {
      dactive[i] *= kept.slope[i];
      g.up_bias[i % F] += dactive[i];
    }
    AddGradients(kept.second.y, w.up, dactive, d, F, dsecond, g.up);
    NormalizeBackward(kept.second, w.gain2, dsecond, dx, g.gain2, g.bias2);

    Vec dattended(T * d), dq(T * d), dk(T * d), dv(T * d), dfirst(T * d);
    AddGradients(kept.attended, w.o, dx, d, d, dattended, g.o);
    const float scale = 1 / std::sqrt(static_cast<float>(D));
    for (std::size_t h = 0; h < s_.heads; ++h) {
      for (std::size_t t = 0; t < T; ++t) {
        const float* p = kept.weights.data() + (h * T + t) * T;
        const float* dy = dattended.data() + t * d + h * D;
        Vec dp(t + 1);
        float along = 0;
        for (std::size_t u = 0; u <= t; ++u) {
          for (std::size_t i = 0; i < D; ++i) {
            dp[u] += dy[i] * kept.v[u * d + h * D + i];
            dv[u * d + h * D + i] += p[u] * dy[i];
          }
          along += dp[u] * p[u];
        }
        for (std::size_t u = 0; u <= t; ++u) {
          const float dscore = p[u] * (dp[u] - along) * scale;
          for (std::size_t i = 0; i < D; ++i) {
            dq[t * d + h * D + i] += dscore * kept.k[u * d + h * D + i];
            dk[u * d + h * D + i] += dscore * kept.q[t * d + h * D + i];
          }
        }
      }
    }
    Rotate(s_, rope_, -1, dq);
    Rotate(s_, rope_, -1, dk);
    AddGradients(kept.first.y, w.q, dq, d, d, dfirst, g.q);
    AddGradients(kept.first.y, w.k, dk, d, d, dfirst, g.k);
    AddGradients(kept.first.y, w.v, dv, d, d, dfirst, g.v);
    NormalizeBackward(kept.first, w.gain1, dfirst, dx, g.gain1, g.bias1);
  }

  GptWeights& w_;
  GptShape s_;
  GptWeights gradient_;
  Vec rope_;
};

void Initialize(GptWeights& w) {
  std::mt19937 rng(kSeed);
  for (auto& [name, values] : w.Named()) {
    const bool gain = name.find("gain") != std::string::npos;
    if (gain || name.find("bias") != std::string::npos) {
      std::fill(values->begin(), values->end(), gain ? 1.0f : 0.0f);
      continue;
    }
    const double inputs =
        static_cast<double>(name.find("down") != std::string::npos ? w.shape.ffn : w.shape.hidden);
    std::normal_distribution<double> normal(0, name == "embedding" ? 0.3 : 1 / std::sqrt(inputs));
    for (float& value : *values) value = static_cast<float>(normal(rng));
  }
}

int Main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: train_gpt FILE.safetensors\n", stderr);
    return 2;
  }
  GptWeights weights{GptShape()};
  Initialize(weights);
  Trainer trainer(weights);
  GptWeights first(weights.shape), second(weights.shape);  // Adam's moments
  std::size_t right = 0;
  for (int step = 1; step <= kSteps; ++step) {
    float loss = 0;
    for (std::size_t b = 0; b < kBatch; ++b) {
      const auto seed = static_cast<std::uint32_t>(step) * kBatch + static_cast<std::uint32_t>(b);
      loss += trainer.Accumulate(GptLines(kLines, seed), &right) / kBatch;
    }
    const double rate = kRate * std::min(1.0, step / 50.0) * 0.5 *
                        (1 + std::cos(3.14159265 * step / kSteps)) *
                        std::sqrt(1 - std::pow(0.99, step)) / (1 - std::pow(0.9, step));
    auto values = weights.Named(), gradients = trainer.gradient().Named(), m = first.Named(),
         v = second.Named();
    for (std::size_t a = 0; a < values.size(); ++a) {
      for (std::size_t i = 0; i < values[a].second->size(); ++i) {
        float& g = (*gradients[a].second)[i];
        g /= kBatch;
        float& mean = (*m[a].second)[i];
        float& square = (*v[a].second)[i];
        mean = 0.9f * mean + 0.1f * g;
        square = 0.99f * square + 0.01f * g * g;
        (*values[a].second)[i] -= static_cast<float>(rate) * mean / (std::sqrt(square) + 1e-8f);
        g = 0;
      }
    }
    if (step % kWindow == 0) {
      const double share = static_cast<double>(right) / (kWindow * kBatch * kLines);
      std::printf("step %d, loss %.4f, right answers %.3f\n", step, double{loss}, share);
      std::fflush(stdout);
      if (share >= kEnough) break;
      right = 0;
    }
  }
  Safetensors file;
  for (auto& [name, values] : weights.Named()) file.arrays[name] = {{values->size()}, *values};
  // On lines beyond those of training.
  right = 0;
  for (std::uint32_t i = 0; i < 250; ++i) {
    trainer.Accumulate(GptLines(kLines, 1000000 + i), &right);
  }
  file.metadata = {
      {"command", "train_gpt FILE"},
      {"seed", absl::StrCat(kSeed)},
      {"reached", absl::StrCat("share of right answers ", static_cast<double>(right) / 2000,
                               " on 2000 test lines")}};
  std::printf("%s\n", file.metadata["reached"].c_str());
  std::ofstream out(argv[1], std::ios::binary);
  out << WriteSafetensors(file);
  out.flush();
  if (!out) std::fprintf(stderr, "train_gpt: %s: cannot be written\n", argv[1]);
  return out ? 0 : 1;
}

}  // namespace
}  // namespace podium::models

int main(int argc, char** argv) { return podium::models::Main(argc, argv); }
