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
// at work, and nothing is fetched that is not needed. In four places in turn, each in a page of its
// own, because the hardware's own prefetchers, which keep more requests in flight than a core's
// loads can, follow a run of lines up to the end of its page (Zen 3, FP32 from memory: 0.53 of the
// read bandwidth in one place, 0.73 in four). They need some lines to see a run and are done before
// its end, so the four must not begin their pages together. Into L2: with what is between, a chunk
// is more than L1 holds.
template <class T>
class Prefetcher {
 public:
  // Of chunks whose rows have row_bytes and touch each other.
  Prefetcher(Fetch what, std::size_t row_bytes) : what_(what), row_bytes_(row_bytes) {}

  // Chunks are read so many times each.
  void SetSweeps(std::size_t sweeps) { step_ = kLine / sweeps; }

  // A chunk begins; these two follow. They must stay where they are.
  void Follow(const Chunk<T>& next, const Chunk<T>& later) {
    if (chunk_ != &next) {
      chunk_ = &next;
      run_ = 0;
      at_ = end_ = 0;
    }
    later_ = &later;
  }

  static constexpr std::size_t kPlaces = 4, kLine = 64, kStep = kPlaces * kLine;

  // So many bytes are being read, in all; Step() says so of kStep bytes.
  [[gnu::always_inline]] void Read(std::size_t bytes) {
    for (read_ += bytes; read_ >= kStep; read_ -= kStep) Step();
  }
  [[gnu::always_inline]] void Step() {
    if (offset_ >= stop_ && !NextPages()) return;
    for (const std::uintptr_t place : places_) {
      __builtin_prefetch(reinterpret_cast<const void*>(place + offset_), /*rw=*/0, /*locality=*/2);
    }
    offset_ += step_;
  }

 private:
  static constexpr std::size_t kPage = 4096;

  // False where there is nothing to fetch.
  [[gnu::noinline]] bool NextPages() {
    bool any = false;
    stop_ = offset_ + kPage;
    for (std::size_t i = 0; i < kPlaces; ++i) {
      if (ends_[i] <= offset_ && NextRun()) {
        const std::uintptr_t page = (at_ / kPage + 1) * kPage;
        if (begun_ < kPlaces) ++begun_;
        std::uintptr_t end = at_ + kPage * begun_ / kPlaces;
        if (end > page) end = page;
        if (end > end_) end = end_;
        places_[i] = at_ - offset_;
        ends_[i] = offset_ + (end - at_);
        at_ = end;
      }
      if (ends_[i] <= offset_) continue;
      any = true;
      if (ends_[i] < stop_) stop_ = ends_[i];
    }
    // A place that has nothing to fetch stays where the others are.
    for (std::size_t i = 0; i < kPlaces; ++i) {
      if (ends_[i] <= offset_) places_[i] = places_[(i + 1) % kPlaces];
    }
    if (!any) stop_ = offset_;
    return any;
  }

  // Moves on where the present run has been taken; false after the last one.
  bool NextRun() {
    while (at_ >= end_) {
      if (chunk_ == nullptr || what_ == Fetch::kNothing) return false;
      if (run_ == 2 * chunk_->n_runs) {
        if (chunk_ == later_) return false;
        chunk_ = later_;
        run_ = 0;
        continue;
      }
      const bool values = run_ >= chunk_->n_runs;
      const Run<T>& run = chunk_->runs[values ? run_ - chunk_->n_runs : run_];
      ++run_;
      if (what_ == (values ? Fetch::kKeys : Fetch::kValues)) continue;
      at_ = reinterpret_cast<std::uintptr_t>(values ? run.v : run.k);
      end_ = at_ + run.count * row_bytes_;
    }
    return true;
  }

  Fetch what_;
  std::size_t row_bytes_, step_ = kLine, read_ = 0;
  // Place i is at places_[i] + offset_, until offset_ reaches ends_[i]; stop_ is the first of
  // these.
  std::size_t offset_ = 0, stop_ = 0, ends_[kPlaces] = {}, begun_ = 0;
  std::uintptr_t places_[kPlaces] = {};
  // What no place has begun yet begins at at_ in run run_ - 1, which ends at end_.
  const Chunk<T>* chunk_ = nullptr;
  const Chunk<T>* later_ = nullptr;
  std::size_t run_ = 0;
  std::uintptr_t at_ = 0, end_ = 0;
};

}  // namespace
}  // namespace podium::PODIUM_ISA
