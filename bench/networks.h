// The networks that ./bench measures: MLPerf Tiny's, from --data_dir, and small ones that are part
// of the program; each with inputs, and in the variants that its rows have.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/models/dataset.h"
#include "bench/models/evaluate.h"
#include "bench/models/graph.h"
#include "bench/register.h"
#include "kernels/kernel_table.h"

namespace podium::bench {

enum class Task { kClassify, kDetectAnomalies };

struct Network {
  std::string name;
  Task task = Task::kClassify;
  std::map<std::string, models::Graph> variants;  // "f32" is the baseline
  models::Scale scale;                            // see SetInput
  models::Dataset data;
  bool labelled = false;  // else the data are random
  absl::Status status;    // why there is none, in one line
};

// Names and variants of all networks, whether or not their files are there.
struct NetworkName {
  std::string name;
  std::vector<std::string> variants;
};
const std::vector<NetworkName>& NetworkNames();

// "quantization" of "int8", "fusion,quantization" of "fuse+quantize".
std::string TechniquesOfVariant(const std::string& variant);

// Loaded once, when first asked for.
const Network& GetNetwork(const std::string& name);

struct NetworkQuality {
  models::Evaluation evaluation;
  std::optional<double> accuracy;        // top-1; of a detector the area under the ROC curve
  std::optional<double> top1_agreement;  // with the f32 network, of what classifies
  double sqnr_db = 0;                    // of the scores' real values against that network's
};

// All inputs through one variant, once per ISA in the life of the process.
absl::StatusOr<std::shared_ptr<const NetworkQuality>> Evaluated(const Network& network,
                                                                const std::string& variant,
                                                                const KernelTable& kernels);

// A row without figures, with the reason.
inline Row Failed(const absl::Status& why) {
  Row row;
  row.error = std::string(why.message());
  return row;
}

// Appends to --accuracy_log, once for each of these, a line for each labelled input.
struct Scored {
  std::string network, variant;
  Isa isa;
};
void LogScores(const Scored& scored, const models::Dataset& data,
               const models::Evaluation& evaluation);

}  // namespace podium::bench
