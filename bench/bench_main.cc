// ./bench: our flags, the JSON context, and then Google Benchmark's own main loop.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "bench/build_info.h"
#include "bench/context.h"
#include "bench/options.h"
#include "bench/register.h"
#include "kernels/kernel_table.h"

namespace podium::bench {
namespace {

constexpr char kHelp[] =
    R"(bench measures ML kernel optimizations against their baselines.

Example, the INT8 claim with all that `podium submit` needs to judge it:
  bench --isa=best --benchmark_filter=int8_matmul --benchmark_repetitions=10 \
        --benchmark_enable_random_interleaving=true \
        --benchmark_out=run.json --benchmark_out_format=json

Rows are named <family>/variant:<v>/isa:<isa>/<key>:<value>/...; each verifies its result before
it is timed. Families: dense int8_matmul weight_quantization sparse_gemm sparse_break_even
fused_activation kv_attention kv_decode kv_prefill llm_decode model model_layer generate
generate_layer machine.
A row runs over and over on the same operands, so caches are warm: what fits one is read from it. Not
so with weights:cold, where each iteration takes other copies of the weights, from memory, nor with
cache:cold, where it takes another layer's KV cache. One thread, or as many as threads:<t> says.

Flags of Podium:
  --isa=all|best|NAME   rows of every instruction set of this build (default), of the strongest
                        that this CPU has, or of one: sse2 avx2 avx512bw avx512vnni neon.
                        A row that this CPU cannot run ends in an error that says so.
  --data_dir=DIR        where the networks of the rows model/ and their labelled inputs lie:
                        DIR/models/kws_int8.tflite, and as inputs DIR/kws01/y_labels.csv with its
                        .bin files, DIR/cifar-10-batches-bin/test_batch.bin, or DIR/kws_x.npy and
                        DIR/kws_y.npy; without it these rows end in an error that says so
  --accuracy_log=FILE   CSV with a line for each labelled input that a network was given:
                        net,variant,isa,file,label,predicted and all scores
  --version             version and commit
Environment:
  PODIUM_DATA_DIR=DIR   --data_dir where that flag is not given
  PODIUM_ISA=NAME       run no instruction set stronger than this
Exit status: 0 all is well; 1 a row computed a wrong result, or Google Benchmark gave up; 2 bad usage
or no row matched.

Flags of Google Benchmark:
)";

void PrintHelp() {
  std::fputs(kHelp, stdout);
  benchmark::PrintDefaultHelp();
}

int BadUsage(absl::string_view message) {
  std::fputs(absl::StrCat("bench: ", message, "\n").c_str(), stderr);
  return 2;
}

int Main(int argc, char** argv) {
  const std::vector<std::string> command(argv, argv + argc);
  benchmark::Initialize(&argc, argv, PrintHelp);  // takes its own flags out of argv; --help exits
  if (const char* cap = std::getenv("PODIUM_ISA"); cap != nullptr && *cap != '\0') {
    const auto is_cap = [cap](const KernelTable* table) { return IsaName(table->isa) == cap; };
    if (std::none_of(BuiltKernels().begin(), BuiltKernels().end(), is_cap)) {
      return BadUsage(absl::StrCat("PODIUM_ISA=", cap,
                                   ": no such instruction set in this build: see bench --help"));
    }
  }
  std::string isa = "all";
  for (int i = 1; i < argc; ++i) {
    absl::string_view flag = argv[i];
    if (flag == "--version") {
      std::puts(absl::StrCat("bench ", kBuildInfo.version, " (", kBuildInfo.git_sha, ")").c_str());
      return 0;
    }
    if (absl::ConsumePrefix(&flag, "--data_dir=")) {
      MutableOptions().data_dir = std::string(flag);
      continue;
    }
    if (absl::ConsumePrefix(&flag, "--accuracy_log=")) {
      MutableOptions().accuracy_log = std::string(flag);
      continue;
    }
    if (!absl::ConsumePrefix(&flag, "--isa=")) {
      return BadUsage(absl::StrCat("unknown argument '", flag, "': see bench --help"));
    }
    isa = std::string(flag);
  }
  if (const std::string& dir = MutableOptions().data_dir;
      !dir.empty() && !std::filesystem::is_directory(dir)) {
    return BadUsage(absl::StrCat("--data_dir=", dir, ": no such directory"));
  }
  if (const std::string& log = MutableOptions().accuracy_log; !log.empty()) {
    std::ofstream out(log);
    out << "net,variant,isa,file,label,predicted,scores...\n";
    out.flush();
    if (!out) return BadUsage(absl::StrCat("--accuracy_log=", log, ": cannot be written"));
  }
  CallAfterFlags();
  if (const absl::Status status = RegisterWithGoogleBenchmark(isa); !status.ok()) {
    return BadUsage(status.message());
  }
  AddContext(command);
  if (benchmark::RunSpecifiedBenchmarks() == 0) {
    return BadUsage(absl::StrCat("no row matches --benchmark_filter='",
                                 benchmark::GetBenchmarkFilter(),
                                 "': list them with --benchmark_list_tests=true"));
  }
  benchmark::Shutdown();
  return AnyResultWasWrong() ? 1 : 0;
}

}  // namespace
}  // namespace podium::bench

int main(int argc, char** argv) { return podium::bench::Main(argc, argv); }
