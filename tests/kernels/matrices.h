// What the tests of kernels that map a matrix to a matrix share: shapes and their buffers.
#pragma once

#include <algorithm>
#include <bit>

#include "tests/kernels/kernel_test.h"

namespace podium {

inline constexpr float kUntouched = 1e30f;  // what an output holds before

struct Shape {
  std::size_t M, N;
  std::size_t padding = 0;  // elements between the end of a row and the next
  std::size_t offset = 0;   // elements beyond an aligned address
  bool in_place = false;

  std::size_t ld() const { return N + padding; }
};

inline void PrintTo(const Shape& s, std::ostream* os) {
  *os << "M=" << s.M << " N=" << s.N << " padding=" << s.padding << " offset=" << s.offset
      << (s.in_place ? " in place" : "");
}

// Around every vector width, around four of them, and across blocks of rows.
inline std::vector<Shape> Shapes() {
  std::vector<Shape> shapes;
  for (std::size_t M : {0, 1, 5, 17}) {
    for (std::size_t N : {0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 128, 129, 700}) {
      shapes.push_back({.M = M, .N = N});
    }
  }
  for (std::size_t offset : {1, 3}) {
    shapes.push_back({.M = 3, .N = 37, .padding = 5, .offset = offset});
    shapes.push_back({.M = 3, .N = 70, .padding = 1, .offset = offset, .in_place = true});
  }
  shapes.push_back({.M = 2, .N = 20011});
  return shapes;
}

// A matrix to read and one to write, or the same one; checks that nothing between rows changes.
class Matrices {
 public:
  explicit Matrices(const Shape& s)
      : shape(s), in_(s.M * s.ld(), s.offset), out_(in_.size(), s.offset) {
    FillUniform(in_, 1);
    for (float& x : in_) x *= 4;
    for (std::size_t m = 0; m < s.M; ++m) {
      for (std::size_t n = s.N; n < s.ld(); ++n) in_[m * s.ld() + n] = kUntouched;
    }
    for (float& y : out_) y = kUntouched;
  }

  float& x(std::size_t m, std::size_t n) { return in_[m * shape.ld() + n]; }

  // kernel(x, y) writes y; returns it row after row, without padding.
  template <class Kernel>
  std::vector<float> Run(const Kernel& kernel) {
    if (shape.in_place) std::copy(in_.begin(), in_.end(), out_.begin());
    kernel(shape.in_place ? out_.data() : in_.data(), out_.data());
    std::vector<float> y;
    for (std::size_t m = 0; m < shape.M; ++m) {
      const float* row = out_.data() + m * shape.ld();
      y.insert(y.end(), row, row + shape.N);
      for (std::size_t n = shape.N; n < shape.ld(); ++n) EXPECT_EQ(row[n], kUntouched);
    }
    return y;
  }

  const Shape shape;

 private:
  Buffer<float> in_, out_;
};

inline std::vector<std::uint32_t> Bits(const std::vector<float>& values) {
  std::vector<std::uint32_t> bits;
  for (float value : values) bits.push_back(std::bit_cast<std::uint32_t>(value));
  return bits;
}

}  // namespace podium
