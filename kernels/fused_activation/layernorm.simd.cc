#include "kernels/fused_activation/layernorm.h"

#include <cassert>
#include <cmath>
#include <limits>

#include "kernels/fused_activation/normalize_rows.h"
#include "kernels/simd/fma.h"

namespace podium::PODIUM_ISA {
namespace {

// A row is normalized as (h - mean) * scale + offset, with the mean as first computed and, in the
// offset, what it is off by.
struct Normalizer {
  float mean, scale, offset;
};

inline Normalizer MakeNormalizer(float mean, float mean_error, float variance, float epsilon) {
  const float scale = 1 / std::sqrt(variance + epsilon);
  return {mean, scale, -mean_error * scale};
}

// By the differences from a first mean.
inline Normalizer ByDifferences(const float* h, float mean, float epsilon, std::size_t N) {
  const auto add = [&](std::size_t n, auto lanes, F32(&sums)[2]) __attribute__((always_inline)) {
    const F32 d = lanes.Keep(lanes.Load(h + n) - F32(mean));
    sums[0] = sums[0] + d;
    sums[1] = Fma(d, d, sums[1]);
  };
  const auto sums = SumOverRow<2, kChains>(N, add);
  const float mean_error = sums.of[0] / static_cast<float>(N);
  const float variance = sums.of[1] / static_cast<float>(N) - mean_error * mean_error;
  // The difference may round to less than 0 for a row of equal values; a NaN stays.
  return MakeNormalizer(mean, mean_error, variance < 0 ? 0 : variance, epsilon);
}

// By the sums of h and of h^2, which is as exact where the mean is small beside the deviation.
inline Normalizer BySums(const float* h, const Sums<2>& sums, float epsilon, std::size_t N) {
  const float mean = sums.of[0] / static_cast<float>(N);
  const float square = sums.of[1] / static_cast<float>(N), variance = square - mean * mean;
  // False of a NaN; infinite is a square that left the range of f32.
  if (mean * mean <= 0.5f * variance && square < std::numeric_limits<float>::infinity()) {
    return MakeNormalizer(mean, 0, variance, epsilon);
  }
  return ByDifferences(h, mean, epsilon, N);
}

inline F32 Normalize(F32 x, const Normalizer& row) {
  return Fma(x - F32(row.mean), F32(row.scale), F32(row.offset));
}

}  // namespace

void LayernormF32(const LayernormF32Args& args) {
  const auto add = [](F32 h, F32(&sums)[2]) __attribute__((always_inline)) {
    sums[0] = sums[0] + h;
    sums[1] = Fma(h, h, sums[1]);
  };
  const auto make = [&](const float* h, const Sums<2>& sums) __attribute__((always_inline)) {
    return BySums(h, sums, args.epsilon, args.N);
  };
  const auto normalize = [](const Operands& with, F32 h, std::size_t n, auto lanes,
                            const Normalizer& row) __attribute__((always_inline)) {
    return Fma(Normalize(h, row), lanes.Load(with.gamma + n), lanes.Load(with.beta + n));
  };
  NormalizeRows<2>(args, args.beta, add, make, normalize);
}

void LayernormPassesF32(const LayernormPassesF32Args& args) {
  const LayernormF32Args& p = args.problem;
  assert(!Adds(p.added));
  for (std::size_t m = 0; m < p.M; ++m) {
    args.row_mean[m] = RowSum(p.x + m * p.ldx, p.N) / static_cast<float>(p.N);
  }
  for (std::size_t m = 0; m < p.M; ++m) {
    const Normalizer row = ByDifferences(p.x + m * p.ldx, args.row_mean[m], p.epsilon, p.N);
    args.row_scale[m] = row.scale;
    args.row_offset[m] = row.offset;
  }
  for (std::size_t m = 0; m < p.M; ++m) {
    const float* x = p.x + m * p.ldx;
    float* y = p.y + m * p.ldy;
    const Normalizer row = {args.row_mean[m], args.row_scale[m], args.row_offset[m]};
    ForEachBatch(
        p.N, [&](std::size_t n, auto lanes) __attribute__((always_inline)) {
          lanes.Store(y + n, Normalize(lanes.Load(x + n), row));
        });
  }
  for (std::size_t m = 0; m < p.M; ++m) {
    float* y = p.y + m * p.ldy;
    ForEachBatch(
        p.N, [&](std::size_t n, auto lanes) __attribute__((always_inline)) {
          const F32 normal = lanes.Load(y + n);
          lanes.Store(y + n, Fma(normal, lanes.Load(p.gamma + n), lanes.Load(p.beta + n)));
        });
  }
}

}  // namespace podium::PODIUM_ISA
