// The meaning of scalars in Google Benchmark's output, as scanner.h finds them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace podium::report {

// What the decoding of a file's scalars had to put right; collected over many calls.
struct Repairs {
  bool text = false;     // control characters, bytes that are no UTF-8, bad escapes
  bool numbers = false;  // decimal commas, grouped digits
};

// One line of valid UTF-8: control characters and bytes that are no UTF-8 become U+FFFD. So no name
// or label can break a table, or drive the terminal it is printed on.
std::string Printable(std::string_view text, Repairs& repairs);

// True if DecodeString would return the text as it is.
bool IsPlainText(std::string_view raw);

// The printable text between two quotes, escapes decoded. Escaped tabs and newlines become spaces,
// lone surrogates U+FFFD; a backslash that escapes nothing stays.
std::string DecodeString(std::string_view raw, Repairs& repairs);

// A number as written: NaN and the infinities too (and infinity for 1e400). Null if it is none.
//
// Under a global locale, a decimal comma comes with an exponent, as Google Benchmark prints every
// floating-point number with one (`1,25e+02`); integers have none, and releases before 1.9.5 group
// their digits (`1,000,000`, which is read as such).
std::optional<double> ParseNumber(std::string_view raw, Repairs& repairs);

// A number that is an integer by its meaning, so that `2.677` are grouped digits: 2677. Null if it
// is none, or beyond 2^53.
std::optional<std::int64_t> ParseInteger(std::string_view raw, Repairs& repairs);

}  // namespace podium::report
