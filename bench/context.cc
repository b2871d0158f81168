#include "bench/context.h"

#include <benchmark/benchmark.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <utility>
#include <vector>
#include <xsimd/xsimd.hpp>

#include "absl/base/config.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "bench/build_info.h"
#include "bench/energy.h"
#include "bench/inputs.h"
#include "bench/register.h"
#include "kernels/kernel_table.h"

#if defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace podium::bench {
namespace {

constexpr char kUnknown[] = "unknown";

std::string FirstLine(const char* path) {
  std::ifstream file(path);
  std::string line;
  return std::getline(file, line) ? line : kUnknown;
}

// The value of the first line of /proc/cpuinfo with this key.
std::string CpuInfo(absl::string_view key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::vector<absl::string_view> parts = absl::StrSplit(line, absl::MaxSplits(':', 1));
    if (parts.size() == 2 && absl::StripAsciiWhitespace(parts[0]) == key) {
      return std::string(absl::StripAsciiWhitespace(parts[1]));
    }
  }
  return kUnknown;
}

std::string CpuModel() {
#if defined(__APPLE__)
  char model[256];
  std::size_t size = sizeof(model);
  if (sysctlbyname("machdep.cpu.brand_string", model, &size, nullptr, 0) == 0) return model;
  return kUnknown;
#else
  return CpuInfo("model name");
#endif
}

// Of the CPU's features, those that decide which kernels it can run, and their near relations.
std::string CpuFeatures() {
  const std::string all = CpuInfo(
#if defined(__aarch64__)
      "Features"
#else
      "flags"
#endif
  );
  if (all == kUnknown) return kUnknown;
  std::vector<absl::string_view> of_interest;
  for (absl::string_view feature : absl::StrSplit(all, ' ')) {
    for (absl::string_view prefix : {"sse", "avx", "fma", "f16c", "amx", "asimd", "i8mm", "bf16"}) {
      if (feature.substr(0, prefix.size()) == prefix) of_interest.push_back(feature);
    }
  }
  return absl::StrJoin(of_interest, " ");
}

std::string MemoryBytes() {
  const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0 ? absl::StrCat(std::int64_t{pages} * page) : kUnknown;
}

std::string OperatingSystem() {
  utsname name;
  if (uname(&name) != 0) return kUnknown;
  return absl::StrCat(name.sysname, " ", name.release, " ", name.machine);
}

// Median time between two readings of the clock that Google Benchmark uses, one behind the other.
double TimerOverheadNs() {
  using Clock = std::conditional_t<std::chrono::high_resolution_clock::is_steady,
                                   std::chrono::high_resolution_clock, std::chrono::steady_clock>;
  std::vector<double> differences(1001);
  constexpr int kReadings = 100;  // one difference may be below the clock's resolution
  for (double& difference : differences) {
    const auto start = Clock::now();
    for (int i = 1; i < kReadings; ++i) benchmark::DoNotOptimize(Clock::now());
    difference = std::chrono::duration<double, std::nano>(Clock::now() - start).count() / kReadings;
  }
  std::nth_element(differences.begin(), differences.begin() + 500, differences.end());
  return differences[500];
}

std::vector<std::pair<std::string, std::function<std::string()>>>& Libraries() {
  static auto* const libraries =
      new std::vector<std::pair<std::string, std::function<std::string()>>>;
  return *libraries;
}

void Add(absl::string_view key, absl::string_view value) {
  benchmark::AddCustomContext(absl::StrCat("podium.", key), std::string(value));
}

}  // namespace

void AddContext(std::span<const std::string> command) {
  Add("version", kBuildInfo.version);
  Add("git_sha", kBuildInfo.git_sha);
  Add("compiler", kBuildInfo.compiler);
  Add("build_type", kBuildInfo.build_type);
  Add("flags", absl::StripAsciiWhitespace(kBuildInfo.flags));
  Add("isa_flags", kBuildInfo.isa_flags);
  Add("command", absl::StrJoin(command, " "));
  Add("cpu_model", CpuModel());
  Add("cpu_features", CpuFeatures());
  Add("memory_bytes", MemoryBytes());
  Add("governor", FirstLine("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"));
  Add("kernel", OperatingSystem());
  Add("isa", std::string(IsaName(BestKernels().isa)));
  Add("seed", absl::StrCat(kSeed));
  Add("cache_state",
      "warm; of rows with weights:cold the weights are not, with cache:cold the KV cache");
  Add("clock", "steady");
  Add("timer_overhead_ns", absl::StrCat(TimerOverheadNs()));
  const EnergyMeter& energy = ThisEnergyMeter();
  if (energy.source().empty()) {
    Add("energy_source_reason", energy.reason());
  } else {
    Add("energy_source", energy.source());
  }
  Add("library.xsimd",
      absl::StrCat(XSIMD_VERSION_MAJOR, ".", XSIMD_VERSION_MINOR, ".", XSIMD_VERSION_PATCH));
  Add("library.benchmark",
      *kBuildInfo.benchmark_version == '\0' ? kUnknown : kBuildInfo.benchmark_version);
#if defined(ABSL_LTS_RELEASE_VERSION)
  Add("library.absl", absl::StrCat(ABSL_LTS_RELEASE_VERSION, ".", ABSL_LTS_RELEASE_PATCH_LEVEL));
#else
  Add("library.absl", kUnknown);
#endif
  for (const auto& [name, describe] : Libraries()) Add("library." + name, describe());
  for (const Variant& variant : Variants()) {
    if (!variant.peer.empty()) {
      Add(absl::StrCat("peer.", variant.family, ".", variant.name), variant.peer);
    }
    if (variant.baseline) Add(absl::StrCat("baseline.", variant.family), variant.name);
    if (!variant.techniques.empty()) {
      Add(absl::StrCat("technique.", variant.family, ".", variant.name), variant.techniques);
    }
  }
}

void AddLibrary(const std::string& name, const std::function<std::string()>& describe) {
  Libraries().emplace_back(name, describe);
}

}  // namespace podium::bench
