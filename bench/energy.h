// Energy, as the processor counts it: RAPL's packages, which Linux shows under powercap. A package is all of
// its cores, caches and whatever else runs there at the time; its counter moves about once a millisecond.
//
// Where no counter can be read there is a reason, and no figure: energy is never estimated.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace podium::bench {

class EnergyMeter {
 public:
  explicit EnergyMeter(const std::string& powercap = "/sys/class/powercap");

  const std::string& source() const {
    return source_;
  }  // "RAPL: package-0"; empty if there is none
  const std::string& reason() const { return reason_; }  // why there is none, in one line

  // What all packages have counted, in microjoules each.
  using Reading = std::vector<std::uint64_t>;
  Reading Read() const;
  // Joules from `start` on, of all packages; null if one cannot be read. A counter may have begun anew once.
  std::optional<double> JoulesSince(const Reading& start) const;

 private:
  struct Package {
    std::string counter;  // its file
    std::uint64_t range;  // the counter begins anew above it
  };
  std::vector<Package> packages_;
  std::string source_, reason_;
};

// That of this machine.
const EnergyMeter& ThisEnergyMeter();

}  // namespace podium::bench
