#include "bench/models/anomaly.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace podium::models {
namespace {

// The real value of element k of input i.
double ValueAt(const Dataset& set, std::size_t i, std::size_t k, Scale scale) {
  if (set.type == ElementType::kF32) {
    float value;
    std::memcpy(&value, set.input(i).data() + k * sizeof(value), sizeof(value));
    return value;
  }
  const int byte = std::to_integer<int>(set.input(i)[k]);
  const int q = set.type == ElementType::kU8 ? byte - 128 : static_cast<std::int8_t>(byte);
  return double{scale.scale} * (q - scale.zero_point);
}

}  // namespace

std::optional<double> AnomalyAuc(const Dataset& set, Scale input_scale, float output_scale,
                                 std::int32_t output_zero_point,
                                 const Evaluation& reconstructions) {
  std::vector<std::pair<double, bool>> scored;  // by error, ascending
  std::size_t windows = 0;                      // of the last one
  for (std::size_t i = 0; i < set.size(); ++i) {
    const std::span<const float> scores =
        std::span(reconstructions.scores).subspan(i * set.input_size, set.input_size);
    double sum = 0;
    for (std::size_t k = 0; k < set.input_size; ++k) {
      const double error = double{output_scale} * (double{scores[k]} - output_zero_point) -
                           ValueAt(set, i, k, input_scale);
      sum += error * error;
    }
    if (i > 0 && !set.recordings.empty() && set.recordings[i] == set.recordings[i - 1]) {
      double& mean = scored.back().first;
      mean += (sum - mean) / static_cast<double>(++windows);
      continue;
    }
    scored.emplace_back(sum, set.labels[i] == 1);
    windows = 1;
  }
  std::sort(scored.begin(), scored.end());
  // Each anomaly counts the normal inputs below it, and half of those with the same error.
  double ordered = 0, normal = 0, anomalies = 0;
  for (std::size_t i = 0; i < scored.size();) {
    double tied_normal = 0, tied_anomalies = 0;
    const double error = scored[i].first;
    for (; i < scored.size() && scored[i].first == error; ++i) {
      (scored[i].second ? tied_anomalies : tied_normal) += 1;
    }
    ordered += tied_anomalies * (normal + tied_normal / 2);
    normal += tied_normal;
    anomalies += tied_anomalies;
  }
  if (normal == 0 || anomalies == 0) return std::nullopt;
  return ordered / (normal * anomalies);
}

}  // namespace podium::models
