// SPDX-License-Identifier: Apache-2.0
//
// The independent checker of packings: adds up what the layouts hold, and searches for the
// heaviest device itself.
#include <algorithm>
#include <string>

#include "mig/heaviest_device.h"
#include "tidegate/mig.h"

namespace tidegate {
namespace {

Error Wrong(const std::string& what) { return {ErrorCode::kInvalidArgument, what}; }

Status CheckLayouts(const DeviceModel& model, std::span<const std::int64_t> demand,
                    const Packing& packing) {
  std::vector<std::int64_t> held(model.profiles.size());
  std::int64_t devices = 0;
  for (const LayoutCount& layout : packing.layouts) {
    if (layout.devices < 1) return Wrong("a layout of no device");
    if (Status status = CheckLayout(model, layout.slices); !status) return status;
    devices += layout.devices;
    for (const PlacedSlice& slice : layout.slices) held[slice.profile] += layout.devices;
  }
  if (devices != packing.devices) {
    return Wrong("the layouts use " + std::to_string(devices) + " devices, not " +
                 std::to_string(packing.devices));
  }
  for (std::size_t p = 0; p < held.size(); ++p) {
    if (held[p] == demand[p]) continue;
    return Wrong(model.profiles[p].name + ": " + std::to_string(held[p]) + " placed of " +
                 std::to_string(demand[p]));
  }
  return {};
}

Status CheckBound(const DeviceModel& model, std::span<const std::int64_t> demand,
                  const Packing& packing) {
  const BoundCertificate& certificate = packing.certificate;
  if (certificate.weights.size() != demand.size() || certificate.capacity < 1) {
    return Wrong("the certificate does not fit the model");
  }
  std::int64_t weight = 0;
  for (std::size_t p = 0; p < demand.size(); ++p) {
    if (certificate.weights[p] < 0) return Wrong("a weight below zero");
    weight += certificate.weights[p] * demand[p];
  }
  const std::int64_t heaviest = HeaviestDevice<std::int64_t>(model, certificate.weights).Weight();
  if (heaviest > certificate.capacity) {
    return Wrong("a device can weigh " + std::to_string(heaviest) + ", more than " +
                 std::to_string(certificate.capacity));
  }
  if (weight <= certificate.capacity * (packing.devices - 1)) {
    return Wrong("the certificate proves only " +
                 std::to_string((weight + certificate.capacity - 1) / certificate.capacity) +
                 " devices of " + std::to_string(packing.devices));
  }
  return {};
}

}  // namespace

Status CheckPacking(const DeviceModel& model, std::span<const std::int64_t> demand,
                    const Packing& packing) {
  if (demand.size() != model.profiles.size()) return Wrong("the demand does not fit the model");
  if (Status status = CheckLayouts(model, demand, packing); !status) return status;
  if (!packing.proven || packing.devices == 0) return {};
  return CheckBound(model, demand, packing);
}

}  // namespace tidegate
