// podium rank RUN.json... --event=latency_sprint
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/cli/commands.h"
#include "tools/cli/read_runs.h"
#include "tools/cli/view.h"
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
    "  podium rank run.json --event=memory_challenge --division=closed --format=markdown\n"
    "\n"
    "  latency_sprint     accuracy >= 0.85               least time\n"
    "  memory_challenge   accuracy >= 0.85               least size_bytes\n"
    "  accuracy_contest   time < 100 ms, size < 10 MiB   highest accuracy\n"
    "  extreme_push       accuracy >= 0.80               most speedup x compression\n"
    "  all_around         -                              most speedup x compression /\n"
    "                                                    (1 + |accuracy delta|)\n"
    "\n"
    "In the closed division only the baseline takes part, and variants of which the file says "
    "that\n"
    "they do no more than quantize after training, fuse or keep keys and values; a pruned network "
    "is\n"
    "open. Rows whose 95 % intervals overlap that of the first of a rank share it. Files of "
    "several "
    "machines\n"
    "are ranked as they stand; compare what is comparable with --filter. Exit status: 0 shown; 2 "
    "bad\n"
    "usage or bad input.\n";

struct Options {
  std::string event;
  std::string division = "open";
  std::string baseline = "f32";
  View view = {.formats = {"table", "markdown", "json"}};
};

FlagReader Flags(Options& options) {
  FlagReader flags;
  flags.Add("event", &options.event, "E", absl::StrJoin(EventNames(), ", "));
  flags.Add("division", &options.division, "D",
            "open (default): all rows; closed: the network as trained, or quantized");
  flags.Add("baseline", &options.baseline, "V",
            "the variant that speedup and compression are against, f32 by default");
  AddViewFlags(flags, options.view);
  return flags;
}

std::string ScoreText(const EventResult& result, const Figure& score) {
  if (result.is_time) return FormatSeconds(score.value);
  if (score.interval.lo == score.interval.hi) {
    return score.value <= 1 ? FormatFixed(score.value, 4) : FormatCount(score.value);
  }
  return FormatCount(score.value);
}

std::vector<std::vector<std::string>> Cells(const EventResult& result) {
  std::vector<std::vector<std::string>> cells = {
      {"rank", "row", "division", result.measure, "not eligible"}};
  for (const Standing& s : result.standings) {
    cells.push_back({s.rank > 0 ? absl::StrCat(s.rank) : "-", s.entry->name,
                     s.division.closed ? "closed" : "open",
                     s.score ? ScoreText(result, *s.score) : "", s.reason});
  }
  return cells;
}

std::string Heading(const EventResult& result, const std::string& division) {
  return absl::StrCat("event: ", result.event, ", ", division, " division");
}

std::string Table(const EventResult& result, const std::string& division, std::size_t columns) {
  return absl::StrCat(Heading(result, division), "\n",
                      AlignColumns({{"  ", true, 0},
                                    {"   ", false, 0, true},
                                    {"   ", false, 2},
                                    {"   ", true, 0},
                                    {"   ", false, 1}},
                                   Cells(result), columns));
}

Json AsJson(const EventResult& result, const std::string& division) {
  Json standings = Json::array();
  for (const Standing& s : result.standings) {
    standings.push_back(
        {{"rank", s.rank > 0 ? Json(s.rank) : Json()},
         {"name", s.entry->name},
         {"score", s.score ? Json(s.score->value) : Json()},
         {"ci", s.score ? Json({s.score->interval.lo, s.score->interval.hi}) : Json()},
         {"division", s.division.closed ? "closed" : "open"},
         {"eligible", s.rank > 0},
         {"reason", s.reason.empty() ? Json() : Json(s.reason)}});
  }
  return {{"event", result.event},
          {"division", division},
          {"measure", result.measure},
          {"standings", std::move(standings)}};
}

}  // namespace

int Rank(Arguments args, Streams streams) {
  Options options;
  const FlagReader flags = Flags(options);
  if (AsksForHelp(args)) {
    streams.out << kUsage << flags.Help() << kExample;
    return kHolds;
  }
  const auto files = ParseView(flags, options.view, args, Files::kOneOrMore);
  absl::Status status = files.status();
  if (status.ok() && options.event.empty()) {
    status = absl::InvalidArgumentError(
        absl::StrCat("needs --event: one of ", absl::StrJoin(EventNames(), ", ")));
  }
  if (status.ok() && options.division != "open" && options.division != "closed") {
    status = absl::InvalidArgumentError(
        absl::StrCat("--division=", options.division, ": must be open or closed"));
  }
  if (!status.ok()) return Refuse("rank", status, streams);
  auto runs = ReadRuns(*files, RowFilter(options.view.filter), streams);
  if (!runs.ok()) return Refuse("rank", runs.status(), streams);
  std::vector<Entry> entries;
  for (OneRun& run : *runs) {
    for (Entry& entry : run.entries) entries.push_back(std::move(entry));
  }
  const absl::StatusOr<EventResult> result =
      RankEvent(options.event, entries, options.baseline, options.division == "closed");
  if (!result.ok()) return Refuse("rank", result.status(), streams);
  streams.out << (options.view.Is("json") ? Serialize(AsJson(*result, options.division))
                  : options.view.Is("markdown")
                      ? absl::StrCat("**", MarkdownCell(Heading(*result, options.division)),
                                     "**\n\n", MarkdownTable(Cells(*result)))
                      : Table(*result, options.division, streams.columns));
  return kHolds;
}

}  // namespace podium::report
