// Other ways to quantize the layer of int8_matmul_bench.cc, as variants of the same workloads.
//
// int8_dynamic    as int8, but activations are quantized row by row with the range each row turns out to
//                 have, which is found in the timed loop
// s8s8f32         both sides symmetric: activations per row (dynamic), s8
// u8s8u8          the multiplication alone, u8 in and u8 out: requantized for a next INT8 layer
// int4_g<G>       4-bit weights in groups of G, activations quantized to s8 in the same groups in the
//                 timed loop
// int4_f32_g<G>   4-bit weights, activations as they are ("weight-only")
//
// Those of 4 bits only where there are few tokens: they save bytes of weights, not arithmetic.
#include <cmath>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/aligned.h"
#include "bench/int8_problem.h"
#include "bench/matmul_check.h"
#include "bench/matmul_problem.h"
#include "bench/matmul_row.h"
#include "bench/register.h"
#include "bench/shared.h"
#include "kernels/int8_matmul/gemm_s4.h"

namespace podium::bench {
namespace {

std::int8_t* Bytes(std::byte* packed) { return reinterpret_cast<std::int8_t*>(packed); }
const std::int8_t* Bytes(const std::byte* packed) {
  return reinterpret_cast<const std::int8_t*>(packed);
}

// A row of `matmul`, an FP32 result on quantized operands that stand for a x b, both in FP32: it is
// verified against their product, and its quality is that against the product before quantization.
Row MakeQuantizedRow(const MatmulWorkload& workload, const Matmul<float>& matmul,
                     const AlignedVector<float>& a, const AlignedVector<float>& b) {
  const auto [M, N, K] = workload.shape;
  const auto c = std::make_shared<AlignedVector<float>>();
  const auto check = std::make_shared<const MatmulCheck>(M, N, K, a, b);
  Row row = MatmulRow(workload, "ops", matmul, c);
  row.run();
  row.quality = SharedMatmulProblem(workload.shape)->check.QualityOf(*c);
  row.verify = [check, c] { return check->Check(*c); };
  return row;
}

// Per channel, what INT8 weights stand for.
AlignedVector<float> Dequantized(const Int8Weights& w, std::size_t K) {
  AlignedVector<float> b(w.b.size());
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = w.scales[i / K] * w.b[i];
  return b;
}

Matmul<float> Int8Weighted(const MatmulShape& shape, const Int8Problem& p,
                           const KernelTable& kernels) {
  const auto [M, N, K] = shape;
  return {.size_bytes = static_cast<double>(N * K + sizeof(float) * N),
          .packed_bytes = kernels.packed_s8_size(N, K),
          .a_bytes = sizeof(float) * M * K,
          .pack =
              [weights = p.weights, &kernels, N = N, K = K](std::byte* packed) {
                kernels.pack_s8({N, K, weights->b.data(), K, Bytes(packed)});
              },
          .bind = nullptr};
}

Row MakeInt8Dynamic(const MatmulWorkload& workload, const KernelTable& kernels) {
  struct State {
    std::shared_ptr<const Int8Problem> problem;
    AlignedVector<std::uint8_t> q;
    std::vector<AffineParams> params;
  };
  const auto [M, N, K] = workload.shape;
  const auto s = std::make_shared<State>(State{SharedInt8Problem(workload.shape),
                                               AlignedVector<std::uint8_t>(M * K),
                                               std::vector<AffineParams>(M)});
  const auto quantize = [s, M = M, K = K](const KernelTable& with) {
    with.quantize_rows_u8({M, K, s->problem->f32->a.data(), K, s->q.data(), K, s->params.data()});
  };
  Matmul<float> matmul = Int8Weighted(workload.shape, *s->problem, kernels);
  matmul.bind = [=, &kernels, M = M, N = N, K = K](const std::byte* packed, float* c) {
    return [=, &kernels] {
      quantize(kernels);
      kernels.gemm_u8s8f32({M, N, K, s->q.data(), K, s->params.data(), 1, Bytes(packed),
                            s->problem->weights->scales.data(), nullptr, Activation::kNone, c, N});
    };
  };
  quantize(ReferenceKernels());
  AlignedVector<float> a(M * K);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const AffineParams& params = s->params[i / K];
    a[i] = params.scale * static_cast<float>(s->q[i] - params.zero_point);
  }
  return MakeQuantizedRow(workload, matmul, a, Dequantized(*s->problem->weights, K));
}

Row MakeS8S8F32(const MatmulWorkload& workload, const KernelTable& kernels) {
  struct State {
    std::shared_ptr<const Int8Problem> problem;
    AlignedVector<std::int8_t> q;
    std::vector<float> scales;
    std::vector<AffineParams> params;  // those scales, and zero points of 0
  };
  const auto [M, N, K] = workload.shape;
  const auto s = std::make_shared<State>(
      State{SharedInt8Problem(workload.shape), AlignedVector<std::int8_t>(M * K),
            std::vector<float>(M), std::vector<AffineParams>(M)});
  const auto quantize = [s, M = M, K = K](const KernelTable& with) {
    with.quantize_groups_s8(
        {M, K, K, s->problem->f32->a.data(), K, s->q.data(), K, s->scales.data()});
    for (std::size_t m = 0; m < M; ++m) s->params[m] = {s->scales[m], 0};
  };
  Matmul<float> matmul = Int8Weighted(workload.shape, *s->problem, kernels);
  matmul.bind = [=, &kernels, M = M, N = N, K = K](const std::byte* packed, float* c) {
    return [=, &kernels] {
      quantize(kernels);
      kernels.gemm_s8s8f32({M, N, K, s->q.data(), K, s->params.data(), 1, Bytes(packed),
                            s->problem->weights->scales.data(), nullptr, Activation::kNone, c, N});
    };
  };
  quantize(ReferenceKernels());
  AlignedVector<float> a(M * K);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = s->scales[i / K] * s->q[i];
  return MakeQuantizedRow(workload, matmul, a, Dequantized(*s->problem->weights, K));
}

// Verified element by element against the sums of gemm_u8s8s32, whose own row is verified exactly, by
// the definition in gemm_int8.h.
Row MakeU8S8U8(const MatmulWorkload& workload, const KernelTable& kernels) {
  struct State {
    std::shared_ptr<const Int8Problem> problem;
    AffineParams c_params;
    std::vector<float> multipliers;
    std::vector<std::int32_t> sums;
    std::vector<float> dequantized;
  };
  const auto [M, N, K] = workload.shape;
  const auto s = std::make_shared<State>();
  s->problem = SharedInt8Problem(workload.shape);
  const Int8Problem& p = *s->problem;
  s->c_params = ChooseAffineParams(p.known.data(), p.known.size());
  for (const float scale : p.weights->scales) {
    s->multipliers.push_back(p.params.scale * scale / s->c_params.scale);
  }
  const Matmul<float> weighted = Int8Weighted(workload.shape, p, kernels);
  const Matmul<std::uint8_t> matmul = {
      .size_bytes = weighted.size_bytes,
      .packed_bytes = weighted.packed_bytes,
      .a_bytes = M * K,
      .pack = weighted.pack,
      .bind = [=, &kernels, M = M, N = N, K = K](const std::byte* packed,
                                                 std::uint8_t* c) -> std::function<void()> {
        return [=, &kernels] {
          kernels.gemm_u8s8u8({M, N, K, s->problem->a.data(), K, s->problem->params.zero_point,
                               Bytes(packed), nullptr, s->multipliers.data(),
                               s->c_params.zero_point, 0, 255, c, N});
        };
      }};
  const auto c = std::make_shared<AlignedVector<std::uint8_t>>();
  Row row = MatmulRow(workload, "ops", matmul, c);

  AlignedVector<std::byte> packed(matmul.packed_bytes);
  matmul.pack(packed.data());
  s->sums.resize(M * N);
  kernels.gemm_u8s8s32({M, N, K, p.a.data(), K, Bytes(packed.data()), s->sums.data(), N});
  std::vector<std::int32_t> row_sums(N);
  for (std::size_t i = 0; i < N * K; ++i) row_sums[i / K] += p.weights->b[i];
  for (std::size_t i = 0; i < s->sums.size(); ++i) {
    s->sums[i] -= p.params.zero_point * row_sums[i % N];
  }
  row.run();
  for (const std::uint8_t q : *c) {
    s->dequantized.push_back(s->c_params.scale * static_cast<float>(q - s->c_params.zero_point));
  }
  row.quality = p.f32->check.QualityOf(s->dequantized);
  row.verify = [s, c, N = N]() -> absl::Status {
    for (std::size_t i = 0; i < c->size(); ++i) {
      const double product =
          static_cast<double>(static_cast<float>(s->sums[i])) * s->multipliers[i % N];
      const double want =
          std::fmin(std::fmax(std::nearbyint(product) + s->c_params.zero_point, 0.0), 255.0);
      if ((*c)[i] == want) continue;
      return absl::InternalError(
          absl::StrCat("C[", i / N, ", ", i % N, "] = ", (*c)[i], ", not ", want));
    }
    return absl::OkStatus();
  };
  return row;
}

struct Int4Weights {
  std::vector<std::int8_t> q;
  std::vector<float> scales;
  AlignedVector<float> dequantized;
};

std::shared_ptr<const Int4Weights> SharedInt4Weights(const MatmulShape& shape,
                                                     std::size_t group_size) {
  const auto [M, N, K] = shape;
  return Shared(std::tuple(N, K, group_size), [&, N = N, K = K] {
    const std::size_t groups = (K + group_size - 1) / group_size;
    const auto b = SharedMatmulProblem(shape)->b;
    Int4Weights w = {.q = std::vector<std::int8_t>(N * K),
                     .scales = std::vector<float>(N * groups),
                     .dequantized = AlignedVector<float>(N * K)};
    QuantizeS4({N, K, group_size, b->data(), K, w.q.data(), w.scales.data()});
    for (std::size_t i = 0; i < N * K; ++i) {
      w.dequantized[i] = w.scales[i / K * groups + i % K / group_size] * w.q[i];
    }
    return w;
  });
}

Row MakeInt4(const MatmulWorkload& workload, std::size_t group_size, bool weight_only,
             const KernelTable& kernels) {
  struct State {
    std::shared_ptr<const MatmulProblem> problem;
    std::shared_ptr<const Int4Weights> weights;
    AlignedVector<std::int8_t> q;
    std::vector<float> scales;
  };
  const auto [M, N, K] = workload.shape;
  const std::size_t groups = (K + group_size - 1) / group_size;
  const auto s = std::make_shared<State>(
      State{SharedMatmulProblem(workload.shape), SharedInt4Weights(workload.shape, group_size),
            AlignedVector<std::int8_t>(M * K), std::vector<float>(M * groups)});
  const auto quantize = [=, M = M, K = K](const KernelTable& with) {
    with.quantize_groups_s8(
        {M, K, group_size, s->problem->a.data(), K, s->q.data(), K, s->scales.data()});
  };
  Matmul<float> matmul = {
      .size_bytes = static_cast<double>((N * K + 1) / 2 + sizeof(std::uint16_t) * N * groups),
      .packed_bytes = kernels.packed_s4_size(N, K, group_size),
      .a_bytes = sizeof(float) * M * K,
      .pack =
          [=, &kernels, N = N, K = K](std::byte* packed) {
            kernels.pack_s4(
                {N, K, group_size, s->weights->q.data(), s->weights->scales.data(), Bytes(packed)});
          },
      .bind = nullptr};
  if (weight_only) {
    matmul.bind = [=, &kernels, M = M, N = N, K = K](const std::byte* packed, float* c) {
      return [=, &kernels] {
        kernels.gemm_f32s4f32({M, N, K, group_size, s->problem->a.data(), K, Bytes(packed), c, N});
      };
    };
    return MakeQuantizedRow(workload, matmul, s->problem->a, s->weights->dequantized);
  }
  matmul.bind = [=, &kernels, M = M, N = N, K = K](const std::byte* packed, float* c) {
    return [=, &kernels] {
      quantize(kernels);
      kernels.gemm_s8s4f32(
          {M, N, K, group_size, s->q.data(), K, s->scales.data(), Bytes(packed), c, N});
    };
  };
  quantize(ReferenceKernels());
  AlignedVector<float> a(M * K);
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] = s->scales[i / K * groups + i % K / group_size] * s->q[i];
  }
  return MakeQuantizedRow(workload, matmul, a, s->weights->dequantized);
}

void Register(const MatmulWorkload& workload, const std::string& variant,
              const std::function<Row(const MatmulWorkload&, const KernelTable&)>& make) {
  RegisterForEachIsa(
      {.family = "int8_matmul", .name = variant, .techniques = "quantization", .baseline = false},
      MatmulKeys(workload), [=](const KernelTable& kernels) { return make(workload, kernels); });
}

constexpr std::size_t kMostTokensOfInt4 = 8;

const bool kRegistered = [] {
  for (const MatmulWorkload& workload : MatmulWorkloads()) {
    if (workload.threads > 1) continue;
    Register(workload, "int8_dynamic", MakeInt8Dynamic);
    Register(workload, "s8s8f32", MakeS8S8F32);
    Register(workload, "u8s8u8", MakeU8S8U8);
    if (workload.shape.M > kMostTokensOfInt4) continue;
    for (const std::size_t group_size : {32, 128}) {
      for (const bool weight_only : {false, true}) {
        Register(workload, absl::StrCat(weight_only ? "int4_f32_g" : "int4_g", group_size),
                 [=](const MatmulWorkload& w, const KernelTable& kernels) {
                   return MakeInt4(w, group_size, weight_only, kernels);
                 });
      }
    }
  }
  return true;
}();

}  // namespace
}  // namespace podium::bench
