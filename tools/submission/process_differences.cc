#include "tools/submission/process_differences.h"

#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/submission/build.h"

namespace podium::report {
namespace {

// Processes with the same value of a key.
struct Group {
  std::size_t processes = 0;
  std::set<std::string> sides, hosts;

  void Add(const ProcessRecord& process) {
    ++processes;
    if (!process.side.empty()) sides.insert(process.side);
    hosts.insert(process.host);
  }
};

// Only what tells the group from the others.
std::string Where(const Group& group, const Group& all) {
  std::vector<std::string> parts;
  if (group.sides.size() < all.sides.size()) parts.push_back(absl::StrJoin(group.sides, ", "));
  if (group.hosts.size() < all.hosts.size()) parts.push_back(absl::StrJoin(group.hosts, ", "));
  return parts.empty() ? "" : absl::StrCat(" (", absl::StrJoin(parts, "; "), ")");
}

std::string Brief(const std::string& value) {
  constexpr std::size_t kMost = 60;
  return value.size() <= kMost ? absl::StrCat("\"", value, "\"")
                               : absl::StrCat("\"", value.substr(0, kMost), "...\"");
}

}  // namespace

std::vector<std::string> ProcessDifferences(const RunRecord& record, const Context& context) {
  Group all;
  std::map<std::pair<std::string, std::string>, Group> groups;  // by key and value
  for (const ProcessRecord& process : record.processes) {
    all.Add(process);
    for (const auto& difference : process.context_differences) groups[difference].Add(process);
  }
  std::vector<std::string> lines;
  for (const auto& [difference, group] : groups) {
    const auto& [key, value] = difference;
    if (key == "host_name" && all.hosts.size() > 1) continue;
    if (key == "podium.git_sha" && ComparesBinaries(record)) continue;
    const auto usual = context.find(key);
    lines.push_back(
        absl::StrCat(key, " differs inside the run: ", Brief(value), " in ", group.processes,
                     " of ", all.processes, " processes", Where(group, all), ", ",
                     usual == context.end() ? "not told" : Brief(usual->second),
                     " at the start: a difference in time need not come from the code"));
  }
  return lines;
}

}  // namespace podium::report
