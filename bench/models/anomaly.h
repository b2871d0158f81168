// An autoencoder as a detector: the worse it reconstructs an input, the likelier an anomaly.
#pragma once

#include <optional>

#include "bench/models/dataset.h"
#include "bench/models/evaluate.h"

namespace podium::models {

// Area under the ROC curve of the mean square error of each reconstruction, of real value
// output_scale * (score - output_zero_point), as the score of label 1 against label 0: the share of
// pairs of one of each that are in the right order, ties half. Of recordings the mean over their
// windows is scored, as MLPerf Tiny does. Null where there are not both labels.
std::optional<double> AnomalyAuc(const Dataset& set, Scale input_scale, float output_scale,
                                 std::int32_t output_zero_point, const Evaluation& reconstructions);

}  // namespace podium::models
