#include "kernels/int8_matmul/gemm_int8.h"

#include <cassert>
#include <cstring>
#include <limits>

#include "kernels/dense/gemm_f32.h"
#include "kernels/dense/gemm_tile.h"
#include "kernels/fused_activation/finish_tile.h"
#include "kernels/fused_activation/vector_math.h"
#include "kernels/simd/clamped_s8.h"
#include "kernels/simd/convert.h"
#include "kernels/simd/dot_int8.h"
#include "kernels/simd/fixed_point.h"
#include "kernels/simd/opaque.h"

namespace podium::PODIUM_ISA {
namespace {

struct MacInt8 {
  using Acc = I32;
  using Scalar = std::int32_t;
  using B = std::int8_t;
  using Word = std::uint32_t;
  static constexpr std::size_t kDepth = kDotDepth;
  static constexpr int kVecs = 2;
#if defined(__AVX512F__)
  static constexpr int kRows = 10;  // as for f32
#if defined(__AVX512VNNI__)
  // Fewer loads, as for f32, but B streams from L2: of use where B or C exceed it, or K is long.
  static constexpr int kWideRows = 6, kWideFrom = 128;
#else
  static constexpr int kWideRows = 0, kWideFrom = 0;
#endif
#elif defined(__aarch64__)
  static constexpr int kRows = 8;
  static constexpr int kWideRows = 0, kWideFrom = 0;
#else
  static constexpr int kRows = 6;  // as for f32; the products reuse the broadcast's register
  static constexpr int kWideRows = 0, kWideFrom = 0;
#endif
  // K is short in steps, and sums of an 8-bit C could not wait in it.
  static constexpr std::size_t kBlockSteps = 0;

  static I32 LoadB(const std::int8_t* b) { return LoadDotWeights(b); }
  [[gnu::always_inline]] static void Step(I32 (&acc)[kVecs], I32 x, const I32 (&w)[kVecs]) {
    Unroll<kVecs>([&](auto v)
                      __attribute__((always_inline)) { acc[v] = Opaque(Dot(acc[v], x, w[v])); });
  }
};
static_assert(kPackedChannels % kPanel<MacInt8> == 0);
static_assert(kTileSize<MacInt8> <= TileFinisher::kBufferSize);
static_assert(CeilDiv(kMaxDepthInt8, kDotDepth) * sizeof(MacInt8::Word) <= kPackedABytes);

template <class Activations>
struct RowsInt8 {
  using A = Activations;
  static std::uint32_t ToWord(const A* a) { return DotWord(a); }
  static constexpr std::size_t kBlock = kDotBlock;
  static void PackBlock(const A* a, std::size_t lda, std::uint32_t* words, std::size_t stride) {
    PackDotWords(a, lda, words, stride);
  }
};

// The weights of a panel are followed by the sums of their rows.
constexpr std::size_t PanelBytes(std::size_t K) {
  return PanelSize<MacInt8>(K) + kPanel<MacInt8> * sizeof(std::int32_t);
}

// What zero points, and the offset that Dot wants, have added to the sums.
struct RowSums {
  const std::int8_t* packed_b;
  std::size_t K;

  // Of channels n, n + 1, ..., a batch of them, n a multiple of its size.
  I32 operator()(std::size_t n) const {
    const std::int8_t* panel = packed_b + n / kPanel<MacInt8> * PanelBytes(K);
    I32 sums;
    std::memcpy(&sums, panel + PanelSize<MacInt8>(K) + n % kPanel<MacInt8> * sizeof(std::int32_t),
                sizeof(sums));
    return sums;
  }
};

// What is to be added to a batch of sums, from channel n on, of which the first `count` exist.
[[gnu::always_inline]] inline I32 CorrectionOf(const RowSums& row_sums, std::int32_t offset,
                                               const std::int32_t* bias, std::size_t n,
                                               std::size_t count) {
  const I32 correction = I32(0) - I32(offset) * row_sums(n);
  return bias == nullptr ? correction : correction + LoadLanes<I32>(bias + n, count);
}

struct StoreS32 {
  std::int32_t* c;
  std::size_t ldc;
  std::int32_t offset;
  RowSums row_sums;

  auto Channels(std::size_t n, std::size_t count) const {
    const I32 correction = offset == 0 ? I32(0) : I32(offset) * row_sums(n);
    return [ c = c + n, ldc = ldc, correction, count ](I32 acc, std::size_t m)
        __attribute__((always_inline)) {
      StoreLanes(c + m * ldc, acc - correction, count);
    };
  }
};

// Nothing but a floor: to C at once. By way of TileFinisher it takes up to half as long again.
struct StoreF32 {
  const AffineParams* a_params;
  std::size_t a_params_stride;
  const float* b_scales;
  const float* bias;
  float floor;  // 0 for a ReLU, else -infinity
  float* c;
  std::size_t ldc;
  std::int32_t offset;
  RowSums row_sums;

  auto Channels(std::size_t n, std::size_t count) const {
    return [
      to = *this, sums = row_sums(n), scales = LoadLanes<F32>(b_scales + n, count),
      b = bias == nullptr ? F32(0.0f) : LoadLanes<F32>(bias + n, count), n,
      count
    ](I32 acc, std::size_t m) __attribute__((always_inline)) {
      const AffineParams params = to.a_params[m * to.a_params_stride];
      acc = acc - I32(params.zero_point + to.offset) * sums;
      F32 y = xsimd::to_float(acc) * (F32(params.scale) * scales);
      if (to.bias != nullptr) y = y + b;
      StoreLanes(to.c + m * to.ldc + n, AtLeast(to.floor, y), count);
    };
  }
};

// The rest is left to TileFinisher.
struct FinishF32 : TileFinisher {
  const AffineParams* a_params;
  std::size_t a_params_stride;
  const float* b_scales;
  std::int32_t offset;
  RowSums row_sums;

  auto Channels(std::size_t channel, std::size_t lanes) const {
    return [
      from = *this, to = To(m, channel), sums = row_sums(channel),
      scales = LoadLanes<F32>(b_scales + channel, lanes),
      lanes
    ](I32 acc, std::size_t row) __attribute__((always_inline)) {
      const AffineParams params = from.a_params[row * from.a_params_stride];
      acc = acc - I32(params.zero_point + from.offset) * sums;
      StoreLanes(to + (row - from.m) * from.ld, xsimd::to_float(acc) * (F32(params.scale) * scales),
                 lanes);
    };
  }
};

// `offset`: what zero points, and Dot, have added to each activation.
struct StoreU8 {
  const GemmU8S8U8Args& args;
  std::int32_t offset;
  RowSums row_sums;

  auto Channels(std::size_t n, std::size_t count) const {
    return [
      c = args.c + n, ldc = args.ldc, zero_point = args.c_zero_point,
      lo = args.c_min - args.c_zero_point, hi = args.c_max - args.c_zero_point,
      correction = CorrectionOf(row_sums, offset, args.bias, n, count),
      multiplier = LoadLanes<F32>(args.multipliers + n, count),
      count
    ](I32 acc, std::size_t m) __attribute__((always_inline)) {
      const I32 q = RoundProduct(xsimd::to_float(acc + correction), multiplier, lo, hi);
      StoreLowBytes(c + m * ldc, q + I32(zero_point), count);
    };
  }
};

struct StoreS8 {
  const GemmS8S8S8Args& args;
  std::int32_t offset;
  RowSums row_sums;

  auto Channels(std::size_t n, std::size_t count) const {
    return [
      c = args.c + n, ldc = args.ldc,
      clamped = ClampedS8(args.c_zero_point, args.c_min, args.c_max),
      correction = CorrectionOf(row_sums, offset, args.bias, n, count),
      multipliers = SmallFixedPointFactors(args.multipliers + n, count),
      count
    ](I32 acc, std::size_t m) __attribute__((always_inline)) {
      clamped.Store(c + m * ldc, multipliers.Multiply(acc + correction), count);
    };
  }
};

template <class A, class Args, class Store>
void GemmInto(const Args& args, const Store& store) {
  assert(args.K <= kMaxDepthInt8);
  const GemmProblem<MacInt8> problem = {.M = args.M,
                                        .N = args.N,
                                        .K = args.K,
                                        .packed_b = args.packed_b,
                                        .panel_stride = PanelBytes(args.K),
                                        .c = nullptr,
                                        .ldc = 0};
  Gemm(problem, RowsOfA<RowsInt8<A>>{args.a, args.lda}, store);
}

template <class A>
void GemmS32(const GemmInt8S32Args<A>& args) {
  GemmInto<A>(args, StoreS32{args.c, args.ldc, kDotOffset<A>, {args.packed_b, args.K}});
}

template <class A>
void GemmF32(const GemmInt8F32Args<A>& args) {
  const bool relu = args.activation == Activation::kRelu;
  const RowSums row_sums = {args.packed_b, args.K};
  if ((relu || args.activation == Activation::kNone) && args.then.factor == nullptr &&
      args.then.residual == nullptr) {
    return GemmInto<A>(args, StoreF32{.a_params = args.a_params,
                                      .a_params_stride = args.a_params_stride,
                                      .b_scales = args.b_scales,
                                      .bias = args.bias,
                                      .floor = relu ? 0 : -std::numeric_limits<float>::infinity(),
                                      .c = args.c,
                                      .ldc = args.ldc,
                                      .offset = kDotOffset<A>,
                                      .row_sums = row_sums});
  }
  alignas(64) float buffer[TileFinisher::kBufferSize];
  GemmInto<A>(args, FinishF32{{.bias = args.bias,
                               .activation = args.activation,
                               .then = args.then,
                               .c = args.c,
                               .ldc = args.ldc,
                               .buffer = buffer},
                              args.a_params,
                              args.a_params_stride,
                              args.b_scales,
                              kDotOffset<A>,
                              row_sums});
}

}  // namespace

std::size_t PackedS8Size(std::size_t N, std::size_t K) {
  return CeilDiv(N, kPanel<MacInt8>) * PanelBytes(K);
}

void PackS8(const PackS8Args& args) {
  for (std::size_t n0 = 0; n0 < args.N; n0 += kPanel<MacInt8>) {
    std::int8_t* panel = args.packed + PackedS8Size(n0, args.K);
    PackPanel<MacInt8>(args.N, args.K, args.b, args.ldb, n0, panel);
    std::int32_t sums[kPanel<MacInt8>] = {};
    for (std::size_t n = n0; n < args.N && n < n0 + kPanel<MacInt8>; ++n) {
      for (std::size_t k = 0; k < args.K; ++k) sums[n - n0] += args.b[n * args.ldb + k];
    }
    std::memcpy(panel + PanelSize<MacInt8>(args.K), sums, sizeof(sums));
  }
}

void GemmU8S8S32(const GemmInt8S32Args<std::uint8_t>& args) { GemmS32(args); }
void GemmS8S8S32(const GemmInt8S32Args<std::int8_t>& args) { GemmS32(args); }
void GemmU8S8F32(const GemmInt8F32Args<std::uint8_t>& args) { GemmF32(args); }
void GemmS8S8F32(const GemmInt8F32Args<std::int8_t>& args) { GemmF32(args); }
void GemmU8S8U8(const GemmU8S8U8Args& args) {
  GemmInto<std::uint8_t>(
      args, StoreU8{args, args.a_zero_point + kDotOffset<std::uint8_t>, {args.packed_b, args.K}});
}
void GemmS8S8S8(const GemmS8S8S8Args& args) {
  GemmInto<std::int8_t>(
      args, StoreS8{args, args.a_zero_point + kDotOffset<std::int8_t>, {args.packed_b, args.K}});
}

}  // namespace podium::PODIUM_ISA
