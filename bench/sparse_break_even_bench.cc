// From which sparsity on does a sparse format pay? Rows
//
//   sparse_break_even/variant:<format>/isa:<isa>/M:<M>/N:<N>/K:<K>
//
// each iteration of which is a round: one multiplication by dense weights, and one by weights of
// each sparsity of a grid, in an order drawn anew, so that all are measured under the same conditions.
// All have run before, by each copy of their weights. Every round gives an
// estimate of the break-even sparsity, in percent; reported are their median, `break_even`, and its
// 95 % confidence interval, `break_even_lo` to `break_even_hi`. A value at the lower end of the
// grid says "that or less"; 100 says "never".
//
// Dense means FP32 for the FP32 formats and INT8 for the INT8 format. The time of a row is that of
// a round, and no claim of speed. Verified is the product of the sparsest weights; the rows of
// sparse_gemm verify the others.
#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "bench/aligned.h"
#include "bench/break_even.h"
#include "bench/caches.h"
#include "bench/matmul_problem.h"
#include "bench/matmul_row.h"
#include "bench/register.h"
#include "bench/shapes.h"
#include "bench/sparse_formats.h"

namespace podium::bench {
namespace {

constexpr double kGrid[] = {20, 40, 50, 60, 70, 80, 90, 95};  // percent

// A multiplication by each in turn of several copies of its weights, so many that between two uses
// of one, the copies of all products of a round together exceed the caches.
class Product {
 public:
  Product(const Matmul<float>& matmul, const MatmulWorkload& workload, std::size_t products)
      : matmul_(matmul),
        c_(workload.shape.M * workload.shape.N),
        weights_(matmul,
                 workload.cold_weights ? UncachedBytes() / products / matmul.packed_bytes + 1 : 1),
        multiply_(weights_.Bind(matmul, c_.data())) {}
  Product(const Product&) = delete;
  Product& operator=(const Product&) = delete;

  // How long one takes, in seconds.
  double Time() {
    const auto start = std::chrono::steady_clock::now();
    multiply_[next_]();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    next_ = (next_ + 1) % multiply_.size();
    return elapsed.count();
  }

  void WarmUp() {
    for (const auto& multiply : multiply_) multiply();
  }

  const AlignedVector<float>& c() const { return c_; }  // of the last multiplication
  std::size_t bytes() const { return weights_.bytes(); }

 private:
  const Matmul<float> matmul_;  // owns the activations
  AlignedVector<float> c_;
  const PackedCopies weights_;
  std::vector<std::function<void()>> multiply_;
  std::size_t next_ = 0;
};

Row MakeBreakEven(const SparseFormat& format, const MatmulWorkload& workload,
                  const KernelTable& kernels) {
  struct State {
    std::vector<std::unique_ptr<Product>> products;  // the dense one, then those of kGrid
    std::vector<std::size_t> order;
    std::mt19937 rng{1};
    SparseMatmul sparsest;
    std::vector<double> estimates;  // of the rounds of a repetition
  };
  constexpr std::size_t kProducts = std::size(kGrid) + 1;
  const auto s = std::make_shared<State>();
  const auto add = [&](const Matmul<float>& matmul) {
    s->order.push_back(s->products.size());
    s->products.push_back(std::make_unique<Product>(matmul, workload, kProducts));
  };
  add(format.int8 ? DenseU8S8F32(workload, kernels) : MatmulF32(workload, kernels));
  for (const double sparsity : kGrid) {
    s->sparsest = format.make(workload, static_cast<int>(sparsity), kernels);
    add(s->sparsest.matmul);
  }
  Row row;
  for (const auto& product : s->products) {
    row.operand_bytes += product->bytes();
    product->WarmUp();
  }
  row.run = [s] {
    std::shuffle(s->order.begin(), s->order.end(), s->rng);
    double seconds[kProducts];
    for (const std::size_t i : s->order) seconds[i] = s->products[i]->Time();
    std::vector<double> ratios;
    for (std::size_t i = 1; i < kProducts; ++i) ratios.push_back(seconds[i] / seconds[0]);
    s->estimates.push_back(BreakEven(kGrid, ratios));
  };
  row.verify = [s, shape = workload.shape] {
    s->estimates.clear();  // the round that is verified met cold caches
    return s->sparsest.check(s->sparsest.Result(shape, s->products.back()->c()));
  };
  row.found = [s] {
    const MedianInterval of = MedianOf(std::exchange(s->estimates, {}));
    std::vector<std::pair<std::string, double>> figures = {{"break_even", of.median}};
    if (of.interval) {
      figures.emplace_back("break_even_lo", of.interval->first);
      figures.emplace_back("break_even_hi", of.interval->second);
    }
    return figures;
  };
  return row;
}

const bool kRegistered = [] {
  for (const MatmulShape& shape : kBreakEvenShapes) {
    const MatmulWorkload workload = {.shape = shape, .cold_weights = shape.M == 1};
    for (const SparseFormat& format : SparseFormats()) {
      RegisterForEachIsa({.family = "sparse_break_even", .name = format.name, .techniques = ""},
                         MatmulKeys(workload), [=](const KernelTable& kernels) {
                           return MakeBreakEven(format, workload, kernels);
                         });
    }
  }
  return true;
}();

}  // namespace
}  // namespace podium::bench
