// SPDX-License-Identifier: Apache-2.0
//
// A fast 64-bit hash of bytes: what tells series apart in tables and pages from their last one. It
// is no protection against somebody who looks for collisions; see where it is used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tidegate {
namespace internal {

__extension__ using Uint128 = unsigned __int128;

inline std::uint64_t Multiply(std::uint64_t a, std::uint64_t b) {
  const Uint128 product = Uint128{a} * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

inline std::uint64_t Load8(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// Fewer than 8 bytes.
inline std::uint64_t LoadFew(const char* bytes, std::size_t size) {
  if (size >= 4) {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    std::memcpy(&low, bytes, sizeof low);
    std::memcpy(&high, bytes + size - 4, sizeof high);
    return std::uint64_t{high} << 32U | low;
  }
  if (size == 0) return 0;
  const auto byte = [bytes](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  return std::uint64_t{byte(0)} << 16U | std::uint64_t{byte(size / 2)} << 8U | byte(size - 1);
}

inline constexpr std::uint64_t kSalt0 = 0xa0761d6478bd642fU;
inline constexpr std::uint64_t kSalt1 = 0xe7037ed1a0b428dbU;
inline constexpr std::uint64_t kSalt2 = 0x8ebc6af09c88c6e3U;

}  // namespace internal

inline std::uint64_t HashBytes(std::string_view bytes, std::uint64_t seed = 0) {
  using namespace internal;  // NOLINT: three lines of arithmetic
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t a = seed ^ kSalt0;
  std::uint64_t b = seed ^ kSalt1;
  for (; left > 32; left -= 32, at += 32) {
    a = Multiply(Load8(at) ^ kSalt1, Load8(at + 8) ^ a);
    b = Multiply(Load8(at + 16) ^ kSalt2, Load8(at + 24) ^ b);
  }
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  if (left > 16) {
    a = Multiply(Load8(at) ^ kSalt1, Load8(at + 8) ^ a);
    low = Load8(at + left - 16);
    high = Load8(at + left - 8);
  } else if (left >= 8) {
    low = Load8(at);
    high = Load8(at + left - 8);
  } else {
    low = LoadFew(at, left);
  }
  const std::uint64_t last = Multiply(low ^ kSalt2 ^ b, high ^ a);
  return Multiply(last ^ kSalt0, bytes.size() ^ kSalt1);
}

}  // namespace tidegate
