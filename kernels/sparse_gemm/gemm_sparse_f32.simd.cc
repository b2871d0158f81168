#include "kernels/sparse_gemm/gemm_sparse_f32.h"

#include "kernels/sparse_gemm/sparse_tile.h"

namespace podium::PODIUM_ISA {
namespace {

// Batches of tokens in the register tile: 64 tokens where the registers hold them.
#if defined(__AVX512F__)
constexpr int kCsrVecs = 4;
constexpr int kBlockVecs = 4;
#else
constexpr int kCsrVecs = 8;
constexpr int kBlockVecs = 2;
#endif

}  // namespace

void GemmCsrF32(const GemmCsrF32Args& args) {
  SparseGemm<1, kCsrVecs>(
      SparseProblem<CsrView>{args.w, args.M, args.x, args.ldx, args.y, args.ldy});
}

void GemmBlock4x1F32(const GemmBlock4x1F32Args& args) {
  SparseGemm<4, kBlockVecs>(
      SparseProblem<Block4x1View>{args.w, args.M, args.x, args.ldx, args.y, args.ldy});
}

}  // namespace podium::PODIUM_ISA
