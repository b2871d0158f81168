// AlignedVector<T>: storage on a cache-line boundary, as a careful user would allocate it. All that a
// timed kernel reads or writes lies in one, so that no variant suffers from split lines alone.
#pragma once

#include <vector>
#include <xsimd/xsimd.hpp>

namespace podium::bench {

template <class T>
using AlignedVector = std::vector<T, xsimd::aligned_allocator<T, 64>>;

}  // namespace podium::bench
