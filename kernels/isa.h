// The instruction sets the kernels are compiled for, weakest first.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace podium {

enum class Isa : std::uint8_t { kReference, kSse2, kAvx2, kAvx512bw, kAvx512vnni, kNeon };

// "reference", "sse2", "avx2", "avx512bw", "avx512vnni", "neon".
std::string_view IsaName(Isa isa);

// The ISA of that name; null for any other text.
std::optional<Isa> ParseIsa(std::string_view name);

// True if both this CPU and its operating system can run `isa`.
bool CpuSupports(Isa isa);

}  // namespace podium
