// FP32 matrix multiplication: the baseline of the other families, on shapes of its own.
#include "bench/matmul_problem.h"
#include "bench/matmul_row.h"
#include "bench/register.h"

namespace podium::bench {
namespace {

const bool kRegistered = [] {
  for (const MatmulWorkload& workload : MatmulWorkloads()) {
    RegisterForEachIsa({.family = "dense", .name = "fp32", .techniques = "", .baseline = true},
                       MatmulKeys(workload), [workload](const KernelTable& kernels) {
                         return MakeMatmulF32(workload, "flops", MatmulF32(workload, kernels));
                       });
  }
  return true;
}();

}  // namespace
}  // namespace podium::bench
