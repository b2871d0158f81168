#include "tools/stats/proportions.h"

#include <cmath>

#include "tools/stats/distributions.h"

namespace podium::report {

Interval ScoreInterval(Proportion p, double alpha) {
  const double z = NormalQuantile(1 - alpha / 2);
  const auto n = static_cast<double>(p.of);
  const double middle = static_cast<double>(p.count) + z * z / 2;
  const double half = z * std::sqrt(z * z / 4 + n * p.value() * (1 - p.value()));
  // Exact ends: rounding would leave them some 1e-17 off, to either side.
  return {p.count == 0 ? 0 : (middle - half) / (n + z * z),
          p.count == p.of ? 1 : (middle + half) / (n + z * z)};
}

Interval DifferenceInterval(Proportion a, Proportion b, double alpha) {
  const Interval of_a = ScoreInterval(a, alpha), of_b = ScoreInterval(b, alpha);
  const double difference = b.value() - a.value();
  return {difference - std::hypot(b.value() - of_b.lo, of_a.hi - a.value()),
          difference + std::hypot(of_b.hi - b.value(), a.value() - of_a.lo)};
}

}  // namespace podium::report
