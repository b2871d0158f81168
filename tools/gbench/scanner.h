// One pass over text that is nearly JSON: what Google Benchmark writes.
//
// A JSON library does not fit. Such text has bare NaN and Infinity, numbers as the global locale
// spells them, raw control and non-UTF-8 bytes, keys that occur twice and whose order matters, and
// may be cut anywhere; and a document of a 100 MB file takes gigabytes. So this scanner finds where
// values begin and end, and leaves their meaning to the caller. It is linear, never recurses, accepts
// any bytes, and holds no more of a file than the longest value and a block.
//
// One property of Google Benchmark's output carries all recovery: no string spans lines (it escapes
// newlines), so at a newline one is never inside a string, however broken the text before it was.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"

namespace podium::report {

// Appends more of a text to the string; false at its end, where it appends nothing.
using TextSource = absl::FunctionRef<bool(std::string&)>;

struct Value {
  enum class Kind {
    kNone,    // no value here, or one that no rule reads
    kString,  // text: between the quotes, escapes as written
    kNumber,  // text: as written, NaN and Infinity included
    kTrue,
    kFalse,
    kNull,
    kObject,  // text: from the bracket to the closing one
    kArray,
  };
  Kind kind = Kind::kNone;
  std::string_view text;
  bool complete = true;  // false: the text ends, or the next object begins, before this is closed
};

class Scanner {
 public:
  static constexpr int kEnd = -1;

  // `line` is the number of the first line.
  explicit Scanner(std::string_view text, std::size_t line = 1) : text_(text), line_(line) {}
  // Of a text that comes in pieces; `source` must outlive this. What a Value or a key points to then
  // stays only until the next call.
  explicit Scanner(TextSource source) : source_(source), line_(1) {}
  Scanner(const Scanner&) = delete;
  Scanner& operator=(const Scanner&) = delete;

  int Peek();  // the next character that is not blank; kEnd at the end
  bool Consume(char expected);
  bool ConsumePrefix(std::string_view prefix);  // of the rest of the text, blanks included
  void SkipLine();
  std::size_t line() const { return line_; }
  bool IsStreaming() const { return source_.has_value(); }

  // The value that begins at the next character that is not blank. A kNone value may have consumed
  // some of the text. Inside a number, a separator of digits (`1.000.000`, `1,5e+02`) counts as a
  // part of it; call this on members of objects only, where no digit can follow a comma.
  Value ReadValue();

 private:
  bool More(std::size_t keep);
  Value ReadValueHere();
  Value ReadString();
  Value ReadNumber();
  Value ReadWord();
  Value ReadNested();
  char PreviousCharacter() const;
  std::size_t DigitSeparator(std::size_t at) const;

  std::optional<TextSource> source_;  // of what follows text_
  std::string buffer_;                // holds text_, if there is a source
  std::string_view text_;
  std::size_t position_ = 0;
  std::size_t line_;
};

// Walks the members of the object at the scanner's next character: after each NextKey the caller
// takes the value from the scanner.
class ObjectReader {
 public:
  explicit ObjectReader(Scanner& scanner) : scanner_(scanner) {}

  // False at the closing bracket, or at the first thing that is no member. The key stays until the
  // next one.
  bool NextKey(std::string_view& key);

  bool closed() const { return closed_; }                  // the closing bracket was read
  std::string_view expected() const { return expected_; }  // what was missing, if not closed

 private:
  Scanner& scanner_;
  std::string key_;  // where the scanner's text does not stay
  bool opened_ = false;
  bool closed_ = false;
  std::string_view expected_;
};

}  // namespace podium::report
