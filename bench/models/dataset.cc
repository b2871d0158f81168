#include "bench/models/dataset.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "bench/models/file.h"

namespace podium::models {
namespace {

absl::Status Broken(const std::string& path, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", what));
}

void Append(Dataset& set, std::span<const std::byte> input, std::size_t label, std::string name) {
  set.data.insert(set.data.end(), input.begin(), input.end());
  set.labels.push_back(label);
  set.names.push_back(std::move(name));
}

absl::StatusOr<Dataset> NotEmpty(Dataset set, const std::string& path) {
  if (set.size() > 0) return set;
  return Broken(path, set.broken.empty()
                          ? "no inputs"
                          : absl::StrCat("no usable input; the first of ", set.broken.size(),
                                         " broken ones: ", set.broken[0]));
}

// An IDX file of unsigned bytes: its sizes, and where its data begin.
struct Idx {
  std::vector<std::size_t> shape;
  std::span<const std::byte> data;
};

absl::StatusOr<Idx> ParseIdx(const std::string& path, const std::string& bytes,
                             std::size_t dimensions) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i]));
  };
  constexpr std::size_t kUnsignedBytes = 8;
  if (bytes.size() < 4 + 4 * dimensions || byte(0) != 0 || byte(1) != 0 ||
      byte(2) != kUnsignedBytes || byte(3) != dimensions) {
    return Broken(path, absl::StrCat("no IDX file of bytes in ", dimensions, " dimensions"));
  }
  Idx idx;
  std::size_t size = 1;
  for (std::size_t d = 0; d < dimensions; ++d) {
    const std::size_t at = 4 + 4 * d;
    idx.shape.push_back(byte(at) << 24 | byte(at + 1) << 16 | byte(at + 2) << 8 | byte(at + 3));
    if (idx.shape.back() > bytes.size()) return Broken(path, "is shorter than its header says");
    size *= idx.shape.back();
    if (size > bytes.size()) return Broken(path, "is shorter than its header says");
  }
  idx.data = std::as_bytes(std::span(bytes)).subspan(4 + 4 * dimensions);
  if (idx.data.size() != size) {
    return Broken(path, absl::StrCat(idx.data.size(), " bytes of data, its header says ", size));
  }
  return idx;
}

// A .npy file of a type of ours, in C order.
struct Npy {
  std::string type;  // "|u1"
  std::vector<std::size_t> shape;
  std::span<const std::byte> data;
};

// What stands in the header behind 'key':, up to a character of `end`.
std::string HeaderValue(absl::string_view header, absl::string_view key, absl::string_view end) {
  const std::size_t at = header.find(absl::StrCat("'", key, "':"));
  if (at == absl::string_view::npos) return "";
  const absl::string_view rest = header.substr(at + key.size() + 3);
  return std::string(absl::StripAsciiWhitespace(rest.substr(0, rest.find_first_of(end))));
}

absl::StatusOr<Npy> ParseNpy(const std::string& path, const std::string& bytes) {
  constexpr absl::string_view kMagic("\x93NUMPY", 6);
  if (!absl::StartsWith(bytes, kMagic) || bytes.size() < 12) return Broken(path, "no .npy file");
  const auto byte = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i]));
  };
  // Version 1 has a header of 16 bits of length, later ones of 32.
  const std::size_t begin = byte(6) == 1 ? 10 : 12;
  std::size_t length = byte(8) | byte(9) << 8;
  if (byte(6) != 1) length |= byte(10) << 16 | byte(11) << 24;
  if (length > bytes.size() - begin) return Broken(path, "ends within its header");
  const absl::string_view header = absl::string_view(bytes).substr(begin, length);
  Npy npy;
  npy.type = HeaderValue(header, "descr", ",}");
  npy.type.erase(std::remove(npy.type.begin(), npy.type.end(), '\''), npy.type.end());
  if (HeaderValue(header, "fortran_order", ",}") != "False") {
    return Broken(path, "is not in C order");
  }
  std::string shape = HeaderValue(header, "shape", ")");
  if (!absl::StartsWith(shape, "(")) return Broken(path, "has no shape");
  std::size_t size = 1;
  for (absl::string_view part : absl::StrSplit(shape.substr(1), ',')) {
    part = absl::StripAsciiWhitespace(part);
    if (part.empty()) continue;  // behind the last comma
    std::uint64_t dim = 0;
    if (!absl::SimpleAtoi(part, &dim) || dim > bytes.size() || (size *= dim) > bytes.size()) {
      return Broken(path, "has a shape that it is too short for");
    }
    npy.shape.push_back(dim);
  }
  npy.data = std::as_bytes(std::span(bytes)).subspan(begin + length);
  std::uint64_t element = 0;
  if (npy.type.size() != 3 || !absl::SimpleAtoi(npy.type.substr(2), &element) || element == 0 ||
      npy.data.size() != size * element) {
    return Broken(path, absl::StrCat(npy.data.size(), " bytes of data, not ", size,
                                     " elements of type ", npy.type));
  }
  return npy;
}

std::optional<std::size_t> LabelAt(const Npy& npy, std::size_t i) {
  const auto read = [&](auto value) -> std::optional<std::size_t> {
    std::memcpy(&value, npy.data.data() + i * sizeof(value), sizeof(value));
    if (value < 0) return std::nullopt;
    return static_cast<std::size_t>(value);
  };
  if (npy.type == "|u1") return read(std::uint8_t{});
  if (npy.type == "<i4") return read(std::int32_t{});
  if (npy.type == "<i8") return read(std::int64_t{});
  return std::nullopt;
}

}  // namespace

absl::StatusOr<Dataset> ReadLabelledFiles(const std::string& csv, std::size_t input_size,
                                          ElementType type) {
  const absl::StatusOr<std::string> text = ReadFile(csv);
  if (!text.ok()) return text.status();
  const std::string folder = csv.substr(0, csv.find_last_of('/') + 1);
  Dataset set = {.type = type, .input_size = input_size};
  const std::size_t bytes = input_size * (type == ElementType::kF32 ? sizeof(float) : 1);
  std::size_t number = 0;
  for (absl::string_view line : absl::StrSplit(*text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty()) continue;
    const std::vector<std::string> parts = absl::StrSplit(line, ',');
    std::uint64_t classes = 0, label = 0;
    if (parts.size() < 3 || !absl::SimpleAtoi(parts[1], &classes) ||
        !absl::SimpleAtoi(parts[2], &label) || label >= classes) {
      set.broken.push_back(absl::StrCat(csv, ":", number, ": not file,classes,label"));
      continue;
    }
    std::uint64_t width = bytes, stride = 0;
    const bool windows = parts.size() == 5;
    if (windows && (!absl::SimpleAtoi(parts[3], &width) || !absl::SimpleAtoi(parts[4], &stride) ||
                    width != bytes || stride == 0)) {
      set.broken.push_back(
          absl::StrCat(csv, ":", number, ": no windows of ", bytes, " bytes with a stride"));
      continue;
    }
    const absl::StatusOr<std::string> input = ReadFile(folder + parts[0]);
    if (!input.ok()) {
      set.broken.push_back(std::string(input.status().message()));
    } else if (windows && input->size() >= bytes) {
      const auto recording = std::as_bytes(std::span(*input));
      for (std::size_t at = 0; at + bytes <= recording.size(); at += stride) {
        Append(set, recording.subspan(at, bytes), label, parts[0]);
        set.recordings.push_back(number);
      }
    } else if (input->size() != bytes) {
      set.broken.push_back(
          absl::StrCat(folder, parts[0], ": ", input->size(), " bytes, not ", bytes));
    } else {
      Append(set, std::as_bytes(std::span(*input)), label, parts[0]);
    }
  }
  return NotEmpty(std::move(set), csv);
}

absl::StatusOr<Dataset> ReadIdx(const std::string& images, const std::string& labels) {
  const absl::StatusOr<std::string> image_bytes = ReadFile(images);
  if (!image_bytes.ok()) return image_bytes.status();
  const absl::StatusOr<std::string> label_bytes = ReadFile(labels);
  if (!label_bytes.ok()) return label_bytes.status();
  const absl::StatusOr<Idx> x = ParseIdx(images, *image_bytes, 3);
  if (!x.ok()) return x.status();
  const absl::StatusOr<Idx> y = ParseIdx(labels, *label_bytes, 1);
  if (!y.ok()) return y.status();
  if (x->shape[0] != y->shape[0]) {
    return Broken(labels, absl::StrCat(y->shape[0], " labels for ", x->shape[0], " images"));
  }
  Dataset set = {.type = ElementType::kU8, .input_size = x->shape[1] * x->shape[2]};
  for (std::size_t i = 0; i < x->shape[0]; ++i) {
    Append(set, x->data.subspan(i * set.input_size, set.input_size),
           std::to_integer<std::size_t>(y->data[i]), absl::StrCat(images, "#", i));
  }
  return NotEmpty(std::move(set), images);
}

absl::StatusOr<Dataset> ReadCifar10(const std::string& path) {
  const absl::StatusOr<std::string> bytes = ReadFile(path);
  if (!bytes.ok()) return bytes.status();
  constexpr std::size_t kPixels = 32 * 32, kRecord = 1 + 3 * kPixels;
  Dataset set = {.type = ElementType::kU8, .input_size = 3 * kPixels};
  for (std::size_t i = 0; i * kRecord < bytes->size(); ++i) {
    const std::size_t at = i * kRecord;
    const std::string name = absl::StrCat(path, "#", i);
    if (bytes->size() - at < kRecord) {
      set.broken.push_back(absl::StrCat(name, ": ends after ", bytes->size() - at, " bytes"));
      break;
    }
    const auto record = std::as_bytes(std::span(*bytes)).subspan(at, kRecord);
    const auto label = std::to_integer<std::size_t>(record[0]);
    if (label >= 10) {
      set.broken.push_back(absl::StrCat(name, ": label ", label));
      continue;
    }
    std::vector<std::byte> pixels(3 * kPixels);
    for (std::size_t p = 0; p < kPixels; ++p) {
      for (std::size_t c = 0; c < 3; ++c) pixels[3 * p + c] = record[1 + c * kPixels + p];
    }
    Append(set, pixels, label, name);
  }
  return NotEmpty(std::move(set), path);
}

absl::StatusOr<Dataset> ReadNpy(const std::string& inputs, const std::string& labels) {
  const absl::StatusOr<std::string> input_bytes = ReadFile(inputs);
  if (!input_bytes.ok()) return input_bytes.status();
  const absl::StatusOr<std::string> label_bytes = ReadFile(labels);
  if (!label_bytes.ok()) return label_bytes.status();
  const absl::StatusOr<Npy> x = ParseNpy(inputs, *input_bytes);
  if (!x.ok()) return x.status();
  const absl::StatusOr<Npy> y = ParseNpy(labels, *label_bytes);
  if (!y.ok()) return y.status();
  if (x->type != "|u1" && x->type != "|i1" && x->type != "<f4") {
    return Broken(inputs, absl::StrCat("type ", x->type, " is neither |u1, |i1 nor <f4"));
  }
  if (y->type != "|u1" && y->type != "<i4" && y->type != "<i8") {
    return Broken(labels, absl::StrCat("type ", y->type, " is neither |u1, <i4 nor <i8"));
  }
  if (x->shape.empty() || y->shape.size() != 1 || x->shape[0] != y->shape[0]) {
    return Broken(labels, absl::StrCat("is no list of as many labels as ", inputs, " has inputs"));
  }
  Dataset set;
  set.type = x->type == "|u1"   ? ElementType::kU8
             : x->type == "|i1" ? ElementType::kS8
                                : ElementType::kF32;
  const std::size_t count = x->shape[0];
  if (count == 0) return NotEmpty(std::move(set), inputs);
  const std::size_t bytes = x->data.size() / count;
  set.input_size = bytes / (set.type == ElementType::kF32 ? sizeof(float) : 1);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = absl::StrCat(inputs, "#", i);
    const std::optional<std::size_t> label = LabelAt(*y, i);
    if (label) {
      Append(set, x->data.subspan(i * bytes, bytes), *label, name);
    } else {
      set.broken.push_back(absl::StrCat(name, ": a negative label"));
    }
  }
  return NotEmpty(std::move(set), inputs);
}

}  // namespace podium::models
