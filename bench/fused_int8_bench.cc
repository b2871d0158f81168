// Fusion after an INT8 matrix multiplication whose result is the next one's input, in u8:
//
//   op:gemm_bias_gelu_u8   y = u8(gelu(a_scale * b_scales[n] * sum + bias))
//
// fused     gemm_u8s8u8 with GELU
// separate  the product in FP32 (gemm_u8s8f32, with scales and bias in its epilogue), GELU over all of
//           it, then quantization
//
// GELU is the form with tanh. Both are verified element by element against the definition, on the sums
// of gemm_u8s8s32, whose own row is verified exactly; quality is that against the product in FP32.
#include <algorithm>
#include <cmath>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/aligned.h"
#include "bench/epilogue_problem.h"
#include "bench/int8_problem.h"
#include "bench/matmul_row.h"
#include "bench/register.h"
#include "bench/shapes.h"

namespace podium::bench {
namespace {

constexpr Activation kGelu = Activation::kGeluTanh;

std::int8_t* Bytes(std::byte* packed) { return reinterpret_cast<std::int8_t*>(packed); }
const std::int8_t* Bytes(const std::byte* packed) {
  return reinterpret_cast<const std::int8_t*>(packed);
}

struct Problem {
  explicit Problem(const MatmulShape& shape)
      : int8(SharedInt8Problem(shape)),
        f32(SharedEpilogueProblem({"gemm_bias_gelu", shape})),
        sums(shape.M * shape.N) {
    const auto [lo, hi] = std::minmax_element(f32->truth.begin(), f32->truth.end());
    c_params = AffineParamsOfRange(std::fmin(static_cast<float>(*lo), 0.0f),
                                   std::fmax(static_cast<float>(*hi), 0.0f));
    for (std::size_t n = 0; n < shape.N; ++n) {
      multipliers.push_back(int8->params.scale * int8->weights->scales[n]);
      bias.push_back(static_cast<std::int32_t>(std::nearbyint(f32->bias[n] / multipliers[n])));
      bias_f32.push_back(multipliers[n] * static_cast<float>(bias[n]));
    }
  }

  std::shared_ptr<const Int8Problem> int8;
  std::shared_ptr<const EpilogueProblem> f32;
  AffineParams c_params;
  std::vector<float> multipliers, bias_f32;
  std::vector<std::int32_t> bias;
  std::vector<std::int32_t> sums;  // without zero point and bias
};

// The sums of u8 by s8, less the zero point's share.
void FindSums(const KernelTable& kernels, const MatmulShape& shape, const std::byte* packed,
              Problem& p) {
  const auto [M, N, K] = shape;
  kernels.gemm_u8s8s32({M, N, K, p.int8->a.data(), K, Bytes(packed), p.sums.data(), N});
  std::vector<std::int32_t> row_sums(N);
  for (std::size_t i = 0; i < N * K; ++i) row_sums[i / K] += p.int8->weights->b[i];
  for (std::size_t i = 0; i < M * N; ++i) {
    p.sums[i] -= p.int8->params.zero_point * row_sums[i % N];
  }
}

absl::Status Check(const Problem& p, std::size_t N, const AlignedVector<std::uint8_t>& c) {
  for (std::size_t i = 0; i < c.size(); ++i) {
    const double x = double{p.multipliers[i % N]} * (p.sums[i] + p.bias[i % N]);
    const double q = ActivateF64(kGelu, x) / p.c_params.scale + p.c_params.zero_point;
    // Half a unit, and what rounding in FP32 costs: units are 1/255 of the range.
    if (std::fabs(c[i] - std::fmin(std::fmax(q, 0.0), 255.0)) <= 0.5 + 1e-3) continue;
    return absl::InternalError(
        absl::StrCat("C[", i / N, ", ", i % N, "] = ", c[i], ", where ", q, " is to be rounded"));
  }
  return absl::OkStatus();
}

Row MakeGelu(const MatmulShape& shape, bool fused, const KernelTable& kernels) {
  const auto [M, N, K] = shape;
  const auto p = std::make_shared<Problem>(shape);
  const auto y = std::make_shared<AlignedVector<float>>(fused ? 0 : M * N);
  const Matmul<std::uint8_t> matmul = {
      .size_bytes = static_cast<double>(N * K + 2 * sizeof(float) * N),
      .packed_bytes = kernels.packed_s8_size(N, K),
      .a_bytes = M * K,
      .pack =
          [=, &kernels, N = N, K = K](std::byte* packed) {
            kernels.pack_s8({N, K, p->int8->weights->b.data(), K, Bytes(packed)});
          },
      .bind = [=, &kernels, M = M, N = N, K = K](const std::byte* packed,
                                                 std::uint8_t* c) -> std::function<void()> {
        if (fused) {
          const GemmU8S8U8Args args = {.M = M,
                                       .N = N,
                                       .K = K,
                                       .a = p->int8->a.data(),
                                       .lda = K,
                                       .a_zero_point = p->int8->params.zero_point,
                                       .packed_b = Bytes(packed),
                                       .bias = p->bias.data(),
                                       .multipliers = p->multipliers.data(),
                                       .c_zero_point = p->c_params.zero_point,
                                       .c_min = 0,
                                       .c_max = 255,
                                       .c = c,
                                       .ldc = N,
                                       .activation = kGelu,
                                       .c_multiplier = 1 / p->c_params.scale};
          return [=, &kernels] { kernels.gemm_u8s8u8(args); };
        }
        return [=, &kernels] {
          kernels.gemm_u8s8f32({M, N, K, p->int8->a.data(), K, &p->int8->params, 0, Bytes(packed),
                                p->int8->weights->scales.data(), p->bias_f32.data(),
                                Activation::kNone, y->data(), N});
          kernels.activation_f32({M, N, y->data(), N, kGelu, y->data(), N});
          kernels.quantize_u8({M * N, y->data(), p->c_params, c});
        };
      }};
  AlignedVector<std::byte> packed(matmul.packed_bytes);
  matmul.pack(packed.data());
  FindSums(kernels, shape, packed.data(), *p);
  const auto c = std::make_shared<AlignedVector<std::uint8_t>>();
  Row row = MatmulRow({.shape = shape}, "ops", matmul, c);
  row.run();
  std::vector<float> dequantized;
  for (const std::uint8_t q : *c) {
    dequantized.push_back(p->c_params.scale * static_cast<float>(q - p->c_params.zero_point));
  }
  row.quality = CompareToTruth(dequantized, p->f32->truth, N);
  row.verify = [p, c, N = N] { return Check(*p, N, *c); };
  return row;
}

const bool kRegistered = [] {
  for (const EpilogueShape& epilogue : kEpilogueShapes) {
    if (std::string_view(epilogue.op) != "gemm_bias_gelu") continue;
    const EpilogueShape shape = {"gemm_bias_gelu_u8", epilogue.matmul};
    for (const bool fused : {false, true}) {
      RegisterForEachIsa({.family = "fused_activation",
                          .name = fused ? "fused" : "separate",
                          .techniques = fused ? "fusion" : "",
                          .baseline = !fused},
                         EpilogueKeys(shape), [=](const KernelTable& kernels) {
                           return MakeGelu(shape.matmul, fused, kernels);
                         });
    }
  }
  return true;
}();

}  // namespace
}  // namespace podium::bench
