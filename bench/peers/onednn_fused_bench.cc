// oneDNN's primitives on the workloads of fused_activation that it has any for:
//
//   op:gelu            eltwise, the GELU with tanh
//   op:softmax         softmax
//   op:layernorm       layer_normalization with scale and shift
//   op:gemm_bias_gelu  matmul with bias, GELU as its post-operation
#include <memory>
#include <string_view>

#include "bench/epilogue_problem.h"
#include "bench/peers/onednn.h"
#include "bench/register.h"
#include "bench/rows_problem.h"
#include "bench/shapes.h"

namespace podium::bench {
namespace {

using dnnl::algorithm;

constexpr auto kInference = dnnl::prop_kind::forward_inference;

dnnl::eltwise_forward::primitive_desc DescribeGelu(const memory::desc& rows) {
#if DNNL_VERSION_MAJOR < 3
  return {dnnl::eltwise_forward::desc(kInference, algorithm::eltwise_gelu_tanh, rows, 0, 0), Cpu()};
#else
  return {Cpu(), kInference, algorithm::eltwise_gelu_tanh, rows, rows};
#endif
}

dnnl::softmax_forward::primitive_desc DescribeSoftmax(const memory::desc& rows) {
#if DNNL_VERSION_MAJOR < 3
  return {dnnl::softmax_forward::desc(kInference, rows, 1), Cpu()};
#else
  return {Cpu(), kInference, algorithm::softmax_accurate, rows, rows, 1};
#endif
}

dnnl::layer_normalization_forward::primitive_desc DescribeLayernorm(const memory::desc& rows) {
  const auto flags = dnnl::normalization_flags::use_scale | dnnl::normalization_flags::use_shift;
#if DNNL_VERSION_MAJOR < 3
  return {dnnl::layer_normalization_forward::desc(kInference, rows, kNormEpsilon, flags), Cpu()};
#else
  return {Cpu(), kInference, rows, rows, kNormEpsilon, flags};
#endif
}

// A row of `primitive`, made of `desc`, which also has the arguments that `add` adds.
template <class Primitive, class Add>
Row MakePrimitiveRow(const RowsShape& shape, const typename Primitive::primitive_desc& desc,
                     const memory::desc& rows, const Add& add) {
  Row row;
  row.error = RefusalOf(desc);
  if (!row.error.empty()) return row;
  const auto execute = std::make_shared<std::function<void()>>();
  row = MakeRows(shape, [=, primitive = Primitive(desc)](const RowsProblem& p, RowsBuffers& b) {
    if (*execute == nullptr) {
      Arguments arguments = {{DNNL_ARG_SRC, View(rows, p.x.data())},
                             {DNNL_ARG_DST, View(rows, b.y.data())}};
      add(p, arguments);
      *execute = Execution(primitive, arguments, /*threads=*/1, nullptr);
    }
    (*execute)();
  });
  row.label = desc.impl_info_str();
  return row;
}

Row MakeRowsOf(const RowsShape& shape) {
  return MakeOneDnnRow(/*threads=*/1, [&] {
    const std::string_view op = shape.op;
    const memory::desc rows = Matrix(shape.rows, shape.cols, Type::f32);
    const auto nothing = [](const RowsProblem&, Arguments&) {};
    if (op == "gelu") {
      return MakePrimitiveRow<dnnl::eltwise_forward>(shape, DescribeGelu(rows), rows, nothing);
    }
    if (op == "softmax") {
      return MakePrimitiveRow<dnnl::softmax_forward>(shape, DescribeSoftmax(rows), rows, nothing);
    }
    const memory::desc vector({static_cast<memory::dim>(shape.cols)}, Type::f32, Tag::a);
    return MakePrimitiveRow<dnnl::layer_normalization_forward>(
        shape, DescribeLayernorm(rows), rows, [=](const RowsProblem& p, Arguments& arguments) {
          arguments.emplace_back(DNNL_ARG_SCALE, View(vector, p.gamma.data()));
          arguments.emplace_back(DNNL_ARG_SHIFT, View(vector, p.beta.data()));
        });
  });
}

dnnl::matmul::primitive_desc DescribeMatmul(const MatmulShape& shape) {
  const memory::desc a = Matrix(shape.M, shape.K, Type::f32),
                     c = Matrix(shape.M, shape.N, Type::f32),
                     b = Matrix(shape.K, shape.N, Type::f32, Tag::any),
                     bias = Matrix(1, shape.N, Type::f32);
  dnnl::post_ops after;
#if DNNL_VERSION_MAJOR < 3
  after.append_eltwise(1, algorithm::eltwise_gelu_tanh, 0, 0);
#else
  after.append_eltwise(algorithm::eltwise_gelu_tanh, 0, 0);
#endif
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(after);
#if DNNL_VERSION_MAJOR < 3
  return {dnnl::matmul::desc(a, b, bias, c), attributes, Cpu()};
#else
  return {Cpu(), a, b, bias, c, attributes};
#endif
}

Row MakeEpilogue(const EpilogueShape& shape) {
  return MakeOneDnnRow(/*threads=*/1, [&] {
    const auto desc = DescribeMatmul(shape.matmul);
    Row row;
    row.error = RefusalOf(desc);
    if (!row.error.empty()) return row;
    const auto [M, N, K] = shape.matmul;
    const auto p = SharedEpilogueProblem(shape);
    const std::size_t packed_bytes = desc.weights_desc().get_size();
    const auto pack = [=, N = N, K = K](std::byte* packed) {
      memory from = View(Matrix(K, N, Type::f32, Tag::ba), p->matmul->b->data());
      memory to = View(desc.weights_desc(), packed);
      dnnl::reorder(from, to).execute(Stream(), from, to);
      Stream().wait();
    };
    const auto bind = [=, N = N, matmul = dnnl::matmul(desc)](const std::byte* packed, float* c) {
      return Execution(matmul,
                       {{DNNL_ARG_SRC, View(desc.src_desc(), p->matmul->a.data())},
                        {DNNL_ARG_WEIGHTS, View(desc.weights_desc(), packed)},
                        {DNNL_ARG_BIAS, View(Matrix(1, N, Type::f32), p->bias.data())},
                        {DNNL_ARG_DST, View(desc.dst_desc(), c)}},
                       /*threads=*/1, p);
    };
    row = MakeEpilogueRow(shape, {.size_bytes = static_cast<double>(packed_bytes),
                                  .packed_bytes = packed_bytes,
                                  .a_bytes = sizeof(float) * M * K,
                                  .pack = pack,
                                  .bind = bind});
    row.label = desc.impl_info_str();
    return row;
  });
}

const Variant kOneDnn = {.family = "fused_activation",
                         .name = "onednn",
                         .techniques = "",
                         .baseline = false,
                         .peer = "onednn"};

const bool kRegistered = [] {
  for (const RowsShape& shape : kRowsShapes) {
    const std::string_view op = shape.op;
    if (op != "gelu" && op != "softmax" && op != "layernorm") continue;
    RegisterForBestIsa(kOneDnn, RowsKeys(shape),
                       [shape](const KernelTable&) { return MakeRowsOf(shape); });
  }
  for (const EpilogueShape& shape : kEpilogueShapes) {
    if (std::string_view(shape.op) != "gemm_bias_gelu") continue;
    RegisterForBestIsa(kOneDnn, EpilogueKeys(shape),
                       [shape](const KernelTable&) { return MakeEpilogue(shape); });
  }
  return true;
}();

}  // namespace
}  // namespace podium::bench
