// A user of the installed package: multiplies ones on every ISA of this CPU; each element of the
// result must be K.
#include <cstdio>
#include <vector>

#include "kernels/kernel_table.h"

int main() {
  constexpr std::size_t M = 3, N = 5, K = 7;
  const std::vector<float> a(M * K, 1.0f), b(N * K, 1.0f);
  for (const podium::KernelTable* kernels : podium::SupportedKernels()) {
    const std::string_view isa = podium::IsaName(kernels->isa);
    std::vector<float> packed(kernels->packed_f32_size(N, K)), c(M * N);
    kernels->pack_f32({N, K, b.data(), K, packed.data()});
    kernels->gemm_f32({M, N, K, a.data(), K, packed.data(), c.data(), N});
    for (const float value : c) {
      if (value == static_cast<float>(K)) continue;
      std::printf("%.*s: %g instead of %zu\n", static_cast<int>(isa.size()), isa.data(),
                  static_cast<double>(value), K);
      return 1;
    }
  }
  return 0;
}
