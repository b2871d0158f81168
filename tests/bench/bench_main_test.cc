// ./bench as its user meets it: a process with flags, output and an exit status.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "kernels/kernel_table.h"

namespace podium::bench {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct Result {
  int status;
  std::string output;  // stdout and stderr
};

Result RunBench(const std::string& arguments, const std::string& environment = "") {
  const std::string command = environment + " " + PODIUM_BENCH + " " + arguments + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  Result result = {-1, ""};
  if (pipe == nullptr) return result;
  std::array<char, 4096> buffer;
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    result.output.append(buffer.data(), n);
  }
  result.status = WEXITSTATUS(pclose(pipe));
  return result;
}

TEST(BenchMainTest, HelpShowsOurFlagsAndGoogleBenchmarks) {
  const Result result = RunBench("--help");
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.output, AllOf(HasSubstr("--isa="), HasSubstr("--benchmark_filter=")));
}

TEST(BenchMainTest, VersionNamesTheCommit) {
  const Result result = RunBench("--version");
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.output, testing::MatchesRegex("bench [0-9.]+ \\([0-9a-z-]+\\)\n"));
}

TEST(BenchMainTest, UnknownFlagIsBadUsage) {
  const Result result = RunBench("--frobnicate");
  EXPECT_EQ(result.status, 2);
  EXPECT_EQ(result.output, "bench: unknown argument '--frobnicate': see bench --help\n");
}

TEST(BenchMainTest, UnknownIsaIsBadUsage) {
  const Result result = RunBench("--isa=avx9000");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.output, HasSubstr("--isa=avx9000: "));
}

TEST(BenchMainTest, UnknownCapIsBadUsage) {
  const Result result = RunBench("--benchmark_list_tests", "PODIUM_ISA=avx51");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.output, HasSubstr("bench: PODIUM_ISA=avx51: "));
}

TEST(BenchMainTest, RepetitionsLeaveNoNanInTheJson) {
  const Result result = RunBench(
      "--benchmark_filter=machine.*fma_f32 --isa=best --benchmark_min_time=0.000001 "
      "--benchmark_repetitions=2 --benchmark_format=json");
  EXPECT_THAT(result.output, testing::Not(HasSubstr("NaN")));
}

TEST(BenchMainTest, NetworksThatAreNotThereAreNamed) {
  const std::string row = "--benchmark_filter=^model/variant:int8/.*/net:kws/batch:1$ --isa=best";
  EXPECT_THAT(RunBench(row, "env -u PODIUM_DATA_DIR").output,
              HasSubstr("needs the MLPerf Tiny networks: --data_dir=DIR"));
  EXPECT_THAT(RunBench(row + " --data_dir=/").output,
              HasSubstr("//models/kws_fp32.tflite: cannot be read"));
}

TEST(BenchMainTest, DataDirThatIsNotThereIsBadUsage) {
  const Result result = RunBench("--data_dir=/nowhere");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.output, HasSubstr("bench: --data_dir=/nowhere: no such directory"));
}

TEST(BenchMainTest, AccuracyLogHasALineForEachInput) {
  if (std::getenv("PODIUM_DATA_DIR") == nullptr) GTEST_SKIP() << "no PODIUM_DATA_DIR";
  const std::string path = testing::TempDir() + "/accuracy.csv";
  const Result result = RunBench(
      "--benchmark_filter=^model/variant:int8/.*/net:kws/batch:1$ --isa=best "
      "--benchmark_min_time=0.000001 --benchmark_repetitions=2 --accuracy_log=" +
      path);
  EXPECT_EQ(result.status, 0) << result.output;
  std::ifstream in(path);
  std::string last;
  int lines = 0;
  for (std::string line; std::getline(in, line); last = line) ++lines;
  EXPECT_EQ(lines, 1 + 500);
  EXPECT_EQ(std::count(last.begin(), last.end(), ','), 5 + 12) << last;
}

TEST(BenchMainTest, AccuracyLogThatCannotBeWrittenIsBadUsage) {
  const Result result = RunBench("--benchmark_list_tests --accuracy_log=/nowhere/log.csv");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.output, HasSubstr("--accuracy_log=/nowhere/log.csv: cannot be written"));
}

TEST(BenchMainTest, FilterWithoutMatchIsBadUsage) {
  const Result result = RunBench("--benchmark_filter=nothing_like_this");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.output, HasSubstr("no row matches --benchmark_filter='nothing_like_this'"));
}

TEST(BenchMainTest, JsonContextSaysWhatWasMeasuredWhereAndHow) {
  const Result result = RunBench(
      "--benchmark_filter=machine.*isa:.*fma_f32 --benchmark_min_time=0.000001 "
      "--benchmark_format=json");
  EXPECT_EQ(result.status, 0);
  for (const char* key : {"version",
                          "git_sha",
                          "compiler",
                          "build_type",
                          "flags",
                          "isa_flags",
                          "command",
                          "cpu_model",
                          "cpu_features",
                          "memory_bytes",
                          "governor",
                          "kernel",
                          "isa",
                          "seed",
                          "clock",
                          "timer_overhead_ns",
                          "library.xsimd",
                          "library.benchmark",
                          "library.absl",
                          "baseline.int8_matmul",
                          "technique.int8_matmul.int8"}) {
    EXPECT_THAT(result.output, HasSubstr(absl::StrCat("\"podium.", key, "\": \"")));
  }
  EXPECT_THAT(result.output, HasSubstr("\"caches\": ["));
}

TEST(BenchMainTest, MemoryIsReportedAndKernelsDoNotAllocate) {
  const Result result = RunBench(
      "--benchmark_filter=^dense/variant:fp32/isa:[a-z0-9]*/M:1/N:2048/K:2048 --isa=best "
      "--benchmark_min_time=0.000001 --benchmark_format=json");
  EXPECT_THAT(result.output, testing::Not(HasSubstr("allocs_per_iter")));  // 0 is left out
  // 4 * (2048 * 2048 + 2048 + 2048) bytes of weights and activations.
  EXPECT_THAT(result.output, HasSubstr("\"max_bytes_used\": 1.6793600000000000e+07"));
}

// What the context says of a library under this environment; empty if this build has no such peer.
std::string PeerVersion(const std::string& name, const std::string& environment) {
  const Result result = RunBench(
      "--benchmark_filter=machine.*fma_f32 --isa=best --benchmark_min_time=0.000001 "
      "--benchmark_format=json",
      environment);
  const std::string key = absl::StrCat("\"podium.library.", name, "\": \"");
  const std::size_t begin = result.output.find(key);
  if (begin == std::string::npos) return "";
  return result.output.substr(begin + key.size(),
                              result.output.find('"', begin + key.size()) - begin - key.size());
}

TEST(BenchMainTest, OpenBlasChoosesItsCoreWhateverTheEnvironmentSays) {
  const std::string version = PeerVersion("openblas", "OPENBLAS_CORETYPE=Prescott");
  if (version.empty()) GTEST_SKIP() << "built without OpenBLAS";
  if (BestKernels().isa <= Isa::kSse2) GTEST_SKIP() << "Prescott may be right here";
  EXPECT_THAT(version, testing::Not(HasSubstr("Prescott")));
}

TEST(BenchMainTest, PeersAreNamedAsSuch) {
  const Result result = RunBench(
      "--benchmark_filter=machine.*fma_f32 --isa=best --benchmark_min_time=0.000001 "
      "--benchmark_format=json");
  for (const char* library : {"onednn", "openblas"}) {
    const bool built = absl::StrContains(result.output, absl::StrCat("podium.library.", library));
    EXPECT_EQ(absl::StrContains(result.output, absl::StrCat("\"podium.peer.dense.", library,
                                                            "_f32\": \"", library, "\"")),
              built)
        << library;
  }
}

#if defined(__x86_64__)
TEST(BenchMainTest, OpenBlasIsHeldToPodiumIsa) {
  const std::string version = PeerVersion("openblas", "PODIUM_ISA=sse2");
  if (version.empty()) GTEST_SKIP() << "built without OpenBLAS";
  if (BestKernels().isa <= Isa::kSse2) GTEST_SKIP() << "nothing to hold it back from";
  EXPECT_THAT(version, HasSubstr("Prescott"));
}

TEST(BenchMainTest, OneDnnIsHeldToPodiumIsa) {
  const std::string version =
      PeerVersion("onednn", "ONEDNN_MAX_CPU_ISA=AVX512_CORE PODIUM_ISA=sse2");
  if (version.empty()) GTEST_SKIP() << "built without oneDNN";
  EXPECT_THAT(version, HasSubstr("held to sse2"));
}

TEST(BenchMainTest, RowsBeyondThePodiumIsaCapEndInAnError) {
  const Result result = RunBench(
      "--benchmark_filter=^dense/variant:fp32/isa:avx2/M:1/N:12/ --benchmark_min_time=0.000001",
      "PODIUM_ISA=sse2");
  EXPECT_THAT(result.output, HasSubstr("no avx2 on this CPU or under PODIUM_ISA"));
}
#endif

}  // namespace
}  // namespace podium::bench
