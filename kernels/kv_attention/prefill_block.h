// Sizes that the scratch of prefill_attention.h is made of.
#pragma once

#include <cstddef>

namespace podium {

// Tokens whose keys and values are packed at once: they, with head_dim 128, fill half of a 512 KiB L2.
inline constexpr std::size_t kPrefillKeys = 256;
// Query tokens of one head that meet them at once.
inline constexpr std::size_t kPrefillQueries = 48;
// A row of scores, and what whole batches may write beyond.
inline constexpr std::size_t kPrefillLd = kPrefillKeys + 16;
// Packed channels come in panels of up to 64.
inline constexpr std::size_t kPrefillPanel = 64;

}  // namespace podium
