#include "kernels/isa.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace podium {
namespace {

constexpr Isa kAllIsas[] = {Isa::kReference, Isa::kSse2,       Isa::kAvx2,
                            Isa::kAvx512bw,  Isa::kAvx512vnni, Isa::kNeon};

}  // namespace

std::string_view IsaName(Isa isa) {
  switch (isa) {
    case Isa::kReference:
      return "reference";
    case Isa::kSse2:
      return "sse2";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx512bw:
      return "avx512bw";
    case Isa::kAvx512vnni:
      return "avx512vnni";
    case Isa::kNeon:
      return "neon";
  }
  return "unknown";
}

std::optional<Isa> ParseIsa(std::string_view name) {
  for (Isa isa : kAllIsas) {
    if (IsaName(isa) == name) return isa;
  }
  return std::nullopt;
}

bool CpuSupports(Isa isa) {
  if (isa == Isa::kReference) return true;
#if defined(__x86_64__)
  // __builtin_cpu_supports also reads XCR0, i.e. whether the OS saves the registers.
  // It does not know F16C under clang 14, whose registers are AVX's.
  unsigned eax, ebx, ecx = 0, edx;
  const bool f16c = __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & bit_F16C) != 0;
  const bool avx2 = f16c && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512bw = avx2 && __builtin_cpu_supports("avx512f") &&
                        __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  if (isa == Isa::kSse2) return true;
  if (isa == Isa::kAvx2) return avx2;
  if (isa == Isa::kAvx512bw) return avx512bw;
  if (isa == Isa::kAvx512vnni) return avx512bw && __builtin_cpu_supports("avx512vnni");
#elif defined(__aarch64__)
  if (isa == Isa::kNeon) return true;
#endif
  return false;
}

}  // namespace podium
