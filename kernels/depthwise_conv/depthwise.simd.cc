#include "kernels/depthwise_conv/depthwise.h"

#include <cassert>
#include <limits>

#include "kernels/fused_activation/row.h"
#include "kernels/fused_activation/vector_math.h"
#include "kernels/simd/fixed_point.h"
#include "kernels/simd/zip_s16.h"

namespace podium::PODIUM_ISA {
namespace {

// The taps p with begin <= p < end of K lie inside: 0 <= at + p - pad < size.
struct Range {
  std::size_t begin, end;

  Range(std::size_t at, std::size_t pad, std::size_t K, std::size_t size) {
    begin = at < pad ? pad - at : 0;
    end = size + pad > at ? size + pad - at : 0;
    if (end > K) end = K;
    if (begin > end) begin = end;
  }
};

// One output pixel, kVecs batches of channels from c on. Their sums are chains of their own.
template <int kVecs, class Lanes>
[[gnu::always_inline]] inline void ChannelsF32(const DepthwiseF32Args& args, Range rows, Range cols,
                                               const float* x, float* y, std::size_t c,
                                               const Lanes& lanes, float floor) {
  const DepthwiseShape& s = args.shape;
  F32 sums[kVecs];
  Unroll<kVecs>([&](auto v) __attribute__((always_inline)) {
    sums[v] = lanes.Load(args.bias + c + v * F32::size);
  });
  for (std::size_t p = rows.begin; p < rows.end; ++p) {
    const float* tap = x + (p - rows.begin) * s.W * s.C + c;
    const float* w = args.w + (p * s.KW + cols.begin) * s.C + c;
    for (std::size_t q = cols.begin; q < cols.end; ++q, tap += s.C, w += s.C) {
      Unroll<kVecs>([&](auto v) __attribute__((always_inline)) {
        sums[v] = Fma(lanes.Load(tap + v * F32::size), lanes.Load(w + v * F32::size), sums[v]);
      });
    }
  }
  Unroll<kVecs>([&](auto v) __attribute__((always_inline)) {
    lanes.Store(y + c + v * F32::size, AtLeast(floor, sums[v]));
  });
}

}  // namespace

void DepthwiseF32(const DepthwiseF32Args& args) {
  assert(args.activation == Activation::kNone || args.activation == Activation::kRelu);
  const DepthwiseShape& s = args.shape;
  const float floor =
      args.activation == Activation::kRelu ? 0 : -std::numeric_limits<float>::infinity();
  float* y = args.y;
  for (std::size_t i = 0; i < s.OH; ++i) {
    const Range rows(i * s.stride_h, s.pad_top, s.KH, s.H);
    for (std::size_t j = 0; j < s.OW; ++j, y += s.C) {
      const Range cols(j * s.stride_w, s.pad_left, s.KW, s.W);
      if (rows.begin == rows.end || cols.begin == cols.end) {
        for (std::size_t c = 0; c < s.C; ++c) y[c] = args.bias[c] > floor ? args.bias[c] : floor;
        continue;
      }
      const std::size_t row = i * s.stride_h + rows.begin - s.pad_top,
                        col = j * s.stride_w + cols.begin - s.pad_left;
      const float* x = args.x + (row * s.W + col) * s.C;
      std::size_t c = 0;
      for (; c + 4 * F32::size <= s.C; c += 4 * F32::size) {
        ChannelsF32<4>(args, rows, cols, x, y, c, AllLanes(), floor);
      }
      for (; c + F32::size <= s.C; c += F32::size) {
        ChannelsF32<1>(args, rows, cols, x, y, c, AllLanes(), floor);
      }
      if (c < s.C) ChannelsF32<1>(args, rows, cols, x, y, c, SomeLanes{s.C - c}, floor);
    }
  }
}

namespace {

// Of kZipSize channels, in the order of ZipOrder: their biases and factors, followed by their weights,
// for each pair of taps those of the lower lanes and of the upper.
struct alignas(64) PackedBlock {
  std::int32_t bias[2][I32::size];
  FixedPointLanes factors[2];
};
struct PairWeights {
  std::int16_t w[2][I32::size][2];
};

std::size_t BlockBytes(std::size_t taps) {
  const std::size_t bytes = sizeof(PackedBlock) + (taps + 1) / 2 * sizeof(PairWeights);
  return (bytes + 63) / 64 * 64;
}

// The taps of one output pixel: where each one's channels begin, or `padding`, over and over.
struct Taps {
  const std::int8_t* at[kMaxDepthwiseTaps + 1];
  std::size_t step[kMaxDepthwiseTaps + 1];  // 1, or 0 for padding
};

// One output pixel, `count` channels from c on.
template <class Load>
[[gnu::always_inline]] inline void ChannelsS8(const DepthwiseS8Args& args, const Taps& taps,
                                              std::size_t pairs, const std::byte* packed,
                                              std::size_t c, std::size_t count, std::int8_t* y,
                                              const Load& load) {
  const auto* block = reinterpret_cast<const PackedBlock*>(packed);
  const auto* weights = reinterpret_cast<const PairWeights*>(packed + sizeof(PackedBlock));
  I32 sums[2];
  Unroll<2>([&](auto half) __attribute__((always_inline)) {
    sums[half] = I32::load_unaligned(block->bias[half]);
  });
  for (std::size_t pair = 0; pair < pairs; ++pair) {
    const std::size_t t = 2 * pair;
    I32 x[2], w[2];
    ZipS16(load(taps.at[t] + c * taps.step[t]), load(taps.at[t + 1] + c * taps.step[t + 1]), x[0],
           x[1]);
    Unroll<2>([&](auto half) __attribute__((always_inline)) {
      __builtin_memcpy(&w[half], weights[pair].w[half], sizeof(I32));
      sums[half] = DotS16(sums[half], x[half], w[half]);
    });
  }
  Unroll<2>([&](auto half) __attribute__((always_inline)) {
    const I32 q = FixedPointFactors(block->factors[half]).Multiply(sums[half]);
    sums[half] = xsimd::min(xsimd::max(q + I32(args.zero_point), I32(args.y_min)), I32(args.y_max));
  });
  StoreZippedS8(y + c, sums[0], sums[1], count);
}

}  // namespace

std::size_t PackedDepthwiseS8Size(std::size_t taps, std::size_t C) {
  return (C + kZipSize - 1) / kZipSize * BlockBytes(taps);
}

void PackDepthwiseS8(const PackDepthwiseS8Args& args) {
  assert(args.taps <= kMaxDepthwiseTaps);
  for (std::size_t c0 = 0; c0 < args.C; c0 += kZipSize) {
    std::byte* packed = args.packed + c0 / kZipSize * BlockBytes(args.taps);
    auto* block = reinterpret_cast<PackedBlock*>(packed);
    auto* weights = reinterpret_cast<PairWeights*>(packed + sizeof(PackedBlock));
    for (std::size_t lane = 0; lane < kZipSize; ++lane) {
      const std::size_t half = lane / I32::size, i = lane % I32::size, c = c0 + ZipOrder(lane);
      const bool exists = c < args.C;
      block->bias[half][i] = exists ? args.bias[c] : 0;
      block->factors[half].Set(i, exists ? args.factors[c] : FixedPoint());
      for (std::size_t t = 0; t < (args.taps + 1) / 2 * 2; ++t) {
        weights[t / 2].w[half][i][t % 2] =
            exists && t < args.taps ? args.w[t * args.C + c] : std::int16_t{0};
      }
    }
  }
}

void DepthwiseS8(const DepthwiseS8Args& args) {
  const DepthwiseShape& s = args.shape;
  const std::size_t count = s.KH * s.KW, pairs = (count + 1) / 2;
  assert(count <= kMaxDepthwiseTaps);
  std::int8_t padding[kZipSize];
  for (std::int8_t& p : padding) p = args.padding;
  Taps taps;
  taps.at[count] = padding;  // where the number of taps is odd; its weight is 0
  taps.step[count] = 0;
  std::int8_t* y = args.y;
  for (std::size_t i = 0; i < s.OH; ++i) {
    const Range rows(i * s.stride_h, s.pad_top, s.KH, s.H);
    for (std::size_t j = 0; j < s.OW; ++j, y += s.C) {
      const Range cols(j * s.stride_w, s.pad_left, s.KW, s.W);
      std::size_t t = 0;
      for (std::size_t p = 0; p < s.KH; ++p) {
        for (std::size_t q = 0; q < s.KW; ++q, ++t) {
          const bool inside = p >= rows.begin && p < rows.end && q >= cols.begin && q < cols.end;
          const std::size_t row = i * s.stride_h + p - s.pad_top,
                            col = j * s.stride_w + q - s.pad_left;
          taps.at[t] = inside ? args.x + (row * s.W + col) * s.C : padding;
          taps.step[t] = inside;
        }
      }
      std::size_t c = 0;
      const std::byte* packed = args.packed;
      for (; c + kZipSize <= s.C; c += kZipSize, packed += BlockBytes(count)) {
        ChannelsS8(
            args, taps, pairs, packed, c, kZipSize, y,
            [](const std::int8_t* p) __attribute__((always_inline)) { return LoadS8AsS16(p); });
      }
      if (c < s.C) {
        const std::size_t rest = s.C - c;
        ChannelsS8(
            args, taps, pairs, packed, c, rest,
            y, [rest](const std::int8_t* p) __attribute__((always_inline)) {
              return LoadPartialS8AsS16(p, rest);
            });
      }
    }
  }
}

}  // namespace podium::PODIUM_ISA
