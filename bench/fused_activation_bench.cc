// Fusion: operations of a network's layer in one pass over memory, or in the epilogue of the matrix
// multiplication before them, against one pass over the whole matrix for each operation, as a graph
// without fusion runs them. Both use the same functions on registers.
//
// op:bias_gelu       y = gelu(x + bias)
// op:softmax         y = softmax(x), row by row
// op:layernorm       y = layernorm(x), row by row
// op:gemm_bias_gelu  y = gelu(A * B^T + bias)
//
// GELU is the form with tanh, that of the original BERT and GPT-2 programs.
#include <map>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/aligned.h"
#include "bench/inputs.h"
#include "bench/matmul_problem.h"
#include "bench/matmul_row.h"
#include "bench/register.h"
#include "bench/shapes.h"
#include "bench/shared.h"

namespace podium::bench {
namespace {

constexpr float kEpsilon = 1e-5f;  // of layernorm, as in GPT-2

// Over ten times what rounding was seen to cost on these shapes; a wrong value or a row missed
// costs more.
constexpr double kMostRelErr = 1e-5;

absl::Status CheckAgainst(std::span<const float> got, std::span<const double> want,
                          std::size_t row_size) {
  const double error = CompareToTruth(got, want, row_size).max_rel_err;
  if (error <= kMostRelErr) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat("largest error is ", error, " of the largest value, limit ", kMostRelErr));
}

// ---- bias_gelu, softmax, layernorm.

struct RowsProblem {
  AlignedVector<float> x;            // rows x cols
  AlignedVector<float> gamma, bias;  // cols: of layernorm, and of it (beta) and bias_gelu
  std::vector<double> truth;         // rows x cols
};

// What a row reads besides the problem, and writes.
struct RowsBuffers {
  AlignedVector<float> y;         // rows x cols
  AlignedVector<float> stats[3];  // rows, between the passes of the separate variant
};

using RunRows = void(const KernelTable&, const RowsShape&, const RowsProblem&, RowsBuffers&);

void BiasGelu(const KernelTable& kernels, const RowsShape& s, const RowsProblem& p,
              RowsBuffers& b) {
  kernels.bias_activation_f32({s.rows, s.cols, p.x.data(), s.cols, p.bias.data(),
                               Activation::kGeluTanh, b.y.data(), s.cols});
}
void BiasThenGelu(const KernelTable& kernels, const RowsShape& s, const RowsProblem& p,
                  RowsBuffers& b) {
  float* y = b.y.data();
  kernels.bias_f32({s.rows, s.cols, p.x.data(), s.cols, p.bias.data(), y, s.cols});
  kernels.activation_f32({s.rows, s.cols, y, s.cols, Activation::kGeluTanh, y, s.cols});
}

SoftmaxF32Args SoftmaxArgs(const RowsShape& s, const RowsProblem& p, RowsBuffers& b) {
  return {s.rows, s.cols, p.x.data(), s.cols, b.y.data(), s.cols};
}
void Softmax(const KernelTable& kernels, const RowsShape& s, const RowsProblem& p, RowsBuffers& b) {
  kernels.softmax_f32(SoftmaxArgs(s, p, b));
}
void SoftmaxPasses(const KernelTable& kernels, const RowsShape& s, const RowsProblem& p,
                   RowsBuffers& b) {
  kernels.softmax_passes_f32({SoftmaxArgs(s, p, b), b.stats[0].data(), b.stats[1].data()});
}

LayernormF32Args LayernormArgs(const RowsShape& s, const RowsProblem& p, RowsBuffers& b) {
  return {s.rows,        s.cols,   p.x.data(), s.cols, p.gamma.data(),
          p.bias.data(), kEpsilon, b.y.data(), s.cols};
}
void Layernorm(const KernelTable& kernels, const RowsShape& s, const RowsProblem& p,
               RowsBuffers& b) {
  kernels.layernorm_f32(LayernormArgs(s, p, b));
}
void LayernormPasses(const KernelTable& kernels, const RowsShape& s, const RowsProblem& p,
                     RowsBuffers& b) {
  kernels.layernorm_passes_f32(
      {LayernormArgs(s, p, b), b.stats[0].data(), b.stats[1].data(), b.stats[2].data()});
}

struct RowsOp {
  std::size_t vectors;  // of cols floats that it reads besides x
  RunRows* separate;
  RunRows* fused;
};

const RowsOp& FindOp(const std::string& name) {
  static const auto* const ops = new std::map<std::string, RowsOp>{
      {"bias_gelu", {1, BiasThenGelu, BiasGelu}},
      {"softmax", {0, SoftmaxPasses, Softmax}},
      {"layernorm", {2, LayernormPasses, Layernorm}},
  };
  return ops->at(name);
}

RowsBuffers MakeBuffers(const RowsShape& s) {
  RowsBuffers buffers;
  buffers.y.resize(s.rows * s.cols);
  for (auto& stats : buffers.stats) stats.resize(s.rows);
  return buffers;
}

RowsProblem MakeRowsProblem(const RowsShape& s) {
  const bool softmax = std::string_view(s.op) == "softmax";
  RowsProblem p = {
      .x = softmax ? Scores(s.rows, s.cols, kSeed) : Activations(s.rows, s.cols, kSeed),
      .gamma = Biases(s.cols, kSeed + 1),
      .bias = Biases(s.cols, kSeed + 2),
      .truth = {}};
  for (float& gamma : p.gamma) gamma += 1;
  RowsBuffers buffers = MakeBuffers(s);
  FindOp(s.op).fused(ReferenceKernels(), s, p, buffers);  // in FP64, rounded once
  p.truth.assign(buffers.y.begin(), buffers.y.end());
  return p;
}

Row MakeRows(const RowsShape& shape, bool fused, const KernelTable& kernels) {
  struct State {
    std::shared_ptr<const RowsProblem> problem;
    RowsBuffers buffers;
  };
  const RowsOp& op = FindOp(shape.op);
  auto s = std::make_shared<State>();
  s->problem = Shared(std::tuple(std::string(shape.op), shape.rows, shape.cols),
                      [&] { return MakeRowsProblem(shape); });
  s->buffers = MakeBuffers(shape);

  Row row;
  const std::size_t bytes = sizeof(float) * (2 * shape.rows + op.vectors) * shape.cols;
  row.bytes = static_cast<double>(bytes);
  row.operand_bytes = bytes;
  row.params = static_cast<double>(op.vectors * shape.cols);
  row.size_bytes = sizeof(float) * row.params;
  row.run = [s, shape, &kernels, run = fused ? op.fused : op.separate] {
    run(kernels, shape, *s->problem, s->buffers);
  };
  row.run();
  row.quality = CompareToTruth(s->buffers.y, s->problem->truth, shape.cols);
  row.verify = [s, shape] { return CheckAgainst(s->buffers.y, s->problem->truth, shape.cols); };
  return row;
}

// ---- gemm_bias_gelu.

struct EpilogueProblem {
  std::shared_ptr<const MatmulProblem> matmul;
  AlignedVector<float> bias;  // N
  std::vector<double> truth;  // M x N
};

EpilogueProblem MakeEpilogueProblem(const MatmulShape& shape) {
  EpilogueProblem p = {
      .matmul = SharedMatmulProblem(shape), .bias = Biases(shape.N, kSeed + 2), .truth = {}};
  p.truth = MatmulTruth(shape.M, shape.N, shape.K, p.matmul->a, *p.matmul->b);
  for (std::size_t i = 0; i < p.truth.size(); ++i) {
    p.truth[i] = ActivateF64(Activation::kGeluTanh, p.truth[i] + p.bias[i % shape.N]);
  }
  return p;
}

Row MakeEpilogue(const MatmulShape& shape, bool fused, const KernelTable& kernels) {
  struct State {
    std::shared_ptr<const EpilogueProblem> problem;
    AlignedVector<float> packed, c;
  };
  const auto [M, N, K] = shape;
  auto s = std::make_shared<State>();
  s->problem = Shared(std::tuple(M, N, K), [&] { return MakeEpilogueProblem(shape); });
  s->packed.resize(kernels.packed_f32_size(N, K));
  kernels.pack_f32({N, K, s->problem->matmul->b->data(), K, s->packed.data()});
  s->c.resize(M * N);

  Row row = MatmulRow(shape, "flops", static_cast<double>(sizeof(float) * (N * K + N)),
                      sizeof(float) * (M * K + M * N));
  row.params += static_cast<double>(N);
  row.operand_bytes = sizeof(float) * (M * K + M * N + N + s->packed.size());
  if (fused) {
    row.run = [s, shape, &kernels] {
      const auto [m, n, k] = shape;
      kernels.gemm_bias_activation_f32({m, n, k, s->problem->matmul->a.data(), k, s->packed.data(),
                                        s->problem->bias.data(), Activation::kGeluTanh, s->c.data(),
                                        n});
    };
  } else {
    row.run = [s, shape, &kernels] {
      const auto [m, n, k] = shape;
      float* c = s->c.data();
      kernels.gemm_f32({m, n, k, s->problem->matmul->a.data(), k, s->packed.data(), c, n});
      kernels.bias_f32({m, n, c, n, s->problem->bias.data(), c, n});
      kernels.activation_f32({m, n, c, n, Activation::kGeluTanh, c, n});
    };
  }
  row.run();
  row.quality = CompareToTruth(s->c, s->problem->truth, N);
  row.verify = [s, row_size = N] { return CheckAgainst(s->c, s->problem->truth, row_size); };
  return row;
}

// make(fused, kernels) builds the row of either variant.
template <class Make>
void RegisterBoth(const Keys& keys, const Make& make) {
  RegisterForEachIsa(
      {.family = "fused_activation", .name = "separate", .techniques = "", .baseline = true}, keys,
      [make](const KernelTable& kernels) { return make(false, kernels); });
  RegisterForEachIsa(
      {.family = "fused_activation", .name = "fused", .techniques = "fusion", .baseline = false},
      keys, [make](const KernelTable& kernels) { return make(true, kernels); });
}

const bool kRegistered = [] {
  for (const RowsShape& shape : kRowsShapes) {
    RegisterBoth(
        {{"op", shape.op}, {"rows", absl::StrCat(shape.rows)}, {"cols", absl::StrCat(shape.cols)}},
        [shape](bool fused, const KernelTable& kernels) {
          return MakeRows(shape, fused, kernels);
        });
  }
  for (const MatmulShape& shape : kEpilogueShapes) {
    Keys keys = MatmulKeys({shape});
    keys.insert(keys.begin(), {"op", "gemm_bias_gelu"});
    RegisterBoth(keys, [shape](bool fused, const KernelTable& kernels) {
      return MakeEpilogue(shape, fused, kernels);
    });
  }
  return true;
}();

}  // namespace
}  // namespace podium::bench
