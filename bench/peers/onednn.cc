#include "bench/peers/onednn.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "bench/context.h"
#include "bench/parallel.h"
#include "kernels/kernel_table.h"

namespace podium::bench {
namespace {

// Holds oneDNN to `isa` and returns why that failed, if it did. It must be done before oneDNN is
// first used, and overrules ONEDNN_MAX_CPU_ISA.
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

std::string Version() {
  if (!Refusal().empty()) return Refusal();
  const dnnl::version_t* v = dnnl::version();
  return absl::StrCat(
      v->major, ".", v->minor, ".", v->patch, " held to ", std::string(IsaName(BestKernels().isa)),
      OneDnnInt8IsExact() ? "" : "; no INT8: its sums saturate without AVX-512 VNNI");
}

const bool kRegistered = [] {
  AddLibrary("onednn", Version);
  return true;
}();

}  // namespace

bool OneDnnInt8IsExact() {
  return BestKernels().isa == Isa::kAvx512vnni || BestKernels().isa == Isa::kNeon;
}

const dnnl::engine& Cpu() {
  static const auto* const engine = new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return *engine;
}

dnnl::stream& Stream() {
  static auto* const stream = new dnnl::stream(Cpu());
  return *stream;
}

memory::desc Matrix(std::size_t rows, std::size_t cols, Type type, Tag tag) {
  return {{static_cast<memory::dim>(rows), static_cast<memory::dim>(cols)}, type, tag};
}

memory View(const memory::desc& desc, const void* data) {
  return {desc, Cpu(), const_cast<void*>(data)};
}

Row MakeOneDnnRow(int threads, const std::function<Row()>& make) {
  Row refused;
  refused.error = Refusal();
  if (!refused.error.empty()) return refused;
  try {
    // It plans for as many threads as there are when the primitive is made.
    SetOpenMpThreads(threads);
    return make();
  } catch (const dnnl::error& error) {
    refused.error = absl::StrCat("oneDNN: ", error.what());
    return refused;
  }
}

std::string RefusalOf(const dnnl::primitive_desc_base& desc) {
  if (!absl::StartsWith(desc.impl_info_str(), "ref")) return "";
  return "oneDNN has only its slow reference for this: no competitor";
}

std::function<void()> Execution(const dnnl::primitive& primitive, const Arguments& arguments,
                                int threads, const std::shared_ptr<const void>& owner) {
  std::vector<dnnl_exec_arg_t> raw;
  for (const auto& [name, operand] : arguments) raw.push_back({name, operand.get()});
  return [=, keep_alive = std::pair(arguments, owner)] {  // `raw` points into these
    SetOpenMpThreads(threads);
    dnnl_primitive_execute(primitive.get(), Stream().get(), static_cast<int>(raw.size()),
                           raw.data());
  };
}

}  // namespace podium::bench
