#include "tools/gbench/scanner.h"

#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace podium::report {
namespace {

bool IsWordCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '(' || c == ')';
}

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// By a table: most of a file is none of these, and is looked at once for its end and once for its
// values.
constexpr std::array<bool, 256> kStructural = [] {
  std::array<bool, 256> table = {};
  for (const char c : {'{', '}', '[', ']', '"', '\n'}) table[static_cast<unsigned char>(c)] = true;
  return table;
}();
bool IsStructural(char c) { return kStructural[static_cast<unsigned char>(c)]; }

}  // namespace

// Makes more of the text visible, and forgets what lies before `keep`. False at the end of the
// text, where everything stays. At least doubles what is kept, so that a value of any length is
// read in linear time.
bool Scanner::More(std::size_t keep) {
  if (!source_) return false;
  std::string piece;
  const std::size_t kept = text_.size() - keep;
  bool is_end = false;
  while (!is_end && piece.size() <= kept) is_end = !(*source_)(piece);
  if (piece.empty()) return false;
  buffer_.erase(0, keep);
  buffer_ += piece;
  text_ = buffer_;
  position_ -= keep;
  return true;
}

int Scanner::Peek() {
  do {
    for (; position_ < text_.size(); ++position_) {
      const char c = text_[position_];
      if (c == '\n') {
        ++line_;
      } else if (c != ' ' && c != '\t' && c != '\r') {
        return static_cast<unsigned char>(c);
      }
    }
  } while (More(position_));
  return kEnd;
}

bool Scanner::Consume(char expected) {
  if (Peek() != static_cast<unsigned char>(expected)) return false;
  ++position_;
  return true;
}

bool Scanner::ConsumePrefix(std::string_view prefix) {
  while (text_.size() - position_ < prefix.size() && More(position_)) continue;
  if (text_.substr(position_, prefix.size()) != prefix) return false;
  position_ += prefix.size();
  return true;
}

void Scanner::SkipLine() {
  do {
    const std::size_t newline = text_.find('\n', position_);
    if (newline != std::string_view::npos) {
      position_ = newline + 1;
      ++line_;
      return;
    }
    position_ = text_.size();
  } while (More(position_));
}

// What is visible of the text may end inside the value, or so short behind it that more could
// belong to it: then it is read again with more of the text.
Value Scanner::ReadValue() {
  constexpr std::size_t kLookahead = 8;  // more than DigitSeparator looks at
  Peek();
  std::size_t begin = position_;
  while (true) {
    const std::size_t line = line_;
    const Value value = ReadValueHere();
    if (text_.size() - position_ >= kLookahead || !More(begin)) return value;
    begin = 0;
    position_ = 0;
    line_ = line;
  }
}

Value Scanner::ReadValueHere() {
  const int c = position_ < text_.size() ? static_cast<unsigned char>(text_[position_]) : kEnd;
  if (c == '"') return ReadString();
  if (c == '{' || c == '[') return ReadNested();
  if (c == '-' || c == '+' || c == '.' || (c >= '0' && c <= '9')) return ReadNumber();
  if (c != kEnd && IsWordCharacter(static_cast<char>(c))) return ReadWord();
  return {};
}

Value Scanner::ReadString() {
  const std::size_t begin = position_ + 1;
  std::size_t at = begin;
  while (at < text_.size() && text_[at] != '"' && text_[at] != '\n') {
    const bool is_escape = text_[at] == '\\' && at + 1 < text_.size() && text_[at + 1] != '\n';
    at += is_escape ? 2 : 1;
  }
  const bool is_closed = at < text_.size() && text_[at] == '"';
  position_ = is_closed ? at + 1 : at;
  return is_closed ? Value{Value::Kind::kString, text_.substr(begin, at - begin)} : Value{};
}

// The length of what may stand between digits for a locale: comma, apostrophe, space, no-break
// space (Latin-1 or UTF-8) or narrow no-break space, if a digit follows; else 0.
std::size_t Scanner::DigitSeparator(std::size_t at) const {
  const std::string_view rest = text_.substr(at, 4);
  for (std::string_view separator : {",", "'", " ", "\xA0", "\xC2\xA0", "\xE2\x80\xAF"}) {
    if (rest.size() > separator.size() && rest.substr(0, separator.size()) == separator &&
        absl::ascii_isdigit(rest[separator.size()])) {
      return separator.size();
    }
  }
  return 0;
}

Value Scanner::ReadNumber() {
  const std::size_t begin = position_;
  ++position_;
  if (position_ < text_.size() &&
      absl::ascii_isalpha(static_cast<unsigned char>(text_[position_])) &&
      !absl::ascii_isdigit(text_[begin])) {
    Value value = ReadWord();  // -Infinity
    const bool is_number = value.kind == Value::Kind::kNumber;
    return is_number ? Value{value.kind, text_.substr(begin, position_ - begin)} : Value{};
  }
  while (position_ < text_.size()) {
    const char c = text_[position_];
    if (absl::ascii_isdigit(c) || c == '.' || c == 'e' || c == 'E' || c == '-' || c == '+') {
      ++position_;
    } else if (const std::size_t length = DigitSeparator(position_); length > 0) {
      position_ += length;
    } else {
      break;
    }
  }
  return {Value::Kind::kNumber, text_.substr(begin, position_ - begin)};
}

Value Scanner::ReadWord() {
  const std::size_t begin = position_;
  while (position_ < text_.size() && IsWordCharacter(text_[position_])) ++position_;
  const std::string_view word = text_.substr(begin, position_ - begin);
  if (word == "true") return {Value::Kind::kTrue, word};
  if (word == "false") return {Value::Kind::kFalse, word};
  if (word == "null") return {Value::Kind::kNull, word};
  for (const char* number : {"nan", "inf", "infinity", "nan(ind)", "nan(snan)"}) {
    if (absl::EqualsIgnoreCase(absl::string_view(word.data(), word.size()), number))
      return {Value::Kind::kNumber, word};
  }
  return {};
}

// Brackets that do not match are the caller's matter (it reads the members); here they only must
// not swallow what follows. So a closing bracket closes down to its partner, one without partner is
// ignored, and an object that begins where none can (a row cut short by a crash, then the next run
// appended) ends this value.
Value Scanner::ReadNested() {
  const std::size_t begin = position_;
  const Value::Kind kind = text_[begin] == '{' ? Value::Kind::kObject : Value::Kind::kArray;
  std::string open;
  std::size_t open_arrays = 0;
  for (; position_ < text_.size(); ++position_) {
    const char c = text_[position_];
    if (!IsStructural(c)) continue;
    if (c == '\n') {
      ++line_;
    } else if (c == '"') {
      ReadString();
      --position_;
    } else if (c == '{' && !open.empty() && open.back() == '{' && PreviousCharacter() != ':') {
      return {kind, text_.substr(begin, position_ - begin), false};
    } else if (c == '{' || c == '[') {
      open.push_back(c);
      if (c == '[') ++open_arrays;
    } else {
      const char partner = c == '}' ? '{' : '[';
      const std::size_t partners = c == '}' ? open.size() - open_arrays : open_arrays;
      if (partners == 0) continue;
      for (char closed = '\0'; closed != partner; open.pop_back()) {
        closed = open.back();
        if (closed == '[') --open_arrays;
      }
      if (!open.empty()) continue;
      ++position_;
      return {kind, text_.substr(begin, position_ - begin)};
    }
  }
  return {kind, text_.substr(begin), false};
}

// The last one before this that is not blank.
char Scanner::PreviousCharacter() const {
  std::size_t at = position_ - 1;
  while (IsBlank(text_[at])) --at;  // ends at the latest at the bracket that is open
  return text_[at];
}

bool ObjectReader::NextKey(std::string_view& key) {
  if (closed_ || !expected_.empty()) return false;
  if (!opened_ && !scanner_.Consume('{')) {
    expected_ = "'{'";
    return false;
  }
  const bool first = !opened_;
  opened_ = true;
  if (scanner_.Consume('}')) {
    closed_ = true;
    return false;
  }
  if (!first && !scanner_.Consume(',')) {
    expected_ = "',' or '}'";
    return false;
  }
  const bool is_quoted = scanner_.Peek() == '"';
  const Value value = is_quoted ? scanner_.ReadValue() : Value{};
  if (value.kind != Value::Kind::kString) {
    expected_ = "a key in quotes";
    return false;
  }
  key = value.text;
  if (scanner_.IsStreaming()) key = key_ = value.text;
  if (!scanner_.Consume(':')) {
    expected_ = "':'";
    return false;
  }
  return true;
}

}  // namespace podium::report
