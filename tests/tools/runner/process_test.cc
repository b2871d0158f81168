#include "tools/runner/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/types.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <thread>

namespace podium::report {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

ChildOutcome Child(const std::vector<std::string>& argv, double timeout_s = 0,
                   const std::vector<std::string>& environment = {}) {
  const absl::StatusOr<ChildOutcome> outcome = RunChild({argv, environment, timeout_s});
  EXPECT_TRUE(outcome.ok()) << outcome.status();
  return outcome.value_or(ChildOutcome());
}

ChildOutcome Shell(const std::string& script, double timeout_s = 0) {
  return Child({"/bin/sh", "-c", script}, timeout_s);
}

TEST(RunChildTest, GivesStandardOutputAlone) {
  const ChildOutcome outcome = Shell("echo one; echo two >&2; echo three");
  EXPECT_EQ(outcome.output, "one\nthree\n");
  EXPECT_EQ(outcome.status, ProcessStatus::kOk);
  EXPECT_EQ(outcome.message, "");
}

TEST(RunChildTest, ReadsMoreThanAPipeHolds) {
  EXPECT_EQ(Shell("head -c 3000000 /dev/zero").output.size(), 3000000u);
}

TEST(RunChildTest, ArgumentsAreNotSeenByAShell) {
  EXPECT_EQ(Child({"echo", "$HOME `id` ; *"}).output, "$HOME `id` ; *\n");
}

TEST(RunChildTest, TheEnvironmentGivenWinsAndTheOtherStays) {
  setenv("PODIUM_TEST_A", "outer", 1);
  setenv("PODIUM_TEST_B", "kept", 1);
  EXPECT_EQ(
      Child({"/bin/sh", "-c", "echo $PODIUM_TEST_A $PODIUM_TEST_B"}, 0, {"PODIUM_TEST_A=inner"})
          .output,
      "inner kept\n");
}

TEST(RunChildTest, StandardInputIsEmpty) { EXPECT_EQ(Shell("cat; echo end").output, "end\n"); }

TEST(RunChildTest, ANameIsLookedUpInPathAndAMissingOneIsAnError) {
  EXPECT_EQ(Child({"true"}).status, ProcessStatus::kOk);
  const auto outcome = RunChild({{"./no-such-program"}, {}, 0});
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(outcome.status().message()),
              AllOf(StartsWith("./no-such-program: cannot be started: No such file"),
                    HasSubstr("check the path")));
}

TEST(RunChildTest, AnExitStatusComesWithTheLastLineOfStandardError) {
  const ChildOutcome outcome = Shell("echo first >&2; echo why it failed >&2; exit 3");
  EXPECT_EQ(outcome.status, ProcessStatus::kCrashed);
  EXPECT_EQ(outcome.message, "exit status 3: why it failed");
}

TEST(RunChildTest, ASignalIsNamed) {
  const ChildOutcome outcome = Shell("kill -SEGV $$");
  EXPECT_EQ(outcome.status, ProcessStatus::kCrashed);
  EXPECT_THAT(outcome.message, StartsWith("signal 11 (Segmentation fault"));
}

TEST(RunChildTest, AHungProcessIsStopped) {
  const ChildOutcome outcome = Shell("sleep 600", 0.2);
  EXPECT_EQ(outcome.status, ProcessStatus::kTimeout);
  EXPECT_EQ(outcome.message, "still running after 0.2 s: stopped");
}

TEST(RunChildTest, AHungProcessThatIgnoresTermIsKilled) {
  EXPECT_EQ(Shell("trap '' TERM; while :; do sleep 1; done", 0.2).status, ProcessStatus::kTimeout);
}

TEST(RunChildTest, AProcessThatNeverStopsWritingIsStopped) {
  EXPECT_EQ(Child({"yes"}, 0.3).status, ProcessStatus::kTimeout);
}

// The child of the child is in its group and goes with it; who waits for its pipe to close waits
// for ever.
TEST(RunChildTest, WhatTheChildLeavesRunningIsEnded) {
  const ChildOutcome outcome = Shell("sleep 600 & echo $!");
  EXPECT_EQ(outcome.status, ProcessStatus::kOk);
  const auto left = static_cast<pid_t>(std::stol(outcome.output));
  for (int i = 0; i < 1000 && kill(left, 0) == 0; ++i) {  // its reaping is init's work
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(kill(left, 0) != 0 && errno == ESRCH);
}

TEST(RunChildTest, AnInterruptEndsTheChildAndIsRemembered) {
  const InterruptGuard guard;
  std::thread interrupter([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    kill(getpid(), SIGINT);
  });
  const ChildOutcome outcome = Shell("sleep 600");
  interrupter.join();
  EXPECT_TRUE(outcome.interrupted);
  EXPECT_EQ(outcome.message, "interrupted");
  EXPECT_TRUE(InterruptGuard::Interrupted());
}

}  // namespace
}  // namespace podium::report
