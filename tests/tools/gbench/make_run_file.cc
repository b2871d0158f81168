// make_run_file ROWS [SEED]: writes a Google Benchmark file of that many rows, 10 repetitions each,
// of the size and shape that ./bench gives them, to standard output. For measuring readers:
//
//   make_run_file 200000 1 > old.json; make_run_file 200000 2 > new.json
//   /usr/bin/time -v podium compare old.json new.json > /dev/null
#include <cstdio>
#include <cstdlib>
#include <random>

int main(int argc, char** argv) {
  constexpr int kRepetitions = 10;
  const long rows = argc > 1 ? std::atol(argv[1]) : 0;
  if (rows < 1) {
    std::fputs("usage: make_run_file ROWS [SEED]\n", stderr);
    return 2;
  }
  std::mt19937_64 random(argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1);
  std::fputs(
      "{\n  \"context\": {\n    \"date\": \"2026-01-01T00:00:00+00:00\",\n    \"num_cpus\": 2,\n"
      "    \"podium.baseline.gemm\": \"fp32\"\n  },\n  \"benchmarks\": [\n",
      stdout);
  for (long row = 0; row < rows; ++row) {
    const long benchmark = row / kRepetitions;
    // Up to 2 % of noise, so that rows differ as rows do.
    const double time =
        1e5 * (1 + static_cast<double>(random() % 20000) * 1e-6) + static_cast<double>(benchmark);
    char name[128];
    std::snprintf(name, sizeof(name), "gemm/variant:%s/isa:avx2/M:%ld/N:1024/K:1024",
                  benchmark % 2 == 0 ? "fp32" : "int8", benchmark / 2);
    std::printf(
        "    {\n      \"name\": \"%s\",\n      \"family_index\": %ld,\n"
        "      \"per_family_instance_index\": 0,\n      \"run_name\": \"%s\",\n"
        "      \"run_type\": \"iteration\",\n      \"repetitions\": %d,\n"
        "      \"repetition_index\": %ld,\n      \"threads\": 1,\n      \"iterations\": 1000,\n"
        "      \"real_time\": %.16e,\n      \"cpu_time\": %.16e,\n      \"time_unit\": \"ns\",\n"
        "      \"bytes\": %.16e,\n      \"ops\": %.16e,\n"
        "      \"size_bytes\": 1.0485760000000000e+06\n    }%s\n",
        name, benchmark, name, kRepetitions, row % kRepetitions, time, time * 0.99, 3e9 / time,
        2e12 / time, row + 1 < rows ? "," : "");
  }
  std::fputs("  ]\n}\n", stdout);
}
