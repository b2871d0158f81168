// What the rows of all matrix multiplications share, whatever computes them and in which types: the
// weights are packed ahead of time, one iteration multiplies by them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/aligned.h"
#include "bench/caches.h"
#include "bench/register.h"
#include "bench/shapes.h"

namespace podium::bench {

struct MatmulWorkload {
  MatmulShape shape;
  // Each iteration multiplies by the next of so many copies of the weights that no cache holds them:
  // what a layer of a large network finds, as opposed to one that runs over and over.
  bool cold_weights = false;
  int threads = 1;
};

// All shapes; some of them with cold weights, some on as many threads as this machine has cores for.
const std::vector<MatmulWorkload>& MatmulWorkloads();

// M, N, K; weights:cold and threads: where they apply.
Keys MatmulKeys(const MatmulWorkload& workload);

// Channels n to n + N, which one thread computes.
struct Slice {
  std::size_t n, N;
  std::size_t offset;  // of their packed weights, in bytes
};

// A slice for each thread, cut at multiples of kPackedChannels; fewer if N has too few.
// `packed_bytes(n)` is the size of the kernels' packed form of n channels.
std::vector<Slice> SliceChannels(const MatmulWorkload& workload,
                                 const std::function<std::size_t(std::size_t)>& packed_bytes);

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

// A row with what all variants of a shape share: work (2 * M * N * K under `work_name`), params,
// and the compulsory traffic of activations in and out and of weights of `size_bytes`.
Row MatmulRow(const MatmulShape& shape, const std::string& work_name, double size_bytes,
              std::size_t activation_bytes);

// The same, with packed weights and `run`. The caller, who keeps `c`, adds `verify`.
template <class T>
Row MatmulRow(const MatmulWorkload& workload, const std::string& work_name, const Matmul<T>& matmul,
              const std::shared_ptr<AlignedVector<T>>& c) {
  struct State {
    std::vector<AlignedVector<std::byte>> weights;
    std::vector<std::function<void()>> multiply;  // by each of `weights`
    std::size_t next = 0;
  };
  const MatmulShape& shape = workload.shape;
  const std::size_t c_bytes = sizeof(T) * shape.M * shape.N;
  const std::size_t copies = workload.cold_weights ? UncachedBytes() / matmul.packed_bytes + 1 : 1;
  c->resize(shape.M * shape.N);
  const auto s = std::make_shared<State>();
  s->weights.resize(copies, AlignedVector<std::byte>(matmul.packed_bytes));
  matmul.pack(s->weights[0].data());
  std::fill(s->weights.begin() + 1, s->weights.end(), s->weights[0]);
  for (const auto& w : s->weights) s->multiply.push_back(matmul.bind(w.data(), c->data()));
  Row row = MatmulRow(shape, work_name, matmul.size_bytes, matmul.a_bytes + c_bytes);
  row.operand_bytes = matmul.a_bytes + copies * matmul.packed_bytes + c_bytes;
  row.run = [matmul, c, s] {
    s->multiply[s->next]();
    s->next = s->next + 1 < s->multiply.size() ? s->next + 1 : 0;
  };
  return row;
}

}  // namespace podium::bench
