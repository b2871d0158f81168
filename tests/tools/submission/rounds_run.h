// A file as `podium run` writes it: fresh processes in rounds, made up.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tools/submission/model.h"

namespace podium::report {

// One side of one workload: its row, and how much faster than the others it is.
struct MadeUpSide {
  std::string side;  // as in ProcessRecord
  std::string row;
  double speedup;
};

// Each side once a round and host, `repetitions` times in each process. All sides share a drift of 1 % a
// round, so that the rounds are paired; besides that their times scatter by half a per cent.
inline Json RoundsRun(const std::vector<MadeUpSide>& sides, int rounds, int repetitions = 1,
                      const std::vector<std::string>& hosts = {"h"}) {
  Json processes = Json::array(), rows = Json::array();
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t place = 0; place < sides.size() * hosts.size(); ++place) {
      const std::size_t s = place / hosts.size();
      const std::string& host = hosts[place % hosts.size()];
      const std::size_t process = processes.size();
      processes.push_back({{"process", process},
                           {"round", round},
                           {"order", process},
                           {"side", sides[s].side},
                           {"host", host},
                           {"binary", "./bench"},
                           {"binary_sha256", nullptr},
                           {"start_time", "2026-07-01T12:00:00Z"},
                           {"load_average", 0.5},
                           {"env_padding_bytes", 16},
                           {"status", "ok"},
                           {"wall_s", 0.25}});
      for (int repetition = 0; repetition < repetitions; ++repetition) {
        const double scatter =
            std::sin(12.9898 * static_cast<double>(process) + repetition) * 0.005;
        const double ns = 1e6 / sides[s].speedup * std::exp(0.01 * round + scatter);
        rows.push_back({{"name", sides[s].row},
                        {"run_name", sides[s].row},
                        {"run_type", "iteration"},
                        {"repetitions", repetitions},
                        {"repetition_index", repetition},
                        {"threads", 1},
                        {"iterations", 100},
                        {"real_time", ns},
                        {"cpu_time", ns},
                        {"time_unit", "ns"},
                        {"hits", 1e9 / ns},
                        {"podium_process", process},
                        {"podium_round", round},
                        {"podium_host", host}});
      }
    }
  }
  return {{"context",
           {{"date", "2026-07-01T12:00:00+00:00"},
            {"host_name", "h"},
            {"num_cpus", 4},
            {"podium.seed", "1"},
            {"podium.baseline.f", "old"},
            {"podium.run",
             {{"plan", "custom"},
              {"design", "abba"},
              {"seed", "7"},
              {"rounds", rounds},
              {"target_ci", nullptr},
              {"stopped_because", "rounds"},
              {"tool_version", "0.1.0"},
              {"command", "podium run"}}},
            {"podium.processes", processes}}},
          {"benchmarks", rows}};
}

// Two workloads in two variants each: the first 5 % faster, the second equal.
inline Json VariantsRun(int rounds, int repetitions = 1) {
  return RoundsRun({{"old", "f/variant:old/M:1", 1},
                    {"new", "f/variant:new/M:1", 1.05},
                    {"old", "f/variant:old/M:2", 1},
                    {"new", "f/variant:new/M:2", 1}},
                   rounds, repetitions);
}

}  // namespace podium::report
