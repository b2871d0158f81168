// podium_calibrate [--table=NAME] [--trials=N] [--check]
//
// How often is podium wrong? Simulates comparisons in six kinds of noise and prints, as Markdown,
// what tools/stats/README.md shows: all tables, or one. The numbers depend on nothing but N, which is
// 2000 without --trials: a quarter of an hour, nearly all of it for the families of 200 rows. With
// --check it exits with 1 where a goal is missed: goals.h.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tests/tools/calibration/tables.h"

namespace podium::report {
namespace {

struct Table {
  std::string_view name;
  void (*print)(int trials, Goals& goals);
};
constexpr Table kTables[] = {{"errors", PrintErrors},     {"designs", PrintDesigns},
                             {"warnings", PrintWarnings}, {"families", PrintFamilies},
                             {"geomeans", PrintGeomeans}, {"stopping", PrintStopping},
                             {"plans", PrintPlans}};

int Calibrate(int argc, char** argv) {
  int trials = 2000;
  bool check = false;
  std::string_view only;
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    if (arg == "--check") {
      check = true;
    } else if (arg.starts_with("--trials=") && std::atoi(argv[i] + 9) > 0) {
      trials = std::atoi(argv[i] + 9);
    } else if (arg.starts_with("--table=") &&
               std::ranges::count(kTables, arg.substr(8), &Table::name) > 0) {
      only = arg.substr(8);
    } else {
      std::fprintf(stderr, "usage: podium_calibrate [--table=NAME] [--trials=2000] [--check]\n");
      return 2;
    }
  }
  Goals goals;
  for (const Table& table : kTables) {
    if (!only.empty() && table.name != only) continue;
    table.print(trials, goals);
    std::printf("\n");
  }
  return check && goals.missed() ? 1 : 0;
}

}  // namespace
}  // namespace podium::report

int main(int argc, char** argv) { return podium::report::Calibrate(argc, argv); }
