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

// A filter column's rows are taken in pairs, the two elements of a 16-bit dot product; of an odd number
// the last is paired with one of weight 0.
constexpr std::size_t Pairs(std::size_t KH) { return (KH + 1) / 2; }

// kZipSize channels of two rows, in the order of ZipOrder: the lower lanes, then the upper.
struct Zipped {
  I32 of[2];
};

// Of kZipSize channels: biases and factors. Their weights follow, Zipped, column by column.
struct alignas(64) PackedBlock {
  std::int32_t bias[2][I32::size];
  FixedPointLanes factors[2];
};
struct PairWeights {
  std::int16_t w[2][I32::size][2];
};

std::size_t BlockBytes(std::size_t KH, std::size_t KW) {
  const std::size_t bytes = sizeof(PackedBlock) + KW * Pairs(KH) * sizeof(PairWeights);
  return (bytes + 63) / 64 * 64;
}

// Columns of the image wait on the stack, so that each is widened and zipped once for all windows that
// it is part of.
constexpr std::size_t kMaxZipped = kMaxDepthwiseTaps;

// What all outputs of one row, of one block of channels, have in common.
struct RowOfBlock {
  const std::int8_t* rows[kMaxDepthwiseTaps + 1];  // of the image, from channel c on; null outside
  const std::int8_t* padding;
  std::size_t count;  // of channels
  const PackedBlock* block;
  const Zipped* weights;
};

template <class Load>
[[gnu::always_inline]] inline void ZipColumn(const RowOfBlock& row, std::size_t pairs, bool inside,
                                             std::size_t offset, Zipped* to, const Load& load) {
  for (std::size_t p = 0; p < pairs; ++p) {
    const std::int8_t *upper = row.rows[2 * p], *lower = row.rows[2 * p + 1];
    ZipS16(load(inside && upper != nullptr ? upper + offset : row.padding),
           load(inside && lower != nullptr ? lower + offset : row.padding), to[p].of[0],
           to[p].of[1]);
  }
}

// kOutputs neighbours in a row. Zipped columns and weights are contiguous in the same order.
template <int kOutputs>
[[gnu::always_inline]] inline void Outputs(const DepthwiseS8Args& args, const RowOfBlock& row,
                                           const FixedPointFactors (&factors)[2],
                                           const Zipped* columns, std::size_t length,
                                           std::size_t stride, std::int8_t* y) {
  I32 sums[kOutputs][2];
  Unroll<kOutputs>([&](auto o) __attribute__((always_inline)) {
    Unroll<2>([&](auto half) __attribute__((always_inline)) {
      sums[o][half] = I32::load_unaligned(row.block->bias[half]);
    });
  });
  for (std::size_t t = 0; t < length; ++t) {
    Unroll<2>([&](auto half) __attribute__((always_inline)) {
      const I32 w = row.weights[t].of[half];
      Unroll<kOutputs>([&](auto o) __attribute__((always_inline)) {
        sums[o][half] = DotS16(sums[o][half], columns[o * stride + t].of[half], w);
      });
    });
  }
  const I32 zero_point(args.zero_point), lo(args.y_min), hi(args.y_max);
  Unroll<kOutputs>([&](auto o) __attribute__((always_inline)) {
    Unroll<2>([&](auto half) __attribute__((always_inline)) {
      const I32 q = factors[half].Multiply(sums[o][half]) + zero_point;
      sums[o][half] = xsimd::min(xsimd::max(q, lo), hi);
    });
    StoreZippedS8(y + o * args.shape.C, sums[o][0], sums[o][1], row.count);
  });
}

// Channels c to c + row.count of output row i.
template <class Load>
void RowS8(const DepthwiseS8Args& args, const RowOfBlock& row, std::size_t i, std::size_t c,
           const Load& load) {
  const DepthwiseShape& s = args.shape;
  const std::size_t pairs = Pairs(s.KH), length = s.KW * pairs, stride = s.stride_w * pairs;
  const FixedPointFactors factors[2] = {FixedPointFactors(row.block->factors[0]),
                                        FixedPointFactors(row.block->factors[1])};
  std::int8_t* y = args.y + i * s.OW * s.C + c;
  Zipped columns[kMaxZipped];
  // As many outputs at a time as their columns fit the buffer.
  const std::size_t most = 1 + (kMaxZipped / pairs - s.KW) / s.stride_w;
  for (std::size_t j0 = 0; j0 < s.OW; j0 += most) {
    const std::size_t outputs = s.OW - j0 < most ? s.OW - j0 : most;
    const std::size_t count = (outputs - 1) * s.stride_w + s.KW;
    for (std::size_t q = 0; q < count; ++q) {
      const std::size_t col = j0 * s.stride_w + q;
      const bool inside = col >= s.pad_left && col - s.pad_left < s.W;
      ZipColumn(row, pairs, inside, (col - s.pad_left) * s.C, columns + q * pairs, load);
    }
    std::size_t j = 0;
    for (; j + 2 <= outputs; j += 2, y += 2 * s.C) {
      Outputs<2>(args, row, factors, columns + j * stride, length, stride, y);
    }
    if (j < outputs) {
      Outputs<1>(args, row, factors, columns + j * stride, length, stride, y);
      y += s.C;
    }
  }
}

}  // namespace

std::size_t PackedDepthwiseS8Size(std::size_t KH, std::size_t KW, std::size_t C) {
  return (C + kZipSize - 1) / kZipSize * BlockBytes(KH, KW);
}

void PackDepthwiseS8(const PackDepthwiseS8Args& args) {
  const std::size_t pairs = Pairs(args.KH);
  assert(args.KW * pairs <= kMaxDepthwiseTaps);
  for (std::size_t c0 = 0; c0 < args.C; c0 += kZipSize) {
    std::byte* packed = args.packed + c0 / kZipSize * BlockBytes(args.KH, args.KW);
    auto* block = reinterpret_cast<PackedBlock*>(packed);
    auto* weights = reinterpret_cast<PairWeights*>(packed + sizeof(PackedBlock));
    for (std::size_t lane = 0; lane < kZipSize; ++lane) {
      const std::size_t half = lane / I32::size, i = lane % I32::size, c = c0 + ZipOrder(lane);
      const bool exists = c < args.C;
      block->bias[half][i] = exists ? args.bias[c] : 0;
      block->factors[half].Set(i, exists ? args.factors[c] : FixedPoint());
      for (std::size_t q = 0; q < args.KW; ++q) {
        for (std::size_t p = 0; p < 2 * pairs; ++p) {
          weights[q * pairs + p / 2].w[half][i][p % 2] =
              exists && p < args.KH ? args.w[(p * args.KW + q) * args.C + c] : std::int16_t{0};
        }
      }
    }
  }
}

void DepthwiseS8(const DepthwiseS8Args& args) {
  const DepthwiseShape& s = args.shape;
  assert(s.KW * Pairs(s.KH) <= kMaxDepthwiseTaps);
  std::int8_t padding[kZipSize];
  for (std::int8_t& p : padding) p = args.padding;
  RowOfBlock row;
  row.padding = padding;
  for (std::size_t i = 0; i < s.OH; ++i) {
    for (std::size_t c = 0; c < s.C; c += kZipSize) {
      const std::byte* packed = args.packed + c / kZipSize * BlockBytes(s.KH, s.KW);
      row.block = reinterpret_cast<const PackedBlock*>(packed);
      row.weights = reinterpret_cast<const Zipped*>(packed + sizeof(PackedBlock));
      row.count = s.C - c < kZipSize ? s.C - c : kZipSize;
      row.rows[s.KH] = nullptr;
      for (std::size_t p = 0; p < s.KH; ++p) {
        const std::size_t at = i * s.stride_h + p;
        const bool inside = at >= s.pad_top && at - s.pad_top < s.H;
        row.rows[p] = inside ? args.x + (at - s.pad_top) * s.W * s.C + c : nullptr;
      }
      if (row.count == kZipSize) {
        RowS8(
            args, row, i, c,
            [](const std::int8_t* p) __attribute__((always_inline)) { return LoadS8AsS16(p); });
      } else {
        const std::size_t count = row.count;
        RowS8(
            args, row, i, c, [count](const std::int8_t* p) __attribute__((always_inline)) {
              return LoadPartialS8AsS16(p, count);
            });
      }
    }
  }
}

}  // namespace podium::PODIUM_ISA
