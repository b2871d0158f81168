// The five Olympic events: who may take part, and who wins. The two are kept apart: a row that is not
// eligible is listed with the reason, and has no rank. In the closed division (division.h) only rows of it
// are; in the open one all.
//
//   latency_sprint     accuracy >= 0.85               least time_s
//   memory_challenge   accuracy >= 0.85               least size_bytes
//   accuracy_contest   time < 100 ms, size < 10 MiB   highest accuracy
//   extreme_push       accuracy >= 0.80               most speedup x compression
//   all_around         -                              most speedup x compression / (1 + |accuracy delta|)
//
// Speedup, compression and delta are against the baseline variant of the same workload and ISA. Rows whose
// intervals overlap that of the first of their rank share the rank.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/submission/division.h"
#include "tools/submission/figure.h"

namespace podium::report {

struct Standing {
  const Entry* entry;
  std::optional<Figure> score;  // of the event
  Division division;
  std::size_t rank = 0;  // from 1; 0 if it is not eligible
  std::string reason;    // why not
};

struct EventResult {
  std::string event;
  std::string measure;  // "time_s", "speedup x compression"
  bool is_time = false, higher_is_better = false;
  std::vector<Standing> standings;  // by rank, then those without
};

// The names of the events.
const std::vector<std::string>& EventNames();

// NotFound if there is no such event.
absl::StatusOr<EventResult> RankEvent(const std::string& event, const std::vector<Entry>& entries,
                                      const std::string& baseline, bool closed);

}  // namespace podium::report
