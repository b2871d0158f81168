// Walks over the tokens of a cache in chunks.
#pragma once

#include "kernels/kv_attention/kv_view.h"
#include "kernels/simd/arch.h"

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

// Where a token's elements, and its scales, begin.
struct Place {
  std::size_t row, scale;
};

[[maybe_unused]] Place PlaceOf(const KvView& cache, std::size_t g, std::size_t t) {
  const std::size_t slot = t / cache.block_tokens % cache.n_blocks, row = t % cache.block_tokens;
  const std::size_t block = cache.blocks == nullptr ? slot : cache.blocks[slot];
  return {block * cache.block_stride + g * cache.head_stride + row * cache.token_stride,
          block * cache.scale_block_stride + g * cache.scale_head_stride + row};
}

// Tokens of one KV head that lie in one block.
template <class T>
struct Run {
  const T* k;
  const T* v;
  const float* k_scales;  // of s8
  const float* v_scales;
  std::size_t count;
};

constexpr std::size_t kMaxRuns = 16;

// Consecutive tokens: in one run where the cache is contiguous, in several where it is paged.
template <class T>
struct Chunk {
  std::size_t g = 0;  // KV head
  std::size_t first = 0, count = 0, n_runs = 0;
  Run<T> runs[kMaxRuns];
};

// From token `first` of KV head g on, up to token `end` or `most` tokens; of several blocks, whole
// ones.
template <class T>
void FindChunk(const KvView& cache, std::size_t g, std::size_t first, std::size_t end,
               std::size_t most, Chunk<T>& chunk) {
  const bool whole = end - first > most;
  if (whole) end = first + most;
  chunk.g = g;
  chunk.first = first;
  chunk.count = chunk.n_runs = 0;
  for (std::size_t t = first; t < end && chunk.n_runs < kMaxRuns; t = first + chunk.count) {
    std::size_t count = cache.block_tokens - t % cache.block_tokens;
    if (count > end - t) {
      if (whole && chunk.n_runs > 0) break;
      count = end - t;
    }
    const Place place = PlaceOf(cache, g, t);
    Run<T>& run = chunk.runs[chunk.n_runs++];
    run = {static_cast<const T*>(cache.k) + place.row, static_cast<const T*>(cache.v) + place.row,
           nullptr, nullptr, count};
    if constexpr (sizeof(T) == 1) {
      run.k_scales = cache.k_scales + place.scale;
      run.v_scales = cache.v_scales + place.scale;
    }
    chunk.count += count;
  }
}

enum class Fetch { kNothing, kKeys, kValues, kBoth };

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
  // Of chunks whose rows have row_bytes and touch each other.
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

  // Where the streams are: an inner loop takes them into registers, and puts them back.
  struct Streams {
    const char* at = nullptr;
    const char* end = nullptr;
    std::ptrdiff_t to_second = 0, step = 0;  // step 0: there is nothing to fetch
  };
  Streams Take() const { return streams_; }
  void Put(const Streams& streams) { streams_ = streams; }

  // So many bytes are being read, in all; Step() says so of kStep bytes.
  [[gnu::always_inline]] void Read(std::size_t bytes, Streams& streams) {
    for (read_ += bytes; read_ >= kStep; read_ -= kStep) Step(streams);
  }
  [[gnu::always_inline]] void Step(Streams& streams) {
    if (streams.at >= streams.end) streams = NextRun();
    __builtin_prefetch(streams.at);
    __builtin_prefetch(streams.at + streams.to_second);
    streams.at += streams.step;
  }

 private:
  [[gnu::noinline]] Streams NextRun() {
    // A line that is in L1 anyway, for ever.
    const char* const here = reinterpret_cast<const char*>(this);
    const Streams nothing = {here, here + 1, 0, 0};
    if (chunk_ == nullptr || what_ == Fetch::kNothing) return nothing;
    if (run_ == chunk_->n_runs) {
      if (chunk_ == later_ || later_->n_runs == 0) return nothing;
      chunk_ = later_;
      run_ = 0;
    }
    const Run<T>& run = chunk_->runs[run_++];
    BeginNext(run);
    const auto* const k = reinterpret_cast<const char*>(run.k);
    const auto* const v = reinterpret_cast<const char*>(run.v);
    const auto bytes = static_cast<std::ptrdiff_t>(run.count * row_bytes_);
    if (what_ == Fetch::kBoth) return {k, k + bytes, v - k, step_};
    const char* const first = what_ == Fetch::kValues ? v : k;
    return {first, first + (bytes + 1) / 2, bytes / 2, step_};
  }

  // The first lines of the run after this one, if it does not go on where this one ends: when the
  // streams come there, its page is known and the core's prefetchers have seen where it goes on. (Zen
  // 5, blocks of 64 tokens in s8: by 5 %; f32 and f16: nothing.)
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
