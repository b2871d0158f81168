// Reads what Google Benchmark wrote with --benchmark_format=json: releases 1.7.1 to the newest, and
// files that a crash cut short, that hold bare NaN or Infinity, control or non-UTF-8 bytes, decimal
// commas, duplicate keys, errored rows, duplicate names or mixed time units.
//
// Linear in the size of the text; of a file, no more is held than the longest row and a block. Rows
// are handed on in file order.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "tools/gbench/run_record.h"
#include "tools/gbench/scanner.h"

namespace podium::report {

enum class RowKind {
  kIteration,  // one repetition: a measured value
  kAggregate,  // mean, median, stddev, cv, BigO, RMS, ...
  kError,      // skipped with an error or a message, or not readable: no value
};

struct Row {
  std::size_t index;  // in "benchmarks", for error messages
  std::size_t line;   // of the file, 1-based, where the row begins
  RowKind kind;
  std::string full_name;      // "name" as written; empty if the row has none
  std::string run_name;       // the name without an aggregate's suffix; what rows are grouped by;
                              // name.h says what it is made of
  std::string aggregate;      // "mean", "cv", ...; empty for iterations
  std::string error_message;  // for kError
  // Rows of one run_name but different indices are different benchmarks of the same name.
  std::optional<long> family_index;    // of the registered benchmark
  std::optional<long> instance_index;  // "per_family_instance_index": its arguments and threads
  std::optional<long> repetition_index;
  std::optional<long> repetitions;
  std::optional<long> threads;
  std::optional<double> iterations;
  // Per iteration, in seconds whatever the row's time_unit. Null where the file has no finite
  // value, and for aggregates that are no times (cv, BigO, RMS).
  std::optional<double> real_time_s;
  std::optional<double> cpu_time_s;
  // All other numbers: user counters, bytes_per_second, items_per_second, allocs_per_iter,
  // max_bytes_used, and as written the coefficients of BigO and RMS rows. Only finite values; a
  // counter that was NaN or infinite is named in RunFile::warnings.
  std::map<std::string, double> counters;
  std::string label;
  // Of files that `podium run` wrote: an index of RunFile::record->processes, and that process's
  // round and host. All three, or none of them.
  std::optional<std::size_t> process;
  std::optional<long> round;
  std::string host;
  // Only while the sink runs: the object as written, and RunFile::record of a row with a process.
  std::string_view text;
  const RunRecord* record = nullptr;
};

struct RunFile {
  std::string path;                            // as given, for messages
  std::map<std::string, std::string> context;  // flat; numbers and booleans as their JSON text,
                                               // nested ones (caches, load_avg) compact, as written
  std::vector<Row> rows;                       // in file order
  std::optional<RunRecord> record;             // of files that `podium run` wrote; not in `context`
  bool truncated = false;                      // no closing "]}": what was complete is in `rows`
  // Doubts to show beside the numbers, each one line that begins with where:
  // `run.json:120: benchmarks[7] "name": counter "x" is NaN: dropped`. What many rows share stands
  // here for the first few of them, and once more with the number of the others.
  std::vector<std::string> warnings;
};

// Takes the rows one by one, in file order.
using RowSink = absl::FunctionRef<void(Row)>;

// Reads a file. Errors, each one line with where, what and what to do: NotFound (no such file),
// InvalidArgument (a directory, unreadable, empty, or no Google Benchmark JSON). A file with a
// context and no rows is valid. Never throws.
absl::StatusOr<RunFile> ReadRunFile(const std::string& path);

// The same for files of many rows, which as Row objects take over twice their size: each row goes
// to `sink`, and RunFile::rows stays empty. After an error, forget the rows received.
absl::StatusOr<RunFile> ReadRunFile(const std::string& path, RowSink sink);

// The same from text; `path` is for messages only.
absl::StatusOr<RunFile> ParseRunFile(const std::string& path, std::string_view text);
absl::StatusOr<RunFile> ParseRunFile(const std::string& path, std::string_view text, RowSink sink);
absl::StatusOr<RunFile> ParseRunFile(const std::string& path, TextSource text, RowSink sink);

}  // namespace podium::report
