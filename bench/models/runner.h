// A network ready to run on the kernels of one ISA: weights packed, memory planned. A run allocates
// nothing.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/models/graph.h"
#include "bench/models/layers.h"
#include "kernels/kernel_table.h"

namespace podium::models {

class Runner {
 public:
  // InvalidArgument or Unimplemented, saying which operator, where the graph cannot be run. The
  // kernels outlive the runner; the graph need not.
  static absl::StatusOr<Runner> Make(const Graph& graph, const KernelTable& kernels);

  // T is the type of the tensor. The input may lie where later layers write: set it before each
  // run.
  template <class T>
  std::span<T> input() {
    return {reinterpret_cast<T*>(arena_.data() + input_.offset), input_.bytes / sizeof(T)};
  }
  template <class T>
  std::span<const T> output() const {
    return {reinterpret_cast<const T*>(arena_.data() + output_.offset), output_.bytes / sizeof(T)};
  }

  void Run() {
    for (std::size_t i = 0; i < layers_.size(); ++i) RunLayer(i);
  }
  // One layer, on what the one before left: for timing it alone.
  void RunLayer(std::size_t i) { layers_[i].run(io_[i]); }

  // From now on, of a network on tokens, the first `rows` of them, of which the first stands at
  // `position`. Caches remember those before it, and forget what they have from it on; without them
  // attention begins at position 0.
  void SetTokens(std::size_t rows, std::size_t position) {
    for (LayerIo& io : io_) {
      io.rows = rows;
      io.position = position;
    }
  }

  // What layer i, of an f32 network, has left: `count` values, until a later layer overwrites them.
  std::span<const float> layer_output(std::size_t i, std::size_t count) const {
    return {reinterpret_cast<const float*>(io_[i].y), count};
  }
  DataType input_type() const { return input_type_; }
  DataType output_type() const { return output_type_; }
  std::span<const Layer> layers() const { return layers_; }
  double macs() const;
  std::size_t weight_bytes() const;
  std::size_t cache_bytes() const;  // keys and values that are kept from run to run
  std::size_t activation_bytes() const { return activation_bytes_; }  // the peak, scratch included

 private:
  struct Place {
    std::size_t offset, bytes;
  };

  explicit Runner(std::size_t activation_bytes)
      : arena_(activation_bytes), activation_bytes_(activation_bytes) {}

  AlignedBytes arena_;
  std::size_t activation_bytes_;
  Place input_ = {}, output_ = {};
  DataType input_type_ = DataType::kF32, output_type_ = DataType::kF32;
  std::vector<Layer> layers_;
  std::vector<LayerIo> io_;
};

}  // namespace podium::models
