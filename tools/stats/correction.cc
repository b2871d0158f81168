#include "tools/stats/correction.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <numeric>

namespace podium::report {
namespace {

std::vector<std::size_t> AscendingOrder(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::less<>(), [&](std::size_t i) { return p[i]; });
  return order;
}

}  // namespace

std::vector<double> AdjustHolm(std::span<const double> p) {
  const std::vector<std::size_t> order = AscendingOrder(p);
  std::vector<double> adjusted(p.size());
  double largest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest, p[order[i]] * static_cast<double>(p.size() - i));
    adjusted[order[i]] = std::min(1.0, largest);
  }
  return adjusted;
}

std::vector<double> AdjustBenjaminiHochberg(std::span<const double> p) {
  const std::vector<std::size_t> order = AscendingOrder(p);
  std::vector<double> adjusted(p.size());
  double smallest = 1;
  for (std::size_t i = order.size(); i > 0; --i) {
    smallest = std::min(smallest,
                        p[order[i - 1]] * static_cast<double>(p.size()) / static_cast<double>(i));
    adjusted[order[i - 1]] = smallest;
  }
  return adjusted;
}

}  // namespace podium::report
