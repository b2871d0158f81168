#include "bench/caches.h"

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace podium::bench {

std::vector<Cache> DataCaches() {
  std::vector<Cache> caches;
  for (const benchmark::CPUInfo::CacheInfo& cache : benchmark::CPUInfo::Get().caches) {
    if (cache.type == "Instruction" || cache.size <= 0) continue;
    caches.push_back({absl::StrCat("L", cache.level), static_cast<std::size_t>(cache.size)});
  }
#if defined(_SC_LEVEL1_DCACHE_SIZE)
  if (!caches.empty()) return caches;
  // Containers may hide what Google Benchmark reads. Not the last level: what the C library knows of
  // it may be the sum over all clusters of cores, of which a thread has one.
  for (const auto& [name, key] :
       {std::pair("L1", _SC_LEVEL1_DCACHE_SIZE), std::pair("L2", _SC_LEVEL2_CACHE_SIZE)}) {
    const long bytes = sysconf(key);
    if (bytes > 0) caches.push_back({name, static_cast<std::size_t>(bytes)});
  }
#endif
  return caches;
}

std::size_t UncachedBytes() {
  const std::vector<Cache> caches = DataCaches();
  const std::size_t last = caches.empty() ? 0 : caches.back().bytes;
  return std::clamp(8 * last, std::size_t{1} << 28, std::size_t{1} << 30);
}

}  // namespace podium::bench
