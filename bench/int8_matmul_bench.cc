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
#include <vector>

#include "bench/aligned.h"
#include "bench/int8_problem.h"
#include "bench/matmul_problem.h"
#include "bench/matmul_row.h"
#include "bench/parallel.h"
#include "bench/register.h"

namespace podium::bench {
namespace {

using F32Args = GemmInt8F32Args<std::uint8_t>;
using S32Args = GemmInt8S32Args<std::uint8_t>;

// The kernels' packed form of the weights, and what each of the workload's threads takes of it.
class PackedS8 {
 public:
  PackedS8(const MatmulWorkload& workload, const KernelTable& kernels)
      : workload_(workload),
        kernels_(kernels),
        problem_(SharedInt8Problem(workload.shape)),
        slices_(SliceChannels(workload, [this](std::size_t N) { return Bytes(N); })) {}

  const Int8Problem& problem() const { return *problem_; }

  // Everything but `bind`, of weights with `scale_bytes` of scales.
  template <class T>
  Matmul<T> Describe(std::size_t scale_bytes) const {
    const auto [M, N, K] = workload_.shape;
    return {.size_bytes = static_cast<double>(N * K + scale_bytes),
            .packed_bytes = Bytes(N),
            .a_bytes = M * K,
            .pack =
                [self = *this, N = N, K = K](std::byte* packed) {
                  self.kernels_.pack_s8({N, K, self.problem_->weights->b.data(), K,
                                         reinterpret_cast<std::int8_t*>(packed)});
                },
            .bind = nullptr};
  }

  // The arguments of gemm_u8s8f32 for each slice.
  std::vector<F32Args> F32Tiles(bool bias, const std::uint8_t* a, const std::byte* packed,
                                float* c) const {
    const auto [M, N, K] = workload_.shape;
    const Int8Weights& weights = *problem_->weights;
    std::vector<F32Args> tiles;
    for (const Slice& slice : slices_) {
      tiles.push_back({.M = M,
                       .N = slice.N,
                       .K = K,
                       .a = a,
                       .lda = K,
                       .a_params = &problem_->params,
                       .a_params_stride = 0,
                       .packed_b = reinterpret_cast<const std::int8_t*>(packed + slice.offset),
                       .b_scales = weights.scales.data() + slice.n,
                       .bias = bias ? weights.bias.data() + slice.n : nullptr,
                       .activation = Activation::kNone,
                       .c = c + slice.n,
                       .ldc = N});
    }
    return tiles;
  }

  // The same of gemm_u8s8s32.
  std::vector<S32Args> S32Tiles(const std::byte* packed, std::int32_t* c) const {
    const auto [M, N, K] = workload_.shape;
    std::vector<S32Args> tiles;
    for (const Slice& slice : slices_) {
      tiles.push_back({.M = M,
                       .N = slice.N,
                       .K = K,
                       .a = problem_->a.data(),
                       .lda = K,
                       .packed_b = reinterpret_cast<const std::int8_t*>(packed + slice.offset),
                       .c = c + slice.n,
                       .ldc = N});
    }
    return tiles;
  }

 private:
  std::size_t Bytes(std::size_t N) const { return kernels_.packed_s8_size(N, workload_.shape.K); }

  MatmulWorkload workload_;
  const KernelTable& kernels_;
  std::shared_ptr<const Int8Problem> problem_;
  std::vector<Slice> slices_;
};

Row MakeInt8(const MatmulWorkload& workload, const KernelTable& kernels) {
  const auto [M, N, K] = workload.shape;
  const PackedS8 weights(workload, kernels);
  Matmul<float> matmul = weights.Describe<float>(sizeof(float) * N);
  matmul.a_bytes = sizeof(float) * M * K;
  // Shared by all copies of cold weights, as one layer's activations are.
  const auto a = std::make_shared<AlignedVector<std::uint8_t>>(M * K);
  matmul.bind = [=, &kernels](const std::byte* packed, float* c) {
    const auto tiles = weights.F32Tiles(/*bias=*/false, a->data(), packed, c);
    return [=, &kernels] {
      // Every thread quantizes a part, and needs all of it afterwards.
      const Int8Problem& p = weights.problem();
      const auto threads = tiles.size();
      Parallel(static_cast<int>(threads), [&](int i) {
        const std::size_t begin = a->size() * i / threads, end = a->size() * (i + 1) / threads;
        kernels.quantize_u8({end - begin, p.f32->a.data() + begin, p.params, a->data() + begin});
      });
      Parallel(static_cast<int>(threads), [&](int i) { kernels.gemm_u8s8f32(tiles[i]); });
    };
  };
  Row row = MakeMatmulU8S8F32(workload, /*bias=*/false, Rounding::kOurs, matmul);
  row.operand_bytes += a->size();
  return row;
}

Row MakeU8S8F32(const MatmulWorkload& workload, const KernelTable& kernels) {
  const PackedS8 weights(workload, kernels);
  Matmul<float> matmul = weights.Describe<float>(sizeof(float) * workload.shape.N);
  matmul.bind = [=, &kernels](const std::byte* packed, float* c) {
    const auto tiles = weights.F32Tiles(/*bias=*/true, weights.problem().a.data(), packed, c);
    return [=, &kernels] {
      Parallel(static_cast<int>(tiles.size()), [&](int i) { kernels.gemm_u8s8f32(tiles[i]); });
    };
  };
  return MakeMatmulU8S8F32(workload, /*bias=*/true, Rounding::kOurs, matmul);
}

Row MakeU8S8S32(const MatmulWorkload& workload, const KernelTable& kernels) {
  const PackedS8 weights(workload, kernels);
  Matmul<std::int32_t> matmul = weights.Describe<std::int32_t>(/*scale_bytes=*/0);
  matmul.bind = [=, &kernels](const std::byte* packed, std::int32_t* c) {
    const auto tiles = weights.S32Tiles(packed, c);
    return [=, &kernels] {
      Parallel(static_cast<int>(tiles.size()), [&](int i) { kernels.gemm_u8s8s32(tiles[i]); });
    };
  };
  return MakeMatmulU8S8S32(workload, matmul);
}

void Register(const MatmulWorkload& workload, const std::string& variant,
              Row (*make)(const MatmulWorkload&, const KernelTable&)) {
  const bool baseline = variant == "fp32";
  RegisterForEachIsa({.family = "int8_matmul",
                      .name = variant,
                      .techniques = baseline ? "" : "quantization",
                      .baseline = baseline},
                     MatmulKeys(workload),
                     [=](const KernelTable& kernels) { return make(workload, kernels); });
}

const bool kRegistered = [] {
  for (const MatmulWorkload& workload : MatmulWorkloads()) {
    Register(workload, "fp32", [](const MatmulWorkload& w, const KernelTable& kernels) {
      return MakeMatmulF32(w, "flops", MatmulF32(w, kernels));
    });
    Register(workload, "int8", MakeInt8);
    Register(workload, "u8s8f32", MakeU8S8F32);
    Register(workload, "u8s8s32", MakeU8S8S32);
  }
  return true;
}();

}  // namespace
}  // namespace podium::bench
