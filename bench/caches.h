// The sizes of this machine's caches.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace podium::bench {

struct Cache {
  std::string name;  // "L1", "L2", ...
  std::size_t bytes;
};

// Those that hold data, smallest first; empty where the system does not say.
std::vector<Cache> DataCaches();

// So much that what is read in turn comes from memory: eight times the last cache, within 256 MiB and
// 1 GiB.
std::size_t UncachedBytes();

}  // namespace podium::bench
