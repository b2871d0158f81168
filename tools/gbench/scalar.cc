#include "tools/gbench/scalar.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/charconv.h"
#include "absl/strings/numbers.h"

namespace podium::report {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

void AppendUtf8(char32_t code, std::string& out) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    tail(6), tail(0);
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    tail(12), tail(6), tail(0);
  }
}

// The first code point of `text`; 0, a control character, and a length of 1 if it is no UTF-8 (RFC
// 3629: shortest form, no surrogates, at most U+10FFFF).
struct CodePoint {
  char32_t code = 0;
  std::size_t length = 1;
};
CodePoint FirstCodePoint(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead < 0xC2   ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0 || text.size() < length) return {};
  char32_t code = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c & 0xC0) != 0x80) return {};
    code = code << 6 | (c & 0x3Fu);
  }
  const bool is_overlong = code < (length == 3 ? 0x800u : length == 4 ? 0x10000u : 0x80u);
  if (is_overlong || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return {};
  return {code, length};
}

// Replaces what no terminal should get: C0 and C1 control characters and DEL.
void AppendPrintable(char32_t code, std::string& out, Repairs& repairs) {
  if (code < 0x20 || (code >= 0x7F && code < 0xA0)) {
    code = kReplacement;
    repairs.text = true;
  }
  AppendUtf8(code, out);
}

bool IsPlain(char c) { return c >= 0x20 && c < 0x7F && c != '\\'; }

// Appends the first character of `text`, or the plain ones it begins with. Returns their length.
std::size_t AppendCharacters(std::string_view text, std::string& out, Repairs& repairs) {
  std::size_t plain = 0;
  while (plain < text.size() && IsPlain(text[plain])) ++plain;
  if (plain > 0) {
    out += text.substr(0, plain);
    return plain;
  }
  const CodePoint point = FirstCodePoint(text);
  AppendPrintable(point.code, out, repairs);
  return point.length;
}

std::optional<char32_t> Hex4(std::string_view text) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    if (text.size() <= static_cast<std::size_t>(i) ||
        !absl::ascii_isxdigit(static_cast<unsigned char>(text[i]))) {
      return std::nullopt;
    }
    const int c = absl::ascii_tolower(static_cast<unsigned char>(text[i]));
    value = value * 16 + static_cast<std::uint32_t>(c <= '9' ? c - '0' : c - 'a' + 10);
  }
  return value;
}

// `escape` begins behind the backslash. Returns how much of it was read.
std::size_t AppendEscape(std::string_view escape, std::string& out, Repairs& repairs) {
  switch (escape.empty() ? '\0' : escape[0]) {
    case '"':
    case '\\':
    case '/':
      out += escape[0];
      return 1;
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
      out += ' ';
      return 1;
    case 'u':
      if (const std::optional<char32_t> high = Hex4(escape.substr(1))) {
        const bool is_surrogate = *high >= 0xD800 && *high < 0xE000;
        if (!is_surrogate) {
          AppendPrintable(*high, out, repairs);
          return 5;
        }
        const bool has_low = *high < 0xDC00 && escape.substr(5, 2) == "\\u";
        const std::optional<char32_t> low = has_low ? Hex4(escape.substr(7)) : std::nullopt;
        if (low && *low >= 0xDC00 && *low < 0xE000) {
          AppendUtf8(0x10000 + ((*high - 0xD800) << 10) + (*low - 0xDC00), out);
          return 11;
        }
        AppendUtf8(kReplacement, out);
        repairs.text = true;
        return 5;
      }
      [[fallthrough]];
    default:  // a backslash that somebody forgot to escape, as in C:\data
      out += '\\';
      repairs.text = true;
      return 0;
  }
}

std::size_t LeadingDigits(std::string_view text) {
  std::size_t n = 0;
  while (n < text.size() && absl::ascii_isdigit(text[n])) ++n;
  return n;
}

// The digits of `1,000,000` without what groups them; empty if they are not grouped. The last group
// has three digits; the others have two in India, three elsewhere.
std::string Ungrouped(std::string_view text) {
  std::string digits;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    if (text[0] == '-') digits += '-';
    text.remove_prefix(1);
  }
  std::size_t group = LeadingDigits(text);
  if (group < 1 || group > 3 || text[0] == '0') return "";
  std::string_view separator;
  while (true) {
    digits += text.substr(0, group);
    text.remove_prefix(group);
    if (text.empty()) return group == 3 && !separator.empty() ? digits : "";
    std::size_t length = 0;
    while (length < text.size() && !absl::ascii_isdigit(text[length])) ++length;
    if (!separator.empty() && text.substr(0, length) != separator) return "";
    separator = text.substr(0, length);
    if (separator.find_first_of("eE+-") != std::string_view::npos) return "";
    text.remove_prefix(length);
    group = LeadingDigits(text);
    if (group != 2 && group != 3) return "";
  }
}

std::optional<double> FromChars(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const absl::from_chars_result result = absl::from_chars(text.data(), end, value);
  if (result.ptr != end || result.ec == std::errc::invalid_argument) return std::nullopt;
  if (result.ec == std::errc::result_out_of_range) {
    const bool is_tiny = std::abs(value) < 1;
    return is_tiny ? 0.0 : std::copysign(std::numeric_limits<double>::infinity(), value);
  }
  return value;
}

}  // namespace

std::string Printable(std::string_view text, Repairs& repairs) {
  std::string printable;
  printable.reserve(text.size());
  while (!text.empty()) text.remove_prefix(AppendCharacters(text, printable, repairs));
  return printable;
}

bool IsPlainText(std::string_view raw) { return std::all_of(raw.begin(), raw.end(), IsPlain); }

std::string DecodeString(std::string_view raw, Repairs& repairs) {
  if (IsPlainText(raw)) return std::string(raw);
  std::string text;
  text.reserve(raw.size());
  while (!raw.empty()) {
    const bool is_escape = raw[0] == '\\';
    raw.remove_prefix(is_escape ? 1 + AppendEscape(raw.substr(1), text, repairs)
                                : AppendCharacters(raw, text, repairs));
  }
  return text;
}

std::optional<double> ParseNumber(std::string_view raw, Repairs& repairs) {
  if (!raw.empty() && raw[0] == '+') raw.remove_prefix(1);
  if (const std::optional<double> plain = FromChars(raw)) return plain;

  const std::size_t comma = raw.find(',');
  if (const std::string grouped = Ungrouped(raw); !grouped.empty()) {
    repairs.numbers = true;
    return FromChars(grouped);
  }
  if (comma == std::string_view::npos) return std::nullopt;
  std::string with_point(raw);
  with_point[comma] = '.';
  const std::optional<double> value = FromChars(with_point);
  if (value) repairs.numbers = true;
  return value;
}

std::optional<std::int64_t> ParseInteger(std::string_view raw, Repairs& repairs) {
  std::int64_t integer = 0;
  constexpr std::int64_t kMax = std::int64_t{1} << 53;
  if (absl::SimpleAtoi(absl::string_view(raw.data(), raw.size()), &integer)) {
    return integer <= kMax && integer >= -kMax ? std::optional(integer) : std::nullopt;
  }
  const std::string grouped = Ungrouped(raw);
  if (!grouped.empty()) repairs.numbers = true;
  const std::optional<double> value =
      grouped.empty() ? ParseNumber(raw, repairs) : FromChars(grouped);
  const double limit = static_cast<double>(kMax);
  if (!value || !(std::abs(*value) <= limit) || std::trunc(*value) != *value) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

}  // namespace podium::report
