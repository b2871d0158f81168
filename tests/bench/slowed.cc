// ./bench with an INT8 kernel that was slowed on purpose, six times, and stays right: what a claim
// about it looks like to somebody who has another version, and `podium replicate` has to refute.
// bench/int8_matmul_bench.cc is compiled with RegisterForEachIsa renamed to the function below.
#include <utility>

#include "bench/register.h"

namespace podium::bench {

void RegisterSlowed(const Variant& variant, const Keys& keys, const MakeRow& make) {
  if (variant.name != "int8") return RegisterForEachIsa(variant, keys, make);
  RegisterForEachIsa(variant, keys, [make](const KernelTable& kernels) {
    Row row = make(kernels);
    row.run = [run = std::move(row.run)] {
      for (int i = 0; i < 6; ++i) run();
    };
    return row;
  });
}

}  // namespace podium::bench
