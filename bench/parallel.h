// Threads of the rows that have a `threads:` key. Kernels start none: a caller splits the work into
// independent tiles. The pool is OpenMP's: g++ brings it, it keeps its threads from one region to the
// next, its static schedule gives a tile to the same thread every time, and the peers run on it too,
// so that no two pools compete for the cores.
#pragma once

#include <vector>

#include "absl/functional/function_ref.h"

namespace podium::bench {

// The numbers of threads worth measuring here: powers of two from 2 up to the number of cores that
// this process may use; none without OpenMP.
std::vector<int> ThreadCounts();

// tile(0), ..., tile(tiles - 1), each on a thread of its own, the first on the caller's; returns when
// all have. Tiles do not throw.
void Parallel(int tiles, absl::FunctionRef<void(int)> tile);

// From here on other libraries that use OpenMP run on that many threads.
void SetOpenMpThreads(int threads);

}  // namespace podium::bench
