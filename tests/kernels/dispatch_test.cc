#include <cstdlib>

#include "tests/kernels/kernel_test.h"

namespace podium {
namespace {

TEST(DispatchTest, NamesAndIsasAreInverse) {
  for (const KernelTable* table : BuiltKernels()) {
    EXPECT_EQ(ParseIsa(IsaName(table->isa)), table->isa);
  }
  EXPECT_EQ(ParseIsa("avx9000"), std::nullopt);
  EXPECT_EQ(ParseIsa(""), std::nullopt);
}

TEST(DispatchTest, ReferenceIsFirstAndAlwaysSupported) {
  EXPECT_EQ(BuiltKernels().front(), &ReferenceKernels());
  EXPECT_EQ(SupportedKernels().front(), &ReferenceKernels());
  EXPECT_EQ(ReferenceKernels().isa, Isa::kReference);
}

TEST(DispatchTest, TablesAreInOrderOfStrength) {
  for (std::size_t i = 1; i < BuiltKernels().size(); ++i) {
    EXPECT_LT(BuiltKernels()[i - 1]->isa, BuiltKernels()[i]->isa);
  }
}

TEST(DispatchTest, EveryEntryOfEveryTableIsSet) {
  // A table is its Isa and then nothing but function pointers.
  using Fn = void (*)();
  constexpr std::size_t kEntries = sizeof(KernelTable) / sizeof(Fn) - 1;
  for (const KernelTable* table : BuiltKernels()) {
    Fn entries[kEntries];
    std::memcpy(entries, reinterpret_cast<const char*>(table) + sizeof(Fn), sizeof(entries));
    for (std::size_t i = 0; i < kEntries; ++i) {
      EXPECT_NE(entries[i], nullptr) << IsaName(table->isa) << ", entry " << i;
    }
  }
}

TEST(DispatchTest, SupportedKernelsAreThoseOfTheCpuUpToTheCap) {
  const char* name = std::getenv("PODIUM_ISA");
  const bool capped = name != nullptr && *name != '\0';
  Isa cap = capped ? Isa::kReference : BuiltKernels().back()->isa;
  for (const KernelTable* table : BuiltKernels()) {
    if (capped && IsaName(table->isa) == name) cap = table->isa;
  }
  std::vector<Isa> want, got;
  for (const KernelTable* table : BuiltKernels()) {
    if (table->isa <= cap && CpuSupports(table->isa)) want.push_back(table->isa);
  }
  for (const KernelTable* table : SupportedKernels()) got.push_back(table->isa);
  EXPECT_EQ(got, want);
  EXPECT_EQ(BestKernels().isa, want.back());
}

}  // namespace
}  // namespace podium
