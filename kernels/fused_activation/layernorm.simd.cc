#include "kernels/fused_activation/layernorm.h"

#include <cassert>
#include <cmath>

#include "kernels/fused_activation/row.h"
#include "kernels/simd/fma.h"

namespace podium::PODIUM_ISA {
namespace {

inline float RowMean(const float* x, std::size_t N) { return RowSum(x, N) / static_cast<float>(N); }

// A row is normalized as (x - mean) * scale + offset, with the mean as first computed and, in the
// offset, what it is off by.
struct Normalizer {
  float mean, scale, offset;
};

inline Normalizer MakeNormalizer(const float* x, float mean, float epsilon, std::size_t N,
                                 const float* ahead) {
  const auto add = [&](std::size_t n, auto lanes, F32(&sums)[2]) __attribute__((always_inline)) {
    __builtin_prefetch(ahead + n);
    const F32 d = lanes.Keep(lanes.Load(x + n) - F32(mean));
    sums[0] = sums[0] + d;
    sums[1] = Fma(d, d, sums[1]);
  };
  const auto sums = SumOverRow<2, kChains>(N, add);
  const float mean_error = sums.of[0] / static_cast<float>(N);
  const float variance = sums.of[1] / static_cast<float>(N) - mean_error * mean_error;
  // The difference may round to less than 0 for a row of equal values; a NaN stays.
  const float scale = 1 / std::sqrt((variance < 0 ? 0 : variance) + epsilon);
  return {mean, scale, -mean_error * scale};
}

inline F32 Normalize(F32 x, const Normalizer& row) {
  return Fma(x - F32(row.mean), F32(row.scale), F32(row.offset));
}

inline void NormalizeRow(const LayernormF32Args& args, std::size_t m, const Normalizer& row,
                         std::size_t block) {
  const float* x = NormalizedRow(args, m);
  float* y = args.y + m * args.ldy;
  const float* ahead = RowAhead(y, args.ldy, m, args.M, args.N, block);
  const float* residual = args.added.residual;
  const float* residual_ahead =
      residual == nullptr
          ? nullptr
          : RowAhead(residual + m * args.added.ldr, args.added.ldr, m, args.M, args.N, block);
  ForEachBatch(
      args.N, [&](std::size_t n, auto lanes) __attribute__((always_inline)) {
        __builtin_prefetch(ahead + n, 1);
        if (residual_ahead != nullptr) __builtin_prefetch(residual_ahead + n);
        const F32 normal = Normalize(lanes.Load(x + n), row);
        lanes.Store(y + n, Fma(normal, lanes.Load(args.gamma + n), lanes.Load(args.beta + n)));
      });
}

}  // namespace

void LayernormF32(const LayernormF32Args& args) {
  const std::size_t block = NormRowsPerBlock(args);
  Normalizer row[kMostRows];
  for (std::size_t m0 = 0; m0 < args.M; m0 += block) {
    const std::size_t rows = args.M - m0 < block ? args.M - m0 : block;
    for (std::size_t r = 0; r < rows; ++r) {
      const auto itself = [](F32 h) __attribute__((always_inline)) { return h; };
      row[r].mean = SumOfSummands(args, m0 + r, itself) / static_cast<float>(args.N);
    }
    for (std::size_t r = 0; r < rows; ++r) {
      const std::size_t m = m0 + r;
      row[r] = MakeNormalizer(NormalizedRow(args, m), row[r].mean, args.epsilon, args.N,
                              RowAhead(args.x + m * args.ldx, args.ldx, m, args.M, args.N, block));
    }
    for (std::size_t r = 0; r < rows; ++r) NormalizeRow(args, m0 + r, row[r], block);
  }
}

void LayernormPassesF32(const LayernormPassesF32Args& args) {
  const LayernormF32Args& p = args.problem;
  assert(!Adds(p.added));
  for (std::size_t m = 0; m < p.M; ++m) args.row_mean[m] = RowMean(p.x + m * p.ldx, p.N);
  for (std::size_t m = 0; m < p.M; ++m) {
    const float* x = p.x + m * p.ldx;
    const Normalizer row = MakeNormalizer(x, args.row_mean[m], p.epsilon, p.N, x);
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
