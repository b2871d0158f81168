// oneDNN's matmul primitive on the workloads of dense/ and int8_matmul/.
//
//   dense/variant:onednn_f32            f32 = f32 * f32
//   int8_matmul/variant:onednn_u8s8s32  s32 = u8 * s8
//   int8_matmul/variant:onednn_u8s8f32  f32 = u8 * s8, with scales, zero point of A, and bias
//
// Used as its documentation says inference should: the primitive chooses the layout of the weights, a
// reorder brings them into it once, before the timed loop.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/int8_problem.h"
#include "bench/matmul_problem.h"
#include "bench/matmul_row.h"
#include "bench/peers/onednn.h"
#include "bench/register.h"
#include "bench/shapes.h"

namespace podium::bench {
namespace {

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
    return Execution(matmul, arguments, threads, epilogue);
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
  return MakeOneDnnRow(workload.threads, [&] {
    const MatmulShape& shape = workload.shape;
    const auto epilogue = MakeEpilogue(shape, f.dequantize);
    const auto desc =
        Describe(Matrix(shape.M, shape.K, f.a_type), Matrix(shape.K, shape.N, f.b_type, Tag::any),
                 Matrix(shape.M, shape.N, c_type), *epilogue);
    Row row;
    row.error = RefusalOf(desc);
    if (!row.error.empty()) return row;
    row = make_row(MakeMatmul<T>(workload, f, desc, epilogue));
    row.label = desc.impl_info_str();
    return row;
  });
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
  for (const MatmulWorkload& workload : MatmulWorkloads()) {
    Register("dense", "onednn_f32", workload, MakeF32);
    if (!OneDnnInt8IsExact()) continue;
    Register("int8_matmul", "onednn_u8s8f32", workload, MakeU8S8F32);
    Register("int8_matmul", "onednn_u8s8s32", workload, MakeU8S8S32);
  }
  return true;
}();

}  // namespace
}  // namespace podium::bench
