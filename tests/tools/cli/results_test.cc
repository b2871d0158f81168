// The submissions kept in results/ are valid, by the very command that results/README.md gives.
#include "gmock/gmock.h"
#include "run_podium.h"

namespace podium::report {
namespace {

namespace fs = std::filesystem;

class ResultsTest : public PodiumTest {};

// Fails too where nothing is kept, or a run file is not beside its submission.
TEST_F(ResultsTest, AreValid) {
  for (const fs::directory_entry& kept : fs::directory_iterator(PODIUM_RESULTS)) {
    const fs::path name = kept.path().filename();
    if (name == "local") continue;  // what this machine's last demo left; git ignores it
    fs::copy(kept.path(), directory_ / name, fs::copy_options::recursive);
  }
  const Outcome outcome = Podium({"validate", directory_.string()});
  EXPECT_EQ(outcome.status, kHolds) << outcome.err;
  EXPECT_THAT(outcome.out, testing::Not(testing::HasSubstr("run file not checked")));
}

}  // namespace
}  // namespace podium::report
