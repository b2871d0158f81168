// FP32 matrix multiplication: the baseline of the other families, on shapes of its own.
#include "bench/matmul_problem.h"
#include "bench/register.h"
#include "bench/shapes.h"

namespace podium::bench {
namespace {

const bool kRegistered = [] {
  for (const MatmulShape& shape : kMatmulShapes) {
    RegisterForEachIsa(
        {.family = "dense", .name = "fp32", .techniques = "", .baseline = true}, MatmulKeys(shape),
        [shape](const KernelTable& kernels) { return MakeMatmulF32(shape, "flops", kernels); });
  }
  return true;
}();

}  // namespace
}  // namespace podium::bench
