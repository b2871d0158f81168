// Threads of the rows that have a `threads:` key. Kernels start none: a caller splits the work into
// independent tiles. The pool is OpenMP's, because g++ brings it, it keeps its threads from one
// region to the next, and the peers run on it too: one pool, so that no two compete for the cores.
#pragma once

#include "absl/functional/function_ref.h"

namespace podium::bench {

// The most threads that may run at the same time, each on a core of its own; 1 without OpenMP.
int MaxThreads();

// tile(0), ..., tile(tiles - 1), each on a thread of its own, the first on the caller's; returns when
// all have. tiles <= MaxThreads().
void Parallel(int tiles, absl::FunctionRef<void(int)> tile);

// From here on other libraries that use OpenMP run on that many threads.
void SetOpenMpThreads(int threads);

}  // namespace podium::bench
