#include "tools/submission/schema.h"

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "absl/strings/str_cat.h"

namespace podium::report {
namespace {

// valijson's context is {"<root>", "[entries]", "[0]"}: "/entries/0".
std::string Pointer(const std::vector<std::string>& context) {
  std::string pointer;
  for (std::size_t i = 1; i < context.size(); ++i) {
    absl::StrAppend(&pointer, "/", context[i].substr(1, context[i].size() - 2));
  }
  return pointer.empty() ? "/" : pointer;
}

}  // namespace

std::vector<std::string> SchemaViolations(absl::string_view schema_text, const Json& document) {
  using Adapter = valijson::adapters::NlohmannJsonAdapter;
  const nlohmann::json schema_json = nlohmann::json::parse(schema_text);
  const nlohmann::json target = document;  // the adapter knows only the unordered type
  valijson::Schema schema;
  valijson::SchemaParser(valijson::SchemaParser::kDraft7)
      .populateSchema(Adapter(schema_json), schema);
  valijson::ValidationResults results;
  valijson::Validator().validate(schema, Adapter(target), &results);

  // An outer object fails because an inner one does: only the innermost failures say why.
  std::vector<std::string> lines;
  std::vector<std::string> innermost;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) {
    const std::string pointer = Pointer(error.context);
    const std::string below = pointer == "/" ? pointer : absl::StrCat(pointer, "/");
    bool explained = false;
    for (const std::string& inner : innermost) explained = explained || inner.starts_with(below);
    if (explained) continue;
    innermost.push_back(pointer);
    lines.push_back(absl::StrCat(pointer, ": ", error.description));
  }
  return lines;
}

}  // namespace podium::report
