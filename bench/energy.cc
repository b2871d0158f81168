#include "bench/energy.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace podium::bench {
namespace {

namespace fs = std::filesystem;

template <class T>
std::optional<T> ReadValue(const fs::path& path) {
  std::ifstream file(path);
  T value;
  if (!(file >> value)) return std::nullopt;
  return value;
}

}  // namespace

EnergyMeter::EnergyMeter(const std::string& powercap) {
  std::error_code error;
  std::vector<fs::path> zones;
  for (fs::directory_iterator it(powercap, error), end; !error && it != end; it.increment(error)) {
    zones.push_back(it->path());
  }
  std::sort(zones.begin(), zones.end());
  for (const fs::path& zone : zones) {
    // Of the zones only whole packages: cores and memory are parts of one, psys is more than the CPU.
    const auto name = ReadValue<std::string>(zone / "name");
    if (!name || !absl::StartsWith(*name, "package-")) continue;
    const fs::path counter = zone / "energy_uj";
    const auto range = ReadValue<std::uint64_t>(zone / "max_energy_range_uj");
    if (!range || !ReadValue<std::uint64_t>(counter)) {
      packages_.clear();
      source_.clear();
      reason_ = absl::StrCat(counter.string(), ": cannot be read: Linux lets only root do so");
      return;
    }
    packages_.push_back({counter.string(), *range});
    absl::StrAppend(&source_, source_.empty() ? "RAPL: " : ", ", *name);
  }
  if (packages_.empty()) reason_ = absl::StrCat(powercap, ": no RAPL counter of a package");
}

EnergyMeter::Reading EnergyMeter::Read() const {
  Reading reading;
  for (const Package& package : packages_) {
    const auto value = ReadValue<std::uint64_t>(package.counter);
    if (!value) return {};
    reading.push_back(*value);
  }
  return reading;
}

std::optional<double> EnergyMeter::JoulesSince(const Reading& start) const {
  const Reading now = Read();
  if (now.empty() || now.size() != start.size()) return std::nullopt;
  double microjoules = 0;
  for (std::size_t i = 0; i < now.size(); ++i) {
    const std::uint64_t again = now[i] < start[i] ? packages_[i].range : 0;
    microjoules += static_cast<double>(now[i] + again - start[i]);
  }
  return microjoules * 1e-6;
}

const EnergyMeter& ThisEnergyMeter() {
  static const auto* const meter = new EnergyMeter;
  return *meter;
}

}  // namespace podium::bench
