#include "tools/stats/distributions.h"

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cassert>
#include <cmath>

namespace podium::report {
namespace {

namespace math = boost::math;
namespace policies = boost::math::policies;
// Overflow gives infinity and a bad argument NaN; Boost's default throws. Its default would also
// compute in long double, whose width differs between platforms: a submission made on one is
// validated on another. Double is 3 times faster and, over 31 000 p-values from 1 to 1e-300, within
// 4.2e-13 of R.
using OurPolicy = policies::policy<
    policies::domain_error<policies::ignore_error>, policies::pole_error<policies::ignore_error>,
    policies::overflow_error<policies::ignore_error>,
    policies::evaluation_error<policies::ignore_error>, policies::promote_double<false>>;
using StudentT = math::students_t_distribution<double, OurPolicy>;
using Normal = math::normal_distribution<double, OurPolicy>;
using Binomial = math::binomial_distribution<double, OurPolicy>;

Binomial MakeBinomial(std::size_t n, double q) {
  assert(q > 0 && q < 1);
  return Binomial(static_cast<double>(n), q);
}

}  // namespace

double StudentTwoSidedP(double t, double df) {
  assert(df > 0);
  return 2 * math::cdf(math::complement(StudentT(df), std::abs(t)));
}

double StudentCriticalValue(double alpha, double df) {
  assert(alpha > 0 && alpha < 1 && df > 0);
  return math::quantile(math::complement(StudentT(df), alpha / 2));
}

double StudentBelow(double t, double df) {
  assert(df > 0);
  return math::cdf(StudentT(df), t);
}

double NormalBelow(double z) { return math::cdf(Normal(), z); }

double NormalQuantile(double p) {
  assert(p > 0 && p < 1);
  return math::quantile(Normal(), p);
}

double BinomialProbability(std::size_t n, double q, std::size_t k) {
  return math::pdf(MakeBinomial(n, q), static_cast<double>(k));
}

double BinomialBelow(std::size_t n, double q, std::size_t k) {
  return k == 0 ? 0 : math::cdf(MakeBinomial(n, q), static_cast<double>(k - 1));
}

double BinomialAtLeast(std::size_t n, double q, std::size_t k) {
  return k == 0 ? 1 : math::cdf(math::complement(MakeBinomial(n, q), static_cast<double>(k - 1)));
}

}  // namespace podium::report
