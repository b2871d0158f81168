// Arithmetic only, no functions of the C library, whose last bits differ between machines.
#include "bench/models/synthetic.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <vector>

#include "absl/strings/str_cat.h"

namespace podium::models {
namespace {

class Random {
 public:
  Random(Split split, std::uint32_t kind)
      : rng_(20260101u + 1000 * kind + static_cast<std::uint32_t>(split)) {}

  float Uniform(float lo, float hi) {
    return lo + (hi - lo) * (static_cast<float>(rng_() >> 8) * 0x1p-24f);
  }
  // Of mean 0 and variance 1: twelve uniform ones, whose sum is close to normal.
  float Normal() {
    float sum = -6;
    for (int i = 0; i < 12; ++i) sum += Uniform(0, 1);
    return sum;
  }
  std::size_t Below(std::size_t n) { return rng_() % n; }

 private:
  std::mt19937 rng_;
};

struct Point {
  float x, y;
};

// Strokes of each digit in a square of side 1, y downwards; a point beyond it lifts the pen.
constexpr Point kLift = {2, 2};
const std::vector<Point>& Glyph(std::size_t digit) {
  static const auto* const glyphs = new std::array<std::vector<Point>, 10>{{
      {{.5f, 0}, {.15f, .2f}, {.1f, .6f}, {.3f, 1}, {.6f, 1}, {.85f, .7f}, {.85f, .25f}, {.5f, 0}},
      {{.3f, .2f}, {.55f, 0}, {.55f, 1}},
      {{.1f, .25f}, {.35f, 0}, {.75f, .05f}, {.85f, .35f}, {.1f, 1}, {.9f, 1}},
      {{.15f, .05f}, {.7f, 0}, {.8f, .25f}, {.45f, .45f}, {.85f, .65f}, {.7f, .95f}, {.1f, .95f}},
      {{.7f, 1}, {.7f, 0}, {.1f, .65f}, {.95f, .65f}},
      {{.85f, 0}, {.2f, 0}, {.15f, .45f}, {.65f, .4f}, {.85f, .7f}, {.6f, 1}, {.1f, .95f}},
      {{.75f, 0}, {.3f, .3f}, {.15f, .7f}, {.4f, 1}, {.75f, .9f}, {.75f, .6f}, {.2f, .6f}},
      {{.1f, 0}, {.9f, 0}, {.4f, 1}, kLift, {.3f, .5f}, {.8f, .5f}},
      {{.5f, .45f},
       {.2f, .2f},
       {.5f, 0},
       {.8f, .2f},
       {.5f, .45f},
       {.15f, .75f},
       {.5f, 1},
       {.85f, .75f},
       {.5f, .45f}},
      {{.8f, .4f}, {.3f, .45f}, {.2f, .15f}, {.55f, 0}, {.8f, .15f}, {.8f, .5f}, {.5f, 1}},
  }};
  return (*glyphs)[digit];
}

float Distance(Point p, Point a, Point b) {
  const float dx = b.x - a.x, dy = b.y - a.y, length2 = dx * dx + dy * dy;
  const float along = length2 == 0 ? 0 : ((p.x - a.x) * dx + (p.y - a.y) * dy) / length2;
  const float t = std::clamp(along, 0.0f, 1.0f);
  const float ex = p.x - a.x - t * dx, ey = p.y - a.y - t * dy;
  return std::sqrt(ex * ex + ey * ey);
}

using Image = std::array<float, kDigitSide * kDigitSide>;

// Ink of a line from a to b, in pixels, as dark as the darkest that crosses a pixel.
void Draw(Image& image, Point a, Point b, float width, float ink) {
  for (std::size_t y = 0; y < kDigitSide; ++y) {
    for (std::size_t x = 0; x < kDigitSide; ++x) {
      const Point p = {static_cast<float>(x), static_cast<float>(y)};
      const float covered = std::clamp(width / 2 + 0.5f - Distance(p, a, b), 0.0f, 1.0f);
      float& pixel = image[y * kDigitSide + x];
      pixel = std::max(pixel, ink * covered);
    }
  }
}

std::byte ToByte(float value) {
  return static_cast<std::byte>(static_cast<int>(std::clamp(value, 0.0f, 255.0f) + 0.5f));
}

Image DrawDigit(std::size_t digit, Random& random) {
  const float width = random.Uniform(7, 11), height = random.Uniform(9, 13),
              slant = random.Uniform(-0.35f, 0.35f), tilt = random.Uniform(-0.3f, 0.3f),
              bend = random.Uniform(-0.25f, 0.25f), x0 = random.Uniform(-2, 2),
              y0 = random.Uniform(-1.5f, 1.5f), stroke = random.Uniform(0.9f, 2.2f),
              ink = random.Uniform(120, 220);
  const auto place = [&](Point p) {
    const float u = p.x - 0.5f, v = p.y - 0.5f;
    return Point{7.5f + x0 + width * (u + slant * v + bend * v * v),
                 7.5f + y0 + height * (v + tilt * u)};
  };
  Image image = {};
  const std::vector<Point>& points = Glyph(digit);
  std::vector<Point> placed;
  for (const Point p : points) {
    const Point jitter = {p.x + 0.05f * random.Normal(), p.y + 0.05f * random.Normal()};
    placed.push_back(p.x == kLift.x ? kLift : place(jitter));
  }
  for (std::size_t i = 1; i < points.size(); ++i) {
    if (points[i].x != kLift.x && points[i - 1].x != kLift.x) {
      Draw(image, placed[i - 1], placed[i], stroke, ink);
    }
  }
  // A scratch across, and noise. (Arguments of a call would be drawn in an order of the compiler's.)
  const float scratch_ink = random.Uniform(60, 180), scratch_width = random.Uniform(0.5f, 1.2f),
              right = random.Uniform(0, 15), left = random.Uniform(0, 15);
  Draw(image, {0, left}, {15, right}, scratch_width, scratch_ink);
  const float noise = random.Uniform(15, 45), paper = random.Uniform(0, 40);
  for (float& pixel : image) pixel += paper + noise * random.Normal();
  return image;
}

void AppendInput(Dataset& set, std::span<const float> values, std::size_t label,
                 absl::string_view name) {
  for (const float value : values) set.data.push_back(ToByte(value));
  set.names.push_back(absl::StrCat(name, "#", set.labels.size()));
  set.labels.push_back(label);
}

using Spectrum = std::array<float, kHumBands>;

// A tone at a band between two, of so much energy: most in the nearest, some in the next.
void AddTone(Spectrum& spectrum, float band, float level) {
  for (std::size_t b = 0; b < kHumBands; ++b) {
    const float distance = std::abs(static_cast<float>(b) - band);
    if (distance < 2) spectrum[b] += level * (1 - distance / 2);
  }
}

Spectrum MakeHum(bool anomaly, Random& random) {
  const float speed = random.Uniform(7.5f, 9.5f), load = random.Uniform(0.6f, 1.4f),
              floor = random.Uniform(40, 60), fall = random.Uniform(0.2f, 0.5f);
  const std::size_t kind = anomaly ? random.Below(3) : 3;
  constexpr std::size_t kHarmonics = 6;
  const std::size_t missing = kind == 0 ? random.Below(3) : kHarmonics;
  Spectrum spectrum = {};
  for (std::size_t h = 0; h < kHarmonics; ++h) {
    const float level = load * (110 - 12 * static_cast<float>(h)) * random.Uniform(0.75f, 1.25f);
    AddTone(spectrum, speed * static_cast<float>(h + 1) - 1, h == missing ? 0.15f * level : level);
  }
  if (kind == 1) {
    const auto harmonic = static_cast<float>(random.Below(5));
    const float between = harmonic + random.Uniform(1.35f, 1.65f);
    AddTone(spectrum, speed * between - 1, random.Uniform(45, 95));
  }
  const std::size_t raised = random.Below(kHumBands - 12);
  const float by = kind == 2 ? random.Uniform(14, 30) : 0;
  for (std::size_t b = 0; b < kHumBands; ++b) {
    if (b >= raised && b < raised + 12) spectrum[b] += by;
    spectrum[b] += floor - fall * static_cast<float>(b) + 5 * random.Normal();
  }
  return spectrum;
}

}  // namespace

Dataset Digits(Split split, std::size_t count) {
  Random random(split, 1);
  Dataset set = {.type = ElementType::kU8, .input_size = kDigitSide * kDigitSide};
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t digit = random.Below(10);
    AppendInput(set, DrawDigit(digit, random), digit, "digits");
  }
  return set;
}

Dataset Hum(Split split, std::size_t count) {
  Random random(split, 2);
  Dataset set = {.type = ElementType::kU8, .input_size = kHumBands};
  for (std::size_t i = 0; i < count; ++i) {
    const bool anomaly = split == Split::kTest && random.Below(2) == 1;
    AppendInput(set, MakeHum(anomaly, random), anomaly ? 1 : 0, "hum");
  }
  return set;
}

}  // namespace podium::models
