// INT8 against FP32 matrix multiplication: what post-training quantization of one linear layer
// buys, and what it costs.
//
// fp32     C = A * B^T on FP32 activations
// int8     the same activations, quantized in the timed loop (per tensor, with parameters fixed
//          beforehand, as static quantization does), multiplied by weights quantized per channel,
//          and the result is FP32 again
// u8s8f32  the multiplication alone, of activations that the layer before left in u8: scales, zero
//          point and bias applied to the exact sums
// u8s8s32  the exact sums themselves
#include <memory>
#include <string>

#include "bench/aligned.h"
#include "bench/int8_problem.h"
#include "bench/matmul_problem.h"
#include "bench/matmul_row.h"
#include "bench/register.h"
#include "bench/shapes.h"

namespace podium::bench {
namespace {

// gemm_u8s8f32 of `a`, which the caller fills.
GemmU8S8F32Args Args(const MatmulShape& shape, const Int8Problem& p, bool bias,
                     const std::uint8_t* a, const std::byte* packed, float* c) {
  const auto [M, N, K] = shape;
  return {.M = M,
          .N = N,
          .K = K,
          .a = a,
          .lda = K,
          .a_scale = p.params.scale,
          .a_zero_point = p.params.zero_point,
          .packed_b = reinterpret_cast<const std::int8_t*>(packed),
          .b_scales = p.weights->scales.data(),
          .bias = bias ? p.weights->bias.data() : nullptr,
          .c = c,
          .ldc = N};
}

// Everything but `bind` and the bytes of A.
template <class T>
Matmul<T> PackedS8(const MatmulShape& shape, const std::shared_ptr<const Int8Problem>& problem,
                   const KernelTable& kernels) {
  const auto [M, N, K] = shape;
  return {.size_bytes = static_cast<double>(N * K + sizeof(float) * N),
          .packed_bytes = kernels.packed_s8_size(N, K),
          .a_bytes = M * K,
          .pack =
              [=, &kernels, N = N, K = K](std::byte* packed) {
                kernels.pack_s8(
                    {N, K, problem->weights->b.data(), K, reinterpret_cast<std::int8_t*>(packed)});
              },
          .bind = nullptr};
}

Row MakeInt8(const MatmulShape& shape, const KernelTable& kernels) {
  const auto problem = SharedInt8Problem(shape);
  Matmul<float> matmul = PackedS8<float>(shape, problem, kernels);
  matmul.a_bytes = sizeof(float) * shape.M * shape.K;
  matmul.bind = [=, &kernels](const std::byte* packed, float* c) {
    const auto a = std::make_shared<AlignedVector<std::uint8_t>>(shape.M * shape.K);
    const GemmU8S8F32Args args = Args(shape, *problem, /*bias=*/false, a->data(), packed, c);
    return [=, &kernels] {
      kernels.quantize_u8({a->size(), problem->f32->a.data(), problem->params, a->data()});
      kernels.gemm_u8s8f32(args);
    };
  };
  Row row = MakeMatmulU8S8F32(shape, /*bias=*/false, Rounding::kOurs, matmul);
  row.operand_bytes += shape.M * shape.K;  // the quantized activations
  return row;
}

Row MakeU8S8F32(const MatmulShape& shape, const KernelTable& kernels) {
  const auto problem = SharedInt8Problem(shape);
  Matmul<float> matmul = PackedS8<float>(shape, problem, kernels);
  matmul.bind = [=, &kernels](const std::byte* packed, float* c) {
    const GemmU8S8F32Args args = Args(shape, *problem, /*bias=*/true, problem->a.data(), packed, c);
    return [problem, args, &kernels] { kernels.gemm_u8s8f32(args); };
  };
  return MakeMatmulU8S8F32(shape, /*bias=*/true, Rounding::kOurs, matmul);
}

Row MakeU8S8S32(const MatmulShape& shape, const KernelTable& kernels) {
  const auto problem = SharedInt8Problem(shape);
  Matmul<std::int32_t> matmul = PackedS8<std::int32_t>(shape, problem, kernels);
  matmul.size_bytes = static_cast<double>(shape.N * shape.K);
  matmul.bind = [=, &kernels](const std::byte* packed, std::int32_t* c) {
    const GemmU8S8S32Args args = {.M = shape.M,
                                  .N = shape.N,
                                  .K = shape.K,
                                  .a = problem->a.data(),
                                  .lda = shape.K,
                                  .packed_b = reinterpret_cast<const std::int8_t*>(packed),
                                  .c = c,
                                  .ldc = shape.N};
    return [problem, args, &kernels] { kernels.gemm_u8s8s32(args); };
  };
  return MakeMatmulU8S8S32(shape, matmul);
}

void Register(const MatmulShape& shape, const std::string& variant, const MakeRow& make) {
  const bool baseline = variant == "fp32";
  RegisterForEachIsa({.family = "int8_matmul",
                      .name = variant,
                      .techniques = baseline ? "" : "quantization",
                      .baseline = baseline},
                     MatmulKeys(shape), make);
}

const bool kRegistered = [] {
  for (const MatmulShape& shape : kMatmulShapes) {
    Register(shape, "fp32", [shape](const KernelTable& kernels) {
      return MakeMatmulF32(shape, "flops", kernels);
    });
    Register(shape, "int8",
             [shape](const KernelTable& kernels) { return MakeInt8(shape, kernels); });
    Register(shape, "u8s8f32",
             [shape](const KernelTable& kernels) { return MakeU8S8F32(shape, kernels); });
    Register(shape, "u8s8s32",
             [shape](const KernelTable& kernels) { return MakeU8S8S32(shape, kernels); });
  }
  return true;
}();

}  // namespace
}  // namespace podium::bench
