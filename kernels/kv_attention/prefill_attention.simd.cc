// For each KV head and block of keys, its keys and values are widened and packed once, as the weights
// of two matrix multiplications by the kernels of dense/: scores = Q K^T, and out += weights V. All
// queries of all heads of the group meet the block, a few rows at a time, so that the scores between
// the two stay in L2. Sums wait in `out`, as in decoding.
#include "kernels/kv_attention/prefill_attention.h"

#include <cassert>
#include <limits>

#include "kernels/dense/mac_f32.h"
#include "kernels/kv_attention/chunk.h"
#include "kernels/kv_attention/decode_attention.h"
#include "kernels/kv_attention/online_softmax.h"
#include "kernels/kv_attention/prefill_block.h"
#include "kernels/simd/storage.h"
#include "kernels/simd/unroll.h"

namespace podium::PODIUM_ISA {
namespace {

static_assert(kPrefillPanel % kPanel<MacF32> == 0);
static_assert(kPrefillKeys % kPanel<MacF32> == 0 && kPrefillKeys <= MacF32::kBlockSteps);

struct StoreScores {
  float* scores;

  auto Channels(std::size_t n, std::size_t count) const {
    return [ c = scores + n, count ](F32 acc, std::size_t m) __attribute__((always_inline)) {
      StoreLanes(c + m * kPrefillLd, acc, count);
    };
  }
};

// out = out * factor of the row + sum.
struct AddToOut {
  float* out;
  std::size_t ldo;
  const float* factors;

  auto Channels(std::size_t n, std::size_t count) const {
    return [ c = out + n, ldo = ldo, factors = factors, count ](F32 acc, std::size_t m)
        __attribute__((always_inline)) {
      float* at = c + m * ldo;
      StoreLanes(at, Fma(LoadLanes<F32>(at, count), F32(factors[m]), acc), count);
    };
  }
};

struct Scratch {
  float* keys;       // packed: N = tokens, K = head_dim
  float* values;     // packed: N = head_dim, K = tokens
  float* scores;     // kPrefillQueries x kPrefillLd
  HeadState* heads;  // count x ratio
};

// A batch of what lies beside each other in a lane, one by one.
template <class T>
[[gnu::always_inline]] inline void Widen(const T* p, F32 (&x)[kPack<T>]) {
  if constexpr (kPack<T> == 1) {
    x[0] = LoadAsF32(p);
  } else {
    const I32 bytes = I32::load_unaligned(reinterpret_cast<const std::int32_t*>(p));
    Unroll<kPack<T>>([&](auto i) __attribute__((always_inline)) {
      x[i] = xsimd::to_float((bytes << (24 - 8 * i)) >> 24);
    });
  }
}

// The keys of a group of tokens, the t0-th and following of the block.
template <class T>
void PackKeys(const T* k, const float* scales, std::size_t head_dim, std::size_t t0,
              float* packed) {
  constexpr std::size_t kWidth = kPanel<MacF32>;
  for (std::size_t t = 0; t < kKvGroup; t += F32::size) {
    const F32 scale = scales == nullptr ? F32(1.0f) : F32::load_unaligned(scales + t);
    float* const to = packed + (t0 + t) / kWidth * PanelSize<MacF32>(head_dim) + (t0 + t) % kWidth;
    for (std::size_t d = 0; d < head_dim; d += kPack<T>) {
      F32 x[kPack<T>];
      Widen(k + d * kKvGroup + t * kPack<T>, x);
      Unroll<kPack<T>>([&](auto i) __attribute__((always_inline)) {
        (x[i] * scale).store_unaligned(to + (d + i) * kWidth);
      });
    }
  }
}

// The values of its first `count` tokens, of which the first `skip` become 0.
template <class T>
void PackValues(const T* v, const float* scales, std::size_t head_dim, std::size_t skip,
                std::size_t count, std::size_t panel, float* packed) {
  constexpr std::size_t kWidth = kPanel<MacF32>;
  const F32 zero(0.0f);
  for (std::size_t t0 = 0; t0 < count; t0 += kPack<T>) {
    const std::size_t rest = count - t0 < kPack<T> ? count - t0 : kPack<T>;
    for (std::size_t d = 0; d < CeilDiv(head_dim, kWidth) * kWidth; d += F32::size) {
      F32 x[kPack<T>];
      if (d < head_dim) Widen(v + t0 * head_dim + d * kPack<T>, x);
      float* const to = packed + d / kWidth * panel + d % kWidth;
      for (std::size_t i = 0; i < rest; ++i) {
        const std::size_t t = t0 + i;
        const F32 scale = scales == nullptr ? F32(1.0f) : F32(scales[t]);
        (t < skip || d >= head_dim ? zero : x[i] * scale).store_unaligned(to + t * kWidth);
      }
    }
  }
}

// Tokens first .. first + count - 1 of KV head g, from the beginning of a group on; those before `seen`
// are there only because the group begins with them.
template <class T>
void PackBlock(const KvView& cache, std::size_t g, std::size_t first, std::size_t count,
               std::size_t seen, const Scratch& s) {
  const std::size_t head_dim = cache.head_dim;
  for (std::size_t t = 0; t < count; t += kKvGroup) {
    const float* k_scales = nullptr;
    const float* v_scales = nullptr;
    if constexpr (sizeof(T) == 1) {
      k_scales = cache.k_scales + ScaleIndex(cache, g, first + t);
      v_scales = cache.v_scales + ScaleIndex(cache, g, first + t);
    }
    PackKeys(static_cast<const T*>(cache.k) + KeyIndex(cache, g, first + t, 0), k_scales, head_dim,
             t, s.keys);
    PackValues(static_cast<const T*>(cache.v) + ValueIndex(cache, g, first + t, 0), v_scales,
               head_dim, seen < first + t ? 0 : seen - first - t,
               count - t < kKvGroup ? count - t : kKvGroup, PanelSize<MacF32>(count),
               s.values + t * kPanel<MacF32>);
  }
}

// Scores of one query become weights; those of tokens that it does not see become 0. Returns by what
// factor its older sums shrink.
float Soften(const PrefillAttentionArgs& args, std::size_t position, std::size_t first,
             std::size_t count, float* row, HeadState& head) {
  const std::size_t seen = WindowBegin(position + 1, args.window);
  const std::size_t begin = seen <= first ? 0 : seen - first < count ? seen - first : count;
  const std::size_t end = position + 1 - first < count ? position + 1 - first : count;
  float factor = 1;
  std::size_t written = begin;
  if (begin < end) {
    const float distance = static_cast<float>(first + begin) - static_cast<float>(position);
    UpdateSoftmax<1>({end - begin, distance, args.softcap, nullptr}, row + begin, 0, &head, &factor,
                     [] {});
    written = end;
  }
  for (std::size_t i = 0; i < begin; ++i) row[i] = 0;
  for (std::size_t i = written; i < count; ++i) row[i] = 0;
  return factor;
}

// Query rows m0 .. m0 + rows - 1 of head h meet the packed tokens.
void MeetBlock(const PrefillAttentionArgs& args, std::size_t h, std::size_t m0, std::size_t rows,
               std::size_t first, std::size_t count, HeadState* heads, const Scratch& s) {
  const std::size_t head_dim = args.cache.head_dim;
  const std::size_t position = args.cache.length - args.count + m0;
  // No row of these sees more.
  const std::size_t last = position + rows - first;
  const std::size_t tokens = last < count ? last : count;
  const GemmProblem<MacF32> scores = {.M = rows,
                                      .N = tokens,
                                      .K = head_dim,
                                      .packed_b = s.keys,
                                      .panel_stride = PanelSize<MacF32>(head_dim),
                                      .c = s.scores,
                                      .ldc = kPrefillLd};
  const float* q = args.q + m0 * args.ldq + h * head_dim;
  Gemm(scores, RowsOfA<RowsF32>{q, args.ldq}, StoreScores{s.scores});
  float factors[kPrefillQueries];
  for (std::size_t m = 0; m < rows;) {
    float* const row = s.scores + m * kPrefillLd;
    // Where rows see the same tokens, several at once.
    const bool alike = m + 4 <= rows && heads[m].slope == 0 && position + m + 1 >= first + tokens &&
                       WindowBegin(position + m + 4, args.window) <= first;
    if (alike) {
      UpdateSoftmax<4>({tokens, 0, args.softcap, nullptr}, row, kPrefillLd, heads + m, factors + m,
                       [] {});
      m += 4;
    } else {
      factors[m] = Soften(args, position + m, first, tokens, row, heads[m]);
      ++m;
    }
  }
  float* out = args.out + m0 * args.ldo + h * head_dim;
  const GemmProblem<MacF32> weighted = {.M = rows,
                                        .N = head_dim,
                                        .K = tokens,
                                        .packed_b = s.values,
                                        .panel_stride = PanelSize<MacF32>(count),
                                        .c = out,
                                        .ldc = args.ldo};
  Gemm(weighted, RowsOfA<RowsF32>{s.scores, kPrefillLd}, AddToOut{out, args.ldo, factors});
}

template <class T>
void Attend(const PrefillAttentionArgs& args, const Scratch& s) {
  const KvView& cache = args.cache;
  const std::size_t head_dim = cache.head_dim, ratio = args.n_heads / cache.n_kv_heads;
  const std::size_t position = cache.length - args.count;
  for (std::size_t g = 0; g < cache.n_kv_heads; ++g) {
    for (std::size_t j = 0; j < ratio; ++j) {
      const std::size_t h = g * ratio + j;
      const float slope = args.alibi_slopes == nullptr ? 0 : args.alibi_slopes[h];
      for (std::size_t m = 0; m < args.count; ++m) {
        s.heads[j * args.count + m] = HeadState::Empty(args.scale, slope);
        float* out = args.out + m * args.ldo + h * head_dim;
        for (std::size_t d = 0; d < head_dim; ++d) out[d] = 0;
      }
    }
    const std::size_t seen = WindowBegin(position + 1, args.window);
    for (std::size_t first = seen / kKvGroup * kKvGroup; first < cache.length;
         first += kPrefillKeys) {
      const std::size_t rest = cache.length - first;
      const std::size_t count = rest < kPrefillKeys ? rest : kPrefillKeys;
      PackBlock<T>(cache, g, first, count, seen, s);
      // The first query that sees any of it, and the first that sees none of it any more.
      std::size_t m0 = first <= position ? 0 : first - position;
      std::size_t end = args.count;
      if (args.window != 0 && first + count + args.window - 1 < position + end) {
        end = first + count + args.window - 1 - position;
      }
      for (; m0 < end; m0 += kPrefillQueries) {
        const std::size_t rows = end - m0 < kPrefillQueries ? end - m0 : kPrefillQueries;
        for (std::size_t j = 0; j < ratio; ++j) {
          MeetBlock(args, g * ratio + j, m0, rows, first, count, s.heads + j * args.count + m0, s);
        }
      }
    }
    for (std::size_t j = 0; j < ratio; ++j) {
      for (std::size_t m = 0; m < args.count; ++m) {
        const float sum = s.heads[j * args.count + m].sum;
        float* out = args.out + m * args.ldo + (g * ratio + j) * head_dim;
        if (sum == 0) continue;
        for (std::size_t d = 0; d < head_dim; ++d) out[d] /= sum;
      }
    }
  }
}

}  // namespace

void PrefillAttention(const PrefillAttentionArgs& args) {
  const KvView& cache = args.cache;
  if (args.n_heads == 0 || args.count == 0) return;
  assert(cache.n_kv_heads > 0 && args.n_heads % cache.n_kv_heads == 0);
  assert(cache.head_dim % kHeadDimUnit == 0 && cache.head_dim <= kMaxHeadDim);
  assert(args.count <= cache.length && cache.block_tokens % kKvGroup == 0);
  const std::size_t head_dim = cache.head_dim;
  const std::size_t columns = CeilDiv(head_dim, kPrefillPanel) * kPrefillPanel;
  Scratch s;
  s.keys = args.scratch;
  s.values = s.keys + kPrefillKeys * head_dim;
  s.scores = s.values + kPrefillKeys * columns;
  s.heads = reinterpret_cast<HeadState*>(s.scores + kPrefillQueries * kPrefillLd);
  WithElementsOf(cache, [&](auto type) { Attend<decltype(type)>(args, s); });
}

}  // namespace podium::PODIUM_ISA
