// What the rows of all matrix multiplications share, whatever computes them and in which types: the
// weights are packed ahead of time, one iteration multiplies by them.
#pragma once

#include <cstddef>
#include <cstring>
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

// Copies of packed weights, one after the other: alone they may be too small for huge pages (aligned.h).
class PackedCopies {
 public:
  template <class T>
  PackedCopies(const Matmul<T>& matmul, std::size_t count)
      : stride_((matmul.packed_bytes + 63) / 64 * 64), bytes_(count * stride_) {
    matmul.pack(bytes_.data());
    for (std::size_t i = 1; i < count; ++i) {
      std::memcpy(bytes_.data() + i * stride_, bytes_.data(), matmul.packed_bytes);
    }
  }

  std::size_t bytes() const { return bytes_.size(); }

  // What multiplies by each in turn.
  template <class T>
  std::vector<std::function<void()>> Bind(const Matmul<T>& matmul, T* c) const {
    std::vector<std::function<void()>> multiply;
    for (std::size_t at = 0; at < bytes_.size(); at += stride_) {
      multiply.push_back(matmul.bind(bytes_.data() + at, c));
    }
    return multiply;
  }

 private:
  std::size_t stride_;
  AlignedVector<std::byte> bytes_;
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
    PackedCopies weights;
    std::vector<std::function<void()>> multiply;  // by each of `weights`
    std::size_t next = 0;
  };
  const MatmulShape& shape = workload.shape;
  const std::size_t c_bytes = sizeof(T) * shape.M * shape.N;
  const std::size_t copies = workload.cold_weights ? UncachedBytes() / matmul.packed_bytes + 1 : 1;
  c->resize(shape.M * shape.N);
  const auto s = std::make_shared<State>(State{{matmul, copies}, {}});
  s->multiply = s->weights.Bind(matmul, c->data());
  Row row = MatmulRow(shape, work_name, matmul.size_bytes, matmul.a_bytes + c_bytes);
  row.operand_bytes = matmul.a_bytes + s->weights.bytes() + c_bytes;
  row.run = [matmul, c, s] {
    s->multiply[s->next]();
    s->next = s->next + 1 < s->multiply.size() ? s->next + 1 : 0;
  };
  return row;
}

}  // namespace podium::bench
