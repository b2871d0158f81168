#include "tools/submission/cost.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace podium::report {
namespace {

constexpr absl::string_view kLayerSuffix = "_layer";

std::optional<std::string> KeyOf(const Entry& entry, absl::string_view key) {
  for (const auto& [name, value] : entry.parts.keys) {
    if (name == key) return value;
  }
  return std::nullopt;
}

std::optional<double> MeanOf(const Entry& entry, absl::string_view metric) {
  const std::optional<Sample> values = MetricOf(entry, metric);
  if (!values) return std::nullopt;
  return values->mean();
}

// What one run does, of a rate per second: each repetition's rate times its time.
std::optional<double> AmountOf(const Entry& entry, absl::string_view rate) {
  const Sample *rates = entry.Find(rate), *times = entry.Find(kTimeMetric);
  if (!rates || !times || rates->n() != times->n()) return std::nullopt;
  double sum = 0;
  for (std::size_t i = 0; i < rates->n(); ++i) sum += rates->values()[i] * times->values()[i];
  return sum / static_cast<double>(rates->n());
}

struct Reading {
  std::string where;
  double holds_bytes, bytes_per_s;
};

// Of one ISA, one thread.
struct Limits {
  std::optional<double> flops_per_s, ops_per_s;
  std::vector<Reading> readings;  // the smallest first
};

Limits LimitsOf(const std::vector<Entry>& entries, const std::string& isa) {
  Limits limits;
  for (const Entry& entry : entries) {
    const std::optional<std::string> limit = KeyOf(entry, "limit");
    if (entry.parts.family != "machine" || entry.parts.isa != isa || !limit ||
        KeyOf(entry, "threads")) {
      continue;
    }
    if (*limit == "fma_f32") limits.flops_per_s = MeanOf(entry, "flops_per_s");
    if (*limit == "dot_u8s8") limits.ops_per_s = MeanOf(entry, "ops_per_s");
    absl::string_view where = *limit;
    const std::optional<double> speed = MeanOf(entry, "bytes_per_s");
    if (!absl::ConsumePrefix(&where, "read_") || !speed) continue;
    double buffer = 0;
    const bool memory = where == "memory";
    if (!memory && !absl::SimpleAtod(KeyOf(entry, "buffer_bytes").value_or(""), &buffer)) continue;
    // These rows read half of what the cache holds.
    limits.readings.push_back({std::string(where),
                               memory ? std::numeric_limits<double>::infinity() : 2 * buffer,
                               *speed});
  }
  std::sort(limits.readings.begin(), limits.readings.end(),
            [](const Reading& a, const Reading& b) { return a.holds_bytes < b.holds_bytes; });
  return limits;
}

void SetRoof(const Limits& limits, bool integers, Cost& cost) {
  if (!cost.bytes) {
    cost.reason = "the row does not report bytes";
    return;
  }
  const auto reading = std::find_if(limits.readings.begin(), limits.readings.end(),
                                    [&](const Reading& r) { return *cost.bytes <= r.holds_bytes; });
  const std::optional<double> peak = integers ? limits.ops_per_s : limits.flops_per_s;
  if (!peak || reading == limits.readings.end()) {
    cost.reason = "the run has no rows machine/ of its ISA: add them to --benchmark_filter";
    return;
  }
  const double compute_s = cost.operations.value_or(0) / *peak;
  const double memory_s = *cost.bytes / reading->bytes_per_s;
  cost.bound = compute_s >= memory_s ? Bound::kCompute : Bound::kMemory;
  cost.roof_s = std::max(compute_s, memory_s);
  cost.memory = reading->where;
}

Cost CostOf(const Entry& entry, const std::string& layer, const Figure& time,
            const Limits& limits) {
  Cost cost = {.name = layer,
               .time_s = time,
               .operations = {},
               .bytes = AmountOf(entry, "bytes_per_s"),
               .roof_s = {},
               .memory = "",
               .reason = ""};
  const std::optional<double> ops = AmountOf(entry, "ops_per_s");
  cost.operations = ops ? ops : AmountOf(entry, "flops_per_s");
  SetRoof(limits, ops.has_value(), cost);
  return cost;
}

// "03_conv2d" -> "conv2d".
std::string KindOf(absl::string_view layer) {
  const std::size_t end = layer.find_first_not_of("0123456789");
  if (end == 0 || end == absl::string_view::npos || layer[end] != '_') return std::string(layer);
  return std::string(layer.substr(end + 1));
}

std::optional<double> Sum(const std::optional<double>& a, const std::optional<double>& b) {
  if (!a) return b;
  return b ? *a + *b : *a;
}

// Adds a layer to its kind. Errors of the means are independent.
void AddTo(const Cost& layer, Cost& kind) {
  const auto half = [](const Figure& f) { return (f.interval.hi - f.interval.lo) / 2; };
  const double error = std::hypot(half(layer.time_s), half(kind.time_s));
  kind.time_s.value += layer.time_s.value;
  kind.time_s.interval = {kind.time_s.value - error, kind.time_s.value + error};
  kind.operations = Sum(kind.operations, layer.operations);
  kind.bytes = Sum(kind.bytes, layer.bytes);
  // What bounds the larger part of the roof bounds the kind.
  if (layer.roof_s && kind.roof_s) {
    if (*layer.roof_s > *kind.roof_s) {
      kind.bound = layer.bound;
      kind.memory = layer.memory;
    }
    *kind.roof_s += *layer.roof_s;
  } else {
    kind.roof_s.reset();
    kind.reason = kind.reason.empty() ? layer.reason : kind.reason;
  }
}

std::vector<Cost> ByKind(std::vector<Cost> layers) {
  std::vector<Cost> kinds;
  for (Cost& layer : layers) {
    layer.name = KindOf(layer.name);
    const auto found = std::find_if(kinds.begin(), kinds.end(),
                                    [&](const Cost& kind) { return kind.name == layer.name; });
    if (found == kinds.end()) {
      kinds.push_back(std::move(layer));
    } else {
      AddTo(layer, *found);
    }
  }
  return kinds;
}

// The name of the network without the suffix of the family and the layer: "model/net:kws".
std::string WholeName(const Entry& entry) {
  std::string name(absl::StripSuffix(entry.parts.family, kLayerSuffix));
  for (const auto& [key, value] : entry.parts.keys) {
    if (key != "layer") absl::StrAppend(&name, "/", key, ":", value);
  }
  return name;
}

const Entry* WholeOf(const CostProfile& profile, const std::vector<Entry>& entries) {
  for (const Entry& entry : entries) {
    if (entry.parts.variant != profile.variant || entry.parts.isa != profile.isa) continue;
    const std::string& workload = entry.parts.workload;
    if (workload == profile.workload || workload == profile.workload + "/batch:1") return &entry;
  }
  return nullptr;
}

}  // namespace

std::optional<double> Cost::intensity() const {
  if (!operations || !bytes || *bytes <= 0) return std::nullopt;
  return *operations / *bytes;
}

std::optional<double> Cost::of_roof() const {
  if (!roof_s) return std::nullopt;
  return *roof_s / time_s.value;
}

std::vector<CostProfile> CostsOf(const std::vector<Entry>& entries, bool by_kind) {
  std::vector<CostProfile> profiles;
  for (const Entry& entry : entries) {
    const std::optional<std::string> layer = KeyOf(entry, "layer");
    const std::optional<Figure> time = FigureOf(entry, {std::string(kTimeMetric), false});
    if (!absl::EndsWith(entry.parts.family, kLayerSuffix) || !layer || !time) continue;
    const std::string workload = WholeName(entry);
    auto found = std::find_if(profiles.begin(), profiles.end(), [&](const CostProfile& p) {
      return p.workload == workload && p.variant == entry.parts.variant && p.isa == entry.parts.isa;
    });
    if (found == profiles.end()) {
      CostProfile profile;
      profile.workload = workload;
      profile.variant = entry.parts.variant;
      profile.isa = entry.parts.isa;
      profile.whole = WholeOf(profile, entries);
      found = profiles.insert(profiles.end(), std::move(profile));
    }
    found->costs.push_back(CostOf(entry, *layer, *time, LimitsOf(entries, entry.parts.isa)));
  }
  for (CostProfile& profile : profiles) {
    if (by_kind) profile.costs = ByKind(std::move(profile.costs));
    for (const Cost& cost : profile.costs) profile.time_s += cost.time_s.value;
    for (Cost& cost : profile.costs) cost.share = cost.time_s.value / profile.time_s;
    std::stable_sort(profile.costs.begin(), profile.costs.end(),
                     [](const Cost& a, const Cost& b) { return a.time_s.value > b.time_s.value; });
  }
  return profiles;
}

}  // namespace podium::report
