// SPDX-License-Identifier: Apache-2.0
#include "relabel/md5.h"

#include <bit>
#include <cstddef>
#include <string>
#include <utility>

namespace tidegate {
namespace {

// floor(2^32 |sin(i + 1)|)
constexpr std::array<std::uint32_t, 64> kSines{
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

constexpr std::array<std::array<int, 4>, 4> kTurns{
    {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}};

using State = std::array<std::uint32_t, 4>;

std::uint32_t Word(std::string_view block, std::size_t index) {
  std::uint32_t word = 0;
  for (std::size_t i = 4; i-- > 0;) {
    word = word << 8U | static_cast<std::uint8_t>(block[index * 4 + i]);
  }
  return word;
}

/// What a step mixes in of the state, and which word of the block.
std::pair<std::uint32_t, std::size_t> MixOf(std::size_t step, const State& s) {
  const auto [a, b, c, d] = s;
  if (step < 16) return {(b & c) | (~b & d), step};
  if (step < 32) return {(d & b) | (~d & c), 5 * step + 1};
  if (step < 48) return {b ^ c ^ d, 3 * step + 5};
  return {c ^ (b | ~d), 7 * step};
}

void AddBlock(std::string_view block, State& state) {
  State s = state;
  for (std::size_t i = 0; i < 64; ++i) {
    const auto [mix, word] = MixOf(i, s);
    const std::uint32_t sum = s[0] + mix + kSines[i] + Word(block, word % 16);
    s = {s[3], s[1] + std::rotl(sum, kTurns[i / 16][i % 4]), s[1], s[2]};
  }
  for (std::size_t i = 0; i < 4; ++i) state[i] += s[i];
}

}  // namespace

std::array<std::uint8_t, 16> Md5(std::string_view bytes) {
  State state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  std::string_view rest = bytes;
  for (; rest.size() >= 64; rest.remove_prefix(64)) AddBlock(rest, state);
  std::string tail(rest);
  tail += '\x80';
  while (tail.size() % 64 != 56) tail += '\0';
  const std::uint64_t bits = std::uint64_t{bytes.size()} * 8;
  for (unsigned i = 0; i < 8; ++i) tail += static_cast<char>(bits >> (8 * i));
  for (std::size_t at = 0; at < tail.size(); at += 64) {
    AddBlock(std::string_view(tail).substr(at, 64), state);
  }
  std::array<std::uint8_t, 16> digest{};
  for (std::size_t i = 0; i < 16; ++i) {
    digest[i] = static_cast<std::uint8_t>(state[i / 4] >> (8 * (i % 4)));
  }
  return digest;
}

}  // namespace tidegate
