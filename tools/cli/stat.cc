// podium stat RUN.json
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tools/cli/commands.h"
#include "tools/cli/read_runs.h"
#include "tools/render/comparison_formats.h"
#include "tools/render/format.h"
#include "tools/render/table.h"
#include "tools/stats/diagnostics.h"
#include "tools/submission/derive.h"
#include "tools/submission/describe.h"
#include "tools/submission/metric.h"

namespace podium::report {
namespace {

constexpr char kUsage[] =
    "The rows of one run, each on its own: mean, spread, percentiles, intervals.\n"
    "\n"
    "usage: podium stat RUN.json [FLAGS]\n"
    "\n";
constexpr char kExample[] =
    "\n"
    "Example:\n"
    "  podium stat run.json --filter=int8_matmul,M:64\n"
    "  podium stat run.json --metric=ops_per_s --format=csv > rows.csv\n"
    "\n"
    "Of rows that were measured in several processes, mean, interval and spread are those of the\n"
    "processes' means, as only processes are independent; percentiles are of all values. Exit "
    "status:\n"
    "0 shown; 2 bad usage or bad input.\n";

struct Options {
  std::string metric = std::string(kTimeMetric);
  std::vector<std::string> filter;
  std::string format = "table";
};

FlagReader Flags(Options& options) {
  FlagReader flags;
  flags.Add("metric", &options.metric, "M",
            "time_s (default), cpu_time_s, ops_per_s, or a counter's name");
  flags.Add("filter", &options.filter, "S,...",
            "only rows with every S: key:value, or a part of the name");
  flags.Add("format", &options.format, "F", "table (default), csv or json");
  return flags;
}

struct StatRow {
  const Entry* entry;
  Sample values;
  Sample units;  // one value per process, or the values themselves
};

// The process's arithmetic mean: what stat shows is a mean, not a ratio.
Sample UnitsOf(const Entry& entry) {
  const Sample& values = *entry.Times();
  std::map<long, std::pair<double, double>> sums;
  for (std::size_t i = 0; i < entry.origins.size(); ++i) {
    auto& [sum, count] = sums[entry.origins[i].process];
    sum += values.values()[i];
    ++count;
  }
  if (sums.size() < 2) return values;
  std::vector<double> means;
  for (const auto& [process, sum] : sums) means.push_back(sum.first / sum.second);
  return *Sample::Create(std::move(means));
}

std::string CountText(const StatRow& row) {
  return row.units.n() == row.values.n()
             ? absl::StrCat(row.values.n())
             : absl::StrCat(row.values.n(), " in ", row.units.n(), " processes");
}

std::string Table(const std::vector<StatRow>& rows, const std::string& metric,
                  std::size_t columns) {
  const bool is_time = metric == kTimeMetric || metric == kCpuTimeMetric;
  const auto text = [&](double value) {
    return is_time ? FormatSeconds(value) : FormatCount(value);
  };
  std::vector<std::vector<std::string>> cells = {
      {"row", "n", "mean", "95% CI", "std", "cv", "median", "p90", "p99", "outliers"}};
  for (const StatRow& row : rows) {
    const auto interval = MeanInterval(row.units, kEntryAlpha);
    const auto cv = row.units.cv();
    const std::size_t outliers = CountMadOutliers(row.values.values());
    cells.push_back({row.entry->name, CountText(row), text(row.units.mean()),
                     interval ? absl::StrCat("[", text(interval->lo), ", ", text(interval->hi), "]")
                              : "needs 2",
                     row.units.std() ? text(*row.units.std()) : "-",
                     cv ? absl::StrFormat("%.1f%%", 100 * *cv) : "-", text(row.values.median()),
                     text(Quantile(row.values, 0.9)), text(Quantile(row.values, 0.99)),
                     outliers > 0 ? absl::StrCat(outliers) : ""});
  }
  return AlignColumns({{"", false, 0},
                       {"   ", true, 3},
                       {"   ", true, 0},
                       {"  ", false, 0},
                       {"   ", true, 5},
                       {"   ", true, 1},
                       {"   ", true, 2},
                       {"   ", true, 6},
                       {"   ", true, 4},
                       {"   ", true, 7}},
                      cells, columns);
}

std::string Csv(const std::vector<StatRow>& rows) {
  std::string text = "row,n,processes,mean,ci_lower,ci_upper,std,median,p90,p99,min,max,outliers\n";
  const auto number = [](double value) { return absl::StrFormat("%.17g", value); };
  for (const StatRow& row : rows) {
    const auto interval = MeanInterval(row.units, kEntryAlpha);
    const std::vector<std::string> cells = {
        CsvCell(row.entry->name),
        absl::StrCat(row.values.n()),
        row.entry->origins.empty() ? "" : absl::StrCat(row.units.n()),
        number(row.units.mean()),
        interval ? number(interval->lo) : "",
        interval ? number(interval->hi) : "",
        row.units.std() ? number(*row.units.std()) : "",
        number(row.values.median()),
        number(Quantile(row.values, 0.9)),
        number(Quantile(row.values, 0.99)),
        number(row.values.min()),
        number(row.values.max()),
        absl::StrCat(CountMadOutliers(row.values.values()))};
    absl::StrAppend(&text, absl::StrJoin(cells, ","), "\n");
  }
  return text;
}

std::string AsJson(const std::vector<StatRow>& rows) {
  Json document = Json::array();
  for (const StatRow& row : rows) document.push_back(DescribeEntry(*row.entry));
  return Serialize(document);
}

}  // namespace

int Stat(Arguments args, Streams streams) {
  Options options;
  const FlagReader flags = Flags(options);
  if (AsksForHelp(args)) {
    streams.out << kUsage << flags.Help() << kExample;
    return kHolds;
  }
  const auto files = flags.Parse(args);
  absl::Status status = files.status();
  if (status.ok() && files->size() != 1) {
    status = absl::InvalidArgumentError("needs one run file, such as run.json");
  }
  if (status.ok() && options.format != "table" && options.format != "csv" &&
      options.format != "json") {
    status = absl::InvalidArgumentError(
        absl::StrCat("--format=", options.format, ": must be table, csv or json"));
  }
  if (!status.ok()) return Refuse("stat", status, streams);
  // As written: stat compares nothing, so that it does not matter whether more is better.
  const auto runs =
      ReadRuns(*files, RowFilter(options.filter), MetricChoice{options.metric, false}, streams);
  if (!runs.ok()) return Refuse("stat", runs.status(), streams);
  std::vector<StatRow> rows;
  for (const OneRun& run : *runs) {
    for (const Entry& entry : run.entries) {
      if (entry.Times()) rows.push_back({&entry, *entry.Times(), UnitsOf(entry)});
      for (const std::string& error : entry.errors) {
        streams.err << "failed: " << OneLine(absl::StrCat(entry.name, ": ", error)) << "\n";
      }
    }
  }
  if (rows.empty()) {
    return Refuse("stat",
                  absl::InvalidArgumentError(absl::StrCat(
                      files->front(), ": no repetition that has a positive ", options.metric)),
                  streams);
  }
  streams.out << (options.format == "csv"    ? Csv(rows)
                  : options.format == "json" ? AsJson(rows)
                                             : Table(rows, options.metric, streams.columns));
  return kHolds;
}

}  // namespace podium::report
