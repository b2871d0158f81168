#include "tools/gbench/row.h"

#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tools/gbench/scanner.h"

namespace podium::report {
namespace {

// What Google Benchmark itself writes into a row; every other number is a counter.
enum Field {
  kName,
  kFamilyIndex,
  kInstanceIndex,
  kRunName,
  kRunType,
  kRepetitions,
  kRepetitionIndex,
  kThreads,
  kAggregateName,
  kAggregateUnit,
  kErrorOccurred,
  kErrorMessage,
  kSkipped,  // from 1.8.0, beside error_occurred: skipped on purpose, with a message
  kSkipMessage,
  kIterations,
  kRealTime,
  kCpuTime,
  kBigO,
  kTimeUnit,
  kLabel,
  kPodiumProcess,  // see run_record.h
  kPodiumRound,
  kPodiumHost,
  kFieldCount,
};
enum class Type { kString, kNumber, kBoolean };
struct FieldSpec {
  std::string_view key;
  Type type;
};
constexpr std::array<FieldSpec, kFieldCount> kFields = {{
    {"name", Type::kString},
    {"family_index", Type::kNumber},
    {"per_family_instance_index", Type::kNumber},
    {"run_name", Type::kString},
    {"run_type", Type::kString},
    {"repetitions", Type::kNumber},
    {"repetition_index", Type::kNumber},
    {"threads", Type::kNumber},
    {"aggregate_name", Type::kString},
    {"aggregate_unit", Type::kString},
    {"error_occurred", Type::kBoolean},
    {"error_message", Type::kString},
    {"skipped", Type::kBoolean},
    {"skip_message", Type::kString},
    {"iterations", Type::kNumber},
    {"real_time", Type::kNumber},
    {"cpu_time", Type::kNumber},
    {"big_o", Type::kString},
    {"time_unit", Type::kString},
    {"label", Type::kString},
    {"podium_process", Type::kNumber},
    {"podium_round", Type::kNumber},
    {"podium_host", Type::kString},
}};

// Looks first at `guess` and behind it: a row has its fields in about this order.
Field FieldOf(std::string_view key, int guess) {
  for (int i = 0; i < kFieldCount; ++i, ++guess) {
    if (guess >= kFieldCount) guess = 0;
    if (kFields[static_cast<std::size_t>(guess)].key == key) return static_cast<Field>(guess);
  }
  return kFieldCount;
}

// A number that a tool rewrote as null was NaN or infinite.
bool IsNumeric(const Value& value) {
  return value.kind == Value::Kind::kNumber || value.kind == Value::Kind::kNull;
}

bool Fits(Type type, const Value& value) {
  switch (type) {
    case Type::kString:
      return value.kind == Value::Kind::kString;
    case Type::kNumber:
      return IsNumeric(value);
    case Type::kBoolean:
      return value.kind == Value::Kind::kTrue || value.kind == Value::Kind::kFalse;
  }
  return false;
}

// The memory manager's figures: counters that are written as integers, without an exponent.
bool IsIntegerCounter(std::string_view key) {
  return key == "max_bytes_used" || key == "total_allocated_bytes" || key == "net_heap_growth";
}

std::optional<double> UnitsPerSecond(std::string_view time_unit) {
  if (time_unit == "ns") return 1e9;
  if (time_unit == "us") return 1e6;
  if (time_unit == "ms") return 1e3;
  if (time_unit == "s") return 1.0;
  return std::nullopt;
}

class RowParser {
 public:
  RowParser(std::string_view text, std::size_t index, std::size_t line)
      : scanner_(text, line), members_(scanner_) {
    row_.index = index;
    row_.line = line;
    row_.text = text;
  }

  ParsedRow Parse() {
    ReadMembers();
    Identify();
    ReadTimes();
    if (!problem_.empty()) {
      parsed_.doubts.push_back(absl::StrCat(problem_, ": listed as an error"));
      parsed_.is_readable = false;
      row_.kind = RowKind::kError;
      row_.error_message = problem_;
    }
    if (row_.kind == RowKind::kError) {
      row_.real_time_s = row_.cpu_time_s = std::nullopt;
      row_.counters.clear();
    }
    return std::move(parsed_);
  }

 private:
  const Value& Get(Field field) const { return fields_[field]; }
  bool Has(Field field) const { return Get(field).kind != Value::Kind::kNone; }
  bool IsTrue(Field field) const { return Get(field).kind == Value::Kind::kTrue; }

  void ReadMembers() {
    std::string_view raw_key;
    while (members_.NextKey(raw_key)) {
      const Value value = scanner_.ReadValue();
      if (value.kind == Value::Kind::kNone || !value.complete) {
        problem_ = absl::StrCat("line ", scanner_.line(), " has no value that can be read");
        return;
      }
      if (IsPlainText(raw_key)) {
        AddMember(raw_key, value);
      } else {
        AddMember(DecodeString(raw_key, parsed_.repairs), value);
      }
    }
    if (!members_.closed()) {
      problem_ =
          absl::StrCat("line ", scanner_.line(), " lacks ", std::string(members_.expected()));
    }
  }

  // Google Benchmark writes its fields, the last of them time_unit, then counters, all on one
  // level. So the first value of a fitting type is the field, and a later number is a counter of
  // that name.
  void AddMember(std::string_view key, const Value& value) {
    const Field field = FieldOf(key, next_field_);
    if (field == kFieldCount) {
      if (IsNumeric(value)) AddCounter(std::string(key), value);
      return;
    }
    next_field_ = field + 1;
    const bool fits = Fits(kFields[field].type, value);
    if (fits && !Has(field)) {
      fields_[field] = value;
    } else if (IsNumeric(value) && (fits || Has(kTimeUnit))) {
      parsed_.doubts.push_back(absl::StrCat("\"", std::string(key),
                                            "\" is the name of a counter and of a field: "
                                            "the later number is the counter; rename the counter"));
      AddCounter(std::string(key), value);
    } else {
      parsed_.doubts.push_back(absl::StrCat(
          "\"", std::string(key), "\" ",
          fits ? "occurs twice: the first is kept" : "is of an unexpected type: ignored"));
    }
  }

  void AddCounter(const std::string& key, const Value& value) {
    std::optional<double> number;
    if (IsIntegerCounter(key)) number = ParseInteger(value.text, parsed_.repairs);
    if (!number) number = ParseNumber(value.text, parsed_.repairs);
    if (!number || !std::isfinite(*number)) {
      parsed_.doubts.push_back(
          absl::StrCat("counter \"", key, "\" is ", Shown(value), ": dropped"));
    } else if (!row_.counters.emplace(key, *number).second) {
      parsed_.doubts.push_back(
          absl::StrCat("counter \"", key, "\" occurs twice: the first is kept"));
    }
  }

  // A number's text may be of any length, and hold the no-break spaces of a locale.
  static std::string Shown(const Value& value) {
    Repairs ignored;
    return DecodeString(value.text.substr(0, 40), ignored);
  }

  std::string Text(Field field) { return DecodeString(Get(field).text, parsed_.repairs); }

  std::optional<long> Integer(Field field) {
    if (!Has(field)) return std::nullopt;
    const std::optional<std::int64_t> integer = ParseInteger(Get(field).text, parsed_.repairs);
    if (!integer) {
      parsed_.doubts.push_back(absl::StrCat("\"", std::string(kFields[field].key), "\" is ",
                                            Shown(Get(field)), ", no integer: ignored"));
      return std::nullopt;
    }
    return static_cast<long>(*integer);
  }

  void Identify() {
    row_.full_name = Text(kName);
    if (row_.full_name.empty()) Fail("no \"name\" in quotes");
    row_.aggregate = Text(kAggregateName);
    row_.run_name = Text(kRunName);
    if (row_.run_name.empty()) row_.run_name = WithoutAggregate();
    row_.label = Text(kLabel);
    row_.family_index = Integer(kFamilyIndex);
    row_.instance_index = Integer(kInstanceIndex);
    row_.repetitions = Integer(kRepetitions);
    row_.repetition_index = Integer(kRepetitionIndex);
    row_.threads = Integer(kThreads);
    row_.round = Integer(kPodiumRound);
    row_.host = Text(kPodiumHost);
    if (const std::optional<long> process = Integer(kPodiumProcess); process && *process >= 0) {
      row_.process = static_cast<std::size_t>(*process);
    }
    if (const std::optional<long> iterations = Integer(kIterations)) {
      row_.iterations = static_cast<double>(*iterations);
    }

    const std::string run_type = Text(kRunType);
    if (!run_type.empty() && run_type != "iteration" && run_type != "aggregate") {
      Fail(absl::StrCat("\"run_type\" is \"", run_type, "\", neither iteration nor aggregate"));
    }
    const bool is_aggregate = run_type == "aggregate" || !row_.aggregate.empty();
    row_.kind = is_aggregate ? RowKind::kAggregate : RowKind::kIteration;
    if (IsTrue(kErrorOccurred) || IsTrue(kSkipped)) {
      row_.kind = RowKind::kError;
      row_.error_message = Text(IsTrue(kErrorOccurred) ? kErrorMessage : kSkipMessage);
    }
  }

  std::string WithoutAggregate() const {
    const std::string suffix = row_.aggregate.empty() ? "" : absl::StrCat("_", row_.aggregate);
    std::string_view name = row_.full_name;
    if (name.ends_with(suffix)) name.remove_suffix(suffix.size());
    return std::string(name);
  }

  void ReadTimes() {
    if (row_.kind == RowKind::kError) return;
    if (row_.kind == RowKind::kAggregate) {
      // Fractions, under whatever time_unit says: the coefficient of variation, a custom statistic.
      if (Get(kAggregateUnit).text == "percentage" || row_.aggregate == "cv") return;
      if (!Has(kRealTime) && !Has(kCpuTime)) return;  // BigO, RMS
    } else if (!Has(kRealTime) && !Has(kCpuTime)) {
      return Fail("neither \"real_time\" nor \"cpu_time\"");
    }
    const std::string time_unit = Text(kTimeUnit);
    const std::optional<double> units_per_second = UnitsPerSecond(time_unit);
    if (!units_per_second) {
      return Fail(Has(kTimeUnit) ? absl::StrCat("\"time_unit\" is \"", time_unit,
                                                "\", not one of ns, us, ms, s")
                                 : "no \"time_unit\"");
    }
    row_.real_time_s = Seconds(kRealTime, *units_per_second);
    row_.cpu_time_s = Seconds(kCpuTime, *units_per_second);
    if (row_.kind == RowKind::kIteration && row_.real_time_s && *row_.real_time_s <= 0) {
      parsed_.doubts.push_back("\"real_time\" is not positive: too short to be measured");
    }
  }

  std::optional<double> Seconds(Field field, double units_per_second) {
    if (!Has(field)) return std::nullopt;
    const std::optional<double> time = ParseNumber(Get(field).text, parsed_.repairs);
    if (!time || !std::isfinite(*time)) {
      parsed_.doubts.push_back(absl::StrCat("\"", std::string(kFields[field].key), "\" is ",
                                            Shown(Get(field)), ": no time"));
      return std::nullopt;
    }
    return *time / units_per_second;
  }

  void Fail(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
  }

  Scanner scanner_;
  ObjectReader members_;
  std::array<Value, kFieldCount> fields_;
  int next_field_ = 0;   // the one that probably comes next
  std::string problem_;  // why the row cannot be read; empty if it can
  ParsedRow parsed_;
  Row& row_ = parsed_.row;
};

}  // namespace

ParsedRow ParseRow(std::string_view text, std::size_t index, std::size_t line) {
  return RowParser(text, index, line).Parse();
}

}  // namespace podium::report
