#include "bench/options.h"

#include <cstdlib>
#include <utility>
#include <vector>

namespace podium::bench {

Options& MutableOptions() {
  static auto* const options = [] {
    auto* o = new Options;
    if (const char* dir = std::getenv("PODIUM_DATA_DIR"); dir != nullptr) o->data_dir = dir;
    return o;
  }();
  return *options;
}

namespace {

std::vector<std::function<void()>>& Functions() {
  static auto* const functions = new std::vector<std::function<void()>>;
  return *functions;
}

}  // namespace

void AfterFlags(std::function<void()> f) { Functions().push_back(std::move(f)); }

void CallAfterFlags() {
  for (const auto& f : Functions()) f();
}

}  // namespace podium::bench
