#include "tools/runner/row_text.h"

#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "tools/gbench/reader.h"
#include "tools/gbench/scalar.h"
#include "tools/gbench/scanner.h"

namespace podium::report {
namespace {

using Json = nlohmann::ordered_json;

std::string Quoted(std::string_view raw) {
  Repairs ignored;
  return Json(DecodeString(raw, ignored)).dump();
}

// The first object of the file that has a member "context".
std::string_view FindContext(std::string_view file) {
  Scanner scanner(file);
  while (scanner.Peek() != '{' && scanner.Peek() != Scanner::kEnd) scanner.SkipLine();
  ObjectReader members(scanner);
  std::string_view key;
  while (members.NextKey(key)) {
    const Value value = scanner.ReadValue();
    if (key == "context" && value.kind == Value::Kind::kObject) return value.text;
    if (value.kind == Value::Kind::kNone || !value.complete) break;
  }
  return "";
}

std::string ValidValue(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kString:
      return Quoted(value.text);
    case Value::Kind::kNumber: {
      if (Json::accept(value.text)) return std::string(value.text);
      Repairs ignored;
      const std::optional<double> number = ParseNumber(value.text, ignored);
      return number && std::isfinite(*number) ? Json(*number).dump() : "null";
    }
    default:
      return Json::accept(value.text) ? std::string(value.text) : "null";
  }
}

}  // namespace

std::string ValidRowText(std::string_view row) {
  std::string text;
  Scanner scanner(row);
  ObjectReader members(scanner);
  std::string_view key;
  while (members.NextKey(key)) {
    const Value value = scanner.ReadValue();
    if (value.kind == Value::Kind::kNone || !value.complete) break;
    if (absl::StartsWith(absl::string_view(key.data(), key.size()), "podium_")) continue;
    absl::StrAppend(&text, text.empty() ? "" : ",\n", "      ", Quoted(key), ": ",
                    ValidValue(value));
  }
  return text;
}

std::string ValidContextText(std::string_view file) {
  const std::string_view context = FindContext(file);
  if (Json::accept(context)) return std::string(context);
  const absl::StatusOr<RunFile> run = ParseRunFile("", file, [](const Row&) {});
  return run.ok() ? Json(run->context).dump() : "{}";
}

}  // namespace podium::report
