#include "tools/stats/bootstrap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/tools/stats/agrees_with.h"

namespace podium::report {
namespace {

std::vector<double> Values(int n) {
  std::vector<double> values;
  for (int i = 0; i < n; ++i) values.push_back(i * i % 17 + 0.25 * i);
  return values;
}

std::optional<Interval> OfMean(const std::vector<double>& values) {
  return BcaInterval(
      values.size(),
      [&](std::span<const std::size_t> units) {
        double sum = 0;
        for (const std::size_t unit : units) sum += values[unit];
        return sum / static_cast<double>(units.size());
      },
      0.05);
}

// NumPy, with the same generator:
//   x = np.array([i * i % 17 + .25 * i for i in range(20)]); g = np.random.MT19937()
//   g._legacy_seeding(1)
//   i = np.array([int(r) * 20 >> 32 for r in g.random_raw(40000)]).reshape(2000, 20)
//   f = x[i].mean(1); z = norm.ppf(((f < x.mean()).sum() + .5 * (f == x.mean()).sum()) / 2000)
//   j = np.array([np.delete(x, i).mean() for i in range(20)]); u = j.mean() - j
//   a = (u**3).sum() / (6 * (u**2).sum()**1.5)
//   w = t.ppf(.975, 19) * np.sqrt(20 / 19)
//   [np.quantile(f, norm.cdf(z + (z + s * w) / (1 - a * (z + s * w)))) for s in (-1, 1)]
TEST(BcaInterval, AgreesWithNumPy) {
  const Interval interval = OfMean(Values(20)).value();
  EXPECT_THAT(interval.lo, AgreesWith(6.842693299395872));
  EXPECT_THAT(interval.hi, AgreesWith(12.2));
}

TEST(BcaInterval, NeedsFifteenUnits) {
  EXPECT_FALSE(OfMean(Values(14)));
  EXPECT_TRUE(OfMean(Values(15)));
}

TEST(BcaInterval, IsNullWithoutSpread) { EXPECT_FALSE(OfMean(std::vector<double>(20, 3.0))); }

}  // namespace
}  // namespace podium::report
