#include "bench/parallel.h"

#if defined(_OPENMP)
#include <omp.h>

#include <algorithm>
#endif

namespace podium::bench {

#if defined(_OPENMP)

int MaxThreads() { return std::max(1, std::min(omp_get_num_procs(), omp_get_thread_limit())); }

void Parallel(int tiles, absl::FunctionRef<void(int)> tile) {
  // A team smaller than asked for (OMP_DYNAMIC) would run some tiles after the others, and a row
  // would claim threads it did not have.
  omp_set_dynamic(0);
#pragma omp parallel for schedule(static, 1) num_threads(tiles)
  for (int i = 0; i < tiles; ++i) tile(i);
}

void SetOpenMpThreads(int threads) {
  omp_set_dynamic(0);
  omp_set_num_threads(threads);
}

#else

int MaxThreads() { return 1; }

void Parallel(int tiles, absl::FunctionRef<void(int)> tile) {
  for (int i = 0; i < tiles; ++i) tile(i);
}

void SetOpenMpThreads(int) {}

#endif

}  // namespace podium::bench
