#include "tools/submission/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "gmock/gmock.h"
#include "tools/gbench/read_text.h"

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
  EXPECT_EQ(*ReadText(path), "two\n");
}

TEST_F(FilesTest, LeavesNoTemporaryFile) {
  ASSERT_TRUE(WriteWholeFile(directory_ / "a.json", "one\n").ok());
  EXPECT_EQ(std::distance(fs::directory_iterator(directory_), fs::directory_iterator()), 1);
}

TEST_F(FilesTest, SaysHowToMakeAMissingDirectory) {
  const std::string missing = (directory_ / "none").string();
  EXPECT_THAT(std::string(WriteWholeFile(missing + "/a.json", "one\n").message()),
              testing::HasSubstr("make it with mkdir -p " + missing));
}

TEST_F(FilesTest, ReplacesTheTargetOfASymbolicLink) {
  fs::create_directory(directory_ / "deep");
  fs::create_symlink("deep/a.json", directory_ / "link.json");
  for (const std::string content : {"one\n", "two\n"}) {  // where it is missing, then where it is
    ASSERT_TRUE(WriteWholeFile(directory_ / "link.json", content).ok());
    EXPECT_TRUE(fs::is_symlink(directory_ / "link.json"));
    EXPECT_EQ(*ReadText(directory_ / "deep" / "a.json"), content);
  }
}

TEST_F(FilesTest, ReportsACircleOfSymbolicLinks) {
  fs::create_symlink("a.json", directory_ / "a.json");
  EXPECT_FALSE(WriteWholeFile(directory_ / "a.json", "one\n").ok());
}

TEST_F(FilesTest, WritesIntoWhatIsNoRegularFile) {
  const std::string pipe = directory_ / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  EXPECT_TRUE(WriteWholeFile(pipe, "one\n").ok());
  char text[8] = {};
  EXPECT_EQ(read(reader, text, sizeof text), 4);
  close(reader);
  EXPECT_TRUE(fs::is_fifo(pipe));
}

TEST_F(FilesTest, ReportsAFullDevice) {
  EXPECT_THAT(std::string(WriteWholeFile("/dev/full", "one\n").message()),
              testing::HasSubstr("/dev/full: cannot be written"));
}

}  // namespace
}  // namespace podium::report
