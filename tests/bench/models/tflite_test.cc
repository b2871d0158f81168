// The loader on a small file made here, and on what is left when bytes are lost or changed.
#include "bench/models/tflite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <utility>

#include "bench/models/runner.h"

namespace podium::models {
namespace {

using testing::HasSubstr;

// A FlatBuffers value: a number's bytes, a vector of numbers, a vector of tables, or a table.
struct Flat {
  std::vector<std::byte> bytes = {};                      // of the number or numbers
  std::size_t count = 0;                                  // of numbers in a vector
  std::vector<Flat> tables = {};                          // of a vector
  std::vector<std::pair<std::size_t, Flat>> fields = {};  // of a table
  enum Kind { kNumber, kNumbers, kTables, kTable } kind = kNumber;
};

template <class T>
Flat Number(T value) {
  Flat f;
  f.bytes.resize(sizeof(T));
  std::memcpy(f.bytes.data(), &value, sizeof(T));
  return f;
}
template <class T>
Flat Numbers(const std::vector<T>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {.bytes = {bytes.begin(), bytes.end()}, .count = values.size(), .kind = Flat::kNumbers};
}
Flat Tables(std::vector<Flat> tables) {
  return {.tables = std::move(tables), .kind = Flat::kTables};
}
Flat Table(std::vector<std::pair<std::size_t, Flat>> fields) {
  return {.fields = std::move(fields), .kind = Flat::kTable};
}

class Writer {
 public:
  static std::vector<std::byte> Write(const Flat& root) {
    Writer writer;
    writer.Append<std::uint32_t>(0);
    writer.Append<std::uint32_t>(0x334C4654);
    writer.Set<std::uint32_t>(0, static_cast<std::uint32_t>(writer.Add(root)));
    return writer.out_;
  }

 private:
  // Appends `value`, not a number, and all below it. Returns where it begins.
  std::size_t Add(const Flat& value) {
    if (value.kind == Flat::kTable) return AddTable(value);
    const std::size_t at = out_.size();
    if (value.kind == Flat::kNumbers) {
      Append(static_cast<std::uint32_t>(value.count));
      out_.insert(out_.end(), value.bytes.begin(), value.bytes.end());
      return at;
    }
    Append(static_cast<std::uint32_t>(value.tables.size()));
    for (std::size_t i = 0; i < value.tables.size(); ++i) Append<std::uint32_t>(0);
    for (std::size_t i = 0; i < value.tables.size(); ++i) Link(at + 4 + 4 * i, value.tables[i]);
    return at;
  }
  std::size_t AddTable(const Flat& table) {
    const std::size_t vtable = out_.size();
    std::size_t entries = 0;
    for (const auto& [field, value] : table.fields) entries = std::max(entries, field + 1);
    Append(static_cast<std::uint16_t>(4 + 2 * entries));
    for (std::size_t i = 0; i < entries + 1; ++i) Append<std::uint16_t>(0);
    const std::size_t at = out_.size();
    Append(static_cast<std::int32_t>(at - vtable));
    std::vector<std::size_t> places;
    for (const auto& [field, value] : table.fields) {
      places.push_back(out_.size());
      Set(vtable + 4 + 2 * field, static_cast<std::uint16_t>(out_.size() - at));
      if (value.kind == Flat::kNumber) {
        out_.insert(out_.end(), value.bytes.begin(), value.bytes.end());
      } else {
        Append<std::uint32_t>(0);
      }
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (table.fields[i].second.kind != Flat::kNumber) Link(places[i], table.fields[i].second);
    }
    return at;
  }
  void Link(std::size_t place, const Flat& value) {
    Set(place, static_cast<std::uint32_t>(Add(value) - place));
  }
  template <class T>
  void Append(T value) {
    out_.resize(out_.size() + sizeof(T));
    Set(out_.size() - sizeof(T), value);
  }
  template <class T>
  void Set(std::size_t at, T value) {
    std::memcpy(out_.data() + at, &value, sizeof(T));
  }

  std::vector<std::byte> out_;
};

Flat Quantized(float scale, std::int64_t zero_point) {
  return Table({{2, Numbers<float>({scale})}, {3, Numbers<std::int64_t>({zero_point})}});
}

// y = relu(x w + b) in s8, 3 to 2 channels; then a reshape to 2 x 1. Field numbers: tflite.cc.
Flat Network() {
  const auto tensor = [](const std::vector<std::int32_t>& shape, std::int8_t type,
                         std::uint32_t buffer, float scale, std::int64_t zero_point) {
    return Table({{0, Numbers(shape)},
                  {1, Number(type)},
                  {2, Number(buffer)},
                  {3, Numbers<char>({'t'})},
                  {4, Quantized(scale, zero_point)}});
  };
  const auto buffer = [](Flat data) {
    data.count = data.bytes.size();  // whatever they are, they are stored as bytes
    return Table({{0, std::move(data)}});
  };
  const auto op = [](std::uint32_t code, const std::vector<std::int32_t>& inputs,
                     const std::vector<std::int32_t>& outputs, Flat options) {
    return Table(
        {{0, Number(code)}, {1, Numbers(inputs)}, {2, Numbers(outputs)}, {4, std::move(options)}});
  };
  const Flat subgraph =
      Table({{0, Tables({tensor({1, 3}, 9, 0, 0.5f, 1), tensor({2, 3}, 9, 1, 0.25f, 0),
                         tensor({2}, 2, 2, 0.125f, 0), tensor({1, 2}, 9, 0, 1.0f, -3),
                         tensor({2}, 2, 3, 1.0f, 0), tensor({2, 1}, 9, 0, 1.0f, -3)})},
             {1, Numbers<std::int32_t>({0})},
             {2, Numbers<std::int32_t>({5})},
             {3, Tables({op(0, {0, 1, 2}, {3}, Table({{0, Number<std::int8_t>(1)}})),
                         op(1, {3, 4}, {5}, Table({}))})}});
  return Table({{0, Number<std::uint32_t>(3)},
                {1, Tables({Table({{0, Number<std::int8_t>(9)}}),
                            Table({{0, Number<std::int8_t>(22)}, {3, Number<std::int32_t>(22)}})})},
                {2, Tables({subgraph})},
                {4, Tables({Table({}), buffer(Numbers<std::int8_t>({1, 2, 3, -4, -5, -6})),
                            buffer(Numbers<std::int32_t>({8, 80})),
                            buffer(Numbers<std::int32_t>({2, 1}))})}});
}

TEST(TfliteTest, ReadsAndRunsANetwork) {
  const absl::StatusOr<Graph> graph = ParseTflite(Writer::Write(Network()));
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_EQ(graph->params(), 8u);                    // without the reshape's new shape
  EXPECT_EQ(graph->size_bytes(), 6u + 8u + 2 * 4u);  // weights, biases, a scale of each
  absl::StatusOr<Runner> runner = Runner::Make(*graph, BestKernels());
  ASSERT_TRUE(runner.ok()) << runner.status();
  const std::int8_t x[] = {2, 3, 11};  // 0.5, 1, 5
  std::copy(std::begin(x), std::end(x), runner->input<std::int8_t>().begin());
  runner->Run();
  // 0.25 (0.5 + 2 + 15) + 1 = 5.375; -0.25 (2 + 5 + 30) + 10 = 0.75: 5 and 1, less 3.
  EXPECT_THAT(runner->output<std::int8_t>(), testing::ElementsAre(2, -2));
}

TEST(TfliteTest, TruncatedFilesAreErrors) {
  const std::vector<std::byte> file = Writer::Write(Network());
  for (std::size_t size = 0; size < file.size(); ++size) {
    const std::vector<std::byte> part(file.begin(),
                                      file.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(ParseTflite(part).ok()) << size << " bytes";
  }
}

// Whatever a byte becomes, the file is an error or another network: nothing else may happen, and
// sanitizers watch.
TEST(TfliteTest, ChangedBytesAreErrorsOrOtherNetworks) {
  const std::vector<std::byte> file = Writer::Write(Network());
  for (std::size_t i = 0; i < file.size(); ++i) {
    for (const int flip : {0x01, 0x80, 0xFF, 0x7F}) {
      std::vector<std::byte> changed = file;
      changed[i] ^= std::byte(flip);
      const absl::StatusOr<Graph> graph = ParseTflite(changed);
      if (!graph.ok()) continue;
      if (absl::StatusOr<Runner> runner = Runner::Make(*graph, BestKernels()); runner.ok()) {
        runner->Run();
      }
    }
  }
}

TEST(TfliteTest, OtherFilesAreNamedAsSuch) {
  const std::vector<std::byte> zeros(100);
  EXPECT_THAT(std::string(ParseTflite(zeros).status().message()),
              HasSubstr("no TensorFlow Lite file"));
  EXPECT_EQ(LoadTflite("/nowhere.tflite").status().message(), "/nowhere.tflite: cannot be read");
}

TEST(TfliteTest, UnknownOperatorsAreNamed) {
  Flat network = Network();
  network.fields[1].second.tables[0] = Table({{0, Number<std::int8_t>(100)}});
  const absl::Status status = ParseTflite(Writer::Write(network)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(status.message(), "operator 0: builtin operator 100");
}

}  // namespace
}  // namespace podium::models
