// Where a network's time goes: its layers, each with its share, and whether arithmetic or memory bounds it.
//
// Layers are rows of a family `<family>_layer` with a key `layer:`; rows that share all else are one network.
// The roofline (Williams et al., doi:10.1145/1498765.1498785) is of what the rows of `machine/` measured on
// the same ISA in the same run: no layer takes less than its operations at the peak, nor than its bytes at
// the speed at which the smallest cache that holds them is read. The larger of the two bounds it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/submission/figure.h"

namespace podium::report {

enum class Bound { kCompute, kMemory };

struct Cost {
  std::string name;  // of the layer, or of its kind: "03_conv2d", "conv2d"
  Figure time_s;
  double share = 0;                         // of the time of all layers
  std::optional<double> operations, bytes;  // of one run; null where a row does not report them
  std::optional<double> roof_s;             // the least time by the roofline; null with the reason
  Bound bound = Bound::kCompute;            // where there is roof_s
  std::string memory;                       // where the bytes are read from: "L1", "memory"
  std::string reason;

  // Operations per byte; null where either is not known.
  std::optional<double> intensity() const;
  // roof_s / time; bytes written count as read, so that what only moves them may exceed 1.
  std::optional<double> of_roof() const;
};

struct CostProfile {
  std::string workload, variant, isa;  // of the network: "model/net:kws"
  double time_s = 0;                   // of all layers
  const Entry* whole =
      nullptr;              // the row of the network as a whole (batch 1); null if there is none
  std::vector<Cost> costs;  // the most expensive first
};

// In order of appearance. With `by_kind`, layers of a kind are one line: their times, operations, bytes and
// roofs are added up. Pointers are into `entries`.
std::vector<CostProfile> CostsOf(const std::vector<Entry>& entries, bool by_kind);

}  // namespace podium::report
