// What the rows of all matrix multiplications share, whatever computes them and in which types: the
// weights are packed ahead of time, one iteration multiplies by them.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "bench/aligned.h"
#include "bench/register.h"
#include "bench/shapes.h"

namespace podium::bench {

// One implementation of C = A * B^T, with elements of C of type T: a kernel of ours, or a peer's. It
// keeps its operands alive, all but the packed weights and C.
template <class T>
struct Matmul {
  double size_bytes;         // of the weights as stored: with scales
  std::size_t packed_bytes;  // of the form it multiplies by
  std::size_t a_bytes;       // of A as it reads it
  // Writes that form. Not timed: a user's weights do not change.
  std::function<void(std::byte* packed)> pack;
  // One iteration on these weights: all that a user pays for each time. C is M x N, contiguous.
  // Both 64-byte aligned.
  std::function<std::function<void()>(const std::byte* packed, T* c)> bind;
};

// M, N, K.
Keys MatmulKeys(const MatmulShape& shape);

// A row with what all variants of a shape share: work (2 * M * N * K under `work_name`), params,
// and the compulsory traffic of activations in and out and of weights of `size_bytes`.
Row MatmulRow(const MatmulShape& shape, const std::string& work_name, double size_bytes,
              std::size_t activation_bytes);

// The same, with packed weights and `run`. The caller, who keeps `c`, adds `verify`.
template <class T>
Row MatmulRow(const MatmulShape& shape, const std::string& work_name, const Matmul<T>& matmul,
              const std::shared_ptr<AlignedVector<T>>& c) {
  const std::size_t c_bytes = sizeof(T) * shape.M * shape.N;
  Row row = MatmulRow(shape, work_name, matmul.size_bytes, matmul.a_bytes + c_bytes);
  row.operand_bytes = matmul.a_bytes + matmul.packed_bytes + c_bytes;
  const auto packed = std::make_shared<AlignedVector<std::byte>>(matmul.packed_bytes);
  matmul.pack(packed->data());
  c->resize(shape.M * shape.N);
  row.run = [matmul, packed, c, multiply = matmul.bind(packed->data(), c->data())] { multiply(); };
  return row;
}

}  // namespace podium::bench
