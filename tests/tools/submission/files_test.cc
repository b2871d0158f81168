#include "tools/submission/files.h"

#include <filesystem>

#include "gmock/gmock.h"

namespace podium::report {
namespace {

namespace fs = std::filesystem;

class FilesTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(testing::TempDir()) /
                 testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(directory_);
    fs::create_directory(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }

  fs::path directory_;
};

TEST_F(FilesTest, ReadsWhatItWrote) {
  const std::string path = directory_ / "a.json";
  ASSERT_TRUE(WriteWholeFile(path, "one\n").ok());
  ASSERT_TRUE(WriteWholeFile(path, "two\n").ok());
  EXPECT_EQ(*ReadWholeFile(path), "two\n");
}

TEST_F(FilesTest, LeavesNoTemporaryFile) {
  ASSERT_TRUE(WriteWholeFile(directory_ / "a.json", "one\n").ok());
  EXPECT_EQ(std::distance(fs::directory_iterator(directory_), fs::directory_iterator()), 1);
}

TEST_F(FilesTest, ReportsAMissingDirectory) {
  const absl::Status status = WriteWholeFile(directory_ / "none" / "a.json", "one\n");
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("a.json: cannot be written"));
}

TEST_F(FilesTest, ReportsADirectoryGivenForAFile) {
  EXPECT_THAT(std::string(ReadWholeFile(directory_).status().message()),
              testing::HasSubstr("is a directory"));
}

TEST_F(FilesTest, ReportsAMissingFile) {
  EXPECT_EQ(ReadWholeFile(directory_ / "none").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace podium::report
