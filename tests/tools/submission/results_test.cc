// Every submission kept in results/ is valid.
#include <filesystem>

#include "gmock/gmock.h"
#include "tools/submission/validate.h"

namespace podium::report {
namespace {

namespace fs = std::filesystem;

TEST(Results, EverySubmissionIsValid) {
  for (const auto& file : fs::recursive_directory_iterator(PODIUM_RESULTS)) {
    // results/local/ is what this machine's last demo left; git ignores it.
    const std::string path = fs::relative(file.path(), PODIUM_RESULTS).string();
    const std::string name = file.path().filename().string();
    if (path.starts_with("local/") || path.starts_with("schema/")) continue;
    if (!name.starts_with("submission") || !name.ends_with(".json")) continue;
    SCOPED_TRACE(path);
    const absl::StatusOr<Validation> result = ValidateFile(file.path().string());
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_THAT(result->problems, testing::IsEmpty());
    EXPECT_THAT(result->notes, testing::IsEmpty()) << "keep the run file beside its submission";
  }
}

}  // namespace
}  // namespace podium::report
