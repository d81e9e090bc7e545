// SPDX-License-Identifier: Apache-2.0
//
// Fleet and Demand as files have them, before they are checked against the catalogue.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/describe.h"
#include "tidegate/placement.h"

namespace tidegate {

namespace config {

inline constexpr std::int64_t kMostDevices = 100'000;
inline constexpr std::int64_t kMostSlices = 1'000'000;
inline constexpr double kMostRate = static_cast<double>(kMostNeededRate) / 1000;
inline constexpr double kMostRowRate = static_cast<double>(kMostSliceRate) / 1000;

/// A slice that runs, as a file has it.
struct SliceEntry {
  std::string profile;
  std::optional<std::int64_t> start;
  std::string id;
  std::string workload;
  bool pinned = false;
};

/// GPUs that are alike.
struct DeviceEntry {
  std::string model;
  std::int64_t count = 1;  // on each node
  std::string id;
  std::vector<std::string> nodes;
  std::string domain;
  DeviceState state = DeviceState::kOpen;
  std::vector<SliceEntry> slices;
};

/// The spec of a Fleet.
struct FleetEntry {
  std::int64_t driver = 0;
  std::map<std::string, double> prices;
  std::vector<DeviceEntry> devices;
};

/// What one workload wants.
struct WorkloadEntry {
  std::string name;
  std::string profile;
  MilliValue memory = 0;
  std::int32_t sm_count = 0;
  std::int64_t count = 1;
  MilliValue rate = 0;  // moldable …
  Duration slo{};
  std::string table;  // … and set
};

/// What one slice was measured to serve.
struct ThroughputEntry {
  std::string model;
  std::string profile;
  MilliValue rate = 0;
  Duration latency{};
  MilliValue memory = 0;
};

/// The spec of a ThroughputTable.
struct TableEntry {
  std::string model;
  std::vector<ThroughputEntry> rows;
};

/// The spec of a Demand.
struct DemandEntry {
  std::vector<WorkloadEntry> workloads;
};

void Describe(FieldVisitor& v, SliceEntry& s);
void Describe(FieldVisitor& v, DeviceEntry& s);
void Describe(FieldVisitor& v, FleetEntry& s);
void Describe(FieldVisitor& v, WorkloadEntry& s);
void Describe(FieldVisitor& v, DemandEntry& s);
void Describe(FieldVisitor& v, ThroughputEntry& s);
void Describe(FieldVisitor& v, TableEntry& s);

}  // namespace config
}  // namespace tidegate
