// Behaves like a Google Benchmark program, but takes no time and fails on demand:
//
//   fake_bench --rows=a,b [--crash=ROW] [--hang=ROW] [--fail=ROW] [--nan=ROW] [--silent=ROW]
//              [--slow=ROW] [--turns=FILE] [--message=WHY] [--benchmark_repetitions=R]
//
// Each ROW is a part of a row's name. A row takes 1000 ns, with --slow 3000, and up to 0.4 % more by
// the size of the padding: noise that a seed repeats. A repetition takes 1 % more than the one
// before it. Of the processes that count themselves in FILE, the second and third of every four take
// 10 % more: where rounds keep the order ABBA, all of one side. Rows of variant new have a quarter
// of the size of others. WHY is what rows that --fail say.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  std::map<std::string, std::string> flags;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    const std::size_t equals = arg.find('=');
    flags[arg.substr(0, equals)] = equals == std::string::npos ? "" : arg.substr(equals + 1);
  }
  std::vector<std::string> rows;
  std::istringstream all(flags["--rows"]);
  const std::regex filter(flags["--benchmark_filter"].empty() ? "." : flags["--benchmark_filter"],
                          std::regex::extended);
  for (std::string row; std::getline(all, row, ',');) {
    if (std::regex_search(row, filter)) rows.push_back(row);
  }
  if (flags.contains("--benchmark_list_tests")) {
    for (const std::string& row : rows) std::puts(row.c_str());
    return 0;
  }
  const char* const padding = std::getenv("PODIUM_PADDING");
  double noise = 1 + 1e-6 * static_cast<double>(padding ? std::string(padding).size() : 0);
  if (flags.contains("--turns")) {
    std::ofstream(flags["--turns"], std::ios::app) << '.';
    if (std::filesystem::file_size(flags["--turns"]) / 2 % 2 == 1) noise *= 1.1;
  }
  const int repetitions = std::max(1, std::atoi(flags["--benchmark_repetitions"].c_str()));
  std::ofstream out(flags["--benchmark_out"]);
  out << "{\n  \"context\": {\n    \"host_name\": \"fake\",\n    \"padding\": "
      << (padding ? std::string(padding).size() : 0) << ",\n    \"program\": \"" << argv[0]
      << "\"\n  },\n  \"benchmarks\": [";
  const auto is = [&](const char* flag, const std::string& row) {
    return flags.contains(flag) && row.find(flags[flag]) != std::string::npos;
  };
  bool first = true;
  for (const std::string& row : rows) {
    out << (first ? "\n" : ",\n") << std::flush;
    first = false;
    if (is("--silent", row)) return 0;
    if (is("--hang", row)) sleep(600);
    if (is("--crash", row)) {
      std::fputs("about to crash\n", stderr);
      std::abort();
    }
    for (int k = 0; k < repetitions; ++k) {
      out << (k > 0 ? ",\n" : "") << "    {\n      \"name\": \"" << row
          << "\",\n      \"run_name\": \"" << row
          << "\",\n      \"run_type\": \"iteration\",\n      \"repetitions\": " << repetitions
          << ",\n      \"repetition_index\": " << k << ",\n      \"threads\": 1,\n";
      if (is("--fail", row)) {
        out << "      \"error_occurred\": true,\n      \"error_message\": \""
            << (flags.contains("--message") ? flags["--message"] : "differs") << "\",\n";
      }
      out << "      \"iterations\": 10,\n      \"real_time\": "
          << (is("--slow", row) ? 3000 : 1000) * noise * (1 + 0.01 * k)
          << ",\n      \"cpu_time\": 1.25e+01,\n      \"time_unit\": \"ns\",\n      "
             "\"size_bytes\": "
          << (row.find("variant:new") == std::string::npos ? 4000 : 1000);
      if (is("--nan", row)) out << ",\n      \"ops\": NaN";
      out << "\n    }";
    }
  }
  out << "\n  ]\n}\n";
}
