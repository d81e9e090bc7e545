// SPDX-License-Identifier: Apache-2.0
#include "promql/xxhash.h"

#include <array>
#include <bit>
#include <cstddef>

namespace tidegate::promql {
namespace {

// The algorithm's five primes.
constexpr std::uint64_t kPrime1 = 0x9E3779B185EBCA87;
constexpr std::uint64_t kPrime2 = 0xC2B2AE3D27D4EB4F;
constexpr std::uint64_t kPrime3 = 0x165667B19E3779F9;
constexpr std::uint64_t kPrime4 = 0x85EBCA77C2B2AE63;
constexpr std::uint64_t kPrime5 = 0x27D4EB2F165667C5;

std::uint64_t ReadLittle(std::string_view bytes, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i > 0; --i) {
    value = (value << 8U) | static_cast<unsigned char>(bytes[i - 1]);
  }
  return value;
}

std::uint64_t Round(std::uint64_t lane, std::uint64_t input) {
  return std::rotl(lane + input * kPrime2, 31) * kPrime1;
}

// Lanes over the blocks of 32 bytes, which are taken off `bytes`.
std::uint64_t Blocks(std::string_view& bytes) {
  constexpr std::size_t kBlock = 32;
  if (bytes.size() < kBlock) return kPrime5;
  std::array<std::uint64_t, 4> lanes = {kPrime1 + kPrime2, kPrime2, 0, 0 - kPrime1};
  while (bytes.size() >= kBlock) {
    for (std::uint64_t& lane : lanes) {
      lane = Round(lane, ReadLittle(bytes, 8));
      bytes.remove_prefix(8);
    }
  }
  std::uint64_t hash = std::rotl(lanes[0], 1) + std::rotl(lanes[1], 7) + std::rotl(lanes[2], 12) +
                       std::rotl(lanes[3], 18);
  for (const std::uint64_t lane : lanes) hash = (hash ^ Round(0, lane)) * kPrime1 + kPrime4;
  return hash;
}

}  // namespace

std::uint64_t XxHash64(std::string_view bytes) {
  const std::uint64_t size = bytes.size();
  std::uint64_t hash = Blocks(bytes) + size;
  while (bytes.size() >= 8) {
    hash = std::rotl(hash ^ Round(0, ReadLittle(bytes, 8)), 27) * kPrime1 + kPrime4;
    bytes.remove_prefix(8);
  }
  if (bytes.size() >= 4) {
    hash = std::rotl(hash ^ ReadLittle(bytes, 4) * kPrime1, 23) * kPrime2 + kPrime3;
    bytes.remove_prefix(4);
  }
  for (const char c : bytes) {
    hash = std::rotl(hash ^ static_cast<unsigned char>(c) * kPrime5, 11) * kPrime1;
  }
  hash = (hash ^ (hash >> 33U)) * kPrime2;
  hash = (hash ^ (hash >> 29U)) * kPrime3;
  return hash ^ (hash >> 32U);
}

}  // namespace tidegate::promql
