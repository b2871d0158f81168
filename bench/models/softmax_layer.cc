// Softmax. The s8 form is that of TensorFlow Lite's reference: exp and 1 / (1 + x) by integers alone, as
// gemmlowp's fixed-point functions compute them (google/gemmlowp, fixedpoint/fixedpoint.h: the
// polynomial about -1/8, factors exp(-2^k) for the bits beyond, Newton's iteration), so that scores are the
// same bits everywhere.
//
// Qn below is a number of 32 bits with n of them before the point, beside the sign.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "bench/models/layers.h"

namespace podium::models {
namespace {

using Fixed = std::int32_t;

constexpr std::int64_t kMaxFixed = std::numeric_limits<Fixed>::max(),
                       kMinFixed = std::numeric_limits<Fixed>::min();

// Of a Qn and a Qm, a Q(n + m): the upper half of twice the product, to nearest, halves away from zero.
Fixed Times(Fixed a, Fixed b) {
  if (a == kMinFixed && b == kMinFixed) return kMaxFixed;
  const std::int64_t product = std::int64_t{a} * b;
  const std::int64_t half = product >= 0 ? std::int64_t{1} << 30 : 1 - (std::int64_t{1} << 30);
  return static_cast<Fixed>((product + half) / (std::int64_t{1} << 31));
}

// x / 2^bits, to nearest, halves away from zero.
Fixed ShiftDown(Fixed x, int bits) {
  const Fixed mask = static_cast<Fixed>((std::int64_t{1} << bits) - 1);
  const Fixed threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> bits) + ((x & mask) > threshold ? 1 : 0);
}

Fixed ShiftUp(Fixed x, int bits) {
  return static_cast<Fixed>(
      std::clamp(std::int64_t{x} * (std::int64_t{1} << bits), kMinFixed, kMaxFixed));
}

constexpr int kDiffBits = 5;  // differences of scores, in units of one, are a Q5
constexpr int kSumBits = 12;  // sums of exponentials a Q12

// exp(x) as a Q0 of a Q0 within -1/4 <= x < 0: the Taylor polynomial of degree 4 about -1/8.
Fixed ExpOfQuarter(Fixed x) {
  constexpr Fixed kExpOfEighth = 1895147668;  // exp(-1/8)
  constexpr Fixed kThird = 715827883;
  const Fixed d = x + (1 << 28);  // x + 1/8
  const Fixed d2 = Times(d, d), d3 = Times(d2, d), d4 = Times(d2, d2);
  const Fixed upper = ShiftDown(Times(ShiftDown(d4, 2) + d3, kThird) + d2, 1);
  return kExpOfEighth + Times(kExpOfEighth, d + upper);
}

// exp(x) as a Q0 of a Q5, x <= 0.
Fixed ExpOfNegative(Fixed x) {
  constexpr int kFraction = 31 - kDiffBits;
  constexpr Fixed kQuarter = 1 << (kFraction - 2);
  if (x == 0) return kMaxFixed;
  const Fixed below = (x & (kQuarter - 1)) - kQuarter;
  Fixed result = ExpOfQuarter(below * (1 << kDiffBits));
  // exp(-2^k), k = -2, ..., 4, for each bit of the rest.
  constexpr Fixed kFactors[] = {1672461947, 1302514674, 790015084, 290630308,
                                39332535,   720401,     242};
  const Fixed rest = below - x;
  for (int k = 0; k < 7; ++k) {
    if ((rest & (1 << (kFraction - 2 + k))) != 0) result = Times(result, kFactors[k]);
  }
  return result;
}

// 1 / (1 + x) as a Q0 of a Q0, 0 <= x < 1.
Fixed ReciprocalOfOnePlus(Fixed x) {
  constexpr Fixed k48Over17 = 1515870810, kMinus32Over17 = -1010580540;  // Q2
  // (1 + x) / 2, to nearest.
  const Fixed half_denominator = static_cast<Fixed>((std::int64_t{x} + kMaxFixed + 1) / 2);
  Fixed y = k48Over17 + Times(half_denominator, kMinus32Over17);
  for (int i = 0; i < 3; ++i) {
    const Fixed error = (1 << 29) - Times(half_denominator, y);
    y += ShiftUp(Times(y, error), 2);
  }
  return ShiftUp(y, 1);  // y is 2 / (1 + x) as a Q2
}

struct SoftmaxS8 {
  std::size_t rows, cols;
  FixedPoint to_q5;       // of one step of the input's scale
  std::int32_t smallest;  // differences below it count as none: their exponential is 0

  void Run(const std::int8_t* x, std::int8_t* y) const {
    for (std::size_t m = 0; m < rows; ++m, x += cols, y += cols) {
      const int max = *std::max_element(x, x + cols);
      Fixed sum = 0;
      for (std::size_t n = 0; n < cols; ++n) {
        if (x[n] - max >= smallest) {
          sum += ShiftDown(ExpOfNegative(MultiplyFixedPoint(x[n] - max, to_q5)), kSumBits);
        }
      }
      const int zeros = std::countl_zero(static_cast<std::uint32_t>(sum));
      const Fixed scale = ReciprocalOfOnePlus(
          static_cast<Fixed>((static_cast<std::uint32_t>(sum) << zeros) - (1u << 31)));
      for (std::size_t n = 0; n < cols; ++n) {
        y[n] = -128;
        if (x[n] - max < smallest) continue;
        const Fixed e = ExpOfNegative(MultiplyFixedPoint(x[n] - max, to_q5));
        const Fixed q = ShiftDown(Times(scale, e), kSumBits - zeros + 31 - 8) - 128;
        y[n] = static_cast<std::int8_t>(std::clamp(q, -128, 127));
      }
    }
  }
};

}  // namespace

absl::StatusOr<Layer> MakeSoftmaxLayer(const Graph& graph, const Op& op,
                                       const KernelTable& kernels) {
  const Tensor& x = graph.tensors[op.inputs[0]];
  const Tensor& y = graph.tensors[op.output];
  if (x.shape.empty() || x.shape != y.shape) {
    return absl::InvalidArgumentError("input and output differ in shape");
  }
  const std::size_t cols = x.shape.back(), rows = x.size() / cols;
  Layer layer = {.kind = op.kind};
  if (y.type == DataType::kF32) {
    layer.run = [=, &kernels](const LayerIo& io) {
      kernels.softmax_f32({rows, cols, reinterpret_cast<const float*>(io.x), cols,
                           reinterpret_cast<float*>(io.y), cols});
    };
    return layer;
  }
  if (y.scales[0] != 1.0f / 256 || y.zero_point != -128) {
    return absl::InvalidArgumentError("the output's scale is not 1/256 with zero point -128");
  }
  if (cols > 256) return absl::UnimplementedError("more than 256 scores");
  const double step = std::min(double{x.scales[0]} * (1 << (31 - kDiffBits)), 0x1p31 - 1);
  const FixedPoint to_q5 = FixedPointOf(step);
  // The largest magnitude that stays below 2^5 when rescaled.
  const double largest = ((1 << kDiffBits) - 1) * std::ldexp(1, 31 - kDiffBits - to_q5.shift);
  const SoftmaxS8 softmax = {rows, cols, to_q5,
                             -static_cast<std::int32_t>(std::min(largest, 255.0))};
  layer.run = [softmax](const LayerIo& io) {
    softmax.Run(reinterpret_cast<const std::int8_t*>(io.x), reinterpret_cast<std::int8_t*>(io.y));
  };
  return layer;
}

}  // namespace podium::models
