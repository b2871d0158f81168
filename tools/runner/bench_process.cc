#include "tools/runner/bench_process.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "tools/gbench/read_text.h"
#include "tools/runner/process.h"
#include "tools/submission/files.h"
#include "tools/submission/sha256.h"

namespace podium::report {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// A new directory that goes when this does.
class TemporaryDirectory {
 public:
  static absl::StatusOr<TemporaryDirectory> Create(const fs::path& parent) {
    std::string path = (parent / "podium.XXXXXX").string();
    if (mkdtemp(path.data()) != nullptr) return TemporaryDirectory(path);
    return absl::InvalidArgumentError(
        absl::StrCat(parent.string(), ": no directory can be made in it: check its permissions"));
  }
  TemporaryDirectory(TemporaryDirectory&& other) noexcept
      : path_(std::exchange(other.path_, fs::path())) {}
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  explicit TemporaryDirectory(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

std::string HostName() {
  char name[256] = "";
  gethostname(name, sizeof(name) - 1);
  return name;
}

std::optional<double> LoadAverage() {
  double load = 0;
  return getloadavg(&load, 1) == 1 ? std::optional(load) : std::nullopt;
}

std::string NowUtc() {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone());
}

// Where execvp would find it; as given where it would not.
std::string FindBinary(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = std::getenv("PATH");
  for (absl::string_view directory : absl::StrSplit(path ? path : "", ':')) {
    const fs::path candidate = fs::path(std::string(directory)) / name;
    if (access(candidate.c_str(), X_OK) == 0) return candidate.string();
  }
  return name;
}

// Of the binary; once per file and size and time, as a run starts it hundreds of times.
std::optional<std::string> BinarySha256(const std::string& path) {
  struct Known {
    std::uintmax_t size;
    fs::file_time_type time;
    std::string sha256;
  };
  static auto* const known = new std::map<std::string, Known>;
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (error) return std::nullopt;
  const fs::file_time_type time = fs::last_write_time(path, error);
  if (error) return std::nullopt;
  const auto found = known->find(path);
  if (found != known->end() && found->second.size == size && found->second.time == time) {
    return found->second.sha256;
  }
  const absl::StatusOr<std::string> bytes = ReadText(path);
  if (!bytes.ok()) return std::nullopt;
  (*known)[path] = {size, time, Sha256Hex(*bytes)};
  return (*known)[path].sha256;
}

ProcessRecord Begin(const BenchCommand& command) {
  ProcessRecord record;
  record.host = HostName();
  record.binary = FindBinary(command.argv[0]);
  record.binary_sha256 = BinarySha256(record.binary);
  record.start_time = NowUtc();
  record.load_average = LoadAverage();
  record.env_padding_bytes = command.env_padding_bytes;
  return record;
}

std::string Padding(const BenchCommand& command) {
  return absl::StrCat("PODIUM_PADDING=",
                      std::string(static_cast<std::size_t>(command.env_padding_bytes), 'x'));
}

// Its number, as the launchers of MPI and Slurm say it; else the process number, which is unique.
std::string RankName() {
  for (const char* name :
       {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID", "MPI_LOCALRANKID"}) {
    long rank = 0;
    if (const char* value = std::getenv(name); value && absl::SimpleAtoi(value, &rank)) {
      return absl::StrCat("rank-", absl::Dec(rank, absl::kZeroPad8));
    }
  }
  std::string host = HostName();
  std::replace(host.begin(), host.end(), '.', '-');
  return absl::StrCat("process-", host, "-", getpid());
}

Json ToJson(const BenchResult& result) {
  const ProcessRecord& record = result.record;
  return {{"host", record.host},
          {"binary", record.binary},
          {"binary_sha256", record.binary_sha256 ? Json(*record.binary_sha256) : Json()},
          {"start_time", record.start_time.value_or("")},
          {"load_average", record.load_average ? Json(*record.load_average) : Json()},
          {"status", ProcessStatusName(record.status)},
          {"message", record.message},
          {"wall_s", record.wall_s.value_or(0)},
          {"benchmark", result.json}};
}

// False where the file is no whole result: a rank that was killed leaves none.
bool FromJson(const std::string& text, BenchResult& result) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return false;
  // The fields are those of a process of a run file, of which this is the first and only one.
  json["process"] = json["round"] = json["order"] = 0;
  json["side"] = "";
  const Json benchmark = json["benchmark"];
  json.erase("benchmark");
  const absl::StatusOr<RunRecord> record =
      ParseRunRecord("{}", Json::array({std::move(json)}).dump(-1, ' ', true));
  if (!record.ok() || !benchmark.is_string()) return false;
  result.record = record->processes[0];
  result.json = benchmark.get<std::string>();
  return true;
}

absl::StatusOr<std::string> OwnProgram() {
  std::error_code error;
  const fs::path path = fs::read_symlink("/proc/self/exe", error);
  if (!error) return path.string();
  return absl::InvalidArgumentError(absl::StrCat(
      "--launcher: the path of podium is not known: ", error.message(), ": it needs /proc"));
}

// What a program that fails before it wrote a row leaves behind is as good as nothing.
std::string ReadIfThere(const fs::path& path) { return ReadText(path.string()).value_or(""); }

}  // namespace

std::string ExactFilter(const std::vector<std::string>& names) {
  const auto escape = [](std::string* out, const std::string& name) {
    for (const char c : name) {
      if (absl::string_view(".[\\()*+?{|^$").find(c) != absl::string_view::npos) *out += '\\';
      *out += c;
    }
  };
  return absl::StrCat("^(", absl::StrJoin(names, "|", escape), ")$");
}

absl::StatusOr<std::vector<std::string>> ListBenchmarks(const BenchCommand& command) {
  ChildCommand child{command.argv, {}, command.timeout_s};
  child.argv.push_back("--benchmark_list_tests=true");
  const absl::StatusOr<ChildOutcome> outcome = RunChild(child);
  if (!outcome.ok()) return outcome.status();
  if (!outcome->message.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(command.argv[0], ": cannot list its benchmarks: ", outcome->message,
                     "; try it: ", absl::StrJoin(child.argv, " ")));
  }
  std::vector<std::string> names;
  for (absl::string_view line : absl::StrSplit(outcome->output, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (!line.empty()) names.emplace_back(line);
  }
  if (!names.empty()) return names;
  return absl::InvalidArgumentError(absl::StrCat(
      command.argv[0],
      ": lists no benchmarks: check --benchmark_filter with: ", absl::StrJoin(child.argv, " ")));
}

absl::StatusOr<BenchResult> RunBench(const BenchCommand& command) {
  std::error_code ignored;
  const absl::StatusOr<TemporaryDirectory> directory =
      TemporaryDirectory::Create(fs::temp_directory_path(ignored));
  if (!directory.ok()) return directory.status();
  const fs::path out = directory->path() / "out.json";
  ChildCommand child{command.argv, {Padding(command)}, command.timeout_s};
  child.argv.push_back(absl::StrCat("--benchmark_out=", out.string()));
  child.argv.push_back("--benchmark_out_format=json");

  BenchResult result;
  result.record = Begin(command);
  absl::StatusOr<ChildOutcome> outcome = RunChild(child);
  if (!outcome.ok()) return outcome.status();
  result.record.status = outcome->status;
  result.record.message = std::move(outcome->message);
  result.record.wall_s = outcome->wall_s;
  result.interrupted = outcome->interrupted;
  result.json = ReadIfThere(out);
  return result;
}

absl::Status RunBenchAsRank(const BenchCommand& command, const std::string& rank_directory) {
  const absl::StatusOr<BenchResult> result = RunBench(command);
  if (!result.ok()) return result.status();
  if (result->interrupted) return absl::CancelledError("interrupted");
  return WriteWholeFile((fs::path(rank_directory) / RankName()).string(),
                        ToJson(*result).dump(-1, ' ', true, Json::error_handler_t::replace));
}

absl::StatusOr<std::vector<BenchResult>> RunBenchOnRanks(const BenchCommand& command,
                                                         const std::vector<std::string>& launcher,
                                                         const std::string& shared_directory) {
  const absl::StatusOr<std::string> podium = OwnProgram();
  if (!podium.ok()) return podium.status();
  const absl::StatusOr<TemporaryDirectory> directory = TemporaryDirectory::Create(shared_directory);
  if (!directory.ok()) return directory.status();

  ChildCommand child{launcher, {Padding(command)}, 0};
  child.argv.insert(child.argv.end(),
                    {*podium, "run", "--rank_directory=" + directory->path().string()});
  if (command.timeout_s > 0) {
    child.argv.push_back(absl::StrCat("--process_timeout=", command.timeout_s, "s"));
    child.timeout_s = command.timeout_s + 30;  // each rank stops itself: this is for the launcher
  }
  child.argv.push_back(absl::StrCat("--env_padding=", command.env_padding_bytes));
  child.argv.push_back("--");
  child.argv.insert(child.argv.end(), command.argv.begin(), command.argv.end());

  BenchResult launch;
  launch.record = Begin(command);
  absl::StatusOr<ChildOutcome> outcome = RunChild(child);
  if (!outcome.ok()) return outcome.status();

  std::vector<fs::path> files;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory->path(), ignored)) {
    if (entry.path().filename().string().find('.') == std::string::npos) {  // no unfinished one
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<BenchResult> results;
  for (const fs::path& file : files) {
    BenchResult result;
    if (!FromJson(ReadIfThere(file), result)) continue;
    result.record.env_padding_bytes = command.env_padding_bytes;
    result.interrupted = outcome->interrupted;
    results.push_back(std::move(result));
  }
  if (!results.empty() && outcome->status == ProcessStatus::kOk) return results;
  launch.interrupted = outcome->interrupted;
  launch.record.wall_s = outcome->wall_s;
  launch.record.status =
      outcome->status == ProcessStatus::kOk ? ProcessStatus::kCrashed : outcome->status;
  launch.record.message =
      outcome->message.empty()
          ? absl::StrCat("no rank left a result: is ", shared_directory, " on every host?")
          : absl::StrCat(launcher[0], ": ", outcome->message);
  results.push_back(std::move(launch));
  return results;
}

}  // namespace podium::report
