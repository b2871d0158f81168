#include "bench/register.h"

#include <benchmark/benchmark.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"

namespace podium::bench {
namespace {

using testing::HasSubstr;

Variant TestVariant(const std::string& name) {
  return {.family = "test", .name = name, .techniques = "", .baseline = name == "base"};
}

// How often the row named "counted" was built, verified and run.
struct Calls {
  int made = 0, verified = 0, run = 0;
};
Calls& CountedCalls() {
  static Calls calls;
  return calls;
}

const bool kRegistered = [] {
  RegisterForEachIsa(TestVariant("counted"), {{"M", "1"}}, [](const KernelTable&) {
    ++CountedCalls().made;
    Row row;
    row.run = [] { ++CountedCalls().run; };
    row.verify = []() -> absl::Status {
      ++CountedCalls().verified;
      return absl::OkStatus();
    };
    row.quality = Quality{.max_rel_err = 0.25, .sqnr_db = 12, .top1_agreement = 0.75};
    row.work = {{"flops", 1000.0}};
    row.bytes = 64;
    row.read_bandwidth = [] { return 1e9; };
    row.size_bytes = 48;
    row.params = 12;
    return row;
  });
  RegisterForEachIsa(TestVariant("wrong"), {}, [](const KernelTable&) {
    Row row;
    row.run = [] {};
    row.verify = [] { return absl::InternalError("C[0, 1] = 3, not 4"); };
    return row;
  });
  RegisterForBestIsa(TestVariant("labelled"), {}, [](const KernelTable&) {
    Row row;
    row.run = [] {};
    row.verify = [] { return absl::OkStatus(); };
    row.label = "brg:some_isa";
    return row;
  });
  RegisterForEachIsa(TestVariant("impossible"), {}, [](const KernelTable&) {
    Row row;
    row.error = "no library";
    return row;
  });
  return true;
}();

// The JSON that Google Benchmark writes for the rows that match.
std::string RunRows(const std::string& filter) {
  static const bool registered = [] {
    // Google Benchmark keeps a pointer to the name.
    static std::string name = "test", min_time = "--benchmark_min_time=0.000001";
    char* argv[] = {name.data(), min_time.data(), nullptr};
    int argc = 2;
    benchmark::Initialize(&argc, argv);
    return RegisterWithGoogleBenchmark("all").ok();
  }();
  EXPECT_TRUE(registered);
  std::ostringstream out;
  benchmark::JSONReporter reporter;
  reporter.SetOutputStream(&out);
  reporter.SetErrorStream(&out);
  benchmark::RunSpecifiedBenchmarks(&reporter, filter);
  return out.str();
}

std::string BestIsa() { return std::string(IsaName(BestKernels().isa)); }

TEST(RegisterTest, NameHoldsFamilyVariantIsaAndKeys) {
  if (BestKernels().isa == Isa::kReference) GTEST_SKIP() << "no SIMD here";
  EXPECT_THAT(
      RunRows("test/variant:counted/isa:" + BestIsa()),
      HasSubstr(absl::StrCat("\"name\": \"test/variant:counted/isa:", BestIsa(), "/M:1\"")));
}

TEST(RegisterTest, CountersAreReported) {
  if (BestKernels().isa == Isa::kReference) GTEST_SKIP() << "no SIMD here";
  const std::string json = RunRows("test/variant:counted/isa:" + BestIsa());
  for (const char* counter : {"flops", "bytes", "of_read_memory", "size_bytes", "params",
                              "max_rel_err", "sqnr_db", "top1_agreement"}) {
    EXPECT_THAT(json, HasSubstr(absl::StrCat("\"", counter, "\": ")));
  }
}

TEST(RegisterTest, RowIsBuiltAndVerifiedOnceAndBeforeItIsTimed) {
  if (BestKernels().isa == Isa::kReference) GTEST_SKIP() << "no SIMD here";
  RunRows("test/variant:counted/isa:" + BestIsa());
  RunRows("test/variant:counted/isa:" + BestIsa());
  EXPECT_EQ(CountedCalls().made, 1);
  EXPECT_EQ(CountedCalls().verified, 1);
  EXPECT_GT(CountedCalls().run, 2);
}

TEST(RegisterTest, LabelIsReported) {
  if (BestKernels().isa == Isa::kReference) GTEST_SKIP() << "no SIMD here";
  EXPECT_THAT(RunRows("test/variant:labelled"), HasSubstr("\"label\": \"brg:some_isa\""));
}

TEST(RegisterTest, RowForTheBestIsaExistsOnNoOther) {
  if (BestKernels().isa == Isa::kReference) GTEST_SKIP() << "no SIMD here";
  const std::string json = RunRows("test/variant:labelled");
  EXPECT_THAT(json, HasSubstr(absl::StrCat("variant:labelled/isa:", BestIsa(), "\"")));
  for (const KernelTable* table : BuiltKernels()) {
    if (table == &BestKernels()) continue;
    EXPECT_THAT(json, testing::Not(HasSubstr(
                          absl::StrCat("labelled/isa:", std::string(IsaName(table->isa)), "\""))));
  }
}

// Runs before the test below: what cannot be measured is not wrong.
TEST(RegisterTest, RowThatCannotBeMeasuredSaysWhyAndIsNotWrong) {
  if (BestKernels().isa == Isa::kReference) GTEST_SKIP() << "no SIMD here";
  const bool before = AnyResultWasWrong();
  EXPECT_THAT(RunRows("test/variant:impossible/isa:" + BestIsa()),
              HasSubstr("\"error_message\": \"no library\""));
  EXPECT_EQ(AnyResultWasWrong(), before);
}

TEST(RegisterTest, WrongResultIsAnErrorAndNoNumber) {
  if (BestKernels().isa == Isa::kReference) GTEST_SKIP() << "no SIMD here";
  EXPECT_THAT(RunRows("test/variant:wrong/isa:" + BestIsa()),
              HasSubstr("wrong result: C[0, 1] = 3, not 4"));
  EXPECT_TRUE(AnyResultWasWrong());
}

TEST(RegisterTest, MissingIsaIsAnErrorThatNamesIt) {
  for (const KernelTable* table : BuiltKernels()) {
    if (table->isa == Isa::kReference || table->isa <= BestKernels().isa) continue;
    const std::string isa(IsaName(table->isa));
    EXPECT_THAT(RunRows("test/variant:counted/isa:" + isa),
                HasSubstr("no " + isa + " on this CPU"));
    return;
  }
  GTEST_SKIP() << "this CPU has every ISA of the build; see PODIUM_ISA=sse2";
}

TEST(RegisterTest, UnknownIsaIsRefused) {
  EXPECT_EQ(RegisterWithGoogleBenchmark("avx9000").code(), absl::StatusCode::kInvalidArgument);
}

TEST(RegisterTest, VariantsAreListedOnce) {
  int counted = 0;
  for (const Variant& variant : Variants()) counted += variant.name == "counted";
  EXPECT_EQ(counted, 1);
}

}  // namespace
}  // namespace podium::bench
