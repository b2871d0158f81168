// What is run when: which rows share a process, which sides are compared, and in which order.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace podium::report {

// One side of a comparison: a program and the rows of it that run in one process.
struct RunSide {
  std::string name;               // as in ProcessRecord::side
  std::size_t binary = 0;         // index of the binary that it runs
  std::vector<std::string> rows;  // full names of benchmarks
};

// Rows that are compared with each other, and therefore run one right after the other.
struct Block {
  std::vector<RunSide> sides;
};

// One process to start.
struct Cell {
  std::size_t block;
  std::size_t side;
  long env_padding_bytes;
};

// Orders of `sides` things in which each takes every place, and follows every other, equally often
// (Williams 1949): two orders for two, a Latin square for an even number, two for an odd one. So
// neither a drift of the machine nor what the process before leaves behind favours a side.
std::vector<std::vector<std::size_t>> BalancedOrders(std::size_t sides);

// Gives out rounds. Each round runs every block once, blocks in random order, its sides in an order
// of the block's square; each square is used up, in random order, before it begins anew. Two sides
// so run as ABBA or BAAB. The same seed gives the same schedule on every platform.
class Schedule {
 public:
  // Environments of different size move the stack, and with it what shares a cache set: an effect
  // as large as many optimizations (Mytkowicz and others 2009). Drawn anew for each process.
  static constexpr long kMostPaddingBytes = 4096;

  Schedule(std::vector<Block> blocks, std::uint64_t seed);

  const std::vector<Block>& blocks() const { return blocks_; }
  // True if the block's square is used up: where it may stop without favouring a side.
  bool IsBalanced(std::size_t block) const { return orders_left_[block].empty(); }
  // The next round, of the blocks given.
  std::vector<Cell> NextRound(std::vector<std::size_t> active);

 private:
  std::size_t Below(std::size_t n);
  template <typename T>
  void Shuffle(std::vector<T>& values);

  std::vector<Block> blocks_;
  std::vector<std::vector<std::vector<std::size_t>>> orders_left_;  // by block
  std::mt19937_64 random_;
};

}  // namespace podium::report
