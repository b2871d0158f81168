#include "bench/parallel.h"

#if defined(_OPENMP)
#include <omp.h>

#include <algorithm>
#endif

namespace podium::bench {

#if defined(_OPENMP)

std::vector<int> ThreadCounts() {
  std::vector<int> counts;
  const int most = std::min(omp_get_num_procs(), omp_get_thread_limit());
  for (int threads = 2; threads <= most; threads *= 2) counts.push_back(threads);
  return counts;
}

void Parallel(int tiles, absl::FunctionRef<void(int)> tile) {
  if (tiles == 1) return tile(0);
  // OMP_DYNAMIC may give a team smaller than asked for, and a row would claim threads that it did not
  // have.
  omp_set_dynamic(0);
#pragma omp parallel for schedule(static, 1) num_threads(tiles)
  for (int i = 0; i < tiles; ++i) tile(i);
}

void SetOpenMpThreads(int threads) {
  omp_set_dynamic(0);
  omp_set_num_threads(threads);
}

#else

std::vector<int> ThreadCounts() { return {}; }

void Parallel(int tiles, absl::FunctionRef<void(int)> tile) {
  for (int i = 0; i < tiles; ++i) tile(i);
}

void SetOpenMpThreads(int) {}

#endif

}  // namespace podium::bench
