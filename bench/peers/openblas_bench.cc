// OpenBLAS on the workloads of dense/.
//
// OpenBLAS chooses its kernels when it is loaded, and the environment variable OPENBLAS_CORETYPE
// overrules it: a machine that sets it to Haswell, as some do, gets AVX2 at half the speed of its
// AVX-512. So the library is not linked but loaded here, after the variable has been set to what the
// rows claim: nothing, so that it chooses for this CPU, or the core that PODIUM_ISA caps it to.
//
// Its interface takes the weights unpacked. They lie as it likes them best: K x N, and N x K for one
// row of A with K > N, so that the inner loop of its matrix-vector product is the long one. (On a Zen 3,
// GF/s of N x K and K x N: M 64, N 4096, K 1024, 28 and 34; M 1, the same, 17 and 22; M 1, N 1024, K 4096,
// 15 and 13.)
#include <cblas.h>
#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "bench/context.h"
#include "bench/matmul_problem.h"
#include "bench/matmul_row.h"
#include "bench/parallel.h"
#include "bench/register.h"
#include "bench/shapes.h"
#include "kernels/kernel_table.h"

namespace podium::bench {
namespace {

struct OpenBlas {
  std::string error;    // if it is not empty, the rest is unset
  std::string version;  // "0.3.21 Zen pthreads"
  decltype(&cblas_sgemm) sgemm = nullptr;
  decltype(&cblas_sgemv) sgemv = nullptr;
  decltype(&openblas_get_num_threads) get_num_threads = nullptr;
  decltype(&openblas_set_num_threads) set_num_threads = nullptr;
};

// What OPENBLAS_CORETYPE calls the strongest core without more than `isa`; null for no such cap.
const char* CoreOf(Isa isa) {
  switch (isa) {
    case Isa::kSse2:
      return "Prescott";
    case Isa::kAvx2:
      return "Haswell";
    case Isa::kAvx512bw:
      return "SkylakeX";
    default:
      return nullptr;
  }
}

// Of all tables of this build, not only of those that PODIUM_ISA allows.
Isa StrongestIsaOfCpu() {
  Isa strongest = Isa::kReference;
  for (const KernelTable* kernels : BuiltKernels()) {
    if (CpuSupports(kernels->isa)) strongest = kernels->isa;
  }
  return strongest;
}

OpenBlas Load() {
  const Isa isa = BestKernels().isa;
  const char* core = isa == StrongestIsaOfCpu() ? nullptr : CoreOf(isa);
  if (core == nullptr) {
    unsetenv("OPENBLAS_CORETYPE");
  } else {
    setenv("OPENBLAS_CORETYPE", core, /*overwrite=*/1);
  }
  OpenBlas blas;
  void* const library = dlopen(PODIUM_OPENBLAS, RTLD_NOW | RTLD_LOCAL);
  const auto find = [&](const char* name, auto& function) {
    void* const symbol = library == nullptr ? nullptr : dlsym(library, name);
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(symbol);
    if (symbol == nullptr && blas.error.empty()) blas.error = absl::StrCat("OpenBLAS: ", dlerror());
  };
  decltype(&openblas_get_config) get_config;
  decltype(&openblas_get_corename) get_corename;
  decltype(&openblas_get_parallel) get_parallel;
  find("cblas_sgemm", blas.sgemm);
  find("cblas_sgemv", blas.sgemv);
  find("openblas_get_num_threads", blas.get_num_threads);
  find("openblas_set_num_threads", blas.set_num_threads);
  find("openblas_get_config", get_config);
  find("openblas_get_corename", get_corename);
  find("openblas_get_parallel", get_parallel);
  if (!blas.error.empty()) return blas;
  // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH NO_AFFINITY Zen MAX_THREADS=64"
  const std::vector<std::string> config = absl::StrSplit(get_config(), ' ');
  constexpr const char* kParallel[] = {"sequential", "pthreads", "OpenMP"};
  blas.version = absl::StrCat(config.size() > 1 ? config[1] : "unknown", " ", get_corename(), " ",
                              kParallel[get_parallel()]);
  return blas;
}

const OpenBlas& Loaded() {
  static const auto* const blas = new OpenBlas(Load());
  return *blas;
}

void SetThreads(const OpenBlas& blas, int threads) {
  SetOpenMpThreads(threads);  // the most that OpenBLAS's OpenMP build takes
  if (blas.get_num_threads() != threads) blas.set_num_threads(threads);
}

Row MakeOpenBlasF32(const MatmulWorkload& workload) {
  const MatmulShape& shape = workload.shape;
  const int threads = workload.threads;
  const OpenBlas& blas = Loaded();
  if (!blas.error.empty()) {
    Row row;
    row.error = blas.error;
    return row;
  }
  const auto problem = SharedMatmulProblem(shape);
  const bool by_rows = shape.M == 1 && shape.K > shape.N;  // the weights lie N x K
  const auto pack = [=](std::byte* packed) {
    auto* const w = reinterpret_cast<float*>(packed);
    if (by_rows) std::copy(problem->b->begin(), problem->b->end(), w);
    for (std::size_t n = 0; n < shape.N && !by_rows; ++n) {
      for (std::size_t k = 0; k < shape.K; ++k) w[k * shape.N + n] = (*problem->b)[n * shape.K + k];
    }
  };
  const auto bind = [=, &blas](const std::byte* packed, float* c) -> std::function<void()> {
    const auto M = static_cast<blasint>(shape.M), N = static_cast<blasint>(shape.N),
               K = static_cast<blasint>(shape.K);
    const float* const a = problem->a.data();
    const auto* const w = reinterpret_cast<const float*>(packed);
    if (by_rows) {
      return [=, &blas] {
        SetThreads(blas, threads);
        blas.sgemv(CblasRowMajor, CblasNoTrans, N, K, 1, w, K, a, 1, 0, c, 1);
      };
    }
    if (M == 1) {
      return [=, &blas] {
        SetThreads(blas, threads);
        blas.sgemv(CblasRowMajor, CblasTrans, K, N, 1, w, N, a, 1, 0, c, 1);
      };
    }
    return [=, &blas] {
      SetThreads(blas, threads);
      blas.sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, M, N, K, 1, a, K, w, N, 0, c, N);
    };
  };
  const std::size_t weights_bytes = sizeof(float) * shape.N * shape.K;
  return MakeMatmulF32(workload, "flops",
                       {.size_bytes = static_cast<double>(weights_bytes),
                        .packed_bytes = weights_bytes,
                        .a_bytes = sizeof(float) * shape.M * shape.K,
                        .pack = pack,
                        .bind = bind});
}

const bool kRegistered = [] {
  AddLibrary("openblas", [] { return Loaded().error.empty() ? Loaded().version : Loaded().error; });
  for (const MatmulWorkload& workload : MatmulWorkloads()) {
    RegisterForBestIsa({.family = "dense",
                        .name = "openblas_f32",
                        .techniques = "",
                        .baseline = false,
                        .peer = "openblas"},
                       MatmulKeys(workload),
                       [=](const KernelTable&) { return MakeOpenBlasF32(workload); });
  }
  return true;
}();

}  // namespace
}  // namespace podium::bench
