// SPDX-License-Identifier: Apache-2.0
//
// GPUs that are not there: names like those of real ones, which follow from what is asked for.

#include <cstdint>
#include <string>

#include "tidegate/inventory.h"

namespace tidegate {
namespace {

std::uint64_t Fnv1a(std::string_view text, std::uint64_t hash) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

// A UUID of version 8 (RFC 9562: of the maker's own rules) that names `text`.
std::string Uuid(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::uint64_t high = Fnv1a(text, 0xcbf29ce484222325u);
  std::uint64_t low = Fnv1a(text, high ^ 0x9e3779b97f4a7c15u);
  high = (high & ~std::uint64_t{0xf000}) | 0x8000u;
  low = (low & ~(std::uint64_t{3} << 62)) | std::uint64_t{2} << 62;
  std::string uuid;
  for (int digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) uuid += '-';
    const std::uint64_t half = digit < 16 ? high : low;
    uuid += kDigits[half >> (60 - 4 * (digit % 16)) & 15];
  }
  return uuid;
}

}  // namespace

Result<std::vector<Device>> SimulateDevices(std::string_view model, std::int64_t count,
                                            std::string_view node) {
  const Result<DeviceModel> known = FindDeviceModel(model);
  if (!known) return known.error();
  std::vector<Device> devices;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::string name = std::string(node) + "/" + known->id + "/" + std::to_string(i);
    devices.push_back(
        {.id = "GPU-" + Uuid(name), .model = known->id, .node = std::string(node), .domain = {}});
  }
  return devices;
}

std::string SimulatedSliceId(std::string_view device, std::string_view profile,
                             std::int32_t start) {
  return "MIG-" +
         Uuid(std::string(device) + "/" + std::string(profile) + "@" + std::to_string(start));
}

}  // namespace tidegate
