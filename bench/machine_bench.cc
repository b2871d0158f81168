// The machine's own limits, one thread: the rows that make any other row a fraction of the machine.
//
//   machine/variant:peak/isa:<isa>/limit:fma_f32     FP32 multiply-adds, `flops`
//   machine/variant:peak/isa:<isa>/limit:dot_u8s8    INT8 dot products, `ops`
//   machine/variant:peak/isa:<isa>/limit:read_<where>/buffer_bytes:<n>   reads, `bytes`
#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <random>

#include "absl/strings/str_cat.h"
#include "bench/aligned.h"
#include "bench/inputs.h"
#include "bench/register.h"

namespace podium::bench {
namespace {

const Variant kPeak = {.family = "machine", .name = "peak", .techniques = "", .baseline = false};

// Long enough (some 0.1 ms) for the clock not to matter.
constexpr std::size_t kOperations = std::size_t{1} << 24;

Row MakePeakF32(const KernelTable& kernels) {
  Row row;
  const auto sink = std::make_shared<float>();
  const std::size_t operations = kernels.peak_f32(kOperations, sink.get());
  row.work = {{"flops", static_cast<double>(operations)}};
  row.run = [sink, &kernels] {
    kernels.peak_f32(kOperations, sink.get());
    benchmark::DoNotOptimize(*sink);
  };
  row.verify = [sink]() -> absl::Status {
    // Each lane of each of up to 16 * 16 chains has converged to 2.
    if (*sink > 0 && *sink <= 2 * 16 * 16) return absl::OkStatus();
    return absl::InternalError(absl::StrCat("the sum of all chains is ", *sink));
  };
  return row;
}

Row MakePeakU8S8(const KernelTable& kernels) {
  Row row;
  const auto sink = std::make_shared<std::int32_t>();
  const std::size_t operations = kernels.peak_u8s8(kOperations, sink.get());
  row.work = {{"ops", static_cast<double>(operations)}};
  const std::int32_t first = *sink;
  row.run = [sink, &kernels] {
    kernels.peak_u8s8(kOperations, sink.get());
    benchmark::DoNotOptimize(*sink);
  };
  row.verify = [sink, first]() -> absl::Status {
    if (*sink == first) return absl::OkStatus();
    return absl::InternalError(absl::StrCat("two runs gave ", first, " and ", *sink));
  };
  return row;
}

Row MakeRead(std::size_t buffer_bytes, const KernelTable& kernels) {
  auto data = std::make_shared<AlignedVector<float>>(buffer_bytes / sizeof(float));
  std::mt19937 rng(kSeed);
  for (float& x : *data) x = static_cast<float>(rng());
  // Small buffers are read many times a run, so that neither the clock nor the call matters; an odd
  // number of times, so that the exclusive or of all is that of one pass.
  const std::size_t passes = (std::size_t{1} << 23) / buffer_bytes | 1;
  const auto result = std::make_shared<std::uint32_t>();
  Row row;
  row.bytes = static_cast<double>(passes * buffer_bytes);
  row.operand_bytes = buffer_bytes;
  row.run = [data, result, passes, &kernels] {
    *result = kernels.read_f32(data->data(), data->size(), passes);
    benchmark::DoNotOptimize(*result);
  };
  row.verify = [data, result]() -> absl::Status {
    const std::uint32_t want = ReferenceKernels().read_f32(data->data(), data->size(), 1);
    if (*result == want) return absl::OkStatus();
    return absl::InternalError(
        absl::StrCat("exclusive or of all words is ", *result, ", not ", want));
  };
  return row;
}

const bool kRegistered = [] {
  RegisterForEachIsa(kPeak, {{"limit", "fma_f32"}}, MakePeakF32);
  RegisterForEachIsa(kPeak, {{"limit", "dot_u8s8"}}, MakePeakU8S8);
  // Half of each cache, which leaves room for what else is in it; for memory, eight times the last.
  std::size_t last = std::size_t{32} << 20;
  const auto register_read = [](const std::string& where, std::size_t bytes) {
    RegisterForEachIsa(
        kPeak, {{"limit", absl::StrCat("read_", where)}, {"buffer_bytes", absl::StrCat(bytes)}},
        [bytes](const KernelTable& kernels) { return MakeRead(bytes, kernels); });
  };
  for (const benchmark::CPUInfo::CacheInfo& cache : benchmark::CPUInfo::Get().caches) {
    if (cache.type == "Instruction" || cache.size <= 0) continue;
    last = static_cast<std::size_t>(cache.size);
    register_read(absl::StrCat("L", cache.level), last / 2);
  }
  register_read("memory", std::min(8 * last, std::size_t{512} << 20));
  return true;
}();

}  // namespace
}  // namespace podium::bench
