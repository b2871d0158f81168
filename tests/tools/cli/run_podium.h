// Runs podium inside the test, on files of tests/testdata/cli and a directory of the test's own.
#pragma once

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tools/cli/podium.h"
#include "tools/gbench/read_text.h"
#include "tools/submission/files.h"

namespace podium::report {

struct Outcome {
  int status;
  std::string out;
  std::string err;
};

inline Outcome Podium(const std::vector<std::string>& args) {
  std::ostringstream out, err;
  const int status = RunPodium(args, {out, err});
  return {status, out.str(), err.str()};
}

inline std::string Data(const std::string& name) { return PODIUM_TESTDATA "/cli/" + name; }

// What `podium` printed the last time that someone looked at it with care.
inline std::string Golden(const std::string& name) {
  const absl::StatusOr<std::string> text = ReadText(Data(name));
  EXPECT_TRUE(text.ok()) << text.status();
  return text.value_or("");
}

class PodiumTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    std::string name = std::string(info->test_suite_name()) + "." + info->name();
    for (char& c : name) c = c == '/' ? '_' : c;
    directory_ = std::filesystem::path(testing::TempDir()) / ("podium_" + name);
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string Own(const std::string& name) const { return (directory_ / name).string(); }

  void Write(const std::string& name, const std::string& content) const {
    ASSERT_TRUE(WriteWholeFile(Own(name), content).ok());
  }

  std::filesystem::path directory_;
};

}  // namespace podium::report
