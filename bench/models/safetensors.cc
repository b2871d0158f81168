#include "bench/models/safetensors.h"

#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace podium::models {
namespace {

// Reads the JSON of the header: objects of strings, of numbers in lists, and of such objects. Remembers
// that something was not as it should be, and then reads nothing more.
class Header {
 public:
  explicit Header(absl::string_view text) : text_(text) {}

  bool ok() const { return ok_; }
  bool Take(char c) {
    SkipSpace();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void Expect(char c) { ok_ = ok_ && Take(c); }
  std::string Text() {
    Expect('"');
    std::string value;
    while (ok_ && at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\') ++at_;
      if (at_ < text_.size()) value += text_[at_++];
    }
    Expect('"');
    return value;
  }
  std::vector<std::size_t> Numbers() {
    std::vector<std::size_t> values;
    Expect('[');
    if (Take(']')) return values;
    do {
      SkipSpace();
      std::size_t value = 0;
      const std::size_t begin = at_;
      while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9' && at_ - begin < 15) {
        value = 10 * value + static_cast<std::size_t>(text_[at_++] - '0');
      }
      ok_ = ok_ && at_ > begin;
      values.push_back(value);
    } while (ok_ && Take(','));
    Expect(']');
    return values;
  }
  // member(name) reads the value of each.
  template <class F>
  void Object(const F& member) {
    Expect('{');
    if (Take('}')) return;
    do {
      const std::string name = Text();
      Expect(':');
      if (ok_) member(name);
    } while (ok_ && Take(','));
    Expect('}');
  }
  void Fail() { ok_ = false; }

 private:
  void SkipSpace() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }

  absl::string_view text_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

struct Entry {
  std::string dtype;
  std::vector<std::size_t> shape, offsets;
};

Entry ReadEntry(Header& header) {
  Entry entry;
  header.Object([&](const std::string& name) {
    if (name == "dtype") {
      entry.dtype = header.Text();
    } else if (name == "shape") {
      entry.shape = header.Numbers();
    } else if (name == "data_offsets") {
      entry.offsets = header.Numbers();
    } else {
      header.Fail();
    }
  });
  return entry;
}

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

absl::StatusOr<Safetensors> ParseSafetensors(std::span<const std::byte> file) {
  const auto broken = [](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("no safetensors file: ", what));
  };
  std::uint64_t length = 0;
  if (file.size() < sizeof(length)) return broken("shorter than 8 bytes");
  std::memcpy(&length, file.data(), sizeof(length));
  if (length > file.size() - sizeof(length)) return broken("ends within its header");
  const auto* text = reinterpret_cast<const char*>(file.data()) + sizeof(length);
  const std::span<const std::byte> data = file.subspan(sizeof(length) + length);
  Header header(absl::string_view(text, length));
  Safetensors result;
  std::map<std::string, Entry> entries;
  header.Object([&](const std::string& name) {
    if (name != "__metadata__") {
      entries[name] = ReadEntry(header);
      return;
    }
    header.Object([&](const std::string& key) { result.metadata[key] = header.Text(); });
  });
  if (!header.ok()) return broken("its header is not as the format says");
  for (auto& [name, entry] : entries) {
    if (entry.dtype != "F32") {
      return absl::UnimplementedError(absl::StrCat("array \"", name, "\": type ", entry.dtype));
    }
    std::size_t size = 1;
    for (const std::size_t dim : entry.shape) {
      if (dim > data.size() || (size *= dim) > data.size()) return broken("data are missing");
    }
    if (entry.offsets.size() != 2 || entry.offsets[0] > data.size() ||
        entry.offsets[1] - entry.offsets[0] != size * sizeof(float) ||
        entry.offsets[1] > data.size()) {
      return broken(absl::StrCat("array \"", name, "\" has not the bytes of its shape"));
    }
    NamedArray& array = result.arrays[name];
    array.shape = std::move(entry.shape);
    array.values.resize(size);
    std::memcpy(array.values.data(), data.data() + entry.offsets[0], size * sizeof(float));
  }
  return result;
}

std::string WriteSafetensors(const Safetensors& tensors) {
  std::vector<std::string> members;
  std::vector<std::string> metadata;
  for (const auto& [key, value] : tensors.metadata) {
    metadata.push_back(absl::StrCat(Quoted(key), ":", Quoted(value)));
  }
  if (!metadata.empty()) {
    members.push_back(absl::StrCat("\"__metadata__\":{", absl::StrJoin(metadata, ","), "}"));
  }
  std::string data;
  for (const auto& [name, array] : tensors.arrays) {
    const std::size_t begin = data.size();
    data.append(reinterpret_cast<const char*>(array.values.data()),
                array.values.size() * sizeof(float));
    members.push_back(absl::StrCat(Quoted(name), ":{\"dtype\":\"F32\",\"shape\":[",
                                   absl::StrJoin(array.shape, ","), "],\"data_offsets\":[", begin,
                                   ",", data.size(), "]}"));
  }
  std::string header = absl::StrCat("{", absl::StrJoin(members, ","), "}");
  header.resize((header.size() + 7) / 8 * 8, ' ');  // so that the data are aligned
  const std::uint64_t length = header.size();
  std::string file(sizeof(length), '\0');
  std::memcpy(file.data(), &length, sizeof(length));
  return file + header + data;
}

}  // namespace podium::models
