#include "tools/submission/replication.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "tools/submission/pairing.h"

namespace podium::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Times about `time`, of one process (rounds = false) or of as many rounds.
Entry EntryOf(double time, double spread, bool rounds, long first_process) {
  Entry entry;
  entry.name = std::string("w");  // not "w": GCC 12 warns of an overlap that is none (PR 105651)
  std::vector<double> times;
  for (int i = 0; i < 20; ++i) {
    // Two sides of one round must not be alike, nor all the same.
    const double noise = std::sin(i * 2.7 + static_cast<double>(first_process));
    times.push_back(time * (1 + spread * noise));
    if (rounds) entry.origins.push_back({first_process + i, i});
  }
  entry.metrics.push_back({std::string(kTimeMetric), *Sample::Create(times)});
  return entry;
}

struct Measured {
  Entry baseline, optimized;
  Comparison comparison;
};

// Holds what the comparison points to, so that it must not move.
std::unique_ptr<Measured> Measure(double speedup, double spread = 0.01, bool rounds = true) {
  auto measured = std::make_unique<Measured>();
  measured->baseline = EntryOf(1, spread, rounds, 0);
  measured->optimized = EntryOf(1 / speedup, spread, rounds, 100);
  const Pair pair{&measured->baseline, &measured->optimized, "w"};
  const absl::StatusOr<Judgement> judgement = JudgePair(pair, SameRun::kYes, VerdictRule());
  EXPECT_TRUE(judgement.ok()) << judgement.status();
  measured->comparison = {pair.baseline, pair.optimized, "w", *judgement};
  return measured;
}

Attempt Again(const Claim& claim, const Measured& measured) {
  return {claim, Pair{&measured.baseline, &measured.optimized, "w"}, "", ""};
}

Replication ReplicateOne(const Claim& claim, const Measured& measured) {
  const Attempt attempts[] = {Again(claim, measured)};
  return Replicate(attempts, VerdictRule()).front();
}

std::string Outcomes(double claimed, double here, double spread = 0.01, bool rounds = true,
                     bool same_hardware = true) {
  const auto submission = Measure(claimed, 0.01, rounds);
  const auto claim = ClaimOf(submission->comparison, VerdictRule(), same_hardware);
  if (!claim) return "no claim";
  const auto measured = Measure(here, spread);
  return std::string(OutcomeName(ReplicateOne(*claim, *measured).outcome));
}

TEST(ReplicationTest, TheSameSpeedupReplicates) {
  EXPECT_EQ(Outcomes(4, 4), "replicated");
  EXPECT_EQ(Outcomes(0.25, 0.25), "replicated");
  EXPECT_EQ(Outcomes(1.05, 1.05), "replicated");
}

TEST(ReplicationTest, AGreaterSpeedupReplicates) { EXPECT_EQ(Outcomes(2, 4), "replicated"); }

TEST(ReplicationTest, ASmallerSpeedupIsRefutedThoughItIsOne) {
  EXPECT_EQ(Outcomes(4, 3), "refuted");
  EXPECT_EQ(Outcomes(0.25, 0.4), "refuted");
}

TEST(ReplicationTest, TheOppositeIsRefuted) {
  EXPECT_EQ(Outcomes(4, 0.9), "refuted");
  EXPECT_EQ(Outcomes(0.8, 1.2), "refuted");
}

TEST(ReplicationTest, WhatIsTooNoisyToTellIsInconclusive) {
  EXPECT_EQ(Outcomes(1.1, 1.1, 0.4), "inconclusive");
  EXPECT_EQ(Outcomes(1, 1, 0.4), "inconclusive");
}

TEST(ReplicationTest, OneProcessASideClaimsLess) {
  EXPECT_EQ(Outcomes(4, 3.4, 0.01, /*rounds=*/false), "replicated");
  EXPECT_EQ(Outcomes(4, 3, 0.01, /*rounds=*/false), "refuted");
  EXPECT_EQ(Outcomes(1.1, 1.1, 0.01, /*rounds=*/false), "no claim");
}

TEST(ReplicationTest, OnOtherHardwareOnlyTheDirectionCounts) {
  EXPECT_EQ(Outcomes(4, 1.5, 0.01, true, /*same_hardware=*/false), "replicated");
  EXPECT_EQ(Outcomes(4, 0.9, 0.01, true, /*same_hardware=*/false), "refuted");
}

TEST(ReplicationTest, EqualityIsReplicatedByEqualityAndRefutedByADifference) {
  EXPECT_EQ(Outcomes(1, 1), "replicated");
  EXPECT_EQ(Outcomes(1, 1.1), "refuted");
  EXPECT_EQ(Outcomes(1, 0.9), "refuted");
}

TEST(ReplicationTest, ASmallerCompressionRatioRefutes) {
  const auto submission = Measure(4), measured = Measure(4);
  submission->baseline.sizes["size_bytes"] = measured->baseline.sizes["size_bytes"] = 400;
  submission->optimized.sizes["size_bytes"] = 100;
  measured->optimized.sizes["size_bytes"] = 110;
  const auto claim = ClaimOf(submission->comparison, VerdictRule(), true);
  const Replication replication = ReplicateOne(*claim, *measured);
  EXPECT_EQ(replication.outcome, Outcome::kRefuted);
  EXPECT_THAT(replication.reason, HasSubstr("4x smaller is claimed, 3.64x here"));
}

TEST(ReplicationTest, ALowerAccuracyRefutesAndAHigherOneDoesNot) {
  for (const auto& [accuracy, outcome] :
       {std::pair(0.90, Outcome::kRefuted), std::pair(0.95, Outcome::kReplicated),
        std::pair(0.99, Outcome::kReplicated)}) {
    const auto submission = Measure(4), measured = Measure(4);
    submission->baseline.quality["accuracy"] = measured->baseline.quality["accuracy"] = 0.96;
    submission->optimized.quality["accuracy"] = 0.95;
    measured->optimized.quality["accuracy"] = accuracy;
    const auto claim = ClaimOf(submission->comparison, VerdictRule(), true);
    EXPECT_EQ(ReplicateOne(*claim, *measured).outcome, outcome) << accuracy;
  }
}

// 1.3 % less than claimed: too much for one claim, not for the unluckiest of 200.
TEST(ReplicationTest, AmongManyClaimsASmallMissRefutesNone) {
  const auto submission = Measure(1.1), measured = Measure(1.086);
  const auto claim = ClaimOf(submission->comparison, VerdictRule(), true);
  ASSERT_EQ(ReplicateOne(*claim, *measured).outcome, Outcome::kRefuted);
  const std::vector<Attempt> attempts(200, Again(*claim, *measured));
  EXPECT_EQ(Replicate(attempts, VerdictRule()).front().outcome, Outcome::kReplicated);
}

TEST(ReplicationTest, AmongManyClaimsALargeMissRefutesEach) {
  const auto submission = Measure(2), measured = Measure(1.5);
  const auto claim = ClaimOf(submission->comparison, VerdictRule(), true);
  const std::vector<Attempt> attempts(200, Again(*claim, *measured));
  EXPECT_EQ(Replicate(attempts, VerdictRule()).front().outcome, Outcome::kRefuted);
}

TEST(ReplicationTest, AFailureRefutesAndWhatIsMissingDoesNot) {
  const auto submission = Measure(4);
  const auto claim = ClaimOf(submission->comparison, VerdictRule(), true);
  const Attempt attempts[] = {{*claim, std::nullopt, "wrong result", ""},
                              {*claim, std::nullopt, "", "no such rows"}};
  const std::vector<Replication> replications = Replicate(attempts, VerdictRule());
  EXPECT_EQ(replications[0].outcome, Outcome::kRefuted);
  EXPECT_EQ(replications[0].reason, "wrong result");
  EXPECT_EQ(replications[1].outcome, Outcome::kNotMeasured);
  EXPECT_EQ(replications[1].reason, "no such rows");
}

TEST(CompareSystemsTest, AFieldThatDiffersOrIsMissingIsNamed) {
  const Json a = {{"cpu_model", "x"},
                  {"cpu_features", "f"},
                  {"num_cpus", 2},
                  {"caches", Json::array()},
                  {"kernel", "k"},
                  {"compiler", "g"},
                  {"flags", "-O3"},
                  {"library_build_type", "debug"},
                  {"libraries", Json::object()}};
  EXPECT_THAT(CompareSystems(a, a).hardware, IsEmpty());
  EXPECT_THAT(CompareSystems(a, a).software, IsEmpty());
  Json b = a;
  b["cpu_model"] = "y";
  b["caches"] = nullptr;
  b["compiler"] = "c";
  EXPECT_THAT(CompareSystems(a, b).hardware, ElementsAre("cpu_model", "caches"));
  EXPECT_THAT(CompareSystems(b, a).software, ElementsAre("compiler"));
}

}  // namespace
}  // namespace podium::report
