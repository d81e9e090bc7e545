// SPDX-License-Identifier: Apache-2.0
//
// CharIndex with AVX2 and with AVX-512. The rest of the library is built for any x86-64.
#include "exposition/char_index.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define TIDEGATE_X86 1
#include <immintrin.h>
#endif

namespace tidegate {

#ifdef TIDEGATE_X86
namespace {

// [A-Za-z0-9_] is where the bits that the two halves of a byte choose have one in common: bit 0
// stands for 0-9, bit 1 for A-O and a-o, bit 2 for P-Z and p-z, bit 3 for '_'.
#define TIDEGATE_LOW_HALF 5, 7, 7, 7, 7, 7, 7, 7, 7, 7, 6, 2, 2, 2, 2, 10
#define TIDEGATE_HIGH_HALF 0, 0, 0, 1, 2, 12, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0

__attribute__((target("avx2"))) std::uint64_t HighBits(__m256i bytes) {
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(bytes));
}

__attribute__((target("avx2"))) CharBlock Classify32(__m256i bytes) {
  const __m256i low_half = _mm256_setr_epi8(TIDEGATE_LOW_HALF, TIDEGATE_LOW_HALF);
  const __m256i high_half = _mm256_setr_epi8(TIDEGATE_HIGH_HALF, TIDEGATE_HIGH_HALF);
  const __m256i nibble = _mm256_set1_epi8(15);
  const __m256i low = _mm256_shuffle_epi8(low_half, _mm256_and_si256(bytes, nibble));
  const __m256i high =
      _mm256_shuffle_epi8(high_half, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble));
  const __m256i zero = _mm256_setzero_si256();
  const std::uint64_t other = HighBits(_mm256_cmpeq_epi8(_mm256_and_si256(low, high), zero));
  const __m256i odd =
      _mm256_or_si256(bytes, _mm256_or_si256(_mm256_cmpeq_epi8(bytes, zero),
                                             _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\\'))));
  return {.word = ~other & 0xFFFFFFFFU,
          .quote = HighBits(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('"'))),
          .newline = HighBits(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\n'))),
          .odd = HighBits(odd)};  // by the highest bit of each byte
}

__attribute__((target("avx2"))) void ClassifyAvx2(const char* bytes, std::span<CharBlock> blocks) {
  for (CharBlock& block : blocks) {
    const auto* halves = reinterpret_cast<const __m256i*>(bytes);
    const CharBlock low = Classify32(_mm256_loadu_si256(halves));
    const CharBlock high = Classify32(_mm256_loadu_si256(halves + 1));
    block = {.word = low.word | high.word << 32U,
             .quote = low.quote | high.quote << 32U,
             .newline = low.newline | high.newline << 32U,
             .odd = low.odd | high.odd << 32U};
    bytes += 64;
  }
}

__attribute__((target("avx512f,avx512bw"))) void ClassifyAvx512(const char* bytes,
                                                                std::span<CharBlock> blocks) {
  const __m512i low_half = _mm512_maskz_broadcast_i32x4(0xFFFF, _mm_setr_epi8(TIDEGATE_LOW_HALF));
  const __m512i high_half = _mm512_maskz_broadcast_i32x4(0xFFFF, _mm_setr_epi8(TIDEGATE_HIGH_HALF));
  const __m512i nibble = _mm512_set1_epi8(15);
  for (CharBlock& block : blocks) {
    const __m512i data = _mm512_loadu_si512(bytes);
    const __m512i low = _mm512_shuffle_epi8(low_half, _mm512_and_si512(data, nibble));
    const __m512i high =
        _mm512_shuffle_epi8(high_half, _mm512_and_si512(_mm512_srli_epi16(data, 4), nibble));
    block = {.word = _mm512_test_epi8_mask(low, high),
             .quote = _mm512_cmpeq_epi8_mask(data, _mm512_set1_epi8('"')),
             .newline = _mm512_cmpeq_epi8_mask(data, _mm512_set1_epi8('\n')),
             .odd = _mm512_movepi8_mask(data) | _mm512_testn_epi8_mask(data, data) |
                    _mm512_cmpeq_epi8_mask(data, _mm512_set1_epi8('\\'))};
    bytes += 64;
  }
}

}  // namespace

ClassifyFunction Avx2Classify() {
  return __builtin_cpu_supports("avx2") != 0 ? &ClassifyAvx2 : nullptr;
}

ClassifyFunction Avx512Classify() {
  const bool can =
      __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0;
  return can ? &ClassifyAvx512 : nullptr;
}

#else

ClassifyFunction Avx2Classify() { return nullptr; }
ClassifyFunction Avx512Classify() { return nullptr; }

#endif

}  // namespace tidegate
