#include "bench/models/evaluate.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>

namespace podium::models {

void SetInput(std::span<const std::byte> input, ElementType type, Scale scale, Runner& runner) {
  const bool s8 = runner.input_type() == DataType::kS8;
  const auto s8_in = runner.input<std::int8_t>();
  const auto f32_in = runner.input<float>();
  const std::size_t count = s8 ? s8_in.size() : f32_in.size();
  assert(input.size() == count * (type == ElementType::kF32 ? sizeof(float) : 1));
  for (std::size_t i = 0; i < count; ++i) {
    if (runner.input_type() == DataType::kS32) {
      runner.input<std::int32_t>()[i] = std::to_integer<std::int32_t>(input[i]);
      continue;
    }
    if (type == ElementType::kF32) {
      float value;
      std::memcpy(&value, input.data() + i * sizeof(value), sizeof(value));
      if (s8) {
        const float q = std::round(value / scale.scale) + static_cast<float>(scale.zero_point);
        s8_in[i] = static_cast<std::int8_t>(std::clamp(q, -128.0f, 127.0f));
      } else {
        f32_in[i] = value;
      }
      continue;
    }
    const int byte = std::to_integer<int>(input[i]);
    const int q = type == ElementType::kU8 ? byte - 128 : static_cast<std::int8_t>(byte);
    if (s8) {
      s8_in[i] = static_cast<std::int8_t>(q);
    } else {
      f32_in[i] = scale.scale * static_cast<float>(q - scale.zero_point);
    }
  }
}

std::vector<float> Scores(const Runner& runner) {
  if (runner.output_type() == DataType::kS8) {
    const auto scores = runner.output<std::int8_t>();
    return {scores.begin(), scores.end()};
  }
  const auto scores = runner.output<float>();
  return {scores.begin(), scores.end()};
}

Evaluation Evaluate(const Dataset& set, Scale scale, Runner& runner) {
  Evaluation result;
  for (std::size_t i = 0; i < set.size(); ++i) {
    SetInput(set.input(i), set.type, scale, runner);
    runner.Run();
    const std::vector<float> scores = Scores(runner);
    result.scores.insert(result.scores.end(), scores.begin(), scores.end());
    result.classes = scores.size();
    result.predicted.push_back(
        static_cast<std::size_t>(std::ranges::max_element(scores) - scores.begin()));
    result.correct += result.predicted.back() == set.labels[i];
  }
  return result;
}

double Agreement(const Evaluation& a, const Evaluation& b) {
  std::size_t same = 0;
  for (std::size_t i = 0; i < a.predicted.size(); ++i) same += a.predicted[i] == b.predicted[i];
  return static_cast<double>(same) / static_cast<double>(a.predicted.size());
}

}  // namespace podium::models
