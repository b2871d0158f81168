// Flags of ./bench that rows read.
#pragma once

#include <string>

namespace podium::bench {

struct Options {
  std::string data_dir;      // --data_dir, else PODIUM_DATA_DIR; empty: no data
  std::string accuracy_log;  // --accuracy_log: a file, emptied by main; empty: none
};

// Set before the first row is built.
Options& MutableOptions();

// Registers a row for each layer of the networks in data_dir (models_bench.cc).
void RegisterModelLayers();

}  // namespace podium::bench
