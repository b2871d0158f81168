// Text of Google Benchmark as valid JSON: what it writes may hold bare NaN, raw control bytes,
// decimal commas.
#pragma once

#include <string>
#include <string_view>

namespace podium::report {

// The members of a row, one a line, indented as Google Benchmark does, without the brackets around
// them. Values are kept as written, numbers digit by digit; only what is no JSON changes: NaN and
// infinities become null, which the reader takes for the same. `podium_*` members are left out.
std::string ValidRowText(std::string_view row);

// The "context" of a file, as a JSON object; "{}" if there is none that can be read.
std::string ValidContextText(std::string_view file);

}  // namespace podium::report
