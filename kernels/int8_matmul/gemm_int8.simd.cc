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
  // Fewer loads, as for f32, but only where a panel exceeds L1: elsewhere 6 % slower on Zen 5.
  static constexpr int kWideRows = 6, kWideFrom = std::numeric_limits<int>::max();
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

// The next three write to C what is in registers: by way of a buffer it takes up to half as long again.
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

  // Without bias and floor.
  [[gnu::always_inline]] F32 Scaled(I32 acc, I32 sums, F32 scales, std::size_t m) const {
    const AffineParams params = a_params[m * a_params_stride];
    acc = acc - I32(params.zero_point + offset) * sums;
    return xsimd::to_float(acc) * (F32(params.scale) * scales);
  }
  auto Channels(std::size_t n, std::size_t count) const {
    return [
      to = *this, sums = row_sums(n), scales = LoadLanes<F32>(b_scales + n, count),
      b = bias == nullptr ? F32(0.0f) : LoadLanes<F32>(bias + n, count), n,
      count
    ](I32 acc, std::size_t m) __attribute__((always_inline)) {
      F32 y = to.Scaled(acc, sums, scales, m);
      if (to.bias != nullptr) y = y + b;
      StoreLanes(to.c + m * to.ldc + n, AtLeast(to.floor, y), count);
    };
  }
};

// What the 8-bit forms share. `offset`: what zero points, and Dot, have added to each activation.
struct Requantized {
  const std::int32_t* bias;
  std::int32_t c_zero_point, c_min, c_max;
  std::uint8_t* c;  // or of s8
  std::size_t ldc;
  std::int32_t offset;
  RowSums row_sums;

  I32 Correction(std::size_t n, std::size_t count) const {
    const I32 correction = I32(0) - I32(offset) * row_sums(n);
    return bias == nullptr ? correction : correction + LoadLanes<I32>(bias + n, count);
  }
  [[gnu::always_inline]] void Round(F32 x, F32 multiplier, std::size_t m, std::size_t n,
                                    std::size_t count) const {
    const I32 q = RoundProduct(x, multiplier, c_min - c_zero_point, c_max - c_zero_point);
    StoreLowBytes(c + m * ldc + n, q + I32(c_zero_point), count);
  }
};

struct StoreU8 : Requantized {
  const float* multipliers;

  auto Channels(std::size_t n, std::size_t count) const {
    return [
      to = *this, correction = Correction(n, count),
      multiplier = LoadLanes<F32>(multipliers + n, count), n,
      count
    ](I32 acc, std::size_t m) __attribute__((always_inline)) {
      to.Round(xsimd::to_float(acc + correction), multiplier, m, n, count);
    };
  }
};

struct StoreS8 : Requantized {
  const FixedPoint* multipliers;

  auto Channels(std::size_t n, std::size_t count) const {
    return [
      c = reinterpret_cast<std::int8_t*>(c) + n, ldc = ldc,
      clamped =
          ClampedS8(c_zero_point, static_cast<std::int8_t>(c_min), static_cast<std::int8_t>(c_max)),
      correction = Correction(n, count), factors = SmallFixedPointFactors(multipliers + n, count),
      count
    ](I32 acc, std::size_t m) __attribute__((always_inline)) {
      clamped.Store(c + m * ldc, factors.Multiply(acc + correction), count);
    };
  }
};

// What more follows: the sums of a tile wait in a buffer. In the f32 form they become FP32 there and are
// left to TileFinisher; in the 8-bit forms they do not leave the registers again.
struct StoreLater : TileFinisher {
  std::int32_t* waiting;
  const StoreF32* f32;  // one of
  const StoreU8* u8;    // the
  const StoreS8* s8;    // three
  float c_multiplier;   // of the 8-bit forms

  auto Channels(std::size_t channel, std::size_t) const {
    return [ to = waiting + (channel - n), m = m, ld = ld ](I32 acc, std::size_t row)
        __attribute__((always_inline)) {
      acc.store_unaligned(to + (row - m) * ld);
    };
  }
  void FinishTile(std::size_t rows) const { Finish(*this, rows); }

  [[gnu::noinline]] static void Finish(const StoreLater& tile, std::size_t rows) {
    if (tile.u8 != nullptr) return FinishAny(tile, *tile.u8, tile.u8->multipliers + tile.n, rows);
    if (tile.s8 != nullptr) {
      float reals[kBufferSize];
      for (std::size_t i = 0; i < tile.count; ++i) {
        reals[i] = RealOf(tile.s8->multipliers[tile.n + i]);
      }
      return FinishAny(tile, *tile.s8, reals, rows);
    }
    const StoreF32 f32 = *tile.f32;
    for (std::size_t i = 0; i < tile.count; i += I32::size) {
      const I32 sums = f32.row_sums(tile.n + i);
      const F32 scales = LoadLanes<F32>(f32.b_scales + tile.n + i, tile.count - i);
      for (std::size_t r = 0; r < rows; ++r) {
        const I32 acc = I32::load_unaligned(tile.waiting + r * tile.ld + i);
        f32.Scaled(acc, sums, scales, tile.m + r).store_unaligned(tile.sums + r * tile.ld + i);
      }
    }
    tile.TileFinisher::FinishTile(rows);
  }

  // `multipliers` begins with that of the tile's first channel.
  static void FinishAny(const StoreLater& tile, const Requantized& to, const float* multipliers,
                        std::size_t rows) {
    switch (tile.activation) {
      case Activation::kNone:
        return FinishRequantized<Activation::kNone>(tile, to, multipliers, rows);
      case Activation::kRelu:
        return FinishRequantized<Activation::kRelu>(tile, to, multipliers, rows);
      case Activation::kGeluTanh:
        return FinishRequantized<Activation::kGeluTanh>(tile, to, multipliers, rows);
      case Activation::kGeluErf:
        return FinishRequantized<Activation::kGeluErf>(tile, to, multipliers, rows);
      case Activation::kSilu:
        return FinishRequantized<Activation::kSilu>(tile, to, multipliers, rows);
    }
  }

  template <Activation kActivation>
  static void FinishRequantized(const StoreLater& tile, const Requantized to,
                                const float* multipliers, std::size_t rows) {
    const ElementwiseF32 then = tile.then;
    const F32 c_multiplier(tile.c_multiplier);
    const auto finish = [&](std::size_t i, std::size_t lanes) __attribute__((always_inline)) {
      const std::size_t channel = tile.n + i;
      const I32 correction = to.Correction(channel, lanes);
      const F32 multiplier = LoadLanes<F32>(multipliers + i, lanes);
      const std::int32_t* from = tile.waiting + i;
      const std::size_t ld = tile.ld, end = tile.m + rows;
      for (std::size_t row = tile.m; row < end; ++row, from += ld) {
        const I32 acc = I32::load_unaligned(from);
        F32 y = Activate<kActivation>(xsimd::to_float(acc + correction) * multiplier);
        if (then.factor != nullptr) {
          y = y * LoadLanes<F32>(then.factor + row * then.ldf + channel, lanes);
        }
        if (then.residual != nullptr) {
          y = y + LoadLanes<F32>(then.residual + row * then.ldr + channel, lanes);
        }
        to.Round(y, c_multiplier, row, channel, lanes);
      }
    };
    // Apart, because what stores some lanes calls functions, around which no register is kept.
    std::size_t i = 0;
    for (; i + I32::size <= tile.count; i += I32::size) finish(i, I32::size);
    if (i < tile.count) finish(i, tile.count - i);
  }
};

// One of these, chosen anew for each tile, so that a tile's loops are compiled once for all of them.
struct StoreAny {
  const StoreS32* s32 = nullptr;
  const StoreF32* f32 = nullptr;
  const StoreU8* u8 = nullptr;
  const StoreS8* s8 = nullptr;
  const StoreLater* later = nullptr;
  const char* c = nullptr;
  std::size_t ldc = 0, element = 0;  // bytes of one of C

  [[gnu::always_inline]] void Prefetch(std::size_t m, std::size_t n) const {
    __builtin_prefetch(c + (m * ldc + n) * element, 1);
  }
  template <class F>
  [[gnu::always_inline]] void Choose(const F& use) const {
    if (s32 != nullptr) {
      use(*s32);
    } else if (f32 != nullptr) {
      use(*f32);
    } else if (u8 != nullptr) {
      use(*u8);
    } else if (s8 != nullptr) {
      use(*s8);
    } else {
      use(*later);
    }
  }
};

template <class A, class Args>
void GemmInto(const Args& args, StoreAny store) {
  assert(args.K <= kMaxDepthInt8);
  store.c = reinterpret_cast<const char*>(args.c);
  store.ldc = args.ldc;
  store.element = sizeof(*args.c);
  const GemmProblem<MacInt8> problem = {.M = args.M,
                                        .N = args.N,
                                        .K = args.K,
                                        .packed_b = args.packed_b,
                                        .panel_stride = PanelBytes(args.K),
                                        .c = nullptr,
                                        .ldc = 0};
  Gemm(problem, RowsOfA<RowsInt8<A>>{args.a, args.lda}, store);
}

// The same by way of StoreLater, with what both forms know of it.
template <class A, class Args>
void GemmLater(const Args& args, StoreLater store) {
  alignas(64) std::int32_t waiting[TileFinisher::kBufferSize];
  alignas(64) float buffer[TileFinisher::kBufferSize];
  store.waiting = waiting;
  store.buffer = buffer;
  store.activation = args.activation;
  store.then = args.then;
  GemmInto<A>(args, {.later = &store});
}

bool Any(const ElementwiseF32& then) { return then.factor != nullptr || then.residual != nullptr; }

template <class A>
void GemmS32(const GemmInt8S32Args<A>& args) {
  const StoreS32 store = {args.c, args.ldc, kDotOffset<A>, {args.packed_b, args.K}};
  GemmInto<A>(args, {.s32 = &store});
}

template <class A>
void GemmF32(const GemmInt8F32Args<A>& args) {
  const bool relu = args.activation == Activation::kRelu;
  const StoreF32 store = {.a_params = args.a_params,
                          .a_params_stride = args.a_params_stride,
                          .b_scales = args.b_scales,
                          .bias = args.bias,
                          .floor = relu ? 0 : -std::numeric_limits<float>::infinity(),
                          .c = args.c,
                          .ldc = args.ldc,
                          .offset = kDotOffset<A>,
                          .row_sums = {args.packed_b, args.K}};
  if ((relu || args.activation == Activation::kNone) && !Any(args.then)) {
    return GemmInto<A>(args, {.f32 = &store});
  }
  StoreLater later = {};
  later.bias = args.bias;
  later.c = args.c;
  later.ldc = args.ldc;
  later.f32 = &store;
  GemmLater<A>(args, later);
}

// `now`, `later`: which member Store is.
template <class Store, class A, class Multiplier>
void GemmRequantized(const GemmInt8RequantizedArgs<A, Multiplier>& args,
                     const Store* StoreAny::*now, const Store* StoreLater::*later) {
  const Store store = {{.bias = args.bias,
                        .c_zero_point = args.c_zero_point,
                        .c_min = args.c_min,
                        .c_max = args.c_max,
                        .c = reinterpret_cast<std::uint8_t*>(args.c),
                        .ldc = args.ldc,
                        .offset = args.a_zero_point + kDotOffset<A>,
                        .row_sums = {args.packed_b, args.K}},
                       args.multipliers};
  if (args.activation == Activation::kNone && !Any(args.then) && args.c_multiplier == 1) {
    StoreAny any;
    any.*now = &store;
    return GemmInto<A>(args, any);
  }
  StoreLater any = {};
  any.*later = &store;
  any.c_multiplier = args.c_multiplier;
  GemmLater<A>(args, any);
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
  GemmRequantized(args, &StoreAny::u8, &StoreLater::u8);
}
void GemmS8S8S8(const GemmS8S8S8Args& args) {
  GemmRequantized(args, &StoreAny::s8, &StoreLater::s8);
}

}  // namespace podium::PODIUM_ISA
