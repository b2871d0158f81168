#include "bench/caches.h"

#include <benchmark/benchmark.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace podium::bench {

std::vector<Cache> DataCaches() {
  std::vector<Cache> caches;
  for (const benchmark::CPUInfo::CacheInfo& cache : benchmark::CPUInfo::Get().caches) {
    if (cache.type == "Instruction" || cache.size <= 0) continue;
    caches.push_back({absl::StrCat("L", cache.level), static_cast<std::size_t>(cache.size)});
  }
  return caches;
}

std::size_t UncachedBytes() {
  const std::vector<Cache> caches = DataCaches();
  const std::size_t last = caches.empty() ? 0 : caches.back().bytes;
  return std::clamp(8 * last, std::size_t{1} << 28, std::size_t{1} << 30);
}

}  // namespace podium::bench
