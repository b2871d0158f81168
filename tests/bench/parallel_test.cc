#include "bench/parallel.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

namespace podium::bench {
namespace {

TEST(ParallelTest, EveryTileRunsOnce) {
  std::vector<int> runs(5, 0);
  Parallel(5, [&](int i) { ++runs[i]; });
  EXPECT_EQ(runs, std::vector<int>(5, 1));
}

TEST(ParallelTest, OneTileRunsOnTheCaller) {
  std::thread::id id;
  Parallel(1, [&](int) { id = std::this_thread::get_id(); });
  EXPECT_EQ(id, std::this_thread::get_id());
}

TEST(ParallelTest, TilesRunOnThreadsOfTheirOwn) {
  for (const int threads : ThreadCounts()) {
    std::vector<std::thread::id> ids(threads);
    Parallel(threads, [&](int i) { ids[i] = std::this_thread::get_id(); });
    EXPECT_EQ(std::set(ids.begin(), ids.end()).size(), ids.size());
    EXPECT_EQ(ids[0], std::this_thread::get_id());
  }
}

TEST(ParallelTest, PoolIsKept) {
  for (const int threads : ThreadCounts()) {
    std::vector<std::thread::id> first(threads), second(threads);
    Parallel(threads, [&](int i) { first[i] = std::this_thread::get_id(); });
    Parallel(1, [](int) {});
    Parallel(threads, [&](int i) { second[i] = std::this_thread::get_id(); });
    EXPECT_EQ(first, second) << threads << " threads";
  }
}

}  // namespace
}  // namespace podium::bench
