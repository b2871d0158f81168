// Walks over the tokens of a cache in chunks.
#pragma once

#include "kernels/kv_attention/kv_view.h"
#include "kernels/simd/arch.h"
#include "kernels/simd/opaque.h"

namespace podium::PODIUM_ISA {
namespace {

// f(T()) for the type T of a cache's elements.
template <class F>
void WithElementsOf(const KvView& cache, const F& f) {
  switch (cache.type) {
    case KvType::kF32:
      return f(float());
    case KvType::kF16:
      return f(F16());
    case KvType::kBf16:
      return f(Bf16());
    case KvType::kS8:
      return f(std::int8_t());
  }
}

// Elements that lie beside each other: dimensions of a key, tokens of a value (kv_view.h).
template <class T>
constexpr std::size_t kPack = sizeof(T) == 1 ? 4 : 1;

// Tokens of one KV head that lie in one block, from the beginning of a group on.
template <class T>
struct Run {
  const T* k;
  const T* v;
  const float* k_scales;  // of s8
  const float* v_scales;
  std::size_t count;
};

constexpr std::size_t kMaxRuns = 16;

// Consecutive tokens: in one run where the cache is contiguous, in several where it is paged. All runs
// but the last are whole groups. The first `skip` tokens are there only because a group begins with
// them.
template <class T>
struct Chunk {
  std::size_t g = 0;  // KV head
  std::size_t first = 0, skip = 0, count = 0, n_runs = 0;
  Run<T> runs[kMaxRuns];
};

// From token `first` of KV head g on, up to token `end` or the end of a group, `most` tokens, whole
// groups, from the beginning of the group of the first; of several blocks, whole ones. No token if
// there is none.
template <class T>
void FindChunk(const KvView& cache, std::size_t g, std::size_t first, std::size_t end,
               std::size_t most, Chunk<T>& chunk) {
  chunk.g = g;
  chunk.skip = first < end ? first % kKvGroup : 0;
  chunk.first = first -= chunk.skip;
  chunk.count = chunk.n_runs = 0;
  const bool whole = end - first > most;
  if (whole) end = first + most;
  for (std::size_t t = first; t < end && chunk.n_runs < kMaxRuns; t = first + chunk.count) {
    const std::size_t row = t % cache.block_tokens;
    std::size_t count = cache.block_tokens - row;
    if (count > end - t) {
      if (whole && chunk.n_runs > 0) break;
      count = end - t;
    }
    const std::size_t block = BlockOf(cache, t);
    const std::size_t at =
        block * cache.block_stride + g * cache.head_stride + row * cache.head_dim;
    Run<T>& run = chunk.runs[chunk.n_runs++];
    run = {static_cast<const T*>(cache.k) + at, static_cast<const T*>(cache.v) + at, nullptr,
           nullptr, count};
    if constexpr (sizeof(T) == 1) {
      const std::size_t scale = ScaleIndex(cache, g, t);
      run.k_scales = cache.k_scales + scale;
      run.v_scales = cache.v_scales + scale;
    }
    chunk.count += count;
  }
}

enum class Fetch { kKeys, kValues, kBoth };

// Fetches, line by line as the computation goes on, what the next chunk will read: memory is always
// at work, and nothing is fetched that is not needed. In two streams, each of which goes on from
// chunk to chunk as long as the cache is contiguous: keys and values, or where only one of them is
// read, either half of it. Cores keep more requests in flight where their own prefetchers recognize
// a stream. Into L1, which two chunks fill: what is fetched into L2 has to pass the same few buffers
// once more. (Zen 5, of the read bandwidth, f32 / f16: .50 / .47 with chunks of 32 KiB fetched into
// L2, four pages at a time.)
template <class T>
class Prefetcher {
 public:
  // Of rows of row_bytes.
  Prefetcher(Fetch what, std::size_t row_bytes) : what_(what), row_bytes_(row_bytes) {}

  // Chunks are read so many times each.
  void SetSweeps(std::size_t sweeps) { step_ = static_cast<std::ptrdiff_t>(kLine / sweeps); }

  // A chunk begins; these two follow. They must stay where they are.
  void Follow(const Chunk<T>& next, const Chunk<T>& later) {
    if (chunk_ != &next) {
      chunk_ = &next;
      run_ = 0;
      streams_ = {};
    }
    if (streams_.step == 0) streams_.at = streams_.end;
    later_ = &later;
  }

  static constexpr std::size_t kLine = 64, kStep = 2 * kLine;

  // Of every kPeriod steps of an inner loop one rests: the softmax, in which nothing is read, makes as
  // many, so that memory does not wait. That is StepsAhead() for each of its two visits of a batch of
  // tokens, one of two constants; 0 where neither fits: then none rests. (Zen 5, from memory, beside
  // the same with steps in the loops alone: f32 1.07, f16 1.15, s8 1.09; not so if the number
  // of steps ahead is a variable.)
  static constexpr std::size_t kPeriod = 8, kMostAhead = 2 * sizeof(T);
  std::size_t StepsAhead() const {
    const std::size_t bytes = what_ == Fetch::kBoth ? F32::size * row_bytes_ : 0;
    return bytes == kMostAhead * kPeriod * kStep       ? kMostAhead
           : bytes == kMostAhead / 2 * kPeriod * kStep ? kMostAhead / 2
                                                       : 0;
  }

  // Where the streams are: an inner loop takes them into registers, and puts them back.
  struct Streams {
    const char* at = nullptr;
    const char* end = nullptr;
    std::ptrdiff_t to_second = 0, step = 0;  // step 0: there is nothing to fetch
  };
  [[gnu::always_inline]] Streams Take() const { return Scalars(streams_); }
  void Put(const Streams& streams) { streams_ = streams; }

  // So many bytes are being read, in all; Step() says so of kStep bytes.
  [[gnu::always_inline]] void Read(std::size_t bytes, Streams& streams) {
    for (read_ += bytes; read_ >= kStep; read_ -= kStep) Step(streams);
  }
  [[gnu::always_inline]] void Step(Streams& streams) {
    if (streams.at >= streams.end) streams = Scalars(NextRun());
    __builtin_prefetch(streams.at);
    __builtin_prefetch(streams.at + streams.to_second);
    streams.at += streams.step;
  }

 private:
  // Or GCC 12 would keep two of them in a vector register.
  [[gnu::always_inline]] static Streams Scalars(const Streams& s) {
    return {s.at, s.end, static_cast<std::ptrdiff_t>(Opaque(static_cast<std::size_t>(s.to_second))),
            static_cast<std::ptrdiff_t>(Opaque(static_cast<std::size_t>(s.step)))};
  }

  [[gnu::noinline]] Streams NextRun() {
    // A line that is in L1 anyway, for ever.
    const char* const here = reinterpret_cast<const char*>(this);
    const Streams nothing = {here, here + 1, 0, 0};
    if (chunk_ == nullptr) return nothing;
    if (run_ == chunk_->n_runs) {
      if (chunk_ == later_ || later_->n_runs == 0) return nothing;
      chunk_ = later_;
      run_ = 0;
    }
    const Run<T>& run = chunk_->runs[run_++];
    BeginNext(run);
    const auto* const k = reinterpret_cast<const char*>(run.k);
    const auto* const v = reinterpret_cast<const char*>(run.v);
    const auto bytes = static_cast<std::ptrdiff_t>(Bytes(run));
    if (what_ == Fetch::kBoth) return {k, k + bytes, v - k, step_};
    const char* const first = what_ == Fetch::kValues ? v : k;
    return {first, first + (bytes + 1) / 2, bytes / 2, step_};
  }

  // The first lines of the run after this one, if it does not go on where this one ends: when the
  // streams come there, its page is known and the core's prefetchers have seen where it goes on. (Zen
  // 5, scattered blocks of 64 tokens: f16 and s8 by 1 to 3 %; f32: nothing.)
  void BeginNext(const Run<T>& run) const {
    const bool here = run_ < chunk_->n_runs;
    if (!here && (chunk_ == later_ || later_->n_runs == 0)) return;
    const Run<T>& next = here ? chunk_->runs[run_] : later_->runs[0];
    if (reinterpret_cast<const char*>(next.k) ==
        reinterpret_cast<const char*>(run.k) + run.count * row_bytes_) {
      return;
    }
    for (std::size_t i = 0; i < 4 * kLine; i += kLine) {
      if (what_ != Fetch::kValues) __builtin_prefetch(reinterpret_cast<const char*>(next.k) + i);
      if (what_ != Fetch::kKeys) __builtin_prefetch(reinterpret_cast<const char*>(next.v) + i);
    }
  }

  std::size_t Bytes(const Run<T>& run) const {
    return (run.count + kKvGroup - 1) / kKvGroup * kKvGroup * row_bytes_;
  }

  Fetch what_;
  std::size_t row_bytes_, read_ = 0;
  std::ptrdiff_t step_ = kLine;
  const Chunk<T>* chunk_ = nullptr;
  const Chunk<T>* later_ = nullptr;
  std::size_t run_ = 0;  // of chunk_, the next
  Streams streams_;
};

}  // namespace
}  // namespace podium::PODIUM_ISA
