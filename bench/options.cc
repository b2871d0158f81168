#include "bench/options.h"

#include <cstdlib>

namespace podium::bench {

Options& MutableOptions() {
  static auto* const options = [] {
    auto* o = new Options;
    if (const char* dir = std::getenv("PODIUM_DATA_DIR"); dir != nullptr) o->data_dir = dir;
    return o;
  }();
  return *options;
}

}  // namespace podium::bench
