// Whatever happens to a file, the reader gives a status of one line, or rows of finite numbers.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "tools/gbench/reader.h"

namespace podium::report {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool IsPrintable(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
  }
  return true;
}

bool IsNullOrFinite(const std::optional<double>& value) { return !value || std::isfinite(*value); }

void CheckContract(const absl::StatusOr<RunFile>& file) {
  if (!file.ok()) {
    ASSERT_TRUE(IsPrintable(std::string(file.status().message())));
    return;
  }
  for (const Row& row : file->rows) {
    ASSERT_TRUE(IsNullOrFinite(row.real_time_s));
    ASSERT_TRUE(IsNullOrFinite(row.cpu_time_s));
    ASSERT_TRUE(IsNullOrFinite(row.iterations));
    for (const auto& [name, value] : row.counters) ASSERT_TRUE(std::isfinite(value));
    for (const std::string& text : {row.full_name, row.run_name, row.label, row.error_message}) {
      ASSERT_TRUE(IsPrintable(text));
    }
    ASSERT_TRUE(row.kind == RowKind::kError || !row.full_name.empty());
  }
  for (const std::string& warning : file->warnings) ASSERT_TRUE(IsPrintable(warning));
}

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  std::string Mutated(std::string text) {
    for (std::size_t n = 1 + Below(4); n > 0 && !text.empty(); --n) Mutate(text);
    return text;
  }

 private:
  std::size_t Below(std::size_t n) { return random_() % n; }

  void Mutate(std::string& text) {
    static const char* const kSplices[] = {"{",
                                           "}",
                                           "[",
                                           "]",
                                           "\"",
                                           ",",
                                           ":",
                                           "\\",
                                           "\n",
                                           "-",
                                           "1e400",
                                           "NaN",
                                           "-Infinity",
                                           "null",
                                           "\\ud800",
                                           "0x",
                                           "\xFF\xFE",
                                           "1,2",
                                           "1.2.3",
                                           "1,5e+02",
                                           "\x1b[2J",
                                           "{\"name\": ",
                                           "\"benchmarks\": [",
                                           "[[[[[[[[[["};
    const std::size_t at = Below(text.size());
    const std::size_t length = std::min(Below(60), text.size() - at);
    switch (Below(6)) {
      case 0:
        text[at] = static_cast<char>(Below(256));
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, kSplices[Below(std::size(kSplices))]);
        break;
      case 3:
        text.insert(Below(text.size()), text.substr(at, 10 * length));
        break;
      case 4:
        text.replace(at, length, kSplices[Below(std::size(kSplices))]);
        break;
      default:
        if (Below(4) == 0) text.resize(at);
        break;
    }
  }

  std::mt19937 random_;
};

class FuzzTest : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(All, FuzzTest,
                         testing::Values("v1.7.1.json", "v1.9.5.json", "v1.7.1_aborted.json",
                                         "v1.7.1_german_locale.json"));

TEST_P(FuzzTest, MutatedFilesKeepTheContract) {
  const std::string text = ReadFile(PODIUM_TESTDATA "/gbench/" + std::string(GetParam()));
  ASSERT_FALSE(text.empty());
  for (unsigned seed = 0; seed < 1000; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    CheckContract(ParseRunFile("run.json", Mutator(seed).Mutated(text)));
    if (HasFatalFailure()) return;
  }
}

// What a reader gives, as text; equal texts, equal answers.
std::string Everything(const absl::StatusOr<RunFile>& file, const std::vector<Row>& rows) {
  if (!file.ok()) return file.status().ToString();
  std::ostringstream text;
  text << file->truncated << '\n';
  for (const auto& [key, value] : file->context) text << key << '=' << value << '\n';
  for (const std::string& warning : file->warnings) text << warning << '\n';
  for (const Row& row : rows) {
    text << row.index << ' ' << row.line << ' ' << static_cast<int>(row.kind) << ' '
         << row.full_name << ' ' << row.error_message << ' ' << row.real_time_s.value_or(-1)
         << '\n';
    for (const auto& [name, value] : row.counters) text << name << '=' << value << '\n';
  }
  return text.str();
}

// Where the pieces end must make no difference.
void CheckPieces(const std::string& text, std::size_t piece) {
  std::vector<Row> whole_rows, rows;
  const auto whole = ParseRunFile("run.json", std::string_view(text),
                                  [&](Row row) { whole_rows.push_back(std::move(row)); });
  std::size_t at = 0;
  const auto source = [&](std::string& out) {
    const std::string_view next = std::string_view(text).substr(at, piece);
    out += next;
    at += next.size();
    return !next.empty();
  };
  const auto pieces = ParseRunFile("run.json", TextSource(source),
                                   [&](Row row) { rows.push_back(std::move(row)); });
  ASSERT_EQ(Everything(whole, whole_rows), Everything(pieces, rows));
}

TEST_P(FuzzTest, PiecesOfAFileGiveTheSameAsAllOfIt) {
  const std::string text = ReadFile(PODIUM_TESTDATA "/gbench/" + std::string(GetParam()));
  for (std::size_t piece : {1, 2, 3, 7, 64, 1000}) {
    SCOPED_TRACE(testing::Message() << "piece " << piece);
    CheckPieces(text, piece);
    if (HasFatalFailure()) return;
  }
  for (unsigned seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    CheckPieces(Mutator(seed).Mutated(text), 1 + seed % 97);
    if (HasFatalFailure()) return;
  }
}

TEST(FuzzRandomTest, RandomBytesKeepTheContract) {
  std::mt19937 random(1);
  for (int i = 0; i < 1000; ++i) {
    std::string text = "{\"benchmarks\": [";
    static constexpr char kAlphabet[] = "{}[]\",:\\ 019.eE+-Nan\n\t\xC3\xA9";
    for (int n = 0; n < 200; ++n) text += kAlphabet[random() % (sizeof(kAlphabet) - 1)];
    CheckContract(ParseRunFile("run.json", text));
    CheckPieces(text, 1 + static_cast<std::size_t>(i) % 11);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace podium::report
