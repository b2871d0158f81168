// Unroll<N>(f): f(0), ..., f(N - 1), each index a constant, so that arrays of batches indexed by it
// live in registers on every compiler.
#pragma once

#include <utility>

#include "kernels/simd/arch.h"

namespace podium::PODIUM_ISA {
namespace {

template <int i>
struct Index {
  static constexpr int value = i;
  constexpr operator int() const { return i; }
};

template <class F, int... i>
[[gnu::always_inline]] inline void UnrollOver(std::integer_sequence<int, i...>, const F& f) {
  (f(Index<i>()), ...);
}

template <int N, class F>
[[gnu::always_inline]] inline void Unroll(const F& f) {
  UnrollOver(std::make_integer_sequence<int, N>(), f);
}

}  // namespace
}  // namespace podium::PODIUM_ISA
