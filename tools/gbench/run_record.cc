#include "tools/gbench/run_record.h"

#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "tools/gbench/scalar.h"

namespace podium::report {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kStatusNames[] = {"ok", "crashed", "timeout"};

std::string Text(const Json& value) {
  Repairs ignored;
  return Printable(value.get_ref<const std::string&>(), ignored);
}

std::string TextOr(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? Text(*found) : "";
}

std::optional<std::string> OptionalText(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? std::optional(Text(*found)) : std::nullopt;
}

std::optional<double> Number(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  const double value = found->get<double>();
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

std::optional<long> Integer(const Json& object, const char* key) {
  const std::optional<double> value = Number(object, key);
  constexpr double kMost = 9007199254740992;  // 2^53: above it doubles skip integers
  if (!value || !(*value >= 0 && *value <= kMost) || std::trunc(*value) != *value) {
    return std::nullopt;
  }
  return static_cast<long>(*value);
}

absl::StatusOr<ProcessRecord> ParseProcess(const Json& json, std::size_t index) {
  const auto error = [&](const char* what) {
    return absl::InvalidArgumentError(absl::StrCat("podium.processes[", index, "] ", what));
  };
  if (!json.is_object()) return error("is no object");
  if (Integer(json, "process") != static_cast<long>(index)) return error("has another number");
  const std::optional<long> round = Integer(json, "round"), order = Integer(json, "order");
  if (!round || !order) return error("has no round or no order");
  if (!OptionalText(json, "side")) return error("has no side");

  ProcessRecord process;
  process.round = *round;
  process.order = *order;
  process.side = TextOr(json, "side");
  process.host = TextOr(json, "host");
  process.binary = TextOr(json, "binary");
  process.binary_sha256 = OptionalText(json, "binary_sha256");
  process.start_time = OptionalText(json, "start_time");
  process.load_average = Number(json, "load_average");
  process.env_padding_bytes = Integer(json, "env_padding_bytes");
  process.wall_s = Number(json, "wall_s");
  process.message = TextOr(json, "message");
  const std::string status = TextOr(json, "status");
  std::size_t s = 0;
  while (s < std::size(kStatusNames) && kStatusNames[s] != status) ++s;
  if (s == std::size(kStatusNames)) return error("has a status that is not ok, crashed or timeout");
  process.status = static_cast<ProcessStatus>(s);
  const auto differences = json.find("context_differences");
  if (differences != json.end() && differences->is_object()) {
    for (const auto& [key, value] : differences->items()) {
      if (value.is_string()) process.context_differences[Text(key)] = Text(value);
    }
  }
  return process;
}

}  // namespace

std::string_view ProcessStatusName(ProcessStatus status) {
  return kStatusNames[static_cast<std::size_t>(status)];
}

absl::StatusOr<RunRecord> ParseRunRecord(std::string_view run_text,
                                         std::string_view processes_text) {
  const Json run = Json::parse(run_text, nullptr, /*allow_exceptions=*/false);
  const Json processes = Json::parse(processes_text, nullptr, /*allow_exceptions=*/false);
  if (!run.is_object()) return absl::InvalidArgumentError("podium.run is no object");
  if (!processes.is_array()) return absl::InvalidArgumentError("podium.processes is no array");

  RunRecord record;
  record.plan = TextOr(run, "plan");
  record.design = TextOr(run, "design");
  record.seed = TextOr(run, "seed");
  record.stopped_because = TextOr(run, "stopped_because");
  record.tool_version = TextOr(run, "tool_version");
  record.command = TextOr(run, "command");
  record.rounds = Integer(run, "rounds");
  record.target_ci = Number(run, "target_ci");
  for (const Json& json : processes) {
    absl::StatusOr<ProcessRecord> process = ParseProcess(json, record.processes.size());
    if (!process.ok()) return process.status();
    record.processes.push_back(*std::move(process));
  }
  return record;
}

}  // namespace podium::report
