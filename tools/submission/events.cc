#include "tools/submission/events.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace podium::report {
namespace {

struct Event {
  const char* name;
  const char* measure;
  bool higher_is_better;
  double least_accuracy;  // 0: no floor
  bool limits;            // of time and size
};
constexpr Event kEvents[] = {
    {"latency_sprint", "time_s", false, 0.85, false},
    {"memory_challenge", "size_bytes", false, 0.85, false},
    {"accuracy_contest", "accuracy", true, 0, true},
    {"extreme_push", "speedup x compression", true, 0.80, false},
    {"all_around", "speedup x compression / (1 + |accuracy delta|)", true, 0, false},
};
constexpr double kMostSeconds = 0.1, kMostBytes = 10 * 1024 * 1024;

const MetricChoice kTime = {std::string(kTimeMetric), false};
const MetricChoice kSize = {"size_bytes", false};
const MetricChoice kAccuracy = {"accuracy", true};

const Entry* BaselineOf(const Entry& entry, const std::vector<Entry>& entries,
                        const std::string& baseline) {
  for (const Entry& other : entries) {
    if (other.parts.variant == baseline && other.parts.workload == entry.parts.workload &&
        other.parts.isa == entry.parts.isa) {
      return &other;
    }
  }
  return nullptr;
}

// speedup x compression, and for all_around over 1 + |accuracy delta|; an interval by those of the times,
// the baseline's best against the row's worst and the reverse.
std::optional<Figure> Combined(const Event& event, const Entry& entry, const Entry& base) {
  const auto time = FigureOf(entry, kTime), time0 = FigureOf(base, kTime),
             size = FigureOf(entry, kSize), size0 = FigureOf(base, kSize);
  const auto accuracy = FigureOf(entry, kAccuracy), accuracy0 = FigureOf(base, kAccuracy);
  if (!time || !time0 || !size || !size0 || !accuracy || !accuracy0) return std::nullopt;
  double factor = size0->value / size->value;
  if (event.least_accuracy == 0) factor /= 1 + std::abs(accuracy->value - accuracy0->value);
  if (&entry == &base) return Figure{factor, {factor, factor}};
  return Figure{factor * time0->value / time->value,
                {factor * time0->interval.lo / time->interval.hi,
                 factor * time0->interval.hi / time->interval.lo}};
}

std::optional<Figure> ScoreOf(const Event& event, const Entry& entry,
                              const std::vector<Entry>& entries, const std::string& baseline,
                              std::string* reason) {
  const std::string measure = event.measure;
  std::optional<Figure> score;
  if (measure == kTime.name) {
    score = FigureOf(entry, kTime);
  } else if (measure == kSize.name) {
    score = FigureOf(entry, kSize);
  } else if (measure == kAccuracy.name) {
    score = FigureOf(entry, kAccuracy);
  } else if (const Entry* base = BaselineOf(entry, entries, baseline)) {
    score = Combined(event, entry, *base);
  } else {
    *reason = absl::StrCat("no row of variant ", baseline, " of its workload");
    return std::nullopt;
  }
  if (!score) *reason = "lacks time_s, size_bytes or accuracy";
  return score;
}

// Empty if the row may take part.
std::string WhyNot(const Event& event, const Entry& entry) {
  const auto accuracy = FigureOf(entry, kAccuracy), time = FigureOf(entry, kTime),
             size = FigureOf(entry, kSize);
  if (!accuracy) return "no accuracy on labelled inputs";
  if (accuracy->value < event.least_accuracy) {
    return absl::StrFormat("accuracy %.3f is below %.2f", accuracy->value, event.least_accuracy);
  }
  if (!event.limits) return "";
  if (!time || !size) return "lacks time_s or size_bytes";
  if (time->interval.hi >= kMostSeconds) return "is not for certain below 100 ms";
  if (size->value >= kMostBytes) return "is not below 10 MiB";
  return "";
}

}  // namespace

const std::vector<std::string>& EventNames() {
  static const auto* const names = [] {
    auto* all = new std::vector<std::string>;
    for (const Event& event : kEvents) all->push_back(event.name);
    return all;
  }();
  return *names;
}

absl::StatusOr<EventResult> RankEvent(const std::string& name, const std::vector<Entry>& entries,
                                      const std::string& baseline, bool closed) {
  const auto* const event = std::find_if(std::begin(kEvents), std::end(kEvents),
                                         [&](const Event& e) { return e.name == name; });
  if (event == std::end(kEvents)) {
    return absl::NotFoundError(absl::StrCat("--event=", name, ": no such event; there are ",
                                            absl::StrJoin(EventNames(), ", ")));
  }
  EventResult result = {
      event->name, event->measure, event->measure == kTime.name, event->higher_is_better, {}};
  const MetricChoice measure = {event->measure, event->higher_is_better};
  for (const Entry& entry : entries) {
    Standing standing = {&entry, std::nullopt, DivisionOf(entry, baseline), 0,
                         WhyNot(*event, entry)};
    if (closed && !standing.division.closed) standing.reason = standing.division.reason;
    if (!entry.errors.empty()) standing.reason = absl::StrCat("failed: ", entry.errors[0]);
    if (standing.reason.empty()) {
      standing.score = ScoreOf(*event, entry, entries, baseline, &standing.reason);
    }
    result.standings.push_back(std::move(standing));
  }
  std::stable_sort(result.standings.begin(), result.standings.end(),
                   [&](const Standing& a, const Standing& b) {
                     if (a.score.has_value() != b.score.has_value()) return a.score.has_value();
                     if (!a.score) return false;
                     return measure.higher_is_better ? a.score->value > b.score->value
                                                     : a.score->value < b.score->value;
                   });
  const Standing* first = nullptr;  // of the rank
  for (std::size_t i = 0; i < result.standings.size(); ++i) {
    Standing& standing = result.standings[i];
    if (!standing.score) break;
    if (first == nullptr || SurelyBetter(*first->score, *standing.score, measure)) {
      first = &standing;
      standing.rank = i + 1;
    } else {
      standing.rank = first->rank;
    }
  }
  return result;
}

}  // namespace podium::report
