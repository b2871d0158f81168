// Behaves like a Google Benchmark program, but takes no time and fails on demand:
//
//   fake_bench --rows=a,b [--crash=ROW] [--hang=ROW] [--fail=ROW] [--nan=ROW] [--silent=ROW]
//              [--slow=ROW] [--message=WHY]
//
// Each option names a row by a part of its name. A row takes 1000 ns, with --slow 3000, and up to
// 0.4 % more by the size of the padding: noise that a seed repeats. Rows of variant new have a
// quarter of the size of others. WHY is what rows that --fail say.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
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
  const double noise = 1 + 1e-6 * static_cast<double>(padding ? std::string(padding).size() : 0);
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
    out << "    {\n      \"name\": \"" << row << "\",\n      \"run_name\": \"" << row
        << "\",\n      \"run_type\": \"iteration\",\n      \"repetitions\": 1,\n"
           "      \"repetition_index\": 0,\n      \"threads\": 1,\n";
    if (is("--fail", row)) {
      out << "      \"error_occurred\": true,\n      \"error_message\": \""
          << (flags.contains("--message") ? flags["--message"] : "differs") << "\",\n";
    }
    out << "      \"iterations\": 10,\n      \"real_time\": "
        << (is("--slow", row) ? 3000 : 1000) * noise
        << ",\n      \"cpu_time\": 1.25e+01,\n      \"time_unit\": \"ns\",\n      \"size_bytes\": "
        << (row.find("variant:new") == std::string::npos ? 4000 : 1000);
    if (is("--nan", row)) out << ",\n      \"ops\": NaN";
    out << "\n    }";
  }
  out << "\n  ]\n}\n";
}
