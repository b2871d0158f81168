// Fusion: operations of a network's layer in one pass over memory, or in the epilogue of the matrix
// multiplication before them.
//
// separate  one pass over the whole matrix for each operation, as a graph without fusion runs
//           them: the same functions on registers as in `fused`. Of softmax and layernorm alone,
//           the passes that their formulas have; after another operation, each is one operation.
// fused     one pass
// naive     one pass in plain C++ and the C library's functions, compiled for the baseline CPU
//
// op:gelu, rmsnorm            y = gelu(x), rmsnorm(x): no `separate`
// op:bias_gelu                y = gelu(x + bias)
// op:swiglu                   y = silu(x) * second
// op:softmax, masked_softmax  y = softmax(x), softmax(x + mask), row by row
// op:layernorm                y = layernorm(x), row by row
// op:bias_residual_layernorm  y = layernorm(x + bias + residual)
// op:residual_rmsnorm         y = rmsnorm(x + residual), and the sum
// op:gemm_bias_gelu           y = gelu(A * B^T + bias)
// op:gemm_bias_residual       y = A * B^T + bias + residual
// op:gemm_swiglu              y = silu(A * B^T) * second
// op:gemm_bias_gelu_u8        the same on u8 activations and s8 weights, into u8 (fused_int8_bench.cc)
//
// `of_copy` is the rate of a row of operations without a matrix multiplication as a fraction of that
// of a copy with ordinary stores, measured between the repetitions; norms of large matrices write past
// the caches, and may be faster. GELU is the form with tanh, that of the original BERT
// and GPT-2 programs.
#include <memory>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "bench/context.h"
#include "bench/epilogue_problem.h"
#include "bench/naive.h"
#include "bench/register.h"
#include "bench/rows_problem.h"
#include "bench/shapes.h"

namespace podium::bench {
namespace {

void Product(const KernelTable& kernels, std::size_t M, std::size_t N, const float* factor,
             float* y) {
  kernels.bias_activation_f32(
      {M, N, y, N, nullptr, Activation::kNone, y, N, {.factor = factor, .ldf = N}});
}
void Sum(const KernelTable& kernels, std::size_t M, std::size_t N, const float* x,
         const float* residual, float* y) {
  kernels.bias_activation_f32(
      {M, N, x, N, nullptr, Activation::kNone, y, N, {.residual = residual, .ldr = N}});
}

void RunRowsSeparately(const KernelTable& kernels, const RowsShape& s, const RowsProblem& p,
                       RowsBuffers& b) {
  const std::size_t M = s.rows, N = s.cols;
  const std::string_view op = s.op;
  const float* x = p.x.data();
  const float* second = p.second.data();
  float* y = b.y.data();
  const auto layernorm = [&](const float* of) -> LayernormF32Args {
    return {M, N, of, N, p.gamma.data(), p.beta.data(), kNormEpsilon, y, N};
  };
  if (op == "bias_gelu") {
    kernels.bias_f32({M, N, x, N, p.bias.data(), y, N});
    kernels.activation_f32({M, N, y, N, Activation::kGeluTanh, y, N});
  } else if (op == "swiglu") {
    kernels.activation_f32({M, N, x, N, Activation::kSilu, y, N});
    Product(kernels, M, N, second, y);
  } else if (op == "softmax") {
    kernels.softmax_passes_f32({{M, N, x, N, y, N}, b.stats[0].data(), b.stats[1].data()});
  } else if (op == "masked_softmax") {
    Sum(kernels, M, N, x, second, y);
    kernels.softmax_f32({M, N, y, N, y, N});
  } else if (op == "layernorm") {
    kernels.layernorm_passes_f32(
        {layernorm(x), b.stats[0].data(), b.stats[1].data(), b.stats[2].data()});
  } else if (op == "bias_residual_layernorm") {
    kernels.bias_f32({M, N, x, N, p.bias.data(), y, N});
    Sum(kernels, M, N, y, second, y);
    kernels.layernorm_f32(layernorm(y));
  } else if (op == "residual_rmsnorm") {
    Sum(kernels, M, N, x, second, b.sum.data());
    kernels.rmsnorm_f32({M, N, b.sum.data(), N, p.gamma.data(), kNormEpsilon, y, N});
  }
}

bool HasSeparatePasses(std::string_view op) { return op != "gelu" && op != "rmsnorm"; }

Row MakeRowsOf(const RowsShape& shape, const KernelTable& kernels, RunRows* run) {
  return MakeRows(
      shape, [=, &kernels](const RowsProblem& p, RowsBuffers& b) { run(kernels, shape, p, b); });
}

// How what follows the multiplication is done.
enum class Finish { kFused, kSeparate, kNaive };

Row MakeEpilogue(const EpilogueShape& shape, const KernelTable& kernels, Finish finish) {
  const MatmulWorkload workload = {.shape = shape.matmul};
  const auto [M, N, K] = shape.matmul;
  const std::string_view op = shape.op;
  const bool gelu = op == "gemm_bias_gelu", swiglu = op == "gemm_swiglu";
  const Activation activation = gelu     ? Activation::kGeluTanh
                                : swiglu ? Activation::kSilu
                                         : Activation::kNone;
  const auto p = SharedEpilogueProblem(shape);
  Matmul<float> matmul = MatmulF32(workload, kernels);
  matmul.bind = [=, &kernels, M = M, N = N, K = K, multiply = matmul.bind](
                    const std::byte* packed, float* c) -> std::function<void()> {
    const float* bias = p->bias.data();
    const float* second = p->second.data();
    if (finish == Finish::kFused) {
      GemmBiasActivationF32Args args = {
          M,          N, K, p->matmul->a.data(), K, reinterpret_cast<const float*>(packed), bias,
          activation, c, N};
      if (swiglu) {
        args.bias = nullptr;
        args.then = {.factor = second, .ldf = N};
      } else if (!gelu) {
        args.then = {.residual = second, .ldr = N};
      }
      return [=, &kernels] { kernels.gemm_bias_activation_f32(args); };
    }
    return [=, &kernels, multiply = multiply(packed, c)] {
      multiply();
      if (finish == Finish::kNaive) return NaiveEpilogue(shape, *p, c);
      if (!swiglu) kernels.bias_f32({M, N, c, N, bias, c, N});
      if (gelu || swiglu) kernels.activation_f32({M, N, c, N, activation, c, N});
      if (swiglu) Product(kernels, M, N, second, c);
      if (op == "gemm_bias_residual") Sum(kernels, M, N, c, second, c);
    };
  };
  return MakeEpilogueRow(shape, matmul);
}

std::string CLibraryVersion() {
#if defined(__GLIBC__)
  return absl::StrCat("glibc ", __GLIBC__, ".", __GLIBC_MINOR__);
#else
  return "unknown";
#endif
}

const Variant kSeparate = {
    .family = "fused_activation", .name = "separate", .techniques = "", .baseline = true};
const Variant kFused = {
    .family = "fused_activation", .name = "fused", .techniques = "fusion", .baseline = false};
const Variant kNaive = {.family = "fused_activation",
                        .name = "naive",
                        .techniques = "",
                        .baseline = false,
                        .peer = "libm"};

const bool kRegistered = [] {
  AddLibrary("libm", CLibraryVersion);
  for (const RowsShape& shape : kRowsShapes) {
    const Keys keys = RowsKeys(shape);
    const auto make = [shape](RunRows* run) {
      return [=](const KernelTable& kernels) { return MakeRowsOf(shape, kernels, run); };
    };
    if (HasSeparatePasses(shape.op)) RegisterForEachIsa(kSeparate, keys, make(RunRowsSeparately));
    RegisterForEachIsa(kFused, keys, make(RunRowsFused));
    RegisterForBestIsa(kNaive, keys, make(RunRowsNaively));
  }
  for (const EpilogueShape& shape : kEpilogueShapes) {
    const Keys keys = EpilogueKeys(shape);
    const auto make = [shape](Finish finish) {
      return [=](const KernelTable& kernels) { return MakeEpilogue(shape, kernels, finish); };
    };
    RegisterForEachIsa(kSeparate, keys, make(Finish::kSeparate));
    RegisterForEachIsa(kFused, keys, make(Finish::kFused));
    RegisterForBestIsa(kNaive, keys, make(Finish::kNaive));
  }
  return true;
}();

}  // namespace
}  // namespace podium::bench
