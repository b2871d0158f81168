#include "kernels/depthwise_conv/depthwise.h"

#include <cassert>
#include <limits>

#include "kernels/fused_activation/row.h"
#include "kernels/fused_activation/vector_math.h"
#include "kernels/simd/clamped_s8.h"
#include "kernels/simd/fixed_point.h"
#include "kernels/simd/zip_rows.h"

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

// Rows of a filter are taken kDotDepth at a time, one step of a dot product; of the last step's some may
// lie beyond the filter, with weight 0.
constexpr std::size_t Groups(std::size_t KH) { return (KH + kDotDepth - 1) / kDotDepth; }

// Channels of a block, and lanes computed together.
constexpr std::size_t kBlockChannels = 64, kStep = 2 * I32::size;

std::size_t BlockChannels(std::size_t C) { return C < kBlockChannels ? C : kBlockChannels; }

// Where a row of outputs is contiguous, lanes run on from one pixel to the next, so that few channels fill
// batches too: channel after channel, over and over. After so many lanes a batch begins with channel 0
// again.
std::size_t Period(std::size_t channels) {
  std::size_t lanes = channels;
  while (lanes % kStep != 0) lanes += channels;
  return lanes;
}

// A block of channels: this, a PackedLanes for each batch of a period, then the weights, as words, for
// each group of rows, and each column, a period of lanes.
struct alignas(64) PackedHeader {
  bool small;  // all factors
};
struct alignas(64) PackedLanes {
  std::int32_t bias[I32::size];
  SmallFixedPointFactors small_factors;
  FixedPointLanes factors;
};

std::size_t BlockBytes(std::size_t KH, std::size_t KW, std::size_t channels) {
  const std::size_t period = Period(channels);
  return sizeof(PackedHeader) + period / I32::size * sizeof(PackedLanes) +
         KW * Groups(KH) * period * sizeof(std::uint32_t);
}

// Rows of the image, zipped for all windows that they are part of, wait on the stack.
constexpr std::size_t kMaxZipped = kMaxDepthwiseTaps * kBlockChannels;

// A block of channels of some neighbouring outputs, and of some rows of them.
struct Part {
  std::size_t channels, period;
  std::size_t KW, groups;
  const PackedLanes* lanes;
  const std::uint32_t* weights;
  const std::uint32_t*
      zipped;  // `group_stride` lanes of each group of rows, `channels` of each column
  std::size_t group_stride;
  // Lanes of a contiguous run of outputs; runs of a row, so many zipped lanes and elements of Y apart;
  // rows.
  std::size_t run, runs, run_stride, y_stride;
  std::size_t rows, row_stride, y_row_stride;
};

template <class Factors>
[[gnu::always_inline]] inline Factors FactorsOf(const PackedLanes& lanes) {
  if constexpr (std::is_same_v<Factors, SmallFixedPointFactors>) {
    return lanes.small_factors;
  } else {
    return Factors(lanes.factors);
  }
}

// The columns of a filter of 3 x 3, the usual one, are unrolled, and its weights stay in registers.
constexpr int kAnyTaps = 0, kTapsOf3x3 = 3 * Groups(3);

// kStep lanes of outputs, at lane `lane` of their period: `count` times in each row, `x_step` zipped lanes
// apart.
template <class Factors, int kTaps>
void Steps(const Part& part, std::size_t lane, std::size_t count, const std::uint32_t* row_of_x,
           std::size_t x_step, std::int8_t* row_of_y, std::size_t y_step, std::size_t lanes,
           const ClampedS8& to) {
  const PackedLanes* packed = part.lanes + lane / I32::size;
  const Factors factors[2] = {FactorsOf<Factors>(packed[0]), FactorsOf<Factors>(packed[1])};
  const I32 bias[2] = {I32::load_unaligned(packed[0].bias), I32::load_unaligned(packed[1].bias)};
  const std::uint32_t* const w = part.weights + lane;
  const std::size_t channels = part.channels, group_stride = part.group_stride, KW = part.KW;
  I32 weights[kTaps + 1][2];
  Unroll<kTaps>([&](auto t) __attribute__((always_inline)) {
    weights[t][0] = LoadWords(w + t * part.period);
    weights[t][1] = LoadWords(w + t * part.period + I32::size);
  });
  const ClampedS8 clamped = to;
  const std::uint32_t* x = row_of_x;
  std::int8_t* y = row_of_y;
  const auto outputs = [&](auto n) __attribute__((always_inline)) {
    constexpr int kOutputs = n;
    I32 sums[kOutputs][2];
    Unroll<kOutputs>([&](auto o) __attribute__((always_inline)) {
      sums[o][0] = bias[0];
      sums[o][1] = bias[1];
    });
    const auto add = [&](const std::uint32_t* column, I32 w0, I32 w1)
        __attribute__((always_inline)) {
      Unroll<kOutputs>([&](auto o) __attribute__((always_inline)) {
        sums[o][0] = Dot(sums[o][0], LoadWords(column + o * x_step), w0);
        sums[o][1] = Dot(sums[o][1], LoadWords(column + o * x_step + I32::size), w1);
      });
    };
    if constexpr (kTaps != kAnyTaps) {
      Unroll<kTaps>([&](auto t) __attribute__((always_inline)) {
        add(x + t / 3 * group_stride + t % 3 * channels, weights[t][0], weights[t][1]);
      });
    } else {
      const std::uint32_t* tap = w;
      for (std::size_t g = 0; g < part.groups; ++g) {
        const std::uint32_t* column = x + g * group_stride;
        for (std::size_t q = 0; q < KW; ++q, column += channels, tap += part.period) {
          add(column, LoadWords(tap), LoadWords(tap + I32::size));
        }
      }
    }
    Unroll<kOutputs>([&](auto o) __attribute__((always_inline)) {
      clamped.Store(y + o * y_step, factors[0].Multiply(sums[o][0]),
                    factors[1].Multiply(sums[o][1]), lanes);
    });
    x += kOutputs * x_step;
    y += kOutputs * y_step;
  };
  for (std::size_t row = 0; row < part.rows; ++row) {
    x = row_of_x + row * part.row_stride;
    y = row_of_y + row * part.y_row_stride;
    for (std::size_t pairs = count / 2; pairs > 0; --pairs) outputs(Index<2>());
    if (count % 2 == 1) outputs(Index<1>());
  }
}

template <class Factors, int kTaps>
void Compute(const Part& part, std::int8_t* y, const ClampedS8& clamped) {
  for (std::size_t lane = 0; lane < part.period && lane < part.run; lane += kStep) {
    const std::size_t left = part.run - lane;
    const std::uint32_t* x = part.zipped + lane;
    if (part.runs > 1 || left < kStep) {
      Steps<Factors, kTaps>(part, lane, part.runs, x, part.run_stride, y + lane, part.y_stride,
                            left < kStep ? left : kStep, clamped);
      continue;
    }
    const std::size_t whole = (left - kStep) / part.period + 1, after = whole * part.period;
    Steps<Factors, kTaps>(part, lane, whole, x, part.period, y + lane, part.period, kStep, clamped);
    if (after < left) {
      Steps<Factors, kTaps>(part, lane, 1, x + after, 0, y + lane + after, 0, left - after,
                            clamped);
    }
  }
}

// Rows of the image, or of padding in their place.
struct Rows {
  const std::int8_t* of[kDotDepth];
  std::size_t step[kDotDepth];  // 0 for padding, which is shorter
  const std::int8_t* end;       // of the image

  void Zip(std::size_t count, std::uint32_t* to) const {
    const std::size_t whole = count / kZipSize * kZipSize;
    const std::int8_t* from[kDotDepth];
    for (std::size_t e = 0; e < whole; e += kZipSize) {
      for (std::size_t r = 0; r < kDotDepth; ++r) from[r] = of[r] + e * step[r];
      ZipRows(from, to + e);
    }
    if (whole == count) return;
    // ZipRows reads more than is left.
    std::int8_t copies[kDotDepth][kZipSize];
    for (std::size_t r = 0; r < kDotDepth; ++r) {
      from[r] = of[r] + whole * step[r];
      if (step[r] == 0 || end - from[r] >= static_cast<std::ptrdiff_t>(kZipSize)) continue;
      __builtin_memcpy(copies[r], from[r], count - whole);
      from[r] = copies[r];
    }
    ZipRows(from, to + whole);
  }
};

// Columns `first` to `first` + `count`, counted with the padding, of the rows under output row i; of
// channels c and following.
void ZipColumns(const DepthwiseS8Args& args, const std::int8_t (&padding)[kZipSize], std::size_t i,
                std::size_t c, std::size_t channels, std::size_t first, std::size_t count,
                std::uint32_t* zipped) {
  const DepthwiseShape& s = args.shape;
  const Range inside(first, s.pad_left, count, s.W);
  const std::size_t before = inside.begin * channels,
                    lanes = (inside.end - inside.begin) * channels;
  const std::size_t first_inside = first + inside.begin - s.pad_left;
  const std::uint32_t padding_word = DotWord(padding);
  Rows rows;
  rows.end = args.x + s.H * s.W * s.C;
  for (std::size_t p = 0; p < s.KH; p += kDotDepth, zipped += count * channels) {
    for (std::size_t r = 0; r < kDotDepth; ++r) {
      const std::size_t row = i * s.stride_h + p + r;
      const bool exists = p + r < s.KH && row >= s.pad_top && row - s.pad_top < s.H;
      rows.of[r] = exists ? args.x + ((row - s.pad_top) * s.W + first_inside) * s.C + c : padding;
      rows.step[r] = exists ? 1 : 0;
    }
    for (std::size_t e = 0; e < before; ++e) zipped[e] = padding_word;
    if (channels == s.C) {
      rows.Zip(lanes, zipped + before);
    } else {
      for (std::size_t e = 0; e < lanes; e += channels) {
        rows.Zip(channels, zipped + before + e);
        for (std::size_t r = 0; r < kDotDepth; ++r) rows.of[r] += rows.step[r] * s.C;
      }
    }
    // Behind the others, since Zip writes beyond its end.
    for (std::size_t e = before + lanes; e < count * channels; ++e) zipped[e] = padding_word;
  }
}

}  // namespace

std::size_t PackedDepthwiseS8Size(std::size_t KH, std::size_t KW, std::size_t C) {
  std::size_t bytes = 0;
  for (std::size_t c = 0; c < C; c += kBlockChannels) {
    bytes += BlockBytes(KH, KW, BlockChannels(C - c));
  }
  return bytes;
}

void PackDepthwiseS8(const PackDepthwiseS8Args& args) {
  assert((args.KH + 1) * args.KW <= 2 * kMaxDepthwiseTaps);
  std::byte* packed = args.packed;
  for (std::size_t c0 = 0; c0 < args.C; c0 += kBlockChannels) {
    const std::size_t channels = BlockChannels(args.C - c0), period = Period(channels);
    auto* header = reinterpret_cast<PackedHeader*>(packed);
    auto* lanes = reinterpret_cast<PackedLanes*>(header + 1);
    auto* words = reinterpret_cast<std::uint32_t*>(lanes + period / I32::size);
    header->small = true;
    FixedPoint factors[I32::size];
    for (std::size_t lane = 0; lane < period; ++lane) {
      const std::size_t c = c0 + lane % channels, i = lane % I32::size;
      PackedLanes& to = lanes[lane / I32::size];
      std::int32_t bias = args.bias[c];
      std::uint32_t* word = words + lane;
      for (std::size_t p = 0; p < args.KH; p += kDotDepth) {
        for (std::size_t q = 0; q < args.KW; ++q, word += period) {
          std::int8_t w[kDotDepth] = {};
          for (std::size_t r = 0; r < kDotDepth && p + r < args.KH; ++r) {
            w[r] = args.w[((p + r) * args.KW + q) * args.C + c];
            bias -= kDotOffset<std::int8_t> * w[r];
          }
          *word = WeightWord(w);
        }
      }
      to.bias[i] = bias;
      to.factors.Set(i, args.factors[c]);
      factors[i] = args.factors[c];
      if (i + 1 == I32::size) to.small_factors = SmallFixedPointFactors(factors, I32::size);
      header->small = header->small && IsSmall(args.factors[c]);
    }
    packed += BlockBytes(args.KH, args.KW, channels);
  }
}

void DepthwiseS8(const DepthwiseS8Args& args) {
  const DepthwiseShape& s = args.shape;
  const std::size_t groups = Groups(s.KH);
  const ClampedS8 clamped(args.zero_point, args.y_min, args.y_max);
  std::int8_t padding[kZipSize];
  for (std::int8_t& p : padding) p = args.padding;
  alignas(64) std::uint32_t zipped[kMaxZipped + kZipSize + kStep];
  const std::byte* packed = args.packed;
  for (std::size_t c = 0; c < s.C; c += kBlockChannels) {
    const std::size_t channels = BlockChannels(s.C - c), period = Period(channels);
    const auto* header = reinterpret_cast<const PackedHeader*>(packed);
    const auto* lanes = reinterpret_cast<const PackedLanes*>(header + 1);
    packed += BlockBytes(s.KH, s.KW, channels);
    // As many outputs of a row at a time as their columns fit the buffer; and rows, if all do.
    const std::size_t most = 1 + (kMaxZipped / (groups * channels) - s.KW) / s.stride_w;
    const bool contiguous = s.stride_w == 1 && channels == s.C;
    for (std::size_t j = 0; j < s.OW; j += most) {
      const std::size_t outputs = s.OW - j < most ? s.OW - j : most;
      const std::size_t columns = (outputs - 1) * s.stride_w + s.KW;
      const std::size_t row_lanes = groups * columns * channels;
      const std::size_t most_rows = kMaxZipped / row_lanes;
      for (std::size_t i = 0; i < s.OH; i += most_rows) {
        const std::size_t rows = s.OH - i < most_rows ? s.OH - i : most_rows;
        for (std::size_t r = 0; r < rows; ++r) {
          ZipColumns(args, padding, i + r, c, channels, j * s.stride_w, columns,
                     zipped + r * row_lanes);
        }
        const Part part = {
            .channels = channels,
            .period = period,
            .KW = s.KW,
            .groups = groups,
            .lanes = lanes,
            .weights = reinterpret_cast<const std::uint32_t*>(lanes + period / I32::size),
            .zipped = zipped,
            .group_stride = columns * channels,
            .run = contiguous ? outputs * s.C : channels,
            .runs = contiguous ? 1 : outputs,
            .run_stride = s.stride_w * channels,
            .y_stride = s.C,
            .rows = rows,
            .row_stride = row_lanes,
            .y_row_stride = s.OW * s.C};
        std::int8_t* y = args.y + (i * s.OW + j) * s.C + c;
        if (!header->small) {
          Compute<FixedPointFactors, kAnyTaps>(part, y, clamped);
        } else if (s.KH == 3 && s.KW == 3) {
          Compute<SmallFixedPointFactors, kTapsOf3x3>(part, y, clamped);
        } else {
          Compute<SmallFixedPointFactors, kAnyTaps>(part, y, clamped);
        }
      }
    }
  }
}

}  // namespace podium::PODIUM_ISA
