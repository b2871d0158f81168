// Six ways in which a machine disturbs a benchmark, as ln(time) about 0.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "absl/strings/string_view.h"

namespace podium::report {

// The same numbers on every platform, but for the last digits of ln, sin and cos.
class Random {
 public:
  explicit Random(std::uint64_t seed) : bits_(seed) {}
  double Uniform() { return (static_cast<double>(bits_() >> 11) + 0.5) * 0x1p-53; }
  double Normal() {  // Box and Muller (1958)
    const double radius = std::sqrt(-2 * std::log(Uniform()));
    return radius * std::cos(6.283185307179586 * Uniform());
  }

 private:
  std::mt19937_64 bits_;
};

struct Noise {
  absl::string_view name;
  bool independent;         // from one process to the next
  std::size_t repetitions;  // that each of several processes makes; a lone one makes them all
  // Processes one after the other, the repetitions of each at successive moments.
  std::vector<double> (*draw)(Random& random, std::size_t processes, std::size_t repetitions);
};

inline constexpr double kSigma = 0.02;

inline std::vector<double> DrawAutoregressive(Random& random, std::size_t moments, double rho) {
  std::vector<double> values = {kSigma * random.Normal()};
  while (values.size() < moments) {
    values.push_back(rho * values.back() + std::sqrt(1 - rho * rho) * kSigma * random.Normal());
  }
  return values;
}

inline constexpr std::array<Noise, 6> kNoises = {{
    {"lognormal", true, 1,
     [](Random& random, std::size_t processes, std::size_t repetitions) {
       std::vector<double> values(processes * repetitions);
       for (double& value : values) value = kSigma * random.Normal();
       return values;
     }},
    {"bimodal, 20 % slower by 10 %", true, 1,
     [](Random& random, std::size_t processes, std::size_t repetitions) {
       std::vector<double> values(processes * repetitions);
       for (double& value : values) {
         value = kSigma * random.Normal() + (random.Uniform() < 0.2 ? std::log(1.1) : 0);
       }
       return values;
     }},
    {"AR(1) 0.5", false, 1,
     [](Random& random, std::size_t processes, std::size_t repetitions) {
       return DrawAutoregressive(random, processes * repetitions, 0.5);
     }},
    {"AR(1) 0.9", false, 1,
     [](Random& random, std::size_t processes, std::size_t repetitions) {
       return DrawAutoregressive(random, processes * repetitions, 0.9);
     }},
    {"drift of 4 %", false, 1,
     [](Random& random, std::size_t processes, std::size_t repetitions) {
       std::vector<double> values(processes * repetitions);
       for (std::size_t i = 0; i < values.size(); ++i) {
         values[i] = kSigma * random.Normal() +
                     0.04 * static_cast<double>(i) / static_cast<double>(values.size());
       }
       return values;
     }},
    // With one repetition a process this would be the first kind again.
    {"process effect, ICC 0.5", true, 3,
     [](Random& random, std::size_t processes, std::size_t repetitions) {
       const double part = kSigma * std::sqrt(0.5);
       std::vector<double> values;
       for (std::size_t i = 0; i < processes; ++i) {
         const double process = part * random.Normal();
         for (std::size_t k = 0; k < repetitions; ++k) {
           values.push_back(process + part * random.Normal());
         }
       }
       return values;
     }},
}};

}  // namespace podium::report
