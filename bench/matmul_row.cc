#include "bench/matmul_row.h"

#include "absl/strings/str_cat.h"

namespace podium::bench {

Keys MatmulKeys(const MatmulShape& shape) {
  return {{"M", absl::StrCat(shape.M)}, {"N", absl::StrCat(shape.N)}, {"K", absl::StrCat(shape.K)}};
}

Row MatmulRow(const MatmulShape& shape, const std::string& work_name, double size_bytes,
              std::size_t activation_bytes) {
  const auto M = static_cast<double>(shape.M), N = static_cast<double>(shape.N),
             K = static_cast<double>(shape.K);
  Row row;
  row.work = {{work_name, 2 * M * N * K}};
  row.size_bytes = size_bytes;
  row.params = N * K;
  row.bytes = static_cast<double>(activation_bytes) + size_bytes;
  return row;
}

}  // namespace podium::bench
