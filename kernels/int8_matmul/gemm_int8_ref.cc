#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>

#include "kernels/int8_matmul/gemm_int8.h"

namespace podium::reference {
namespace {

// The sum wraps around modulo 2^32 where it does not fit, as that of every ISA does.
template <class A>
std::int32_t Dot(const A* a, std::int32_t zero_point, const std::int8_t* b, std::size_t K) {
  std::uint32_t sum = 0;
  for (std::size_t k = 0; k < K; ++k) sum += static_cast<std::uint32_t>((a[k] - zero_point) * b[k]);
  return static_cast<std::int32_t>(sum);
}

template <class A>
void GemmS32(const GemmInt8S32Args<A>& args) {
  assert(args.K <= kMaxDepthInt8);
  for (std::size_t m = 0; m < args.M; ++m) {
    for (std::size_t n = 0; n < args.N; ++n) {
      args.c[m * args.ldc + n] = Dot(args.a + m * args.lda, 0, args.packed_b + n * args.K, args.K);
    }
  }
}

template <class A>
void GemmF32(const GemmInt8F32Args<A>& args) {
  assert(args.K <= kMaxDepthInt8);
  for (std::size_t m = 0; m < args.M; ++m) {
    const AffineParams params = args.a_params[m * args.a_params_stride];
    for (std::size_t n = 0; n < args.N; ++n) {
      const std::int32_t acc =
          Dot(args.a + m * args.lda, params.zero_point, args.packed_b + n * args.K, args.K);
      float y = static_cast<float>(acc) * (params.scale * args.b_scales[n]);
      if (args.bias != nullptr) y += args.bias[n];
      y = static_cast<float>(ActivateF64(args.activation, y));
      if (args.then.factor != nullptr) y *= args.then.factor[m * args.then.ldf + n];
      if (args.then.residual != nullptr) y += args.then.residual[m * args.then.ldr + n];
      args.c[m * args.ldc + n] = y;
    }
  }
}

// 24 bits times 24 bits fit 53: the only rounding is that to an integer.
double Rescale(std::int32_t acc, float multiplier) {
  return std::nearbyint(static_cast<double>(static_cast<float>(acc)) * multiplier);
}
double Rescale(std::int32_t acc, FixedPoint multiplier) {
  assert(IsSmall(multiplier));
  return MultiplyFixedPoint(acc, multiplier);
}

float RealOf(float multiplier) { return multiplier; }

// Else the sums are rounded at once.
template <class Args>
bool NeedsValue(const Args& args) {
  return args.activation != Activation::kNone || args.then.factor != nullptr ||
         args.then.residual != nullptr || args.c_multiplier != 1;
}

template <class A, class Multiplier>
void GemmRequantized(const GemmInt8RequantizedArgs<A, Multiplier>& args) {
  assert(args.K <= kMaxDepthInt8);
  for (std::size_t m = 0; m < args.M; ++m) {
    for (std::size_t n = 0; n < args.N; ++n) {
      std::int32_t acc =
          Dot(args.a + m * args.lda, args.a_zero_point, args.packed_b + n * args.K, args.K);
      if (args.bias != nullptr) acc += args.bias[n];
      double rounded;
      if (NeedsValue(args)) {
        const float value = static_cast<float>(acc) * RealOf(args.multipliers[n]);
        float y = static_cast<float>(ActivateF64(args.activation, value));
        if (args.then.factor != nullptr) y *= args.then.factor[m * args.then.ldf + n];
        if (args.then.residual != nullptr) y += args.then.residual[m * args.then.ldr + n];
        rounded = std::nearbyint(double{y} * args.c_multiplier);
      } else {
        rounded = Rescale(acc, args.multipliers[n]);
      }
      const double q = rounded + args.c_zero_point;
      args.c[m * args.ldc + n] = static_cast<A>(
          std::clamp(q, static_cast<double>(args.c_min), static_cast<double>(args.c_max)));
    }
  }
}

}  // namespace

std::size_t PackedS8Size(std::size_t N, std::size_t K) { return N * K; }

void PackS8(const PackS8Args& args) {
  for (std::size_t n = 0; n < args.N; ++n) {
    if (args.K > 0) std::memcpy(args.packed + n * args.K, args.b + n * args.ldb, args.K);
  }
}

void GemmU8S8S32(const GemmInt8S32Args<std::uint8_t>& args) { GemmS32(args); }
void GemmS8S8S32(const GemmInt8S32Args<std::int8_t>& args) { GemmS32(args); }
void GemmU8S8F32(const GemmInt8F32Args<std::uint8_t>& args) { GemmF32(args); }
void GemmS8S8F32(const GemmInt8F32Args<std::int8_t>& args) { GemmF32(args); }
void GemmU8S8U8(const GemmU8S8U8Args& args) { GemmRequantized(args); }
void GemmS8S8S8(const GemmS8S8S8Args& args) { GemmRequantized(args); }

}  // namespace podium::reference
