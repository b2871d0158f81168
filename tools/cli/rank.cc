// podium rank RUN.json... --event=latency_sprint
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/cli/commands.h"
#include "tools/cli/read_runs.h"
#include "tools/render/format.h"
#include "tools/render/table.h"
#include "tools/submission/derive.h"
#include "tools/submission/events.h"

namespace podium::report {
namespace {

constexpr char kUsage[] =
    "Who wins an event, and who may not take part.\n"
    "\n"
    "usage: podium rank RUN.json... --event=E [FLAGS]\n"
    "\n";
constexpr char kExample[] =
    "\n"
    "Example:\n"
    "  podium rank run.json --event=latency_sprint --filter=net:digits_cnn,batch:1\n"
    "\n"
    "  latency_sprint     accuracy >= 0.85               least time\n"
    "  memory_challenge   accuracy >= 0.85               least size_bytes\n"
    "  accuracy_contest   time < 100 ms, size < 10 MiB   highest accuracy\n"
    "  extreme_push       accuracy >= 0.80               most speedup x compression\n"
    "  all_around         -                              most speedup x compression /\n"
    "                                                    (1 + |accuracy delta|)\n"
    "\n"
    "Rows whose 95 % intervals overlap that of the first of a rank share it. Files of several "
    "machines\n"
    "are ranked as they stand; compare what is comparable with --filter. Exit status: 0 shown; 2 "
    "bad\n"
    "usage or bad input.\n";

struct Options {
  std::string event;
  std::string baseline = "f32";
  std::vector<std::string> filter;
  std::string format = "table";
};

FlagReader Flags(Options& options) {
  FlagReader flags;
  flags.Add("event", &options.event, "E", absl::StrJoin(EventNames(), ", "));
  flags.Add("baseline", &options.baseline, "V",
            "the variant that speedup and compression are against, f32 by default");
  flags.Add("filter", &options.filter, "S,...",
            "only rows with every S: key:value, or a part of the name");
  flags.Add("format", &options.format, "F", "table (default) or json");
  return flags;
}

std::string ScoreText(const EventResult& result, const Figure& score) {
  if (result.is_time) return FormatSeconds(score.value);
  if (score.interval.lo == score.interval.hi) {
    return score.value <= 1 ? FormatFixed(score.value, 4) : FormatCount(score.value);
  }
  return FormatCount(score.value);
}

std::string Table(const EventResult& result, std::size_t columns) {
  std::vector<std::vector<std::string>> cells = {{"rank", "row", result.measure, "not eligible"}};
  for (const Standing& s : result.standings) {
    cells.push_back({s.rank > 0 ? absl::StrCat(s.rank) : "-", s.entry->name,
                     s.score ? ScoreText(result, *s.score) : "", s.reason});
  }
  return absl::StrCat(
      "event: ", result.event, "\n",
      AlignColumns({{"  ", true, 0}, {"   ", false, 0, true}, {"   ", true, 0}, {"   ", false, 1}},
                   cells, columns));
}

Json AsJson(const EventResult& result) {
  Json standings = Json::array();
  for (const Standing& s : result.standings) {
    standings.push_back(
        {{"rank", s.rank > 0 ? Json(s.rank) : Json()},
         {"name", s.entry->name},
         {"score", s.score ? Json(s.score->value) : Json()},
         {"ci", s.score ? Json({s.score->interval.lo, s.score->interval.hi}) : Json()},
         {"eligible", s.rank > 0},
         {"reason", s.reason.empty() ? Json() : Json(s.reason)}});
  }
  return {
      {"event", result.event}, {"measure", result.measure}, {"standings", std::move(standings)}};
}

}  // namespace

int Rank(Arguments args, Streams streams) {
  Options options;
  const FlagReader flags = Flags(options);
  if (AsksForHelp(args)) {
    streams.out << kUsage << flags.Help() << kExample;
    return kHolds;
  }
  const auto files = flags.Parse(args);
  absl::Status status = files.status();
  if (status.ok() && files->empty()) {
    status = absl::InvalidArgumentError("needs a run file, such as run.json");
  }
  if (status.ok() && options.event.empty()) {
    status = absl::InvalidArgumentError(
        absl::StrCat("needs --event: one of ", absl::StrJoin(EventNames(), ", ")));
  }
  if (status.ok() && options.format != "table" && options.format != "json") {
    status = absl::InvalidArgumentError(
        absl::StrCat("--format=", options.format, ": must be table or json"));
  }
  if (!status.ok()) return Refuse("rank", status, streams);
  auto runs = ReadRuns(*files, RowFilter(options.filter), streams);
  if (!runs.ok()) return Refuse("rank", runs.status(), streams);
  std::vector<Entry> entries;
  for (OneRun& run : *runs) {
    for (Entry& entry : run.entries) entries.push_back(std::move(entry));
  }
  const absl::StatusOr<EventResult> result = RankEvent(options.event, entries, options.baseline);
  if (!result.ok()) return Refuse("rank", result.status(), streams);
  streams.out << (options.format == "json" ? Serialize(AsJson(*result))
                                           : Table(*result, streams.columns));
  return kHolds;
}

}  // namespace podium::report
