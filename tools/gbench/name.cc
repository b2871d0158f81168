#include "tools/gbench/name.h"

#include <array>

namespace podium::report {
namespace {

// Google Benchmark ends a name with these, in this order, each at most once. Matching the tail
// against the order leaves a key of the same name (an argument called `iterations`) where it is.
struct Suffix {
  std::string_view key;
  bool has_value;
};
constexpr std::array<Suffix, 8> kSuffixes = {{
    {"min_time", true},
    {"min_warmup_time", true},
    {"iterations", true},
    {"repeats", true},
    {"process_time", false},
    {"manual_time", false},
    {"real_time", false},
    {"threads", true},
}};

bool IsAmount(std::string_view value) {
  return !value.empty() && value.find_first_not_of("0123456789.,") == std::string_view::npos;
}

bool Matches(std::string_view component, const Suffix& suffix) {
  if (!suffix.has_value) return component == suffix.key;
  return component.size() > suffix.key.size() &&
         component.substr(0, suffix.key.size()) == suffix.key &&
         component[suffix.key.size()] == ':' && IsAmount(component.substr(suffix.key.size() + 1));
}

// The colon that ends the key, or npos. `Method<std::string>` has a scope in it, not a key.
std::size_t KeyEnd(std::string_view component) {
  const std::size_t colon = component.find(':');
  const bool is_key = colon != std::string_view::npos && colon > 0 &&
                      component.substr(colon + 1, 1) != ":" &&
                      component.substr(0, colon).find('<') == std::string_view::npos;
  return is_key ? colon : std::string_view::npos;
}

// `Sort<A/B>/8` has two components: a slash in a template argument list separates nothing. A `<`
// that is never closed is an ordinary character.
std::vector<std::string_view> SplitAtSlashes(std::string_view name) {
  std::vector<std::size_t> slashes, lists;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '/') slashes.push_back(i);
    if (name[i] == '<') lists.push_back(i);
    if (name[i] != '>' || lists.empty()) continue;
    while (!slashes.empty() && slashes.back() > lists.back()) slashes.pop_back();
    lists.pop_back();
  }
  std::vector<std::string_view> components;
  std::size_t begin = 0;
  for (const std::size_t slash : slashes) {
    components.push_back(name.substr(begin, slash - begin));
    begin = slash + 1;
  }
  components.push_back(name.substr(begin));
  return components;
}

}  // namespace

BenchmarkName ParseBenchmarkName(std::string_view name) {
  const std::vector<std::string_view> components = SplitAtSlashes(name);

  std::size_t tail = components.size();  // where the suffix begins
  for (std::size_t s = kSuffixes.size(); s > 0 && tail > 1; --s) {
    if (Matches(components[tail - 1], kSuffixes[s - 1])) --tail;
  }

  BenchmarkName parsed;
  parsed.family = components[0];
  parsed.workload = components[0];
  for (std::size_t i = 1; i < components.size(); ++i) {
    const std::string_view component = components[i];
    const std::size_t colon = KeyEnd(component);
    const bool has_key = colon != std::string_view::npos;
    const std::string_view key = component.substr(0, colon);
    const std::string_view value = has_key ? component.substr(colon + 1) : std::string_view();

    if (i >= tail && key != "threads") {  // how it was measured; threads are what was measured
      parsed.suffix.emplace_back(key, value);
      continue;
    }
    if (key == "variant" && !value.empty() && parsed.variant.empty()) {
      parsed.variant = value;
      continue;
    }
    if (key == "isa" && !value.empty() && parsed.isa.empty()) {
      parsed.isa = value;
      continue;
    }
    parsed.workload += '/';
    parsed.workload += component;
    if (has_key) parsed.keys.emplace_back(key, value);
  }
  return parsed;
}

}  // namespace podium::report
