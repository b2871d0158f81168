// oneDNN's matmul primitive on the workloads of dense/ and int8_matmul/.
//
//   dense/variant:onednn_f32            f32 = f32 * f32
//   int8_matmul/variant:onednn_u8s8s32  s32 = u8 * s8
//   int8_matmul/variant:onednn_u8s8f32  f32 = u8 * s8, with scales, zero point of A, and bias
//
// Used as its documentation says inference should: the primitive chooses the layout of the weights, a
// reorder brings them into it once, and primitives are made and arguments bound ahead of time, so that
// the timed loop is dnnl_primitive_execute alone. oneDNN chooses its instructions by itself and is held
// to those of the rows.
#include <cstdint>
#include <functional>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "bench/context.h"
#include "bench/int8_problem.h"
#include "bench/matmul_problem.h"
#include "bench/matmul_row.h"
#include "bench/parallel.h"
#include "bench/register.h"
#include "bench/shapes.h"
#include "kernels/kernel_table.h"

namespace podium::bench {
namespace {

using dnnl::memory;
using Type = memory::data_type;
using Tag = memory::format_tag;

// Holds oneDNN to `isa` and returns why that failed, if it did. It must be done before oneDNN is first
// used, and overrules ONEDNN_MAX_CPU_ISA.
std::string HoldTo(Isa isa) {
  dnnl::cpu_isa cap = dnnl::cpu_isa::avx512_core_vnni;
  if (isa == Isa::kSse2) cap = dnnl::cpu_isa::sse41;  // its weakest
  if (isa == Isa::kAvx2) cap = dnnl::cpu_isa::avx2;
  if (isa == Isa::kAvx512bw) cap = dnnl::cpu_isa::avx512_core;
  const int runtime = static_cast<int>(dnnl::version()->cpu_runtime);
  if (runtime != DNNL_RUNTIME_OMP && runtime != DNNL_RUNTIME_SEQ) {
    return "this oneDNN does not run its threads on OpenMP: install one that does";
  }
  if (isa != Isa::kNeon && dnnl::set_max_cpu_isa(cap) != dnnl::status::success) {
    return absl::StrCat("this oneDNN cannot be held to ", std::string(IsaName(isa)),
                        ": install one built with ONEDNN_ENABLE_MAX_CPU_ISA");
  }
  return "";
}

const std::string& Refusal() {
  static const auto* const refusal = new std::string(HoldTo(BestKernels().isa));
  return *refusal;
}

// Its INT8 kernels for lesser x86 CPUs add two products in 16 bits, which saturates: with weights of
// all 8 bits the sums are wrong, as its documentation warns.
bool Int8IsExact() {
  return BestKernels().isa == Isa::kAvx512vnni || BestKernels().isa == Isa::kNeon;
}

std::string Version() {
  if (!Refusal().empty()) return Refusal();
  const dnnl::version_t* v = dnnl::version();
  return absl::StrCat(v->major, ".", v->minor, ".", v->patch, " held to ",
                      std::string(IsaName(BestKernels().isa)),
                      Int8IsExact() ? "" : "; no INT8: its sums saturate without AVX-512 VNNI");
}

const dnnl::engine& Cpu() {
  static const auto* const engine = new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return *engine;
}

dnnl::stream& Stream() {
  static auto* const stream = new dnnl::stream(Cpu());
  return *stream;
}

memory::desc Matrix(std::size_t rows, std::size_t cols, Type type, Tag tag = Tag::ab) {
  return {{static_cast<memory::dim>(rows), static_cast<memory::dim>(cols)}, type, tag};
}

// oneDNN's interface knows no const: what it is given as an input it does not write.
memory View(const memory::desc& desc, const void* data) {
  return {desc, Cpu(), const_cast<void*>(data)};
}

using Arguments = std::vector<std::pair<int, memory>>;

// What is multiplied; `owner` keeps it alive.
struct Factors {
  std::shared_ptr<const void> owner;
  const void* a;
  const void* b;  // N x K
  Type a_type, b_type;
  const Int8Problem* dequantize;  // with its scales, zero point and bias; null for none
};

// How a result becomes FP32: what goes into the primitive's attributes, and its arguments. Its
// vectors must outlive the arguments.
struct Epilogue {
  dnnl::primitive_attr attributes;
  memory::desc bias_desc;  // empty for no bias
  Arguments arguments;
  std::vector<float> bias, scales;
};

std::shared_ptr<Epilogue> MakeEpilogue(const MatmulShape& shape, const Int8Problem* p) {
  constexpr int kPerChannel = 1 << 1;  // the bit of C's dimension N
  auto e = std::make_shared<Epilogue>();
  if (p == nullptr) return e;
  e->bias.assign(p->weights->bias.begin(), p->weights->bias.end());
  e->scales.assign(p->weights->scales.begin(), p->weights->scales.end());
  e->bias_desc = Matrix(1, shape.N, Type::f32);
#if DNNL_VERSION_MAJOR < 3
  // C = scale * (sum + bias).
  for (std::size_t n = 0; n < shape.N; ++n) {
    e->scales[n] *= p->params.scale;
    e->bias[n] /= e->scales[n];
  }
  e->attributes.set_output_scales(kPerChannel, e->scales);
  e->attributes.set_zero_points(DNNL_ARG_SRC, 0, {p->params.zero_point});
#else
  const auto vector = [](std::size_t size, Type type) {
    return memory::desc({static_cast<memory::dim>(size)}, type, Tag::a);
  };
  e->attributes.set_scales_mask(DNNL_ARG_SRC, 0);
  e->attributes.set_scales_mask(DNNL_ARG_WEIGHTS, kPerChannel);
  e->attributes.set_zero_points_mask(DNNL_ARG_SRC, 0);
  e->arguments = {
      {DNNL_ARG_ATTR_SCALES | DNNL_ARG_SRC, View(vector(1, Type::f32), &p->params.scale)},
      {DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, View(vector(shape.N, Type::f32), e->scales.data())},
      {DNNL_ARG_ATTR_ZERO_POINTS | DNNL_ARG_SRC,
       View(vector(1, Type::s32), &p->params.zero_point)}};
#endif
  e->arguments.emplace_back(DNNL_ARG_BIAS, View(e->bias_desc, e->bias.data()));
  return e;
}

dnnl::matmul::primitive_desc Describe(const memory::desc& a, const memory::desc& b,
                                      const memory::desc& c, const Epilogue& epilogue) {
#if DNNL_VERSION_MAJOR < 3
  return {dnnl::matmul::desc(a, b, epilogue.bias_desc, c), epilogue.attributes, Cpu()};
#else
  return {Cpu(), a, b, epilogue.bias_desc, c, epilogue.attributes};
#endif
}

// Everything but size_bytes, a_bytes and the row.
template <class T>
Matmul<T> MakeMatmul(const MatmulWorkload& workload, const Factors& f,
                     const dnnl::matmul::primitive_desc& desc,
                     const std::shared_ptr<const Epilogue>& epilogue) {
  const auto [M, N, K] = workload.shape;
  const auto pack = [=, N = N, K = K](std::byte* packed) {
    memory from = View(Matrix(K, N, f.b_type, Tag::ba), f.b);
    memory to = View(desc.weights_desc(), packed);
    dnnl::reorder(from, to).execute(Stream(), from, to);
    Stream().wait();
  };
  const auto bind = [=, threads = workload.threads, matmul = dnnl::matmul(desc)](
                        const std::byte* packed, T* c) -> std::function<void()> {
    Arguments arguments = epilogue->arguments;
    arguments.emplace_back(DNNL_ARG_SRC, View(desc.src_desc(), f.a));
    arguments.emplace_back(DNNL_ARG_WEIGHTS, View(desc.weights_desc(), packed));
    arguments.emplace_back(DNNL_ARG_DST, View(desc.dst_desc(), c));
    std::vector<dnnl_exec_arg_t> raw;
    for (const auto& [name, operand] : arguments) raw.push_back({name, operand.get()});
    return [=, keep_alive = std::pair(arguments, epilogue)] {  // `raw` points into these
      SetOpenMpThreads(threads);
      dnnl_primitive_execute(matmul.get(), Stream().get(), static_cast<int>(raw.size()),
                             raw.data());
    };
  };
  const std::size_t packed_bytes = desc.weights_desc().get_size();
  return {.size_bytes = static_cast<double>(packed_bytes),
          .packed_bytes = packed_bytes,
          .a_bytes = M * K * memory::data_type_size(f.a_type),
          .pack = pack,
          .bind = bind};
}

// `make_row` makes a row of a Matmul<T>, T being the type of C.
template <class T, class MakeRowOf>
Row MakeOneDnn(const MatmulWorkload& workload, const Factors& f, Type c_type,
               const MakeRowOf& make_row) {
  Row refused;
  refused.error = Refusal();
  if (!refused.error.empty()) return refused;
  try {
    // It plans for as many threads as there are when the primitive is made.
    SetOpenMpThreads(workload.threads);
    const MatmulShape& shape = workload.shape;
    const auto epilogue = MakeEpilogue(shape, f.dequantize);
    const auto desc =
        Describe(Matrix(shape.M, shape.K, f.a_type), Matrix(shape.K, shape.N, f.b_type, Tag::any),
                 Matrix(shape.M, shape.N, c_type), *epilogue);
    const std::string implementation = desc.impl_info_str();
    if (absl::StartsWith(implementation, "ref")) {
      refused.error = "oneDNN has only its slow reference for this: no competitor";
      return refused;
    }
    Row row = make_row(MakeMatmul<T>(workload, f, desc, epilogue));
    row.label = implementation;
    return row;
  } catch (const dnnl::error& error) {
    refused.error = absl::StrCat("oneDNN: ", error.what());
    return refused;
  }
}

Row MakeF32(const MatmulWorkload& workload) {
  const auto p = SharedMatmulProblem(workload.shape);
  return MakeOneDnn<float>(
      workload, {p, p->a.data(), p->b->data(), Type::f32, Type::f32, nullptr}, Type::f32,
      [&](const Matmul<float>& matmul) { return MakeMatmulF32(workload, "flops", matmul); });
}

Row MakeU8S8S32(const MatmulWorkload& workload) {
  const auto p = SharedInt8Problem(workload.shape);
  return MakeOneDnn<std::int32_t>(
      workload, {p, p->a.data(), p->weights->b.data(), Type::u8, Type::s8, nullptr}, Type::s32,
      [&](const Matmul<std::int32_t>& matmul) { return MakeMatmulU8S8S32(workload, matmul); });
}

Row MakeU8S8F32(const MatmulWorkload& workload) {
  const auto p = SharedInt8Problem(workload.shape);
  return MakeOneDnn<float>(
      workload, {p, p->a.data(), p->weights->b.data(), Type::u8, Type::s8, p.get()}, Type::f32,
      [&](Matmul<float> matmul) {
        matmul.size_bytes += static_cast<double>(sizeof(float) * workload.shape.N);  // the scales
        return MakeMatmulU8S8F32(workload, /*bias=*/true, Rounding::kOther, matmul);
      });
}

void Register(const std::string& family, const std::string& variant, const MatmulWorkload& workload,
              Row (*make)(const MatmulWorkload&)) {
  RegisterForBestIsa(
      {.family = family, .name = variant, .techniques = "", .baseline = false, .peer = "onednn"},
      MatmulKeys(workload), [=](const KernelTable&) { return make(workload); });
}

const bool kRegistered = [] {
  AddLibrary("onednn", Version);
  for (const MatmulWorkload& workload : MatmulWorkloads()) {
    Register("dense", "onednn_f32", workload, MakeF32);
    if (!Int8IsExact()) continue;
    Register("int8_matmul", "onednn_u8s8f32", workload, MakeU8S8F32);
    Register("int8_matmul", "onednn_u8s8s32", workload, MakeU8S8S32);
  }
  return true;
}();

}  // namespace
}  // namespace podium::bench
