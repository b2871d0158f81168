// What the kernel tests share: one test per ISA, buffers that show a write outside, random data.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "kernels/kernel_table.h"

namespace podium {

inline void PrintTo(const KernelTable* kernels, std::ostream* os) { *os << IsaName(kernels->isa); }

// TEST_P(SomeTest, ...) with `using SomeTest = KernelTest;` runs once per ISA of the build, as
// `kernels()`; an ISA that this CPU lacks, or that PODIUM_ISA rules out, is skipped by name.
class KernelTest : public testing::TestWithParam<const KernelTable*> {
 protected:
  void SetUp() override {
    for (const KernelTable* table : SupportedKernels()) {
      if (table == GetParam()) return;
    }
    GTEST_SKIP() << "no " << IsaName(GetParam()->isa) << " on this CPU or under PODIUM_ISA";
  }
  const KernelTable& kernels() const { return *GetParam(); }
};

inline std::string IsaTestName(const testing::TestParamInfo<const KernelTable*>& info) {
  return std::string(IsaName(info.param->isa));
}

inline auto AllIsas() { return testing::ValuesIn(BuiltKernels().begin(), BuiltKernels().end()); }

// `count` elements of T, `offset` elements beyond a 64-byte boundary, between two guards. The
// destructor fails the test if a guard was written to.
template <class T>
class Buffer {
 public:
  explicit Buffer(std::size_t count, std::size_t offset = 0)
      : count_(count), bytes_(2 * kGuard + (count + offset) * sizeof(T) + 64) {
    const auto address = reinterpret_cast<std::uintptr_t>(bytes_.data()) + kGuard;
    begin_ = kGuard + (64 - address % 64) % 64 + offset * sizeof(T);
    for (std::size_t i = 0; i < bytes_.size(); ++i) {
      if (IsGuard(i)) bytes_[i] = kGuardByte;
    }
    data_ = reinterpret_cast<T*>(bytes_.data() + begin_);
  }
  ~Buffer() {
    for (std::size_t i = 0; i < bytes_.size(); ++i) {
      if (IsGuard(i) && bytes_[i] != kGuardByte) {
        ADD_FAILURE() << "write outside a buffer of " << count_ << ", at byte "
                      << static_cast<std::ptrdiff_t>(i - begin_);
        return;
      }
    }
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return count_; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }
  T* begin() { return data_; }
  T* end() { return data_ + count_; }
  std::vector<T> ToVector() const { return std::vector<T>(data_, data_ + count_); }

 private:
  static constexpr std::size_t kGuard = 128;
  static constexpr unsigned char kGuardByte = 0xA5;

  bool IsGuard(std::size_t i) const { return i < begin_ || i >= begin_ + count_ * sizeof(T); }

  std::size_t count_;
  std::size_t begin_;  // of the elements, in bytes_
  std::vector<unsigned char> bytes_;
  T* data_;
};

// Uniform in [-1, 1).
inline void FillUniform(Buffer<float>& buffer, std::uint32_t seed) {
  std::mt19937 rng(seed);
  for (float& x : buffer) {
    x = static_cast<float>(static_cast<std::int32_t>(rng() >> 8) - (1 << 23)) / (1 << 23);
  }
}

// Any integers, a quarter of them the type's smallest and a quarter its largest value.
template <class T>
void FillExtreme(Buffer<T>& buffer, std::uint32_t seed) {
  std::mt19937 rng(seed);
  for (T& x : buffer) {
    const std::uint32_t r = rng();
    x = r % 4 == 0   ? std::numeric_limits<T>::min()
        : r % 4 == 1 ? std::numeric_limits<T>::max()
                     : static_cast<T>(r >> 8);
  }
}

}  // namespace podium
