#include "tools/submission/entries.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>
#include <unordered_set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace podium::report {
namespace {

// Counters that are rates, by the unit they have in a submission; of two for one unit the first.
constexpr std::pair<absl::string_view, absl::string_view> kRates[] = {
    {"flops", "flops_per_s"},
    {"ops", "ops_per_s"},
    {"dense_ops", "dense_ops_per_s"},
    {"bytes", "bytes_per_s"},
    {"bytes_per_second", "bytes_per_s"},
    {"items_per_second", "items_per_s"}};

absl::string_view SizeName(absl::string_view counter) {
  return counter == "max_bytes_used" ? "peak_bytes" : counter;
}

template <typename Range, typename T>
bool Contains(const Range& range, const T& value) {
  return std::find(std::begin(range), std::end(range), value) != std::end(range);
}

void AddMetric(std::string name, std::vector<double> values, std::vector<Metric>& metrics) {
  std::optional<Sample> sample = Sample::Create(std::move(values));
  if (sample) metrics.push_back({std::move(name), *std::move(sample)});
}

}  // namespace

const Sample* Entry::Find(absl::string_view metric) const {
  for (const Metric& candidate : metrics) {
    if (candidate.name == metric) return &candidate.samples;
  }
  return nullptr;
}

// A row belongs to the benchmark of its name and its place in the registration; where that is not
// told or is taken, to the first that has not had this repetition yet. Each process of `podium run`
// counts the place anew, among the rows that it ran.
EntryCollector::Gathered& EntryCollector::Find(const Row& row) {
  has_processes_ = has_processes_ || row.process;
  const std::pair repetition(row.process ? static_cast<long>(*row.process) : -1,
                             row.repetition_index.value_or(-1));
  const long family = has_processes_ ? -1 : row.family_index.value_or(-1);
  const long instance = has_processes_ ? -1 : row.instance_index.value_or(-1);
  for (int occurrence = 1;; ++occurrence) {
    const std::string key = absl::StrCat(family, "/", instance, "/", occurrence, "/", row.run_name);
    const auto [found, is_new] = index_.try_emplace(key, all_.size());
    if (is_new) {
      Gathered gathered;
      gathered.entry.name = row.run_name;
      gathered.registered = {std::max(family, 0L), std::max(instance, 0L)};
      all_.push_back(std::move(gathered));
    }
    Gathered& candidate = all_[found->second];
    if (row.kind == RowKind::kAggregate) return candidate;
    auto& seen = candidate.repetitions;  // nearly always in order, so that this adds at the end
    const auto place = std::ranges::upper_bound(seen, repetition);
    const bool is_taken = place != seen.begin() && *std::prev(place) == repetition;
    if (repetition.second >= 0 && is_taken) continue;
    seen.insert(place, repetition);
    return candidate;
  }
}

void EntryCollector::AddAggregate(const Row& row) {
  const bool is_mean = row.aggregate == "mean", is_stddev = row.aggregate == "stddev";
  if (!row.real_time_s || (!is_mean && !is_stddev)) return;
  Gathered& gathered = Find(row);
  (is_mean ? gathered.mean_s : gathered.stddev_s) = row.real_time_s;
  // Google Benchmark writes the number of repetitions into both members; of old files, one.
  gathered.aggregated = static_cast<std::size_t>(
      std::max(row.repetitions.value_or(0), static_cast<long>(row.iterations.value_or(0))));
}

void EntryCollector::Add(const Row& row) {
  if (row.kind == RowKind::kAggregate) return AddAggregate(row);
  Gathered& gathered = Find(row);
  if (!row.label.empty()) gathered.entry.label = row.label;
  if (row.kind == RowKind::kError) {
    gathered.entry.errors.push_back(row.error_message);
  } else if (row.real_time_s.value_or(0) <= 0) {
    gathered.entry.errors.push_back("real_time is not a positive number");
  } else {
    gathered.real_time_s.push_back(*row.real_time_s);
    if (row.process && row.round) {
      gathered.entry.origins.push_back(
          {first_origin_ + static_cast<long>(*row.process), first_origin_ + *row.round, row.host});
    }
    if (row.cpu_time_s) gathered.cpu_time_s.push_back(*row.cpu_time_s);
    for (const auto& [name, value] : row.counters) gathered.counters[name].push_back(value);
  }
}

// In the order of registration, so that two runs of one program use the same names.
void EntryCollector::NameApart() {
  std::unordered_set<std::string> taken;
  for (Gathered& gathered : all_) {
    Entry& entry = gathered.entry;
    const std::string run_name = entry.name;
    for (int occurrence = 2; !taken.insert(entry.name).second; ++occurrence) {
      entry.name = absl::StrCat(run_name, "#", occurrence);
    }
    entry.parts = ParseBenchmarkName(entry.name);
    if (entry.name == run_name) continue;
    warnings_.push_back(
        absl::StrCat(run_name, ": several benchmarks have this name: one is now ", entry.name));
  }
}

// Sizes and quality are properties of the program, not measurements: one value.
void EntryCollector::SetConstant(const std::string& row, const std::string& name,
                                 const std::vector<double>& values,
                                 std::map<std::string, double>& figures) {
  figures[name] = values.front();
  if (std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) != values.end()) {
    warnings_.push_back(
        absl::StrCat(row, ": ", name, " differs between repetitions: the first is kept"));
  }
}

Entry EntryCollector::FinishOne(Gathered& gathered, const Context& context) {
  Entry& entry = gathered.entry;
  if (!entry.origins.empty() && entry.origins.size() != gathered.real_time_s.size()) {
    warnings_.push_back(absl::StrCat(entry.name,
                                     ": not every row says which process it comes from: its rows "
                                     "count as those of one process"));
    entry.origins.clear();
  }
  if (gathered.real_time_s.empty() && gathered.mean_s && gathered.stddev_s) {
    entry.summary = Summary{*gathered.mean_s, *gathered.stddev_s, gathered.aggregated};
  }
  AddMetric(std::string(kTimeMetric), std::move(gathered.real_time_s), entry.metrics);
  AddMetric(std::string(kCpuTimeMetric), std::move(gathered.cpu_time_s), entry.metrics);
  for (const auto& [counter, name] : kRates) {
    const auto found = gathered.counters.find(std::string(counter));
    if (found == gathered.counters.end() || entry.Find(name)) continue;
    AddMetric(std::string(name), std::move(found->second), entry.metrics);
    gathered.counters.erase(found);
  }
  for (auto& [counter, values] : gathered.counters) {
    const std::string size_name(SizeName(counter));
    if (Contains(kQualityFigures, counter)) {
      SetConstant(entry.name, counter, values, entry.quality);
    } else if (Contains(kSizeFigures, size_name)) {
      SetConstant(entry.name, size_name, values, entry.sizes);
    } else {
      AddMetric(counter, std::move(values), entry.counters);
    }
  }
  const auto techniques =
      context.find(absl::StrCat("podium.technique.", entry.parts.family, ".", entry.parts.variant));
  if (techniques != context.end()) {
    entry.techniques = absl::StrSplit(techniques->second, absl::ByAnyChar(", "), absl::SkipEmpty());
  }
  const auto estimated =
      context.find(absl::StrCat("podium.estimated.", entry.parts.family, ".", entry.parts.variant));
  if (estimated != context.end()) {
    entry.estimated = absl::StrSplit(estimated->second, absl::ByAnyChar(", "), absl::SkipEmpty());
    warnings_.push_back(absl::StrCat(
        entry.name, ": estimated, not measured: ", absl::StrJoin(entry.estimated, ", ")));
  }
  return std::move(entry);
}

EntrySet EntryCollector::Finish(const Context& context) && {
  EntrySet result;
  std::stable_sort(all_.begin(), all_.end(), [](const Gathered& a, const Gathered& b) {
    return a.registered < b.registered;
  });
  NameApart();
  for (Gathered& gathered : all_) result.entries.push_back(FinishOne(gathered, context));
  result.warnings = std::move(warnings_);
  return result;
}

std::optional<long> RoundsOf(const std::vector<Entry>& entries) {
  std::optional<long> most;
  for (const Entry& entry : entries) {
    if (!entry.Times()) continue;
    if (entry.origins.empty()) return std::nullopt;
    std::set<long> rounds;
    for (const Origin& origin : entry.origins) rounds.insert(origin.round);
    most = std::max(most.value_or(0), static_cast<long>(rounds.size()));
  }
  return most;
}

EntrySet CollectEntries(const RunFile& run, long first_origin) {
  EntryCollector collector(first_origin);
  for (const Row& row : run.rows) collector.Add(row);
  return std::move(collector).Finish(run.context);
}

}  // namespace podium::report
