// Reader of FlatBuffers without a schema: tables by field number, every access checked against the end
// of the file. What lies outside of it reads as absent, and is remembered. The format:
// https://flatbuffers.dev/internals
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>

namespace podium::models {

// The bytes of a file, and whether an access went outside of them. Outlives all that is read from it.
class FlatFile {
 public:
  explicit FlatFile(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::size_t size() const { return bytes_.size(); }
  bool broken() const { return broken_; }

  // The T at `offset`, little-endian; 0 outside.
  template <class T>
  T Read(std::size_t offset) {
    T value = 0;
    if (Contains(offset, sizeof(T))) std::memcpy(&value, bytes_.data() + offset, sizeof(T));
    return value;
  }
  std::span<const std::byte> Bytes(std::size_t offset, std::size_t count) {
    if (!Contains(offset, count)) return {};
    return bytes_.subspan(offset, count);
  }

 private:
  bool Contains(std::size_t offset, std::size_t count) {
    const bool inside = offset <= bytes_.size() && count <= bytes_.size() - offset;
    broken_ = broken_ || !inside;
    return inside;
  }

  std::span<const std::byte> bytes_;
  bool broken_ = false;
};

class FlatTable;

// A vector of T, or of tables.
template <class T>
class FlatVector {
 public:
  FlatVector() = default;
  FlatVector(FlatFile* file, std::size_t offset)
      : file_(file), begin_(offset + 4), size_(file->Read<std::uint32_t>(offset)) {
    if (file->Bytes(begin_, size_ * kElement).empty()) size_ = 0;
  }
  std::size_t size() const { return size_; }
  T operator[](std::size_t i) const;
  std::span<const std::byte> bytes() const {
    return file_ == nullptr ? std::span<const std::byte>() : file_->Bytes(begin_, size_ * kElement);
  }

 private:
  static constexpr std::size_t kElement = std::is_same_v<T, FlatTable> ? 4 : sizeof(T);

  FlatFile* file_ = nullptr;
  std::size_t begin_ = 0, size_ = 0;
};

class FlatTable {
 public:
  FlatTable() = default;  // has no fields
  FlatTable(FlatFile* file, std::size_t offset) : file_(file), offset_(offset) {
    const std::int64_t vtable =
        static_cast<std::int64_t>(offset) - file->Read<std::int32_t>(offset);
    // A negative position reads as one beyond the end.
    vtable_ = vtable < 0 ? file->size() : static_cast<std::size_t>(vtable);
    vtable_bytes_ = file->Read<std::uint16_t>(vtable_);
  }
  static FlatTable Root(FlatFile* file) { return FlatTable(file, file->Read<std::uint32_t>(0)); }

  bool has(std::size_t field) const { return Position(field) != 0; }
  template <class T>
  T Get(std::size_t field, T otherwise = 0) const {
    const std::size_t position = Position(field);
    return position == 0 ? otherwise : file_->Read<T>(position);
  }
  FlatTable Table(std::size_t field) const {
    const std::size_t position = Position(field);
    return position == 0 ? FlatTable() : FlatTable(file_, Follow(position));
  }
  template <class T>
  FlatVector<T> Vector(std::size_t field) const {
    const std::size_t position = Position(field);
    return position == 0 ? FlatVector<T>() : FlatVector<T>(file_, Follow(position));
  }
  std::string Text(std::size_t field) const {
    const auto bytes = Vector<char>(field).bytes();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

 private:
  std::size_t Position(std::size_t field) const {
    const std::size_t entry = 4 + 2 * field;
    if (file_ == nullptr || entry + 2 > vtable_bytes_) return 0;
    const std::size_t offset = file_->Read<std::uint16_t>(vtable_ + entry);
    return offset == 0 ? 0 : offset_ + offset;
  }
  std::size_t Follow(std::size_t position) const {
    return position + file_->Read<std::uint32_t>(position);
  }

  FlatFile* file_ = nullptr;
  std::size_t offset_ = 0, vtable_ = 0, vtable_bytes_ = 0;
};

template <class T>
T FlatVector<T>::operator[](std::size_t i) const {
  const std::size_t position = begin_ + i * kElement;
  if constexpr (std::is_same_v<T, FlatTable>) {
    return FlatTable(file_, position + file_->Read<std::uint32_t>(position));
  } else {
    return file_->Read<T>(position);
  }
}

}  // namespace podium::models
