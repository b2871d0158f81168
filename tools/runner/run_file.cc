// RunFileText: the rows of many processes as one Google Benchmark file.
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "tools/runner/run.h"

namespace podium::report {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

std::string Dump(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

Json Describe(const RunRecord& record) {
  return {{"plan", record.plan},
          {"design", record.design},
          {"seed", record.seed},
          {"rounds", OrNull(record.rounds)},
          {"target_ci", OrNull(record.target_ci)},
          {"stopped_because", record.stopped_because},
          {"tool_version", record.tool_version},
          {"command", record.command}};
}

Json Describe(const ProcessRecord& process, std::size_t index) {
  Json json = {{"process", index},
               {"round", process.round},
               {"order", process.order},
               {"side", process.side},
               {"host", process.host},
               {"binary", process.binary},
               {"binary_sha256", OrNull(process.binary_sha256)},
               {"start_time", OrNull(process.start_time)},
               {"load_average", OrNull(process.load_average)},
               {"env_padding_bytes", OrNull(process.env_padding_bytes)},
               {"status", ProcessStatusName(process.status)},
               {"wall_s", OrNull(process.wall_s)}};
  if (!process.message.empty()) json["message"] = process.message;
  if (!process.context_differences.empty()) {
    json["context_differences"] = process.context_differences;
  }
  return json;
}

}  // namespace

std::string RunFileText(const RunResult& result) {
  Json context = Json::parse(result.context, nullptr, /*allow_exceptions=*/false);
  if (!context.is_object()) context = Json::object();
  // One a line: a file is easier to read, and to compare, where its many processes are rows.
  std::string processes;
  for (std::size_t i = 0; i < result.record.processes.size(); ++i) {
    absl::StrAppend(&processes, i == 0 ? "" : ",", "\n      ",
                    Dump(Describe(result.record.processes[i], i)));
  }
  std::string text = "{\n  \"context\": {";
  for (const auto& [key, value] : context.items()) {
    // The program's command is that of one process, with a file for it that is gone; podium.run has
    // the whole run's.
    if (key == "podium.run" || key == "podium.processes" || key == "podium.command") continue;
    absl::StrAppend(&text, "\n    ", Dump(key), ": ", Dump(value), ",");
  }
  absl::StrAppend(&text, "\n    \"podium.run\": ", Dump(Describe(result.record)),
                  ",\n    \"podium.processes\": [", processes,
                  "\n    ]\n  },\n  \"benchmarks\": [");
  bool first = true;
  for (const MeasuredRow& row : result.rows) {
    if (row.text.empty()) continue;
    const ProcessRecord& process = result.record.processes[row.process];
    absl::StrAppend(&text, first ? "\n" : ",\n", "    {\n", row.text, ",\n",
                    "      \"podium_process\": ", row.process, ",\n",
                    "      \"podium_round\": ", process.round, ",\n",
                    "      \"podium_host\": ", Dump(process.host), "\n    }");
    first = false;
  }
  absl::StrAppend(&text, "\n  ]\n}\n");
  return text;
}

}  // namespace podium::report
