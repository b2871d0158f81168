#include "tools/submission/environment.h"

#include <cmath>
#include <cstdint>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tools/submission/parse.h"

namespace podium::report {
namespace {

// Leaves room for where the value stands in a submission, which has a greatest depth of its own.
constexpr int kMaxContextDepth = kMaxDepth / 2;
constexpr absl::string_view kLibraryPrefix = "podium.library.";

enum class As { kText, kNumber, kJson };
struct Field {
  absl::string_view name;     // in the submission
  absl::string_view context;  // in the run file
  As as;
  bool environment;  // a difference may explain a difference in time
};
constexpr Field kFields[] = {
    {"host_name", "host_name", As::kText, true},
    {"cpu_model", "podium.cpu_model", As::kText, true},
    {"cpu_features", "podium.cpu_features", As::kText, true},
    {"num_cpus", "num_cpus", As::kNumber, true},
    {"cpu_frequency_hz", "mhz_per_cpu", As::kNumber, false},
    {"caches", "caches", As::kJson, true},
    {"memory_bytes", "podium.memory_bytes", As::kNumber, true},
    {"governor", "podium.governor", As::kText, true},
    {"cpu_scaling_enabled", "cpu_scaling_enabled", As::kJson, true},
    {"kernel", "podium.kernel", As::kText, true},
    {"load_avg", "load_avg", As::kJson, false},
    {"compiler", "podium.compiler", As::kText, true},
    {"flags", "podium.flags", As::kText, true},
    {"library_build_type", "library_build_type", As::kText, true},
    {"energy_source", "podium.energy_source", As::kText, false},
};

Json Convert(const Field& field, const std::string& text) {
  if (field.as == As::kText) return text;
  if (field.as == As::kJson) return ParseJson(text, kMaxContextDepth).value_or(Json());
  double value = 0;
  if (!absl::SimpleAtod(text, &value) || !std::isfinite(value)) return nullptr;
  if (field.context == "mhz_per_cpu") value *= 1e6;
  return WholeNumber(value);
}

}  // namespace

Json WholeNumber(double value) {
  constexpr double kMost = 9007199254740992;  // 2^53: above it doubles skip integers
  if (std::abs(value) < kMost && std::trunc(value) == value)
    return static_cast<std::int64_t>(value);
  return value;
}

void PutOrReason(Json& object, const std::string& key, const Json& value,
                 absl::string_view reason) {
  object[key] = value;
  if (value.is_null()) object[key + "_reason"] = reason;
}

Json SystemInfo(const Context& context) {
  Json info = Json::object();
  for (const Field& field : kFields) {
    const auto found = context.find(std::string(field.context));
    const Json value = found == context.end() ? Json() : Convert(field, found->second);
    const auto reason = context.find(absl::StrCat(field.context, "_reason"));
    PutOrReason(info, std::string(field.name), value,
                reason != context.end()
                    ? reason->second
                    : absl::StrCat("the run file's context has no valid ", field.context));
  }
  Json libraries = Json::object();
  for (const auto& [key, version] : context) {
    if (absl::StartsWith(key, kLibraryPrefix)) {
      libraries[key.substr(kLibraryPrefix.size())] = version;
    }
  }
  info["libraries"] = std::move(libraries);
  return info;
}

std::vector<std::string> EnvironmentDifferences(const Context& a, const Context& b) {
  const auto differs = [&](const std::string& key) {
    const auto in_a = a.find(key), in_b = b.find(key);
    if (in_a == a.end() || in_b == b.end()) return (in_a == a.end()) != (in_b == b.end());
    return in_a->second != in_b->second;
  };
  std::vector<std::string> names;
  for (const Field& field : kFields) {
    if (field.environment && differs(std::string(field.context))) names.emplace_back(field.name);
  }
  std::set<std::string> libraries;
  for (const Context* context : {&a, &b}) {
    for (const auto& [key, version] : *context) {
      if (absl::StartsWith(key, kLibraryPrefix)) libraries.insert(key);
    }
  }
  for (const std::string& key : libraries) {
    if (differs(key)) names.push_back("library " + key.substr(kLibraryPrefix.size()));
  }
  return names;
}

std::optional<std::string> ToUtc(absl::string_view date) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, std::string(date), &time, &error)) return std::nullopt;
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

}  // namespace podium::report
