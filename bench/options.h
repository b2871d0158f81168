// Flags of ./bench that rows read.
#pragma once

#include <functional>
#include <string>

namespace podium::bench {

struct Options {
  std::string data_dir;      // --data_dir, else PODIUM_DATA_DIR; empty: no data
  std::string accuracy_log;  // --accuracy_log: a file, emptied by main; empty: none
};

// Set before the first row is built.
Options& MutableOptions();

// `f` runs once the flags above are known and before rows are handed to Google Benchmark: for rows that
// depend on them. Call it from a static initializer.
void AfterFlags(std::function<void()> f);
void CallAfterFlags();

}  // namespace podium::bench
