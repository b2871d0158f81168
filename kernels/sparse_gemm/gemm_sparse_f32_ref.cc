#include "kernels/sparse_gemm/gemm_sparse_f32.h"

namespace podium::reference {
namespace {

// Y[n, m] for the weight of channel n within each block of kRows.
template <std::size_t kRows, class Args>
void Gemm(const Args& args) {
  for (std::size_t n = 0; n < args.w.N; ++n) {
    const std::uint32_t* const row = args.w.row_ptr + n / kRows;
    for (std::size_t m = 0; m < args.M; ++m) {
      double sum = 0;
      for (std::size_t i = row[0]; i < row[1]; ++i) {
        sum +=
            double{args.w.values[i * kRows + n % kRows]} * args.x[args.w.col_idx[i] * args.ldx + m];
      }
      args.y[n * args.ldy + m] = static_cast<float>(sum);
    }
  }
}

}  // namespace

void GemmCsrF32(const GemmCsrF32Args& args) { Gemm<1>(args); }
void GemmBlock4x1F32(const GemmBlock4x1F32Args& args) { Gemm<kBlockRows>(args); }

}  // namespace podium::reference
