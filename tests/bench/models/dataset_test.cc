#include "bench/models/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace podium::models {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Files of one test, gone with it.
class DatasetTest : public testing::Test {
 protected:
  DatasetTest()
      : folder_(std::filesystem::path(testing::TempDir()) /
                testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~DatasetTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& bytes) const {
    const std::string path = folder_ / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  static std::string Message(const absl::StatusOr<Dataset>& set) {
    return std::string(set.status().message());
  }

 private:
  std::filesystem::path folder_;
};

std::vector<int> Bytes(const Dataset& set, std::size_t i) {
  std::vector<int> bytes;
  for (const std::byte b : set.input(i)) bytes.push_back(std::to_integer<int>(b));
  return bytes;
}

TEST_F(DatasetTest, LabelledFiles) {
  Write("a.bin", "abc");
  Write("b.bin", "xyz");
  const auto set =
      ReadLabelledFiles(Write("y_labels.csv", "a.bin,12,7\r\nb.bin,12,0\n"), 3, ElementType::kS8);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_THAT(set->labels, ElementsAre(7, 0));
  EXPECT_THAT(set->names, ElementsAre("a.bin", "b.bin"));
  EXPECT_THAT(Bytes(*set, 1), ElementsAre('x', 'y', 'z'));
  EXPECT_THAT(set->broken, ElementsAre());
}

TEST_F(DatasetTest, BrokenFilesAreNamedAndLeaveTheOthers) {
  Write("short.bin", "ab");
  Write("good.bin", "abc");
  const auto set = ReadLabelledFiles(
      Write("y_labels.csv",
            "short.bin,2,1\nmissing.bin,2,1\ngood.bin,2,2\ngood.bin,2,1\nnonsense\n"),
      3, ElementType::kU8);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_THAT(set->names, ElementsAre("good.bin"));
  EXPECT_THAT(set->broken, ElementsAre(HasSubstr("short.bin: 2 bytes, not 3"),
                                       HasSubstr("missing.bin: cannot be read"),
                                       HasSubstr("y_labels.csv:3: not file,classes,label"),
                                       HasSubstr("y_labels.csv:5: not file,classes,label")));
}

TEST_F(DatasetTest, WindowsOfRecordings) {
  Write("a.bin", "abcdefghijklmnop");  // of 4 elements each time: 3 windows, 4 bytes apart
  Write("b.bin", "01234567");
  Write("short.bin", "0123");
  const auto set = ReadLabelledFiles(
      Write("y_labels.csv",
            "a.bin,2,0,8,4\nb.bin,2,1,8,4\nshort.bin,2,1,8,4\nb.bin,2,1,4,4\nb.bin,2,1,8,0\n"),
      2, ElementType::kF32);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_THAT(set->labels, ElementsAre(0, 0, 0, 1));
  EXPECT_THAT(set->recordings, ElementsAre(1, 1, 1, 2));
  EXPECT_THAT(Bytes(*set, 2), ElementsAre('i', 'j', 'k', 'l', 'm', 'n', 'o', 'p'));
  EXPECT_THAT(set->broken, ElementsAre(HasSubstr("short.bin: 4 bytes, not 8"),
                                       HasSubstr("y_labels.csv:4: no windows of 8 bytes"),
                                       HasSubstr("y_labels.csv:5: no windows of 8 bytes")));
}

TEST_F(DatasetTest, NothingUsableIsAnError) {
  EXPECT_THAT(Message(ReadLabelledFiles(Write("y_labels.csv", "a.bin,1,0\n"), 3, ElementType::kU8)),
              HasSubstr("no usable input; the first of 1 broken ones: "));
  EXPECT_THAT(Message(ReadLabelledFiles(Write("empty.csv", ""), 3, ElementType::kU8)),
              HasSubstr("empty.csv: no inputs"));
}

std::string Idx(const std::string& sizes, const std::string& data) {
  std::string file = {0, 0, 8, static_cast<char>(sizes.size())};
  for (const char size : sizes) file += std::string(3, '\0') + size;
  return file + data;
}

TEST_F(DatasetTest, IdxOfMnist) {
  const std::string images = Write("images", Idx({2, 1, 3}, "abcdef"));
  const auto set = ReadIdx(images, Write("labels", Idx({2}, {4, 9})));
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->input_size, 3u);
  EXPECT_THAT(set->labels, ElementsAre(4, 9));
  EXPECT_THAT(Bytes(*set, 1), ElementsAre('d', 'e', 'f'));
}

TEST_F(DatasetTest, BrokenIdx) {
  const std::string images = Write("images", Idx({2, 1, 3}, "abcdef"));
  const std::string labels = Write("labels", Idx({2}, {4, 9}));
  EXPECT_THAT(Message(ReadIdx(labels, labels)), HasSubstr("no IDX file of bytes in 3 dimensions"));
  EXPECT_THAT(Message(ReadIdx(images, Write("one", Idx({1}, {4})))),
              HasSubstr("1 labels for 2 images"));
  EXPECT_THAT(Message(ReadIdx(Write("cut", Idx({2, 1, 3}, "abcde")), labels)),
              HasSubstr("5 bytes of data, its header says 6"));
  EXPECT_THAT(Message(ReadIdx(
                  Write("huge", std::string("\0\0\x08\x03", 4) + std::string(12, '\xFF')), labels)),
              HasSubstr("is shorter than its header says"));
}

TEST_F(DatasetTest, Cifar10BecomesInterleaved) {
  std::string planes(3 * 1024, '\0');
  planes[0] = 1;         // red of the first pixel
  planes[1024] = 2;      // green
  planes[2 * 1024] = 3;  // blue
  planes[1] = 4;
  const std::string record = '\x07' + planes;
  const auto set = ReadCifar10(Write("batch", record + '\x0B' + planes + record + "rest"));
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_THAT(set->labels, ElementsAre(7, 7));
  const std::vector<int> first = Bytes(*set, 0);
  EXPECT_THAT(std::vector<int>(first.begin(), first.begin() + 4), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(set->broken, ElementsAre(HasSubstr("batch#1: label 11"),
                                       HasSubstr("batch#3: ends after 4 bytes")));
}

std::string Npy(const std::string& type, const std::string& shape, const std::string& data) {
  const std::string header =
      "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
  std::string file("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(header.size());
  file += '\0';
  return file + header + data;
}

TEST_F(DatasetTest, NpyOfBytesAndOfFloats) {
  const std::string labels = Write("y.npy", Npy("<i4", "(2,)", {3, 0, 0, 0, 1, 0, 0, 0}));
  auto set = ReadNpy(Write("x.npy", Npy("|i1", "(2, 2)", "abcd")), labels);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->type, ElementType::kS8);
  EXPECT_THAT(set->labels, ElementsAre(3, 1));
  EXPECT_THAT(Bytes(*set, 1), ElementsAre('c', 'd'));
  set = ReadNpy(Write("f.npy", Npy("<f4", "(2, 1, 1)", "abcdefgh")), labels);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->type, ElementType::kF32);
  EXPECT_EQ(set->input_size, 1u);
}

TEST_F(DatasetTest, BrokenNpy) {
  const std::string labels = Write("y.npy", Npy("|u1", "(2,)", {3, 1}));
  const auto message = [&](const std::string& bytes) {
    return Message(ReadNpy(Write("x.npy", bytes), labels));
  };
  EXPECT_THAT(message("not numpy"), HasSubstr("no .npy file"));
  EXPECT_THAT(message(Npy("|u1", "(2, 2)", "abc")), HasSubstr("3 bytes of data, not 4"));
  EXPECT_THAT(message(Npy("<f8", "(2,)", std::string(16, 'a'))), HasSubstr("type <f8 is neither"));
  EXPECT_THAT(message(Npy("|u1", "(3,)", "abc")), HasSubstr("no list of as many labels"));
  EXPECT_THAT(message(Npy("|u1", "(99999999999,)", "abc")), HasSubstr("too short for"));
  EXPECT_THAT(message(Npy("|u1", "(2, 2)", "abcd").substr(0, 30)),
              HasSubstr("ends within its header"));
}

}  // namespace
}  // namespace podium::models
