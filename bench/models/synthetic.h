// Data with true labels that needs no download: made from a seed, the same on every machine, hard enough
// that a good small network is right on nine of ten, not on all. What is measured on them is measured,
// but of what a network is worth on real data they say nothing.
#pragma once

#include <cstddef>
#include <cstdint>

#include "bench/models/dataset.h"

namespace podium::models {

// Disjoint by seed: weights are fitted to the first, ranges of activations to the second, and accuracy is
// measured on the third.
enum class Split : std::uint8_t { kTrain, kCalibration, kTest };

inline constexpr std::size_t kCalibrationInputs = 256, kTestInputs = 2000;

// Digits drawn as strokes into 16 x 16 pixels: sheared, scaled, shifted and bent, with strokes of varying
// width, a line across and noise. u8; label: the digit.
inline constexpr std::size_t kDigitSide = 16;
Dataset Digits(Split split, std::size_t count);

// Spectra of a machine's hum in 64 bands: harmonics of its speed over a floor, both varying. u8; label 1:
// an anomaly was planted (a harmonic missing, a tone between harmonics, or a raised part of the floor), in
// half of the inputs of kTest and in none of the others.
inline constexpr std::size_t kHumBands = 64;
Dataset Hum(Split split, std::size_t count);

}  // namespace podium::models
