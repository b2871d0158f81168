#include "kernels/dense/gemm_f32.h"

#include "kernels/dense/mac_f32.h"

namespace podium::PODIUM_ISA {
namespace {

struct StoreF32 {
  float* c;
  std::size_t ldc;

  void operator()(F32 acc, std::size_t m, std::size_t n, std::size_t count) const {
    StoreLanes(c + m * ldc + n, acc, count);
  }
};

}  // namespace

std::size_t PackedF32Size(std::size_t N, std::size_t K) { return PackedSize<MacF32>(N, K); }

void PackF32(const PackF32Args& args) {
  PackPanels<MacF32>(args.N, args.K, args.b, args.ldb, args.packed);
}

void GemmF32(const GemmF32Args& args) {
  const GemmProblem<MacF32> problem = {.M = args.M,
                                       .N = args.N,
                                       .K = args.K,
                                       .a = args.a,
                                       .lda = args.lda,
                                       .packed_b = args.packed_b,
                                       .c = args.c,
                                       .ldc = args.ldc};
  Gemm(problem, StoreF32{args.c, args.ldc});
}

}  // namespace podium::PODIUM_ISA
