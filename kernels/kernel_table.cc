#include "kernels/kernel_table.h"

#include <cstdlib>
#include <iterator>
#include <vector>

namespace podium {

namespace reference {
extern const KernelTable kTable;
}
#if defined(__x86_64__)
namespace sse2 {
extern const KernelTable kTable;
}
namespace avx2 {
extern const KernelTable kTable;
}
namespace avx512bw {
extern const KernelTable kTable;
}
namespace avx512vnni {
extern const KernelTable kTable;
}
constexpr const KernelTable* kBuilt[] = {&reference::kTable, &sse2::kTable, &avx2::kTable,
                                         &avx512bw::kTable, &avx512vnni::kTable};
#elif defined(__aarch64__)
namespace neon {
extern const KernelTable kTable;
}
constexpr const KernelTable* kBuilt[] = {&reference::kTable, &neon::kTable};
#else
constexpr const KernelTable* kBuilt[] = {&reference::kTable};
#endif

const KernelTable& ReferenceKernels() { return reference::kTable; }

std::span<const KernelTable* const> BuiltKernels() { return kBuilt; }

std::span<const KernelTable* const> SupportedKernels() {
  static const auto* const supported = [] {
    const char* cap_name = std::getenv("PODIUM_ISA");
    const bool capped = cap_name != nullptr && *cap_name != '\0';
    Isa cap = capped ? Isa::kReference : kBuilt[std::size(kBuilt) - 1]->isa;
    for (const KernelTable* table : kBuilt) {
      if (capped && IsaName(table->isa) == cap_name) cap = table->isa;
    }
    auto* tables = new std::vector<const KernelTable*>;
    for (const KernelTable* table : kBuilt) {
      if (table->isa <= cap && CpuSupports(table->isa)) tables->push_back(table);
    }
    return tables;
  }();
  return *supported;
}

const KernelTable& BestKernels() { return *SupportedKernels().back(); }

}  // namespace podium
