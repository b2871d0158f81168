// FindBlocks: from the names of a program's rows to what is compared with what.
#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tools/gbench/name.h"
#include "tools/runner/bench_process.h"
#include "tools/runner/run.h"

namespace podium::report {
namespace {

// Linux refuses one argument of over 128 KiB, and std::regex one that is not much smaller.
constexpr std::size_t kMostFilterBytes = 64 << 10;

// The rows of each block by side, in the order in which they were listed.
class BlockList {
 public:
  void Add(const std::string& key, const RunSide& side) {
    const auto [found, is_new] = index_.try_emplace(key, blocks_.size());
    if (is_new) blocks_.emplace_back();
    std::vector<RunSide>& sides = blocks_[found->second].sides;
    for (const RunSide& other : sides) {
      if (other.name == side.name) return;  // a second benchmark of the same name runs with it
    }
    sides.push_back(side);
  }

  // Joins up to `most` blocks of the same sides.
  std::vector<Block> Join(long most) && {
    std::map<std::vector<std::string>, std::size_t> open;
    std::vector<Block> joined;
    for (Block& block : blocks_) {
      std::vector<std::string> sides;
      for (const RunSide& side : block.sides) sides.push_back(side.name);
      const auto found = open.find(sides);
      if (found == open.end() ||
          joined[found->second].sides[0].rows.size() >= static_cast<std::size_t>(most)) {
        open[sides] = joined.size();
        joined.push_back(std::move(block));
        continue;
      }
      for (std::size_t s = 0; s < sides.size(); ++s) {
        joined[found->second].sides[s].rows.push_back(block.sides[s].rows[0]);
      }
    }
    return joined;
  }

 private:
  std::map<std::string, std::size_t> index_;
  std::vector<Block> blocks_;
};

absl::Status CheckFilters(const std::vector<Block>& blocks) {
  for (const Block& block : blocks) {
    for (const RunSide& side : block.sides) {
      if (ExactFilter(side.rows).size() <= kMostFilterBytes) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("the filter for ", side.rows.size(),
                       " rows in one process is too long: lower --workloads_per_process"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<Block>> FindBlocks(const RunRequest& request) {
  BlockList list;
  BenchCommand command{request.command, request.process_timeout_s};
  const absl::StatusOr<std::vector<std::string>> rows = ListBenchmarks(command);
  if (!rows.ok()) return rows.status();
  if (request.baseline_binary) {
    command.argv[0] = *request.baseline_binary;
    const absl::StatusOr<std::vector<std::string>> old_rows = ListBenchmarks(command);
    if (!old_rows.ok()) return old_rows.status();
    for (const std::string& row : *old_rows) list.Add(row, {"baseline", 0, {row}});
    for (const std::string& row : *rows) list.Add(row, {"contender", 1, {row}});
  } else {
    for (const std::string& row : *rows) {
      const BenchmarkName name = ParseBenchmarkName(row);
      const std::string key =
          name.variant.empty() ? row : absl::StrCat(name.workload, "/isa:", name.isa, "/variants");
      list.Add(key, {name.variant, 0, {row}});
    }
  }
  std::vector<Block> blocks = std::move(list).Join(request.workloads_per_process);
  if (absl::Status status = CheckFilters(blocks); !status.ok()) return status;
  return blocks;
}

}  // namespace podium::report
