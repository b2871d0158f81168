// The machine's own limits: the rows that make any other row a fraction of the machine.
//
//   machine/variant:peak/isa:<isa>/limit:fma_f32     FP32 multiply-adds, `flops`
//   machine/variant:peak/isa:<isa>/limit:dot_u8s8    INT8 dot products, `ops`
//   machine/variant:peak/isa:<isa>/limit:read_<where>/buffer_bytes:<n>   reads, `bytes`
//   machine/variant:peak/isa:<isa>/limit:copy/buffer_bytes:<n>    reads and writes, `bytes`
//   machine/variant:peak/isa:<isa>/limit:memcpy/buffer_bytes:<n>  the same by the C library
//
// The copies go from one half of a buffer to the other, with ordinary stores, as the operations of
// fused_activation do but for norms of large matrices. memcpy may write past the caches, where whoever
// reads its result then finds nothing.
//
// One thread; with `threads:<t>` each of t threads does the work of one, and in reading its own part
// of the buffer.
#include <benchmark/benchmark.h>

#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/aligned.h"
#include "bench/caches.h"
#include "bench/inputs.h"
#include "bench/parallel.h"
#include "bench/register.h"

namespace podium::bench {
namespace {

const Variant kPeak = {.family = "machine", .name = "peak", .techniques = "", .baseline = false};

// Long enough (some 0.1 ms) for the clock not to matter.
constexpr std::size_t kOperations = std::size_t{1} << 24;

// What each thread leaves, on a cache line of its own.
template <class T>
struct alignas(64) Sink {
  T value;
};

Row MakePeakF32(int threads, const KernelTable& kernels) {
  Row row;
  const auto sinks = std::make_shared<std::vector<Sink<float>>>(threads);
  const std::size_t operations = kernels.peak_f32(kOperations, &sinks->front().value);
  row.work = {{"flops", static_cast<double>(operations) * threads}};
  row.run = [=, &kernels] {
    Parallel(threads, [&](int i) { kernels.peak_f32(kOperations, &(*sinks)[i].value); });
    benchmark::DoNotOptimize(sinks->data());
  };
  row.verify = [sinks]() -> absl::Status {
    for (const Sink<float>& sink : *sinks) {
      // Each lane of each of up to 16 * 16 chains has converged to 2.
      if (sink.value > 0 && sink.value <= 2 * 16 * 16) continue;
      return absl::InternalError(absl::StrCat("the sum of all chains is ", sink.value));
    }
    return absl::OkStatus();
  };
  return row;
}

Row MakePeakU8S8(int threads, const KernelTable& kernels) {
  Row row;
  const auto sinks = std::make_shared<std::vector<Sink<std::int32_t>>>(threads);
  const std::size_t operations = kernels.peak_u8s8(kOperations, &sinks->front().value);
  row.work = {{"ops", static_cast<double>(operations) * threads}};
  const std::int32_t first = sinks->front().value;
  row.run = [=, &kernels] {
    Parallel(threads, [&](int i) { kernels.peak_u8s8(kOperations, &(*sinks)[i].value); });
    benchmark::DoNotOptimize(sinks->data());
  };
  row.verify = [sinks, first]() -> absl::Status {
    for (const Sink<std::int32_t>& sink : *sinks) {
      if (sink.value == first) continue;
      return absl::InternalError(absl::StrCat("two runs gave ", first, " and ", sink.value));
    }
    return absl::OkStatus();
  };
  return row;
}

Row MakeRead(std::size_t buffer_bytes, int threads, const KernelTable& kernels) {
  auto data = std::make_shared<AlignedVector<float>>(buffer_bytes / sizeof(float));
  std::mt19937 rng(kSeed);
  for (float& x : *data) x = static_cast<float>(rng());
  // Small buffers are read many times a run, so that neither the clock nor the call matters; an odd
  // number of times, so that the exclusive or of all is that of one pass.
  const std::size_t passes = (std::size_t{1} << 23) / buffer_bytes | 1;
  const auto results = std::make_shared<std::vector<Sink<std::uint32_t>>>(threads);
  Row row;
  row.bytes = static_cast<double>(passes * buffer_bytes);
  row.operand_bytes = buffer_bytes;
  row.run = [=, &kernels] {
    const std::size_t part = data->size() / threads;
    Parallel(threads, [&](int i) {
      (*results)[i].value = kernels.read_f32(data->data() + i * part, part, passes);
    });
    benchmark::DoNotOptimize(results->data());
  };
  row.verify = [data, results]() -> absl::Status {
    const std::uint32_t want = ReferenceKernels().read_f32(data->data(), data->size(), 1);
    std::uint32_t got = 0;
    for (const Sink<std::uint32_t>& result : *results) got ^= result.value;
    if (got == want) return absl::OkStatus();
    return absl::InternalError(absl::StrCat("exclusive or of all words is ", got, ", not ", want));
  };
  return row;
}

Row MakeCopy(std::size_t buffer_bytes, bool memcpy, const KernelTable& kernels) {
  const std::size_t count = buffer_bytes / 2 / sizeof(float);
  const auto x = std::make_shared<AlignedVector<float>>(count, 1.0f);
  const auto y = std::make_shared<AlignedVector<float>>(count);
  Row row;
  row.bytes = static_cast<double>(buffer_bytes);
  row.operand_bytes = buffer_bytes;
  row.run = [=, &kernels] {
    if (memcpy) {
      std::memcpy(y->data(), x->data(), count * sizeof(float));
      return;
    }
    kernels.activation_f32({1, count, x->data(), count, Activation::kNone, y->data(), count});
  };
  row.verify = [=]() -> absl::Status {
    if (*x == *y) return absl::OkStatus();
    return absl::InternalError("the copy differs");
  };
  return row;
}

void Register(Keys keys, int threads, const std::function<Row(int, const KernelTable&)>& make) {
  if (threads > 1) keys.emplace_back("threads", absl::StrCat(threads));
  RegisterForEachIsa(kPeak, keys,
                     [=](const KernelTable& kernels) { return make(threads, kernels); });
}

void RegisterRead(const std::string& where, std::size_t bytes, int threads) {
  Register({{"limit", "read_" + where}, {"buffer_bytes", absl::StrCat(bytes)}}, threads,
           [bytes](int t, const KernelTable& kernels) { return MakeRead(bytes, t, kernels); });
}

void RegisterLimits(int threads) {
  Register({{"limit", "fma_f32"}}, threads, MakePeakF32);
  Register({{"limit", "dot_u8s8"}}, threads, MakePeakU8S8);
  RegisterRead("memory", UncachedBytes(), threads);
}

const bool kRegistered = [] {
  RegisterLimits(1);
  // Half of each cache, which leaves room for what else is in it.
  for (const Cache& cache : DataCaches()) RegisterRead(cache.name, cache.bytes / 2, 1);
  for (const int threads : ThreadCounts()) RegisterLimits(threads);
  for (const std::size_t bytes : {std::size_t{2} << 20, std::size_t{64} << 20}) {
    RegisterForEachIsa(kPeak, {{"limit", "copy"}, {"buffer_bytes", absl::StrCat(bytes)}},
                       [=](const KernelTable& kernels) { return MakeCopy(bytes, false, kernels); });
    RegisterForBestIsa(kPeak, {{"limit", "memcpy"}, {"buffer_bytes", absl::StrCat(bytes)}},
                       [=](const KernelTable& kernels) { return MakeCopy(bytes, true, kernels); });
  }
  return true;
}();

}  // namespace
}  // namespace podium::bench
