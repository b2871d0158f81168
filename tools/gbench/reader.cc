#include "tools/gbench/reader.h"

#include <unordered_map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tools/gbench/read_text.h"
#include "tools/gbench/row.h"
#include "tools/gbench/scalar.h"
#include "tools/gbench/scanner.h"
#include "tools/gbench/warning_log.h"

namespace podium::report {
namespace {

// JSON without the blanks between its tokens.
std::string Compact(std::string_view json) {
  std::string compact;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (!in_string && (c == ' ' || c == '\t' || c == '\r' || c == '\n')) continue;
    compact += c;
    if (c == '"') in_string = !in_string;
    if (in_string && c == '\\' && i + 1 < json.size()) compact += json[++i];
  }
  return compact;
}

// A value of the context as one line of text.
std::string ContextText(const Value& value, Repairs& repairs) {
  switch (value.kind) {
    case Value::Kind::kString:
      return DecodeString(value.text, repairs);
    case Value::Kind::kNumber: {  // all of Google Benchmark's own are integers
      const std::optional<std::int64_t> integer = ParseInteger(value.text, repairs);
      return integer ? absl::StrCat(*integer) : Printable(value.text, repairs);
    }
    default:
      return Printable(Compact(value.text), repairs);
  }
}

// Finds benchmarks that share their name. Google Benchmark allows it; grouping by name mixes them.
class SharedNames {
 public:
  // The index of the first row of the same name, when it is first seen that it is not the same
  // benchmark.
  std::optional<std::size_t> FirstConflict(const Row& row) {
    if (row.kind == RowKind::kAggregate) return std::nullopt;
    const auto [entry, is_new] = seen_.try_emplace(row.run_name);
    Seen& seen = entry->second;
    // Each process numbers its benchmarks and repetitions anew.
    if (is_new || seen.process != row.process) {
      seen = {is_new ? row.index : seen.index,
              row.process,
              row.family_index,
              row.instance_index,
              std::nullopt,
              seen.is_reported};
    }
    const bool repeats = row.repetition_index && seen.last_repetition &&
                         *row.repetition_index <= *seen.last_repetition;
    const bool is_other = repeats || row.family_index != seen.family_index ||
                          row.instance_index != seen.instance_index;
    seen.last_repetition = row.repetition_index;
    if (!is_other || seen.is_reported) return std::nullopt;
    seen.is_reported = true;
    return seen.index;
  }

 private:
  struct Seen {
    std::size_t index = 0;
    std::optional<std::size_t> process;
    std::optional<long> family_index;
    std::optional<long> instance_index;
    std::optional<long> last_repetition;
    bool is_reported = false;
  };
  std::unordered_map<std::string, Seen> seen_;
};

// Reads the document: an object of "context" and "benchmarks", in any order, possibly cut.
class DocumentReader {
 public:
  // `text` is a string_view or a TextSource.
  template <typename Text>
  DocumentReader(const std::string& path, Text text, RowSink sink)
      : scanner_(text), sink_(sink), log_(path) {
    file_.path = path;
  }

  absl::StatusOr<RunFile> Read() {
    if (absl::Status status = FindDocument(); !status.ok()) return status;
    ObjectReader members(scanner_);
    std::string_view key;
    while (members.NextKey(key)) {
      if (key == "benchmarks") {
        if (absl::Status status = ReadRows(); !status.ok()) return status;
        continue;
      }
      const std::size_t line = scanner_.line();
      const Value value = scanner_.ReadValue();
      if (key == "context") ReadContext(value, line);
      if (value.kind == Value::Kind::kNone || !value.complete) break;
    }
    file_.truncated = !members.closed();
    if (absl::Status status = CheckContents(); !status.ok()) return status;
    WarnOfTheDocument();
    file_.warnings = std::move(log_).Finish();
    return std::move(file_);
  }

 private:
  static constexpr char kWriteOne[] =
      "write one with --benchmark_out=FILE --benchmark_out_format=json";

  // `where` is empty, or ":line".
  absl::Status Error(const std::string& where, const char* what,
                     const char* what_to_do = kWriteOne) const {
    return absl::InvalidArgumentError(
        absl::StrCat(file_.path, where, ": ", what, "; ", what_to_do));
  }

  // A program that prints before its benchmarks run leaves such lines before the JSON.
  absl::Status FindDocument() {
    if (scanner_.ConsumePrefix("\xFF\xFE") || scanner_.ConsumePrefix("\xFE\xFF")) {
      return Error("", "is UTF-16, as PowerShell's > writes, not Google Benchmark JSON");
    }
    scanner_.ConsumePrefix("\xEF\xBB\xBF");
    if (scanner_.Peek() == Scanner::kEnd) {
      return Error("",
                   "is empty: Google Benchmark writes nothing if no name matches "
                   "--benchmark_filter, or if it crashes before its first result",
                   "check the filter with --benchmark_list_tests");
    }
    while (scanner_.Peek() != '{' && scanner_.Peek() != Scanner::kEnd) scanner_.SkipLine();
    if (scanner_.Peek() == Scanner::kEnd) return Error("", "is no Google Benchmark JSON");
    if (scanner_.line() > 1) {
      log_.Add(1, absl::StrCat("text before the JSON, which begins at line ", scanner_.line(),
                               ": ignored"));
    }
    return absl::OkStatus();
  }

  void ReadContext(const Value& context, std::size_t line) {
    has_context_ = context.kind == Value::Kind::kObject;
    if (!has_context_) {
      log_.Add(line, "\"context\" is no object: ignored");
      return;
    }
    Repairs repairs;
    Scanner scanner(context.text, line);
    ObjectReader members(scanner);
    std::string_view raw_key;
    while (members.NextKey(raw_key)) {
      const Value value = scanner.ReadValue();
      if (value.kind == Value::Kind::kNone || !value.complete) break;
      const std::string key = DecodeString(raw_key, repairs);
      if (!file_.context.emplace(key, ContextText(value, repairs)).second) {
        log_.Add(scanner.line(), absl::StrCat("context \"", Clipped(key, 200),
                                              "\" occurs twice: the first is kept"));
      }
    }
    if (context.complete && !members.closed()) {
      const std::string_view lacks = members.expected().empty() ? "a value" : members.expected();
      log_.Add(scanner.line(), absl::StrCat("\"context\" lacks ", std::string(lacks),
                                            ": what follows in it is ignored"));
    }
    WarnOfRepairs(repairs, line, "context");
    ReadRecord(line);
  }

  void ReadRecord(std::size_t line) {
    const auto run = file_.context.extract("podium.run");
    const auto processes = file_.context.extract("podium.processes");
    if (run.empty() && processes.empty()) return;
    absl::StatusOr<RunRecord> record = ParseRunRecord(run.empty() ? "" : run.mapped(),
                                                      processes.empty() ? "" : processes.mapped());
    if (record.ok()) {
      file_.record = *std::move(record);
    } else {
      log_.Add(line, absl::StrCat(record.status().message(),
                                  ": how the run was made is not known, rows are not paired"));
    }
  }

  // A row may name a process only if there is a record of it and it says the same.
  void CheckProcess(Row& row) {
    if (!row.process && !row.round && row.host.empty()) return;
    const std::vector<ProcessRecord>* processes = file_.record ? &file_.record->processes : nullptr;
    const ProcessRecord* process = processes && row.process && *row.process < processes->size()
                                       ? &(*processes)[*row.process]
                                       : nullptr;
    if (process && row.round == process->round && row.host == process->host) {
      row.record = &*file_.record;
      return;
    }
    row.process = std::nullopt;
    row.round = std::nullopt;
    row.host.clear();
    log_.AddForRow(row, "no record of the row's process",
                   "\"podium_process\" fits no entry of podium.processes in a context before the "
                   "rows: not paired");
  }

  absl::Status ReadRows() {
    if (scanner_.Peek() == Scanner::kEnd) return absl::OkStatus();
    if (!scanner_.Consume('[')) {
      return Error(absl::StrCat(":", scanner_.line()),
                   "\"benchmarks\" is no array, so this is no Google Benchmark JSON");
    }
    has_benchmarks_ = true;
    for (int c = scanner_.Peek(); c != Scanner::kEnd; c = scanner_.Peek()) {
      if (scanner_.Consume(']')) break;
      if (scanner_.Consume(',')) continue;
      const std::size_t line = scanner_.line();
      if (c != '{') {  // what the program printed between rows, to the same file
        if (strange_lines_++ == 0) strange_line_ = line;
        scanner_.SkipLine();
        continue;
      }
      const Value row = scanner_.ReadValue();
      if (!row.complete && scanner_.Peek() == Scanner::kEnd) {
        cut_line_ = line;
        break;
      }
      ReadRow(row.text, line);
    }
    return absl::OkStatus();
  }

  void ReadRow(std::string_view text, std::size_t line) {
    ParsedRow parsed = ParseRow(text, rows_, line);
    Row& row = parsed.row;
    ++rows_;
    CheckProcess(row);
    for (const std::string& doubt : parsed.doubts) log_.AddForRow(row, doubt, doubt);
    if (parsed.is_readable) {
      ++readable_rows_;
      WarnOfSharedName(row);
    }
    WarnOfRepairs(parsed.repairs, line, WarningLog::Where(row));
    sink_(std::move(row));
  }

  void WarnOfSharedName(const Row& row) {
    if (const std::optional<std::size_t> first = names_.FirstConflict(row)) {
      log_.AddForRow(row, "the name is not unique",
                     absl::StrCat("the name is not unique, benchmarks[", *first,
                                  "] has it too: both are kept; give each benchmark its own name"));
    }
  }

  absl::Status CheckContents() const {
    if (!has_benchmarks_ && !(has_context_ && file_.truncated)) {
      return Error("", "has no \"benchmarks\", so it is no Google Benchmark JSON");
    }
    if (!has_context_ && readable_rows_ == 0) {
      return Error("", "holds no results",
                   "if it lists names only, run without --benchmark_list_tests");
    }
    return absl::OkStatus();
  }

  // Once per file: where one string or number is so written, most are.
  void WarnOfRepairs(const Repairs& repairs, std::size_t line, const std::string& where) {
    if (repairs.text && !std::exchange(warned_.text, true)) {
      log_.Add(line, where + ": control characters or bytes that are no UTF-8: shown as U+FFFD");
    }
    if (repairs.numbers && !std::exchange(warned_.numbers, true)) {
      log_.Add(line, where +
                         ": numbers have decimal commas or grouped digits, as a global locale "
                         "makes them: read as such");
    }
  }

  void WarnOfTheDocument() {
    if (!has_context_) log_.Add(1, "no \"context\": the machine and the library are not known");
    if (strange_lines_ > 0) {
      log_.Add(strange_line_, absl::StrCat("text between rows (lines of it: ", strange_lines_,
                                           "): skipped; write results with --benchmark_out=FILE"));
    }
    const bool at_end = scanner_.Peek() == Scanner::kEnd;
    if (file_.truncated) {
      log_.Add(
          cut_line_.value_or(scanner_.line()),
          absl::StrCat(!at_end     ? "what follows is no JSON"
                       : cut_line_ ? absl::StrCat("the file ends inside benchmarks[", rows_, "]")
                                   : "the file ends before its closing brackets",
                       ": ", rows_, " complete rows are kept; the run did not finish, repeat it"));
    } else if (!at_end) {
      log_.Add(scanner_.line(), "text after the end of the JSON: ignored; keep one run per file");
    }
  }

  Scanner scanner_;
  RowSink sink_;
  WarningLog log_;
  SharedNames names_;
  RunFile file_;
  bool has_context_ = false;
  bool has_benchmarks_ = false;
  std::size_t rows_ = 0;
  std::size_t readable_rows_ = 0;
  std::size_t strange_lines_ = 0;
  std::size_t strange_line_ = 0;         // the first of them
  std::optional<std::size_t> cut_line_;  // where the row begins inside which the file ends
  Repairs warned_;
};

// Calls `read` with a sink that keeps the rows.
absl::StatusOr<RunFile> WithRows(absl::FunctionRef<absl::StatusOr<RunFile>(RowSink)> read) {
  std::vector<Row> rows;
  absl::StatusOr<RunFile> file = read([&rows](Row row) {
    row.text = {};
    row.record = nullptr;
    rows.push_back(std::move(row));
  });
  if (file.ok()) file->rows = std::move(rows);
  return file;
}

}  // namespace

absl::StatusOr<RunFile> ParseRunFile(const std::string& path, std::string_view text, RowSink sink) {
  return DocumentReader(path, text, sink).Read();
}

absl::StatusOr<RunFile> ParseRunFile(const std::string& path, TextSource text, RowSink sink) {
  return DocumentReader(path, text, sink).Read();
}

absl::StatusOr<RunFile> ParseRunFile(const std::string& path, std::string_view text) {
  return WithRows([&](RowSink sink) { return ParseRunFile(path, text, sink); });
}

absl::StatusOr<RunFile> ReadRunFile(const std::string& path, RowSink sink) {
  absl::StatusOr<TextFile> file = TextFile::Open(path);
  if (!file.ok()) return file.status();
  const auto source = [&file](std::string& text) { return file->Append(text); };
  absl::StatusOr<RunFile> run = ParseRunFile(path, TextSource(source), sink);
  if (!file->status().ok()) return file->status();
  return run;
}

absl::StatusOr<RunFile> ReadRunFile(const std::string& path) {
  return WithRows([&](RowSink sink) { return ReadRunFile(path, sink); });
}

}  // namespace podium::report
