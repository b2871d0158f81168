#include "bench/rows_problem.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "bench/inputs.h"
#include "bench/shared.h"

namespace podium::bench {
namespace {

// What an operation reads and writes, beside x and y.
struct Operands {
  bool second, sum;
  std::size_t vectors;
};

Operands OperandsOf(std::string_view op) {
  if (op == "bias_gelu" || op == "rmsnorm") return {false, false, 1};
  if (op == "layernorm") return {false, false, 2};
  if (op == "swiglu" || op == "masked_softmax") return {true, false, 0};
  if (op == "bias_residual_layernorm") return {true, false, 3};
  if (op == "residual_rmsnorm") return {true, true, 1};
  return {false, false, 0};
}

RowsBuffers MakeBuffers(const RowsShape& s) {
  RowsBuffers buffers;
  buffers.y.resize(s.rows * s.cols);
  if (OperandsOf(s.op).sum) buffers.sum.resize(buffers.y.size());
  for (auto& stats : buffers.stats) stats.resize(s.rows);
  return buffers;
}

// By the strongest kernels, from x to y: the median of a few times, as the row's own time is one.
double CopyPerSecond(const AlignedVector<float>& x, AlignedVector<float>& y) {
  const std::size_t count = x.size();
  const std::size_t copies = (std::size_t{1} << 20) / count + 1;  // for the clock not to matter
  std::array<double, 5> seconds;
  for (double& s : seconds) {
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < copies; ++i) {
      BestKernels().activation_f32({1, count, x.data(), count, Activation::kNone, y.data(), count});
      benchmark::ClobberMemory();
    }
    s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  std::nth_element(seconds.begin(), seconds.begin() + 2, seconds.end());
  return static_cast<double>(2 * sizeof(float) * count * copies) / seconds[2];
}

RowsProblem MakeProblem(const RowsShape& s) {
  const bool softmax = absl::EndsWith(s.op, "softmax");
  RowsProblem p = {
      .x = softmax ? Scores(s.rows, s.cols, kSeed) : Activations(s.rows, s.cols, kSeed),
      .second = {},
      .bias = Biases(s.cols, kSeed + 1),
      .gamma = Biases(s.cols, kSeed + 2),
      .beta = Biases(s.cols, kSeed + 3),
      .truth = {}};
  for (float& gamma : p.gamma) gamma += 1;
  if (OperandsOf(s.op).second) p.second = Activations(s.rows, s.cols, kSeed + 4);
  if (softmax) {
    // Each row sees up to its own place, as in causal attention to a context as long as the row.
    for (std::size_t i = 0; i < p.second.size(); ++i) {
      const std::size_t visible = i / s.cols * s.cols / s.rows + 1;
      p.second[i] = i % s.cols < visible ? 0 : -std::numeric_limits<float>::infinity();
    }
  }
  RowsBuffers buffers = MakeBuffers(s);
  RunRowsFused(ReferenceKernels(), s, p, buffers);  // in FP64, rounded once
  p.truth.assign(buffers.y.begin(), buffers.y.end());
  return p;
}

}  // namespace

void RunRowsFused(const KernelTable& kernels, const RowsShape& s, const RowsProblem& p,
                  RowsBuffers& b) {
  const std::size_t M = s.rows, N = s.cols;
  const std::string_view op = s.op;
  const float* x = p.x.data();
  const float* second = p.second.data();
  float* y = b.y.data();
  if (op == "gelu") {
    kernels.activation_f32({M, N, x, N, Activation::kGeluTanh, y, N});
  } else if (op == "bias_gelu") {
    kernels.bias_activation_f32({M, N, x, N, p.bias.data(), Activation::kGeluTanh, y, N});
  } else if (op == "swiglu") {
    kernels.bias_activation_f32(
        {M, N, x, N, nullptr, Activation::kSilu, y, N, {.factor = second, .ldf = N}});
  } else if (op == "softmax") {
    kernels.softmax_f32({M, N, x, N, y, N});
  } else if (op == "masked_softmax") {
    kernels.softmax_f32({M, N, x, N, y, N, 1, second, N});
  } else if (op == "layernorm") {
    kernels.layernorm_f32({M, N, x, N, p.gamma.data(), p.beta.data(), kNormEpsilon, y, N});
  } else if (op == "rmsnorm") {
    kernels.rmsnorm_f32({M, N, x, N, p.gamma.data(), kNormEpsilon, y, N});
  } else if (op == "bias_residual_layernorm") {
    kernels.layernorm_f32({M,
                           N,
                           x,
                           N,
                           p.gamma.data(),
                           p.beta.data(),
                           kNormEpsilon,
                           y,
                           N,
                           {.bias = p.bias.data(), .residual = second, .ldr = N}});
  } else if (op == "residual_rmsnorm") {
    kernels.rmsnorm_f32({M,
                         N,
                         x,
                         N,
                         p.gamma.data(),
                         kNormEpsilon,
                         y,
                         N,
                         {.residual = second, .ldr = N, .sum = b.sum.data(), .lds = N}});
  }
}

std::shared_ptr<const RowsProblem> SharedRowsProblem(const RowsShape& shape) {
  return Shared(std::tuple(std::string(shape.op), shape.rows, shape.cols),
                [&] { return MakeProblem(shape); });
}

Keys RowsKeys(const RowsShape& shape) {
  return {{"op", shape.op}, {"rows", absl::StrCat(shape.rows)}, {"cols", absl::StrCat(shape.cols)}};
}

Row MakeRows(const RowsShape& shape,
             const std::function<void(const RowsProblem&, RowsBuffers&)>& run) {
  const auto problem = SharedRowsProblem(shape);
  const auto buffers = std::make_shared<RowsBuffers>(MakeBuffers(shape));
  const auto [second, sum, vectors] = OperandsOf(shape.op);
  Row row;
  const std::size_t matrices = 2 + second + sum;
  row.operand_bytes = sizeof(float) * (matrices * shape.rows + vectors) * shape.cols;
  row.bytes = static_cast<double>(row.operand_bytes);
  row.params = static_cast<double>(vectors * shape.cols);
  row.size_bytes = sizeof(float) * row.params;
  row.copy_per_second = [problem, buffers] { return CopyPerSecond(problem->x, buffers->y); };
  row.run = [problem, buffers, run] { run(*problem, *buffers); };
  row.run();
  row.quality = CompareToTruth(buffers->y, problem->truth, shape.cols);
  row.verify = [problem, buffers, cols = shape.cols] {
    return CheckFused(CompareToTruth(buffers->y, problem->truth, cols));
  };
  return row;
}

absl::Status CheckFused(const Quality& quality) {
  constexpr double kMost = 1e-5;
  if (quality.max_rel_err <= kMost) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("largest error is ", quality.max_rel_err,
                                          " of the largest value, limit ", kMost));
}

}  // namespace podium::bench
