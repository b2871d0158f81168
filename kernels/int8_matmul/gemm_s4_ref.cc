#include <algorithm>
#include <cassert>
#include <cstring>

#include "kernels/fused_activation/bias_activation.h"
#include "kernels/int8_matmul/gemm_s4.h"

namespace podium::reference {

BiasActivationF32Fn BiasActivationF32;

namespace {

// One channel after the other: its scales, then its weights, one a byte, filled up to four.
class Channels {
 public:
  Channels(std::size_t K, std::size_t group_size)
      : groups_((K + group_size - 1) / group_size),
        bytes_(groups_ * sizeof(float) + (K + 3) / 4 * 4) {}

  std::size_t groups() const { return groups_; }
  std::size_t bytes() const { return bytes_; }
  float scale(const std::int8_t* packed, std::size_t n, std::size_t g) const {
    float scale;
    std::memcpy(&scale, packed + n * bytes_ + g * sizeof(float), sizeof(scale));
    return scale;
  }
  const std::int8_t* weights(const std::int8_t* packed, std::size_t n) const {
    return packed + n * bytes_ + groups_ * sizeof(float);
  }

 private:
  std::size_t groups_, bytes_;
};

template <class Args>
void Finish(const Args& args) {
  BiasActivationF32(
      {args.M, args.N, args.c, args.ldc, args.bias, args.activation, args.c, args.ldc, args.then});
}

}  // namespace

std::size_t PackedS4Size(std::size_t N, std::size_t K, std::size_t group_size) {
  return N * Channels(K, group_size).bytes();
}

void PackS4(const PackS4Args& args) {
  const Channels channels(args.K, args.group_size);
  for (std::size_t n = 0; n < args.N && args.K > 0; ++n) {
    std::int8_t* to = args.packed + n * channels.bytes();
    const std::size_t scales_bytes = channels.groups() * sizeof(float);
    std::memcpy(to, args.scales + n * channels.groups(), scales_bytes);
    std::memcpy(to + scales_bytes, args.q + n * args.K, args.K);
  }
}

void GemmF32S4(const GemmF32S4Args& args) {
  const Channels channels(args.K, args.group_size);
  for (std::size_t m = 0; m < args.M; ++m) {
    for (std::size_t n = 0; n < args.N; ++n) {
      const std::int8_t* q = channels.weights(args.packed_b, n);
      double sum = 0;
      for (std::size_t k = 0; k < args.K; ++k) {
        sum += double{channels.scale(args.packed_b, n, k / args.group_size)} * q[k] *
               args.a[m * args.lda + k];
      }
      args.c[m * args.ldc + n] = static_cast<float>(sum);
    }
  }
  Finish(args);
}

void GemmS8S4(const GemmS8S4Args& args) {
  const Channels channels(args.K, args.group_size);
  for (std::size_t m = 0; m < args.M; ++m) {
    const std::int8_t* a = args.a + m * args.lda;
    for (std::size_t n = 0; n < args.N; ++n) {
      const std::int8_t* q = channels.weights(args.packed_b, n);
      float sum = 0;
      for (std::size_t g = 0; g < channels.groups(); ++g) {
        const std::size_t k1 = std::min(args.K, (g + 1) * args.group_size);
        std::int32_t dot = 0;
        for (std::size_t k = g * args.group_size; k < k1; ++k) dot += a[k] * q[k];
        const float scale =
            channels.scale(args.packed_b, n, g) * args.a_scales[m * channels.groups() + g];
        sum += static_cast<float>(dot) * scale;
      }
      args.c[m * args.ldc + n] = sum;
    }
  }
  Finish(args);
}

}  // namespace podium::reference
