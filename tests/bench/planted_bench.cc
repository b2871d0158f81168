// Real work of known difference, for trying a tool that is to find it:
//
//   chain/variant:old  against  chain/variant:new   the same loop, 3 % longer
//   work/...                                        200 rows for A/A: one program on both sides
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

namespace {

// Each step needs the one before: nothing to vectorize, nothing to skip.
std::uint64_t Chain(std::int64_t steps, std::uint64_t x) {
  for (std::int64_t i = 0; i < steps; ++i) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
  }
  return x;
}

void RunChain(benchmark::State& state, std::int64_t steps) {
  std::uint64_t x = 88172645463325252u;
  for (auto _ : state) benchmark::DoNotOptimize(x = Chain(steps, x));
}

void RunCopy(benchmark::State& state, std::int64_t bytes) {
  std::vector<char> from(static_cast<std::size_t>(bytes), 1), to(from.size());
  for (auto _ : state) {
    std::memcpy(to.data(), from.data(), from.size());
    benchmark::ClobberMemory();
  }
}

void RunSum(benchmark::State& state, std::int64_t count) {
  const std::vector<float> values(static_cast<std::size_t>(count), 0.5f);
  for (auto _ : state) {
    benchmark::DoNotOptimize(std::accumulate(values.begin(), values.end(), 0.0f));
  }
}

void RunSort(benchmark::State& state, std::int64_t count) {
  std::vector<std::uint64_t> values(static_cast<std::size_t>(count));
  for (auto _ : state) {
    std::uint64_t x = 1;
    for (std::uint64_t& value : values) value = x = Chain(1, x);
    std::sort(values.begin(), values.end());
    benchmark::ClobberMemory();
  }
}

void Register(const std::string& name, void (*run)(benchmark::State&, std::int64_t),
              std::int64_t size) {
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) { run(state, size); });
}

}  // namespace

int main(int argc, char** argv) {
  Register("chain/variant:old", RunChain, 10000);
  Register("chain/variant:new", RunChain, 10300);
  for (std::int64_t i = 1; i <= 50; ++i) {
    const std::string size = "/size:" + std::to_string(i);
    Register("work/kind:chain" + size, RunChain, 200 * i);
    Register("work/kind:copy" + size, RunCopy, 8192 * i);
    Register("work/kind:sum" + size, RunSum, 1000 * i);
    Register("work/kind:sort" + size, RunSort, 50 * i);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
