#include "tools/runner/schedule.h"

#include <utility>

namespace podium::report {

std::vector<std::vector<std::size_t>> BalancedOrders(std::size_t sides) {
  std::vector<std::vector<std::size_t>> orders;
  for (std::size_t shift = 0; shift < sides; ++shift) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < sides; ++i) {  // 0, 1, k-1, 2, k-2, ...
      const std::size_t zigzag = i % 2 == 1 ? (i + 1) / 2 : (sides - i / 2) % sides;
      order.push_back((zigzag + shift) % sides);
    }
    orders.push_back(std::move(order));
  }
  // In a square of odd size the neighbours are balanced only together with the mirrored one.
  for (std::size_t i = 0; sides % 2 == 1 && sides > 1 && i < sides; ++i) {
    orders.emplace_back(orders[i].rbegin(), orders[i].rend());
  }
  return orders;
}

Schedule::Schedule(std::vector<Block> blocks, std::uint64_t seed)
    : blocks_(std::move(blocks)), orders_left_(blocks_.size()), random_(seed) {}

// By rejection: the distributions of the standard library differ between platforms.
std::size_t Schedule::Below(std::size_t n) {
  const std::uint64_t range = std::mt19937_64::max() - std::mt19937_64::max() % n;
  std::uint64_t value = random_();
  while (value >= range) value = random_();
  return static_cast<std::size_t>(value % n);
}

template <typename T>
void Schedule::Shuffle(std::vector<T>& values) {
  for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[Below(i)]);
}

std::vector<Cell> Schedule::NextRound(std::vector<std::size_t> active) {
  Shuffle(active);
  std::vector<Cell> round;
  for (const std::size_t block : active) {
    auto& orders = orders_left_[block];
    if (orders.empty()) {
      orders = BalancedOrders(blocks_[block].sides.size());
      Shuffle(orders);
    }
    for (const std::size_t side : orders.back()) {
      round.push_back({block, side, static_cast<long>(Below(kMostPaddingBytes))});
    }
    orders.pop_back();
  }
  return round;
}

}  // namespace podium::report
