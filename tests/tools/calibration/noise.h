// Six ways in which a machine disturbs a benchmark, as ln(time) about 0 at successive moments.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

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
  std::string_view name;
  bool independent;  // from one fresh process to the next
  // One value for each moment. `in_one_process`: all of them are repetitions of one process.
  std::vector<double> (*draw)(Random& random, std::size_t moments, bool in_one_process);
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
    {"lognormal", true,
     [](Random& random, std::size_t moments, bool) {
       std::vector<double> values;
       while (values.size() < moments) values.push_back(kSigma * random.Normal());
       return values;
     }},
    {"bimodal, 20 % slower by 10 %", true,
     [](Random& random, std::size_t moments, bool) {
       std::vector<double> values;
       while (values.size() < moments) {
         values.push_back(kSigma * random.Normal() + (random.Uniform() < 0.2 ? std::log(1.1) : 0));
       }
       return values;
     }},
    {"AR(1) 0.5", false,
     [](Random& random, std::size_t moments, bool) {
       return DrawAutoregressive(random, moments, 0.5);
     }},
    {"AR(1) 0.9", false,
     [](Random& random, std::size_t moments, bool) {
       return DrawAutoregressive(random, moments, 0.9);
     }},
    {"drift of 4 %", false,
     [](Random& random, std::size_t moments, bool) {
       std::vector<double> values;
       while (values.size() < moments) {
         values.push_back(kSigma * random.Normal() +
                          0.04 * static_cast<double>(values.size()) / static_cast<double>(moments));
       }
       return values;
     }},
    {"process effect, ICC 0.5", true,
     [](Random& random, std::size_t moments, bool in_one_process) {
       const double part = kSigma * std::sqrt(0.5);
       std::vector<double> values;
       double process = part * random.Normal();
       while (values.size() < moments) {
         values.push_back(process + part * random.Normal());
         if (!in_one_process) process = part * random.Normal();
       }
       return values;
     }},
}};

}  // namespace podium::report
